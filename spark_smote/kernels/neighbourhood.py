"""Whose rows lie around a few queries: their k nearest among all rows, with the class of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.metric import LevelMetric, lower_bounds, squared_distances

ROWS_AT_ONCE = 4_096
"""Rows compared with all queries at a time, so that even equal distances throughout stay small."""


@dataclass(frozen=True)
class Queries:
    """Rows whose neighbours are searched for; each is also a row of the table."""

    points: Floats
    """Inputs in their own units, then levels, shape (q, d)."""
    keys: Ints
    codes: Ints
    """Content key and class, by which a query recognises itself, shape (q,)."""
    limits: Floats
    """Squared distance beyond which no row is among the k + 1 nearest, shape (q,)."""


@dataclass(frozen=True)
class Neighbours:
    """The nearest rows so far, by distance, then key, then class; shape (q, k + 1).

    One more than asked for, since a query meets itself among the rows.
    """

    squared: Floats
    keys: Ints
    codes: Ints
    """-1 where no row has come yet."""

    @classmethod
    def unseen(cls, queries: int, k: int) -> Neighbours:
        """Before any row has passed."""
        shape = queries, k + 1
        none = np.full(shape, -1, dtype=np.int64)
        return cls(np.full(shape, np.inf), np.full(shape, np.iinfo(np.int64).max), none)

    def merged(self, other: Neighbours) -> Neighbours:
        """The nearest of both; the order of merging does not matter."""
        return _nearest(
            np.concatenate([self.squared, other.squared], axis=1),
            np.concatenate([self.keys, other.keys], axis=1),
            np.concatenate([self.codes, other.codes], axis=1),
            self.squared.shape[1],
        )

    def without(self, queries: Queries) -> Neighbours:
        """The k nearest other rows: one occurrence of the query itself left out, by identity.

        Among more than k equal rows it may not be kept at all: then the last is left out instead,
        which is as near.
        """
        own = (self.keys == queries.keys[:, None]) & (self.codes == queries.codes[:, None])
        own &= self.squared == 0
        out = np.where(own.any(axis=1), own.argmax(axis=1), own.shape[1] - 1)
        kept = np.arange(own.shape[1]) != out[:, None]
        shape = len(own), own.shape[1] - 1
        return Neighbours(
            self.squared[kept].reshape(shape),
            self.keys[kept].reshape(shape),
            self.codes[kept].reshape(shape),
        )


@dataclass(frozen=True)
class Passing:
    """Rows of the table on their way past the queries."""

    points: Floats
    """Inputs in their own units, finite, then levels, shape (n, d)."""
    keys: Ints
    codes: Ints
    times: Ints
    """Content key, class, and how often each row occurs, shape (n,)."""

    def taken(self, rows: Ints) -> Passing:
        """Some of them, in that order."""
        return Passing(self.points[rows], self.keys[rows], self.codes[rows], self.times[rows])


def pass_by(
    seen: Neighbours,
    queries: Queries,
    rows: Passing,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
) -> Neighbours:
    """Let rows pass the queries.

    Parameters
    ----------
    inverse_scale : float64, shape (c,)
        One over the unit of each of the first c columns.
    nominal : Nominal or ValueDifference, optional
        What the others add to a squared distance.
    """
    if not len(queries.points):
        return seen
    bounds = lower_bounds(queries.points, inverse_scale, nominal)
    for start in range(0, len(rows.points), ROWS_AT_ONCE):
        part = rows.taken(np.arange(start, min(start + ROWS_AT_ONCE, len(rows.points))))
        limits = np.minimum(seen.squared[:, -1], queries.limits)
        near, asked = bounds.below(part.points, limits)
        pairs = part.points, near, queries.points, asked
        squared = squared_distances(*pairs, inverse_scale, nominal)
        last = seen.squared[asked, -1]
        # of many rows equally far, most come after those that are there already
        ahead = (squared < last) | ((squared == last) & (part.keys[near] <= seen.keys[asked, -1]))
        seen = _entered(seen, asked[ahead], squared[ahead], part.taken(near[ahead]))
    return seen


def _entered(seen: Neighbours, asked: Ints, squared: Floats, rows: Passing) -> Neighbours:
    """With rows that come near a query each; equal ones enter as often as they occur."""
    touched, owners = np.unique(asked, return_inverse=True)
    if not len(touched):
        return seen
    width = seen.squared.shape[1]
    again = np.minimum(rows.times, width)
    owners = np.concatenate([np.repeat(np.arange(len(touched)), width), np.repeat(owners, again)])
    distances = np.concatenate([seen.squared[touched].ravel(), np.repeat(squared, again)])
    keys = np.concatenate([seen.keys[touched].ravel(), np.repeat(rows.keys, again)])
    codes = np.concatenate([seen.codes[touched].ravel(), np.repeat(rows.codes, again)])
    order = np.lexsort((codes, keys, distances, owners))
    first = np.searchsorted(owners[order], np.arange(len(touched)))
    nearest = order[first[:, None] + np.arange(width)]
    out = Neighbours(seen.squared.copy(), seen.keys.copy(), seen.codes.copy())
    out.squared[touched] = distances[nearest]
    out.keys[touched] = keys[nearest]
    out.codes[touched] = codes[nearest]
    return out


def _nearest(squared: Floats, keys: Ints, codes: Ints, width: int) -> Neighbours:
    order = np.lexsort((codes, keys, squared), axis=1)[:, :width]
    return Neighbours(
        np.take_along_axis(squared, order, axis=1),
        np.take_along_axis(keys, order, axis=1),
        np.take_along_axis(codes, order, axis=1),
    )


def contrasts(
    queries: Floats,
    nearest: Floats,
    points: Floats,
    weights: Floats,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
) -> Floats:
    """Distance to the nearest row over the mean distance to all rows, per query.

    Towards 1, all rows are about equally far and "nearest" says little (Beyer et al. 1999).

    Parameters
    ----------
    queries, points : float64, shape (q, d) and (n, d)
    nearest : float64, shape (q,)
        Squared distance to the nearest other row of the table.
    weights : float64, shape (n,)
        How many rows of the table each point stands for.
    inverse_scale, nominal
        As `pass_by` has them.

    Returns
    -------
    float64, shape (q,)
        NaN where all rows are equal.
    """
    asked, found = np.divmod(np.arange(len(queries) * len(points)), len(points))
    squared = squared_distances(queries, asked, points, found, inverse_scale, nominal)
    distances = np.sqrt(squared.reshape(len(queries), len(points)))
    mean = (distances * weights).sum(axis=1) / weights.sum()
    ratios: Floats = np.sqrt(nearest) / np.where(mean > 0, mean, np.nan)
    return ratios

"""Nearest rows of a few queries, kept while many rows stream past in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Floats, Ints, paired_squared_distances
from spark_smote.kernels.lower_bounds import LowerBounds
from spark_smote.kernels.metric import LevelMetric, lower_bounds


def farthest(
    queries: Floats,
    points: Floats,
    k: int,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
) -> Floats:
    """A bound on each query's squared distance to its k-th nearest point; inf if there are fewer.

    Parameters
    ----------
    queries, points : float64, shape (q, d) and (n, d)
    k : int
    inverse_scale : float64, shape (c,)
        One over the unit of each of the first c columns.
    nominal : Nominal or ValueDifference, optional
        What the others add.

    Returns
    -------
    float64, shape (q,)
    """
    out = np.full(len(queries), np.inf)
    if len(points) < k:
        return out
    bounds = lower_bounds(points, inverse_scale, nominal)
    for prepared in bounds.prepared(queries, len(points)):
        partial = bounds.partial(prepared, slice(0, len(points)))
        out[prepared.part] = bounds.squared(bounds.reached(prepared, partial, k))
    out[np.isneginf(out)] = np.inf  # too far out to be bounded
    return out


def entered(held: Floats, queries: Ints, squared: Floats, times: Ints) -> Floats:
    """The smallest of those held and those entering, per query; equal rows enter repeatedly.

    Parameters
    ----------
    held : float64, shape (q, w), ascending
    queries, squared, times : shape (p,)
        Of each row that enters: which query it enters for, how far it is, how often it occurs.
    """
    touched, owners = np.unique(queries, return_inverse=True)
    if not len(touched):
        return held
    width = held.shape[1]
    owners = np.concatenate([np.repeat(np.arange(len(touched)), width), np.repeat(owners, times)])
    values = np.concatenate([held[touched].ravel(), np.repeat(squared, times)])
    order = np.lexsort((values, owners))
    first = np.searchsorted(owners[order], np.arange(len(touched)))
    kept = held.copy()
    kept[touched] = values[order[first[:, None] + np.arange(width)]]
    return kept


def smallest(one: Floats, other: Floats) -> Floats:
    """The smallest of two sets of distances, per query."""
    both = np.sort(np.concatenate([one, other], axis=1), axis=1)
    kept: Floats = both[:, : one.shape[1]]
    return kept


@dataclass(frozen=True)
class Nearness:
    """How near rows have come to each query."""

    squared: Floats
    """Squared distances to the two nearest, ascending, shape (q, 2)."""

    @classmethod
    def unseen(cls, queries: int) -> Nearness:
        """Before any row has passed."""
        return cls(np.full((queries, 2), np.inf))

    def merged(self, other: Nearness) -> Nearness:
        """The nearest of both; the order of merging does not matter."""
        return Nearness(smallest(self.squared, other.squared))


def pass_by(
    seen: Nearness,
    queries: Floats,
    limits: Floats,
    points: Floats,
    times: Ints,
    inverse_scale: Floats,
) -> Nearness:
    """Let rows pass the queries.

    Parameters
    ----------
    queries, points : float64, shape (q, d) and (n, d)
        In the columns' own units.
    limits : float64, shape (q,)
        Squared distance beyond which no row is among the two nearest, as `farthest` tells from
        rows that are known to pass; inf where none are.
    times : int64, shape (n,)
        How often each row occurs.
    inverse_scale : float64, shape (d,)
    """
    if not len(queries):
        return seen
    bounds = LowerBounds(queries, inverse_scale)
    rows, asked = bounds.below(points, np.minimum(seen.squared[:, -1], limits))
    squared = paired_squared_distances(points, rows, queries, asked, inverse_scale)
    return Nearness(entered(seen.squared, asked, squared, np.minimum(times, 2)[rows]))

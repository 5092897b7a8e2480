"""Nearest rows of a few queries, kept while many rows stream past in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spark_smote.kernels.distances import Floats, Ints, product_error

ENTRIES_AT_ONCE = 1 << 21
"""Entries of a distance matrix held at once (16 MiB)."""

Pairs = tuple[Ints, Ints]
"""Query and row numbers of the pairs that matter."""


def distance_blocks(queries: Floats, points: Floats) -> Iterator[tuple[slice, Floats]]:
    """Squared distances of all queries to a slice of the points at a time."""
    norms = (queries * queries).sum(axis=1)[:, None]
    chunk = max(1, ENTRIES_AT_ONCE // max(len(queries), 1))
    for start in range(0, len(points), chunk):
        part = slice(start, start + chunk)
        distances = norms - 2 * (queries @ points[part].T)
        distances += (points[part] * points[part]).sum(axis=1)
        yield part, np.maximum(distances, 0.0, out=distances)


def nearer(distances: Floats, held: Floats) -> Pairs:
    """Pairs that may enter: nearer than the farthest held, or, at first, the block's nearest."""
    width = held.shape[1]
    if np.isfinite(held[:, -1]).all() or distances.shape[1] <= width:
        query_ids, row_ids = np.nonzero(distances < held[:, -1:])
        return query_ids, row_ids
    rows = np.argpartition(distances, width - 1, axis=1)[:, :width]
    return np.repeat(np.arange(len(held)), width), rows.ravel()


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
    copied: npt.NDArray[np.bool_]
    """Whether a row equalled the query in every column, shape (q,)."""

    @classmethod
    def unseen(cls, queries: int) -> Nearness:
        """Before any row has passed."""
        return cls(np.full((queries, 2), np.inf), np.zeros(queries, dtype=bool))

    def merged(self, other: Nearness) -> Nearness:
        """The nearest of both; the order of merging does not matter."""
        return Nearness(smallest(self.squared, other.squared), self.copied | other.copied)


def pass_by(
    seen: Nearness, queries: Floats, points: Floats, times: Ints, inverse_scale: Floats
) -> Nearness:
    """Let rows pass the queries.

    Parameters
    ----------
    queries, points : float64, shape (q, d) and (n, d)
        In the columns' own units.
    times : int64, shape (n,)
        How often each row occurs.
    inverse_scale : float64, shape (d,)
    """
    if not len(queries):
        return seen
    center = queries.mean(axis=0)
    scaled = (queries - center) * inverse_scale
    squared, copied = seen.squared, seen.copied.copy()
    largest = float((scaled * scaled).sum(axis=1).max())
    for part, distances in distance_blocks(scaled, (points - center) * inverse_scale):
        query_ids, row_ids = nearer(distances, squared)
        entering = distances[query_ids, row_ids]
        squared = entered(squared, query_ids, entering, times[part][row_ids])
        query_ids, row_ids = np.nonzero(distances <= 4 * product_error(len(center), largest))
        equal = (points[part][row_ids] == queries[query_ids]).all(axis=1)
        copied[query_ids[equal]] = True
    return Nearness(squared, copied)

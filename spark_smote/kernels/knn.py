"""Exact k nearest neighbours inside one block of distinct points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spark_smote.kernels.distances import Floats, Ints, paired_squared_distances
from spark_smote.kernels.lower_bounds import LowerBounds, few_smallest

PAIRS_AT_ONCE = 1 << 18
"""Pairs gathered before they are decided."""


def k_nearest(
    points: Floats, query_ids: Ints, k: int, inverse_scale: Floats
) -> tuple[Ints, Floats]:
    """The k nearest other points of each query, by distance, ties by index.

    Float32 bounds leave few candidates per query, fixed-order float64 arithmetic decides between
    them; since the bounds are certain, the result is that of an exhaustive search, bit for bit.

    Parameters
    ----------
    points : float64, shape (n, d)
        Distinct rows, in canonical order.
    query_ids : int64, shape (q,)
        Which of `points` ask. A query is never its own neighbour.
    k : int
        1 <= k <= n - 1.
    inverse_scale : float64, shape (d,)
        One over the unit of each column.

    Returns
    -------
    neighbour_ids : int64, shape (q, k)
    squared_distances : float64, shape (q, k)
    """
    found = [
        _decided(points, query_ids[part], asked, candidates, k, inverse_scale)
        for part, asked, candidates in _gathered(points, query_ids, k, inverse_scale)
    ]
    if not found:
        return np.zeros((0, k), dtype=np.int64), np.zeros((0, k))
    neighbours, distances = zip(*found, strict=True)
    return np.concatenate(neighbours), np.concatenate(distances)


def _gathered(
    points: Floats, query_ids: Ints, k: int, inverse_scale: Floats
) -> Iterator[tuple[slice, Ints, Ints]]:
    """Candidates of a slice of the queries at a time: (slice, query in it, point)."""
    bounds = LowerBounds(points, inverse_scale)
    start = held = 0
    asked: list[Ints] = []
    found: list[Ints] = []
    for part, partial, own in bounds.blocks(points[query_ids]):
        enough = few_smallest(partial, min(k + 1, len(points))).astype(np.float64)
        rows, candidates = bounds.within(partial, own, bounds.ceiling(enough + own, own))
        asked.append(rows + (part.start - start))
        found.append(candidates)
        held += len(rows)
        if held >= PAIRS_AT_ONCE or part.stop == len(query_ids):
            yield slice(start, part.stop), np.concatenate(asked), np.concatenate(found)
            start, held, asked, found = part.stop, 0, [], []


def _decided(
    points: Floats, query_ids: Ints, asked: Ints, candidates: Ints, k: int, inverse_scale: Floats
) -> tuple[Ints, Floats]:
    """The k nearest of the candidates; those of a query come together, in ascending order."""
    exact = paired_squared_distances(points, query_ids[asked], points, candidates, inverse_scale)
    exact[candidates == query_ids[asked]] = np.inf
    order = np.lexsort((exact, asked))  # stable: ties stay in ascending order
    first = np.searchsorted(asked, np.arange(len(query_ids)))
    nearest = order[first[:, None] + np.arange(k)]
    return candidates[nearest], exact[nearest]

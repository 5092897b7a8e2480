"""Exact k nearest neighbours among one block of distinct points."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spark_smote.kernels.distances import Floats, Ints, paired_squared_distances
from spark_smote.kernels.lower_bounds import LowerBounds, few_smallest

PAIRS_AT_ONCE = 1 << 18
"""Pairs gathered before they are decided."""


def k_nearest(
    queries: Floats, points: Floats, k: int, inverse_scale: Floats, *, own: Ints | None = None
) -> tuple[Ints, Floats]:
    """The k nearest points of each query, by distance, ties by index.

    Float32 bounds leave few candidates per query, fixed-order float64 arithmetic decides between
    them; since the bounds are certain, the result is that of an exhaustive search, bit for bit.

    Parameters
    ----------
    queries : float64, shape (q, d)
    points : float64, shape (n, d)
        Distinct rows, in canonical order.
    k : int
        1 <= k <= n; k <= n - 1 with `own`.
    inverse_scale : float64, shape (d,)
        One over the unit of each column.
    own : int64, shape (q,), optional
        Which of `points` each query is: a query is never its own neighbour.

    Returns
    -------
    neighbour_ids : int64, shape (q, k)
    squared_distances : float64, shape (q, k)
    """
    found = []
    wanted = k if own is None else k + 1
    for part, asked, candidates in _gathered(queries, points, wanted, inverse_scale):
        others = slice(None) if own is None else candidates != own[part][asked]
        found.append(
            _decided(queries[part], points, asked[others], candidates[others], k, inverse_scale)
        )
    if not found:
        return np.zeros((0, k), dtype=np.int64), np.zeros((0, k))
    neighbours, distances = zip(*found, strict=True)
    return np.concatenate(neighbours), np.concatenate(distances)


def _gathered(
    queries: Floats, points: Floats, wanted: int, inverse_scale: Floats
) -> Iterator[tuple[slice, Ints, Ints]]:
    """Candidates of a slice of the queries at a time: (slice, query in it, point)."""
    bounds = LowerBounds(points, inverse_scale)
    start = held = 0
    asked: list[Ints] = []
    found: list[Ints] = []
    for part, partial, own in bounds.blocks(queries):
        enough = few_smallest(partial, min(wanted, len(points))).astype(np.float64)
        rows, candidates = bounds.within(partial, own, bounds.ceiling(enough + own, own))
        asked.append(rows + (part.start - start))
        found.append(candidates)
        held += len(rows)
        if held >= PAIRS_AT_ONCE or part.stop == len(queries):
            yield slice(start, part.stop), np.concatenate(asked), np.concatenate(found)
            start, held, asked, found = part.stop, 0, [], []


def _decided(
    queries: Floats, points: Floats, asked: Ints, candidates: Ints, k: int, inverse_scale: Floats
) -> tuple[Ints, Floats]:
    """The k nearest of the candidates; those of a query come together, in ascending order."""
    exact = paired_squared_distances(queries, asked, points, candidates, inverse_scale)
    order = np.lexsort((exact, asked))  # stable: ties stay in ascending order
    first = np.searchsorted(asked, np.arange(len(queries)))
    nearest = order[first[:, None] + np.arange(k)]
    return candidates[nearest], exact[nearest]

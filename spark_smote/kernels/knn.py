"""Exact k nearest neighbours among one block of distinct points."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from spark_smote.kernels.distances import Flags, Floats, Ints, paired_squared_distances
from spark_smote.kernels.lower_bounds import LowerBounds, few_smallest

PAIRS_AT_ONCE = 1 << 18
"""Pairs gathered before they are decided."""

POINTS_AT_ONCE = 1_280
"""Width at which a matrix product of few columns is fastest."""


def k_nearest(
    queries: Floats,
    points: Floats,
    k: int,
    inverse_scale: Floats,
    *,
    own: Ints | None = None,
    near: Flags | None = None,
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
    near : bool, shape (n,), optional
        Points among which most neighbours are: looked at first, so that the others need only be
        compared with the k-th of these. Changes the time alone.

    Returns
    -------
    neighbour_ids : int64, shape (q, k)
    squared_distances : float64, shape (q, k)
    """
    wanted = k if own is None else k + 1
    order = np.arange(len(points))
    first = len(points)
    if near is not None and near.sum() >= wanted:
        order, first = np.argsort(~near, kind="stable"), int(near.sum())
    found = []
    for part, asked, places in _gathered(queries, points[order], first, wanted, inverse_scale):
        candidates = order[places]
        others = slice(None) if own is None else candidates != own[part][asked]
        found.append(
            _decided(queries[part], points, asked[others], candidates[others], k, inverse_scale)
        )
    if not found:
        return np.zeros((0, k), dtype=np.int64), np.zeros((0, k))
    neighbours, distances = zip(*found, strict=True)
    return np.concatenate(neighbours), np.concatenate(distances)


def _gathered(
    queries: Floats, points: Floats, first: int, wanted: int, inverse_scale: Floats
) -> Iterator[tuple[slice, Ints, Ints]]:
    """Candidates of a slice of the queries at a time: (slice, query in it, point).

    The `wanted` nearest of the first points tell how near a candidate must be.
    """
    bounds = LowerBounds(points, inverse_scale)
    edges = [0, *range(first, len(points), POINTS_AT_ONCE), len(points)]
    blocks = [slice(a, b) for a, b in pairwise(edges) if a < b]
    start = held = 0
    asked: list[Ints] = []
    found: list[Ints] = []
    for part, single, own in bounds.prepared(queries, max(first, POINTS_AT_ONCE)):
        limit = np.zeros(0)
        for block in blocks:
            partial = bounds.partial(single, block)
            if block.start == 0:
                enough = few_smallest(partial, min(wanted, first)).astype(np.float64)
                limit = bounds.ceiling(enough + own, own)
            rows, near = bounds.within(partial, own, limit)
            asked.append(rows + (part.start - start))
            found.append(near + block.start)
            held += len(rows)
        if held >= PAIRS_AT_ONCE or part.stop == len(queries):
            yield slice(start, part.stop), np.concatenate(asked), np.concatenate(found)
            start, held, asked, found = part.stop, 0, [], []


def _decided(
    queries: Floats, points: Floats, asked: Ints, candidates: Ints, k: int, inverse_scale: Floats
) -> tuple[Ints, Floats]:
    """The k nearest of the candidates, of which each query has k or more."""
    exact = paired_squared_distances(queries, asked, points, candidates, inverse_scale)
    order = np.lexsort((candidates, exact, asked))
    first = np.searchsorted(asked[order], np.arange(len(queries)))
    nearest = order[first[:, None] + np.arange(k)]
    return candidates[nearest], exact[nearest]

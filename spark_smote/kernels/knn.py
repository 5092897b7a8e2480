"""Exact k nearest neighbours among one block of distinct points."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.kernels.lower_bounds import LowerBounds
from spark_smote.kernels.metric import LevelMetric, lower_bounds, squared_distances

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
    nominal: LevelMetric | None = None,
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
    inverse_scale : float64, shape (c,)
        One over the unit of each of the first c columns.
    own : int64, shape (q,), optional
        Which of `points` each query is: a query is never its own neighbour.
    near : bool, shape (n,), optional
        Points among which most neighbours are: looked at first, so that the others need only be
        compared with the k-th of these. Changes the time alone.
    nominal : Nominal or ValueDifference, optional
        What the columns beyond those of `inverse_scale` add to a squared distance.

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
    bounds = lower_bounds(points[order], inverse_scale, nominal)
    for part, queried, places in _gathered(queries, bounds, len(points), first, wanted):
        candidates = order[places]
        others = slice(None) if own is None else candidates != own[part][queried]
        pairs = queries[part], queried[others], points, candidates[others]
        exact = squared_distances(*pairs, inverse_scale, nominal)
        found.append(_decided(pairs[1], pairs[3], exact, part.stop - part.start, k))
    if not found:
        return np.zeros((0, k), dtype=np.int64), np.zeros((0, k))
    neighbours, distances = zip(*found, strict=True)
    return np.concatenate(neighbours), np.concatenate(distances)


def _gathered(
    queries: Floats, bounds: LowerBounds, points: int, first: int, wanted: int
) -> Iterator[tuple[slice, Ints, Ints]]:
    """Candidates of a slice of the queries at a time: (slice, query in it, point).

    The `wanted` nearest of the first points tell how near a candidate must be.
    """
    edges = [0, *range(first, points, POINTS_AT_ONCE), points]
    blocks = [slice(a, b) for a, b in pairwise(edges) if a < b]
    start = held = 0
    asked: list[Ints] = []
    found: list[Ints] = []
    for prepared in bounds.prepared(queries, max(first, POINTS_AT_ONCE)):
        part, own, limit = prepared.part, prepared.own, np.zeros(0)
        for block in blocks:
            partial = bounds.partial(prepared, block)
            if block.start == 0:
                limit = bounds.reached(prepared, partial, min(wanted, first))
            rows, near = bounds.within(partial, own, limit)
            asked.append(rows + (part.start - start))
            found.append(near + block.start)
            held += len(rows)
        if held >= PAIRS_AT_ONCE or part.stop == len(queries):
            yield slice(start, part.stop), np.concatenate(asked), np.concatenate(found)
            start, held, asked, found = part.stop, 0, [], []


def _decided(
    asked: Ints, candidates: Ints, exact: Floats, queries: int, k: int
) -> tuple[Ints, Floats]:
    """The k nearest of the candidates, of which each query has k or more."""
    order = np.lexsort((candidates, exact, asked))
    first = np.searchsorted(asked[order], np.arange(queries))
    nearest = order[first[:, None] + np.arange(k)]
    return candidates[nearest], exact[nearest]

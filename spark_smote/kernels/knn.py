"""Exact k nearest neighbours among distinct points, in one block or in blocks that pass by.

And the k farthest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.kernels.lower_bounds import LowerBounds
from spark_smote.kernels.metric import LevelMetric, lower_bounds, squared_distances

PAIRS_AT_ONCE = 1 << 18
"""Pairs gathered before they are decided."""

POINTS_AT_ONCE = 1_280
"""Width at which a matrix product of few columns is fastest."""

POINTS_BEFORE_LIMITS = 4_096
"""Points of a first block that tell how near a candidate must be: of a block of 65,536 they leave
about 16 k candidates per query."""

UNSEEN = np.iinfo(np.int64).max
"""Number of no point: behind all others at the same distance."""


class Block(NamedTuple):
    """Some of the points that are searched."""

    numbers: Ints
    """Their numbers among all points, shape (n,)."""
    points: Floats
    """Shape (n, d)."""


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
    limits = np.full(len(queries), np.inf)
    for part, asked, places in _gathered(queries, bounds, len(points), first, wanted, limits):
        candidates = order[places]
        others = slice(None) if own is None else candidates != own[part][asked]
        pairs = queries[part], asked[others], points, candidates[others]
        exact = squared_distances(*pairs, inverse_scale, nominal)
        found.append(_decided(pairs[1], pairs[3], exact, part.stop - part.start, k))
    if not found:
        return np.zeros((0, k), dtype=np.int64), np.zeros((0, k))
    neighbours, distances = zip(*found, strict=True)
    return np.concatenate(neighbours), np.concatenate(distances)


def k_farthest(
    queries: Floats,
    points: Floats,
    k: int,
    inverse_scale: Floats,
    *,
    nominal: LevelMetric | None = None,
) -> tuple[Ints, Floats]:
    """The k farthest points of each query, farthest first, ties by index; as `k_nearest`."""
    bounds = lower_bounds(points, inverse_scale, nominal)
    found = [(np.zeros((0, k), dtype=np.int64), np.zeros((0, k)))]
    for prepared in bounds.prepared(queries, len(points)):
        partial = bounds.partial(prepared, slice(0, len(points)))
        asked, candidates = bounds.beyond(prepared, partial, k)
        pairs = queries[prepared.part], asked, points, candidates
        exact = squared_distances(*pairs, inverse_scale, nominal)
        size = prepared.part.stop - prepared.part.start
        farthest, negated = _decided(asked, candidates, -exact, size, k)
        found.append((farthest, -negated))
    neighbours, distances = zip(*found, strict=True)
    return np.concatenate(neighbours), np.concatenate(distances)


def k_nearest_in_blocks(
    queries: Floats,
    blocks: Iterable[Block],
    k: int,
    inverse_scale: Floats,
    *,
    own: Ints | None = None,
    nominal: LevelMetric | None = None,
) -> tuple[Ints, Floats]:
    """The same among points that are not in memory at once, bit for bit.

    However points are divided into blocks, and in whatever order these come, the result is that of
    `k_nearest` over all of them in the order of their numbers.

    Parameters
    ----------
    queries : float64, shape (q, d)
    blocks : iterable of Block
        Each point in one of them; together at least k, or k + 1 with `own`.
    own : int64, shape (q,), optional
        The number of the point that each query is.
    k, inverse_scale, nominal
        As in `k_nearest`.

    Returns
    -------
    neighbour_ids : int64, shape (q, k)
        Numbers of points.
    squared_distances : float64, shape (q, k)
    """
    wanted = k if own is None else k + 1
    nearest = np.full((len(queries), k), UNSEEN)
    squared = np.full((len(queries), k), np.inf)
    for numbers, points in blocks:
        if not len(points):
            continue
        bounds = lower_bounds(points, inverse_scale, nominal)
        first = 0 if np.isfinite(squared).all() else min(POINTS_BEFORE_LIMITS, len(points))
        found = _gathered(queries, bounds, len(points), first, wanted, squared[:, -1])
        for part, asked, places in found:
            candidates = numbers[places]
            others = slice(None) if own is None else candidates != own[part][asked]
            pairs = queries[part], asked[others], points, places[others]
            exact = squared_distances(*pairs, inverse_scale, nominal)
            _enter(nearest[part], squared[part], pairs[1], candidates[others], exact)
    return nearest, squared


def _gathered(
    queries: Floats, bounds: LowerBounds, points: int, first: int, wanted: int, limits: Floats
) -> Iterator[tuple[slice, Ints, Ints]]:
    """Candidates of a slice of the queries at a time: (slice, query in it, point).

    The `wanted` nearest of the first points tell how near a candidate must be, and so do `limits`,
    squared distances beyond which no point counts.
    """
    edges = [0, *range(first, points, POINTS_AT_ONCE), points]
    blocks = [slice(a, b) for a, b in pairwise(edges) if a < b]
    start = held = 0
    asked: list[Ints] = []
    found: list[Ints] = []
    for prepared in bounds.prepared(queries, max(first, POINTS_AT_ONCE)):
        part, own = prepared.part, prepared.own
        limit = bounds.units(limits[part])
        for block in blocks:
            partial = bounds.partial(prepared, block)
            if block.start == 0 and first >= wanted:
                limit = np.minimum(limit, bounds.reached(prepared, partial, wanted))
            rows, near = bounds.within(partial, own, limit)
            asked.append(rows + (part.start - start))
            found.append(near + block.start)
            held += len(rows)
        if held >= PAIRS_AT_ONCE or part.stop == len(queries):
            yield slice(start, part.stop), np.concatenate(asked), np.concatenate(found)
            start, held, asked, found = part.stop, 0, [], []


def _enter(nearest: Ints, squared: Floats, asked: Ints, candidates: Ints, exact: Floats) -> None:
    """Let candidates enter the lists of the queries that they may be near to, in place."""
    touched, owners = np.unique(asked, return_inverse=True)
    width = nearest.shape[1]
    nearest[touched], squared[touched] = _decided(
        np.concatenate([np.repeat(np.arange(len(touched)), width), owners]),
        np.concatenate([nearest[touched].ravel(), candidates]),
        np.concatenate([squared[touched].ravel(), exact]),
        len(touched),
        width,
    )


def _decided(
    asked: Ints, candidates: Ints, exact: Floats, queries: int, k: int
) -> tuple[Ints, Floats]:
    """The k nearest of the candidates, of which each query has k or more."""
    order = np.lexsort((candidates, exact, asked))
    first = np.searchsorted(asked[order], np.arange(queries))
    nearest = order[first[:, None] + np.arange(k)]
    return candidates[nearest], exact[nearest]

"""Measuring an approximate search: what it reaches against what is there.

Rows stream past a fixed set of queries. For each query the nearest rows are kept twice: among all
rows, and among those that share its bucket, which is all that a search of the bucket can find.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.metric import LevelMetric, lower_bounds, squared_distances
from spark_smote.kernels.nearest import entered, farthest, smallest

TIE = 1e-9
"""Relative difference in squared distance below which two neighbours are equally near."""


@dataclass(frozen=True)
class Nearest:
    """Squared distances, ascending, from each query to its nearest rows.

    A query that is among the rows searched meets itself. Shape (q, k + 1) each; inf where fewer
    rows have passed.
    """

    anywhere: Floats
    in_bucket: Floats

    @classmethod
    def unseen(cls, queries: int, k: int) -> Nearest:
        """Before any row has passed."""
        return cls(np.full((queries, k + 1), np.inf), np.full((queries, k + 1), np.inf))

    def of(self, queries: slice) -> Nearest:
        """The same for some of the queries."""
        return Nearest(self.anywhere[queries], self.in_bucket[queries])

    def merged(self, other: Nearest) -> Nearest:
        """The nearest of both; the order of merging does not matter."""
        return Nearest(
            smallest(self.anywhere, other.anywhere), smallest(self.in_bucket, other.in_bucket)
        )


@dataclass(frozen=True)
class Queries:
    """Rows whose neighbours are also searched for exactly."""

    points: Floats
    """In the columns' own units, shape (q, d)."""
    inverse_scale: Floats
    """One over the unit of each of the first c columns."""
    nominal: LevelMetric | None
    """What the others add to a squared distance."""
    buckets: Ints
    """Home bucket of each, shape (q,)."""
    limits: Nearest
    """No more than so far are the nearest, as rows known beforehand show (see `knowing`)."""

    def knowing(self, sample: Floats, members: tuple[Ints, Ints], k: int) -> Queries:
        """The same, with how far their neighbours are at most by a sample of the rows.

        Parameters
        ----------
        sample : float64, shape (m, d)
            Rows that will pass too.
        members : rows of the sample and the buckets they are in, shape (p,) each
        """
        limits = Nearest.unseen(len(self.points), k)
        metric = self.inverse_scale, self.nominal
        limits.anywhere[:, -1] = farthest(self.points, sample, k + 1, *metric)
        rows, cells = members
        order = np.argsort(cells, kind="stable")
        rows, cells = rows[order], cells[order]
        for bucket in np.unique(self.buckets):
            asked = np.flatnonzero(self.buckets == bucket)
            inside = rows[slice(*np.searchsorted(cells, [bucket, bucket + 1]))]
            near = farthest(self.points[asked], sample[inside], k + 1, *metric)
            limits.in_bucket[asked, -1] = near
        return replace(self, limits=limits)


def observe(
    seen: Nearest,
    queries: Queries,
    points: Floats,
    *,
    multiplicity: Ints,
    member_rows: Ints,
    member_buckets: Ints,
) -> Nearest:
    """Let rows pass the queries.

    Parameters
    ----------
    points : float64, shape (n, d)
        Rows, in the columns' own units.
    multiplicity : int64, shape (n,)
    member_rows, member_buckets : int64, shape (p,)
        Which rows are in which buckets, home and spill.
    """
    bounds = lower_bounds(queries.points, queries.inverse_scale, queries.nominal)
    limits = np.maximum(
        np.minimum(seen.anywhere[:, -1], queries.limits.anywhere[:, -1]),
        np.minimum(seen.in_bucket[:, -1], queries.limits.in_bucket[:, -1]),
    )
    times = np.minimum(multiplicity, seen.anywhere.shape[1])
    width = int(max(queries.buckets.max(), member_buckets.max())) + 1
    members = np.sort(member_rows * width + member_buckets)
    rows, asked = bounds.below(points, limits)
    metric = queries.inverse_scale, queries.nominal
    squared = squared_distances(points, rows, queries.points, asked, *metric)
    place = rows * width + queries.buckets[asked]
    found = np.minimum(np.searchsorted(members, place), len(members) - 1)
    shared = members[found] == place
    return Nearest(
        entered(seen.anywhere, asked, squared, times[rows]),
        entered(seen.in_bucket, asked[shared], squared[shared], times[rows[shared]]),
    )


def accuracy(nearest: Nearest, itself: int = 1) -> tuple[float, float]:
    """Recall@k and distance ratio (found / exact mean distance).

    The nearest `itself` rows are left out: each query, where it is among the rows searched.
    """
    exact, found = nearest.anywhere[:, itself:], nearest.in_bucket[:, itself:]
    radius = exact[:, -1:] * (1 + TIE) + np.finfo(np.float64).tiny
    recall = float((found <= radius).mean())
    reachable = np.isfinite(found)
    exact_mean = float(np.sqrt(exact[reachable]).mean()) if reachable.any() else 0.0
    found_mean = float(np.sqrt(found[reachable]).mean()) if reachable.any() else 0.0
    return recall, found_mean / exact_mean if exact_mean > 0 else 1.0

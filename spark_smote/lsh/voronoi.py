"""Voronoi hashing: k-means cells as hash values (Pauleve, Jegou, Amsaleg 2010)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

from spark_smote.kernels.distances import Floats, Ints, paired_squared_distances
from spark_smote.kernels.knn import k_nearest
from spark_smote.kernels.lower_bounds import LowerBounds, few_smallest
from spark_smote.kernels.streams import seed_int32
from spark_smote.kernels.threads import one_thread
from spark_smote.lsh.family import FitSettings, Placement

BRANCHES = 64
"""Cells are found level by level, at most this many at once: fitting b cells on m rows costs
m * 2 * sqrt(b) distances instead of m * b."""

ROUNDS = 15
"""Lloyd iterations per level; the cells need not be optimal, only compact."""

ROWS_TO_TUNE_ON = 4_096
"""Rows of the sample that tell how far the copies asked for reach."""


@dataclass(frozen=True)
class VoronoiHash:
    """Home = the cell of the nearest centroid.

    A row spills to every cell whose centroid is at most (1 + reach) times as far, in squared
    distance, as its own: those are the cells it lies near the boundary of.
    """

    centroids: Floats
    """Shape (b, d), in scaled coordinates."""
    reach: float
    """Largest excess (d_j^2 / d_home^2 - 1) of a cell that still receives a copy."""
    most_copies: int

    @classmethod
    def fit(cls, sample: Floats, settings: FitSettings) -> VoronoiHash:
        """Cluster the sample, close cells with too few rows, measure how far to spill."""
        with _fitting():
            centroids = _leaf_centroids(sample, settings.buckets, settings.seed)
            bare = cls(centroids, -np.inf, settings.most_copies)._without_starved(sample, settings)
            return bare.spilling(sample, settings)(settings.copies)

    @classmethod
    def of_clusters(cls, points: Floats, times: Ints, clusters: int, seed: int) -> VoronoiHash:
        """The cells of k-means: no more of them than distinct points, and no copies.

        Parameters
        ----------
        points : float64, shape (m, d)
        times : int64, shape (m,)
            How often each occurs.
        """
        with _fitting():
            found = KMeans(
                n_clusters=min(clusters, len(np.unique(points, axis=0))),
                n_init=1,
                algorithm="lloyd",
                random_state=seed_int32(seed, "clusters"),
            ).fit(points, sample_weight=times)
        return cls(np.asarray(found.cluster_centers_, dtype=np.float64), -np.inf, 1)

    def spilling(self, sample: Floats, settings: FitSettings) -> Callable[[float], VoronoiHash]:
        """The same cells with another reach, by the mean copies asked for."""
        rows = min(len(sample), ROWS_TO_TUNE_ON)
        excess = self._excess(sample[:rows], min(settings.most_copies, self.buckets))

        def with_copies(copies: float) -> VoronoiHash:
            spilled = min(int((copies - 1.0) * rows), excess.size)
            return replace(self, reach=float(excess[spilled - 1]) if spilled else -np.inf)

        return with_copies

    def _without_starved(self, sample: Floats, settings: FitSettings) -> VoronoiHash:
        held = np.bincount(self.place(sample).home, minlength=self.buckets)
        starved = np.flatnonzero(held < settings.fewest_rows)[: self.buckets - 1]
        return self.without(starved)._without_starved(sample, settings) if len(starved) else self

    def _excess(self, rows: Floats, cells: int) -> Floats:
        """How much farther than its own cell each of the next ones is from each row, ascending."""
        _, squared = k_nearest(rows, self.centroids, cells, np.ones(rows.shape[1]))
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            excess = np.sort(squared[:, 1:] / squared[:, :1] - 1.0, axis=None)
        finite: Floats = excess[np.isfinite(excess)]  # a row on its centroid is near no boundary
        return finite

    @property
    def buckets(self) -> int:
        """Number of buckets."""
        return len(self.centroids)

    @cached_property
    def _bounds(self) -> LowerBounds:
        return LowerBounds(self.centroids, np.ones(self.centroids.shape[1]))

    def place(self, points: Floats) -> Placement:
        """Home bucket of each row, and the further buckets it is copied to.

        Bounds leave a few cells per row that may be home or within reach; fixed-order distances
        decide between these.
        """
        factor = 1.0 + max(self.reach, 0.0)
        none = np.zeros(0, dtype=np.int64)
        found_rows, found_cells = [none], [none]
        for part, partial, own in self._bounds.blocks(points):
            nearest = few_smallest(partial, 1).astype(np.float64)
            limit = factor * self._bounds.ceiling(nearest + own, own)
            rows, cells = self._bounds.within(partial, own, limit)
            found_rows.append(rows + part.start)
            found_cells.append(cells)
        rows, cells = np.concatenate(found_rows), np.concatenate(found_cells)
        ones = np.ones(points.shape[1])
        exact = paired_squared_distances(points, rows, self.centroids, cells, ones)
        order = np.lexsort((exact, rows))  # stable: ties go to the lower cell
        rows, cells, exact = rows[order], cells[order], exact[order]
        first = np.searchsorted(rows, np.arange(len(points)))
        rank = np.arange(len(rows)) - first[rows]
        spilled = (rank > 0) & (rank < self.most_copies) & (self.reach >= 0)
        spilled &= exact <= factor * exact[first][rows]
        return Placement(cells[first], rows[spilled], cells[spilled])

    def without(self, buckets: Ints) -> VoronoiHash:
        """Close buckets: their rows go to the next nearest centroid."""
        kept = np.delete(self.centroids, buckets, axis=0)
        return VoronoiHash(kept, self.reach, self.most_copies)


@contextmanager
def _fitting() -> Iterator[None]:
    with one_thread(), warnings.catch_warnings():
        # fewer clusters than asked for is fine: cells without rows receive none
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _leaf_centroids(sample: Floats, leaves: int, seed: int) -> Floats:
    """Centroids of a tree of k-means splits, near ones mostly with near numbers."""
    branches = leaves if leaves <= BRANCHES else min(BRANCHES, math.isqrt(leaves - 1) + 1)
    if branches > 1:
        branches = min(branches, len(np.unique(sample, axis=0)))
    if branches < 2:
        mean: Floats = sample.mean(axis=0, keepdims=True)
        return mean
    split = KMeans(
        n_clusters=branches,
        n_init=1,
        max_iter=ROUNDS,
        algorithm="lloyd",
        random_state=seed_int32(seed, "k-means", leaves, len(sample)),
    ).fit(sample)
    chained = _chain(np.asarray(split.cluster_centers_, dtype=np.float64))
    if leaves <= branches:
        return np.asarray(split.cluster_centers_[chained], dtype=np.float64)
    if (split.labels_ == split.labels_[0]).all():  # too near each other to be told apart
        return np.asarray(split.cluster_centers_[split.labels_[:1]], dtype=np.float64)
    parts = []
    for branch in chained:
        inside = sample[split.labels_ == branch]
        if len(inside):
            share = len(inside) / len(sample)
            parts.append(_leaf_centroids(inside, max(1, round(leaves * share)), seed))
    return np.concatenate(parts)


def _chain(centers: Floats) -> list[int]:
    """An order in which each center is followed by the nearest one left."""
    left = list(range(1, len(centers)))
    chain = [0]
    while left:
        away = ((centers[left] - centers[chain[-1]]) ** 2).sum(axis=1)
        chain.append(left.pop(int(away.argmin())))
    return chain

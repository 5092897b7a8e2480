"""Voronoi hashing: k-means cells as hash values (Pauleve, Jegou, Amsaleg 2010)."""

from __future__ import annotations

import threading
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from spark_smote.kernels.distances import Floats, Ints, paired_squared_distances, product_error
from spark_smote.kernels.streams import seed_int32
from spark_smote.lsh.family import FitSettings

BRANCHES = 16
"""Cells are found level by level, at most this many at once: fitting b cells on m rows costs
m * 16 * log16(b) distances instead of m * b."""

ROUNDS = 15
"""Lloyd iterations per level; the cells need not be optimal, only compact."""

ENTRIES_AT_ONCE = 1 << 21
"""Entries of a distance matrix held at once (16 MiB)."""

_ONE_FIT_AT_A_TIME = threading.Lock()
"""k-means on several threads differs from run to run; the limit to one is process-wide."""


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
        with _ONE_FIT_AT_A_TIME, threadpool_limits(1), warnings.catch_warnings():
            # fewer clusters than asked for is fine: cells without rows are closed below
            warnings.simplefilter("ignore", ConvergenceWarning)
            centroids = _leaf_centroids(sample, settings.buckets, settings.seed)
        bare = cls(centroids, -np.inf, settings.most_copies)
        while bare.buckets > 1:
            held = np.bincount(bare.home(sample), minlength=bare.buckets)
            if held.min() >= settings.fewest_rows:
                break
            bare = bare.without(np.array([held.argmin()]))
        if bare.buckets == 1 or settings.most_copies == 1:
            return bare
        excess = np.sort(bare._sample_excess(sample), axis=None)
        affordable = int((settings.copies - 1.0) * len(sample))
        reach = float(excess[min(affordable, excess.size) - 1]) if affordable else -np.inf
        return cls(bare.centroids, reach, settings.most_copies)

    @property
    def buckets(self) -> int:
        """Number of buckets."""
        return len(self.centroids)

    def home(self, points: Floats) -> Ints:
        """Home bucket of each row, shape (n,)."""
        rows, cells, exact = self._near(points, -np.inf)
        best = np.lexsort((cells, exact, rows))
        chosen: Ints = cells[best[np.searchsorted(rows, np.arange(len(points)))]]
        return chosen

    def spill(self, points: Floats, home: Ints) -> tuple[Ints, Ints]:
        """Rows and the further buckets they are sent to because they lie near a boundary."""
        if self.reach < 0 or self.buckets == 1:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        rows, cells, exact = self._near(points, self.reach)
        own = np.zeros(len(points))
        at_home = cells == home[rows]
        own[rows[at_home]] = exact[at_home]
        kept = ~at_home & (exact <= (1.0 + self.reach) * own[rows])
        rows, cells, exact = rows[kept], cells[kept], exact[kept]
        order = np.lexsort((cells, exact, rows))
        rows, cells = rows[order], cells[order]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        within = rank < self.most_copies - 1
        return rows[within], cells[within]

    def without(self, buckets: Ints) -> VoronoiHash:
        """Close buckets: their rows go to the next nearest centroid."""
        kept = np.delete(self.centroids, buckets, axis=0)
        return VoronoiHash(kept, self.reach, self.most_copies)

    def _near(self, points: Floats, reach: float) -> tuple[Ints, Ints, Floats]:
        """Every (row, cell) that may be home or within reach, with its exact squared distance.

        A matrix product proposes, with its error bound added on; the caller decides on the
        fixed-order distances returned here.
        """
        squares = (self.centroids * self.centroids).sum(axis=1)
        found_rows = [np.zeros(0, dtype=np.int64)]
        found_cells = [np.zeros(0, dtype=np.int64)]
        chunk = max(1, ENTRIES_AT_ONCE // self.buckets)
        for start in range(0, len(points), chunk):
            part = points[start : start + chunk]
            norms = (part * part).sum(axis=1)
            distances = part @ self.centroids.T
            distances *= -2
            distances += squares
            distances += norms[:, None]
            slack = product_error(part.shape[1], 1.0) * (norms + squares.max())
            limit = np.maximum(distances.min(axis=1), 0.0) + slack
            if reach > 0:
                limit *= 1.0 + reach
            rows, cells = np.nonzero(distances <= (limit + slack)[:, None])
            found_rows.append(rows + start)
            found_cells.append(cells)
        rows, cells = np.concatenate(found_rows), np.concatenate(found_cells)
        ones = np.ones(points.shape[1])
        return rows, cells, paired_squared_distances(points, rows, self.centroids, cells, ones)

    def _sample_excess(self, sample: Floats) -> Floats:
        wide = min(self.most_copies, self.buckets) - 1
        excess = np.empty((len(sample), wide))
        squares = (self.centroids * self.centroids).sum(axis=1)
        chunk = max(1, ENTRIES_AT_ONCE // self.buckets)
        for start in range(0, len(sample), chunk):
            part = sample[start : start + chunk]
            distances = squares - 2 * (part @ self.centroids.T)
            distances += (part * part).sum(axis=1)[:, None]
            nearest = np.sort(np.partition(distances, wide, axis=1)[:, : wide + 1], axis=1)
            # below the error of the product a row sits on its centroid
            slack = product_error(part.shape[1], 1.0) * (squares.max() + (part * part).sum(axis=1))
            home = np.maximum(nearest[:, :1], slack[:, None] + np.finfo(np.float64).tiny)
            excess[start : start + chunk] = nearest[:, 1:] / home - 1.0
        return excess


def _leaf_centroids(sample: Floats, leaves: int, seed: int) -> Floats:
    """Centroids of a tree of k-means splits, in tree order: near leaves have near numbers."""
    branches = min(BRANCHES, leaves)
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
    if leaves <= branches:
        return np.asarray(split.cluster_centers_, dtype=np.float64)
    if (split.labels_ == split.labels_[0]).all():  # too near each other to be told apart
        return np.asarray(split.cluster_centers_[split.labels_[:1]], dtype=np.float64)
    parts = []
    for branch in range(branches):
        inside = sample[split.labels_ == branch]
        if len(inside):
            share = len(inside) / len(sample)
            parts.append(_leaf_centroids(inside, max(1, round(leaves * share)), seed))
    return np.concatenate(parts)

"""Random-projection hashing, balanced by sample quantiles: a spill tree of projections.

Each level cuts at the sample's median along a random direction (p-stable projections, Datar et
al. 2004; balanced cuts and overlap as in spill trees, Liu et al. 2004). Directions are drawn
along the sample's spread (differences of two of its rows), which keeps clusters whole more often
than isotropic ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.streams import stream
from spark_smote.lsh.family import FitSettings, Placement

DIRECTIONS_TRIED = 8
"""Random directions tried at a node before its rows are left together."""


@dataclass(frozen=True)
class RandomProjectionHash:
    """Home = the leaf a row falls into; near a cut it spills to the other side too."""

    directions: Floats
    """One unit direction per inner node, shape (nodes, d)."""
    cuts: Floats
    """Where each inner node cuts, shape (nodes,)."""
    margins: Floats
    """Half the width of the overlap around each cut, shape (nodes,)."""
    children: Ints
    """Left and right child of each inner node, shape (nodes, 2); leaf b is stored as -1 - b."""
    bucket_of_leaf: Ints
    """The bucket each leaf opens into, shape (leaves,)."""
    most_copies: int

    @classmethod
    def fit(cls, sample: Floats, settings: FitSettings) -> RandomProjectionHash:
        """Grow the tree on the sample until it has the wanted number of leaves."""
        grower = _Grower(sample, settings)
        grower.grow(np.arange(len(sample)), settings.buckets, path="")
        return cls(
            directions=np.array(grower.directions).reshape(-1, sample.shape[1]),
            cuts=np.array(grower.cuts),
            margins=np.array(grower.margins),
            children=np.array(grower.children, dtype=np.int64).reshape(-1, 2),
            bucket_of_leaf=np.arange(grower.leaves),
            most_copies=settings.most_copies,
        )

    @property
    def buckets(self) -> int:
        """Number of buckets."""
        return int(self.bucket_of_leaf.max()) + 1

    def place(self, points: Floats) -> Placement:
        """Home bucket of each row, and the further buckets it is copied to."""
        rows, found, _ = self._descend(points, overlap=False)
        home = np.empty(len(points), dtype=np.int64)
        home[rows] = found
        if self.most_copies == 1 or not self.margins.any():
            none = np.zeros(0, dtype=np.int64)
            return Placement(home, none, none)
        rows, found, crossed = self._descend(points, overlap=True)
        order = np.lexsort((crossed, found, rows))
        rows, found, crossed = rows[order], found[order], crossed[order]
        again = np.concatenate(([False], (rows[1:] == rows[:-1]) & (found[1:] == found[:-1])))
        kept = ~again & (found != home[rows])
        rows, found, crossed = rows[kept], found[kept], crossed[kept]
        order = np.lexsort((found, crossed, rows))
        rows, found = rows[order], found[order]
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        within = rank < self.most_copies - 1
        return Placement(home, rows[within], found[within])

    def spilling(
        self, sample: Floats, settings: FitSettings
    ) -> Callable[[float], RandomProjectionHash]:
        """The same tree with other margins, by the mean copies asked for; growing it is cheap."""
        return lambda copies: self.fit(sample, replace(settings, copies=copies))

    def without(self, buckets: Ints) -> RandomProjectionHash:
        """Close buckets: rows that fall into one go to the open bucket next in tree order."""
        open_buckets = np.setdiff1d(np.arange(self.buckets), buckets)
        distance = np.abs(open_buckets[None, :] - np.arange(self.buckets)[:, None])
        return replace(self, bucket_of_leaf=distance.argmin(axis=1)[self.bucket_of_leaf])

    def _descend(self, points: Floats, *, overlap: bool) -> tuple[Ints, Ints, Floats]:
        """Every (row, bucket) reached, with the widest relative crossing on the way."""
        rows = np.arange(len(points))
        nodes = np.zeros(len(points), dtype=np.int64)
        crossed = np.zeros(len(points))
        if not len(self.cuts) or not len(points):
            return rows, self.bucket_of_leaf[nodes], crossed
        done: list[tuple[Ints, Ints, Floats]] = []
        while len(rows):
            offset = self._project(points, rows, nodes) - self.cuts[nodes]
            right = (offset >= 0).astype(np.int64)
            reached = [(rows, self.children[nodes, right], crossed)]
            if overlap:
                near = np.flatnonzero(np.abs(offset) <= self.margins[nodes])
                width = np.maximum(self.margins[nodes[near]], np.finfo(np.float64).tiny)
                depth = np.maximum(crossed[near], np.abs(offset[near]) / width)
                reached.append((rows[near], self.children[nodes[near], 1 - right[near]], depth))
            rows, nodes, crossed = (np.concatenate(parts) for parts in zip(*reached, strict=True))
            ended = nodes < 0
            done.append((rows[ended], -1 - nodes[ended], crossed[ended]))
            rows, nodes, crossed = rows[~ended], nodes[~ended], crossed[~ended]
        rows, leaves, crossed = (np.concatenate(parts) for parts in zip(*done, strict=True))
        return rows, self.bucket_of_leaf[leaves], crossed

    def _project(self, points: Floats, rows: Ints, nodes: Ints) -> Floats:
        """Projections in a fixed order of operations (see `kernels.distances`)."""
        out = np.zeros(len(rows))
        for j in range(points.shape[1]):
            out += points[rows, j] * self.directions[nodes, j]
        return out


class _Grower:
    """Builds the arrays of the tree, nodes in depth-first order, leaves from left to right."""

    def __init__(self, sample: Floats, settings: FitSettings) -> None:
        self.sample, self.settings = sample, settings
        self.directions: list[Floats] = []
        self.cuts: list[float] = []
        self.margins: list[float] = []
        self.children: list[list[int]] = []
        self.leaves = 0
        levels = max(1.0, float(np.log2(settings.buckets)))
        spilling = settings.most_copies > 1
        self.overlap = min(1.0, settings.copies ** (1.0 / levels) - 1.0) if spilling else 0.0
        """Share of a node's rows that go both ways, so that the leaves hold `copies` in all."""

    def grow(self, rows: Ints, leaves: int, path: str) -> int:
        """Grow the subtree over `rows`; returns its node number, or -1 - leaf."""
        cut = self._cut(rows, path) if leaves > 1 else None
        if cut is None:
            self.leaves += 1
            return -self.leaves
        direction, where, margin, left = cut
        node = len(self.cuts)
        self.directions.append(direction)
        self.cuts.append(where)
        self.margins.append(margin)
        self.children.append([0, 0])
        self.children[node][0] = self.grow(rows[left], leaves // 2, path + "0")
        self.children[node][1] = self.grow(rows[~left], leaves - leaves // 2, path + "1")
        return node

    def _cut(
        self, rows: Ints, path: str
    ) -> tuple[Floats, float, float, npt.NDArray[np.bool_]] | None:
        """Direction, cut, margin and left side; None where the rows cannot be told apart."""
        random = stream(self.settings.seed, "projection", path)
        points = self.sample[rows]
        for _ in range(DIRECTIONS_TRIED):
            one, other = random.integers(0, len(points), size=2)
            direction = points[one] - points[other]
            length = float(np.sqrt((direction * direction).sum()))
            if length == 0.0:
                continue
            direction = direction / length
            projected = np.zeros(len(points))
            for j in range(points.shape[1]):
                projected += points[:, j] * direction[j]
            where = float(np.median(projected))
            left = projected < where
            if min(left.sum(), (~left).sum()) < self.settings.fewest_rows:
                continue
            margin = float(np.quantile(np.abs(projected - where), self.overlap))
            return direction, where, margin if self.overlap else 0.0, left
        return None

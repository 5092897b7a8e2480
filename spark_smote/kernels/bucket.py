"""One bucket: its rows in canonical order, who may be drawn, and who is near to whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.kernels.knn import k_nearest
from spark_smote.kernels.metric import LevelMetric
from spark_smote.kernels.mixing import Words, mix_rows


@dataclass(frozen=True)
class BucketRows:
    """The distinct rows of a bucket, in canonical order: by key, then by content."""

    keys: Ints
    """Content keys, shape (n,)."""
    features: Floats
    """Input columns in their own units, shape (n, d)."""
    multiplicity: Ints
    """How many equal rows each one stands for, shape (n,)."""
    home: Flags
    """True for rows that may be a base here; the others are here to be found only, shape (n,)."""

    @property
    def home_rows(self) -> int:
        """Rows that may be drawn, equal ones counted each."""
        return int(self.multiplicity[self.home].sum())


def canonical_rows(
    keys: Ints, features: Floats, multiplicity: Ints, home: Flags
) -> tuple[BucketRows, Ints]:
    """Sort records into canonical order and merge equal rows.

    Equal rows may arrive as several records with a multiplicity each, however batches cut them;
    what comes out depends on the set of rows alone.

    Returns
    -------
    rows : BucketRows
    representatives : int64, shape (n,)
        For each row, one of the records it was merged from.
    """
    order = np.argsort(keys, kind="stable")
    keys, features = keys[order], features[order]
    same_key = keys[1:] == keys[:-1]
    same = same_key & (features[1:] == features[:-1]).all(axis=1)
    if (same_key & ~same).any():  # two contents under one 64-bit key: let the content decide
        by_content = np.lexsort((*features.T[::-1], keys))
        order, keys, features = order[by_content], keys[by_content], features[by_content]
        same = (keys[1:] == keys[:-1]) & (features[1:] == features[:-1]).all(axis=1)
    first = np.flatnonzero(np.concatenate(([True], ~same)))
    merged = np.add.reduceat(multiplicity[order], first)
    rows = BucketRows(keys[first], features[first], merged, home[order][first])
    return rows, order[first]


@dataclass(frozen=True)
class Draw:
    """What chance decided for a slice of a bucket's new rows."""

    base_ids: Ints
    """Rows of the bucket that are copied or interpolated from, shape (q,)."""
    slots: Ints
    """Which of the k nearest neighbours, 0 .. k-1, shape (q,)."""
    gaps: Floats
    """How far towards it, in [0, 1), shape (q,)."""


def draw(
    rows: BucketRows, quota: int, k: int, random: np.random.Generator, bases: Ints | None = None
) -> Draw:
    """Draw bases uniformly among home rows (with replacement), neighbours and gaps uniformly.

    Parameters
    ----------
    bases : int64, shape (quota,), optional
        The bases, where they are not left to chance.
    """
    if bases is None:
        ends = np.cumsum(np.where(rows.home, rows.multiplicity, 0))
        bases = np.searchsorted(ends, random.integers(0, ends[-1], size=quota), side="right")
    return Draw(
        base_ids=bases,
        slots=random.integers(0, max(k, 1), size=quota),
        gaps=random.random(quota),
    )


def shared_bases(
    rows: BucketRows, ranks: Ints, each: Ints, extra: Ints, start: int, quota: int
) -> Ints:
    """Bases of the new rows `start` to `start + quota` of a bucket, each as often as it is due.

    Parameters
    ----------
    ranks : int64, shape (n,)
    each, extra : int64, shape (ranks,)
        How many new rows each row of a rank is the base of, and how many of the bucket's rows of
        that rank, from the first in canonical order, are the base of one more.

    Returns
    -------
    int64, shape (quota,)
        Ascending.
    """
    times = np.where(rows.home, rows.multiplicity, 0)
    due = times * each[ranks]
    for rank in np.flatnonzero(extra):
        own = np.flatnonzero(ranks == rank)
        before = np.cumsum(times[own]) - times[own]
        due[own] += np.clip(extra[rank] - before, 0, times[own])
    found: Ints = np.searchsorted(np.cumsum(due), np.arange(start, start + quota), side="right")
    return found


Nearest = Callable[[Ints, int], Ints]
"""Given the numbers of some points, ascending, and a width w: those of the w nearest points of
each, by distance, then by number, shape (u, w)."""


@dataclass(frozen=True)
class Neighbourhoods:
    """Which rows are near to which, among rows that lie on points.

    The list of a row holds k *rows*: other rows equal to it first (self is excluded by identity,
    so a row that occurs m times has m - 1 neighbours at distance 0), then the others by distance,
    each as often as it occurs. Ties go to the point whose first row comes first in canonical
    order, and within a point to canonical order.
    """

    point_of: Ints
    """The point each row lies on, numbered in the order of their first row, shape (n,)."""
    first_of_point: Ints
    """Shape (p,)."""
    multiplicity: Ints
    """How many equal rows each one stands for, shape (n,)."""
    nearest: Nearest
    codes: Callable[[Ints], Floats]
    """Given some rows, the codes of their levels, shape (m, nominal columns)."""

    @property
    def points(self) -> int:
        """How many points there are."""
        return len(self.first_of_point)

    @cached_property
    def _by_point(self) -> tuple[Ints, Ints]:
        """Rows, point by point, and how many equal rows there are up to each."""
        by_point = np.argsort(self.point_of, kind="stable")
        return by_point, np.cumsum(self.multiplicity[by_point])

    @cached_property
    def _row_starts(self) -> Ints:
        """How many equal rows there are before each, point by point."""
        by_point, ends = self._by_point
        starts = np.empty(len(by_point), dtype=np.int64)
        starts[by_point] = ends - self.multiplicity[by_point]
        return starts

    @cached_property
    def _totals(self) -> Ints:
        """How many equal rows lie on each point."""
        return np.bincount(self.point_of, weights=self.multiplicity).astype(np.int64)

    def searched_for(self, base_ids: Ints, slots: Ints) -> Flags:
        """Whether a slot of a base's list is filled by another point than its own."""
        beyond: Flags = slots >= self._totals[self.point_of[base_ids]] - 1
        return beyond

    def chosen(self, base_ids: Ints, slots: Ints, k: int) -> Ints:
        """The row in the given slot of each base's list, shape (q,).

        Only points that were drawn, and whose own duplicates do not fill the list, are searched
        for.
        """
        by_point, row_ends = self._by_point
        point_starts = np.cumsum(self._totals) - self._totals
        own = self.point_of[base_ids]
        offset = self._row_starts[base_ids] - point_starts[own]
        occurrence = point_starts[own] + slots + (slots >= offset)

        beyond = np.flatnonzero(self.searched_for(base_ids, slots))
        if len(beyond):
            asked, asked_index = np.unique(own[beyond], return_inverse=True)
            near = self.nearest(asked, min(k, self.points - 1))
            reached = np.cumsum(self._totals[near], axis=1)[asked_index]
            rest = slots[beyond] - self._totals[own[beyond]] + 1
            column = (reached <= rest[:, None]).sum(axis=1)
            found = near[asked_index, column]
            passed = np.where(column > 0, reached[np.arange(len(rest)), column - 1], 0)
            occurrence[beyond] = point_starts[found] + rest - passed
        chosen: Ints = by_point[np.searchsorted(row_ends, occurrence, side="right")]
        return chosen

    def lists(self, base_ids: Ints, k: int) -> Ints:
        """The whole list of each base, shape (u, k)."""
        slots = np.tile(np.arange(k), len(base_ids))
        return self.chosen(np.repeat(base_ids, k), slots, k).reshape(-1, k)

    def distinct_lists(self, base_ids: Ints, k: int) -> Ints:
        """The k nearest rows of each base that differ from it and from each other.

        Of rows with equal features the first in canonical order stands for all; k is less than the
        number of points. Shape (u, k).
        """
        asked, which = np.unique(self.point_of[base_ids], return_inverse=True)
        lists: Ints = self.first_of_point[self.nearest(asked, k)][which]
        return lists


def neighbourhoods(
    rows: BucketRows, inverse_scale: Floats, nominal: LevelMetric | None = None
) -> Neighbourhoods:
    """Those of a bucket.

    Parameters
    ----------
    rows : BucketRows
    inverse_scale : float64, shape (c,)
        One over the unit of each of the first c columns.
    nominal : Nominal or ValueDifference, optional
        What the others add to a squared distance.
    """
    point_of, first_of_point = distinct_points(rows.features)
    points, home = rows.features[first_of_point], rows.home[first_of_point]

    def nearest(asked: Ints, width: int) -> Ints:
        given = points[asked], points, width, inverse_scale
        return k_nearest(*given, own=asked, near=home, nominal=nominal)[0]

    def codes(some: Ints) -> Floats:
        return rows.features[some, len(inverse_scale) :]

    return Neighbourhoods(point_of, first_of_point, rows.multiplicity, nearest, codes)


def chosen_neighbours(
    rows: BucketRows,
    base_ids: Ints,
    slots: Ints,
    k: int,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
) -> Ints:
    """The row of a bucket in the given slot of each base's list of its k nearest neighbours.

    Parameters
    ----------
    rows : BucketRows
        At least k + 1 rows, counted with their multiplicity.
    base_ids, slots : int64, shape (q,)
    k : int
    inverse_scale, nominal
        As in `neighbourhoods`.

    Returns
    -------
    int64, shape (q,)
        Indices into `rows`.
    """
    return neighbourhoods(rows, inverse_scale, nominal).chosen(base_ids, slots, k)


def distinct_points(features: Floats) -> tuple[Ints, Ints]:
    """Group rows by equal features.

    Returns
    -------
    point_of : int64, shape (n,)
        The point each row lies on, points numbered in the order of their first row.
    first_of_point : int64, shape (p,)
    """
    return grouped(mix_rows(features), features)


def grouped(mixed: Words, contents: npt.NDArray[Any]) -> tuple[Ints, Ints]:
    """Group rows by equal contents, of which `mixed` holds a word each; as `distinct_points`."""
    _, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    if (contents != contents[first[inverse]]).any():  # two points under one 64-bit mix
        _, first, inverse = np.unique(contents, axis=0, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse.reshape(-1)], np.sort(first)

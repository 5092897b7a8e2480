"""Fast lower bounds of squared distances, in float32, that are safe to exclude by.

|x - y|^2 = |x|^2 + |y|^2 - 2 xy costs one matrix product, and in single precision half of what it
does in double. Its last bits change with the size of the batch and the processor, so it never
decides; but with its error bound taken off it is a true lower bound of the distance, and what it
leaves over is little enough to be decided exactly (`distances.paired_squared_distances`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.nominal import Nominal

Singles = npt.NDArray[np.float32]

BLOCK_BYTES = 1 << 20
"""A block of bounds that stays in the processor's cache."""

FAR = 2.0**60
"""Rows farther out, in units of the points' own extent, would overflow: every point is left over
for them, with a bound of minus infinity."""

GROUPS_PER_WANTED = 8
"""Minima of this many groups per nearest point asked for tell how near the nearest are."""


class Prepared(NamedTuple):
    """Rows whose bounds are asked for."""

    part: slice
    """Which of the rows given."""
    single: Singles
    """Their scaled values and a one, shape (m, c + 1)."""
    own: Floats
    """Their own part of the bounds, shape (m,)."""
    levels: Ints | None
    """Numbers of their levels, shape (m, nominal columns)."""
    far: Ints
    """Which of them lie too far out to be bounded."""


class LowerBounds:
    """Bounds from any rows to fixed `points`.

    For error factor c and every pair, in exact arithmetic on the rows given:
    bound <= D <= (bound + 4.5 c |x|^2 + tiny) / (1 - 3 c), where D is the squared distance of the
    scaled rows. (The product's error is at most c/2 (|x|^2 + |y|^2); c (|x|^2 + |y|^2) is taken
    off; and |y|^2 <= 2 |x|^2 + 2 D.) Nominal columns that differ add their weight, a little less to
    stay below the truth.

    Parameters
    ----------
    points : float64, shape (n, d)
    inverse_scale : float64, shape (c,)
        One over the unit of each of the first c columns.
    nominal : Nominal, optional
        What the others add.
    """

    def __init__(
        self, points: Floats, inverse_scale: Floats, nominal: Nominal | None = None
    ) -> None:
        weight, columns = (nominal.weight, nominal.columns) if nominal else (0.0, 0)
        codes, points = points[:, len(inverse_scale) :], points[:, : len(inverse_scale)]
        self._center = points.mean(axis=0)
        self._inverse_scale = inverse_scale
        scaled = (points - self._center) * inverse_scale
        largest = max(float(np.abs(scaled).max(initial=0.0)), float(np.sqrt(weight * columns)))
        # a power of two, so that nothing overflows in single precision and no bit is lost
        exponent = int(np.clip(-int(np.frexp(largest)[1]), -500, 400))  # its square is finite too
        self._unit = float(np.ldexp(1.0, exponent))
        self.factor = 8 * (points.shape[1] + 8) * float(np.finfo(np.float32).eps)
        # squares that underflow, here or in float64 unscaled
        self._tiny = points.shape[1] * (2.0**-120 + float(np.ldexp(1.0, 2 * exponent - 1020)))
        scaled *= self._unit
        table = np.empty((points.shape[1] + 1, len(points)), dtype=np.float32)
        table[:-1] = -2 * scaled.T
        table[-1] = (1 - self.factor) * (scaled * scaled).sum(axis=1)
        self._table = table
        self._out = np.empty(0, dtype=np.float32)
        self._levels = _Levels(codes, weight * self._unit**2) if nominal else None
        self._spare = 2.0**-18 * weight * columns * self._unit**2

    def blocks(self, rows: Floats) -> Iterator[tuple[slice, Singles, Floats]]:
        """Bounds of a slice of `rows` at a time, without the rows' own part.

        Yields
        ------
        part : slice
        partial : float32, shape (len(part), n)
            bound = partial + own, in the units of `squared`. Overwritten by the next block.
        own : float64, shape (len(part),)
        """
        everything = slice(0, self._table.shape[1])
        for prepared in self.prepared(rows, everything.stop):
            yield prepared.part, self.partial(prepared, everything), prepared.own

    def prepared(self, rows: Floats, width: int) -> Iterator[Prepared]:
        """Rows as `partial` takes them, so many at once that bounds to `width` points are few."""
        chunk = max(16, BLOCK_BYTES // (4 * width))
        columns = len(self._inverse_scale)
        for start in range(0, len(rows), chunk):
            part = slice(start, min(start + chunk, len(rows)))
            scaled = rows[part, :columns] - self._center
            scaled *= self._inverse_scale * self._unit
            single = np.empty((len(scaled), columns + 1), dtype=np.float32)
            far = np.flatnonzero(np.abs(scaled).max(axis=1, initial=0.0) > FAR)
            scaled[far] = 0.0
            single[:, :-1] = scaled
            single[:, -1] = 1.0
            own = (1 - self.factor) * (scaled * scaled).sum(axis=1)
            levels = self._levels.numbered(rows[part, columns:]) if self._levels else None
            yield Prepared(part, single, own, levels, far)

    def partial(self, rows: Prepared, points: slice) -> Singles:
        """Bounds of prepared rows to some of the points, without the rows' own part."""
        shape = len(rows.single), points.stop - points.start
        if self._out.size < shape[0] * shape[1]:
            self._out = np.empty(shape[0] * shape[1], dtype=np.float32)
        out = self._out[: shape[0] * shape[1]].reshape(shape)
        np.matmul(rows.single, self._table[:, points], out=out)
        if self._levels and rows.levels is not None:
            self._levels.add(out, rows.levels, points)
        out[rows.far] = -np.inf
        return out

    def below(self, rows: Floats, limits: Floats) -> tuple[Ints, Ints]:
        """Pairs (row, point) whose squared distance may be below the point's own limit.

        Parameters
        ----------
        rows : float64, shape (m, d)
        limits : float64, shape (n,)
            Squared scaled distances; inf where every row may enter.
        """
        none = np.zeros(0, dtype=np.int64)
        rows_near, points_near = [none], [none]
        with np.errstate(over="ignore"):
            less = self.units(limits).astype(np.float32)
        less = np.nextafter(less, np.float32(np.inf))
        for part, partial, own in self.blocks(rows):
            # the subtraction rounds by less than what the bound has to spare
            np.subtract(partial, less, out=partial)
            near, points = self.within(partial, own, np.zeros(len(own)))
            rows_near.append(near + part.start)
            points_near.append(points)
        return np.concatenate(rows_near), np.concatenate(points_near)

    def reached(self, rows: Prepared, partial: Singles, count: int) -> Floats:
        """Within what distance at least `count` of the points lie, in units of `blocks`.

        Parameters
        ----------
        partial : float32, shape (m, n)
            What `partial` gives for these rows and the first points; n >= count.
        """
        enough = few_smallest(partial, count).astype(np.float64)
        return self.ceiling(enough + rows.own, rows.own)

    def ceiling(self, bound: Floats, own: Floats) -> Floats:
        """The most that a distance with this bound can be, in units of `blocks`."""
        most: Floats = (bound + 5 * self.factor * own + self._tiny) / (1 - 3 * self.factor)
        return most + self._spare

    def squared(self, values: Floats) -> Floats:
        """Squared distances in units of `blocks` as squared scaled distances."""
        converted: Floats = values / self._unit**2
        return converted

    def units(self, squared: Floats) -> Floats:
        """Squared scaled distances in units of `blocks`."""
        with np.errstate(over="ignore"):
            converted: Floats = squared * self._unit**2
        return converted

    def within(self, partial: Singles, own: Floats, limit: Floats) -> tuple[Ints, Ints]:
        """Pairs (row of the block, point) that may be nearer than `limit`, row by row."""
        with np.errstate(over="ignore"):
            threshold = (limit - own + self._tiny).astype(np.float32)
        threshold = np.nextafter(threshold, np.float32(np.inf))
        flat = np.flatnonzero(partial <= threshold[:, None])
        rows = flat // partial.shape[1]
        return rows, flat - rows * partial.shape[1]

    def beyond(self, rows: Prepared, partial: Singles, count: int) -> tuple[Ints, Ints]:
        """Pairs (row, point) that may be among the `count` farthest points of the row.

        As many points are at least as far as the largest bounds say; one nearer than that, by what
        its own bound allows at most, is not among them.
        """
        own = rows.own
        least = -few_smallest(-partial, count).astype(np.float64) + own - self._tiny
        # solved for the bound: `ceiling` of it is at least that
        bound = (least - self._spare) * (1 - 3 * self.factor) - 5 * self.factor * own - self._tiny
        threshold = np.nextafter((bound - own).astype(np.float32), np.float32(-np.inf))
        flat = np.flatnonzero(partial >= threshold[:, None])
        asked = flat // partial.shape[1]
        return asked, flat - asked * partial.shape[1]


class _Levels:
    """Nominal columns of the points, as small numbers that are quick to compare."""

    def __init__(self, codes: Floats, weight: float) -> None:
        numbered = [np.unique(column, return_inverse=True) for column in codes.T]
        self._known = [levels for levels, _ in numbered]
        most = max(len(levels) for levels in self._known)
        kind = np.uint8 if most < 256 else np.uint16 if most < 65_536 else np.uint32
        self._numbers = [numbers.reshape(-1).astype(kind) for _, numbers in numbered]
        # what rounding in single precision adds is taken off beforehand
        self._weight = np.float32(weight * (1 - 2.0**-20))

    def numbered(self, codes: Floats) -> Ints:
        """Numbers of levels; one beyond all others for levels that no point has."""
        out = np.empty(codes.shape, dtype=np.int64)
        for j, known in enumerate(self._known):
            found = np.minimum(np.searchsorted(known, codes[:, j]), len(known) - 1)
            out[:, j] = np.where(known[found] == codes[:, j], found, len(known))
        return out

    def add(self, bounds: Singles, levels: Ints, points: slice) -> None:
        """Add the weight for each column in which row and point differ."""
        counted = np.uint8 if len(self._numbers) < 256 else np.uint16
        differing = np.zeros(bounds.shape, dtype=counted)
        differs = np.empty(bounds.shape, dtype=bool)
        for j, numbers in enumerate(self._numbers):
            own = levels[:, j].astype(numbers.dtype)[:, None]
            np.not_equal(own, numbers[points], out=differs)
            differing += differs
        bounds += differing * self._weight


def few_smallest(partial: Singles, count: int) -> Singles:
    """Per row, at least `count` entries are not larger than this.

    The count-th smallest of the minima of groups of columns: nearly the count-th smallest of all,
    by operations that run over whole rows.
    """
    groups = GROUPS_PER_WANTED * count
    minima = partial
    while minima.shape[1] >= 2 * groups:
        half = minima.shape[1] // 2
        folded = np.minimum(minima[:, :half], minima[:, half : 2 * half])
        if minima.shape[1] % 2:
            np.minimum(folded[:, 0], minima[:, -1], out=folded[:, 0])
        minima = folded
    smallest: Singles = (
        minima.min(axis=1) if count == 1 else np.partition(minima, count - 1, axis=1)[:, count - 1]
    )
    return smallest

"""The value difference metric: levels are as far apart as the classes of their rows differ.

For two classes it is Euclidean in the probabilities of the classes; for more it is not, but never
less. So float32 bounds in Euclidean coordinates leave few candidates, and sums in a fixed order
decide between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.lower_bounds import (
    BLOCK_BYTES,
    LowerBounds,
    Prepared,
    Singles,
    few_smallest,
)
from spark_smote.kernels.threads import one_thread

MOST_COORDINATES = 128
"""Coordinates of a row, of all columns together (one per column at least): beyond this, directions
in which the levels of a column differ least are left out, and bounds are looser."""

TABULATED_LEVELS = 128
"""Columns of up to this many levels have the differences of all pairs in a table of 128 KiB."""

_CHANGED = (
    "a level was not there when levels were counted: the table gives other rows each time it is "
    "read; write it down, or cache it, first"
)


@dataclass(frozen=True)
class ValueDifference:
    """Distances of rows that hold levels only, as in SMOTE-N (Chawla et al. 2002, section 6.2).

    delta(a, b) = sum over classes of abs(P(class | a) - P(class | b)); the squared distance of two
    rows is the sum over columns of delta^2. Stanfill and Waltz, "Toward memory-based reasoning",
    Communications of the ACM 29, 1986.

    The features of a row are the numbers of its levels (see `numbered`).
    """

    codes: tuple[Floats, ...]
    """Of each column, the codes of its levels, ascending."""
    numbers: tuple[Ints, ...]
    """The number of each of these levels: its place in sorted order of the values, from 0."""
    probabilities: tuple[Floats, ...]
    """P(class | level) by class and number, shape (classes, levels) each."""
    coordinates: tuple[Floats, ...]
    """Where each level lies, by number, shape (levels, w) each: squared distances are not larger
    than delta^2, and equal to it for two classes."""

    @classmethod
    def of(cls, codes: Sequence[Floats], counts: Sequence[Ints]) -> ValueDifference:
        """The metric of a table.

        Parameters
        ----------
        codes : float64, shape (levels,) each
            Of each column, the codes of its levels in sorted order of the levels.
        counts : int64, shape (levels, classes) each
            Rows of the table with that level, by class.

        Raises
        ------
        RuntimeError
            For a level without rows.
        """
        if not all(held.any(axis=1).all() for held in counts):
            raise RuntimeError(_CHANGED)
        orders = [np.argsort(column, kind="stable") for column in codes]
        rows = [held.sum(axis=1) for held in counts]
        pairs = list(zip(counts, rows, strict=True))
        probabilities = [np.ascontiguousarray((h / r[:, None]).T) for h, r in pairs]
        width = max(1, MOST_COORDINATES // len(codes))
        with one_thread():
            places = [_places(p, r, width) for p, r in zip(probabilities, rows, strict=True)]
        return cls(
            tuple(column[order] for column, order in zip(codes, orders, strict=True)),
            tuple(orders),
            tuple(probabilities),
            tuple(places),
        )

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.codes)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.probabilities[0])

    @property
    def width(self) -> int:
        """Numbers that the search holds of a row."""
        return sum(places.shape[1] for places in self.coordinates)

    def numbered(self, features: Floats) -> Floats:
        """Rows of codes as rows of the numbers of these levels, shape (n, columns).

        Raises
        ------
        RuntimeError
            For a level that was not counted.
        """
        out = np.empty_like(features)
        for j, (codes, numbers) in enumerate(zip(self.codes, self.numbers, strict=True)):
            places = np.minimum(np.searchsorted(codes, features[:, j]), len(codes) - 1)
            if (codes[places] != features[:, j]).any():
                raise RuntimeError(_CHANGED)
            out[:, j] = numbers[places]
        return out

    def __call__(self, features: Floats) -> Floats:
        """Coordinates of rows of numbers, shape (n, width)."""
        columns = zip(features.T, self.coordinates, strict=True)
        parts = [places[column.astype(np.int64)] for column, places in columns]
        return np.concatenate(parts, axis=1)

    def paired(
        self, left: Floats | Ints, left_ids: Ints, right: Floats | Ints, right_ids: Ints
    ) -> Floats:
        """Squared distance of each pair of rows, shape (p,), in a fixed order of operations."""
        total = np.zeros(len(left_ids))
        for j in range(self.columns):
            one = left[:, j].take(left_ids).astype(np.int64)
            other = right[:, j].take(right_ids).astype(np.int64)
            total += self.squared_deltas(j, one, other)
        return total

    def squared_deltas(self, column: int, one: Ints, other: Ints) -> Floats:
        """delta^2 of pairs of levels of a column, given by their numbers, shape (p,) each."""
        table, probabilities = self._tables[column], self.probabilities[column]
        if table is None:
            return _squared_deltas(probabilities, one, other)
        squared: Floats = table.take(one * probabilities.shape[1] + other)
        return squared

    @cached_property
    def _tables(self) -> list[Floats | None]:
        return [
            _squared_deltas(p, *np.divmod(np.arange(p.shape[1] ** 2), p.shape[1]))
            if p.shape[1] <= TABULATED_LEVELS
            else None
            for p in self.probabilities
        ]


def _squared_deltas(probabilities: Floats, one: Ints, other: Ints) -> Floats:
    delta = np.zeros(len(one))
    for of_class in probabilities:
        step = of_class.take(one)
        step -= of_class.take(other)
        delta += np.abs(step, out=step)
    delta *= delta
    return delta


def _places(probabilities: Floats, rows: Ints, most: int) -> Floats:
    """Coordinates of levels in the directions in which they differ most.

    |P_a - P_b|_1^2 >= 2 |P_a - P_b|_2^2, since both sum to 1; leaving out directions makes no
    distance larger.
    """
    weights = rows / rows.sum()
    centred = probabilities.T - (probabilities * weights).sum(axis=1)
    _, _, directions = np.linalg.svd(centred * np.sqrt(weights)[:, None], full_matrices=False)
    kept = directions[: max(1, min(most, len(probabilities) - 1))]
    places: Floats = np.sqrt(2.0) * (centred @ kept.T)
    return places


class DifferenceBounds(LowerBounds):
    """Bounds of value differences, from places in Euclidean space.

    Parameters
    ----------
    points : float64, shape (n, columns)
        Rows of numbers.
    metric : ValueDifference
    """

    def __init__(self, points: Floats, metric: ValueDifference) -> None:
        super().__init__(metric(points), np.ones(metric.width))
        self._metric, self._points = metric, points
        # places are off by some 1e-15 per class and column: in squares, what the error factor
        # has to spare covers all but the last of that
        self._tiny += 1e-23 * metric.columns * metric.classes**2 * self._unit**2

    def prepared(self, rows: Floats, width: int) -> Iterator[Prepared]:
        """As `LowerBounds.prepared`, with the numbers of the rows' levels."""
        for prepared in super().prepared(self._metric(rows), width):
            yield prepared._replace(levels=rows[prepared.part].astype(np.int64))

    def reached(self, rows: Prepared, partial: Singles, count: int) -> Floats:
        """As `LowerBounds.reached`, by measuring the points that look nearest.

        A distance can be more than its bound, so that bounds alone would leave more points over.
        """
        assert rows.levels is not None
        flat = np.flatnonzero(partial <= few_smallest(partial, count)[:, None])
        near, points = np.divmod(flat, partial.shape[1])
        exact = self._metric.paired(rows.levels, near, self._points, points)
        order = np.lexsort((exact, near))
        first = np.searchsorted(near, np.arange(len(partial)))
        most: Floats = exact[order[first + count - 1]] * self._unit**2
        return most


class SummedBounds(DifferenceBounds):
    """The same by adding up differences of levels in single precision, column by column.

    Slower for few classes; but for many, places are so much nearer than levels are (up to half the
    number of classes times, in squares) that they leave most points over.
    """

    def __init__(self, points: Floats, metric: ValueDifference) -> None:
        super().__init__(points, metric)
        present = [np.unique(column, return_inverse=True) for column in points.T]
        self._present = [levels.astype(np.int64) for levels, _ in present]
        self._numbers = [numbers.reshape(-1) for _, numbers in present]
        # what rounding in single precision adds is taken off beforehand
        self._spared = self._unit**2 * (1 - (metric.columns + 4) * 2.0**-23)

    def prepared(self, rows: Floats, width: int) -> Iterator[Prepared]:
        """As `LowerBounds.prepared`, without parts of the rows' own."""
        chunk = max(16, BLOCK_BYTES // (4 * width))
        none = np.zeros(0, dtype=np.int64)
        for start in range(0, len(rows), chunk):
            levels = rows[start : start + chunk].astype(np.int64)
            own, part = np.zeros(len(levels)), slice(start, start + len(levels))
            yield Prepared(part, np.zeros((len(levels), 0), np.float32), own, levels, none)

    def partial(self, rows: Prepared, points: slice) -> Singles:
        """Bounds of prepared rows to some of the points."""
        assert rows.levels is not None
        total = np.zeros((len(rows.levels), points.stop - points.start), dtype=np.float32)
        for j, (present, numbers) in enumerate(zip(self._present, self._numbers, strict=True)):
            own, which = np.unique(rows.levels[:, j], return_inverse=True)
            pairs = np.repeat(own, len(present)), np.tile(present, len(own))
            apart = self._spared * self._metric.squared_deltas(j, *pairs)
            held = apart.astype(np.float32).reshape(len(own), -1)
            total += held[:, numbers[points]][which.reshape(-1)]
        return total

"""What a column holds, counted while its values stream past in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.mixing import Words, mix

SMALLEST_KEPT = 1024
"""Hashes kept per column: fewer distinct values are counted exactly, more are estimated with a
standard error of 1 / sqrt(1022) = 3 % (Bar-Yossef et al. 2002, "Counting distinct elements")."""


@dataclass(frozen=True)
class Distinct:
    """The smallest hashes of the values seen so far: they tell how many differ."""

    hashes: Words
    """Ascending, without repetition, at most `SMALLEST_KEPT`."""

    @classmethod
    def unseen(cls) -> Distinct:
        """Before any value."""
        return cls(np.zeros(0, dtype=np.uint64))

    def entered(self, words: Words) -> Distinct:
        """With some values more; equal values are equal words."""
        hashes = mix(words)
        if len(self.hashes) == SMALLEST_KEPT:  # most hashes are too large to matter
            hashes = hashes[hashes < self.hashes[-1]]
        if not len(hashes):
            return self
        return Distinct(np.union1d(self.hashes, hashes)[:SMALLEST_KEPT])

    def merged(self, other: Distinct) -> Distinct:
        """The values of both; the order of merging does not matter."""
        return Distinct(np.union1d(self.hashes, other.hashes)[:SMALLEST_KEPT])

    @property
    def exact(self) -> bool:
        """Whether `count` is a count rather than an estimate."""
        return len(self.hashes) < SMALLEST_KEPT

    @property
    def count(self) -> int:
        """Distinct values."""
        if self.exact:
            return len(self.hashes)
        return round((SMALLEST_KEPT - 1) / (float(self.hashes[-1]) / 2.0**64))


@dataclass(frozen=True)
class Tally:
    """The values of one column, counted."""

    rows: int = 0
    nulls: int = 0
    nans: int = 0
    infinities: int = 0
    lost: int = 0
    """Numbers that a double cannot hold."""
    zeros_and_ones: int = 0
    low: float = np.inf
    high: float = -np.inf
    """Of the finite numbers; crossed where there are none."""
    distinct: Distinct = Distinct.unseen()  # noqa: RUF009 - immutable

    @property
    def present(self) -> int:
        """Values that are not null."""
        return self.rows - self.nulls

    @property
    def distinct_values(self) -> int:
        """How many of them differ; an estimate may exceed what there is."""
        return min(self.distinct.count, self.present)

    def entered(self, values: Floats | Ints, *, nulls: int, lost: int, numeric: bool) -> Tally:
        """With a batch more.

        Parameters
        ----------
        values : float64 or int64, shape (n,)
            What is not null; hashes of the values where they are no numbers.
        nulls, lost : int
            Values beside these that are null; values among these that a double cannot hold.
        numeric : bool
        """
        doubles = values.astype(np.float64) + 0.0 if numeric else np.zeros(0)
        nan = np.isnan(doubles)
        finite = doubles[np.isfinite(doubles)]
        words = doubles[~nan] if values.dtype.kind == "f" else values
        return Tally(
            rows=self.rows + len(values) + nulls,
            nulls=self.nulls + nulls,
            nans=self.nans + int(nan.sum()),
            infinities=self.infinities + len(doubles) - len(finite) - int(nan.sum()),
            lost=self.lost + lost,
            zeros_and_ones=self.zeros_and_ones + int(((finite == 0) | (finite == 1)).sum()),
            low=float(finite.min(initial=self.low)),
            high=float(finite.max(initial=self.high)),
            distinct=self.distinct.entered(words.view(np.uint64)),
        )

    def merged(self, other: Tally) -> Tally:
        """Both in one; the order of merging does not matter."""
        return Tally(
            rows=self.rows + other.rows,
            nulls=self.nulls + other.nulls,
            nans=self.nans + other.nans,
            infinities=self.infinities + other.infinities,
            lost=self.lost + other.lost,
            zeros_and_ones=self.zeros_and_ones + other.zeros_and_ones,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            distinct=self.distinct.merged(other.distinct),
        )

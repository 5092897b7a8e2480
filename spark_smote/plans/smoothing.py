"""Noise on copies, by Spark: a smoothed bootstrap."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.ml.functions import array_to_vector
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.kernels.streams import seed_int64
from spark_smote.plans.profile import EXACT_DIGITS
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.table import Table, finite
from spark_smote.results import LabelValue

MOST_SAMPLED = 8_192
"""Distinct rows of a class that its spreads are taken from: of normal columns known to 1 %."""
SAMPLED_BYTES = 64 << 20
"""Of their features."""

WORD = 2.0**-53
"""The step between the numbers that 53 bits of a word are taken for."""

LARGEST_INTEGERS: Mapping[type[T.DataType], int] = {
    T.ByteType: 127,
    T.ShortType: 32_767,
    T.IntegerType: (1 << 31) - 1,
}
LARGEST_LONG = (1 << 63) - 1024
"""The largest double that is a long."""
LARGEST_FLOAT = 3.4028234663852886e38


@dataclass(frozen=True)
class Smoothing:
    """The standard deviation of the noise on each input of each class."""

    salts: tuple[int, ...]
    widths: tuple[tuple[float, ...], ...]
    """Per class, per feature."""

    def shifted(self, table: Table, position: int) -> Column:
        """An input column of copies, numbered by `key`, `twin` and `occurrence`, with its noise.

        What is missing stays so. Integers are rounded half to even, decimals to their own scale,
        and what would leave the range of the type takes its last value.
        """
        column, kind = F.col(f"c{position}"), table.schema[position].dataType
        if table.vectors:
            moved = array_to_vector(F.transform(table.features, self._double))
            return moved if table.schema[position].nullable else F.coalesce(moved, column)
        if isinstance(kind, T.ArrayType):
            element = kind.elementType
            return F.transform(column, lambda x, i: self._number(x, i, element))
        return self._number(column, F.lit(table.inputs.index(position)), kind)

    def _number(self, value: Column, feature: Column, kind: T.DataType) -> Column:
        double = value.cast("double")
        moved = _in_type(self._double(double, feature), kind)
        # never null where the value is not
        return F.when(finite(double), F.coalesce(moved, value)).otherwise(value)

    def _double(self, value: Column, feature: Column) -> Column:
        width = F.array(*[F.array(*map(F.lit, each)) for each in self.widths])
        return value + width[F.col("class")][feature] * self._normal(feature)

    def _normal(self, feature: Column) -> Column:
        """A standard normal number per row and feature (Box and Muller 1958)."""
        radius = F.sqrt(-2.0 * F.log(self._uniform(feature, 0)))
        return radius * F.cos(2.0 * math.pi * self._uniform(feature, 1))

    def _uniform(self, feature: Column, number: int) -> Column:
        """A number in (0, 1) per row and feature."""
        salts = F.array(*[F.lit(salt).cast("bigint") for salt in self.salts])
        row = [F.col(name) for name in ("key", "twin", "occurrence")]
        word = F.xxhash64(salts[F.col("class")], *row, feature, F.lit(number))
        return (F.shiftrightunsigned(word, 11) + 0.5) * WORD


def bandwidth(rows: int, dimensions: int) -> float:
    """What ROSE multiplies a column's standard deviation with, for a class of so many rows.

    Examples
    --------
    >>> round(bandwidth(100, 2), 4)
    0.4642
    """
    return math.pow(4.0 / ((dimensions + 2) * rows), 1.0 / (dimensions + 4))


def sample_rows(dimensions: int) -> int:
    """Rows of a class to sample for its spreads."""
    return max(256, min(MOST_SAMPLED, SAMPLED_BYTES // (8 * dimensions)))


def fit_smoothing(
    labels: Sequence[LabelValue],
    samples: Sequence[ClassSample],
    rows: Sequence[int],
    *,
    shrinkage: float,
    seed: int,
) -> Smoothing:
    """The noise of each class, from a sample of its rows."""
    widths = []
    for sample, count in zip(samples, rows, strict=True):
        weights = sample.multiplicity / sample.multiplicity.sum()
        mean = weights @ sample.features
        spread = np.sqrt(weights @ (sample.features - mean) ** 2)
        constant = (sample.features == sample.features[0]).all(axis=0)
        scale = shrinkage * bandwidth(count, sample.features.shape[1])
        widths.append(tuple(np.where(constant, 0.0, scale * spread).tolist()))
    salts = tuple(seed_int64(seed, "noise", repr(label)) for label in labels)
    return Smoothing(salts, tuple(widths))


def _in_type(value: Column, kind: T.DataType) -> Column:
    """A double in the type, within its range."""
    if isinstance(kind, T.DecimalType):
        largest = 10.0 ** (kind.precision - kind.scale)
        # beyond 15 digits a double cannot tell the largest value from one that overflows
        largest -= 10.0**-kind.scale if kind.precision <= EXACT_DIGITS else 1e-12 * largest
        return _within(value, largest, -largest).cast(kind)
    if isinstance(kind, T.LongType):
        return _within(F.rint(value), LARGEST_LONG, -LARGEST_LONG).cast(kind)
    if type(kind) in LARGEST_INTEGERS:
        largest = LARGEST_INTEGERS[type(kind)]
        return _within(F.rint(value), largest, -largest - 1).cast(kind)
    if isinstance(kind, T.FloatType):
        return _within(value, LARGEST_FLOAT, -LARGEST_FLOAT).cast(kind)
    return value


def _within(value: Column, largest: float, smallest: float) -> Column:
    return F.greatest(F.least(value, F.lit(float(largest))), F.lit(float(smallest)))

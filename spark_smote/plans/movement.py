"""Copies with their inputs moved, by Spark: what is added to each, in the type of the column."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.ml.functions import array_to_vector
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.plans.profile import EXACT_DIGITS
from spark_smote.plans.removal import COUNTED
from spark_smote.plans.table import Table, finite

MOST_SAMPLED = 8_192
"""Distinct rows of a class that its means and spreads are taken from: of normal columns known to
1 %."""
SAMPLED_BYTES = 64 << 20
"""Of their features."""

STEP = 2.0**-52
"""Between the numbers that 52 bits of a word are taken for: halves of it are doubles too."""

LARGEST_INTEGERS: Mapping[type[T.DataType], int] = {
    T.ByteType: 127,
    T.ShortType: 32_767,
    T.IntegerType: (1 << 31) - 1,
}
LARGEST_LONG = (1 << 63) - 1024
"""The largest double that is a long."""
LARGEST_FLOAT = 3.4028234663852886e38


@dataclass(frozen=True)
class Movement(ABC):
    """Where the inputs of copies go, that are numbered by `key`, `twin` and `occurrence`."""

    salts: tuple[int, ...]
    """Per class, of its random numbers."""

    @abstractmethod
    def moved(self, value: Column, feature: int | Column) -> Column:
        """A finite double elsewhere, where `class` is the row's; null where there is no such
        feature.
        """

    def shifted(self, table: Table, position: int) -> Column:
        """An input column of copies, moved.

        What is missing stays so. Integers are rounded half to even, decimals to their own scale,
        and what would leave the range of the type takes its last value.
        """
        column, kind = F.col(f"c{position}"), table.schema[position].dataType
        if table.vectors:
            given = F.coalesce(table.features, F.array())
            moved = F.when(column.isNotNull(), array_to_vector(F.transform(given, self._double)))
            return moved if table.schema[position].nullable else F.coalesce(moved, column)
        if isinstance(kind, T.ArrayType):
            element = kind.elementType
            return F.transform(column, lambda x, i: self._number(x, i, element))
        return self._number(column, table.inputs.index(position), kind)

    def uniform(self, feature: int | Column, number: int) -> Column:
        """A number in (0, 1) per row and feature."""
        salts = F.array(*[F.lit(salt).cast("bigint") for salt in self.salts])
        row = map(F.col, COUNTED)
        place = F.lit(feature) if isinstance(feature, int) else feature
        word = F.xxhash64(salts[F.col("class")], *row, place, F.lit(number))
        return (F.shiftrightunsigned(word, 12) + 0.5) * STEP

    def _double(self, value: Column, feature: Column) -> Column:
        moved = F.coalesce(self.moved(value, feature), value)
        return F.when(finite(value), moved).otherwise(value)

    def _number(self, value: Column, feature: int | Column, kind: T.DataType) -> Column:
        double = value.cast("double")
        moved = _in_type(self.moved(double, feature), kind)
        # never null where the value is not
        return F.when(finite(double), F.coalesce(moved, value)).otherwise(value)


def sample_rows(dimensions: int) -> int:
    """Rows of a class to sample for its means and spreads."""
    return max(256, min(MOST_SAMPLED, SAMPLED_BYTES // (8 * dimensions)))


def per_class(values: tuple[tuple[float, ...], ...], feature: int | Column) -> Column:
    """Of some numbers per class and feature, that of a row; null where there is no such feature."""
    if isinstance(feature, int):
        return F.array(*[F.lit(each[feature]) for each in values])[F.col("class")]
    return F.get(F.array(*[F.array(*map(F.lit, each)) for each in values])[F.col("class")], feature)


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

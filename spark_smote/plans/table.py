"""A DataFrame under neutral names: its columns by role, as arrays and back in their own types.

Inside the plans, columns are called `c0`, `c1`, ... by position: names with dots, or in two letter
cases, break `F.col` and the Python exchange. The names come back by position at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from typing import Any

from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.plans.row_key import row_key
from spark_smote.results import ColumnRole

INTEGER_TYPES = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
WIDE = 100
"""Inputs beyond which validity is tested over the array of them: one condition per column is
faster to run on narrow tables, and too deep to plan on wide ones."""
LARGEST_INPUT = 1e150
"""Beyond this the square of a difference is no longer a double; such values are mostly markers of
missing ones (1.797e308)."""
PROVENANCE_COLUMNS = ("base_id", "neighbour_id", "gap")
KEY_COLUMN = "row_key"


@dataclass(frozen=True)
class ColumnRequest:
    """What the user said about columns."""

    label_col: str
    input_cols: Sequence[str] | None = None
    features_col: str | None = None
    ignore_cols: Sequence[str] = ()
    carry_policy: str | Mapping[str, str] | None = None
    id_col: str | None = None
    synthetic_col: str = "is_synthetic"
    provenance: bool = False


@dataclass(frozen=True)
class Table:
    """A DataFrame under neutral names, and the position of each column by role."""

    frame: DataFrame
    schema: T.StructType
    """Original names and types."""
    request: ColumnRequest
    label: int
    inputs: tuple[int, ...]
    """Scalar input columns, or the one vector or array column."""
    id: int | None
    copied: tuple[int, ...]
    roles: tuple[ColumnRole, ...]
    all_valid: bool = False
    """Whether every row is known to be valid, so that none needs to be tested."""

    @property
    def label_column(self) -> Column:
        """The class of a row."""
        return F.col(f"c{self.label}")

    @property
    def packed(self) -> bool:
        """Whether the inputs come in one vector or array column."""
        return self.request.features_col is not None

    @property
    def input_names(self) -> list[str]:
        """Original names of the inputs."""
        return [self.schema[i].name for i in self.inputs]

    @property
    def features(self) -> Column:
        """All inputs of a row as one array of doubles."""
        if not self.packed:
            return F.array(*[F.col(f"c{i}").cast("double") for i in self.inputs])
        column = F.col(f"c{self.inputs[0]}")
        if isinstance(self.schema[self.inputs[0]].dataType, VectorUDT):
            return vector_to_array(column)
        return column.cast("array<double>")

    @property
    def valid(self) -> Column:
        """True where every input is a finite number."""
        if self.packed or len(self.inputs) > WIDE:
            finite = F.forall(self.features, _finite)
            return F.coalesce(finite, F.lit(False))
        valid = [F.coalesce(self.input_valid(i), F.lit(False)) for i in self.inputs]
        return reduce(lambda a, b: a & b, valid)

    def input_valid(self, position: int) -> Column:
        """True where one scalar input is a finite number; null where it is null."""
        column = F.col(f"c{position}")
        if isinstance(self.schema[position].dataType, (T.FloatType, T.DoubleType)):
            return _finite(column)
        return column.isNotNull()

    @property
    def key(self) -> Column:
        """The content key of the row (see `plans.row_key`)."""
        return row_key(self.schema, range(len(self.schema)), plain=self.inputs)

    @property
    def carried_key(self) -> Column:
        """A key of what a row of a class holds beside its inputs; new rows may copy or name it."""
        beside = [i for i in range(len(self.schema)) if i != self.label and i not in self.inputs]
        return row_key(self.schema, beside) if beside else F.lit(0).cast("bigint")

    def restored(self, position: int, features: Column, row: int) -> Column:
        """An input column of new rows, in its own type, from the array of doubles.

        Integers are rounded half to even; decimals to their own scale.
        """
        field = self.schema[position]
        if isinstance(field.dataType, VectorUDT):
            return array_to_vector(features)
        if isinstance(field.dataType, T.ArrayType):
            whole = isinstance(field.dataType.elementType, INTEGER_TYPES)
            return (F.transform(features, F.rint) if whole else features).cast(field.dataType)
        value = features[row]
        if isinstance(field.dataType, INTEGER_TYPES):
            value = F.rint(value)
        value = value.cast(field.dataType)
        return value if field.nullable else F.coalesce(value, _zero(field.dataType))


def label_literal(value: Any, kind: T.DataType) -> Column:
    """A label value as a column of the label's own type."""
    return F.lit(value).cast(kind)


def any_of(conditions: list[Column]) -> Column:
    """True where one of them is; a flat expression, since a chain of thousands overflows stacks."""
    return F.exists(F.array(*conditions), lambda each: each)


def _finite(column: Column) -> Column:
    # Spark orders NaN above all numbers, so one comparison refuses it too
    return F.abs(column) <= F.lit(LARGEST_INPUT)


def _zero(kind: T.DataType) -> Column:
    """A zero that is never null, of the type."""
    if isinstance(kind, T.DecimalType):
        return F.lit(Decimal(0).quantize(Decimal(1).scaleb(-kind.scale)))
    return F.lit(0).cast(kind)

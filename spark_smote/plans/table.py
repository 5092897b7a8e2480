"""A DataFrame under neutral names: its columns by role, as arrays and back in their own types.

Inside the plans, columns are called `c0`, `c1`, ... by position: names with dots, or in two letter
cases, break `F.col` and the Python exchange. The names come back by position at the end.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pyspark.ml.functions import vector_to_array
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.errors import SchemaError
from spark_smote.plans.carrying import crossing_type
from spark_smote.plans.row_key import row_key
from spark_smote.results import ColumnRole

INTEGER_TYPES = (T.ByteType, T.ShortType, T.IntegerType, T.LongType)
WIDE = 100
"""Inputs beyond which validity is tested over the array of them: one condition per column is
faster to run on narrow tables, and too deep to plan on wide ones."""
LARGEST_INPUT = 1e150
"""Beyond this the square of a difference is no longer a double; such values are mostly markers of
missing ones (1.797e308)."""
BOUNDS_POLICIES = ("round", "floor", "double")
"""How an integer input comes back: rounded half to even, rounded down, or as a double."""
PROVENANCE_COLUMNS = ("base_id", "neighbour_id", "gap")
KEY_COLUMN = "row_key"
_TWIN = 0x5DEECE66D
"""Hashed before a row, so that the second key is another function of it."""


def neutral(rows: DataFrame) -> DataFrame:
    """The rows with columns called `c0`, `c1`, ..., opaque."""
    return opaque(rows.toDF(*[f"c{i}" for i in range(len(rows.columns))]))


def opaque(rows: DataFrame) -> DataFrame:
    """The same rows, of columns with plain names, of which Spark's optimizer infers nothing.

    It follows the conditions that rows have met through each renaming: one on n columns (`dropna`,
    a split by a hash of the row) becomes 2^n conditions where rows are joined, and planning does
    not end for n = 25. Past the operator that `unpivot` makes it knows of none; there it does
    nothing else, and filters and the choice of columns still reach the files.
    """
    return rows.unpivot("*", tuple(rows.columns[:1]), "variable", "value").drop("variable", "value")


@dataclass(frozen=True)
class ColumnRequest:
    """What the user said about columns."""

    label_col: str
    input_cols: Sequence[str] | None = None
    features_col: str | None = None
    ignore_cols: Sequence[str] = ()
    carry_policy: str | Mapping[str, str] | None = None
    bounds_policy: str | Mapping[str, str] = "round"
    nominal_cols: Sequence[str] | str = ()
    """Names, or "auto" for every string and boolean column."""
    id_col: str | None = None
    synthetic_col: str = "is_synthetic"
    provenance: bool = False
    group_cols: Sequence[str] = ()
    """Columns within whose values rows are resampled separately."""
    interpolates: bool = True
    """Whether numeric columns are interpolated; if not, levels are all that is looked at."""
    looks_at_inputs: bool = True
    """Whether the method looks at inputs at all."""
    makes_rows: bool = True
    """Whether new rows come, of which every column must be decided."""
    along: tuple[str, ...] = ()
    """Columns that an earlier sampler added: looked at by no method, copied to new rows."""
    copied_by_spark: bool = False
    """Whether no Python worker sees new rows, so that columns of any type can be copied."""
    copies_rows: bool = False
    """Whether new rows are copies, and columns are copied that nothing is said of."""


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
    nominal: tuple[int, ...] = ()
    """Columns whose values are levels, of which new rows take the most frequent around them."""
    bounds: Mapping[int, str] = field(default_factory=dict)
    """Of each integer input, one of `BOUNDS_POLICIES`."""
    stand_ins: tuple[float, ...] = ()
    """What features hold for each missing input, so that no row is invalid; empty = rows with a
    missing input are."""
    all_valid: bool = False
    """Whether every row is known to be valid, so that none needs to be tested."""
    groups: tuple[int, ...] = ()
    """Columns that tell groups apart; among those copied."""
    given: DataFrame | None = None
    """All rows, under their own names, whichever of them `frame` holds; None where none is passed
    on."""

    @property
    def label_column(self) -> Column:
        """The class of a row."""
        return F.col(f"c{self.label}")

    @property
    def packed(self) -> bool:
        """Whether the inputs come in one vector or array column."""
        return self.request.features_col is not None

    @property
    def vectors(self) -> bool:
        """Whether the inputs come in one vector column."""
        return self.packed and isinstance(self.schema[self.inputs[0]].dataType, VectorUDT)

    @property
    def input_names(self) -> list[str]:
        """Original names of the inputs."""
        return [self.schema[i].name for i in self.inputs]

    @property
    def features(self) -> Column:
        """All inputs of a row as one array of doubles; after them, codes of nominal levels."""
        if not self.packed:
            inputs = [f"CAST(c{i} AS DOUBLE)" for i in self.inputs]
            if self.stand_ins:
                pairs = zip(inputs, self.stand_ins, strict=True)
                instead = "CASE WHEN {1} THEN {0} ELSE CAST('{2}' AS DOUBLE) END"
                inputs = [instead.format(x, FINITE.format(x), float(y)) for x, y in pairs]
            if not self.nominal:
                return F.expr(f"array({', '.join(inputs)})")
            return F.array(*map(F.expr, inputs), *[self.level_code(i) for i in self.nominal])
        column = F.col(f"c{self.inputs[0]}")
        if not self.vectors:
            return column.cast("array<double>")
        return F.when(column.isNotNull(), vector_to_array(column))  # it fails on null

    @property
    def valid(self) -> Column:
        """True where a row may be a base or a neighbour."""
        return F.lit(True) if self.stand_ins else self.complete

    @property
    def complete(self) -> Column:
        """True where every input is a finite number."""
        if not self.inputs:
            return F.lit(True)
        if self.packed or len(self.inputs) > WIDE:
            whole = F.forall(replace(self, nominal=(), stand_ins=()).features, finite)
            return F.coalesce(whole, F.lit(False))
        return F.expr(" AND ".join(map(self.input_valid, self.inputs)))

    def input_valid(self, position: int) -> str:
        """SQL: true where one scalar input is a finite number, else false."""
        if isinstance(self.schema[position].dataType, (T.FloatType, T.DoubleType)):
            return f"coalesce({FINITE.format(f'c{position}')}, false)"
        return f"c{position} IS NOT NULL"

    @property
    def key(self) -> Column:
        """The content key of the row (see `plans.row_key`): zeros of either sign are one class, and
        one place among the inputs.
        """
        return row_key(self.schema, range(len(self.schema)), plain=(self.label, *self.inputs))

    @property
    def twin_key(self) -> Column:
        """A second key, independent of the first, that tells zeros of either sign apart: rows that
        share both are equal.
        """
        return row_key(self.schema, range(len(self.schema)), salt=_TWIN)

    def level_code(self, position: int) -> Column:
        """A number that equal levels share, null among them: 52 bits of a hash, in a double."""
        return F.shiftrightunsigned(row_key(self.schema, [position]), 12).cast("double")

    @property
    def carried_key(self) -> Column:
        """A key of what a row of a class holds beside its inputs; new rows may copy or name it."""
        features = {self.label, *self.nominal}
        if not self.stand_ins:  # else features do not tell null, NaN and infinity apart
            features.update(self.inputs)
        beside = [i for i in range(len(self.schema)) if i not in features]
        if not beside:
            return F.lit(0).cast("bigint")
        return row_key(self.schema, beside, plain=self.inputs)

    def output_type(self, position: int) -> T.DataType:
        """The type of a column in the output: its own, but for integers that become doubles."""
        kind = self.schema[position].dataType
        if self.bounds.get(position) != "double":
            return kind
        if isinstance(kind, T.ArrayType):
            return T.ArrayType(T.DoubleType(), kind.containsNull)
        return T.DoubleType()

    @property
    def retyped(self) -> bool:
        """Whether columns of original rows change their type in the output."""
        return "double" in self.bounds.values()

    @property
    def originals(self) -> list[Column]:
        """All columns of original rows, as the output has them."""
        if not self.retyped:
            return [F.col("*")]
        return [self._original(i) for i in range(len(self.schema))]

    def _original(self, position: int) -> Column:
        column = F.col(f"c{position}")
        if self.bounds.get(position) != "double":
            return column
        metadata = self.schema[position].metadata
        return column.cast(self.output_type(position)).alias(f"c{position}", metadata=metadata)

    @property
    def emptied(self) -> tuple[int, ...]:
        """Columns that are null on new rows."""
        return tuple(i for i, role in enumerate(self.roles) if role.policy == "null")

    @property
    def taken_along(self) -> tuple[int, ...]:
        """Columns whose values of real rows are found on new ones."""
        return *self.copied, *self.nominal

    def crossing(self, position: int) -> Column:
        """A column as Python workers take it along."""
        column, kind = F.col(f"c{position}"), self.schema[position].dataType
        plain = crossing_type(kind)
        return column if plain == kind else column.cast(plain).alias(f"c{position}")

    def carried(self, position: int) -> Column:
        """A column of new rows that real rows had, back in its own type."""
        column, kind = F.col("carry")[f"c{position}"], self.schema[position].dataType
        return column if crossing_type(kind) == kind else column.cast(kind)

    def restored(self, position: int, row: int) -> Column:
        """An input column of new rows, in its type in the output, from their `features`: the vector
        if inputs come in one, else an array of doubles.

        Integers are rounded as `bounds` says, decimals to their own scale; both ways of rounding
        keep order, so that no value leaves the range of the rows it was made of.

        Parameters
        ----------
        row : int
            The place of the column among the inputs.
        """
        kind = self.output_type(position)
        whole = _ROUNDINGS.get(self.bounds.get(position, ""), "{}")
        if self.vectors:
            return F.col("features")
        if isinstance(kind, T.ArrayType):
            element = _number(whole.format("x"), kind.elementType)
            return F.expr(f"transform(features, x -> {element})")
        double = f"features[{row}]"
        value = whole.format(double)
        if not self.schema[position].nullable:
            return F.expr(_number(value, kind))
        if self.stand_ins:  # new rows hold NaN where their bases have nothing
            value = f"CASE WHEN NOT isnan({double}) THEN {value} END"
        return F.expr(f"CAST({value} AS {kind.simpleString()})")


_ROUNDINGS = {"round": "rint({})", "floor": "floor({})"}


def column_position(names: Sequence[str], name: str, parameter: str) -> int:
    """Where the column is that a parameter names; an error with near names if it is missing."""
    if name in names:
        return names.index(name)
    same = [n for n in names if n.lower() == name.lower()]
    near = same or difflib.get_close_matches(name, names, n=3)
    more = f" and {len(names) - 50} more" if len(names) > 50 else ""
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"it has {names[:50]}{more}"
    raise SchemaError(f"{parameter} names column {name!r}, which the table does not have; {hint}")


def label_literal(value: Any, kind: T.DataType) -> Column:
    """A label value as a column of the label's own type."""
    # the Python client writes the year 1 as "1", which is no date
    return F.lit(value.isoformat() if isinstance(value, date) else value).cast(kind)


def any_of(conditions: list[Column]) -> Column:
    """True where one of them is; a flat expression, since a chain of thousands overflows stacks."""
    return F.exists(F.array(*conditions), lambda each: each)


FINITE = f"abs({{0}}) <= {LARGEST_INPUT}D"
"""True for finite numbers that can be squared, as SQL with a place for one; Spark orders NaN above
all numbers, so that one comparison refuses it too."""


def finite(column: Column) -> Column:
    """`FINITE` of a column."""
    return F.abs(column) <= F.lit(LARGEST_INPUT)


def _number(value: str, kind: T.DataType) -> str:
    """SQL: a double as a number of the type, never null."""
    name = kind.simpleString()
    zero = f"{0:.{kind.scale}f}BD" if isinstance(kind, T.DecimalType) else f"CAST(0 AS {name})"
    return f"coalesce(CAST({value} AS {name}), {zero})"

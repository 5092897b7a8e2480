"""A look at every column of a table: one reading, and the packed rows that samples come from."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.kernels.tally import Tally
from spark_smote.plans.folding import fold_rows
from spark_smote.plans.profile import beyond_double
from spark_smote.plans.table import FINITE, INTEGER_TYPES, ColumnRequest, Table

FRACTIONS = (T.FloatType, T.DoubleType, T.DecimalType)
CODES = (T.StringType, T.BinaryType)
"""Types whose values can only be equal or not."""
CODE_BITS = 52
"""Of a value's hash, so that a double holds it."""


def is_numeric(kind: T.DataType) -> bool:
    """Whether values of this type have a place on an axis (booleans and times included)."""
    times = (T.BooleanType, T.DateType, T.TimestampType, T.TimestampNTZType)
    return isinstance(kind, (*INTEGER_TYPES, *FRACTIONS, *times))


def can_be_looked_into(kind: T.DataType) -> bool:
    """Whether more than nulls can be told of values of this type."""
    return is_numeric(kind) or isinstance(kind, CODES)


def tally_columns(frame: DataFrame, schema: T.StructType) -> list[Tally]:
    """Count what every column holds; one reading of the table.

    The columns go to Python workers as they are, and numpy counts them: one expression per column
    and figure in an aggregation of Spark's is more than its planner bears on wide tables.

    Parameters
    ----------
    frame : DataFrame
        The table under neutral names (`c0`, `c1`, ...).
    schema : StructType
        The types of its columns.
    """
    shown = [F.expr(f"{_shown(f'c{i}', f.dataType)} AS v{i}") for i, f in enumerate(schema)]
    tests = {i: test for i, f in enumerate(schema) if (test := beyond_double(f.dataType))}
    lost = [test(F.col(f"c{i}")).alias(f"l{i}") for i, test in tests.items()]
    numeric = [is_numeric(field.dataType) for field in schema]
    tested = frozenset(i for i in tests if numeric[i])

    def enter(tallies: list[Tally], batch: pa.RecordBatch) -> list[Tally]:
        entered = []
        for i, tally in enumerate(tallies):
            column = batch.column(f"v{i}")
            entered.append(
                tally.entered(
                    column.drop_null().to_numpy(zero_copy_only=False),
                    nulls=column.null_count,
                    lost=pc.sum(batch.column(f"l{i}")).as_py() or 0 if i in tested else 0,
                    numeric=numeric[i],
                )
            )
        return entered

    return fold_rows(frame.select(*shown, *lost), [Tally() for _ in schema], enter)


def packed_table(
    frame: DataFrame, schema: T.StructType, label: int, positions: Sequence[int]
) -> Table:
    """The label, and some columns as one array of doubles, infinite where a value is missing.

    Missing is what is null, NaN, infinite or too large to be squared. It is infinite here because
    infinity, unlike NaN, equals itself: equal rows can be told. What is no number is a hash of
    the value.
    """
    doubles = ", ".join(_double(f"c{i}", schema[i].dataType) for i in positions)
    values = F.expr(f"array({doubles})")
    fields = [schema[label], T.StructField("values", T.ArrayType(T.DoubleType(), False), False)]
    return Table(
        frame=frame.select(F.col(f"c{label}").alias("c0"), values.alias("c1")),
        schema=T.StructType(fields),
        request=ColumnRequest(label_col=schema[label].name, features_col="values"),
        label=0,
        inputs=(1,),
        id=None,
        copied=(),
        roles=(),
        all_valid=True,
    )


def _double(name: str, kind: T.DataType) -> str:
    missing = "CAST('Infinity' AS DOUBLE)"
    shown = _shown(name, kind)
    if isinstance(kind, CODES):
        return f"coalesce(CAST(shiftrightunsigned({shown}, {64 - CODE_BITS}) AS DOUBLE), {missing})"
    number = f"CAST({shown} AS DOUBLE)"
    return f"CASE WHEN {FINITE.format(number)} THEN {number} ELSE {missing} END"


def _shown(name: str, kind: T.DataType) -> str:
    """SQL: a value as a long or a double that is equal for equal values; null stays null."""
    if isinstance(kind, FRACTIONS):
        return f"CAST({name} AS DOUBLE)"
    if isinstance(kind, CODES):
        return f"CASE WHEN {name} IS NOT NULL THEN xxhash64({name}) END"
    if isinstance(kind, T.DateType):
        return f"CAST(unix_date({name}) AS BIGINT)"
    if isinstance(kind, (T.TimestampType, T.TimestampNTZType)):
        return f"unix_micros(CAST({name} AS TIMESTAMP))"
    if is_numeric(kind):
        return f"CAST({name} AS BIGINT)"
    return f"CASE WHEN {name} IS NOT NULL THEN CAST(0 AS BIGINT) END"


def rows_not_one_hot(frame: DataFrame, groups: Sequence[Sequence[int]]) -> list[int]:
    """Rows of the table in which not exactly one column of a group is 1, per group."""
    if not groups:
        return []
    sums = [
        F.aggregate(
            F.array(*[F.col(f"c{i}").cast("double") for i in group]),
            F.lit(0.0),
            lambda total, each: total + each,
        )
        for group in groups
    ]
    counts = [
        F.count_if(F.coalesce(total != 1, F.lit(True))).alias(f"n{g}")
        for g, total in enumerate(sums)
    ]
    found = frame.agg(*counts).first()
    return [int(n) for n in found] if found is not None else []

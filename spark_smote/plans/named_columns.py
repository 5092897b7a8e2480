"""Columns that are named: found in a table, or refused for what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from spark_smote.errors import ParameterError, SchemaError
from spark_smote.plans.called import refuse_replaced_functions
from spark_smote.plans.carrying import crosses
from spark_smote.plans.row_key import can_be_keyed
from spark_smote.plans.table import (
    KEY_COLUMN,
    PROVENANCE_COLUMNS,
    ColumnRequest,
    column_position,
)

LABEL_TYPES = (
    T.StringType,
    T.CharType,
    T.VarcharType,
    T.BooleanType,
    T.ByteType,
    T.ShortType,
    T.IntegerType,
    T.LongType,
    T.FloatType,
    T.DoubleType,
    T.DecimalType,
    T.DateType,
)


def label_position(df: DataFrame, label_col: str) -> int:
    """Where the label is in a table that can be used at all.

    Raises
    ------
    ParameterError, SchemaError
        If `df` is no DataFrame or a stream, has a name twice, or a label that is missing or unfit;
        if its session replaces functions of Spark's that plans call.
    """
    _require_frame(df)
    refuse_replaced_functions(df.sparkSession)
    _require_told_apart(df.schema)
    label = column_position(df.schema.names, label_col, "labelCol")
    _require_label(df.schema[label])
    return label


def named_positions(df: DataFrame, names: Sequence[str], parameter: str) -> list[int]:
    """Where the columns are that a parameter names.

    Raises
    ------
    SchemaError
        For a name that the table does not have, or that is given twice.
    """
    positions = [column_position(df.columns, name, parameter) for name in names]
    if len(set(positions)) < len(positions):
        raise SchemaError(f"{parameter} names a column twice: {list(names)}")
    return positions


def _require_frame(df: Any) -> None:
    if not (hasattr(df, "sparkSession") and hasattr(df, "schema")):
        raise ParameterError(
            f"df must be a Spark DataFrame; received a {type(df).__module__}."
            f"{type(df).__name__}; make one with spark.createDataFrame"
        )
    if df.isStreaming:
        raise ParameterError(
            "df is a stream; resampling needs all rows of a class at once: read the table as a "
            "batch, or use foreachBatch"
        )


def _require_told_apart(schema: T.StructType) -> None:
    repeated = [name for name, times in Counter(schema.names).items() if times > 1]
    if repeated:
        raise SchemaError(
            f"the table has {len(repeated)} column name(s) more than once: {repeated}; "
            "rename them, so that each output column can be told apart"
        )
    for field in schema:
        if not can_be_keyed(field.dataType):
            raise SchemaError(
                f"column {field.name!r} ({field.dataType.simpleString()}) holds a variant in a "
                "struct whose field names repeat or differ in case only; rename its fields"
            )


def _require_label(field: T.StructField) -> None:
    kind = field.dataType
    if not isinstance(kind, LABEL_TYPES):
        raise SchemaError(
            f"labelCol {field.name!r} is of type {kind.simpleString()}; a label must be a string, "
            "boolean, date or number"
        )
    collation = getattr(kind, "collation", "UTF8_BINARY")
    if collation != "UTF8_BINARY":
        raise SchemaError(
            f"labelCol {field.name!r} is of type {kind.simpleString()}: texts that differ may be "
            "one class there, and none of them is its name; give each class one spelling and "
            f"compare it exactly: F.collate(F.lower({field.name!r}), 'UTF8_BINARY')"
        )


def require_id(field: T.StructField, request: ColumnRequest) -> None:
    """Refuse an id that new rows cannot miss, or that provenance cannot pass on."""
    if request.makes_rows and not field.nullable:
        raise SchemaError(
            f"idCol {field.name!r} may not be null, but new rows have no id; let it be null, "
            f"for instance by F.nullif(F.col({field.name!r}), F.lit(None))"
        )
    if request.provenance and not (request.copied_by_spark or crosses(field.dataType)):
        raise SchemaError(
            f"idCol {field.name!r} is of type {field.dataType.simpleString()}, which cannot cross "
            "into Python; cast it, or set provenance=False"
        )


def refuse_reserved(names: list[str], request: ColumnRequest) -> None:
    """Refuse a table that has a name which the output would add."""
    added = [request.synthetic_col] if request.synthetic_col else []
    if request.provenance:
        added += [*PROVENANCE_COLUMNS, *([] if request.id_col else [KEY_COLUMN])]
    present = {name.lower(): name for name in names}
    if len({name.lower() for name in added}) < len(added):
        raise SchemaError(
            f"syntheticCol {request.synthetic_col!r} is also a name that provenance=True adds "
            f"({added[1:]}); choose another name"
        )
    for name in added:
        if name.lower() in present:
            remedy = (
                "if the table was resampled before, start from the original rows; "
                "else rename the column"
            )
            if name == request.synthetic_col:
                remedy += " or set syntheticCol to another name"
            else:
                remedy += " or set provenance=False"
            raise SchemaError(
                f"the table already has a column {present[name.lower()]!r}, which the output "
                f"would add; {remedy}"
            )

"""Nominal columns: which they are, and whether their values can be taken along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.ml.linalg import VectorUDT
from pyspark.sql import types as T

from spark_smote.errors import SchemaError
from spark_smote.plans.carrying import crosses
from spark_smote.plans.table import ColumnRequest, column_position

AUTO = "auto"
"""Every string and boolean column that nothing else is said of."""
AUTO_TYPES = (T.StringType, T.CharType, T.VarcharType, T.BooleanType)


def nominal_positions(
    schema: T.StructType, request: ColumnRequest, label: int, id_position: int | None
) -> tuple[int, ...]:
    """Positions of the nominal columns, in the order of the table.

    Raises
    ------
    SchemaError
        For a column that is missing, has another role, or whose values only pass as a whole.
    """
    names = schema.names
    if request.nominal_cols == AUTO:
        given = request.carry_policy
        decided = {*request.ignore_cols, *(given if isinstance(given, dict) else ())}
        decided |= {names[label], *([] if id_position is None else [names[id_position]])}
        decided |= {*request.along, *request.group_cols, *(request.input_cols or ())}
        chosen = [
            i
            for i, field in enumerate(schema)
            if isinstance(field.dataType, AUTO_TYPES) and field.name not in decided
        ]
    else:
        chosen = [column_position(names, name, "nominalCols") for name in request.nominal_cols]
        if len(set(chosen)) < len(chosen):
            raise SchemaError(f"nominalCols names a column twice: {list(request.nominal_cols)}")
    for parameter, taken in (
        ("labelCol", {names[label]}),
        ("idCol", {names[id_position]} if id_position is not None else set()),
        ("inputCols", set(request.input_cols or ())),
        ("ignoreCols", set(request.ignore_cols)),
    ):
        both = sorted(taken & {names[i] for i in chosen})
        if both:
            raise SchemaError(f"{both} are both in nominalCols and in {parameter}; choose one")
    for i in chosen:
        _require_levels(schema[i])
    return tuple(sorted(chosen))


def can_be_levels(kind: T.DataType) -> bool:
    """Whether values of this type are told apart, and can be taken along."""
    variant = type(kind).__name__ == "VariantType"
    return not (isinstance(kind, (T.MapType, VectorUDT)) or variant) and crosses(kind)


def _require_levels(field: T.StructField) -> None:
    kind = field.dataType
    if not can_be_levels(kind):
        raise SchemaError(
            f"nominalCols names {field.name!r} of type {kind.simpleString()}, whose values are no "
            "levels that can be taken along; leave it out and give it a carryPolicy, or cast it"
        )


def refuse_numbers(schema: T.StructType, request: ColumnRequest, settled: set[int | None]) -> None:
    """Refuse numeric columns of which nothing is said where none is interpolated.

    Parameters
    ----------
    settled : set of int
        Positions of label, id and nominal columns.

    Raises
    ------
    SchemaError
        Naming the columns.
    """
    given = request.carry_policy
    decided = {*request.ignore_cols, *request.along}
    decided |= {*given} if isinstance(given, Mapping) else set()
    left = [
        field
        for i, field in enumerate(schema)
        if isinstance(field.dataType, T.NumericType)
        and i not in settled
        and field.name not in decided
    ]
    if left:
        raise SchemaError(
            f"{len(left)} numeric column(s) are neither in nominalCols nor in ignoreCols: "
            f"{listed(left)}. This method compares levels and interpolates nothing. Decide: name "
            "codes and other numbers of few values in nominalCols, quantities in ignoreCols with "
            "a carryPolicy ('copy' the base row's value, or 'null'); or use SMOTENC, which "
            "interpolates them"
        )


def listed(fields: Sequence[T.StructField]) -> str:
    """Columns with their types; of many, the first ten."""
    shown = ", ".join(f"{f.name!r} ({f.dataType.simpleString()})" for f in fields[:10])
    return shown + (f" and {len(fields) - 10} more" if len(fields) > 10 else "")

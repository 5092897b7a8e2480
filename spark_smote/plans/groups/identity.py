"""Which rows are of one group, and what a group is called in messages."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.errors import SchemaError
from spark_smote.plans.levels import can_be_levels
from spark_smote.plans.row_key import row_key
from spark_smote.plans.table import ColumnRequest, Table, column_position

SHOWN = 60
"""Characters of each value in a group's name."""

SALT = 1
"""Tells the second key of a group from the first."""


def group_positions(
    schema: T.StructType, request: ColumnRequest, settled: Mapping[str, Collection[int]]
) -> tuple[int, ...]:
    """Positions of the group columns, in the order of the table.

    Parameters
    ----------
    settled : mapping of parameter to the positions it has resolved to

    Raises
    ------
    SchemaError
        For a column that is missing, has another role, or whose values cannot be told apart.
    """
    names = schema.names
    chosen = [column_position(names, name, "groupCols") for name in request.group_cols]
    if len(set(chosen)) < len(chosen):
        raise SchemaError(f"groupCols names a column twice: {list(request.group_cols)}")
    taken = {parameter: {names[i] for i in positions} for parameter, positions in settled.items()}
    taken["idCol"] = {request.id_col} if request.id_col else set()
    taken["inputCols"] = set(request.input_cols or ())
    taken["featuresCol"] = {request.features_col} if request.features_col else set()
    for parameter, named in taken.items():
        both = sorted(named & {names[i] for i in chosen})
        if both:
            raise SchemaError(
                f"{both} are both in groupCols and in {parameter}; rows of a group share the "
                "value, so it can be nothing else: choose one"
            )
    for i in chosen:
        _require_groupable(schema[i])
    return tuple(sorted(chosen))


def _require_groupable(field: T.StructField) -> None:
    kind = field.dataType
    collated = getattr(kind, "collation", "UTF8_BINARY") != "UTF8_BINARY"
    if collated or not can_be_levels(kind):
        remedy = (
            f"compare it exactly: F.collate({field.name!r}, 'UTF8_BINARY')"
            if collated
            else "cast it, for instance to a string"
        )
        raise SchemaError(
            f"groupCols names {field.name!r} of type {kind.simpleString()}, whose values do not "
            f"tell groups apart, or cannot be copied to new rows; {remedy}"
        )


def group_keys(table: Table) -> tuple[Column, Column]:
    """128 bits that rows of a group share, as two longs: a hash of the columns' values.

    Null is a value like any other; 0.0 and -0.0 are one, as where Spark groups.
    """
    plain = [
        i for i in table.groups if isinstance(table.schema[i].dataType, (T.FloatType, T.DoubleType))
    ]
    keys = [row_key(table.schema, table.groups, plain=plain, salt=salt) for salt in (None, SALT)]
    return keys[0], keys[1]


def group_name(table: Table) -> Column:
    """The group of a row for messages, as in `country='DE', day=2024-02-29`."""
    parts: list[Column] = []
    for i in table.groups:
        field = table.schema[i]
        parts += [F.lit(f"{', ' if parts else ''}{field.name}="), _shown(F.col(f"c{i}"), field)]
    return F.concat(*parts)


def _shown(column: Column, field: T.StructField) -> Column:
    kind = field.dataType
    if type(kind).__name__ in ("GeometryType", "GeographyType"):
        shown = F.hex(F.st_asbinary(column))
    elif isinstance(kind, T.BinaryType):
        shown = F.hex(column)
    else:
        shown = column.cast("string")
    shown = F.substring(shown, 1, SHOWN)
    if isinstance(kind, (T.StringType, T.CharType, T.VarcharType)):
        shown = F.concat(F.lit("'"), shown, F.lit("'"))
    return F.coalesce(shown, F.lit("null"))

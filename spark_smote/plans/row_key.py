"""Row identity is content: a 64-bit key that equal rows share, whatever file they come from."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

_NESTED = ("ArrayType", "MapType", "StructType", "VariantType")


def row_key(schema: T.StructType, *, plain_arrays: Collection[int] = ()) -> Column:
    """xxhash64 over a null-marked encoding of the columns `c0`, `c1`, ... of a table.

    xxhash64 skips nulls, so that (1, null) and (null, 1) would agree: each column is preceded by
    a marker. It also takes -0.0 for 0.0, which the marker tells apart, and refuses maps and
    variants, which (like everything nested, where nulls hide inside) enter as JSON.

    Parameters
    ----------
    schema : StructType
        Types of the columns, by position.
    plain_arrays : collection of int
        Positions of array columns known to hold no nulls inside; they are hashed as they are.
    """
    parts: list[Column] = []
    for position, field in enumerate(schema):
        column = F.col(f"c{position}")
        if isinstance(field.dataType, (T.FloatType, T.DoubleType)):
            negative_zero = (column == 0) & (F.atan2(column, F.lit(-1.0)) < 0)
            parts.append(
                F.when(column.isNull(), 1).when(negative_zero, 2).otherwise(0)  # marker
            )
        else:
            parts.append(column.isNull().cast("int"))
        if type(field.dataType).__name__ in _NESTED and position not in plain_arrays:
            options = {"ignoreNullFields": "false", "timeZone": "UTC"}
            parts.append(F.to_json(F.struct(column), options))
        else:
            parts.append(column)
    return F.xxhash64(*parts)

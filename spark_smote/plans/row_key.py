"""Row identity is content: a 64-bit key that equal rows share, whatever file they come from."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T


def row_key(
    schema: T.StructType,
    positions: Collection[int],
    *,
    plain: Collection[int] = (),
    salt: int | None = None,
) -> Column:
    """xxhash64 over a null-marked encoding of some of the columns `c0`, `c1`, ... of a table.

    xxhash64 skips nulls, so that (1, null) and (null, 1) would agree: each value is preceded by a
    marker, inside arrays, maps and structs too. It also takes -0.0 for 0.0, which the marker
    tells apart, and refuses maps (hashed as their entries), variants (as JSON and its types),
    places on a map or the earth (as bytes and reference system) and types of users (as what they
    are stored as).

    Parameters
    ----------
    schema : StructType
        Types of all columns.
    positions : collection of int
        Which columns to hash.
    plain : collection of int
        Which of them are numbers, vectors or arrays of numbers for which -0.0 is 0.0: they are
        hashed as they are, by less code (a method of more than 8,000 bytes is not compiled by the
        JVM, and dozens of columns come near it).
    salt : int, optional
        Hashed before them: keys of different salts are independent.
    """
    parts: list[str | Column] = [] if salt is None else [f"CAST({salt} AS BIGINT)"]
    for position in positions:
        name, kind = f"c{position}", schema[position].dataType
        if position in plain:
            parts += [_MARKER.format(name), name]
            if isinstance(kind, T.ArrayType) and kind.containsNull:
                parts.append(f"transform({name}, x -> {_MARKER.format('x')})")
        elif isinstance(kind, _MADE_OF_OTHERS) or type(kind).__name__ in _READ_OTHERWISE:
            parts += _encoded(F.col(name), kind)
        else:
            parts += [_marker_of(kind).format(name), name]
    return _hashed(parts)


def _hashed(parts: Sequence[str | Column]) -> Column:
    """The hash of columns, and of what SQL calls so.

    As one text where that is possible: each step of an expression that is built of columns is some
    calls into the JVM, dozens per column of the table.
    """
    texts = [part for part in parts if isinstance(part, str)]
    if len(texts) == len(parts):
        return F.expr(f"xxhash64({', '.join(texts)})")
    return F.xxhash64(*[F.expr(part) if isinstance(part, str) else part for part in parts])


_MADE_OF_OTHERS = (T.ArrayType, T.MapType, T.StructType, T.UserDefinedType)
_GEO = ("GeometryType", "GeographyType")
_READ_OTHERWISE = (*_GEO, "VariantType")
"""Types whose values are not hashed as they are; not every version of pyspark has them."""

_MARKER = "CAST({0} IS NULL AS INT)"
# "<=", because the optimizer may put the literal of an equality in the column's place
_SIGNED_MARKER = (
    "CASE WHEN {0} IS NULL THEN 1 WHEN abs({0}) <= 0 AND CAST({0} AS STRING) = '-0.0' THEN 2 "
    "ELSE 0 END"
)


def _marker_of(kind: T.DataType) -> str:
    """What comes before a value, as SQL with a place for it."""
    return _SIGNED_MARKER if isinstance(kind, (T.FloatType, T.DoubleType)) else _MARKER


def _encoded(column: Column, kind: T.DataType) -> list[Column]:
    """What is hashed for one value, which may be part of another: a marker, then its content."""
    if isinstance(kind, (T.FloatType, T.DoubleType)):  # as `_SIGNED_MARKER`
        negative_zero = (F.abs(column) <= 0) & (column.cast("string") == "-0.0")
        return [F.when(column.isNull(), 1).when(negative_zero, 2).otherwise(0), column]
    if isinstance(kind, T.MapType):
        entry = T.StructType().add("key", kind.keyType).add("value", kind.valueType)
        return _encoded(F.map_entries(column), T.ArrayType(entry))
    if isinstance(kind, T.ArrayType):
        element = kind.elementType
        hashed = F.transform(column, lambda x: F.xxhash64(*_encoded(x, element)))
        return [_marker(column), hashed]
    if isinstance(kind, T.StructType):
        if not _told_apart(kind):
            kind = _numbered(kind)
            column = column.cast(kind)
        fields = [part for f in kind for part in _encoded(column.getField(f.name), f.dataType)]
        return [_marker(column), *fields]
    if isinstance(kind, T.UserDefinedType):
        return _encoded(F.unwrap_udt(column), kind.sqlType())
    if type(kind).__name__ in _GEO:
        return [_marker(column), F.st_asbinary(column), F.st_srid(column)]
    if type(kind).__name__ == "VariantType":
        return [_marker(column), F.to_json(column), F.schema_of_variant(column)]
    return [_marker(column), column]


def _marker(column: Column) -> Column:
    return column.isNull().cast("int")


def can_be_keyed(kind: T.DataType) -> bool:
    """Whether a key can be made of values of this type.

    Fields of a struct whose names do not tell them apart are reached by casting it, and what holds
    a variant cannot be cast.
    """
    if isinstance(kind, T.ArrayType):
        return can_be_keyed(kind.elementType)
    if isinstance(kind, T.MapType):
        return can_be_keyed(kind.keyType) and can_be_keyed(kind.valueType)
    if isinstance(kind, T.StructType):
        castable = _told_apart(kind) or "variant" not in kind.simpleString()
        return castable and all(can_be_keyed(field.dataType) for field in kind)
    return True


def _told_apart(kind: T.StructType) -> bool:
    return len({name.lower() for name in kind.names}) == len(kind.names)


def _numbered(kind: T.StructType) -> T.StructType:
    """The same fields under names that tell them apart."""
    fields = [T.StructField(f"f{i}", f.dataType, f.nullable) for i, f in enumerate(kind)]
    return T.StructType(fields)

"""Row identity is content: a 64-bit key that equal rows share, whatever file they come from."""

from __future__ import annotations

from collections.abc import Collection

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
    parts: list[Column] = [] if salt is None else [F.lit(salt).cast("bigint")]
    for position in positions:
        column = F.col(f"c{position}")
        kind = schema[position].dataType
        if position in plain:
            parts += [_marker(column), column]
            if isinstance(kind, T.ArrayType) and kind.containsNull:
                parts.append(F.transform(column, _marker))
        else:
            parts += _encoded(column, kind)
    return F.xxhash64(*parts)


def _encoded(column: Column, kind: T.DataType) -> list[Column]:
    """What is hashed for one value: a marker, then its content."""
    if isinstance(kind, (T.FloatType, T.DoubleType)):
        # "<=", because the optimizer may put the literal of an equality in the column's place
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
    if type(kind).__name__ in ("GeometryType", "GeographyType"):
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

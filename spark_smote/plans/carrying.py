"""What a column that is not interpolated may hold on new rows."""

from __future__ import annotations

from pyspark.sql import types as T

from spark_smote.errors import SchemaError

UNCROSSABLE_TYPES = ("YearMonthIntervalType", "CalendarIntervalType")
"""By name, since not every pyspark has each of them."""


def check_policy(field: T.StructField, policy: str, *, crossing: bool = True) -> None:
    """Refuse a policy that the column's type or nullability does not allow.

    Parameters
    ----------
    crossing : bool
        Whether what is copied goes through Python workers.

    Raises
    ------
    SchemaError
        Naming the column, its type and what to do.
    """
    kind = field.dataType.simpleString()
    may_cross = not crossing or crosses(field.dataType)
    if policy == "null" and not field.nullable:
        remedy = "use 'copy'" if may_cross else "let it be null, or drop it"
        raise SchemaError(
            f"carryPolicy 'null' for {field.name!r} ({kind}), but it may not be null; {remedy}"
        )
    if policy == "copy" and not may_cross:
        remedy = "use 'null' for it, or cast it first" if field.nullable else "cast or drop it"
        raise SchemaError(
            f"carryPolicy 'copy' for {field.name!r}: a column of type {kind} cannot cross into "
            f"Python; {remedy}"
        )


def crosses(kind: T.DataType) -> bool:
    """Whether values of this type can be exchanged with Python workers."""
    if isinstance(kind, T.ArrayType):
        # Spark's array() has elements of no type that are never null, which Arrow cannot say
        void = isinstance(kind.elementType, T.NullType) and not kind.containsNull
        return crosses(kind.elementType) and not void
    if isinstance(kind, T.MapType):
        void = T.NullType() in (kind.keyType, kind.valueType)
        return crosses(kind.keyType) and crosses(kind.valueType) and not void
    if isinstance(kind, T.StructType):
        distinct = len(set(kind.names)) == len(kind.names)
        return distinct and all(crosses(field.dataType) for field in kind)
    return type(kind).__name__ not in UNCROSSABLE_TYPES


def crossing_type(kind: T.DataType) -> T.DataType:
    """The type that values of this one have among Python workers: text of a set length is text."""
    if isinstance(kind, (T.CharType, T.VarcharType)):
        return T.StringType()
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(crossing_type(kind.elementType), kind.containsNull)
    if isinstance(kind, T.MapType):
        key, value = crossing_type(kind.keyType), crossing_type(kind.valueType)
        return T.MapType(key, value, kind.valueContainsNull)
    if isinstance(kind, T.StructType):
        fields = [
            T.StructField(f.name, crossing_type(f.dataType), f.nullable, f.metadata) for f in kind
        ]
        return T.StructType(fields)
    return kind

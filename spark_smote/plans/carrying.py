"""What a column that is not interpolated may hold on new rows."""

from __future__ import annotations

from pyspark.sql import types as T

from spark_smote.errors import SchemaError

UNCROSSABLE_TYPES = ("YearMonthIntervalType", "CalendarIntervalType")
"""By name, since not every pyspark has each of them."""


def check_policy(field: T.StructField, policy: str) -> None:
    """Refuse a policy that the column's type or nullability does not allow.

    Raises
    ------
    SchemaError
        Naming the column, its type and what to do.
    """
    kind = field.dataType.simpleString()
    crosses = _crosses(field.dataType)
    if policy == "null" and not field.nullable:
        remedy = "use 'copy'" if crosses else "let it be null, or drop it"
        raise SchemaError(
            f"carryPolicy 'null' for {field.name!r} ({kind}), but it may not be null; {remedy}"
        )
    if policy == "copy" and not crosses:
        remedy = "use 'null' for it, or cast it first" if field.nullable else "cast or drop it"
        raise SchemaError(
            f"carryPolicy 'copy' for {field.name!r}: a column of type {kind} cannot cross into "
            f"Python; {remedy}"
        )


def _crosses(kind: T.DataType) -> bool:
    """Whether values of this type can be exchanged with Python workers."""
    if isinstance(kind, T.ArrayType):
        return _crosses(kind.elementType)
    if isinstance(kind, T.MapType):
        return _crosses(kind.keyType) and _crosses(kind.valueType)
    if isinstance(kind, T.StructType):
        distinct = len(set(kind.names)) == len(kind.names)
        return distinct and all(_crosses(field.dataType) for field in kind)
    return type(kind).__name__ not in UNCROSSABLE_TYPES

"""Functions of Spark that are called by name."""

from __future__ import annotations

from pyspark.sql import SparkSession

from spark_smote.errors import ParameterError

CALLED_BY_NAME = (
    *("abs", "aggregate", "array", "array_contains", "bit_xor", "coalesce", "collect_list"),
    *("collect_set", "concat", "cos", "count", "count_if", "exists", "explode", "floor", "forall"),
    *("get", "greatest", "hex", "isnan", "isnotnull", "isnull", "least", "ln", "map"),
    *("map_entries", "max", "min", "pmod", "posexplode", "raise_error", "rint", "sequence"),
    *("shiftright", "shiftrightunsigned", "size", "sqrt", "struct", "substring", "sum", "to_json"),
    *("transform", "unix_date", "unix_micros", "xxhash64"),
)
"""Those that every version has. In SQL names are looked up in the session; from 4.0 on, in columns
too."""
_SPARKS_OWN = "org.apache.spark.sql.catalyst.expressions."
_SAFE_FROM = (4, 2)
"""The version of Spark from which a name in SQL means Spark's own function, whatever a session
registers."""


def refuse_replaced_functions(session: SparkSession) -> None:
    """Stop where a session has functions of its own in the place of Spark's that are called.

    Raises
    ------
    ParameterError
        Naming them.
    """
    major, minor = session.version.split(".")[:2]
    if (int(major), int(minor)) >= _SAFE_FROM:
        return
    replaced = [
        name
        for name in CALLED_BY_NAME
        if not (session.catalog.getFunction(name).className or "").startswith(_SPARKS_OWN)
    ]
    if replaced:
        raise ParameterError(
            f"this session has registered functions of its own under names of Spark's: {replaced}; "
            f"Spark {session.version} would call them in the place of its own, and rows would be "
            "wrong: register them under other names in a session without these "
            "(spark.newSession()), and read the table there"
        )

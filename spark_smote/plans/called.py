"""Functions of Spark that plans call by name, in SQL."""

from __future__ import annotations

from pyspark.sql import SparkSession

from spark_smote.errors import ParameterError

CALLED_BY_NAME = (
    "abs",
    "array",
    "coalesce",
    "floor",
    "isnan",
    "rint",
    "shiftrightunsigned",
    "transform",
    "unix_date",
    "unix_micros",
    "xxhash64",
)
_SPARKS_OWN = "org.apache.spark.sql.catalyst.expressions."
_SAFE_FROM = (4, 2)
"""The version of Spark from which a name in SQL means Spark's own function, whatever a session
registers."""


def refuse_replaced_functions(session: SparkSession) -> None:
    """Stop where a session has functions of its own in the place of Spark's that plans call.

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
            "wrong: register them under other names, and drop these (DROP TEMPORARY FUNCTION, or "
            "a new session)"
        )

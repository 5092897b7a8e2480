"""Catalog tables out: the catalog publishes, so the care taken with folders is its business.

A table of a catalog with a log (Delta, Iceberg, Hudi) is replaced in one step and keeps its old
version if the write fails. A plain Spark or Hive table is deleted before it is written again, so
replacing one is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

from spark_smote.errors import OutputError, PathError
from spark_smote.io.manifest import ClassRows
from spark_smote.io.publish import IfExists
from spark_smote.io.verify import check_rows
from spark_smote.io.write import Layout, prepared_writer
from spark_smote.spark_failures import raised_in_worker, summary

_WITH_LOG = ("delta", "hudi", "iceberg")


def check_table(spark: SparkSession, name: str, if_exists: IfExists) -> bool:
    """Refuse a catalog table that must not or cannot safely be replaced.

    Returns
    -------
    bool
        Whether there is one to replace.

    Raises
    ------
    PathError
        With the reason and a remedy.
    """
    try:
        exists = spark.catalog.tableExists(name)
    except Exception as error:  # Spark's, py4j's and gRPC's exceptions share no base
        raise PathError(f"output table {name!r} is no usable name: {summary(error)}") from error
    if not exists:
        return False
    if if_exists != "replace":
        raise PathError(
            f"output table {name!r} exists: give another name, or if_exists='replace' to replace it"
        )
    provider = _provider(spark, name)
    if provider not in _WITH_LOG:
        raise PathError(
            f"output table {name!r} is a {provider} table, which Spark deletes before it writes "
            "the new one, so that a failure would lose both: give another name, drop it yourself, "
            f"or use a table format with a log ({', '.join(_WITH_LOG)})"
        )
    return True


def write_table(
    df: DataFrame,
    name: str,
    *,
    planned: Sequence[ClassRows],
    label_col: str,
    synthetic_col: str,
    layout: Layout,
    replace: bool,
) -> None:
    """Write to the catalog, then compare the rows per class.

    Raises
    ------
    DataError
        The rows do not allow what was planned, as a worker found.
    OutputError
        Spark could not write, or the table does not hold what was planned.
    """
    try:
        writer = prepared_writer(df, layout, classes=planned, label_col=label_col)
        writer.mode("overwrite" if replace else "error").saveAsTable(name)
    except Exception as error:
        ours = raised_in_worker(error)
        if ours is not None:
            raise ours from error
        raise OutputError(f"table {name!r} could not be written: {summary(error)}") from error
    try:
        check_rows(
            df.sparkSession.table(name), planned, label_col=label_col, synthetic_col=synthetic_col
        )
    except OutputError as error:
        raise OutputError(
            f"table {name!r} was written, but {error}: to go back, restore its version before "
            "this write, or drop it if it is new"
        ) from error


def _provider(spark: SparkSession, name: str) -> str:
    rows = spark.sql(f"DESCRIBE TABLE EXTENDED {name}").collect()
    return next((str(r["data_type"]).lower() for r in rows if r["col_name"] == "Provider"), "view")

"""An empty table beside the target, to fail before hours of work instead of after them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from pyspark.sql import DataFrame

from spark_smote.errors import ParameterError, PathError
from spark_smote.io.paths import Location, data_files
from spark_smote.io.publish import check_renames, trial_of
from spark_smote.spark_failures import has_condition, summary


def try_out(
    df: DataFrame,
    target: Location,
    *,
    format: str,  # noqa: A002 - Spark's own word for it
    options: Mapping[str, str],
    run_id: str,
) -> None:
    """Write none of the rows beside the target, and take it away again.

    Finds a format, an option or a column type that the writer refuses, a folder that Spark may not
    write, executors whose disks this process does not see, and file systems without renames.

    Raises
    ------
    ParameterError
        The format is unknown.
    PathError
        Spark cannot write there, or this process cannot see what it wrote.
    """
    if not target.is_local:
        check_renames(target, run_id)
    trial = trial_of(target, run_id)
    try:
        # Spark's optimizer computes nothing for a limit of 0, but the writer runs.
        writer = df.limit(0).write.mode("error").format(format)
        writer.options(**options).save(trial.spark)
        seen = next(data_files(trial), None) is not None
    except Exception as error:  # Spark's, py4j's and gRPC's exceptions share no base
        if has_condition(error, "DATA_SOURCE_NOT_FOUND"):
            raise ParameterError(
                f"output format {format!r} is unknown to this Spark: write parquet, csv, json, orc "
                "or table, or start Spark with the package that brings it"
            ) from error
        raise PathError(
            f"Spark cannot write these columns as {format} beside output {target}: {summary(error)}"
        ) from error
    finally:
        with suppress(OSError):
            if trial.exists():
                trial.delete_directory()
    if not seen:
        raise PathError(
            f"Spark writes {target}, but this process does not see its files: the path must mean "
            "the same place on all machines; give a shared one, as a URI (hdfs://...), or a "
            "catalog table with format='table'"
        )

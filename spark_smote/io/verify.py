"""Is what was written what was planned? Asked of the staged table, before anybody can read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as sf
from pyspark.sql.types import StructType

from spark_smote.errors import OutputError
from spark_smote.io.manifest import ClassRows, DataFile
from spark_smote.io.paths import Location, data_files
from spark_smote.io.write import column
from spark_smote.results import LabelValue

_THREADS = 16
"""Footers wait for the store more than for the processor."""


def list_files(staged: Location, *, format: str, empty: bool) -> list[DataFile]:  # noqa: A002
    """The files of a written table; of Parquet files with their rows, from the footers.

    Parameters
    ----------
    staged
        The table's folder.
    format
        Of the files.
    empty
        Whether the table was planned without rows, so that it needs no file.

    Raises
    ------
    OutputError
        This process sees no file, or a footer cannot be read.
    """
    prefix = staged.arrow.rstrip("/") + "/"
    found = [(str(i.path).removeprefix(prefix), int(i.size or 0)) for i in data_files(staged)]
    if not found and not empty:
        raise OutputError(
            f"Spark says it wrote {staged}, but this process sees no file there: the executors "
            "write to disks of their own, or the format keeps no files; give a path that all "
            "machines share, as a URI (hdfs://...), or a catalog table with format='table'"
        )
    if format != "parquet":
        return [DataFile(path, size, None) for path, size in found]

    def with_rows(file: tuple[str, int]) -> DataFile:
        path, size = file
        try:
            rows = pq.read_metadata(prefix + path, filesystem=staged.filesystem).num_rows
        except (OSError, ValueError) as error:
            raise OutputError(
                f"the file {path} that was just written has no readable footer ({error}): "
                "check the disk and start again"
            ) from error
        return DataFile(path, size, int(rows))

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(with_rows, found))


def check_schema(found: StructType, planned: StructType, partition_by: Sequence[str]) -> None:
    """Compare names, order and types; those of partition columns are not in the files.

    Raises
    ------
    OutputError
        Naming the first column that differs.
    """
    there = [(f.name, f.dataType.simpleString()) for f in found if f.name not in partition_by]
    wanted = [(f.name, f.dataType.simpleString()) for f in planned if f.name not in partition_by]
    if there == wanted:
        return
    for position, pair in enumerate(wanted):
        if position >= len(there) or there[position] != pair:
            instead = " ".join(there[position]) if position < len(there) else "nothing"
            raise OutputError(
                f"column {pair[0]!r} was planned as {pair[1]} in position {position}, "
                f"found {instead}"
            )
    raise OutputError(f"column {there[len(wanted)][0]!r} was written though it was not planned")


def check_rows(
    df: DataFrame,
    planned: Sequence[ClassRows],
    *,
    label_col: str,
    synthetic_col: str,
    files: Sequence[DataFile] = (),
) -> None:
    """Compare rows per class, real and synthetic ones apart where a column tells them apart.

    One aggregation over the label and synthetic columns; the footers' total must agree.

    Raises
    ------
    OutputError
        Naming the class, the rows planned and the rows found.
    """
    found = _count(df, label_col, synthetic_col)
    differing = []
    for rows in planned:
        real, synthetic = found.pop(rows.label, (0, 0))
        if synthetic_col and (real, synthetic) != (rows.real, rows.synthetic):
            differing.append(
                f"class {rows.label!r} was planned with {rows.real} real and {rows.synthetic} "
                f"synthetic rows, found {real} and {synthetic}"
            )
        elif real + synthetic != rows.after:
            differing.append(
                f"class {rows.label!r} was planned with {rows.after} rows, found {real + synthetic}"
            )
    differing += [
        f"class {label!r} was not planned, found {sum(counts)} rows"
        for label, counts in found.items()
    ]
    in_files = [file.rows for file in files]
    total = sum(rows.after for rows in planned)
    if not differing and None not in in_files and files:
        in_footers = sum(rows or 0 for rows in in_files)
        if in_footers != total:
            differing.append(f"{total} rows were planned, the footers say {in_footers}")
    if differing:
        raise OutputError(
            f"the output is not what was planned: {'; '.join(differing)} (if the input "
            "changes while it is read, read a fixed copy of it)"
        )


def _count(df: DataFrame, label_col: str, synthetic_col: str) -> dict[LabelValue, Any]:
    label = column(df, label_col)
    is_new = column(df, synthetic_col).cast("int") if synthetic_col else sf.lit(0)
    per_class = df.groupBy(label.alias("label")).agg(
        sf.count(sf.lit(1)).alias("all"), sf.sum(is_new).alias("new")
    )
    rows: list[Mapping[str, Any]] = [row.asDict() for row in per_class.collect()]
    return {row["label"]: (row["all"] - (row["new"] or 0), row["new"] or 0) for row in rows}

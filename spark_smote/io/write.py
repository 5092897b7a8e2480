"""Rows to files beside the table: how many files, which rows together, and the write itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
from pyarrow import ArrowException
from pyspark.sql import Column, DataFrame, DataFrameWriter
from pyspark.sql import functions as sf
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    IntegralType,
    MapType,
    NumericType,
    StringType,
    StructType,
    UserDefinedType,
)

from spark_smote.errors import OutputError, ParameterError, PathError, SchemaError
from spark_smote.io.manifest import ClassRows
from spark_smote.io.paths import data_files, locate
from spark_smote.kernels.streams import seed_int64
from spark_smote.spark_failures import raised_in_worker, summary

DEFAULT_FILE_MB = 128
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_OVERSHOOT = 1.5
"""How far a file may exceed the target before it is split: hashing fills files unevenly, and a
limit at the target itself would split a crumb off every second file."""
_FILES_MEASURED = 16
_MIX = "__spark_smote_mix__"


@dataclass(frozen=True)
class Layout:
    """How rows are laid out in files.

    Parameters
    ----------
    partition_by
        Columns that become folders, as Spark's `partitionBy`: strings, integers, booleans, dates
        or decimals.
    target_file_mb
        About this many megabytes per file. None: files as large as Spark's partitions make them,
        or of 128 MB when interleaved.
    interleave
        Spread rows over files by a hash of their content, so that every file holds real and
        synthetic rows alike, in mixed order. Costs one more shuffle, of the whole table; equal
        runs then write equal files. With `partition_by`, files are mixed within each folder.
    seed
        Of the hash.
    bytes_per_row
        On disk, where known (`measured_bytes_per_row` of the input); else guessed from the
        schema.
    """

    partition_by: Sequence[str] = ()
    target_file_mb: float | None = None
    interleave: bool = False
    seed: int = 0
    bytes_per_row: float | None = None

    def rows_per_file(self, schema: StructType) -> int | None:
        """Rows that fill a file of the target size; None if there is no target."""
        if self.target_file_mb is None and not self.interleave:
            return None
        file_bytes = (self.target_file_mb or DEFAULT_FILE_MB) * 1024**2
        row_bytes = self.bytes_per_row or sum(_guessed_bytes(f.dataType) for f in schema.fields)
        return max(1, round(file_bytes / max(row_bytes, 0.1)))


def check_layout(schema: StructType, layout: Layout) -> None:
    """Refuse a layout that the schema does not allow, before any row is read.

    Raises
    ------
    SchemaError
        A partition column is missing, or its values do not survive being folder names.
    ParameterError
        A parameter is out of range.
    """
    if layout.target_file_mb is not None and not layout.target_file_mb > 0:
        raise ParameterError(f"target_file_mb is {layout.target_file_mb}: it must be above 0")
    columns = list(layout.partition_by)
    if len(set(columns)) < len(columns):
        raise ParameterError(f"partition_by names a column twice: {columns}; leave one out")
    missing = [name for name in columns if name not in schema.names]
    if missing:
        raise SchemaError(
            f"partition_by names {', '.join(map(repr, missing))}, which the output does not have; "
            f"its columns are {', '.join(map(repr, schema.names))}"
        )
    if columns and len(columns) == len(schema.names):
        raise SchemaError(
            f"partition_by names every column ({columns}), which leaves none for the files: "
            "leave some out"
        )
    for name in columns:
        kind = schema[name].dataType
        if not isinstance(kind, (StringType, IntegralType, BooleanType, DateType, DecimalType)):
            raise SchemaError(
                f"partition_by names {name!r} of type {kind.simpleString()}, whose values do not "
                "come back from folder names as they were: partition by strings, integers, "
                "booleans, dates or decimals (for a timestamp, add a date column)"
            )


def write_beside(
    df: DataFrame,
    place: str,
    *,
    format: str,  # noqa: A002 - Spark's own word for it
    layout: Layout,
    classes: Sequence[ClassRows],
    label_col: str,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Write rows to a folder that does not exist yet.

    Raises
    ------
    DataError
        The rows do not allow what was planned, as a worker found.
    OutputError
        Spark could not compute or write the rows.
    """
    try:
        writer = prepared_writer(df, layout, classes=classes, label_col=label_col)
        writer.format(format).options(**(options or {})).save(place)
    except Exception as error:  # Spark's, py4j's and gRPC's exceptions share no base
        ours = raised_in_worker(error)
        if ours is not None:
            raise ours from error
        raise OutputError(f"the rows could not be written: {summary(error)}") from error


def prepared_writer(
    df: DataFrame, layout: Layout, *, classes: Sequence[ClassRows], label_col: str
) -> DataFrameWriter:
    """The writer of the rows, laid out as asked."""
    rows_per_file = layout.rows_per_file(df.schema)
    df = _refuse_lossy_folders(df, layout.partition_by)
    if layout.interleave and rows_per_file is not None:
        df = _interleaved(df, layout, rows_per_file, classes, label_col)
    writer = df.write.mode("error")
    if layout.partition_by:
        writer = writer.partitionBy(*layout.partition_by)
    if rows_per_file is not None:
        most = rows_per_file * (_OVERSHOOT if layout.interleave else 1)
        writer = writer.option("maxRecordsPerFile", math.ceil(most))
    return writer


def measured_bytes_per_row(path: str) -> float | None:
    """Bytes a row of a Parquet table takes on disk; None where that cannot be seen cheaply."""
    rows = size = 0
    try:
        place = locate(path)
        folder = place.is_directory()
        names = (str(f.path) for f in data_files(place)) if folder else iter([place.arrow])
        for _, name in zip(range(_FILES_MEASURED), names, strict=False):
            metadata = pq.read_metadata(name, filesystem=place.filesystem)
            rows += metadata.num_rows
            groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
            size += sum(
                group.column(i).total_compressed_size
                for group in groups
                for i in range(group.num_columns)
            )
    except (PathError, ValueError, OSError, ArrowException):
        return None
    return size / rows if rows else None


def column(df: DataFrame, name: str) -> Column:
    """A column by its exact name, dots and backticks included."""
    return df["`" + name.replace("`", "``") + "`"]


def _interleaved(
    df: DataFrame,
    layout: Layout,
    rows_per_file: int,
    classes: Sequence[ClassRows],
    label_col: str,
) -> DataFrame:
    """Rows hashed to files, and sorted by the hash within each."""
    hashed = [f.name for f in df.schema.fields if not _holds_map_or_variant(f.dataType)]
    mix = sf.xxhash64(
        sf.lit(seed_int64(layout.seed, "interleave")), *(column(df, name) for name in hashed)
    )
    names = df.columns
    df = df.withColumn(_MIX, mix)
    folders = [column(df, name) for name in layout.partition_by]
    files = max(1, math.ceil(sum(rows.after for rows in classes) / rows_per_file))
    if not folders:
        df = df.repartition(files, sf.col(_MIX))
    elif label_col in layout.partition_by:
        # Files per class are known: rows of a class go to as many tasks as it needs files.
        needed = {r.label: max(1, math.ceil(r.after / rows_per_file)) for r in classes}
        salts = sf.lit(1)
        for label, count in needed.items():
            salts = sf.when(column(df, label_col) == sf.lit(label), count).otherwise(salts)
        df = df.repartition(sum(needed.values()), *folders, sf.pmod(sf.col(_MIX), salts))
    else:
        # Folders are of unknown size: the square root bounds both the number of small files (one
        # per folder and task) and the load of a task where one folder holds nearly all rows.
        salt = sf.pmod(sf.col(_MIX), sf.lit(math.ceil(math.sqrt(files))))
        df = df.repartition(files, *folders, salt)
    df = df.sortWithinPartitions(*(column(df, name) for name in layout.partition_by), _MIX)
    return df.select(*(column(df, name) for name in names))


def _refuse_lossy_folders(df: DataFrame, partition_by: Sequence[str]) -> DataFrame:
    """Fail on values that Spark would silently write as null: the empty string, and Hive's word."""
    by_name = {field.name: field for field in df.schema.fields}
    texts = {name for name in partition_by if isinstance(by_name[name].dataType, StringType)}
    if not texts:
        return df
    columns = []
    for name in df.columns:
        value = column(df, name)
        if name in texts:
            message = sf.lit(
                f"partition_by: column {name!r} holds an empty string or {_NULL_PARTITION!r}, "
                "which would read back as null: replace it, or do not partition by this column"
            )
            lossy = value.isin("", _NULL_PARTITION)
            value = sf.when(lossy, sf.raise_error(message)).otherwise(value)
            value = value.alias(name, metadata=by_name[name].metadata)
        columns.append(value)
    return df.select(*columns)


def _holds_map_or_variant(kind: DataType) -> bool:
    """Whether `xxhash64` refuses the type."""
    if isinstance(kind, UserDefinedType):
        return _holds_map_or_variant(kind.sqlType())
    if isinstance(kind, ArrayType):
        return _holds_map_or_variant(kind.elementType)
    if isinstance(kind, StructType):
        return any(_holds_map_or_variant(field.dataType) for field in kind.fields)
    return isinstance(kind, MapType) or kind.typeName() == "variant"


def _guessed_bytes(kind: DataType) -> float:
    """Bytes of a value on disk, by its type alone."""
    if isinstance(kind, UserDefinedType):
        return _guessed_bytes(kind.sqlType())
    if isinstance(kind, StructType):
        return sum(_guessed_bytes(field.dataType) for field in kind.fields)
    if isinstance(kind, ArrayType):
        return 16 * _guessed_bytes(kind.elementType)
    if isinstance(kind, BooleanType):
        return 0.125
    if isinstance(kind, DecimalType):
        return 8 if kind.precision <= 18 else 16
    if isinstance(kind, (NumericType, DateType)):
        return 4 if kind.typeName() in ("byte", "short", "integer", "float", "date") else 8
    return 16

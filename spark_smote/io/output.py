"""A table out: written beside the old one, verified, described, published."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from spark_smote.errors import DataError, OutputError, ParameterError
from spark_smote.io.lock import Lock, locked
from spark_smote.io.manifest import (
    FOLDER,
    ClassRows,
    DataFile,
    build_manifest,
    check_about,
    write_manifest,
)
from spark_smote.io.paths import Location, check_overlap, locate
from spark_smote.io.publish import (
    IfExists,
    check_target,
    discard,
    mend,
    new_run_id,
    publish,
    staging_of,
)
from spark_smote.io.read import load_recorded
from spark_smote.io.tables import check_table, write_table
from spark_smote.io.trial import try_out
from spark_smote.io.verify import check_rows, check_schema, list_files
from spark_smote.io.write import Layout, check_layout, write_beside
from spark_smote.results import ClassOutcome
from spark_smote.spark_failures import summary

Progress = Callable[[str], AbstractContextManager[object]]
"""Called with the name of a phase, entered around it: write, verify, report, publish."""
ExtraFiles = Callable[[DataFrame], Mapping[str, str | bytes]]
"""Called with the verified rows; the content of files to put beside the manifest, by name."""

_TABLES_ONLY = ("delta", "hudi", "iceberg")
_NO_FILES = ("console", "jdbc", "kafka", "memory", "noop")


@dataclass(frozen=True)
class WriteResult:
    """What was written."""

    target: str
    format: str
    run_id: str
    rows: int
    files: list[DataFile]
    """Empty for catalog tables."""
    manifest: dict[str, Any]
    """As in the table's folder; of catalog tables this is the only copy."""
    seconds: dict[str, float]
    """Wall-clock seconds by phase."""
    notes: list[str] = field(default_factory=list)
    """What a user should know, e.g. how the publish of an earlier, killed run was finished."""

    @property
    def bytes(self) -> int:
        """Size of the files."""
        return sum(file.bytes for file in self.files)


@dataclass(frozen=True)
class _Order:
    """What is to be written, resolved."""

    df: DataFrame
    format: str
    options: dict[str, str]
    layout: Layout
    planned: tuple[ClassRows, ...]
    label_col: str
    synthetic_col: str
    about: Mapping[str, Any]
    extra_files: ExtraFiles | None

    def describe(self, run_id: str, files: Sequence[DataFile], timer: _Timer) -> dict[str, Any]:
        layout = self.layout
        return build_manifest(
            about=self.about,
            output={
                "format": self.format,
                "options": self.options,
                "partition_by": list(layout.partition_by),
                "target_file_mb": layout.target_file_mb,
                "interleave": layout.interleave,
                "label_col": self.label_col,
                "synthetic_col": self.synthetic_col,
            },
            classes=self.planned,
            schema=self.df.schema.jsonValue(),
            files=files,
            run_id=run_id,
            timings=timer.seconds,
        )


class _Timer:
    """Runs phases within the caller's progress, and notes how long they took."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress or (lambda _: nullcontext())
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        with self._progress(name):
            yield
        self.seconds[name] = time.monotonic() - start


def planned_rows(classes: Iterable[ClassOutcome]) -> list[ClassRows]:
    """The rows per class that a plan promises: real ones stay or lose some, synthetic ones come."""
    return [
        ClassRows(
            label=outcome.label,
            before=outcome.rows_before,
            real=outcome.rows_after - outcome.new_rows,
            synthetic=outcome.new_rows,
        )
        for outcome in classes
    ]


def check_output(
    target: str | os.PathLike[str],
    *,
    source: str | os.PathLike[str] | None = None,
    format: str = "parquet",  # noqa: A002 - Spark's own word for it
    if_exists: IfExists = "error",
    spark: SparkSession | None = None,
) -> None:
    """Refuse an output that cannot be written or would endanger something. Changes nothing.

    Parameters
    ----------
    target
        Folder, or name of a catalog table where `format="table"`.
    source
        The input's path, if it has one: the output may not be, lie inside, or contain it.
    format, if_exists
        As for `write_output`.
    spark
        Needed to look at a catalog table; without it, tables are not looked at.

    Raises
    ------
    PathError, ParameterError
        With the reason and a remedy.
    """
    if format.lower() == "table":
        if spark is not None:
            check_table(spark, os.fspath(target), if_exists)
        return
    _check_format(format)
    place = locate(target, role="output")
    if source is not None:
        check_overlap(source, target)
    check_target(place, if_exists)


def write_output(
    df: DataFrame,
    target: str | os.PathLike[str],
    *,
    expected: Iterable[ClassRows],
    label_col: str,
    synthetic_col: str = "is_synthetic",
    format: str = "parquet",  # noqa: A002
    options: Mapping[str, Any] | None = None,
    layout: Layout | None = None,
    if_exists: IfExists = "error",
    about: Mapping[str, Any] | None = None,
    extra_files: ExtraFiles | None = None,
    progress: Progress | None = None,
) -> WriteResult:
    """Write a resampled table so that its readers see the old one or the new one, whole.

    The rows are written to a folder beside the target, their footers, schema and counts are
    checked, manifest and extra files are added, and only then the folder takes the target's place.
    A failure at any point removes the folder and leaves the old table as it was. What a killed run
    left behind is mended first (see `recover`).

    Parameters
    ----------
    df
        The rows.
    target
        Folder to write, or name of a catalog table where `format="table"`. A path without a scheme
        is a local one.
    expected
        Rows planned per class.
    label_col, synthetic_col
        Columns that rows are counted by. `synthetic_col=""`: the output does not tell.
    format
        `parquet`, `csv`, `orc`, `json` or another that keeps its rows in files of a folder; or
        `table`: the catalog then does the publishing, see `spark_smote.io.tables`; `extra_files`
        is not called.
    options
        For Spark's writer, and for reading the table again. CSV gets a header unless told not to.
    layout
        Partition columns, file size, interleaving.
    if_exists
        `"error"`: replace only what this package wrote. `"replace"`: whatever is there.
    about
        For the manifest: configuration asked and resolved, versions, input path and fingerprint.
    extra_files
        Called with the verified rows (as a DataFrame that is valid only during the call); returns
        files to publish beside the manifest, e.g. `report.html`.
    progress
        Called with each phase's name, entered around it.

    Raises
    ------
    PathError, ParameterError, SchemaError
        Before any row is computed.
    DataError
        The rows do not allow what was planned, which only their computation could show.
    OutputError
        Another run is writing the table; or writing, verifying or publishing failed.
    """
    layout = layout or Layout()
    check_layout(df.schema, layout)
    check_about(about or {})
    format = format.lower()  # noqa: A001
    order = _Order(
        df=df,
        format=format,
        options=_as_options(format, options or {}),
        layout=layout,
        planned=tuple(expected),
        label_col=label_col,
        synthetic_col=synthetic_col,
        about=about or {},
        extra_files=extra_files,
    )
    timer = _Timer(progress)
    if format == "table":
        return _to_catalog(order, os.fspath(target), if_exists, timer)
    check_output(target, format=format, if_exists=if_exists)
    place = locate(target, role="output")
    with locked(place, new_run_id()) as lock:
        notes = mend(place)
        check_target(place, if_exists)  # what was mended may have brought a table back
        try_out(df, place, format=format, options=order.options, run_id=lock.run_id)
        files, manifest, more = _to_folder(order, place, lock, timer)
    rows = sum(planned.after for planned in order.planned)
    run_id, seconds = lock.run_id, timer.seconds
    return WriteResult(str(place), format, run_id, rows, files, manifest, seconds, notes + more)


def _to_folder(
    order: _Order, place: Location, lock: Lock, timer: _Timer
) -> tuple[list[DataFile], dict[str, Any], list[str]]:
    """Write beside, verify, describe, publish."""
    staging = staging_of(place, lock.run_id)
    with _removed_on_failure(place, staging):
        with timer.phase("write"):
            write_beside(
                order.df,
                staging.spark,
                format=order.format,
                layout=order.layout,
                classes=order.planned,
                label_col=order.label_col,
                options=order.options,
            )
        with timer.phase("verify"):
            files, rows = _verified(order, staging)
        if order.extra_files is not None:
            with timer.phase("report"):
                staging.child(FOLDER).create_directory()
                for name, content in order.extra_files(rows).items():
                    raw = content.encode() if isinstance(content, str) else content
                    staging.child(FOLDER).child(name).write_bytes(raw)
        manifest = order.describe(lock.run_id, files, timer)
        with timer.phase("publish"):
            write_manifest(staging, manifest)
            notes = publish(place, staging, lock)
    return files, manifest, notes


def _verified(order: _Order, staging: Location) -> tuple[list[DataFile], DataFrame]:
    """The staged files, and their rows as they read back."""
    schema, layout = order.df.schema, order.layout
    empty = not any(planned.after for planned in order.planned)
    files = list_files(staging, format=order.format, empty=empty)
    spark = order.df.sparkSession
    try:
        if files and order.format in ("parquet", "orc"):
            found = spark.read.format(order.format).load(staging.spark_pattern).schema
            check_schema(found, schema, layout.partition_by)
        rows = load_recorded(spark, staging, schema.jsonValue(), order.format, order.options)
        check_rows(
            rows,
            order.planned,
            label_col=order.label_col,
            synthetic_col=order.synthetic_col,
            files=files,
        )
    except OutputError:
        raise
    except Exception as error:  # Spark's, py4j's and gRPC's exceptions share no base
        raise OutputError(f"what was written cannot be read back: {summary(error)}") from error
    return files, rows


def _to_catalog(order: _Order, name: str, if_exists: IfExists, timer: _Timer) -> WriteResult:
    replace = check_table(order.df.sparkSession, name, if_exists)
    with timer.phase("write"):
        write_table(
            order.df,
            name,
            planned=order.planned,
            label_col=order.label_col,
            synthetic_col=order.synthetic_col,
            layout=order.layout,
            replace=replace,
        )
    run_id = new_run_id()
    manifest = order.describe(run_id, [], timer)
    rows = sum(planned.after for planned in order.planned)
    return WriteResult(name, order.format, run_id, rows, [], manifest, timer.seconds)


@contextmanager
def _removed_on_failure(place: Location, staging: Location) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        try:
            if staging.parent.exists():
                discard(place, staging.parent)
            fate = "what was written of the new one is removed"
        except OSError:
            fate = f"what was written of the new one is in {staging.parent} and can be removed"
        if isinstance(error, (DataError, OutputError)):
            raise type(error)(f"{error}. Any earlier table at {place} is intact; {fate}") from error
        raise


def _check_format(format: str) -> None:  # noqa: A002
    if format.lower() in _TABLES_ONLY:
        raise ParameterError(
            f"output format is {format!r}, a table format with a log of its own: write it as a "
            "catalog table with format='table', which then has the catalog's format"
        )
    if format.lower() in _NO_FILES:
        raise ParameterError(
            f"output format is {format!r}, which keeps no files that could be verified and "
            "published: give parquet, csv, orc, json or table"
        )


def _as_options(format: str, options: Mapping[str, Any]) -> dict[str, str]:  # noqa: A002
    """Options as Spark spells them, with what reading the table again needs."""
    spelled = {
        str(key): str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in options.items()
    }
    if format == "csv" and "header" not in (key.lower() for key in spelled):
        spelled["header"] = "true"
    return spelled

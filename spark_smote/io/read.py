"""Tables in: Parquet and CSV by their looks, any other format that Spark knows by its name.

Nothing here needs the files to be visible to this process: what can be looked at (`pyarrow.fs`)
is, so that errors are early and clear; the rest is left to Spark and its errors are translated.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

import pyarrow.parquet as pq
from pyarrow import fs
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from spark_smote.errors import PathError
from spark_smote.io.lock import journal_of
from spark_smote.io.manifest import find_manifest
from spark_smote.io.paths import Location, data_files, locate
from spark_smote.io.write import column
from spark_smote.spark_failures import has_condition, summary

_ENDINGS = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv"}
_LOGS = {"_delta_log": "delta", ".hoodie": "hudi"}
"""Folders of table formats whose Parquet files are not all rows of the table."""
_DEFAULTS: dict[str, dict[str, str]] = {"csv": {"header": "true", "inferSchema": "true"}}
_FILES_LOOKED_AT = 1000
"""Of larger tables Spark reports a broken file when it comes to it."""
_THREADS = 16
"""Footers wait for the store more than for the processor."""
_REMEDY = (
    "check the path; on another file system give its URI (hdfs://...), "
    "for a catalog table format='table'"
)


def read_table(
    spark: SparkSession,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - Spark's own word for it
    options: Mapping[str, Any] | None = None,
) -> DataFrame:
    """Read a table.

    Parameters
    ----------
    spark
        The session.
    path
        A file, a folder, a pattern (`*.parquet`) or a URI; with `format="table"` the name of a
        catalog table. A path without a scheme is looked for on this machine first, then where
        Spark looks by default.
    format
        Any format Spark knows by name. None: Parquet or CSV, by the ending of the path or of the
        files in the folder.
    options
        For Spark's reader. CSV defaults to `header=true` and `inferSchema=true`. `schema` is the
        table's schema in DDL, e.g. `"id BIGINT, label STRING"`.

    Returns
    -------
    DataFrame
        Where the folder is an output of this package, with columns of the order and types they
        had before being written (a label `"01"` in a folder name would else read as 1).

    Raises
    ------
    PathError
        The path is missing, empty, unreadable or broken, or the format is unknown.
    """
    if format is not None and format.lower() == "table":
        return _catalog_table(spark, os.fspath(path))
    place = locate(path, role="input")
    given = {str(key): value for key, value in (options or {}).items()}
    if not _can_look(place):
        format = format or _format_of(place.name)  # noqa: A001
        if format is None:
            raise _missing(place, os.fspath(path))
        return _load(spark, os.fspath(path), place, format=format, options=given)
    try:
        files = _first_files(place)
        format = format or _inferred(place, files)  # noqa: A001
        manifest = find_manifest(place) if place.is_directory() else None
        if format.lower() == "parquet" and not _has(given, "ignoreCorruptFiles"):
            _check_footers(place, files)
    except OSError as error:
        raise PathError(f"input {str(path)!r} cannot be read: {error}") from error
    output = (manifest or {}).get("output", {})
    if manifest is None or _has(given, "schema") or not _needs_record(output, format):
        return _load(spark, place.spark_pattern, place, format=format, options=given)
    return load_recorded(spark, place, manifest["schema"], format, {**output["options"], **given})


def load_recorded(
    spark: SparkSession,
    place: Location,
    schema: Mapping[str, Any],
    format: str,  # noqa: A002
    options: Mapping[str, Any],
) -> DataFrame:
    """Read a folder that was written with this schema, columns in its order."""
    as_written = StructType.fromJson(dict(schema))
    df = _load(spark, place.spark_pattern, place, format=format, options=options, schema=as_written)
    # Spark puts partition columns last.
    return df.select(*(column(df, name) for name in as_written.names))


def _needs_record(output: Mapping[str, Any], format: str) -> bool:  # noqa: A002
    """Whether Spark would have to guess types again: of folder names, or of text."""
    if output.get("format") != format.lower():
        return False
    return bool(output.get("partition_by")) or format.lower() not in ("parquet", "orc")


def _load(
    spark: SparkSession,
    where: str,
    place: Location,
    *,
    format: str,  # noqa: A002
    options: Mapping[str, Any],
    schema: StructType | None = None,
) -> DataFrame:
    reader = spark.read.format(format)
    for key, value in _DEFAULTS.get(format.lower(), {}).items():
        if not _has(options, key):
            reader = reader.option(key, value)
    for key, value in options.items():
        if key.lower() != "schema":
            reader = reader.option(key, value)
    try:
        if _has(options, "schema"):
            reader = reader.schema(next(str(options[k]) for k in options if k.lower() == "schema"))
        elif schema is not None:
            reader = reader.schema(schema)
        df = reader.load(where)
        columns = df.columns  # Spark Connect finds out only when asked
    except Exception as error:  # Spark's, py4j's and gRPC's exceptions share no base
        raise _translated(error, place, where, format) from error
    if not columns:
        raise PathError(f"input {str(place)!r} has no columns: it is empty, or not {format}")
    return df


def _catalog_table(spark: SparkSession, name: str) -> DataFrame:
    try:
        df = spark.table(name)
        df.columns  # noqa: B018 - Spark Connect finds out only when asked
    except Exception as error:
        raise PathError(
            f"input {name!r} is no table or view of the catalog ({summary(error)}): give its full "
            "name, as in catalog.schema.table, or for files leave format='table' out"
        ) from error
    return df


def _translated(error: Exception, place: Location, where: str, format: str) -> PathError:  # noqa: A002
    if has_condition(error, "DATA_SOURCE_NOT_FOUND"):
        return PathError(
            f"format {format!r} of input {str(place)!r} is unknown to this Spark: write parquet, "
            "csv, json, orc or table, or start Spark with the package that brings it"
        )
    if has_condition(error, "PATH_NOT_FOUND"):
        return _missing(place, where)
    if has_condition(error, "UNABLE_TO_INFER_SCHEMA"):
        return PathError(
            f"input {str(place)!r} holds no {format} file with a schema: check path and format"
        )
    return PathError(f"input {str(place)!r} cannot be read as {format}: {summary(error)}")


def _can_look(place: Location) -> bool:
    """Whether something is there that this process sees."""
    try:
        return place.exists()
    except (PathError, OSError):
        return False


def _missing(place: Location, path: str) -> PathError:
    if not place.is_local:
        return PathError(f"input {path!r} does not exist, or its format is to be given: {_REMEDY}")
    if journal_of(place).exists():
        return PathError(
            f"input {path!r} does not exist, but a run that was writing it left its journal: "
            f"spark_smote.io.recover({path!r}) finishes or undoes what that run began"
        )
    return PathError(f"input {path!r} does not exist: {_REMEDY}")


def _first_files(place: Location) -> list[fs.FileInfo]:
    if not place.is_directory():
        return [place.info()]
    files = list(islice(data_files(place), _FILES_LOOKED_AT))
    if not files:
        raise PathError(f"input {str(place)!r} is a folder without data files: {_REMEDY}")
    return files


def _inferred(place: Location, files: list[fs.FileInfo]) -> str:
    """The format of what lies at a place, by the names of its files."""
    for log, its_format in _LOGS.items():
        if place.child(log).exists():
            return its_format
    found = {_format_of(str(info.base_name)) for info in files}
    only = found.pop()
    if found or only is None:
        raise PathError(
            f"input {str(place)!r} is not all .parquet or all .csv, e.g. {files[0].base_name!r}: "
            "give its format, any that Spark knows by name"
        )
    return only


def _format_of(name: str) -> str | None:
    """By the ending, a compression's ending aside.

    >>> _format_of("claims.csv.gz"), _format_of("claims.snappy.parquet"), _format_of("claims")
    ('csv', 'parquet', None)
    """
    stem = re.sub(r"\.(gz|bz2|zst|zstd|snappy|lz4|deflate|xz)$", "", name.lower())
    return _ENDINGS.get(PurePosixPath(stem).suffix)


def _check_footers(place: Location, files: list[fs.FileInfo]) -> None:
    """Find files cut short before hours of work do."""
    errors = footer_errors(place.filesystem, [str(info.path) for info in files])
    if errors:
        more = f" (and {len(errors) - 1} more files)" if len(errors) > 1 else ""
        raise PathError(
            f"input {str(place)!r}: {errors[0]}{more}; write the file again, take it away, or set "
            "the option ignoreCorruptFiles=true to leave its rows out"
        )


def footer_errors(filesystem: fs.FileSystem, paths: Sequence[str]) -> list[str]:
    """What is wrong with the footers of Parquet files, a sentence for each broken one."""
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda path: _footer_error(filesystem, path), paths)
        return [error for error in found if error is not None]


def _footer_error(filesystem: fs.FileSystem, path: str) -> str | None:
    """What is wrong with a Parquet file's footer; None if nothing."""
    try:
        pq.read_metadata(path, filesystem=filesystem)
    except (OSError, ValueError) as error:
        if _is_encrypted(filesystem, path):
            return None  # Spark has the keys
        return f"{path} has no readable Parquet footer ({str(error).splitlines()[0]})"
    return None


def _is_encrypted(filesystem: fs.FileSystem, path: str) -> bool:
    with filesystem.open_input_file(path) as file:
        size = file.size()
        return size >= 4 and bytes(file.read_at(4, size - 4)) == b"PARE"


def _has(options: Mapping[str, Any], key: str) -> bool:
    """Spark's options do not distinguish letter case."""
    return key.lower() in (given.lower() for given in options)

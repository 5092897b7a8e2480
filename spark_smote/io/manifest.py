"""The manifest: what a table was made from, how, and what it holds.

It lies in `_spark_smote/manifest.json` of the table's folder, which Spark's readers do not look
into, and is written before the folder is published, so table and manifest appear together. Its
presence says two things: the folder is an output of this package, and it is complete.

Two equal runs differ in nothing but `run` (id, clock, durations) and `files` (Spark names its
files at random).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from pyarrow import fs

from spark_smote.errors import ParameterError, PathError
from spark_smote.io.paths import Location, locate
from spark_smote.results import LabelValue

FOLDER = "_spark_smote"
FILE = "manifest.json"
FORMAT_VERSION = 1
_OWN_KEYS = ("manifest_version", "output", "classes", "schema", "files", "run")


@dataclass(frozen=True)
class ClassRows:
    """Rows of one class: in the input, and real and synthetic ones in the output."""

    label: LabelValue
    before: int
    real: int
    synthetic: int

    @property
    def after(self) -> int:
        """Rows in the output."""
        return self.real + self.synthetic


@dataclass(frozen=True)
class DataFile:
    """A file of the table; the path is relative to the table's folder."""

    path: str
    bytes: int
    rows: int | None
    """None where the format does not say."""


def build_manifest(
    *,
    about: Mapping[str, Any],
    output: Mapping[str, Any],
    classes: Sequence[ClassRows],
    schema: Mapping[str, Any],
    files: Sequence[DataFile],
    run_id: str,
    timings: Mapping[str, float],
) -> dict[str, Any]:
    """The manifest as JSON-ready data.

    Parameters
    ----------
    about
        What the caller knows: configuration asked and resolved, versions, input path and
        fingerprint. Its keys come first and must not be the manifest's own.
    output
        Format, its options, partition columns and layout, as written.
    schema
        The table's schema as Spark writes it in JSON.
    timings
        Seconds by phase.

    Raises
    ------
    ParameterError
        `about` holds a key that is the manifest's own.
    """
    check_about(about)
    return {
        "manifest_version": FORMAT_VERSION,
        **about,
        "output": dict(output),
        "classes": [{**asdict(rows), "after": rows.after} for rows in classes],
        "schema": dict(schema),
        "files": [asdict(file) for file in files],
        "run": {
            "id": run_id,
            "written_utc": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "seconds": {phase: round(seconds, 3) for phase, seconds in timings.items()},
        },
    }


def check_about(about: Mapping[str, Any]) -> None:
    """Raise `ParameterError` if the caller's part of a manifest takes the manifest's own keys."""
    taken = sorted(set(about) & set(_OWN_KEYS))
    if taken:
        raise ParameterError(
            f"manifest holds {', '.join(map(repr, taken))}, which write_output fills in itself: "
            "give these facts another key"
        )


def write_manifest(folder: Location, manifest: Mapping[str, Any]) -> None:
    """Write the manifest into a table's folder."""
    text = json.dumps(manifest, indent=2, ensure_ascii=False, default=str)
    folder.child(FOLDER).create_directory()
    folder.child(FOLDER).child(FILE).write_bytes(text.encode() + b"\n")


def read_manifest(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The manifest of a table that this package wrote.

    Parameters
    ----------
    path
        The table's folder.

    Raises
    ------
    PathError
        The folder has no manifest, or one that this version cannot read.
    """
    place = locate(path)
    manifest = find_manifest(place)
    if manifest is None:
        raise PathError(
            f"{place} holds no {FOLDER}/{FILE}: it is missing or was not written by spark_smote; "
            "give the folder of a table that was"
        )
    version = manifest.get("manifest_version")
    if not isinstance(version, int) or version > FORMAT_VERSION:
        raise PathError(
            f"the manifest of {place} has version {version!r}, this spark_smote reads up to "
            f"{FORMAT_VERSION}: upgrade spark_smote"
        )
    return manifest


def find_manifest(folder: Location) -> dict[str, Any] | None:
    """The manifest of a folder; None if there is none, or it was not written to its end."""
    place = folder.child(FOLDER).child(FILE)
    if place.info().type != fs.FileType.File:
        return None
    try:
        manifest = json.loads(place.read_bytes())
    except ValueError:
        return None
    return manifest if isinstance(manifest, dict) and "manifest_version" in manifest else None


def run_id_of(manifest: Mapping[str, Any] | None) -> str | None:
    """The id of the run that wrote the table."""
    run = (manifest or {}).get("run")
    run_id = run.get("id") if isinstance(run, dict) else None
    return run_id if isinstance(run_id, str) else None

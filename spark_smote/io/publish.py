"""Putting a finished table in the place of the old one, and mending what a killed run left.

A folder cannot be replaced in one step: the old table is renamed to `.<table>.previous-<run>`,
then the staged one (`.<table>.staging-<run>/table`) to `<table>`, then the old one is removed. A
run that is killed leaves its folders behind. `recover`, which every run calls first, needs no more
than their names and the manifests within:

- the table is in its place: it stays; folders of dead runs are removed;
- it is not, and a staged one is complete (has its manifest, which is written last, after
  verification): the publish is finished;
- it is not, and there is a previous one: the publish is undone.

So whatever was killed when, one of the two tables is readable after `recover`, and was readable all
the time but between two renames. Folders are renamed to `.<table>.trash-<run>` before they are
deleted, so that half a folder is never taken for a whole one.

Limits: the file system must rename folders in one step. Local disks and HDFS do, so does Azure
with a hierarchical namespace; plain object stores (S3, Google Cloud Storage) do not and are refused
by `check_renames`: write to a catalog table there (Delta, Iceberg), whose log does the same job.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from spark_smote.errors import OutputError, ParameterError, PathError
from spark_smote.io.lock import Lock, journal_of, locked
from spark_smote.io.manifest import find_manifest, run_id_of
from spark_smote.io.paths import Location, data_files, locate

IfExists = Literal["error", "replace"]
_STAGING, _PREVIOUS, _TRASH = "staging", "previous", "trash"
_TABLE = "table"
"""The folder that is published, within the staging folder."""
_WITHOUT_RENAMES = ("s3", "gcs")
"""Types of pyarrow file systems that have no folders to rename."""


def new_run_id() -> str:
    """Unique, and sorting by time."""
    return f"{datetime.now(timezone.utc):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def staging_of(target: Location, run_id: str) -> Location:
    """Where a run writes before it publishes: in a hidden folder, but not itself hidden.

    Spark logs that it ignores a path whose name begins with a dot, though it reads it.
    """
    return _beside(target, _STAGING, run_id).child(_TABLE)


def trial_of(target: Location, run_id: str) -> Location:
    """Where a run tries out whether it can write."""
    return _beside(target, _TRASH, f"{run_id}-trial")


def check_target(target: Location, if_exists: IfExists) -> None:
    """Refuse a target that cannot be written or must not be replaced. Changes nothing.

    Parameters
    ----------
    target
        The folder to write.
    if_exists
        `"error"`: replace nothing but a table that this package wrote and to which nothing was
        added since; so a nightly job can run again, and a stranger's table is safe.
        `"replace"`: replace whatever folder is there.

    Raises
    ------
    ParameterError
        `if_exists` is neither.
    PathError
        With the reason and a remedy.
    """
    if if_exists not in ("error", "replace"):
        raise ParameterError(f"if_exists is {if_exists!r}: it must be 'error' or 'replace'")
    if not target.name:
        raise PathError(f"output {target} is the root of a file system: give a folder in it")
    kind = target.filesystem.type_name
    if kind in _WITHOUT_RENAMES:
        raise PathError(
            f"output {target} is in an object store ({kind}), which cannot rename folders, so a "
            "table cannot take another's place in one step: give a path on HDFS or a mounted "
            "volume, or a catalog table with format='table'"
        )
    try:
        _check_writable(target)
        if not target.exists():
            return
        if not target.is_directory():
            raise PathError(f"output {target} is a file: give a folder, which is made or replaced")
        if not target.children():
            return
        _check_replaceable(target, if_exists)
    except OSError as error:
        raise PathError(f"output {target} cannot be looked at: {error}") from error


def check_renames(target: Location, run_id: str) -> None:
    """Rename a folder beside the target, to know that publishing will work before hours of work.

    Raises
    ------
    PathError
        The file system cannot.
    """
    trial, moved = (_beside(target, _TRASH, f"{run_id}-{n}") for n in (1, 2))
    try:
        trial.create_directory()
        trial.child("file").write_bytes(b"trial")
        trial.move_to(moved)
        arrived = moved.child("file").exists() and not trial.exists()
    except OSError as error:
        raise _cannot_rename(target, str(error)) from error
    finally:
        for folder in (trial, moved):
            with suppress(OSError):
                if folder.exists():
                    folder.delete_directory()
    if not arrived:
        raise _cannot_rename(target, "a renamed folder did not arrive")


def recover(target: str | os.PathLike[str]) -> list[str]:
    """Finish or undo what a killed run left beside a table, and remove its folders.

    Parameters
    ----------
    target
        The table's folder.

    Returns
    -------
    list of str
        What was done, one sentence each; empty if there was nothing to do.

    Raises
    ------
    OutputError
        A run that is alive is writing the table, or a folder cannot be moved.
    """
    place = locate(target, role="output")
    if not _leftovers(place) and not journal_of(place).exists():
        return []
    with locked(place, new_run_id()):
        return mend(place)


def mend(target: Location) -> list[str]:
    """`recover`, by a run that holds the lock."""
    try:
        found = _leftovers(target)
        staged = [place for place in found if _is(place, target, _STAGING)]
        previous = [place for place in found if _is(place, target, _PREVIOUS)]
        done = [] if target.exists() else _restore(target, staged, previous)
        for place in staged:
            done += _remove_staged(target, place)
        done += [_remove_previous(target, place) for place in previous if place.exists()]
        for place in found:
            if _is(place, target, _TRASH):
                place.delete_directory()
        for info in target.parent.children():
            if info.base_name.startswith(f"{journal_of(target).name}."):
                target.sibling(info.base_name).delete_file()
    except OSError as error:
        raise OutputError(
            f"cannot mend what an interrupted run left beside {target}: {error}; the folders are "
            f"{', '.join(map(str, found))}"
        ) from error
    return done


def publish(target: Location, staging: Location, lock: Lock) -> list[str]:
    """Put the staged folder in the target's place.

    Returns
    -------
    list of str
        What a user should know, e.g. that the old table could not be removed.

    Raises
    ------
    OutputError
        It failed; the old table is back in its place, or the message says where it is.
    """
    lock.enter("publishing")
    previous = _beside(target, _PREVIOUS, lock.run_id)
    try:
        if target.exists():
            target.move_to(previous)
        staging.move_to(target)
    except BaseException as error:
        state = _put_back(target, previous)
        if not isinstance(error, OSError):
            raise
        raise OutputError(f"cannot publish {target}: {error}; {state}") from error
    try:
        staging.parent.delete_directory()
        if previous.exists():
            discard(target, previous)
    except OSError as error:
        return [f"the old table could not be removed ({error}): the next run tries again"]
    return []


def discard(target: Location, folder: Location) -> None:
    """Delete a folder beside the target so that no half of it can be mistaken for a table."""
    trash = _beside(target, _TRASH, folder.name.rsplit(f".{target.name}.", 1)[-1])
    folder.move_to(trash)
    trash.delete_directory()


def _restore(target: Location, staged: list[Location], previous: list[Location]) -> list[str]:
    """Give a missing table its place back: the newest complete staged one, else the old one."""
    complete = [place for place in staged if _is_complete(target, place)]
    if complete:
        complete[-1].child(_TABLE).move_to(target)
        return [f"finished the publish of run {_run_of(target, complete[-1])}: {target} is new"]
    if previous:
        previous[-1].move_to(target)
        run_id = _run_of(target, previous[-1])
        return [f"undid the publish of run {run_id}: {target} is as it was before"]
    return []


def _remove_staged(target: Location, folder: Location) -> list[str]:
    held = folder.child(_TABLE).exists()  # not, if its table was published
    discard(target, folder)
    run_id = _run_of(target, folder)
    return [f"removed the unpublished output of run {run_id}"] if held else []


def _remove_previous(target: Location, folder: Location) -> str:
    run_id = _run_of(target, folder)
    if run_id_of(find_manifest(target)) != run_id:
        return (
            f"kept {folder}, an older {target.name} that run {run_id} had set aside: another table "
            "has taken its place since; remove it if you do not need it"
        )
    discard(target, folder)
    return f"removed the table that run {run_id} replaced"


def _put_back(target: Location, previous: Location) -> str:
    try:
        if previous.exists() and not target.exists():
            previous.move_to(target)
    except OSError as error:
        return (
            f"the old table is in {previous} and could not be put back ({error}): the next run "
            "does, or rename it yourself"
        )
    return "the old table is untouched"


def _is_complete(target: Location, staged: Location) -> bool:
    return run_id_of(find_manifest(staged.child(_TABLE))) == _run_of(target, staged)


def _leftovers(target: Location) -> list[Location]:
    """Folders of runs beside the target, oldest first."""
    # Run ids hold no dot, so the folders of a table called `<target>.staging-x` do not match.
    kinds = "|".join((_STAGING, _PREVIOUS, _TRASH))
    pattern = re.compile(rf"\.{re.escape(target.name)}\.({kinds})-[A-Za-z0-9-]+")
    names = [str(info.base_name) for info in target.parent.children()]
    found = [target.sibling(name) for name in names if pattern.fullmatch(name)]
    return sorted(found, key=lambda place: _run_of(target, place))


def _beside(target: Location, kind: str, run_id: str) -> Location:
    return target.sibling(f".{target.name}.{kind}-{run_id}")


def _is(place: Location, target: Location, kind: str) -> bool:
    return place.name.startswith(f".{target.name}.{kind}-")


def _run_of(target: Location, place: Location) -> str:
    return place.name.removeprefix(f".{target.name}.").split("-", 1)[1]


def _check_writable(target: Location) -> None:
    if not target.is_local:
        return
    above = next(folder for folder in Path(target.path).parents if folder.exists())
    if not above.is_dir():
        raise PathError(f"output {target} is below {above}, which is a file: give another folder")
    if not os.access(above, os.W_OK | os.X_OK):
        raise PathError(f"output {target} cannot be made: {above} is not writable for this user")


def _check_replaceable(target: Location, if_exists: IfExists) -> None:
    if target.is_local:
        held = Path(target.path)
        for place, what in ((Path.cwd(), "the working directory"), (_home(), "your home folder")):
            if place is not None and held in (place.resolve(), *place.resolve().parents):
                raise PathError(
                    f"output {target} is or holds {what}, which would be replaced: give a folder "
                    "of the table's own"
                )
    if if_exists == "replace":
        return
    manifest = find_manifest(target)
    if manifest is None:
        raise PathError(
            f"output {target} exists and was not written by spark_smote (it has no manifest): "
            "give another folder, or if_exists='replace' (--replace) to replace it"
        )
    known = {str(file["path"]) for file in manifest.get("files", [])}
    prefix = target.arrow.rstrip("/") + "/"
    added = next(
        (str(f.path) for f in data_files(target) if str(f.path).removeprefix(prefix) not in known),
        None,
    )
    if added is not None:
        raise PathError(
            f"output {target} holds files that spark_smote did not write there, e.g. {added}: "
            "give another folder, or if_exists='replace' (--replace) to replace them too"
        )


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None  # a user without one, as in some containers


def _cannot_rename(target: Location, reason: str) -> PathError:
    return PathError(
        f"the file system of output {target} cannot rename folders ({reason}), so a table cannot "
        "take another's place: give a path on a local disk, HDFS or a mounted volume, or a "
        "catalog table with format='table'"
    )

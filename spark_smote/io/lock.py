"""One writer per table: the journal beside it says who writes, and whether that run still lives.

The journal `.<table>.publish.json` holds the run's id, machine, process and state and is renewed
while the run lives. On a local file system it is created exclusively. Elsewhere the later of two
runs that start in the same instant wins, and the other finds out before it publishes: a run moves
folders only while the journal is its own.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from spark_smote.errors import OutputError, PathError
from spark_smote.io.paths import Location

RENEWED_EVERY_SECONDS = 30.0
LEASE_SECONDS = 600.0
"""A run that did not renew its journal for so long is dead; clocks may differ by some minutes."""

_alive_here: set[str] = set()
"""Runs of this process: a journal with its process id but none of these is from an earlier life."""


@dataclass(frozen=True)
class Entry:
    """What the journal says."""

    run_id: str
    machine: str
    pid: int
    state: str
    """`writing`, then `publishing`."""
    since_utc: str
    renewed: float
    """Seconds since 1970."""

    def is_alive(self) -> bool:
        """Whether the run still works on the table, as far as can be seen from here."""
        if self.run_id in _alive_here:
            return True
        if self.machine == _machine() and (self.pid == os.getpid() or not _runs(self.pid)):
            return False
        return time.time() - self.renewed < LEASE_SECONDS


class Lock:
    """The journal, held by one run."""

    def __init__(self, target: Location, entry: Entry) -> None:
        self._journal = journal_of(target)
        self._entry = entry
        self._released = threading.Event()
        self._writing = threading.Lock()

    @property
    def run_id(self) -> str:
        """The run that holds it."""
        return self._entry.run_id

    def enter(self, state: str) -> None:
        """Write down what the run is about to do.

        Raises
        ------
        OutputError
            Another run has taken over.
        """
        with self._writing:
            self._require_own()
            self._entry = replace(self._entry, state=state, renewed=time.time())
            self._journal.write_bytes(_encoded(self._entry))

    def renew_until_released(self) -> None:
        """Give the journal signs of life; for a thread of its own."""
        while not self._released.wait(RENEWED_EVERY_SECONDS):
            # A store that is away for a moment is tried again; the lease outlasts many tries.
            with suppress(OSError, OutputError), self._writing:
                if self._released.is_set():
                    return
                self._require_own()
                self._entry = replace(self._entry, renewed=time.time())
                self._journal.write_bytes(_encoded(self._entry))

    def release(self) -> None:
        """Remove the journal, if it is still this run's."""
        self._released.set()
        with self._writing, suppress(OSError):
            held = read_entry(self._journal)
            if held is not None and held.run_id == self.run_id:
                self._journal.delete_file()

    def _require_own(self) -> None:
        held = read_entry(self._journal)
        if held is None or held.run_id != self.run_id:
            by = "gone" if held is None else f"held by run {held.run_id} on {held.machine}"
            raise OutputError(
                f"the journal {self._journal} of run {self.run_id} is {by}: another run took over "
                "while this one was suspended, or somebody removed it. The table was not touched "
                "by this run; start it again"
            )


@contextmanager
def locked(target: Location, run_id: str) -> Iterator[Lock]:
    """Hold the journal of a table while writing it.

    Raises
    ------
    OutputError
        Another run holds it.
    PathError
        The folder above the table cannot be written.
    """
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    entry = Entry(run_id, _machine(), os.getpid(), "writing", now, time.time())
    journal = journal_of(target)
    held = read_entry(journal)
    if held is not None and held.is_alive():
        raise _taken(target, journal, held)
    try:
        target.parent.create_directory()
        if journal.exists():
            _clear(journal, held, run_id)
        _create(journal, entry)
    except FileExistsError:
        raise _taken(target, journal, read_entry(journal)) from None
    except OSError as error:
        raise PathError(
            f"cannot write beside the output {target}: {error}; the folder above it must be "
            "writable, since a table is written beside the old one and then takes its place"
        ) from error
    lock = Lock(target, entry)
    _alive_here.add(run_id)
    threading.Thread(target=lock.renew_until_released, name=f"renew-{run_id}", daemon=True).start()
    try:
        yield lock
    finally:
        lock.release()
        _alive_here.discard(run_id)


def journal_of(target: Location) -> Location:
    """The journal's place, beside the table."""
    return target.sibling(f".{target.name}.publish.json")


def read_entry(journal: Location) -> Entry | None:
    """What the journal says; None if there is none, or it was not written to its end."""
    if not journal.exists():
        return None
    try:
        return Entry(**json.loads(journal.read_bytes()))
    except (ValueError, TypeError, FileNotFoundError):
        return None


def _clear(journal: Location, held: Entry | None, run_id: str) -> None:
    """Take the journal of a dead run away; if it has meanwhile become another's, give it back."""
    taken = journal.sibling(f"{journal.name}.{run_id}")
    journal.move_to(taken)
    if read_entry(taken) != held:
        taken.move_to(journal)
        raise FileExistsError(journal.path)
    taken.delete_file()


def _create(journal: Location, entry: Entry) -> None:
    if not journal.is_local:
        journal.write_bytes(_encoded(entry))
        return
    whole = Path(f"{journal.path}.{entry.run_id}")
    whole.write_bytes(_encoded(entry))
    try:
        # A link appears with its content, so nobody reads half a journal.
        Path(journal.path).hardlink_to(whole)
    except FileExistsError:
        raise
    except OSError:
        with Path(journal.path).open("xb") as file:  # no links in this file system
            file.write(_encoded(entry))
    finally:
        whole.unlink(missing_ok=True)


def _encoded(entry: Entry) -> bytes:
    return json.dumps(asdict(entry), indent=2).encode()


def _taken(target: Location, journal: Location, held: Entry | None) -> OutputError:
    by = "another run" if held is None else f"run {held.run_id}"
    where = "" if held is None else f" on {held.machine} (process {held.pid}, {held.state})"
    since = "" if held is None else f" since {held.since_utc}"
    return OutputError(
        f"{by}{where} is writing {target}{since}: wait for it to end, or give another output; if "
        f"you know it to be dead, delete {journal} and start again (without that, a dead run is "
        f"recognised {LEASE_SECONDS / 60:.0f} minutes after its last sign of life)"
    )


def _machine() -> str:
    """The machine or container: process ids mean the same within it only."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return platform.node()
    return f"{platform.node()} {boot} {space}"


def _runs(pid: int) -> bool:
    if os.name == "nt":
        return True  # where signal 0 would end the process; the lease decides
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

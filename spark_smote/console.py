"""What the command line shows: progress by phase, and errors in one line."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from spark_smote.errors import SparkSmoteError
from spark_smote.spark_failures import raised_in_worker, summary

if TYPE_CHECKING:
    from pyspark import StatusTracker
    from pyspark.sql import SparkSession

PhaseProgress = Callable[[str], AbstractContextManager[None]]
"""Called with a phase's name; the context lasts as long as the phase."""

log = logging.getLogger("spark_smote")

_POLL_SECONDS = 0.5


@contextmanager
def phase_progress(
    spark: SparkSession, *, phases: int, stderr: Console | None = None
) -> Iterator[PhaseProgress]:
    """Show phases with a bar in a terminal, by log lines elsewhere.

    Parameters
    ----------
    spark
        Asked for the share of finished tasks, where it can be (not over Spark Connect).
    phases
        How many phases to expect, at least.
    stderr
        Where to show them; results have stdout to themselves.
    """
    console = stderr or Console(stderr=True)
    if not console.is_terminal:
        yield _logged_phase
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<10}"),
        BarColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        whole = bar.add_task("start", total=phases, detail="")
        done = 0

        @contextmanager
        def phase(name: str) -> Iterator[None]:
            nonlocal done
            place = f"{done + 1} of {phases}" if done < phases else f"{done + 1}"
            bar.update(whole, description=name, total=max(phases, done + 1), detail=place)

            def show(finished: int, tasks: int) -> None:
                bar.update(whole, completed=done + finished / tasks)
                bar.update(whole, detail=f"{place}, {finished}/{tasks} tasks")

            with _watching_tasks(spark, show):
                yield
            done += 1
            bar.update(whole, completed=done)

        yield phase


@contextmanager
def _logged_phase(name: str) -> Iterator[None]:
    log.info("%s ...", name)
    start = time.monotonic()
    yield
    log.info("%s done in %.1f s", name, time.monotonic() - start)


@contextmanager
def _watching_tasks(spark: SparkSession, show: Callable[[int, int], None]) -> Iterator[None]:
    """Poll Spark for the tasks of the stages that run now."""
    tracker = _status_tracker(spark)
    if tracker is None:
        yield
        return
    over = threading.Event()

    def poll() -> None:
        while not over.wait(_POLL_SECONDS):
            try:
                stages = [tracker.getStageInfo(i) for i in tracker.getActiveStageIds()]
            except Exception:  # the session is going down: the phase itself will report it
                return
            tasks = sum(s.numTasks for s in stages if s)
            if tasks:
                show(sum(s.numCompletedTasks for s in stages if s), tasks)

    watcher = threading.Thread(target=poll, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(timeout=2 * _POLL_SECONDS)


def _status_tracker(spark: SparkSession) -> StatusTracker | None:
    try:
        return spark.sparkContext.statusTracker()
    except Exception:  # refused by Connect and by some platforms, each with its own error
        return None


def explain(error: BaseException) -> tuple[str, int]:
    """The essential line of an error, and the exit code it calls for.

    Examples
    --------
    >>> from spark_smote.errors import DataError
    >>> explain(DataError("one class only"))
    ('one class only', 3)
    >>> explain(OSError(28, "No space left on device"))
    ('OSError: [Errno 28] No space left on device', 4)
    """
    if isinstance(error, SparkSmoteError):
        return str(error), error.exit_code
    ours = raised_in_worker(error)
    if ours is not None:
        return str(ours), ours.exit_code
    module = type(error).__module__.partition(".")[0]
    if module in {"pyspark", "py4j"}:
        return summary(error), SparkSmoteError.exit_code
    first_line = (str(error).strip().splitlines() or [""])[0]
    name = type(error).__name__
    return f"{name}: {first_line}" if first_line else name, SparkSmoteError.exit_code


def was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: py4j fails while it handles one."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False

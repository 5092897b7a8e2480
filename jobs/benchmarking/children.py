"""Child processes that run jobs: each has its own Spark session, and stays until it is stopped.

So the memory of a contender is its own, and its JVM is warm from the second run on.
"""

from __future__ import annotations

import multiprocessing
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType

import psutil
from pyspark.sql import SparkSession

from benchmarking.contenders import Contender
from benchmarking.measure import Figures, Stages, memory_peaks
from spark_smote.config import SparkSettings
from spark_smote.session import spark_session

STOP_SECONDS = 60
MESSAGE_LENGTH = 300


class ContenderError(Exception):
    """A run that failed, took too long or lost its process; the message says which."""


@dataclass(frozen=True)
class Request:
    """One run."""

    contender: Contender
    source: str
    target: str
    is_warm_up: bool


class Children:
    """The child processes of one table; a context manager that leaves none behind."""

    def __init__(self, settings: SparkSettings, *, scratch: Path, limit_seconds: float) -> None:
        # Spark does not clear up after itself when it is killed; who made `scratch` does.
        local = {"spark.local.dir": str(scratch), **settings.config}
        self._settings = settings.model_copy(update={"config": local})
        self._limit_seconds = limit_seconds
        self._children: dict[str, _Child] = {}

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        for child in self._children.values():
            if error is None:
                child.stop()
            else:
                child.kill()

    def run(self, request: Request) -> Figures:
        """Run a job in the contender's process, which is started if there is none.

        Raises
        ------
        ContenderError
            The job failed or exceeded the limit; in the latter case the process is ended.
        """
        key = request.contender.process or request.contender.name
        try:
            if key not in self._children:
                settings = self._settings if request.contender.needs_spark else None
                self._children[key] = _Child(settings)
                self._children[key].receive(None)  # the start is not on the clock
            return self._children[key].ask(request, self._limit_seconds)
        except (EOFError, TimeoutError, OSError) as error:
            self._children.pop(key).kill()
            reason = str(error) or "its process ended (its last words are on stderr)"
            raise ContenderError(reason) from None


class _Child:
    def __init__(self, settings: SparkSettings | None) -> None:
        spawn = multiprocessing.get_context("spawn")  # a fork would share the parent's threads
        self._connection, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, settings))
        self._process.start()
        theirs.close()

    def ask(self, request: Request, limit_seconds: float) -> Figures:
        self._connection.send(request)
        return self.receive(limit_seconds)

    def receive(self, limit_seconds: float | None) -> Figures:
        if not self._connection.poll(limit_seconds):
            raise TimeoutError(f"took longer than {limit_seconds:g} s")
        answer = self._connection.recv()
        if isinstance(answer, str):
            raise ContenderError(answer)
        figures: Figures = answer
        return figures

    def stop(self) -> None:
        """Let it end its session; kill what has not ended by then."""
        with suppress(OSError):  # it has ended already
            self._connection.send(None)
        self._process.join(STOP_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the process and everything it started."""
        try:
            family = psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            family = []
        self._process.kill()
        self._process.join()
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._connection.close()


def _serve(connection: Connection, settings: SparkSettings | None) -> None:
    """Answer requests until told to stop or the parent is gone; errors are answers too."""
    session: AbstractContextManager[SparkSession | None]
    session = nullcontext() if settings is None else spark_session(settings)
    try:
        with session as spark:
            connection.send({})
            while (request := connection.recv()) is not None:
                connection.send(_answer(spark, request))
    except EOFError:
        return


def _answer(spark: SparkSession | None, request: Request) -> Figures | str:
    try:
        return measured(spark, request)
    except Exception as error:
        return f"{type(error).__name__}: {gist(str(error))}"


def gist(message: str) -> str:
    r"""The line of an error's text that says most.

    Examples
    --------
    >>> gist("An exception was thrown:\nTraceback:\n  File x\nKeyError: 'carried'")
    "KeyError: 'carried'"
    """
    lines = [line for line in message.splitlines() if line.strip()] or [""]
    told = lines[-1] if lines[0].endswith(":") else lines[0]
    return told.strip()[:MESSAGE_LENGTH]


def measured(spark: SparkSession | None, request: Request) -> Figures:
    """Run a job and take its figures."""
    contender = request.contender
    params = {**contender.params, **(contender.warm_up_params if request.is_warm_up else {})}
    stages = Stages(spark) if spark is not None else None
    with memory_peaks() as memory:
        start = time.perf_counter()
        afterwards = contender.job(spark, request.source, request.target, **params)
        seconds = time.perf_counter() - start
    shuffles = stages.figures() if stages is not None else {}
    return {"seconds": seconds} | memory | shuffles | afterwards()

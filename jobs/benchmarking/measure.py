"""Figures of one run that a clock does not give: memory, shuffles, and what was written."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import numpy as np
import pandas as pd
import psutil
import pyarrow.compute as pc
import pyarrow.dataset as pads
from pyspark.sql import SparkSession

from benchmarking.datasets import LABEL

SAMPLING_SECONDS = 0.2
"""Looking oftener takes a tenth of a core from what is measured."""
SETTLING_SECONDS = 0.5
"""Spark's REST API hears of the end of a stage a little later."""
UNFINISHED = {"ACTIVE", "PENDING"}
HASHED_ROWS = 16_384
"""Rows hashed at a time: 125 MiB of a thousand columns."""
REAL, NEW = "real", "new"

Figures = dict[str, float]
Afterwards = Callable[[], Figures]
"""What a job returns: it adds figures once the clock has stopped."""


@contextmanager
def memory_peaks() -> Iterator[dict[str, float]]:
    """Peak resident memory of this process, the JVM below it and the JVM's Python workers.

    What is yielded is complete when the block ends. Pages that forked workers share are counted in
    each of them.
    """
    process = psutil.Process()
    jvm = next((child for child in process.children() if child.name() == "java"), None)
    peaks: dict[str, float] = {}
    done = threading.Event()

    def watch() -> None:
        while True:
            for name, size in _resident_bytes(process, jvm).items():
                peaks[name] = max(peaks.get(name, 0), size)
            if done.wait(SAMPLING_SECONDS):
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        done.set()
        thread.join()


def _resident_bytes(process: psutil.Process, jvm: psutil.Process | None) -> dict[str, int]:
    sizes = {"process_peak_bytes": _resident(process)}
    if jvm is None:
        return sizes
    workers = [_resident(below) for below in _descendants(jvm) if _is_python(below)]
    return sizes | {
        "jvm_peak_bytes": _resident(jvm),
        "worker_peak_bytes": max(workers, default=0),
        "workers_peak_bytes": sum(workers),
    }


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _is_python(process: psutil.Process) -> bool:
    try:
        return process.name().startswith("python")
    except psutil.NoSuchProcess:
        return False


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:  # it ended after it was listed
        return 0


def imbalance(tasks: Sequence[Mapping[str, Any]]) -> Figures:
    """Bytes that the largest of the tasks that read a shuffle read, over the mean of these.

    Tasks that read files, which a stage runs beside them where rows are put together, are none of
    them; nor is there a figure where Spark has forgotten the tasks of an old stage.

    Parameters
    ----------
    tasks : sequence of mapping
        Of one stage, as Spark's REST API lists them.
    """
    metrics = [task["taskMetrics"] for task in tasks if task["status"] == "SUCCESS"]
    shuffled = [each for each in metrics if not each["inputMetrics"]["bytesRead"]]
    parts = [each["shuffleReadMetrics"] for each in shuffled]
    read = [int(part["localBytesRead"]) + int(part["remoteBytesRead"]) for part in parts]
    return {"largest_task_over_mean": max(read) / (sum(read) / len(read))} if any(read) else {}


class Stages:
    """The stages that a session runs from now on, by Spark's REST API (needs spark.ui.enabled)."""

    def __init__(self, spark: SparkSession) -> None:
        context = spark.sparkContext
        self._url = f"{context.uiWebUrl}/api/v1/applications/{context.applicationId}/stages"
        self._before = {stage["stageId"] for stage in self._get("")}

    def figures(self) -> dict[str, float]:
        """Bytes shuffled, and the imbalance, in bytes, of the tasks that read most of them."""
        stages = self._finished()
        figures = {"shuffled_bytes": float(sum(s["shuffleWriteBytes"] for s in stages))}
        reader = max(stages, key=lambda s: int(s["shuffleReadBytes"]), default=None)
        if reader is None or not reader["shuffleReadBytes"]:
            return figures
        tasks = self._get(
            f"/{reader['stageId']}/{reader['attemptId']}/taskList?length={reader['numTasks']}"
        )
        return figures | imbalance(tasks)

    def _finished(self) -> list[dict[str, Any]]:
        stages: list[dict[str, Any]] = []
        for _ in range(10):
            time.sleep(SETTLING_SECONDS)
            stages = [s for s in self._get("") if s["stageId"] not in self._before]
            if not any(stage["status"] in UNFINISHED for stage in stages):
                break
        return stages

    def _get(self, path: str) -> Any:
        opener = build_opener(ProxyHandler({}))  # a proxy cannot see this machine's Spark
        with opener.open(self._url + path) as answer:
            return json.load(answer)


def row_counts(output: Path) -> dict[str, float]:
    """Rows of an output, and how many of them are new."""
    written = pads.dataset(output)
    return {
        "output_rows": float(written.count_rows()),
        "new_rows": float(written.count_rows(filter=pc.field("is_synthetic"))),
    }


def copies_share(output: Path) -> float:
    """Share of new rows that equal a real row of their class in every column, by 64-bit hashes."""
    hashes: dict[str, list[np.ndarray]] = {REAL: [], NEW: []}
    for kind, part in _hashed(output):
        hashes[kind].append(part)
    new = np.concatenate(hashes[NEW])
    return float(np.isin(new, np.concatenate(hashes[REAL])).mean()) if len(new) else 0.0


def _hashed(output: Path) -> Iterator[tuple[str, np.ndarray]]:
    written = pads.dataset(output)
    values = [name for name in written.schema.names if name not in {LABEL, "is_synthetic"}]
    for batch in written.to_batches(batch_size=HASHED_ROWS):
        frame = batch.to_pandas()
        hashed = pd.util.hash_pandas_object(frame[[*values, LABEL]], index=False).to_numpy()
        is_new = frame["is_synthetic"].to_numpy(dtype=bool)
        yield REAL, hashed[~is_new]
        yield NEW, hashed[is_new]

"""Figures of one run that a clock does not give: memory, shuffles, and what was written."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import ProxyHandler, build_opener

import numpy as np
import pandas as pd
import psutil
import pyarrow.compute as pc
import pyarrow.dataset as pads
from pyspark.sql import SparkSession

from benchmarking.datasets import LABEL

SAMPLING_SECONDS = 0.05
SETTLING_SECONDS = 0.5
"""Spark's REST API hears of the end of a stage a little later."""
UNFINISHED = {"ACTIVE", "PENDING"}
HASHED_ROWS = 16_384
"""Rows hashed at a time: 125 MiB of a thousand columns."""
REAL, NEW = "real", "new"


class MemorySampler:
    """Peak resident memory of this process, the JVM below it and the JVM's Python workers.

    Pages that forked workers share are counted in each of them.
    """

    def __init__(self) -> None:
        self.peaks: dict[str, float] = {}
        self._process = psutil.Process()
        self._jvm = next((p for p in self._process.children() if p.name() == "java"), None)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> MemorySampler:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self._sample()
            if self._done.wait(SAMPLING_SECONDS):
                return

    def _sample(self) -> None:
        self._note("process_peak_bytes", _resident(self._process))
        if self._jvm is not None:
            self._note("jvm_peak_bytes", _resident(self._jvm))
            below = _descendants(self._jvm)
            workers = [_resident(process) for process in below if _is_python(process)]
            self._note("worker_peak_bytes", max(workers, default=0))
            self._note("workers_peak_bytes", sum(workers))

    def _note(self, name: str, size: int) -> None:
        self.peaks[name] = max(self.peaks.get(name, 0), size)


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


class Stages:
    """The stages that a session runs from now on, by Spark's REST API (needs spark.ui.enabled)."""

    def __init__(self, spark: SparkSession) -> None:
        context = spark.sparkContext
        self._url = f"{context.uiWebUrl}/api/v1/applications/{context.applicationId}/stages"
        self._before = {stage["stageId"] for stage in self._get("")}

    def figures(self) -> dict[str, float]:
        """Bytes shuffled, and the imbalance of the tasks that read most of them."""
        stages = self._finished()
        figures = {"shuffled_bytes": float(sum(s["shuffleWriteBytes"] for s in stages))}
        reader = max(stages, key=lambda s: int(s["shuffleReadBytes"]), default=None)
        if reader is None or not reader["shuffleReadBytes"]:
            return figures
        tasks = self._get(
            f"/{reader['stageId']}/{reader['attemptId']}/taskList?length={reader['numTasks']}"
        )
        read = [
            task["taskMetrics"]["shuffleReadMetrics"]["recordsRead"]
            for task in tasks
            if task["status"] == "SUCCESS"
        ]
        if not any(read):  # Spark forgets the tasks of old stages
            return figures
        return figures | {"largest_task_over_mean": max(read) / (sum(read) / len(read))}

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

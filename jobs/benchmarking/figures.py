"""Arithmetic on runs: medians, ratios, slopes and crossings."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarking.contenders import FLOOR, OURS
from benchmarking.datasets import Table
from benchmarking.scenarios import Run


@dataclass(frozen=True)
class Summary:
    """The runs of one contender on one table."""

    contender: str
    table: Table
    runs: Sequence[Run]
    """Those that came to their end; never empty."""

    def values(self, figure: str) -> list[float]:
        """A figure, run by run; empty where it was not taken."""
        return [run.figures[figure] for run in self.runs if figure in run.figures]

    def median(self, figure: str) -> float | None:
        """The median over runs, if the figure was taken."""
        values = self.values(figure)
        return statistics.median(values) if values else None

    @property
    def seconds(self) -> float:
        """Median wall-clock seconds."""
        return statistics.median(self.values("seconds"))


def summaries(runs: Sequence[Run]) -> list[Summary]:
    """A summary per table and contender, in the order of their first runs by name of contender."""
    grouped: dict[tuple[str, Table], list[Run]] = {}
    for run in runs:
        if run.table is not None and not run.failure:
            grouped.setdefault((run.contender, run.table), []).append(run)
    return [Summary(name, table, group) for (name, table), group in grouped.items()]


def floor_seconds(runs: Sequence[Run]) -> dict[Table, float]:
    """The floor's median seconds on each table."""
    return {s.table: s.seconds for s in summaries(runs) if s.contender == FLOOR}


def search_ratio(summary: Summary, group: Sequence[Summary]) -> float | None:
    """Time to search for the neighbours of one row, in units of SMOTE's on the same table."""
    smote = next((s.median("search_us_per_row") for s in group if s.contender == OURS), None)
    own = summary.median("search_us_per_row")
    return own / smote if own is not None and smote else None


def seconds_by_size(runs: Sequence[Run]) -> dict[str, dict[int, float]]:
    """Median seconds of each contender by rows of the minority, ascending."""
    sizes: dict[str, dict[int, float]] = {}
    for summary in sorted(summaries(runs), key=lambda s: s.table.minority):
        sizes.setdefault(summary.contender, {})[summary.table.minority] = summary.seconds
    return sizes


def slope(seconds: Mapping[int, float]) -> float | None:
    """Exponent of rows in seconds (1 = linear): the slope on log-log axes, of two sizes or more.

    Examples
    --------
    >>> round(slope({100: 1.0, 200: 4.0, 400: 16.0}), 6)
    2.0
    """
    if len(seconds) < 2:
        return None
    rows, times = np.log(list(seconds)), np.log(list(seconds.values()))
    return float(np.polyfit(rows, times, 1)[0])


@dataclass(frozen=True)
class Forecast:
    """A straight line through all sizes but the largest, and what it says of that one."""

    start_seconds: float
    seconds_per_row: float
    rows: int
    """The size held out."""
    foretold_seconds: float
    measured_seconds: float


def forecast(seconds: Mapping[int, float]) -> Forecast | None:
    """Seconds = start + rows x slope, fitted by relative error; of three sizes or more.

    Examples
    --------
    >>> round(forecast({100: 3.0, 200: 4.0, 800: 10.5}).foretold_seconds, 6)
    10.0
    """
    *fitted, held_out = sorted(seconds)
    if len(fitted) < 2:
        return None
    times = np.array([seconds[size] for size in fitted])
    slope, start = np.polyfit(fitted, times, 1, w=1 / times)
    return Forecast(
        float(start), float(slope), held_out, float(start + slope * held_out), seconds[held_out]
    )


def crossing(first: Mapping[int, float], second: Mapping[int, float]) -> float | None:
    """Rows at which the first becomes the faster one, interpolated on log-log axes.

    None where it does not within the sizes that both have.
    """
    sizes = sorted(first.keys() & second.keys())
    behind = [math.log(first[size] / second[size]) for size in sizes]
    for i in range(1, len(sizes)):
        if behind[i - 1] > 0 >= behind[i]:
            share = behind[i - 1] / (behind[i - 1] - behind[i])
            low, high = math.log(sizes[i - 1]), math.log(sizes[i])
            return math.exp(low + share * (high - low))
    return None

"""A picture per scenario: bars with their spread, times against rows, recall against seconds, and
agreement.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarking.config import Agreement, Growth, Quality, Scenario
from benchmarking.figures import seconds_by_size, summaries
from benchmarking.scenarios import Run

INCHES = (8, 4.5)


def write_plot(path: Path, name: str, scenario: Scenario, runs: Sequence[Run]) -> None:
    """Draw a scenario into a PNG file; no display is needed."""
    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    if isinstance(scenario, Growth):
        _times_by_rows(axes, runs)
    elif isinstance(scenario, Quality):
        _recall_by_seconds(axes, runs)
    elif isinstance(scenario, Agreement):
        _agreements(axes, runs, scenario.bar)
    else:
        _bars(axes, runs)
    axes.set_title(name)
    figure.savefig(path, dpi=120)


def _bars(axes: Axes, runs: Sequence[Run]) -> None:
    found = summaries(runs)[::-1]  # the first one on top
    medians = [summary.seconds for summary in found]
    below = [s.seconds - min(s.values("seconds")) for s in found]
    above = [max(s.values("seconds")) - s.seconds for s in found]
    axes.barh([s.contender for s in found], medians, xerr=[below, above], capsize=4)
    axes.set_xlabel("seconds, whole job (median, minimum and maximum)")


def _agreements(axes: Axes, runs: Sequence[Run], bar: float | None) -> None:
    found = [s for s in summaries(runs)[::-1] if s.values("agreement")]
    axes.barh([s.contender for s in found], [s.values("agreement")[0] for s in found])
    if bar is not None:
        axes.axvline(bar, color="black", linestyle="--")
    axes.set(xlabel="agreement with exact search (Jaccard index)", xlim=(0, 1))


def _times_by_rows(axes: Axes, runs: Sequence[Run]) -> None:
    for name, seconds in seconds_by_size(runs).items():
        axes.plot(list(seconds), list(seconds.values()), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="minority rows", ylabel="seconds, whole job")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()


def _recall_by_seconds(axes: Axes, runs: Sequence[Run]) -> None:
    for summary in summaries(runs):
        recall = summary.median("recall")
        if recall is not None:
            axes.plot(summary.seconds, recall, marker="o", linestyle="", label=summary.contender)
    axes.set(xlabel="seconds to plan and search (median)", ylabel="recall@5")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()

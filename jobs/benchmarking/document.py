"""What is written: `benchmark.md` and `benchmark.csv`."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarking.config import BenchmarkConfig, Growth, Quality, Scenario
from benchmarking.contenders import OURS, SINGLE_MACHINE
from benchmarking.datasets import Table
from benchmarking.figures import (
    Summary,
    crossing,
    floor_seconds,
    forecast,
    seconds_by_size,
    slope,
    summaries,
)
from benchmarking.scenarios import Run

PACKAGES = ("pyspark", "numpy", "pandas", "pyarrow", "imbalanced-learn", "spark-smote")
MIB = 1024**2
PHASE = "phase_"
METHOD = (
    "Whole jobs, Parquet in, rebalanced Parquet out: medians over counted runs ({repetitions}, "
    "after one to warm up), in alternation. Each contender has its own process and Spark session, "
    "whose start is not counted. Memory is the peak of resident pages; those that forked workers "
    "share count in each."
)

Format = Callable[[float], str]
Row = Sequence[str]


def _mib(size: float) -> str:
    return f"{size / MIB:,.0f}"


def _mib_tenths(size: float) -> str:
    return f"{size / MIB:,.1f}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def _one(number: float) -> str:
    return f"{number:,.1f}"


def _seconds(number: float) -> str:
    return f"{number:.2f}" if number < 10 else f"{number:,.1f}"


def _three(number: float) -> str:
    return f"{number:.3f}"


RESOURCES: Mapping[str, tuple[str, Format]] = {
    "new_rows": ("new rows", _whole),
    "rows_per_second": ("output rows/s", _whole),
    "shuffled_bytes": ("shuffled MiB", _mib_tenths),
    "largest_task_over_mean": ("largest task / mean", _one),
    "jvm_peak_bytes": ("JVM MiB", _mib),
    "worker_peak_bytes": ("largest worker MiB", _mib),
    "workers_peak_bytes": ("all workers MiB", _mib),
    "process_peak_bytes": ("own process MiB", _mib),
}
ROWS: Mapping[str, tuple[str, Format]] = {
    "recall": ("recall@5", _three),
    "distance_ratio": ("distance ratio", _three),
    "copies_share": ("copies of real rows", _three),
    "search_alone_seconds": ("search alone s", _seconds),
}


def write_csv(path: Path, runs: Sequence[Run]) -> None:
    """A row per run, a column per figure."""
    floors = {run.scenario: floor_seconds(_of(run.scenario, runs)) for run in runs}
    rows = [_record(run) | _ratio(run, floors[run.scenario]) for run in runs]
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def markdown(config: BenchmarkConfig, runs: Sequence[Run]) -> str:
    """The report: the machine, then a section per scenario."""
    parts = [
        "# Benchmark",
        machine(),
        METHOD.format(repetitions=config.repetitions),
    ]
    for name, scenario in config.scenarios.items():
        found = _of(name, runs)
        if found:
            parts += [f"## {name}", *_section(scenario, found)]
        if summaries(found):
            parts.append(f"![{name}]({name}.png)")
    return "\n\n".join(parts) + "\n"


def machine() -> str:
    """Cores, memory and versions."""
    memory = psutil.virtual_memory().total / 1024**3
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}; "
        f"Python {platform.python_version()}, {versions}."
    )


def table(header: Row, rows: Sequence[Row]) -> str:
    """A Markdown table, its first column left-aligned and the others right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _of(scenario: str, runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.scenario == scenario]


def _record(run: Run) -> dict[str, object]:
    sizes = (
        {}
        if run.table is None
        else {
            "table": run.table.kind,
            "majority": run.table.majority,
            "minority": run.table.minority,
            "columns": run.table.columns,
        }
    )
    return {
        "scenario": run.scenario,
        "contender": run.contender,
        "repetition": run.repetition,
        "failure": run.failure,
        **sizes,
        **run.figures,
    }


def _ratio(run: Run, floors: Mapping[Table, float]) -> dict[str, float]:
    if run.failure or run.table is None or run.table not in floors:
        return {}
    return {"ratio_to_floor": run.figures["seconds"] / floors[run.table]}


def _section(scenario: Scenario, runs: Sequence[Run]) -> list[str]:
    found = summaries(runs)
    parts: list[str] = []
    if isinstance(scenario, Growth):
        parts += _growth(runs)
    if isinstance(scenario, Quality):
        parts += _per_table(found, lambda group: [_quality_table(group)])
    else:
        parts += _per_table(found, lambda group: _side_by_side(group, floor_seconds(runs)))
    return parts + _failures(runs)


def _per_table(
    found: Sequence[Summary], describe: Callable[[list[Summary]], list[str]]
) -> list[str]:
    parts: list[str] = []
    for shown in dict.fromkeys(summary.table for summary in found):
        group = [summary for summary in found if summary.table == shown]
        parts += [f"{shown}:", *describe(group)]
    return parts


def _side_by_side(group: Sequence[Summary], floors: Mapping[Table, float]) -> list[str]:
    header = ["contender", "runs", "median s", "min-max s", "ratio to the floor"]
    rows = []
    for summary in group:
        floor = floors.get(summary.table)
        ratio = "" if floor is None else f"{summary.seconds / floor:.2f}"
        rows.append([summary.contender, *_times(summary), ratio])
    tables = [table(header, rows), _figure_table(group, RESOURCES)]
    rows_table = _figure_table(group, ROWS)
    return [*tables, rows_table, *_phases(group)]


def _times(summary: Summary) -> list[str]:
    seconds = summary.values("seconds")
    spread = f"{_seconds(min(seconds))}-{_seconds(max(seconds))}"
    return [str(len(seconds)), _seconds(summary.seconds), spread]


def _figure_table(group: Sequence[Summary], columns: Mapping[str, tuple[str, Format]]) -> str:
    rows = [
        [summary.contender, *(_cell(summary, name, show) for name, (_, show) in columns.items())]
        for summary in group
    ]
    return table(["contender", *(title for title, _ in columns.values())], rows)


def _cell(summary: Summary, figure: str, show: Format) -> str:
    value = summary.median(figure)
    return "" if value is None else show(value)


def _phases(group: Sequence[Summary]) -> list[str]:
    """Seconds of each phase, for contenders that tell."""
    timed = [summary for summary in group if f"{PHASE}write" in summary.runs[0].figures]
    if not timed:
        return []
    names = [name for name in timed[0].runs[0].figures if name.startswith(PHASE)]
    columns = {name: (f"{name.removeprefix(PHASE)} s", _seconds) for name in names}
    return [_figure_table(timed, columns)]


def _quality_table(group: Sequence[Summary]) -> str:
    header = ["hash family, search quality", "runs", "median s", "min-max s", "recall@5"]
    rows = [
        [
            summary.contender,
            *_times(summary),
            _cell(summary, "recall", _three),
            _cell(summary, "distance_ratio", _three),
            _cell(summary, "search_alone_seconds", _seconds),
        ]
        for summary in group
    ]
    return table([*header, "distance ratio", "search alone s"], rows)


def _growth(runs: Sequence[Run]) -> list[str]:
    by_size = seconds_by_size(runs)
    sizes = sorted({size for seconds in by_size.values() for size in seconds})
    rows = []
    for name, seconds in by_size.items():
        exponent = slope(seconds)
        times = [_seconds(seconds[size]) if size in seconds else "" for size in sizes]
        rows.append([name, *times, "" if exponent is None else f"{exponent:.2f}"])
    header = ["median s by minority rows", *(f"{size:,}" for size in sizes), "slope (log-log)"]
    return [table(header, rows), *_forecasts(by_size), *_crossing(by_size)] if rows else []


def _forecasts(by_size: Mapping[str, Mapping[int, float]]) -> list[str]:
    found = {name: forecast(seconds) for name, seconds in by_size.items()}
    lines = [
        f"- {name}: {line.start_seconds:.1f} s + {1e6 * line.seconds_per_row:.1f} us per minority "
        f"row; foretells {_seconds(line.foretold_seconds)} s for {line.rows:,} rows, measured "
        f"{_seconds(line.measured_seconds)} s"
        for name, line in found.items()
        if line is not None
    ]
    return ["Lines through all sizes but the largest:", "\n".join(lines)] if lines else []


def _crossing(by_size: Mapping[str, Mapping[int, float]]) -> list[str]:
    if OURS not in by_size or SINGLE_MACHINE not in by_size:
        return []
    rows = crossing(by_size[OURS], by_size[SINGLE_MACHINE])
    if rows is not None:
        return [f"{OURS} becomes faster than {SINGLE_MACHINE} at about {rows:,.0f} minority rows."]
    return [f"{OURS} does not overtake {SINGLE_MACHINE} between the smallest and largest size."]


def _failures(runs: Sequence[Run]) -> list[str]:
    lines = [
        f"- {', '.join(filter(None, (run.contender, str(run.table or ''))))}: {run.failure}"
        if run.contender
        else f"- {run.failure}"
        for run in runs
        if run.failure
    ]
    return ["Without a figure:", "\n".join(lines)] if lines else []

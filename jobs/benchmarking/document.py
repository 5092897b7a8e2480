"""What is written: `benchmark.md` and `benchmark.csv`."""

from __future__ import annotations

import csv
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarking.columns import (
    AGREEMENTS,
    RESOURCES,
    ROWS,
    SEARCHES,
    Columns,
    Format,
    as_seconds,
    decimals,
)
from benchmarking.config import (
    Agreement,
    BenchmarkConfig,
    Growth,
    Quality,
    Ratio,
    Scenario,
    SideBySide,
)
from benchmarking.contenders import OURS, SINGLE_MACHINE
from benchmarking.datasets import Table
from benchmarking.figures import (
    Summary,
    crossing,
    floor_seconds,
    forecast,
    search_ratio,
    seconds_by_size,
    slope,
    summaries,
)
from benchmarking.scenarios import Run

PACKAGES = ("pyspark", "numpy", "pandas", "pyarrow", "imbalanced-learn", "spark-smote")
PHASE = "phase_"
METHOD = (
    "Whole jobs, Parquet in, rebalanced Parquet out: medians over counted runs ({repetitions}, "
    "after one to warm up), in alternation unless the scenario says otherwise. Each contender has "
    "its own process and Spark session, whose start is not counted. Memory is the peak of resident "
    "pages; those that forked workers share count in each."
)
SEARCHED = (
    "The search for neighbours, wall clock per row whose neighbours were searched for: of SMOTE "
    "its class, within the class (run alone, nothing made); of methods that look across classes "
    "the rows that are judged, among all rows (their phase `search`)."
)
AGREED = (
    "Default search against searchQuality='exact', on the same table: Jaccard index, what both "
    "decided / what either did; of weights, the smaller ones summed / the larger ones summed. "
    "Cleaning methods may remove rows of all classes here. Largest bucket: rows, copies of rows "
    "near its boundary included; one bucket would be exact."
)

Row = Sequence[str]


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
    if isinstance(scenario, Ratio):
        parts += _ratio_of_two(scenario, found)
    if isinstance(scenario, Growth):
        parts += _growth(runs, scenario.slope_bar)
    if isinstance(scenario, Quality):
        parts += _per_table(found, lambda group: [_quality_table(group)])
    elif isinstance(scenario, Agreement):
        parts += _per_table(found, lambda group: _agreement(group, scenario.bar))
    else:
        bar = scenario.search_bar if isinstance(scenario, SideBySide) else None
        parts += _per_table(found, lambda group: _side_by_side(group, floor_seconds(runs), bar))
    return parts + _failures(runs)


def _per_table(
    found: Sequence[Summary], describe: Callable[[list[Summary]], list[str]]
) -> list[str]:
    parts: list[str] = []
    for shown in dict.fromkeys(summary.table for summary in found):
        group = [summary for summary in found if summary.table == shown]
        parts += [f"{shown}:", *describe(group)]
    return parts


def _side_by_side(
    group: Sequence[Summary], floors: Mapping[Table, float], search_bar: float | None
) -> list[str]:
    header = ["contender", "runs", "median s", "min-max s"]
    rows = [[summary.contender, *_times(summary)] for summary in group]
    if floor := floors.get(group[0].table):
        header.append("ratio to the floor")
        for row, summary in zip(rows, group, strict=True):
            row.append(decimals(2)(summary.seconds / floor))
    tables = [table(header, rows), _figure_table(group, RESOURCES)]
    if any(summary.values(figure) for summary in group for figure in ROWS):
        tables.append(_figure_table(group, ROWS))
    return [*tables, *_searches(group, search_bar), *_phases(group)]


def _times(summary: Summary) -> list[str]:
    seconds = summary.values("seconds")
    spread = f"{as_seconds(min(seconds))}-{as_seconds(max(seconds))}"
    return [str(len(seconds)), as_seconds(summary.seconds), spread]


def _figure_table(group: Sequence[Summary], columns: Columns) -> str:
    """A line per contender; figures that none of them has are left out."""
    taken = {
        title: [_cell(summary, name, show) for summary in group]
        for name, (title, show) in columns.items()
        if any(summary.values(name) for summary in group)
    }
    rows = zip([summary.contender for summary in group], *taken.values(), strict=True)
    return table(["contender", *taken], list(rows))


def _searches(group: Sequence[Summary], bar: float | None) -> list[str]:
    """Search alone, and per queried row in units of SMOTE's where that ran too."""
    timed = [summary for summary in group if summary.values("search_seconds")]
    if not timed:
        return []
    parts = [SEARCHED, _figure_table(timed, SEARCHES)]
    ratios = {summary.contender: search_ratio(summary, timed) for summary in timed}
    known = {name: ratio for name, ratio in ratios.items() if ratio is not None and name != OURS}
    if known:
        shown = [[name, decimals(2)(ratio)] for name, ratio in known.items()]
        parts.append(table(["contender", f"us per queried row / that of {OURS}"], shown))
    return parts + _held_to("ratio to the search of SMOTE", known, most=bar)


def _held_to(
    what: str,
    figures: Mapping[str, float],
    *,
    most: float | None = None,
    least: float | None = None,
) -> list[str]:
    """Which figures keep a bar, if there is one."""
    if (most is None and least is None) or not figures:
        return []
    bound = f"at most {most:g}" if most is not None else f"at least {least:g}"
    missing = [
        f"{name} ({figure:.4g})"
        for name, figure in figures.items()
        if (most is not None and figure > most) or (least is not None and figure < least)
    ]
    return [f"Bar: {what} {bound}. {'Missed by ' + ', '.join(missing) if missing else 'Kept'}."]


def _agreement(group: Sequence[Summary], bar: float | None) -> list[str]:
    found = {s.contender: s.values("agreement")[0] for s in group if s.values("agreement")}
    kept = _held_to("agreement", found, least=bar)
    return [AGREED, _figure_table(group, AGREEMENTS), *kept]


def _ratio_of_two(scenario: Ratio, found: Sequence[Summary]) -> list[str]:
    """One whole job in units of another, where both came to their end."""
    if len(found) != 2:
        return []
    of, to = found
    ratio = of.seconds / to.seconds
    said = (
        f"{of.contender} on {of.table}: {as_seconds(of.seconds)} s; {to.contender} on {to.table}: "
        f"{as_seconds(to.seconds)} s. Ratio of the whole jobs: {ratio:.2f}."
    )
    return [said, *_held_to("ratio of the whole jobs", {of.contender: ratio}, most=scenario.bar)]


def _cell(summary: Summary, figure: str, show: Format) -> str:
    value = summary.median(figure)
    return "" if value is None else show(value)


def _phases(group: Sequence[Summary]) -> list[str]:
    """Seconds of each phase, for contenders that tell."""
    timed = [summary for summary in group if f"{PHASE}write" in summary.runs[0].figures]
    if not timed:
        return []
    figures = dict.fromkeys(name for summary in timed for name in summary.runs[0].figures)
    names = [name for name in figures if name.startswith(PHASE)]
    names.sort(key=lambda name: name == f"{PHASE}write")  # the last one
    columns = {name: (f"{name.removeprefix(PHASE)} s", as_seconds) for name in names}
    return [_figure_table(timed, columns)]


def _quality_table(group: Sequence[Summary]) -> str:
    header = ["hash family, search quality", "runs", "median s", "min-max s", "recall@5"]
    rows = [
        [
            summary.contender,
            *_times(summary),
            _cell(summary, "recall", decimals(3)),
            _cell(summary, "distance_ratio", decimals(3)),
            _cell(summary, "search_alone_seconds", as_seconds),
        ]
        for summary in group
    ]
    return table([*header, "distance ratio", "search alone s"], rows)


def _growth(runs: Sequence[Run], slope_bar: float | None) -> list[str]:
    by_size = seconds_by_size(runs)
    sizes = sorted({size for seconds in by_size.values() for size in seconds})
    slopes = {name: slope(seconds) for name, seconds in by_size.items()}
    known = {name: exponent for name, exponent in slopes.items() if exponent is not None}
    rows = []
    for name, seconds in by_size.items():
        times = [as_seconds(seconds[size]) if size in seconds else "" for size in sizes]
        rows.append([name, *times, decimals(2)(known[name]) if name in known else ""])
    if not rows:
        return []
    header = ["median s by minority rows", *(f"{size:,}" for size in sizes), "slope (log-log)"]
    kept = _held_to("slope", known, most=slope_bar)
    return [table(header, rows), *kept, *_forecasts(by_size), *_crossing(by_size)]


def _forecasts(by_size: Mapping[str, Mapping[int, float]]) -> list[str]:
    found = {name: forecast(seconds) for name, seconds in by_size.items()}
    lines = [
        f"- {name}: {line.start_seconds:.1f} s + {1e6 * line.seconds_per_row:.1f} us per minority "
        f"row; foretells {as_seconds(line.foretold_seconds)} s for {line.rows:,} rows, measured "
        f"{as_seconds(line.measured_seconds)} s"
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

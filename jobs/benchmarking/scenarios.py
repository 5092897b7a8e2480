"""Scenarios: rounds in which the contenders alternate, table after table."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarking.children import Children, ContenderError, Request
from benchmarking.config import (
    Agreement,
    AnyTable,
    BenchmarkConfig,
    GeneratedTable,
    Growth,
    ParquetTable,
    Quality,
    Ratio,
    Scenario,
    SideBySide,
)
from benchmarking.contenders import (
    Contender,
    agreement_contenders,
    chosen_contenders,
    quality_contenders,
)
from benchmarking.datasets import Table, copy_parquet, write_generated
from benchmarking.measure import Figures, copies_share, row_counts

WARM_UP = 0
MEASURED_ONCE = (
    "recall",
    "distance_ratio",
    "exact_seconds",
    "queried_rows",
    "buckets",
    "largest_bucket",
    "decided",
    "decided_exactly",
    "decided_by_both",
    "agreement",
)
"""Figures that are the same in each run, and that some contenders take in the warm-up only."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One counted run, or why there is none."""

    scenario: str
    contender: str
    repetition: int
    table: Table | None = None
    failure: str = ""
    """Empty for a run that came to its end."""
    figures: Figures = field(default_factory=dict)


def run_scenario(
    name: str, scenario: Scenario, config: BenchmarkConfig, work: Path, say: Progress
) -> list[Run]:
    """Every counted run of a scenario, and a failed run for each contender that dropped out."""
    runs: list[Run] = []
    for wanted, groups in contests_of(scenario, config):
        if isinstance(wanted, ParquetTable) and not Path(wanted.path).exists():
            runs.append(Run(name, "", WARM_UP, failure=f"skipped: {wanted.path} is not there"))
            continue
        table = _written(wanted, work / "input")
        say(f"{name}: {table}")
        contest = _Contest(name, table, config, work, say)
        for contenders in groups:
            runs += contest.runs(contenders)
        shutil.rmtree(table.folder)
    return runs


def contests_of(
    scenario: Scenario, config: BenchmarkConfig
) -> Iterator[tuple[AnyTable, list[list[Contender]]]]:
    """The tables of a scenario, one after another, and who runs on each: groups that alternate."""
    if isinstance(scenario, Quality):
        yield scenario.table, [quality_contenders(scenario)]
    elif isinstance(scenario, Agreement):
        yield scenario.table, [agreement_contenders(scenario)]
    elif isinstance(scenario, Ratio):
        for job in (scenario.of, scenario.to):
            yield job.table, [chosen_contenders([job.contender], config.max_rows)]
    else:
        chosen = chosen_contenders(scenario.contenders, config.max_rows)
        groups = [chosen] if scenario.alternate else [[contender] for contender in chosen]
        for table in _tables(scenario):
            yield table, groups


def _tables(scenario: SideBySide | Growth) -> Iterator[AnyTable]:
    if isinstance(scenario, SideBySide):
        yield scenario.table
        return
    for rows in sorted(scenario.minority):
        majority = round(rows * scenario.majority_per_minority)
        yield GeneratedTable(kind=scenario.table, majority=majority, minority=rows)


def rotated(contenders: Sequence[Contender], repetition: int) -> list[Contender]:
    """Contenders in the order of a repetition: each begins once in a while."""
    first = repetition % len(contenders)
    return [*contenders[first:], *contenders[:first]]


def _written(wanted: AnyTable, folder: Path) -> Table:
    if isinstance(wanted, ParquetTable):
        return copy_parquet(folder, wanted)
    return write_generated(folder, wanted)


@dataclass
class _Contest:
    """Contenders side by side on one table."""

    scenario: str
    table: Table
    config: BenchmarkConfig
    work: Path
    say: Progress
    measured_once: dict[str, Figures] = field(default_factory=dict)
    """Of each contender, in the warm-up."""

    @property
    def output(self) -> Path:
        """Where every contender writes; empty between runs."""
        return self.work / "output"

    def runs(self, contenders: Sequence[Contender]) -> list[Run]:
        running, done = self._admitted(contenders)
        with Children(
            self.config.spark,
            scratch=self.work / "spark",
            limit_seconds=self.config.limit_seconds,
        ) as children:
            for repetition in range(WARM_UP, self.config.repetitions + 1):
                for contender in rotated(running, repetition) if running else []:
                    run = self._run(children, contender, repetition)
                    if run.failure:
                        running = [other for other in running if other is not contender]
                    if run.failure or repetition != WARM_UP:
                        done.append(run)
        order = [contender.name for contender in contenders]
        return sorted(done, key=lambda run: (order.index(run.contender), run.repetition))

    def _admitted(self, contenders: Sequence[Contender]) -> tuple[list[Contender], list[Run]]:
        admitted, refused = [], []
        for contender in contenders:
            if contender.max_rows is None or self.table.rows <= contender.max_rows:
                admitted.append(contender)
            else:
                reason = f"not run: the table has more than {contender.max_rows:,} rows"
                refused.append(Run(self.scenario, contender.name, WARM_UP, self.table, reason))
        return admitted, refused

    def _run(self, children: Children, contender: Contender, repetition: int) -> Run:
        request = Request(
            contender, self.table.folder, str(self.output), is_warm_up=repetition == WARM_UP
        )
        try:
            figures = children.run(request)
        except ContenderError as error:
            self.say(f"{self.scenario}: {contender.name}: {error}")
            return Run(self.scenario, contender.name, repetition, self.table, failure=str(error))
        else:
            figures |= self._written_figures(figures["seconds"], repetition)
            self.say(
                f"{self.scenario}: {contender.name}, {_round_name(repetition)}: "
                f"{figures['seconds']:.1f} s"
            )
            if repetition == WARM_UP:
                measured = {key: figures[key] for key in MEASURED_ONCE if key in figures}
                self.measured_once[contender.name] = measured
            figures = self.measured_once.get(contender.name, {}) | figures
            return Run(self.scenario, contender.name, repetition, self.table, figures=figures)
        finally:
            _remove(self.output)

    def _written_figures(self, seconds: float, repetition: int) -> Figures:
        """Figures of the output, if there is one; copies are counted once, in the last run."""
        if not self.output.exists():
            return {}
        figures = row_counts(self.output)
        removed = self.table.rows + figures["new_rows"] - figures["output_rows"]
        if removed:
            figures["removed_rows"] = removed
        figures["rows_per_second"] = figures["output_rows"] / seconds
        if repetition == self.config.repetitions:
            figures["copies_share"] = copies_share(self.output)
        return figures


def _round_name(repetition: int) -> str:
    return "warm-up" if repetition == WARM_UP else f"run {repetition}"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

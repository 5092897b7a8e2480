"""The plan of several samplers, each of which resamples what the one before it left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_smote.labels import largest, smallest
from spark_smote.plans.notices import MOST_OF_MINORITY
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.table import Table
from spark_smote.results import ClassOutcome, LabelValue, Notice, ResampleReport


@dataclass(frozen=True)
class Chained:
    """What the steps of a chain have left so far."""

    frame: DataFrame
    """The columns of the input, then those that samplers added."""
    given: tuple[str, ...]
    """Names of the former."""
    mark: str
    """The column that tells new rows."""
    steps: tuple[ResamplePlan, ...] = ()
    between: tuple[KeptRecords, ...] = ()
    """The tables that a later step works on."""

    @property
    def added(self) -> list[str]:
        """Columns that samplers added."""
        return self.frame.columns[len(self.given) :]

    @property
    def next_mark(self) -> str:
        """How the next step may call the rows it makes."""
        if not self.steps:
            return self.mark
        return unused("new", self.frame.columns)

    def after(self, step: ResamplePlan, mark: str, *, last: bool) -> Chained:
        """With one more step, which marked its rows by the column of that name."""
        frame = step.resampled() if mark == self.mark else _marks_merged(step, mark, self.mark)
        between = self.between
        if not last:
            between += (KeptRecords(frame),)
        return replace(self, frame=frame, steps=(*self.steps, step), between=between)


@dataclass(frozen=True, repr=False)
class ChainPlan(ResamplePlan):
    """A resample in several steps, all of them resolved."""

    chained: Chained | None = None

    @property
    def steps(self) -> tuple[ResamplePlan, ...]:
        """The plan of each sampler, in their order."""
        return self._chained.steps

    def synthetic(self) -> DataFrame:
        """The new rows that are left, in the columns of the input and those of provenance."""
        chained = self._chained
        names = [name for name in chained.frame.columns if name != chained.mark]
        return self._made(_picked(chained.frame, names, chained.mark, marked=True))

    def removed(self) -> DataFrame:
        """The original rows that are gone, in the columns of the input."""
        given, mark = self._chained.given, self._chained.mark
        gone = [self.steps[0].removed().toDF(*given)]
        gone += [_picked(step.removed(), given, mark, marked=False) for step in self.steps[1:]]
        return self._made(reduce(DataFrame.union, gone))

    def resampled(self) -> DataFrame:
        """The original rows that are left, untouched, and the new ones."""
        chained = self._chained
        if self.report.resolved["syntheticCol"]:
            return self._made(chained.frame)
        names = [name for name in chained.frame.columns if name != chained.mark]
        return self._made(_picked(chained.frame, names, chained.mark, marked=None))

    @property
    def kept(self) -> list[KeptRecords]:
        """What Spark keeps for these rows, while somebody holds on to it."""
        return [*self._chained.between, *(kept for step in self.steps for kept in step.kept)]

    @property
    def _chained(self) -> Chained:
        if self.chained is None:
            raise ValueError("a plan of a chain needs its steps")
        return self.chained


def chain_plan(
    chained: Chained, *, method: str, asked: dict[str, Any], resolved: dict[str, Any]
) -> ChainPlan:
    """The plan of all steps together.

    Counts what is left of new rows where a step after the one that made them removes rows.
    """
    reports = [step.report for step in chained.steps]
    maker = next((step for step in chained.steps if step.report.makes_rows), chained.steps[0])
    request = replace(maker.table.request, synthetic_col=resolved["syntheticCol"])
    table: Table = replace(maker.table, request=request)
    classes = _outcomes(reports, _synthetic_left(chained, reports))
    report = replace(
        reports[0],
        method=method,
        asked=asked,
        resolved=resolved,
        columns=[column for column in maker.report.columns if column.name in chained.given],
        classes=classes,
        accuracy=[found for report in reports for found in report.accuracy],
        notices=_notices(reports, classes),
        phases=[
            replace(phase, name=f"{number}. {phase.name}")
            for number, report in enumerate(reports, 1)
            for phase in report.phases
        ],
        makes_rows=any(report.makes_rows for report in reports),
        groups=None,  # of a step, as those that follow
        constraints=[],
        trial_draws=[],
        steps=reports,
    )
    return ChainPlan(report, table, recipe=maker.recipe, chained=chained)


def unused(name: str, taken: Iterable[str]) -> str:
    """The name, or it with underscores, so that it is none of those taken in any letter case.

    Examples
    --------
    >>> unused("new", ["NEW", "x"])
    'new_'
    """
    lower = {each.lower() for each in taken}
    while name.lower() in lower:
        name += "_"
    return name


def _synthetic_left(chained: Chained, reports: Sequence[ResampleReport]) -> dict[LabelValue, int]:
    """New rows of each class among those that are left."""
    made: dict[LabelValue, int] = {}
    may_be_gone = False
    for report in reports:
        may_be_gone |= bool(made) and any(c.rows_added < 0 for c in report.classes)
        for c in report.classes:
            if c.new_rows:
                made[c.label] = made.get(c.label, 0) + c.new_rows
    if not may_be_gone:
        return made
    label = chained.given.index(reports[0].label_col)
    neutral = chained.frame.toDF(*[f"c{i}" for i in range(len(chained.frame.columns))])
    new = neutral.filter(F.col(f"c{chained.frame.columns.index(chained.mark)}"))
    return {row[0]: row[1] for row in new.groupBy(f"c{label}").count().collect()}


def _outcomes(
    reports: Sequence[ResampleReport], synthetic: dict[LabelValue, int]
) -> list[ClassOutcome]:
    outcomes = []
    for first in reports[0].classes:
        of_steps = [c for report in reports for c in report.classes if c.label == first.label]
        gone = {c.label for c in reports[-1].classes}
        done = [c for c in of_steps if c.method != "untouched"]
        searching = next((c for c in done if c.k_requested), first)
        outcome = replace(
            searching,
            rows_before=first.rows_before,
            rows_usable=first.rows_usable,
            rows_after=of_steps[-1].rows_after if first.label in gone else 0,
            method=", ".join(dict.fromkeys(c.method for c in done)) or "untouched",
            rows_synthetic=synthetic.get(first.label, 0),
        )
        notes = [
            f"step {number} removed {-c.rows_added:,}"
            for number, report in enumerate(reports, 1)
            for c in report.classes
            if c.label == first.label and c.rows_added < 0
        ]
        if notes and any(c.new_rows for c in of_steps):
            notes.append(f"{outcome.rows_removed:,} of the rows removed were real")
        told = [c.note for c in of_steps if c.note]
        outcomes.append(replace(outcome, note="; ".join([*told, *notes])))
    return outcomes


def _notices(reports: Sequence[ResampleReport], classes: Sequence[ClassOutcome]) -> list[Notice]:
    """What the steps gave rise to; what they do to the classes is told of all of them together."""
    notices = [
        replace(told, message=f"Step {number}: {told.message}")
        for number, report in enumerate(reports, 1)
        for told in report.notices
        if told.code not in ("balance_turned", "minority_removed")
    ]
    before = {c.label: c.rows_before for c in reports[0].classes}
    after = {c.label: c.rows_after for c in reports[-1].classes}
    rare, common = smallest(before), largest(before)
    lost = next(c.rows_removed for c in classes if c.label == rare)
    if lost > MOST_OF_MINORITY * before[rare]:
        notices.append(
            Notice(
                "minority_removed",
                f"Class {rare!r}, the smallest, loses {lost:,} of its {before[rare]:,} real rows "
                f"({lost / before[rare]:.0%}).",
            )
        )
    if after.get(rare, 0) > after.get(common, 0):
        notices.append(
            Notice(
                "balance_turned",
                f"Class {rare!r}, the smallest of {before[rare]:,} rows, has {after[rare]:,} now, "
                f"more than class {common!r}, which was the largest: {after.get(common, 0):,} of "
                f"{before[common]:,}.",
            )
        )
    return notices


def _marks_merged(step: ResamplePlan, mark: str, earlier: str) -> DataFrame:
    """The rows after a step, those it made and those made before it marked by one column."""
    rows = step.resampled()
    names = rows.columns
    neutral = rows.toDF(*[f"c{i}" for i in range(len(names))])
    new = F.col(f"c{names.index(mark)}")
    columns = [
        (F.col(f"c{i}") | new).alias(f"c{i}") if name == earlier else f"c{i}"
        for i, name in enumerate(names)
        if name != mark
    ]
    frame = neutral.select(*columns).toDF(*[name for name in names if name != mark])
    for kept in step.kept:
        frame = kept.lend(frame)
    return frame


def _picked(rows: DataFrame, names: Sequence[str], mark: str, *, marked: bool | None) -> DataFrame:
    """Some columns of the rows that are marked as new, or not, or of all (None)."""
    places = {name: i for i, name in enumerate(rows.columns)}
    neutral = rows.toDF(*[f"c{i}" for i in places.values()])
    if marked is not None:
        new = F.col(f"c{places[mark]}")
        neutral = neutral.filter(new if marked else ~new)
    return neutral.select(*[f"c{places[name]}" for name in names]).toDF(*names)

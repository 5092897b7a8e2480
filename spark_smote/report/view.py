"""What the pages show, worked out from the result model: no markup here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median

from spark_smote.report import wording
from spark_smote.results import (
    ClassOutcome,
    ColumnDrift,
    ColumnRole,
    LabelValue,
    LevelDrift,
    NearestReal,
    PointSet,
    Portrait,
    ResampleReport,
    SearchAccuracy,
)

BARS = 30
"""Classes in the picture of counts; the table has them all."""

PANELS = 6
"""Classes with pictures of their rows."""

CONTEXT_POINTS = 1_200
"""Rows of all other classes behind those of one class."""

DRIFT_COLUMNS = 20
DRIFT_COLUMNS_OF_MANY = 8
"""Columns listed per class, when there are one or two classes and when there are more."""

MOVED_COLUMNS = 4
"""Nominal columns named in a sentence."""

LOG_SCALE_FROM = 100
"""Largest / smallest count beyond which a bar to scale would be too short to see."""

FEW_ROWS = 100
"""Real rows below which a Kolmogorov-Smirnov statistic is mostly chance (0.19 at 5 % for 100)."""

ROLES = ("input", "nominal", "label", "group", "carried", "id", "ignored")


# --- class counts ---


@dataclass(frozen=True)
class Bar:
    """One class: the parts of its bar in percent of the picture's width."""

    label: str
    kept: float
    added: float
    removed: float
    grown: bool
    before: int
    change: int
    after: int

    @property
    def figures(self) -> str:
        """The exact numbers of the bar.

        >>> Bar("a", 10, 20, 0, True, 2747, 280554, 283301).figures
        '2,747 + 280,554 = 283,301'
        """
        if not self.change:
            return wording.count(self.before)
        sign = "+" if self.change > 0 else wording.MINUS
        change = wording.count(abs(self.change))
        return f"{wording.count(self.before)} {sign} {change} = {wording.count(self.after)}"


@dataclass(frozen=True)
class Bars:
    """Class counts before and after."""

    bars: list[Bar]
    ticks: list[tuple[float, str]]
    logarithmic: bool
    left_out: int
    """Classes beyond the first `BARS`."""


def bars(report: ResampleReport) -> Bars:
    """The picture of class counts, largest class first."""
    counts = [n for c in report.classes for n in (c.rows_before, c.rows_after) if n > 0]
    top = max(counts, default=1)
    logarithmic = top > LOG_SCALE_FROM * min(counts, default=1)

    def place(rows: int) -> float:
        if logarithmic:
            return 100 * math.log10(max(rows, 1)) / math.log10(top)
        return 100 * rows / top

    shown = by_size(report.classes)[:BARS]
    return Bars(
        bars=[_bar(c, place(c.rows_before), place(c.rows_after)) for c in shown],
        ticks=[(place(n), _power_of_ten(n)) for n in _decades(top)] if logarithmic else [],
        logarithmic=logarithmic,
        left_out=len(report.classes) - len(shown),
    )


def _bar(outcome: ClassOutcome, before: float, after: float) -> Bar:
    return Bar(
        label=wording.literal(outcome.label),
        kept=round(min(before, after), 3),
        added=round(max(after - before, 0.0), 3),
        removed=round(max(before - after, 0.0), 3),
        grown=outcome.rows_added > 0,
        before=outcome.rows_before,
        change=outcome.rows_added,
        after=outcome.rows_after,
    )


def _decades(top: int) -> list[int]:
    powers = list(range(int(math.log10(top)) + 1))
    return [10**power for power in powers[:: 1 + len(powers) // 8]]


def _power_of_ten(number: int) -> str:
    for size, unit in ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number // size:,}{unit}"
    return str(number)


def by_size(classes: Iterable[ClassOutcome]) -> list[ClassOutcome]:
    """Classes in the order in which they are shown: most rows at the start first."""
    return sorted(classes, key=lambda c: -c.rows_before)


def accuracy_by_size(report: ResampleReport) -> list[SearchAccuracy]:
    """The measured classes in the order of `by_size`."""
    order = {c.label: i for i, c in enumerate(by_size(report.classes))}
    return sorted(report.accuracy, key=lambda a: order.get(a.label, len(order)))


# --- points ---


@dataclass(frozen=True)
class Panel:
    """One class in one plane."""

    real: PointSet
    synthetic: PointSet
    context: list[PointSet]


def pictured_classes(report: ResampleReport) -> list[LabelValue]:
    """The classes with pictures: those with most new rows, largest class first."""
    sampled = _labels_with_rows(report.portrait)
    grown = [c for c in by_size(report.classes) if c.label in sampled]
    most = sorted(grown, key=lambda c: -c.rows_added)[:PANELS]
    return [c.label for c in grown if c in most]


def _labels_with_rows(portrait: Portrait | None) -> set[LabelValue]:
    if portrait is None:
        return set()
    return {
        *(p.label for plane in portrait.planes for p in plane.points if p.kind == "synthetic"),
        *(drift.label for drift in portrait.drift),
        *(moved.label for moved in portrait.levels),
        *(nearest.label for nearest in portrait.nearest if nearest.synthetic),
    }


def panel(points: list[PointSet], label: LabelValue) -> Panel | None:
    """One class before the background of all others; None where it has no new rows to show."""

    def of_kind(kind: str) -> PointSet | None:
        return next((p for p in points if p.label == label and p.kind == kind), None)

    real, synthetic = of_kind("real"), of_kind("synthetic")
    if real is None or synthetic is None:
        return None
    others = [p for p in points if p.label != label and p.kind == "real"]
    thinned = min(1.0, CONTEXT_POINTS / max(1, sum(len(p.x) for p in others)))
    return Panel(real, synthetic, [_first(p, thinned) for p in others])


def _first(points: PointSet, part: float) -> PointSet:
    kept = math.ceil(part * len(points.x))
    return replace(points, x=points.x[:kept], y=points.y[:kept])


def nearest_to_real(report: ResampleReport, limit: int = 3) -> list[NearestReal]:
    """The classes whose new rows come nearest to real ones: copies first, then by distance."""
    if report.portrait is None:
        return []
    measured = [nearest for nearest in report.portrait.nearest if nearest.synthetic]
    return sorted(measured, key=lambda n: (-n.copies_share, median(n.synthetic)))[:limit]


# --- drift ---


@dataclass(frozen=True)
class Drift:
    """One column of one class."""

    column: str
    ks: float
    shift: float
    """Difference of the means in the real rows' standard deviations; NaN where these are 0."""
    spread: float
    """Standard deviation of new rows / of real rows; NaN where the latter is 0."""


@dataclass(frozen=True)
class DriftTable:
    """The columns of one class that drift most."""

    columns: list[Drift]
    left_out: int
    largest_left_out: float
    real_rows: int

    @property
    def few(self) -> bool:
        """Whether there are too few real rows to tell drift from chance."""
        return self.real_rows < FEW_ROWS


def drift_tables(report: ResampleReport, labels: list[LabelValue]) -> dict[LabelValue, DriftTable]:
    """Per class, the columns sorted by their KS statistic."""
    if report.portrait is None:
        return {}
    limit = DRIFT_COLUMNS if len(labels) <= 2 else DRIFT_COLUMNS_OF_MANY
    usable = {c.label: c.rows_usable for c in report.classes}
    tables = {}
    for label in labels:
        found = [d for d in report.portrait.drift if d.label == label]
        found.sort(key=lambda d: -d.ks_statistic)
        if found:
            tables[label] = DriftTable(
                columns=[_drift(d) for d in found[:limit]],
                left_out=len(found[limit:]),
                largest_left_out=max((d.ks_statistic for d in found[limit:]), default=0.0),
                real_rows=usable.get(label, 0),
            )
    return tables


@dataclass(frozen=True)
class LevelTable:
    """The nominal columns of one class whose levels moved most."""

    columns: list[LevelDrift]
    left_out: int
    largest_left_out: float
    real_rows: int

    @property
    def few(self) -> bool:
        """Whether there are too few real rows to tell a move from chance."""
        return self.real_rows < FEW_ROWS

    @property
    def sentence(self) -> str:
        """The same in words."""
        return wording.levels_sentence(self.columns, self.left_out, self.largest_left_out)


def level_tables(
    report: ResampleReport, labels: list[LabelValue], limit: int | None = None
) -> dict[LabelValue, LevelTable]:
    """Per class, the nominal columns by how far the shares of their levels are apart."""
    if report.portrait is None:
        return {}
    limit = limit or (DRIFT_COLUMNS if len(labels) <= 2 else DRIFT_COLUMNS_OF_MANY)
    usable = {c.label: c.rows_usable for c in report.classes}
    tables = {}
    for label in labels:
        found = [moved for moved in report.portrait.levels if moved.label == label]
        found.sort(key=lambda moved: -moved.total_variation)
        if found:
            tables[label] = LevelTable(
                columns=found[:limit],
                left_out=len(found[limit:]),
                largest_left_out=max((m.total_variation for m in found[limit:]), default=0.0),
                real_rows=usable.get(label, 0),
            )
    return tables


def most_moved(report: ResampleReport, limit: int = 3) -> dict[LabelValue, LevelTable]:
    """The classes whose levels moved most, with the few columns in which they did."""
    tables = level_tables(report, [c.label for c in report.classes], MOVED_COLUMNS)
    order = sorted(tables, key=lambda label: -tables[label].columns[0].total_variation)
    return {label: tables[label] for label in order[:limit]}


def _drift(drift: ColumnDrift) -> Drift:
    difference = drift.synthetic_mean - drift.real_mean
    unit = drift.real_std
    same = difference == 0 and drift.synthetic_std == unit
    return Drift(
        column=wording.literal(drift.column),
        ks=drift.ks_statistic,
        shift=difference / unit if unit > 0 else (0.0 if same else math.nan),
        spread=drift.synthetic_std / unit if unit > 0 else (1.0 if same else math.nan),
    )


# --- tables ---


@dataclass(frozen=True)
class Parameter:
    """One parameter, as asked and as used."""

    name: str
    asked: str | None
    used: str

    @property
    def differs(self) -> bool:
        """Whether another value was used than the one given."""
        return self.asked is not None and self.asked != self.used


def parameters(report: ResampleReport) -> list[Parameter]:
    """Every parameter as used, those given by the user first."""
    names = [*report.asked, *(name for name in report.resolved if name not in report.asked)]
    return [
        Parameter(
            name=wording.literal(name),
            asked=wording.setting(report.asked[name]) if name in report.asked else None,
            used=wording.setting(report.resolved[name])
            if name in report.resolved
            else wording.ABSENT,
        )
        for name in names
    ]


@dataclass(frozen=True)
class Constraint:
    """One of `constraints` in one class that receives rows."""

    condition: str
    label: str
    rows: int
    unmet: int
    unknown: int
    drawn_met: float
    """Share of trial draws that meet it."""


def constraints(report: ResampleReport) -> list[Constraint]:
    """Constraints as asked, each in the classes that receive rows."""
    order: dict[str, int] = {}
    for found in report.constraints:
        order.setdefault(found.condition, len(order))
    trial = {each.label: each for each in report.trial_draws}
    return [
        Constraint(
            condition=wording.literal(found.condition),
            label=wording.literal(found.label),
            rows=found.rows,
            unmet=found.unmet,
            unknown=found.unknown,
            drawn_met=trial[found.label].met_each[order[found.condition]]
            / trial[found.label].draws,
        )
        for found in report.constraints
        if found.label in trial
    ]


def columns_by_role(report: ResampleReport) -> list[ColumnRole]:
    """Columns in the order of their roles, within a role that of the table."""
    order = {role: i for i, role in enumerate(ROLES)}
    return sorted(report.columns, key=lambda column: order.get(column.role, len(order)))

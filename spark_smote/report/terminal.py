"""The report in a terminal: plain text in columns."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Sequence

from spark_smote.report import view, wording
from spark_smote.results import ClassOutcome, ColumnRole, Notice, ResampleReport

CLASSES = 20
"""Classes in the table."""

COLUMNS = 30
"""Columns named for each of their fates."""

NAME = 36
"""Characters of a class's name in the table; all of them where it is mentioned."""

LINE = 88
"""Columns of a line of prose."""


def text_summary(report: ResampleReport) -> str:
    """The report as plain text, without escape sequences and without a final line break.

    Parameters
    ----------
    report : ResampleReport

    Returns
    -------
    str

    Examples
    --------
    >>> classes = [ClassOutcome("ok", 90, 90, 90, "untouched", 5, 0),
    ...            ClassOutcome("fraud", 10, 10, 90, "smote", 5, 5, 1)]
    >>> print(text_summary(ResampleReport("SMOTE", "label", {}, {}, [], classes)))
    SMOTE on label: 10 -> 90 rows of class fraud; 80 synthetic
    <BLANKLINE>
    class  before  after  change     method  k
    ok         90     90       0  untouched  -
    fraud      10     90     +80      smote  5
    <BLANKLINE>
    The accuracy of the neighbour search was not measured in this run.
    """
    headline = wording.headline(report, arrow="->")
    title = f"{wording.literal(report.method)} on {wording.literal(report.label_col)}: {headline}"
    steps = [wrapped(step, indent="  ") for step in wording.steps(report, arrow="->")]
    parts = ["\n".join([title, *steps]), _classes(report)]
    if report.makes_rows:
        parts += _columns(report, "columns on new rows", wording.on_new_rows)
    else:
        parts += _columns(report, "columns", wording.on_removal)
    parts.append(wrapped(wording.accuracy_sentence(report)))
    parts += [
        wrapped(f"class {wording.literal(nearest.label)}: {wording.nearest_sentence(nearest)}")
        for nearest in view.nearest_to_real(report)
    ]
    parts += [
        wrapped(f"class {wording.literal(label)}: {table.sentence}")
        for label, table in view.most_moved(report).items()
    ]
    if constraints := view.constraints(report):
        lines = [wrapped(_constraint(each), indent="    ") for each in constraints]
        parts.append("\n".join(["constraints", *(f"  {line}" for line in lines)]))
    parts += map(_notice, report.notices)
    if report.phases:
        parts.append(wrapped(_times(report)))
    return "\n\n".join(parts)


def _columns(report: ResampleReport, title: str, fate_of: Callable[[ColumnRole], str]) -> list[str]:
    """What becomes of each column, a line per fate."""
    fates: dict[str, list[str]] = {}
    for column in view.columns_by_role(report):
        fates.setdefault(fate_of(column), []).append(wording.literal(column.name))
    lines = []
    for fate, names in fates.items():
        more = f" and {len(names) - COLUMNS} more" if len(names) > COLUMNS else ""
        lines.append(wrapped(f"{fate}: {', '.join(names[:COLUMNS])}{more}", indent="    "))
    return ["\n".join([title, *(f"  {line}" for line in lines)])] if lines else []


def _constraint(constraint: view.Constraint) -> str:
    who = f"{constraint.condition}, class {constraint.label}"
    return f"{who}: {wording.constraint_sentence(constraint)}"


def _classes(report: ResampleReport) -> str:
    shown = view.by_size(report.classes)[:CLASSES]
    lines = aligned([("class", "before", "after", "change", "method", "k"), *map(_row, shown)])
    notes = [
        wrapped(f"{wording.literal(c.label)}: {wording.literal(c.note)}") for c in shown if c.note
    ]
    more = len(report.classes) - len(shown)
    rest = [f"and {wording.count(more)} smaller classes"] if more else []
    return "\n".join([*lines, *rest, *notes])


def _row(outcome: ClassOutcome) -> tuple[str, ...]:
    change = wording.count(outcome.rows_added)
    name = wording.literal(outcome.label)
    return (
        name if len(name) <= NAME else f"{name[: NAME - 3]}...",
        wording.count(outcome.rows_before),
        wording.count(outcome.rows_after),
        f"+{change}" if outcome.rows_added > 0 else change,
        outcome.method,
        wording.k_used(outcome).replace(wording.ABSENT, "-"),
    )


def _notice(notice: Notice) -> str:
    return wrapped(f"{notice.severity}: {wording.literal(notice.message)}", indent="  ")


def _times(report: ResampleReport) -> str:
    steps = ", ".join(f"{p.name} {wording.seconds(p.seconds)}" for p in report.phases)
    return f"time: {steps}; total {wording.seconds(sum(p.seconds for p in report.phases))}"


def wrapped(text: str, indent: str = "") -> str:
    """Prose in lines of `LINE` columns."""
    return textwrap.fill(text, LINE, subsequent_indent=indent, break_on_hyphens=False)


def aligned(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Aligned columns: the first ones to the left, the others to the right."""
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(_padded(row, widths, left)).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int], left: int) -> list[str]:
    blanks = [" " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
    pairs = list(zip(row, blanks, strict=True))
    return [c + b for c, b in pairs[:left]] + [b + c for c, b in pairs[left:]]


def _width(text: str) -> int:
    """Columns in a terminal: East Asian characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )

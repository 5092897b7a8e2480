"""The report in a notebook: compact, in pure HTML, with nothing installed but Python.

Styles are inline, since notebooks share one page between all outputs, and in colours that can be
read on a light and on a dark ground.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from spark_smote.inspected import Finding
from spark_smote.report import view, wording
from spark_smote.results import ClassOutcome, Notice, ResampleReport

CLASSES = 20
"""Classes in the table."""

REAL, SYNTHETIC, CONTEXT = "#d9722a", "#3a8fd0", "#98a2ac"

HEADLINE = "margin:0 0 0.5em;font-size:1.25em;font-weight:600"
_CELL = "padding:0.25em 0.9em 0.25em 0;border:0;vertical-align:middle;background:none"
_LEFT, _RIGHT = f"{_CELL};text-align:left", f"{_CELL};text-align:right;white-space:nowrap"


def notebook_html(report: ResampleReport) -> str:
    """The report as an HTML fragment for a notebook cell.

    Parameters
    ----------
    report : ResampleReport

    Returns
    -------
    str
        What happened, warnings, the table of classes with a bar each, and the accuracy of the
        neighbour search. Needs neither Jinja2 nor matplotlib.
    """
    title = f"{shown(report.method)} on label column {named(report.label_col)}"
    headline, accuracy = wording.headline(report), wording.accuracy_sentence(report)
    parts = [
        f'<p style="margin:0;opacity:0.7">{title}</p>',
        f'<p style="{HEADLINE}">{shown(headline)}</p>',
        *(f'<p style="margin:0 0 0.5em">{shown(step)}</p>' for step in wording.steps(report)),
        *map(notice_line, report.notices),
        _classes(report),
        f'<p style="margin:0.5em 0">{shown(accuracy)}</p>',
    ]
    sentences = [
        f"<li><code>{shown(each.condition)}</code>, class <bdi>{shown(each.label)}</bdi>: "
        f"{shown(wording.constraint_sentence(each))}</li>"
        for each in view.constraints(report)
    ]
    sentences += [
        f"<li>Class {named(nearest.label)}: {shown(wording.nearest_sentence(nearest))}</li>"
        for nearest in view.nearest_to_real(report)
    ]
    sentences += [
        f"<li>Class {named(label)}: {shown(table.sentence)}</li>"
        for label, table in view.most_moved(report).items()
    ]
    if sentences:
        parts.append(f'<ul style="margin:0.5em 0;padding-left:1.2em">{"".join(sentences)}</ul>')
    return (
        '<div style="max-width:56em;line-height:1.45;font-variant-numeric:tabular-nums">'
        f"{''.join(parts)}</div>"
    )


def shown(value: object) -> str:
    """Any text as markup."""
    return escape(str(value))


def named(value: object) -> str:
    """A label or a column's name as markup, whatever characters it is made of."""
    return f"<bdi>{escape(wording.literal(value))}</bdi>"


def notice_line(notice: Notice | Finding) -> str:
    """A warning or a remark."""
    grave = notice.severity == "warning"
    colour, word = ("#b8860b", "Warning") if grave else (CONTEXT, "Note")
    return (
        f'<p style="margin:0 0 0.5em;padding-left:0.75em;border-left:4px solid {colour}">'
        f"<strong>{word}:</strong> {shown(notice.message)}</p>"
    )


def _classes(report: ResampleReport) -> str:
    classes = view.by_size(report.classes)[:CLASSES]
    picture = view.bars(report)
    scale = "log scale" if picture.logarithmic else ""
    notes = any(outcome.note for outcome in classes)
    heads = ["class", "before", "after", "change", scale, "method", "k", *["note"][:notes]]
    rows = "".join(
        f"<tr>{cells_of('td', _row(outcome, bar, notes))}</tr>"
        for outcome, bar in zip(classes, picture.bars, strict=False)
    )
    more = len(report.classes) - len(classes)
    rest = f'<p style="opacity:0.7">{wording.count(more)} smaller classes not shown</p>'
    return (
        '<table style="border-collapse:collapse;margin:0;border:0"><thead><tr>'
        f"{cells_of('th', heads)}</tr></thead><tbody>{rows}</tbody></table>{rest if more else ''}"
    )


def _row(outcome: ClassOutcome, bar: view.Bar, notes: bool) -> list[str]:
    change = wording.count(outcome.rows_added)
    return [
        named(outcome.label),
        wording.count(outcome.rows_before),
        wording.count(outcome.rows_after),
        f"+{change}" if outcome.rows_added > 0 else change.replace("-", wording.MINUS),
        _bar(bar),
        shown(outcome.method),
        shown(wording.k_used(outcome)),
        *[shown(outcome.note)][:notes],
    ]


def cells_of(tag: str, cells: Sequence[str], figures: range = range(1, 4)) -> str:
    """Cells of markup; figures, in the three columns after the first, stand to the right."""
    return "".join(
        f'<{tag} style="{_RIGHT if i in figures else _LEFT}">{cell}</{tag}>'
        for i, cell in enumerate(cells)
    )


def _bar(bar: view.Bar) -> str:
    parts = [(bar.kept, REAL if bar.grown else CONTEXT)]
    parts += [(bar.added, SYNTHETIC)] if bar.added else []
    spans = "".join(
        f'<span style="display:block;height:0.7em;min-width:1px;width:{width:g}%;'
        f'background:{colour}"></span>'
        for width, colour in parts
    )
    return f'<div style="display:flex;width:12em">{spans}</div>'

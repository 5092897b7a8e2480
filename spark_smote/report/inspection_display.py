"""An inspection in a terminal and in a notebook: nothing but Python needed."""

from __future__ import annotations

from collections.abc import Sequence

from spark_smote.inspected import Finding, Inspection
from spark_smote.report import inspection_view as view
from spark_smote.report import wording
from spark_smote.report.notebook import HEADLINE, cells_of, named, notice_line, shown
from spark_smote.report.terminal import aligned, wrapped

CLASSES = 20
COLUMNS = 60
"""Listed in a terminal or a notebook; page and JSON have them all."""
TYPE = 24
"""Characters of a column's type."""


def inspection_text(inspection: Inspection) -> str:
    """An inspection as plain text, without a final line break."""
    classes = view.rare_first(inspection)
    columns = [
        view.COLUMN_HEADS,
        *(_shortened(view.column_row(c)) for c in inspection.columns[:COLUMNS]),
    ]
    figures = aligned([row[:-1] for row in columns], left=3)
    by_label = wording.literal(inspection.label_col)
    parts = [
        wrapped(f"{by_label}: {view.headline(inspection)}"),
        *(_advice(inspection)),
        "\n".join(
            [
                *aligned([view.CLASS_HEADS, *map(view.class_row, classes[:CLASSES])]),
                *_more(len(classes) - CLASSES, "larger classes"),
            ]
        ),
        "\n".join(
            [
                *(f"{line}  {row[-1]}" for line, row in zip(figures, columns, strict=True)),
                *_more(len(inspection.columns) - COLUMNS, "columns"),
            ]
        ),
        *map(_finding, inspection.findings),
        *map(wrapped, view.notes(inspection)),
    ]
    return "\n\n".join(part.replace(wording.ABSENT, "-") for part in parts)


def _advice(inspection: Inspection) -> list[str]:
    said = [
        wrapped(
            f"try first for class {wording.literal(a.label)}: {view.advice_sentence(a)}"
            + (f" [{a.source}]" if a.source else ""),
            indent="  ",
        )
        for a in inspection.advice[:CLASSES]
    ]
    return said + _more(len(inspection.advice) - CLASSES, "classes, in the JSON document")


def _more(number: int, what: str) -> list[str]:
    return [f"and {number:,} {what}"] if number > 0 else []


def _shortened(row: tuple[str, ...]) -> tuple[str, ...]:
    name, kind, *rest = row
    return name, kind if len(kind) <= TYPE else f"{kind[: TYPE - 3]}...", *rest


def _finding(finding: Finding) -> str:
    source = f" [{finding.source}]" if finding.source else ""
    message = wording.literal(finding.message)
    return wrapped(f"{finding.severity}: {message}{source}", indent="  ")


def inspection_notebook(inspection: Inspection) -> str:
    """An inspection as an HTML fragment for a notebook cell."""
    classes = [view.class_row(c) for c in view.rare_first(inspection)[:CLASSES]]
    columns = [view.column_row(c) for c in inspection.columns[:COLUMNS]]
    advice = "".join(
        f"<li>Class {named(a.label)}: try first {shown(view.advice_sentence(a))} "
        f'<span style="opacity:0.7">{shown(a.source)}</span></li>'
        for a in inspection.advice[:CLASSES]
    )
    more = _more(len(inspection.columns) - COLUMNS, "columns in the JSON document")
    parts = [
        f'<p style="margin:0;opacity:0.7">Inspection by {named(inspection.label_col)}</p>',
        f'<p style="{HEADLINE}">{shown(view.headline(inspection))}</p>',
        f'<ul style="margin:0.5em 0;padding-left:1.2em">{advice}</ul>',
        _table(view.CLASS_HEADS, classes, range(1, 8)),
        *map(notice_line, inspection.findings),
        _table(view.COLUMN_HEADS, columns, view.FIGURES_OF_COLUMNS),
        *(f'<p style="opacity:0.7">{shown(note)}</p>' for note in [*more, *view.notes(inspection)]),
    ]
    return (
        '<div style="max-width:60em;line-height:1.45;font-variant-numeric:tabular-nums">'
        f"{''.join(parts)}</div>"
    )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], figures: range) -> str:
    body = "".join(
        f"<tr>{cells_of('td', [named(row[0]), *map(shown, row[1:])], figures)}</tr>" for row in rows
    )
    return (
        '<table style="border-collapse:collapse;margin:0.5em 0;border:0"><thead><tr>'
        f"{cells_of('th', heads, figures)}</tr></thead><tbody>{body}</tbody></table>"
    )

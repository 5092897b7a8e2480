"""The report as a page: Jinja2 puts the view and the pictures into the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from spark_smote.report import view, wording
from spark_smote.report.pictures import distances, scatter
from spark_smote.report.small_multiples import panels
from spark_smote.results import LabelValue, MethodShown, NearestReal, Plane, ResampleReport

LONG_TABLE = 40
"""Rows beyond which a table starts folded."""


@dataclass(frozen=True)
class Picture:
    """One picture and the words around it."""

    title: str
    svg: Markup
    alt: str
    x_name: str
    y_name: str
    note: str


@dataclass(frozen=True)
class ClassPortrait:
    """What there is to see of one class."""

    label: str
    pictures: list[Picture]
    drift: view.DriftTable | None
    levels: view.LevelTable | None


@dataclass(frozen=True)
class MethodPanel:
    """What one method does to the small table of a gallery."""

    title: str
    counts: str
    summary: str
    svg: Markup


def render_page(report: ResampleReport, gallery: Sequence[MethodShown] = ()) -> str:
    """See `spark_smote.report.to_html`."""
    context = {**_context(report), "gallery": _gallery(gallery)}
    return template("report.html").render(context)


def template(name: str) -> Template:
    """A template of the package, with the filters that all of them use."""
    environment = Environment(
        loader=PackageLoader("spark_smote", "report/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=wording.count,
        rows=wording.rows,
        figure=wording.figure,
        literal=wording.literal,
        recall=wording.recall,
        ratio=wording.ratio,
        seconds=wording.seconds,
        share=wording.share,
    )
    return environment.get_template(name)


def _context(report: ResampleReport) -> dict[str, Any]:
    labels = view.pictured_classes(report)
    grown = [c for c in report.classes if c.rows_added > 0]
    return {
        "report": report,
        "wording": wording,
        "headline": wording.headline(report),
        "warnings": [n for n in report.notices if n.severity == "warning"],
        "remarks": [n for n in report.notices if n.severity != "warning"],
        "bars": view.bars(report),
        "classes": view.by_size(report.classes),
        "notes": any(c.note or c.rows_usable != c.rows_before for c in report.classes),
        "constraints": view.constraints(report),
        "accuracy": view.accuracy_by_size(report),
        "looked_at": any(c.role in ("input", "nominal") for c in report.columns),
        "portraits": _portraits(report, labels),
        "unpictured": len(grown) - len(labels) if report.portrait else 0,
        "parameters": view.parameters(report),
        "columns": view.columns_by_role(report),
        "total_seconds": sum(phase.seconds for phase in report.phases),
        "longest_phase": max((phase.seconds for phase in report.phases), default=0.0),
        "long_table": LONG_TABLE,
    }


def _portraits(report: ResampleReport, labels: list[LabelValue]) -> list[ClassPortrait]:
    portrait = report.portrait
    if portrait is None:
        return []
    drift, levels = view.drift_tables(report, labels), view.level_tables(report, labels)
    nearest = {measured.label: measured for measured in portrait.nearest if measured.synthetic}
    portraits = []
    for i, label in enumerate(labels):
        scatters = (
            _scatter(plane, label, f"class{i}-plane{j}") for j, plane in enumerate(portrait.planes)
        )
        pictures = [picture for picture in scatters if picture is not None]
        if label in nearest:
            pictures.append(_distance(nearest[label], f"class{i}-distance"))
        portraits.append(
            ClassPortrait(wording.literal(label), pictures, drift.get(label), levels.get(label))
        )
    return portraits


def _gallery(shown: Sequence[MethodShown]) -> list[MethodPanel]:
    return [
        MethodPanel(
            title=wording.method_title(each),
            counts=wording.method_counts(each),
            summary=each.summary,
            svg=Markup(svg),
        )
        for each, svg in zip(shown, panels(shown) if shown else (), strict=True)
    ]


def _scatter(plane: Plane, label: LabelValue, identity: str) -> Picture | None:
    panel = view.panel(plane.points, label)
    if panel is None:
        return None
    svg, outside = scatter(panel, identity)
    shown = (
        f"{wording.count(len(panel.real.x))} real and "
        f"{wording.count(len(panel.synthetic.x))} synthetic rows"
    )
    x_name, y_name = wording.literal(plane.x_name), wording.literal(plane.y_name)
    return Picture(
        title=wording.literal(plane.title),
        svg=Markup(svg),
        alt=f"Scatter plot of {shown} of class {wording.literal(label)} before rows of all other "
        f"classes: {y_name} against {x_name}.",
        x_name=x_name,
        y_name=y_name,
        note=f"{shown}, {wording.count(outside)} beyond the edges." if outside else f"{shown}.",
    )


def _distance(nearest: NearestReal, identity: str) -> Picture:
    svg, beyond = distances(nearest, identity)
    sentence = wording.nearest_sentence(nearest)
    are = "is" if beyond == 1 else "are"
    cut = f"; {wording.rows(beyond)} {are} farther away than shown" if beyond else ""
    return Picture(
        title="Distance to the nearest real row",
        svg=Markup(svg),
        alt="Cumulative distribution of the distance to the nearest real row, for new and for real "
        f"rows of class {wording.literal(nearest.label)}. {sentence}",
        x_name="distance in standard deviations",
        y_name="share of rows at most that far",
        note=f"{sentence} Dots mark the medians{cut}.",
    )

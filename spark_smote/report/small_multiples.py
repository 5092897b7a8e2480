"""A gallery of methods: the same small table after each, drawn alike, for a page or as one file."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from spark_smote.labels import smallest
from spark_smote.report import wording
from spark_smote.report.pictures import (
    COLOURS,
    POINTS_PER_INCH,
    Floats,
    dots,
    inline,
    settings,
    strokes,
    xy_of,
)
from spark_smote.results import MethodShown, PointSet

PANEL_PX = 228, 190
COLUMNS = 4
GAP_PX, MARGIN_PX, LEGEND_PX, TITLE_PX = 22, 14, 26, 40
DOTS_PER_INCH = 2 * POINTS_PER_INCH
"""Of the file: twice those of a page, for screens that have them."""

MAJORITY_DOT, MINORITY_DOT, NEW_SQUARE = 2.7, 2.6, 4.0
"""In points. A square is wider than a dot, so that it can be seen behind one: a copy."""
CROSS, CROSS_STROKE = 1.8, 0.75
"""Half its width, and the width of its strokes."""

Range = tuple[float, float]


@dataclass(frozen=True)
class Canvas:
    """What all panels have in common."""

    x_range: Range
    y_range: Range
    palette: Mapping[str, str]
    pixels: bool = False
    """Whether they become a file of pixels."""

    @property
    def pixel(self) -> Floats:
        """Width and height of one, in units of the data."""
        return np.array([np.ptp(self.x_range), np.ptp(self.y_range)]) / PANEL_PX


def panels(shown: Sequence[MethodShown]) -> list[str]:
    """Each panel as an SVG element for a page, in the page's colours."""
    canvas = Canvas(*_ranges(shown), COLOURS)
    drawn = []
    for i, each in enumerate(shown):
        with settings():
            figure = Figure(figsize=_inches(*PANEL_PX))
            figure.patch.set_visible(False)
            _draw(figure.add_axes((0, 0, 1, 1)), each, canvas)
            drawn.append(inline(figure, f"method{i}"))
    return drawn


def gallery_png(shown: Sequence[MethodShown]) -> bytes:
    """All panels in one picture, with titles and a legend, in the page's light colours."""
    canvas = Canvas(*_ranges(shown), _light_palette(), pixels=True)
    lines = math.ceil(len(shown) / COLUMNS)
    step = PANEL_PX[0] + GAP_PX, PANEL_PX[1] + TITLE_PX + GAP_PX
    width = 2 * MARGIN_PX + COLUMNS * step[0] - GAP_PX
    height = 2 * MARGIN_PX + LEGEND_PX + lines * step[1] - GAP_PX
    with settings():
        figure = Figure(figsize=_inches(width, height), facecolor=canvas.palette["paper"])
        for i, each in enumerate(shown):
            left = MARGIN_PX + i % COLUMNS * step[0]
            top = height - MARGIN_PX - LEGEND_PX - i // COLUMNS * step[1]
            place = (left, top - TITLE_PX - PANEL_PX[1], *PANEL_PX)
            of_figure = place / np.array([width, height, width, height])
            axes = figure.add_axes(tuple(of_figure.tolist()))
            _draw(axes, each, canvas)
            _entitle(axes, each, canvas.palette)
        _explain(figure, canvas.palette)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=DOTS_PER_INCH)
    return _in_few_colours(file)


def _in_few_colours(file: io.BytesIO) -> bytes:
    """The picture in a third of the bytes: six colours and what lies between them."""
    smaller = io.BytesIO()
    Image.open(file).convert("RGB").quantize(64).save(smaller, "png", optimize=True)
    return smaller.getvalue()


def _inches(width_px: float, height_px: float) -> tuple[float, float]:
    return width_px / POINTS_PER_INCH, height_px / POINTS_PER_INCH


def _ranges(shown: Sequence[MethodShown]) -> tuple[Range, Range]:
    """Limits that every point of every panel is within."""
    xy = np.concatenate([xy_of(points) for each in shown for points in each.points])
    low, high = xy.min(axis=0), xy.max(axis=0)
    margin = 0.03 * (high - low)
    (x0, y0), (x1, y1) = (low - margin).tolist(), (high + margin).tolist()
    return (x0, x1), (y0, y1)


def _draw(axes: Axes, shown: MethodShown, canvas: Canvas) -> None:
    """New rows behind those of the minority, so that copies show as squares around dots."""
    axes.set(xlim=canvas.x_range, ylim=canvas.y_range)
    axes.set_axis_off()
    rare = smallest({c.label: c.rows_before for c in shown.classes})
    stay = [points for points in shown.points if points.kind == "real"]
    majority = _joined(points for points in stay if points.label != rare)
    minority = _joined(points for points in stay if points.label == rare)
    new = _joined(points for points in shown.points if points.kind == "synthetic")
    length = 0.1 * canvas.pixel[0] if canvas.pixels else 0.0

    def mark(xy: Floats, colour: str, size: float, *, square: bool = False) -> None:
        dots(axes, xy, canvas.palette[colour], size, square=square, length=length)

    _cross_out(axes, _joined(points for points in shown.points if points.kind == "removed"), canvas)
    mark(majority, "paper", MAJORITY_DOT + 0.8)
    mark(majority, "context", MAJORITY_DOT)
    mark(new, "paper", NEW_SQUARE + 0.8, square=True)
    mark(new, "synthetic", NEW_SQUARE, square=True)
    mark(minority, "real", MINORITY_DOT)


def _joined(sets: Iterable[PointSet]) -> Floats:
    return np.concatenate([np.empty((0, 2)), *(xy_of(points) for points in sets)])


def _cross_out(axes: Axes, xy: Floats, canvas: Canvas) -> None:
    rising = CROSS * canvas.pixel
    falling = rising * (1, -1)
    start = np.concatenate([xy - rising, xy - falling])
    end = np.concatenate([xy + rising, xy + falling])
    strokes(axes, start, end, canvas.palette["text"], CROSS_STROKE, cap="butt")


def _entitle(axes: Axes, shown: MethodShown, palette: Mapping[str, str]) -> None:
    title, counts = wording.method_title(shown), wording.method_counts(shown)
    for text, above, size, weight, colour in (
        (title, 24, 10, "bold", "text"),
        (counts, 8, 8.8, "normal", "quiet"),
    ):
        axes.text(
            *(0, 1 + above / PANEL_PX[1], text),
            transform=axes.transAxes,
            fontsize=size,
            fontweight=weight,
            color=palette[colour],
        )


def _explain(figure: Figure, palette: Mapping[str, str]) -> None:
    marks = {
        "majority": ("o", "context"),
        "minority": ("o", "real"),
        "new; around a dot: copies of it": ("s", "synthetic"),
        "removed": ("x", "text"),
    }
    figure.legend(
        handles=[
            Line2D([], [], linestyle="", marker=marker, color=palette[colour], markersize=6)
            for marker, colour in marks.values()
        ],
        labels=list(marks),
        labelcolor=palette["quiet"],
        loc="upper left",
        ncols=len(marks),
        frameon=False,
        handletextpad=0,
        borderpad=0.2,
        borderaxespad=0.4,
    )


def _light_palette() -> dict[str, str]:
    """The colours of pages in light mode, from their style sheet."""
    style = files("spark_smote.report").joinpath("templates/style.css").read_text("utf-8")
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", style.partition("}")[0]))

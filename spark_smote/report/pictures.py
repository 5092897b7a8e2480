"""Point clouds and distributions, drawn by matplotlib as SVG to be put inside a page.

A picture holds marks and tick numbers only. Names (of classes, of columns) are set by the page
around it, where they wrap, can be read aloud, and cannot be taken for mathematics or markup.
Colours are CSS variables of the page, so that pictures follow light and dark mode.
"""

from __future__ import annotations

import io
import math
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from xml.etree import ElementTree

import matplotlib.style
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator
from matplotlib.typing import CapStyleType

from spark_smote.report import wording
from spark_smote.report.view import Panel
from spark_smote.results import NearestReal, PointSet

Floats = npt.NDArray[np.float64]

WIDTH_PX, HEIGHT_PX = 440, 330
LOW_HEIGHT_PX = 250

FEW_POINTS = 60
"""Up to here every point is shown, and larger; beyond, extremes are cut off (and counted)."""

LAYERS = 8
"""Real and new rows take turns, lest one kind hides the other where both are dense."""

POINTS_PER_INCH = 72
"""Of SVG in matplotlib: so a size in points is one in CSS pixels of an unscaled picture."""

STEPS = 300
"""Steps of a cumulative share: one and a half pixels each."""

COLOURS = {
    "text": "#010101",
    "rule": "#020202",
    "paper": "#030303",
    "context": "#040404",
    "real": "#050505",
    "synthetic": "#060606",
}
"""Stand-ins that matplotlib draws with, each replaced by the page's colour of that name."""

_STYLE = {
    "font.size": 12,
    "path.simplify": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "spark_smote",
    "text.parse_math": False,
    "axes.unicode_minus": True,
}

_DRAWING = threading.Lock()


@contextmanager
def settings() -> Iterator[None]:
    """The user's style set aside, whatever it is, while one picture is drawn.

    matplotlib keeps its settings in one table per process: two threads may not change it at once.
    """
    with _DRAWING, matplotlib.style.context(["default", _STYLE]):
        yield


# --- points in a plane ---


def scatter(panel: Panel, identity: str) -> tuple[str, int]:
    """Real and new rows of one class before the rows of all other classes.

    Parameters
    ----------
    panel : Panel
    identity : str
        Prefix of the ids inside the picture: different for each picture of a page.

    Returns
    -------
    svg : str
    outside : int
        Rows of the class that lie beyond the edges of the picture.
    """
    context = np.concatenate([xy_of(p) for p in panel.context] or [np.empty((0, 2))])
    real, synthetic = xy_of(panel.real), xy_of(panel.synthetic)
    own = np.concatenate([real, synthetic])
    x_range, y_range = (_range(own[:, i], context[:, i]) for i in (0, 1))
    few = len(real) <= FEW_POINTS
    layers = 1 if few else LAYERS
    with settings():
        figure, axes = _canvas(HEIGHT_PX, x_range, y_range)
        axes.grid(True, color=COLOURS["rule"], linewidth=0.6)
        dots(axes, context, COLOURS["context"], 3.0)
        for i in range(layers):
            dots(axes, synthetic[i::layers], COLOURS["paper"], 4.6, square=True)
            dots(axes, synthetic[i::layers], COLOURS["synthetic"], 3.4, square=True)
            dots(axes, real[i::layers], COLOURS["paper"], 8.6 if few else 5.2)
            dots(axes, real[i::layers], COLOURS["real"], 6.6 if few else 4.0)
        svg = inline(figure, identity)
    outside = (own[:, 0] < x_range[0]) | (own[:, 0] > x_range[1])
    outside |= (own[:, 1] < y_range[0]) | (own[:, 1] > y_range[1])
    return svg, int(outside.sum())


def xy_of(points: PointSet) -> Floats:
    """One row per point."""
    return np.column_stack([points.x, points.y]).astype(np.float64)


def _range(own: Floats, context: Floats) -> tuple[float, float]:
    """Limits that show the class whole but for rare extremes, and most of the others."""
    cut = 0.0 if len(own) <= FEW_POINTS else 0.01
    ends = [np.quantile(own, [cut, 1 - cut])]
    if len(context):
        ends.append(np.quantile(context, [0.02, 0.98]))
    low, high = min(e[0] for e in ends), max(e[1] for e in ends)
    margin = 0.05 * (high - low) or 0.5 * max(1.0, abs(high) * 1e-3)
    return float(low - margin), float(high + margin)


def dots(
    axes: Axes, xy: Floats, colour: str, size: float, *, square: bool = False, length: float = 0.0
) -> None:
    """All points as one path of strokes without length: a tenth of the size of single marks.

    In a file of pixels they need some, in units of the data: there a stroke without any is none.
    """
    cap: CapStyleType = "projecting" if square else "round"
    strokes(axes, xy, xy + np.array([length, 0.0]), colour, size, cap=cap)


def strokes(
    axes: Axes, start: Floats, end: Floats, colour: str, width: float, *, cap: CapStyleType
) -> None:
    """Straight strokes from each row of `start` to that of `end`, as one path."""
    if not len(start):
        return
    codes = np.tile([Path.MOVETO, Path.LINETO], len(start))
    ends = np.stack([start, end], axis=1).reshape(-1, 2)
    axes.add_patch(
        PathPatch(
            Path(ends, codes),
            fill=False,
            edgecolor=colour,
            linewidth=width,
            capstyle=cap,
            snap=False,
        )
    )


# --- distances ---


def distances(nearest: NearestReal, identity: str) -> tuple[str, int]:
    """Share of rows whose nearest real row is at most that far: new rows, beside real ones.

    A cumulative share needs no bins, so it is as fair to ten real rows as to two thousand new
    ones, and it starts at the share of copies.

    Parameters
    ----------
    nearest : NearestReal
    identity : str
        As for `scatter`.

    Returns
    -------
    svg : str
    beyond : int
        Rows farther away than the picture shows.
    """
    sets = {"synthetic": np.asarray(nearest.synthetic), "real": np.asarray(nearest.real)}
    end = max(float(np.quantile(v, 0.98)) for v in sets.values() if len(v)) or 1.0
    with settings():
        figure, axes = _canvas(LOW_HEIGHT_PX, (0.0, end), (0.0, 1.0))
        axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axes.yaxis.set_major_formatter(FixedFormatter(["0%", "25%", "50%", "75%", "100%"]))
        axes.grid(True, axis="y", color=COLOURS["rule"], linewidth=0.6)
        for colour, values in sets.items():
            if len(values):
                _cumulative(axes, values, end, colour)
        svg = inline(figure, identity)
    return svg, sum(int((v > end).sum()) for v in sets.values())


def _cumulative(axes: Axes, values: Floats, end: float, colour: str) -> None:
    """The empirical distribution function up to `end`, in at most `STEPS` steps."""
    shares = np.linspace(0, 1, min(len(values), STEPS) + 1)[1:]
    places = np.quantile(values, shares, method="inverted_cdf")
    shares, places = shares[places <= end], places[places <= end]
    x, y = np.r_[0.0, places, end], np.r_[0.0, shares, shares[-1:] if len(shares) else 0.0]
    axes.step(x, y, where="post", color=COLOURS[colour], linewidth=2.0)
    middle = median(values.tolist())
    if middle <= end:
        axes.plot([middle], [0.5], "o", color=COLOURS[colour], markersize=7, clip_on=False)


# --- axes ---


def _canvas(
    height: int, x_range: tuple[float, float], y_range: tuple[float, float]
) -> tuple[Figure, Axes]:
    size = (WIDTH_PX / POINTS_PER_INCH, height / POINTS_PER_INCH)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    axes.set(xlim=x_range, ylim=y_range, axisbelow=True)
    for axis, limits in ((axes.xaxis, x_range), (axes.yaxis, y_range)):
        places = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(*limits)
        places = [place for place in places if limits[0] <= place <= limits[1]]
        axis.set_major_locator(FixedLocator(places))
        axis.set_major_formatter(FixedFormatter(tick_labels(places)))
    axes.tick_params(color=COLOURS["rule"], labelcolor=COLOURS["text"], length=0, pad=6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(COLOURS["rule"])
    axes.patch.set_visible(False)
    figure.patch.set_visible(False)
    return figure, axes


def tick_labels(places: Sequence[float]) -> list[str]:
    """Numbers with as many digits as their distance asks for.

    >>> tick_labels([0.0, 0.5, 1.0]), tick_labels([0.0, 20000.0]), tick_labels([0.0, 5e5, 1e6])
    (['0.0', '0.5', '1.0'], ['0', '20,000'], ['0.0M', '0.5M', '1.0M'])
    >>> tick_labels([1.7e9, 1.7e9 + 1000])
    ['1.700000e+09', '1.700001e+09']
    """
    largest = max(map(abs, places), default=0.0)
    step = places[1] - places[0] if len(places) > 1 else largest or 1.0
    # The hundredth forgives steps like 0.09999999999999998.
    decimals = -math.floor(math.log10(step) + 0.01)
    if 1e6 <= largest < 1e9 and decimals <= -4:
        form, unit, suffix = f",.{max(0, decimals + 6)}f", 1e6, "M"
    elif largest >= 1e7 or decimals > 5:
        digits = math.floor(math.log10(largest)) + decimals
        form, unit, suffix = f".{max(0, digits)}e", 1.0, ""
    else:
        form, unit, suffix = f",.{max(0, decimals)}f", 1.0, ""
    # Adding 0.0 turns -0.0 into 0.0.
    numbers = (round(place, max(0, decimals)) / unit + 0.0 for place in places)
    return [f"{number:{form}}{suffix}".replace("-", wording.MINUS) for number in numbers]


# --- SVG ---


def inline(figure: Figure, identity: str) -> str:
    """The figure as an <svg> element that belongs inside a page.

    Without what only a file needs (declarations, metadata, a style sheet that would apply to the
    whole page), with ids that no other picture of the page has, and in the page's colours.
    """
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(re.sub(r"<!DOCTYPE[^>]*>", "", file.getvalue()))
    referenced = set(re.findall(r"#([\w.-]+)[\")]", file.getvalue()))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for child in list(element):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                element.remove(child)
        for name in list(element.attrib):
            value = element.attrib.pop(name)
            if name != "id" or value in referenced:
                element.set(name.rpartition("}")[2], _attribute(name, value, identity))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.attrib.update({"aria-hidden": "true", "stroke-linejoin": "round"})
    markup = ElementTree.tostring(root, encoding="unicode")
    return re.sub(r">\s+<", "><", markup)


def _attribute(name: str, value: str, identity: str) -> str:
    if name == "id":
        return f"{identity}-{value}"
    if name == "d":
        # A stroke without length says its place once, and gets a length that nobody sees: PDF puts
        # no square ends on one without. A tenth of a pixel is exact enough for every path.
        value = re.sub(r"M (\S+) (\S+)\s+L \1 \2\s+", r"M\1 \2h.1", value)
        value = re.sub(r"(\.\d)\d+", r"\1", value)
    if name == "style":
        value = re.sub(r"font-family:[^;]*;?", "", value)
        for colour, stand_in in COLOURS.items():
            value = value.replace(stand_in, f"var(--{colour})")
    if name == "clip-path" or name.endswith("href"):
        value = value.replace("#", f"#{identity}-")
    return value

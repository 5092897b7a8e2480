"""The pictures of a gallery: one mark for each row, alike in every panel."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

from spark_smote.report import gallery_png, to_html
from spark_smote.report.small_multiples import COLUMNS, panels
from spark_smote.results import ClassOutcome, MethodShown, PointSet, ResampleReport

STAYING, RARE, NEW, GONE = 40, 9, 31, 23

LIGHT = {"context": "c3cad1", "real": "c8550a", "synthetic": "0b6fb8", "text": "1c2126"}


def _points(label, kind, n, seed):
    rng = np.random.default_rng(seed)
    return PointSet(label, kind, rng.normal(size=n).tolist(), rng.normal(size=n).tolist())


@pytest.fixture
def shown():
    return MethodShown(
        method="a method",
        summary="Do <something>.",
        parameters={"kind": 2},
        classes=[
            ClassOutcome("many", STAYING + GONE, STAYING + GONE, STAYING, "cleaned", 3, 3),
            ClassOutcome("few", RARE, RARE, RARE + NEW, "smote", 5, 5),
        ],
        points=[
            _points("many", "real", STAYING, 1),
            _points("few", "real", RARE, 2),
            _points("few", "synthetic", NEW, 3),
            _points("many", "removed", GONE, 4),
        ],
    )


def _strokes(svg):
    """Strokes of each colour in the picture."""
    found = {}
    for path in ElementTree.fromstring(svg).iter("path"):
        colour = re.search(r"stroke: var\(--(\w+)\)", path.get("style", ""))
        if colour:
            found[colour[1]] = path.get("d").count("M")
    return found


def test_each_row_has_its_mark_and_removed_ones_a_cross_of_two_strokes(shown):
    (svg,) = panels([shown])

    strokes = _strokes(svg)
    assert strokes == {
        "context": STAYING,
        "real": RARE,
        "synthetic": NEW,
        "text": 2 * GONE,
        "paper": strokes["paper"],
    }


def test_all_panels_are_drawn_to_one_scale(shown):
    wider = replace(shown, points=[*shown.points, PointSet("few", "synthetic", [50.0], [60.0])])

    alone, beside = panels([shown])[0], panels([shown, wider])[0]

    assert alone != beside
    assert _strokes(alone) == _strokes(beside)


@pytest.mark.parametrize("methods", [1, COLUMNS, COLUMNS + 1])
def test_the_file_shows_every_kind_of_row(shown, methods):
    pixels = matplotlib.image.imread(io.BytesIO(gallery_png([shown] * methods)))[..., :3]

    colours = np.unique(pixels.reshape(-1, 3), axis=0)
    for hexadecimal in LIGHT.values():
        wanted = np.frombuffer(bytes.fromhex(hexadecimal), np.uint8) / 255
        assert np.abs(colours - wanted).max(axis=1).min() < 0.05


def test_a_page_shows_a_gallery_where_it_is_given_one(shown):
    report = ResampleReport("SMOTE", "label", {}, {"seed": 7}, columns=[], classes=[])

    page = to_html(report, [shown])

    assert "What each method does" in page
    assert "A method, kind=2" in page
    assert f"many {STAYING + GONE} → {STAYING}, few {RARE} → {RARE + NEW}" in page
    assert "Do &lt;something&gt;." in page
    assert "What each method does" not in to_html(report)

"""One report, four ways to look at it: JSON, page, notebook, terminal."""

import json
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import numpy as np
import pytest

from spark_smote import report as reports
from spark_smote.errors import SparkSmoteError
from spark_smote.kernels.portrait import portrait
from spark_smote.report import view, wording
from spark_smote.results import (
    ClassOutcome,
    ColumnRole,
    ConditionMet,
    CrossClassSearch,
    LevelDrift,
    NearestReal,
    Notice,
    Phase,
    PointSet,
    Portrait,
    ResampleReport,
    SearchAccuracy,
    TrialDraws,
)

SHUTTLE = {
    "Rad Flow": 45_586,
    "High": 8_903,
    "Bypass": 3_267,
    "Fpv Open": 171,
    "Fpv Close": 50,
    "Bpv Open": 13,
    "Bpv Close": 10,
}


def planned(counts, *, after=None, columns=("x", "y", "z"), **changes):
    """A report as `plan` gives it: every class raised to the largest unless `after` says else."""
    top = max(counts.values())
    after = after or dict.fromkeys(counts, top)
    classes = [
        ClassOutcome(
            label, n, n, after[label], "untouched" if after[label] == n else "smote", 5, 5, 1
        )
        for label, n in counts.items()
    ]
    roles = [ColumnRole(name, "double", "input", "numeric") for name in columns]
    report = ResampleReport(
        method="SMOTE",
        label_col="label",
        asked={"kNeighbors": 5},
        resolved={"kNeighbors": 5, "seed": 0, "samplingStrategy": "auto"},
        columns=[*roles, ColumnRole("label", "string", "label", "labelCol")],
        classes=classes,
        accuracy=[SearchAccuracy(c.label, 5, 500, 0.991, 1.003, False) for c in classes[1:]],
        notices=[Notice("balance", "Balanced to 1:1; try samplingStrategy=0.25 first.")],
        phases=[Phase("profile", 0.25), Phase("hash", 75.2)],
        versions={"spark_smote": "0.1.0", "pyspark": "4.3.0"},
        input_fingerprint="9f3c5a2d7be1f09c",
    )
    return replace(report, **changes)


def finished(counts, **given):
    """A report as a job writes it: with a portrait of random rows."""
    report = planned(counts, **given)
    inputs = [column.name for column in report.columns if column.role == "input"]
    rng = np.random.default_rng(0)
    real, synthetic, nearest = {}, {}, []
    for i, outcome in enumerate(report.classes):
        rows = rng.normal(i, size=(min(outcome.rows_before, 150), len(inputs)))
        real[outcome.label] = rows
        if outcome.rows_added > 0:
            pairs = rows[rng.integers(0, len(rows), size=(100, 2))]
            synthetic[outcome.label] = pairs.mean(axis=1)
            distances = np.abs(rng.normal(size=100)).tolist()
            nearest.append(NearestReal(outcome.label, distances, distances[: len(rows) - 1], 0.02))
    report.portrait = portrait(
        real, synthetic, columns=inputs, scale=np.ones(len(inputs)), nearest=nearest
    )
    return report


class Page(HTMLParser):
    """Text, tags and ids of a page; fails where tags are not properly nested."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.texts, self.attributes = [], [], [], [], []
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.handle_startendtag(tag, attributes)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        self.ids += [value for name, value in attributes if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


SHAPES = {
    "two classes": lambda: finished({0: 900, 1: 40}),
    "seven classes": lambda: finished(SHUTTLE),
    "one of seven classes added to": lambda: finished(
        SHUTTLE, after={**SHUTTLE, "Bpv Close": 1_000}
    ),
    "a plan": lambda: planned({0: 900, 1: 40}),
    "nothing to add": lambda: finished({0: 40, 1: 40}),
    "rows removed": lambda: planned(
        {0: 900, 1: 40}, after={0: 40, 1: 40}, searches=[CrossClassSearch(940, 900, 4, 310)]
    ),
    "one class": lambda: planned({0: 40}),
    "constraints": lambda: planned(
        {0: 900, 1: 40},
        constraints=[
            ConditionMet(condition, label, rows, unmet, unknown)
            for condition, unmet, unknown in (
                ("`a b` >= 18", 7, 2),
                ("x < y\n  AND y <> '<'", 0, 0),
            )
            for label, rows in ((0, 900), (1, 40))
        ],
        trial_draws=[TrialDraws(1, 250, 240, 2_000, 1_500, [1_600, 1_900])],
    ),
    "no class": lambda: planned({0: 40}, classes=[], accuracy=[]),
    "one row": lambda: finished({0: 40, 1: 1}),
    "one column": lambda: finished({0: 40, 1: 10}, columns=["x"]),
    "many classes": lambda: finished({f"class {i}": 100 + i for i in range(60)}),
    "many columns": lambda: finished({0: 900, 1: 40}, columns=[f"c{j}" for j in range(70)]),
    "huge counts": lambda: planned({0: 7_300_000_000_123, 1: 12_345}),
    "bare": lambda: ResampleReport("SMOTE", "label", {}, {}, [], []),
}


@pytest.fixture(params=SHAPES, scope="module")
def report(request):
    return SHAPES[request.param]()


@pytest.fixture(scope="module")
def page(report):
    return reports.to_html(report)


# --- every report ---


def test_page_is_well_formed_and_its_ids_are_unique(page):
    page = Page(page)
    assert len(page.ids) == len(set(page.ids))
    assert {"html", "head", "title", "h1", "h2", "main"} <= set(page.tags)
    assert page.tags.count("h1") == 1


def test_page_needs_nothing_from_outside(page):
    assert "://" not in page
    assert not re.search(r"<(script|link|img|iframe|object)|@import|\bsrc=|xmlns", page)
    referenced = set(re.findall(r"url\((.*?)\)", page)) | set(re.findall(r'href="(.*?)"', page))
    assert referenced <= {f"#{name}" for name in Page(page).ids}


def test_equal_reports_give_equal_pages(report, page):
    again = reports.from_json(reports.to_json(report))
    assert reports.to_html(again) == page


def test_json_holds_the_whole_report_and_can_be_read_back(report):
    text = reports.to_json(report)
    assert json.loads(text) == report.to_dict()
    assert reports.from_json(text) == report


def test_every_view_begins_with_what_happened(report, page):
    headline = wording.headline(report)
    assert headline in Page(page).text
    assert headline in Page(reports.notebook_html(report)).text
    assert headline.replace("→", "->") in reports.text_summary(report).splitlines()[0]


def test_text_summary_is_narrow_and_plain(report):
    text = reports.text_summary(report)
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text
    assert text == text.strip()


@pytest.mark.parametrize(
    ("makes_rows", "title", "fates"),
    [
        (
            True,
            "columns on new rows",
            {
                "interpolated: x",
                "most frequent around the base row: kind",
                "the class: label",
                "copied from the base row: tag",
            },
        ),
        (
            False,
            "columns",
            {"looked at: x", "looked at, by level: kind", "the class: label", "not looked at: tag"},
        ),
    ],
)
def test_text_summary_tells_what_becomes_of_columns(makes_rows, title, fates):
    roles = [
        ColumnRole("x", "double", "input", "numeric"),
        ColumnRole("kind", "string", "nominal", "nominalCols"),
        ColumnRole("label", "string", "label", "labelCol"),
        ColumnRole("tag", "string", "carried", "text", "copy" if makes_rows else None),
    ]
    report = replace(planned({0: 9, 1: 4}), columns=roles, makes_rows=makes_rows)
    (section,) = [
        part.splitlines()
        for part in reports.text_summary(report).split("\n\n")
        if part.splitlines()[0] == title
    ]
    assert {line.strip() for line in section[1:]} == fates


def test_constraints_are_told_of_the_classes_that_receive_rows():
    report = SHAPES["constraints"]()
    page = Page(reports.to_html(report)).text
    assert "`a b` >= 18 1 40 7 2 80%" in page
    for view_ in (reports.text_summary(report), Page(reports.notebook_html(report)).text):
        text = " ".join(view_.split()).replace(" ,", ",").replace(" :", ":")
        assert "`a b` >= 18, class 1: 7 of 40 rows break it (2 as NULL); 80% of trial" in text
        assert "class 1: 0 of 40 rows break it; 95% of trial draws meet it" in text
        assert "900 rows break it" not in text


# --- JSON ---


def test_labels_that_json_lacks_become_text():
    report = planned({date(2024, 1, 31): 20, date(2024, 2, 29): 10})
    data = json.loads(reports.to_json(report))
    assert [c["label"] for c in data["classes"]] == ["2024-01-31", "2024-02-29"]
    report = planned({Decimal("1.50"): 20, Decimal(2): 10})
    assert [c.label for c in reports.from_json(reports.to_json(report)).classes] == ["1.50", "2"]


def test_figures_that_json_lacks_are_null_and_come_back_as_not_a_number():
    accuracy = [SearchAccuracy(float("nan"), 5, 10, 1.0, float("inf"), True)]
    text = reports.to_json(planned({1: 20, 2: 10}, accuracy=accuracy))
    assert json.loads(text, parse_constant=pytest.fail)["accuracy"][0]["distance_ratio"] is None
    (back,) = reports.from_json(text).accuracy
    assert back.label == "nan"
    assert np.isnan(back.distance_ratio)
    Page(reports.to_html(reports.from_json(text)))


@pytest.mark.parametrize(
    ("among", "rows"), [("its class", "rows of its class"), ("class 'b'", "rows searched")]
)
def test_exact_search_says_what_rows_were_compared_with(among, rows):
    accuracy = [SearchAccuracy("a", 3, 0, 1.0, 1.0, True, among=among)]
    said = wording.accuracy_sentence(planned({"a": 9, "b": 4}, accuracy=accuracy))
    assert said.startswith(f"Every row was compared with all {rows}:")


def test_json_keeps_points_on_one_line_and_text_as_it_is():
    label = "[\n 1,\n 2\n]"
    text = reports.to_json(finished({label: 20, "ß": 10}))
    assert json.loads(text)["classes"][0]["label"] == label
    assert '"ß"' in text
    assert len(text.splitlines()) < 700


def test_fields_of_a_later_version_are_left_out_when_read():
    data = planned({0: 20, 1: 10}).to_dict() | {"from_the_future": 1}
    data["classes"][0]["from_the_future"] = 2
    assert reports.from_json(json.dumps(data)) == planned({0: 20, 1: 10})


def test_reports_are_written_to_files(tmp_path):
    report = finished({"ß": 20, "中": 10})
    reports.write_json(report, tmp_path / "report.json")
    reports.write_html(report, tmp_path / "report.html")
    assert reports.from_json((tmp_path / "report.json").read_text(encoding="utf-8")) == report
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page == reports.to_html(report)
    assert page.startswith("<!DOCTYPE html>")


# --- names are data ---

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "$\\frac{1}{0}$",
    "a_b^c $x$",
    "{{ 7 * 7 }}",
    "&amp; </style>",
    "$",
)


def test_hostile_names_are_shown_as_they_are_and_nothing_more():
    counts = dict(zip(HOSTILE, range(200, 200 - len(HOSTILE), -1), strict=True))
    notice = Notice(HOSTILE[0], HOSTILE[1])
    report = finished(
        counts,
        columns=HOSTILE,
        label_col=HOSTILE[0],
        asked={HOSTILE[1]: HOSTILE},
        notices=[notice, replace(notice, severity="info")],
        phases=[Phase(HOSTILE[0], 1.0)],
        versions={HOSTILE[0]: HOSTILE[1]},
        input_fingerprint=HOSTILE[0],
    )
    report.classes = [replace(c, note=HOSTILE[0]) for c in report.classes]
    report.columns = [replace(c, reason=HOSTILE[1], type=HOSTILE[0]) for c in report.columns]
    for markup in (reports.to_html(report), reports.notebook_html(report)):
        page = Page(markup)
        assert not {"script", "img"} & set(page.tags)
        assert not {name for name, _ in page.attributes if name.startswith("on")}
        for name in HOSTILE:
            assert name in page.text


@pytest.mark.parametrize("label", ["中文", "Ünïcode", "🦊", "عربي", "e\u0301", "a" * 300, "٣"])
def test_labels_of_any_script_are_shown(label):
    report = finished({label: 10, "other": 20}, columns=[label, "x"])
    assert label in Page(reports.to_html(report)).text
    assert label in Page(reports.notebook_html(report)).text
    assert label in reports.text_summary(report)


def test_names_that_cannot_be_seen_or_would_steer_a_terminal_are_spelled_out():
    report = planned({"\x1b[31mred": 20, "a\u202eb": 10, "": 5, " x": 4, "two\nlines": 3})
    text = reports.text_summary(report)
    assert "\x1b" not in text
    assert "\u202e" not in text
    for shown in ("\\x1b[31mred", "a\\u202eb", '""', '" x"', "two\\nlines"):
        assert shown in text
        assert shown in Page(reports.to_html(report)).text


def test_columns_of_the_summary_line_up_in_wide_scripts():
    lines = reports.text_summary(planned({"中文": 4_321, "plain": 1_234})).splitlines()
    wide = next(line for line in lines if line.startswith("中文"))
    plain = next(line for line in lines if line.startswith("plain"))
    # Each of the two characters takes two columns.
    assert wide.index("4,321") + 2 == plain.index("1,234")


# --- what the page says ---


def test_headline_names_the_one_class_that_grew():
    report = planned({0: 283_301, 1: 2_747})
    assert wording.headline(report) == "2,747 → 283,301 rows of class 1; 280,554 synthetic"


def test_headline_of_several_classes_counts_them():
    assert wording.headline(planned(SHUTTLE)) == (
        "58,000 → 319,102 rows; 261,102 synthetic, in 6 of 7 classes"
    )


def test_headline_says_when_nothing_happened_and_when_rows_were_removed():
    assert (
        wording.headline(planned({0: 5, 1: 5})) == "Nothing to change: all 10 rows stay as they are"
    )
    removed = planned({0: 900, 1: 40}, after={0: 40, 1: 40})
    assert wording.headline(removed) == "900 → 40 rows of class 0; 860 removed"


def test_page_shows_what_a_colleague_would_ask_for():
    report = finished({0: 900, 1: 40}, asked={"kNeighbors": 7})
    report.classes[1] = replace(report.classes[1], note="k reduced", rows_usable=39)
    page = Page(reports.to_html(report)).text
    for shown in (
        "40 + 860 = 900",
        "Balanced to 1:1; try samplingStrategy=0.25 first.",
        "99.1% of the true nearest neighbours",
        "0.30% farther away",
        "k reduced 39 rows usable",
        "1 min 15 s",
        "pyspark 4.3.0",
        "9f3c5a2d7be1f09c",
        "2% of the new rows equal a real row",
    ):
        assert shown in page
    assert view.parameters(report)[0].differs


def test_a_plan_says_why_it_has_no_pictures_of_rows():
    page = reports.to_html(planned({0: 900, 1: 40}))
    assert "no new row exists yet" in page
    assert "<svg" not in page
    assert "40 + 860 = 900" in page


def test_every_picture_has_a_description():
    report = finished(SHUTTLE)
    page = reports.to_html(report)
    described = re.findall(r'<div role="img" aria-label="([^"]+)"><svg', page)
    assert len(described) == page.count("<svg") == 6 * 3
    assert "100 synthetic rows of class High" in described[0]


def test_classes_beyond_a_handful_are_not_pictured_but_counted():
    report = finished({f"class {i}": 100 + i for i in range(60)})
    page = Page(reports.to_html(report))
    assert page.tags.count("svg") == view.PANELS * 3
    assert "the 6 classes with most new rows, of 59" in page.text
    assert "30 smaller classes are in the table only" in page.text
    assert view.pictured_classes(report)[-1] == "class 0"


def test_drift_lists_the_columns_that_differ_most():
    report = finished({0: 900, 1: 40}, columns=[f"c{j}" for j in range(30)])
    (table,) = view.drift_tables(report, [1]).values()
    statistics = sorted((d.ks_statistic for d in report.portrait.drift), reverse=True)
    assert [d.ks for d in table.columns] == statistics[: view.DRIFT_COLUMNS]
    assert (table.left_out, table.largest_left_out) == (10, statistics[20])
    assert table.few


def test_drift_without_a_spread_to_measure_in_is_not_given_as_a_number():
    report = finished({0: 40, 1: 1})
    (moved, same) = (replace(report.portrait.drift[0], synthetic_mean=m) for m in (9.0, None))
    same = replace(same, synthetic_mean=same.real_mean)
    report.portrait = replace(report.portrait, drift=[moved, same])
    (table,) = view.drift_tables(report, [1]).values()
    assert [wording.signed(d.shift) for d in table.columns] == [wording.ABSENT, "0.00"]


# --- levels ---


def moved(label, *distances):
    """Nominal columns, each with its total variation."""
    return [LevelDrift(label, f"n{i}", tv, 9, 7) for i, tv in enumerate(distances)]


def with_levels(report, levels):
    report.portrait = replace(report.portrait, levels=levels)
    return report


def test_nominal_columns_are_listed_by_how_far_their_levels_moved():
    distances = [0.01 * (i % 7) for i in range(30)]
    report = with_levels(finished({0: 900, 1: 40}), moved(1, *distances))
    (table,) = view.level_tables(report, [1]).values()
    assert [m.total_variation for m in table.columns] == sorted(distances)[:-21:-1]
    assert (table.left_out, table.largest_left_out) == (10, sorted(distances)[9])
    assert table.few
    page = Page(reports.to_html(report))
    assert "Nominal columns whose levels are shared out most differently" in page.text
    assert "TV of 0.010 at most" in page.text
    assert "total variation" in page.text


def test_text_and_notebook_name_the_classes_and_columns_whose_levels_moved_most():
    levels = [m for label in range(5) for m in moved(label, 0.001, 0.1 * label, 0.02, 0.3, 0.004)]
    report = with_levels(finished({i: 900 - 100 * i for i in range(5)}), levels)
    text = reports.text_summary(report)
    assert "class 4: Shares of levels, new against real rows (total variation, 0 to 1): n1" in text
    assert "0.400, n3 0.300, n2 0.020, n4 0.004; 1 more 0.001 or less." in text.replace("\n", " ")
    assert text.count("Shares of levels") == 3
    assert "class 1: Shares" not in text
    assert reports.notebook_html(report).count("Shares of levels") == 3


def test_levels_are_in_the_document_and_come_back():
    report = with_levels(finished({0: 900, 1: 40}), moved(1, 0.25))
    assert reports.from_json(reports.to_json(report)) == report
    before = json.loads(reports.to_json(report))
    del before["portrait"]["levels"]  # as an earlier version wrote it
    assert reports.from_json(json.dumps(before)).portrait.levels == []


def test_a_method_without_inputs_has_levels_in_the_place_of_pictures():
    report = planned({0: 900, 1: 140}, columns=())
    nearest = [NearestReal(1, [], [], 0.5)]
    report.portrait = Portrait([], nearest, [], 0, 0, moved(1, 0.25, 0.125))
    page = Page(reports.to_html(report))
    assert "svg" not in page.tags
    assert "0.250" in page.text
    assert "how often each level occurs" in page.text
    assert "No new rows were made" not in page.text
    assert "real and 0 synthetic rows" not in page.text
    assert "KS:" not in page.text


# --- bars ---


def test_bars_are_to_scale_while_the_smallest_class_can_be_seen():
    bars = view.bars(planned({"a": 1_000, "b": 10}))
    assert not bars.logarithmic
    assert [(b.kept, b.added) for b in bars.bars] == [(100, 0), (1, 99)]


def test_bars_are_logarithmic_beyond_a_hundredfold():
    bars = view.bars(planned({"a": 10_000, "b": 10, "c": 1}))
    assert bars.logarithmic
    assert [(b.kept, b.added) for b in bars.bars] == [(100, 0), (25, 75), (0, 100)]
    assert bars.ticks == [(0, "1"), (25, "10"), (50, "100"), (75, "1k"), (100, "10k")]


def test_bars_of_removed_rows_keep_their_outline():
    (bar, _) = view.bars(planned({0: 900, 1: 45}, after={0: 45, 1: 45})).bars
    assert (bar.kept, bar.added, bar.removed) == (5, 0, 95)
    assert bar.figures == f"900 {wording.MINUS} 855 = 45"


# --- pictures ---


def test_pictures_do_not_depend_on_the_style_of_the_session_and_leave_it_alone():
    import matplotlib

    report = finished({0: 900, 1: 40})
    expected = reports.to_html(report)
    with matplotlib.rc_context({"axes.facecolor": "red", "text.usetex": True, "font.size": 30}):
        before = dict(matplotlib.rcParams)
        assert reports.to_html(report) == expected
        assert dict(matplotlib.rcParams) == before


def test_pages_made_in_several_threads_are_the_same():
    report = finished({0: 900, 1: 40})
    with ThreadPoolExecutor(4) as pool:
        pages = set(pool.map(reports.to_html, [report] * 8))
    assert len(pages) == 1


def line(label, kind, n):
    return PointSet(label, kind, list(np.linspace(0, 1, n)), list(np.linspace(5, 6, n)))


def test_a_small_class_is_shown_to_its_last_point():
    from spark_smote.report.pictures import scatter

    panel = view.Panel(line(1, "real", 30), line(1, "synthetic", 20), [line(0, "real", 10)])
    svg, outside = scatter(panel, "a")
    paths = re.findall(r'<path d="(M[^"]*h\.1)[^>]*stroke: var\(--(\w+)\)', svg)
    drawn = Counter(colour for places, colour in paths for _ in range(places.count("h.1")))
    assert drawn == {"context": 10, "synthetic": 20, "paper": 50, "real": 30}
    assert outside == 0


def test_extremes_of_a_large_class_are_cut_off_and_counted():
    from spark_smote.report.pictures import scatter

    far = line(1, "real", 200)
    far.x[7] = 1e6
    _, outside = scatter(view.Panel(far, line(1, "synthetic", 20), []), "a")
    assert outside == 1


def test_distances_that_are_all_zero_can_be_drawn():
    report = finished({0: 40, 1: 10})
    report.portrait = replace(
        report.portrait, nearest=[NearestReal(1, [0.0] * 20, [0.0] * 10, 1.0)]
    )
    assert "100% of the new rows equal a real row" in Page(reports.to_html(report)).text


# --- what has to be installed ---


def test_notebook_json_and_terminal_need_neither_matplotlib_nor_jinja():
    code = """
import sys
sys.modules["matplotlib"] = sys.modules["jinja2"] = None
from spark_smote import report as reports
from spark_smote.results import ClassOutcome, ResampleReport
report = ResampleReport("SMOTE", "y", {}, {}, [], [ClassOutcome(1, 2, 2, 9, "smote", 5, 1)])
report._repr_html_(), reports.text_summary(report), reports.to_json(report)
try:
    reports.to_html(report)
except reports.SparkSmoteError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'spark-smote[report]'" in run.stdout


def test_a_page_loads_no_pyplot_and_no_spark():
    code = """
import sys
from spark_smote import report as reports
from spark_smote.results import ResampleReport
reports.to_html(ResampleReport("SMOTE", "y", {}, {}, [], []))
print(*{"matplotlib.pyplot", "pyspark", "pandas"} & set(sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


def test_missing_extra_is_an_error_of_this_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.delitem(sys.modules, "spark_smote.report.page", raising=False)
    with pytest.raises(SparkSmoteError, match="'jinja2', which is not installed"):
        reports.to_html(planned({0: 2, 1: 1}))


def test_text_says_what_becomes_of_each_column():
    report = ResampleReport(
        "SMOTE",
        "label",
        {},
        {},
        [
            ColumnRole("amount", "double", "input", "numeric column"),
            ColumnRole("channel", "string", "carried", "not a number", "copy"),
            ColumnRole("id", "string", "id", "named by idCol", "null"),
        ],
        [ClassOutcome("ok", 90, 90, 90, "untouched", 5, 0)],
    )

    text = str(report)

    assert "  interpolated: amount\n  copied from the base row: channel\n  null: id" in text

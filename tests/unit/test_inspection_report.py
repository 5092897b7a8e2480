"""An inspection as text, page, notebook and JSON."""

import json
from html.parser import HTMLParser

import pytest

from spark_smote.inspected import (
    Advice,
    Finding,
    InspectedClass,
    InspectedColumn,
    Inspection,
    Surroundings,
)

AROUND = Surroundings(250, 0.52, safe=0.25, borderline=0.42, rare=0.2, outlier=0.13)


def inspection(*, label="rare", column="amount", columns=1, classes=2):
    sizes = [InspectedClass(f"c{i}", 5_000 + i, 5_000 + i, 4_000) for i in range(classes - 1)]
    return Inspection(
        label_col="is_fraud",
        rows=5_120,
        columns=[
            InspectedColumn(
                f"{column}{i or ''}",
                "double",
                "input",
                "numeric column",
                nulls=3,
                nans=2,
                infinities=1,
                distinct=77,
                low=0.0,
                high=float("inf") if i else 12.5,
                spread=2.0,
                separation=0.71,
                separates=label,
            )
            for i in range(columns)
        ],
        classes=[InspectedClass(label, 120, 118, 110, AROUND), *sizes],
        k=5,
        findings=[
            Finding("sentinel", f"Column {column!r} is 999", (column,), source="a book"),
            Finding("zero_one", "Only 0 and 1", (), "info"),
        ],
        advice=[Advice(label, "SMOTE", "120 rows against 5,000", ("threshold",), "Chawla et al.")],
        contrast=0.31,
        approximate=["Distinct values are estimated."],
    )


class _Text(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.texts, self.tags = [], []
        self.feed(page)

    def handle_data(self, data):
        self.texts.append(data)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


def test_every_view_says_what_to_try_the_figures_and_their_source():
    found = inspection()
    for view in (str(found), found.to_html(), found._repr_html_()):
        text = " ".join(" ".join(_Text(view).texts).split())
        for said in (
            "5,120 rows in 2 classes: 41.7 of class c0 to each of class rare",
            "SMOTE. 120 rows against 5,000. Compare with: threshold.",
            "Chawla et al.",
            "52%",
            "33%",
            "amount",
            "numeric column",
            "12.50",
            "0.71",
            "is 999",
            "0.31 times",
            "Distinct values are estimated.",
        ):
            assert said in text, said


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing():
    page = inspection(label="<b>rare", column="<script>alert(1)</script>").to_html()

    assert "script" not in _Text(page).tags
    assert "b" not in _Text(page).tags
    assert "http" not in page.replace("http-equiv", "")


def test_a_notebook_escapes_names():
    fragment = inspection(label="<b>rare", column="<script>")._repr_html_()

    assert not {"script", "b"} & set(_Text(fragment).tags)
    assert "&lt;script&gt;" in fragment


def test_text_holds_no_escape_sequence_and_is_cut_where_it_is_long():
    text = str(inspection(column="a\x1b[31m", columns=80, classes=40))

    assert "\x1b" not in text
    assert "and 20 columns" in text
    assert "and 20 larger classes" in text


def test_json_holds_what_json_can_hold():
    document = json.loads(inspection(columns=2).to_json())

    assert document["imbalance_ratio"] == pytest.approx(5_000 / 120)
    assert document["columns"][1]["high"] is None
    assert document["classes"][0]["surroundings"]["outlier"] == 0.13
    assert document["findings"][0]["columns"] == ["amount"]

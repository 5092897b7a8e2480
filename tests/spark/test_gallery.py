"""The gallery: which methods are in it, and that its panels show what was done to the table."""

from collections import Counter

import pytest

from spark_smote.errors import ParameterError, SchemaError
from spark_smote.gallery import methods_shown, small_table
from spark_smote.report import wording
from spark_smote.samplers import REGISTRY

SOME = ("smote", "smotenc", "kmeans_smote", "random_over", "smote_tomek", "random_under")
"""All that can happen to a row, and a method that has no panel."""


@pytest.fixture(scope="module")
def shown(spark):
    return methods_shown(spark, {method: REGISTRY[method] for method in SOME})


def _rows(panel, kind):
    return Counter(
        (x, y, points.label)
        for points in panel.points
        if points.kind == kind
        for x, y in zip(points.x, points.y, strict=True)
    )


@pytest.mark.parametrize("method", [m for m, kind in REGISTRY.items() if kind.needs_levels()])
def test_methods_without_a_panel_are_those_that_refuse_the_table(spark, method):
    df = spark.createDataFrame(small_table(), "x double, y double, label string")

    with pytest.raises((ParameterError, SchemaError), match="nominalCols"):
        REGISTRY[method]().plan(df)


def test_the_table_comes_first_and_each_method_that_takes_it_has_a_panel(shown):
    methods = [REGISTRY[method] for method in SOME]
    taking = {kind.method for kind in methods if not kind.needs_levels()}

    assert _rows(shown[0], "real") == Counter(small_table())
    assert {panel.method for panel in shown[1:] if not panel.parameters} == taking
    assert [panel.parameters for panel in shown[1:] if panel.parameters] == [{"shrinkage": 0.3}]


def test_panels_hold_every_row_that_stayed_came_or_went(shown):
    table = Counter(small_table())
    for panel in shown:
        real, new, gone = (_rows(panel, kind) for kind in ("real", "synthetic", "removed"))

        assert real + gone == table
        of_classes = Counter()
        for rows in (real, new):
            for (_, _, label), n in rows.items():
                of_classes[label] += n
        assert {c.label: c.rows_after for c in panel.classes} == of_classes
        assert sum(c.new_rows for c in panel.classes) == new.total()
        for c in panel.classes:
            assert f"{c.label} {c.rows_before}" in wording.method_counts(panel)
            if c.rows_added:
                assert f"{c.label} {c.rows_before} → {c.rows_after}" in wording.method_counts(panel)


def test_methods_that_do_alike_stand_together(shown):
    does = [(bool(_rows(panel, "removed")), not _rows(panel, "synthetic")) for panel in shown[1:]]

    assert does == sorted(does)
    assert set(does) == {(False, False), (True, False), (True, True)}

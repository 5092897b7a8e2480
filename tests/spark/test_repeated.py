"""Editing in passes: many of them, what they may not stumble over, and what the report says."""

import numpy as np
import pytest

from spark_smote import AllKNN, NeighbourhoodCleaningRule, RepeatedEditedNearestNeighbours
from spark_smote.errors import DataError, ParameterError
from tests.tables import counts, unreadable

RAW = {"standardize": False, "recallQueries": 0}


def passes_of(plan):
    return [notice.message for notice in plan.report.notices if notice.code == "passes"]


def test_a_dozen_passes_do_not_make_a_plan_that_doubles_with_each(spark):
    """One row goes in each: its nearest is of the other class, then that of the next row is."""
    far = [(2.5**i, 0) for i in range(11)]
    rows = [(-1e-9 * i, 1) for i in range(5)] + far + [(1e12 + i * 0.5, 0) for i in range(60)]
    table = spark.createDataFrame(rows, "x double, label int").coalesce(1)
    plan = RepeatedEditedNearestNeighbours(nNeighbors=1, **RAW).plan(table)

    assert len(plan.report.searches) == 12
    assert counts(plan.resampled()) == {0: 60, 1: 5}
    assert sorted(row.x for row in plan.removed().collect()) == [x for x, _ in far]
    assert "nothing changes any more" in passes_of(plan)[0]


@pytest.mark.parametrize("sampler", [RepeatedEditedNearestNeighbours, AllKNN])
def test_a_column_that_comes_to_be_different_in_each_row_is_no_id(spark, sampler):
    rows = [(i * 3, float(i % 7), int(i >= 150)) for i in range(200)]
    rows += [(185 * 3, float(185 % 7), 0), (180 * 3, float(180 % 7), 0)]
    table = spark.createDataFrame(rows, "age int, y double, label int")
    plan = sampler(**RAW).plan(table)

    assert len(plan.report.searches) > 1
    assert counts(plan.resampled()) == {c.label: c.rows_after for c in plan.report.classes}


def test_a_class_that_loses_rows_in_a_later_pass_is_reported_as_cleaned(spark):
    """Class 0 comes to have as many rows as class 1, and is the smallest then, being the first."""
    rows = [(100.0 + i * 0.01, 0) for i in range(10)] + [(0.0 + i, 1) for i in range(9)]
    rows += [(100.045, 1), (0.3, 0), (5.3, 0)]
    table = spark.createDataFrame(rows, "x double, label int").coalesce(1)
    plan = RepeatedEditedNearestNeighbours(kindSel="mode", **RAW).plan(table)
    outcomes = {c.label: (c.rows_after, c.method) for c in plan.report.classes}

    assert outcomes == {0: (10, "cleaned"), 1: (9, "cleaned")}
    assert counts(plan.resampled()) == {0: 10, 1: 9}
    assert "nothing changes any more" in passes_of(plan)[0]


def test_the_report_says_why_passes_end(spark):
    apart = [(float(i), int(i >= 30)) for i in range(40)]
    inside = [(34.2, 0), (34.4, 0)]
    table = spark.createDataFrame([*apart, *inside], "x double, label int").coalesce(1)
    one = RepeatedEditedNearestNeighbours(maxIter=1, **RAW).plan(table)
    all_of_them = AllKNN(**RAW).plan(table)
    eight = [(float(i), 0) for i in range(5)] + [(100.0 + i, 1) for i in range(3)]
    few = AllKNN(nNeighbors=9, kindSel="mode", **RAW).plan(
        spark.createDataFrame(eight, "x double, label int").coalesce(1)
    )

    assert "since no further pass was asked for" in passes_of(one)[0]
    assert len(all_of_them.report.searches) == 3
    assert "since no further pass was asked for" in passes_of(all_of_them)[0]
    assert len(few.report.searches) == 7
    assert "as many neighbours as the 8 rows left" in passes_of(few)[0]


def test_the_smallest_class_cannot_be_named_for_the_neighbourhood_rule(spark):
    rows = [(float(i), int(i >= 30)) for i in range(40)]
    with pytest.raises(ParameterError, match="'all' includes the smallest.*'auto'"):
        NeighbourhoodCleaningRule(samplingStrategy="all").plan(unreadable(spark, "id * 1D AS x"))
    with pytest.raises(DataError, match="names class 1, the smallest"):
        NeighbourhoodCleaningRule(samplingStrategy=[0, 1]).plan(
            spark.createDataFrame(rows, "x double, label int")
        )


def test_columns_named_in_a_numpy_array_are_refused_as_other_values_are():
    with pytest.raises(ParameterError, match="nominalCols must be a list"):
        AllKNN(nominalCols=np.array(["x", "y"]))

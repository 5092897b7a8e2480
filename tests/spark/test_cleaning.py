"""Cleaning methods: who goes, who stays, and what the report says of it."""

from collections import Counter

import numpy as np
import pytest
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote import EditedNearestNeighbours, TomekLinks
from spark_smote.errors import DataError, ParameterError
from spark_smote.plans.notices import cleaning_notices
from tests.tables import clustered, contents, counts, overlapping_classes, points, uniform

BOTH = [EditedNearestNeighbours, TomekLinks]


def line(spark, values):
    """Rows `(x, label)` in one partition."""
    return spark.createDataFrame(values, "x double, label string").coalesce(1)


@pytest.fixture(scope="module")
def mixed(spark):
    return overlapping_classes(spark)


@pytest.mark.parametrize("sampler", BOTH)
def test_only_classes_named_lose_rows_and_the_report_counts_them(mixed, sampler):
    plan = sampler(samplingStrategy=["a"]).plan(mixed)
    left = counts(plan.resampled())
    outcomes = {c.label: c for c in plan.report.classes}

    assert left == {label: c.rows_after for label, c in outcomes.items()}
    assert left["a"] < 400
    assert (left["b"], left["c"]) == (150, 250)
    assert outcomes["a"].method == "cleaned"
    assert outcomes["b"].method == "untouched"
    assert plan.synthetic().count() == 0
    assert plan.synthetic().dtypes == mixed.dtypes


@pytest.mark.parametrize("sampler", BOTH)
def test_rows_that_stay_are_as_they_were(mixed, sampler):
    plan = sampler().plan(mixed)
    left = contents(plan.resampled().select(*mixed.columns))

    assert left + contents(plan.removed()) == contents(mixed)
    assert not plan.resampled().filter("is_synthetic").count()


def test_links_are_counted_on_both_sides_whichever_goes(spark):
    rows = [(0.0, "a"), (1.0, "a"), (2.0, "a"), (2.1, "b"), (5.0, "b"), (5.1, "a")]
    plan = TomekLinks().plan(line(spark, rows))
    (said,) = [n.message for n in plan.report.notices if n.code == "links"]

    assert said == "Rows in Tomek links: 2 of class 'a', 2 of class 'b'."
    assert sorted(r.x for r in plan.removed().collect()) == [2.0, 5.1]


def test_auto_spares_the_smallest_class(mixed):
    for sampler in BOTH:
        plan = sampler().plan(mixed)
        lost = {c.label: c.rows_before - c.rows_after for c in plan.report.classes}
        assert lost["b"] == 0
        assert lost["a"] > 0
        assert lost["c"] > 0


def test_equal_rows_share_their_fate(spark):
    rows = [(float(i), "a") for i in range(8)] + [(20.0, "b")] * 5 + [(20.1, "a")] * 2
    cleaned = EditedNearestNeighbours().resample(line(spark, rows))

    assert Counter(r.x for r in cleaned.filter("label = 'a'").collect()) == {
        float(i): 1 for i in range(8)
    }


def test_columns_beside_the_inputs_tell_rows_apart_but_do_not_count(spark):
    rows = [(0.0, "a"), (0.0, "a"), (0.0, "b"), (5.0, "b"), (6.0, "b"), (7.0, "a"), (8.5, "a")]
    texts = [(*row, f"text {number}") for number, row in enumerate(rows)]
    table = spark.createDataFrame(texts, "x double, label string, text string")
    cleaned = TomekLinks(samplingStrategy="all").resample(table)

    # the three rows at 0 are links, whatever their texts; 6 and 7 are one too
    assert sorted(r.x for r in cleaned.collect()) == [5.0, 8.5]


def test_equal_vectors_go_however_they_are_stored(spark):
    stored = [Vectors.dense(1.0, 0.0), Vectors.sparse(2, [0], [1.0])]
    rows = [(vector, "a") for vector in stored] + [(Vectors.dense(1.0, 0.1), "b")] * 3
    table = spark.createDataFrame(rows, T.StructType().add("v", VectorUDT()).add("label", "string"))
    sampler = EditedNearestNeighbours(featuresCol="v", samplingStrategy=["a"])
    plan = sampler.plan(table.coalesce(1))

    assert counts(plan.resampled()) == {"b": 3}
    assert counts(plan.removed()) == {"a": 2}


def test_rows_that_miss_an_input_stay_and_are_not_asked(spark):
    rows = [(float(i), "a") for i in range(6)] + [(2.5, "b"), (3.5, "b"), (None, "a")]
    sampler = EditedNearestNeighbours(samplingStrategy="all")
    with pytest.raises(DataError, match="handleInvalid='skip'"):
        sampler.plan(line(spark, rows))
    plan = sampler.copy({sampler.handleInvalid: "skip"}).plan(line(spark, rows))

    assert plan.resampled().filter("x IS NULL").count() == 1
    assert [n.code for n in plan.report.notices if n.code == "invalid_skipped"]
    filled = sampler.copy({sampler.handleInvalid: "impute"}).plan(line(spark, rows))
    assert filled.report.rows_after < len(rows)


@pytest.mark.parametrize("sampler", BOTH)
def test_class_without_a_usable_row_loses_none(spark, sampler):
    rows = [(float(i), "a") for i in range(6)] + [(None, "b")] * 3
    plan = sampler(samplingStrategy=["b"], handleInvalid="skip").plan(line(spark, rows))

    assert counts(plan.resampled()) == {"a": 6, "b": 3}
    assert plan.removed().count() == 0


def test_what_cleaning_does_to_the_balance_is_said(spark):
    rows = [(i + 0.0, "a") for i in range(40)] + [(i * 4 + 0.5, "b") for i in range(9)]
    plan = EditedNearestNeighbours(samplingStrategy="all").plan(line(spark, rows))
    codes = {n.code: n.message for n in plan.report.notices}
    assert "'b'" in codes["class_removed"]
    assert "100% of its 9 rows" in codes["minority_removed"]
    assert "kindSel='mode'" in codes["removing_fewer"]
    assert "samplingStrategy of EditedNearestNeighbours" in codes["removing_fewer"]

    turned = [(i * 2.0, "a") for i in range(9)] + [(i * 2.0 + 0.5, "b") for i in range(8)]
    turned += [(1000.0 + i, "b") for i in range(5)]
    plan = EditedNearestNeighbours(samplingStrategy=["b"]).plan(line(spark, turned))
    codes = {n.code: n.message for n in plan.report.notices}
    assert "smaller than class 'a' (9)" in codes["balance_turned"]
    assert "'b' (62% of 13 rows)" in codes["most_of_class_removed"]
    assert "samplingStrategy" not in codes["removing_fewer"]  # of one class, which may lose rows


def test_rows_with_holes_that_cleaning_leaves_in_a_class_are_warned_of(spark):
    rows = [(float(i), "a") for i in range(30)] + [(i + 0.5, "b") for i in range(18)]
    table = line(spark, [*rows, *[(None, "b")] * 2])
    plan = EditedNearestNeighbours(samplingStrategy=["b"], handleInvalid="skip").plan(table)
    codes = {n.code: n.message for n in plan.report.notices}

    assert "2 of the 2 rows of class 'b' (100%; 10.0% before)" in codes["invalid_kept"]
    assert "'impute'" in codes["invalid_kept"]


def test_too_few_rows_for_the_neighbours_asked_for_are_an_error(spark):
    rows = [(0.0, "a"), (1.0, "a"), (2.0, "b")]
    with pytest.raises(DataError, match="nNeighbors=3 needs 4 usable rows.*has 3.*to 2 or less"):
        EditedNearestNeighbours().plan(line(spark, rows))


def test_more_rows_than_an_exact_search_compares_are_refused(spark):
    table = spark.range(140_000).selectExpr("id * 0.5D AS x", "id % 3 = 0 AS label")
    with pytest.raises(DataError, match="'exact'.*up to 131,072.*the table has about.*'accurate'"):
        TomekLinks(searchQuality="exact").plan(table)


@pytest.mark.parametrize("sampler", BOTH)
def test_strategies_that_give_numbers_are_refused(sampler):
    with pytest.raises(ParameterError, match="cleaning"):
        sampler(samplingStrategy=0.5)


@pytest.mark.parametrize("sampler", BOTH)
def test_many_buckets_judge_nearly_as_one_does_and_the_report_says_how_nearly(
    spark, small_buckets, sampler
):
    table = points(
        spark,
        {"'a'": 4_000, "'b'": 1_000},
        *[f"{clustered(j)} + {uniform(j + 10)} AS x{j}" for j in range(4)],
        "id AS n",
        partitions=3,
    )
    sampler = sampler(ignoreCols=["n"], samplingStrategy="all")
    plan = sampler.plan(table)
    found = {r.n for r in plan.resampled().select("n").collect()}
    exact = sampler.copy({sampler.searchQuality: "exact"}).resample(table)
    truth = {r.n for r in exact.select("n").collect()}
    wrong = len(found ^ truth) / (5_000 - len(truth))
    print(f"{wrong:.3%} of {5_000 - len(truth)} removals differ")

    assert wrong < 0.05
    assert {a.label for a in plan.report.accuracy} >= {"a"}
    assert all(0.9 < a.recall <= 1 and a.queries == 256 for a in plan.report.accuracy)
    assert not any(a.exact for a in plan.report.accuracy)
    again = sampler.resample(table.repartition(5).sortWithinPartitions(F.desc("x0")))
    assert {r.n for r in again.select("n").collect()} == found
    assert np.isfinite([a.distance_ratio for a in plan.report.accuracy]).all()


def test_a_row_with_a_hole_is_not_taken_for_the_row_without(spark):
    rows = [(0, [1.0, None, 2.0]), (0, [1.0, 2.0])] + [(1, [1.0 + i / 10, 2.0]) for i in range(12)]
    table = spark.createDataFrame(rows, "label int, f array<double>")
    plan = EditedNearestNeighbours(
        featuresCol="f", handleInvalid="skip", samplingStrategy=[0], standardize=False
    ).plan(table)

    assert [row.f for row in plan.removed().collect()] == [[1.0, 2.0]]
    assert plan.resampled().count() == sum(c.rows_after for c in plan.report.classes) == 13


def test_a_class_that_goes_altogether_is_told_with_a_remedy():
    found = cleaning_notices({"a": 90, "b": 40, "c": 9}, {"a": 90, "b": 0, "c": 9}, "Do this.")

    assert [n.message for n in found][:2] == ["Class 'b' is removed altogether.", "Do this."]


def test_a_remedy_is_named_where_there_is_one(spark):
    table = spark.createDataFrame([(0, 1.0), (1, None), (1, None)], "label int, x double")
    with pytest.raises(DataError, match="has 1$"):
        TomekLinks(handleInvalid="skip").plan(table)

"""One-sided selection: which rows seeds make redundant, what stays, and what the report says."""

import re
from collections import Counter

import pytest
from pyspark.sql import functions as F

from spark_smote import OneSidedSelection
from spark_smote.errors import DataError, ParameterError
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.drawing import draw_keys
from spark_smote.plans.table import ColumnRequest
from tests.tables import contents, counts, overlapping_classes, points, uniform, unreadable


def line(spark, values):
    """Rows `(x, label)` in one partition."""
    return spark.createDataFrame(values, "x double, label string").coalesce(1)


def messages(plan):
    return {notice.code: notice.message for notice in plan.report.notices}


def of_class(df, label):
    return Counter(row.x for row in df.filter(F.col("label") == label).collect())


@pytest.fixture(scope="module")
def overlapping(spark):
    return overlapping_classes(spark)


@pytest.fixture(scope="module")
def heap(spark):
    """Thirty rows of class a on one point, others up to as far from it as from class b."""
    zeros = [(0.0 if i % 2 else -0.0, "a") for i in range(30)]
    beside = [(x, "a") for x in (3.9, 4.0, 4.1, 7.9)]
    return line(spark, [*zeros, *beside, *[(x, "b") for x in (8.0, 9.0, 20.0, 30.0)]])


def test_rows_as_near_to_the_smallest_class_as_to_a_seed_stay(heap):
    plan = OneSidedSelection(standardize=False).plan(heap)

    # the seed is one of those at 0; 7.9 and 8.0 are a link, of which b keeps its own though it is
    # no longer the smallest
    assert of_class(plan.resampled(), "a") == {0.0: 1, 4.0: 1, 4.1: 1}
    assert counts(plan.resampled()) == {"a": 3, "b": 4}
    assert "smaller than class 'b' (4)" in messages(plan)["balance_turned"]


def test_rows_that_equal_a_seed_are_redundant(spark):
    zeros = [(0.0 if i % 3 else -0.0, "a") for i in range(30)]
    table = line(spark, [*zeros, (8.0, "b"), (9.0, "b"), (20.0, "b")])
    plan = OneSidedSelection(nSeeds=12).plan(table)

    left = contents(plan.resampled().drop("is_synthetic"))
    assert left + contents(plan.removed()) == contents(table)
    assert left.total() == 12 + 3
    assert {c.label: c.rows_after for c in plan.report.classes} == {"a": 12, "b": 3}


def test_the_report_tells_both_steps(overlapping):
    plan = OneSidedSelection(nSeeds=2, seed=4).plan(overlapping)
    after = {c.label: c.rows_after for c in plan.report.classes}
    said = messages(plan)
    redundant = re.search("([0-9]+) of class 'a', ([0-9]+) of class 'c'", said["condensed"])
    linked = re.search("([0-9]+) of class 'a', [0-9]+ of .*, ([0-9]+) of .*c", said["links"])

    assert counts(plan.resampled()) == after
    for label, before, place in (("a", 400, 1), ("c", 250, 2)):
        gone = int(redundant[place]), int(linked[place])
        assert min(gone) > 0
        assert after[label] == before - sum(gone)
    assert after["b"] == 150
    assert {c.label: (c.method, c.k_resolved) for c in plan.report.classes} == {
        "a": ("cleaned", 1), "b": ("untouched", 0), "c": ("cleaned", 1),
    }  # fmt: skip
    rest = 800 - int(redundant[1]) - int(redundant[2])
    assert [(s.queried, s.rows) for s in plan.report.searches] == [(650, 150), (rest, rest)]
    assert [(a.label, a.among, a.recall) for a in plan.report.accuracy] == [
        *[(label, "class 'b'", 1.0) for label in "ac"],
        *[(label, "all classes", 1.0) for label in "abc"],
    ]


def test_only_classes_named_lose_rows(overlapping):
    plan = OneSidedSelection(samplingStrategy=["c"]).plan(overlapping)
    left = counts(plan.resampled())

    assert (left["a"], left["b"]) == (400, 150)
    assert left["c"] < 250
    assert contents(plan.resampled().select(*overlapping.columns)) + contents(
        plan.removed()
    ) == contents(overlapping)


def test_rows_that_cannot_be_searched_stay_and_are_no_seeds(spark):
    values = [(float(i), "a") for i in range(5)] + [(None, "a")] * 60
    values += [(4.5, "b"), (41.0, "b"), (None, "b")] + [(None, "c")] * 9
    table = line(spark, values)
    sampler = OneSidedSelection(handleInvalid="skip", nSeeds=5)
    plan = sampler.plan(table)

    # all five are seeds, of which one is in a link
    assert of_class(plan.removed(), "a") == {4.0: 1}
    assert counts(plan.resampled()) == {"a": 64, "b": 3, "c": 9}
    assert "than class 'b': 0 of class 'a', 0 of class 'c'." in messages(plan)["condensed"]
    assert "invalid_skipped" in messages(plan)
    nobody_asks = sampler.copy({sampler.samplingStrategy: ["c"]}).plan(table)
    assert nobody_asks.report.rows_after == 77
    filled = sampler.copy({sampler.handleInvalid: "impute"}).plan(table)
    # one of b is at the median too, and so in a link with each of c
    assert {c.label: c.rows_after for c in filled.report.classes if c.label != "a"} == {
        "b": 3, "c": 0,
    }  # fmt: skip


def test_class_without_usable_references_is_named(spark):
    table = line(spark, [(float(i), "a") for i in range(6)] + [(None, "b")] * 3)
    with pytest.raises(DataError, match="class 'b'.*no usable row, of 3; fill"):
        OneSidedSelection(handleInvalid="skip").plan(table)


def test_what_cannot_be_done_is_refused(spark, heap):
    with pytest.raises(ParameterError, match="'all' includes the smallest.*or use TomekLinks"):
        OneSidedSelection(samplingStrategy="all").plan(unreadable(spark, "id * 1D AS x"))
    with pytest.raises(DataError, match="names class 'b', the smallest.*or use TomekLinks"):
        OneSidedSelection(samplingStrategy=["a", "b"]).plan(heap)
    with pytest.raises(ParameterError, match="nSeeds must be from 1 to 1000; received 0"):
        OneSidedSelection(nSeeds=0)


def test_each_occurrence_of_equal_rows_is_as_likely_a_seed_as_any_row(spark):
    """Of each of 300 classes one of six rows, three of them alike."""
    rows = spark.range(1_800).selectExpr("greatest(id % 6, 2) * 1D AS x", "id DIV 6 AS label")
    table = resolve_columns(rows, ColumnRequest("label", makes_rows=False))
    drawn = draw_keys(table, dict.fromkeys(range(300), 1), seed=2, purpose="seeds")
    keys = spark.createDataFrame([(key,) for key in drawn], "key bigint")
    found = table.frame.withColumn("key", table.key).join(keys, "key").select("c0", "c1").distinct()
    alike = found.filter("c0 = 2").count()

    assert list(drawn.values()) == [1] * 300
    assert found.count() == found.select("c1").distinct().count() == 300
    assert 115 < alike < 185  # 150 expected, 75 if each distinct row were as likely


@pytest.mark.slow
def test_many_references_are_searched_in_buckets_and_the_report_says_how_nearly(spark):
    table = points(
        spark,
        {"'a'": 9_000, "'b'": 5_500},
        *[f"{uniform(j)} AS x{j}" for j in range(5)],
        "id AS n",
        partitions=3,
    )
    sampler = OneSidedSelection(ignoreCols=["n"], searchQuality="fast", nSeeds=1000)
    plan = sampler.plan(table)
    found = {r.n for r in plan.removed().select("n").collect()}
    exact = sampler.copy({sampler.searchQuality: "exact"}).plan(table)
    truth = {r.n for r in exact.removed().select("n").collect()}
    accuracy = plan.report.accuracy
    print(f"{len(found ^ truth)} of {len(truth)} removals differ; recall {accuracy}")

    assert len(truth) > 1_000
    assert 0 < len(found ^ truth) < 0.1 * len(truth)
    assert [a.among for a in accuracy] == ["class 'b'", "all classes", "all classes"]
    assert all(0.85 < a.recall < 1 and not a.exact for a in accuracy)

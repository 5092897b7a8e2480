"""Original rows that go are named by content; those that stay come out as they went in."""

from collections import Counter

import pytest
from pyspark.sql import functions as F

from spark_smote import (
    EditedNearestNeighbours,
    NearMiss,
    NeighbourhoodCleaningRule,
    OneSidedSelection,
)
from spark_smote.plans import removal
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.removal import Removal, keeping_times, without_keys
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.table import ColumnRequest
from spark_smote.results import ResampleReport
from tests.tables import AWKWARD_LABEL, awkward, contents, plain_texts, points


def looked_at(df, label="label", **request):
    """The table of a method that makes no rows and looks at no column but the label."""
    asked = ColumnRequest(label_col=label, looks_at_inputs=False, makes_rows=False, **request)
    return resolve_columns(df, asked)


def planned(table, part: Removal):
    report = ResampleReport("cleaning", "label", {}, {}, [], [], makes_rows=False)
    return ResamplePlan(report, table, removal=part)


def exact(df, width):
    return Counter(row.text for row in plain_texts(df, width).collect())


@pytest.fixture(scope="module")
def table(spark):
    """Every kind of column, a third of the rows twice, in several partitions."""
    once = awkward(spark)
    twice = once.union(once.filter("`the id` LIKE '%3'")).repartition(3, "the id")
    return looked_at(twice, AWKWARD_LABEL)


def distinct_rows(table):
    """Content keys of all distinct rows and how often each occurs."""
    keyed = table.frame.select(table.key.alias("key"), table.twin_key.alias("twin"))
    return keyed.groupBy("key", "twin").agg(F.count("*").alias("rows"))


def check_parts(table, part, kept, removed):
    plan = planned(table, part)
    width = len(table.schema)
    output, gone = plan.resampled(), plan.removed()

    assert exact(output, width) == kept
    assert exact(gone, width) == removed
    assert output.schema.fields[:width] == gone.schema.fields == table.schema.fields
    assert output.columns[width:] == ["is_synthetic"]
    assert plan.synthetic().count() == output.filter("is_synthetic").count() == 0


def test_rows_that_are_named_go_with_all_their_occurrences(table):
    names = table.schema.names
    everything = table.frame.toDF(*names)
    goes = F.col("the id").isin("row 3", "row 7", "row 20")
    keys = table.frame.filter(table.frame["c0"].isin("row 3", "row 7", "row 20"))
    keys = keys.select(table.key.alias("key")).distinct()

    kept, removed = (exact(everything.filter(c), len(names)) for c in (~goes, goes))
    assert sum(removed.values()) == 4
    check_parts(table, without_keys(table, keys), kept, removed)


def test_of_rows_that_are_named_some_occurrences_may_stay(table):
    """Of two that go and occur twice, one stays of one of them."""
    texts = exact(table.frame, len(table.schema))
    named = table.frame.filter("c0 IN ('row 3', 'row 13', 'row 20')")
    keys = {row.c0: row.key for row in named.select("c0", table.key.alias("key")).collect()}
    gone = table.frame.sparkSession.createDataFrame([(k,) for k in keys.values()], "key bigint")
    removed = exact(named, len(table.schema))
    assert sorted(removed.values()) == [1, 2, 2]

    removed -= exact(named.filter("c0 = 'row 3'").limit(1), len(table.schema))
    part = without_keys(table, gone, {keys["row 3"]: 1})
    check_parts(table, part, texts - removed, removed)


def test_of_equal_rows_as_many_stay_as_were_decided(table):
    """Of rows that occur twice one stays; of the others every second row of the class ' 01 '."""
    texts = exact(table.frame, len(table.schema))
    assert set(texts.values()) == {1, 2}
    rare = table.frame.filter(f"c{table.label} = ' 01 '")
    own = exact(rare, len(table.schema))
    times = distinct_rows(table).withColumn("kept", F.col("rows") - 1)

    removed = Counter(dict.fromkeys(own, 1))
    check_parts(table, keeping_times(table, [" 01 "], times), texts - removed, removed)


@pytest.mark.parametrize("partitions", [1, 8])
def test_a_row_that_makes_up_most_of_the_table_is_counted_out_in_blocks(
    spark, monkeypatch, partitions
):
    monkeypatch.setattr(removal, "MOST_AT_ONCE", 100)
    heavy = points(spark, {"'a'": 1_000, "'b'": 40}, "IF(id < 905, 7, id) AS n", "'s' AS s")
    table = looked_at(heavy.repartition(partitions))
    wanted = F.when(F.col("rows") > 1, 301).otherwise(F.col("rows"))
    part = keeping_times(table, ["a"], distinct_rows(table).withColumn("kept", wanted))

    expected = Counter(map(repr, heavy.collect()))
    expected["Row(n=7, s='s', label='a')"] = 301
    assert contents(planned(table, part).resampled().drop("is_synthetic")) == expected
    assert contents(planned(table, part).removed()) == {"Row(n=7, s='s', label='a')": 604}


def test_without_a_removal_no_row_is_removed(spark):
    df = points(spark, {"'a'": 10, "'b'": 4})
    plan = planned(looked_at(df), None)

    assert plan.removed().columns == df.columns
    assert plan.removed().count() == 0
    assert contents(plan.resampled().drop("is_synthetic")) == contents(df)


BESIDE = [(float(i % 4), float(i % 3)) for i in range(12)]
SIGNED_LABELS = [
    *[(x, y, 0.0) for x, y in BESIDE],
    *[(x, y, -0.0) for x, y in BESIDE],
    *[(x + 0.1, y, 1.0) for x, y in BESIDE[:8]],
]


@pytest.mark.parametrize(
    "sampler",
    [
        NearMiss(samplingStrategy={0.0: 11}),
        EditedNearestNeighbours(),
        NeighbourhoodCleaningRule(),
    ],
    ids=lambda each: each.method,
)
def test_rows_that_differ_in_the_sign_of_a_zero_label_are_counted_and_named_apart(spark, sampler):
    kind = "x double, y double, label double"
    plan = sampler.plan(spark.createDataFrame(SIGNED_LABELS, kind).coalesce(1))
    turned = spark.createDataFrame(SIGNED_LABELS[::-1], kind).repartition(3)

    left = contents(plan.resampled())
    assert left.total() == plan.report.rows_after < len(SIGNED_LABELS)
    assert left == contents(sampler.resample(turned))


def test_zeros_of_either_sign_beside_imputed_inputs_are_counted_once(spark):
    rows = [(float(i), 0.0, 0) for i in range(3, 12)]
    rows += [(-0.0, 0.0, 0), (0.0, 0.0, 0), (0.0, -0.0, 0)]
    rows += [(0.1, 0.0, 1), (0.2, 0.0, 1), (-0.1, 0.0, 1), (float("nan"), 0.0, 1)]
    table = spark.createDataFrame(rows, "x double, y double, label int").coalesce(1)
    cleaning = NeighbourhoodCleaningRule(handleInvalid="impute", samplingStrategy="not minority")
    plan = cleaning.plan(table)

    assert plan.resampled().count() == plan.report.rows_after < 16


def test_seeds_among_zeros_of_either_sign_beside_imputed_inputs_stay(spark):
    rows = [(-0.0, 0.0, 0)] * 2 + [(0.0, 0.0, 0)] * 3
    rows += [(10.0, 0.0, 1), (11.0, 0.0, 1), (12.0, float("nan"), 1)]
    table = spark.createDataFrame(rows, "x double, y double, label int").coalesce(1)
    condensing = OneSidedSelection(
        handleInvalid="impute", nSeeds=1, searchQuality="exact", samplingStrategy=[0], seed=1
    )
    plan = condensing.plan(table)

    left = {c.label: c.rows_after for c in plan.report.classes}
    assert left == {0: plan.resampled().filter("label = 0").count(), 1: 3}
    assert 1 <= left[0] < 5

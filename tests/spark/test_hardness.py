"""Instance hardness threshold: who stays, what is learned from, and what the report says."""

import numpy as np
import pytest
from pyspark.sql import functions as F

from spark_smote import InstanceHardnessThreshold
from spark_smote.errors import DataError, ParameterError
from spark_smote.kernels.hardness import OutOfFold
from spark_smote.plans import hardness
from tests.tables import contents, counts


@pytest.fixture(scope="module")
def overlapping(spark):
    """Classes 0, 1 and 2 of 400, 120 and 60 rows that overlap; a fifth of the rows are repeats."""
    random = np.random.default_rng(2)
    classes = np.repeat([0, 1, 2], [400, 120, 60])
    features = random.normal(size=(580, 2)).round(3) + classes[:, None]
    features[:80] = features[80:160]
    rows = [(*map(float, row), int(label)) for row, label in zip(features, classes, strict=True)]
    return spark.createDataFrame(rows, "x double, y double, label int").repartition(3)


def rows_of(df):
    return np.array(sorted(tuple(row) for row in df.select("x", "y", "label").collect()))


def test_the_easiest_rows_stay_exactly_so_many(overlapping):
    sampler = InstanceHardnessThreshold(samplingStrategy={0: 150, 1: 101}, numFolds=3, seed=5)
    plan = sampler.plan(overlapping)
    table = rows_of(overlapping)
    features, classes = table[:, :2], table[:, 2].astype(int)
    _, first, times = np.unique(table, axis=0, return_index=True, return_counts=True)
    models = OutOfFold.fit(  # in another order of rows than the plan has them
        features[first], classes[first], times.astype(float), folds=3, seed=5
    )

    kept, gone = rows_of(plan.resampled()), rows_of(plan.removed())
    assert counts(plan.resampled()) == {0: 150, 1: 101, 2: 60}
    assert contents(plan.resampled().drop("is_synthetic").union(plan.removed())) == contents(
        overlapping
    )
    for label in (0, 1):
        easy, hard = (
            models.hardness(
                rows[rows[:, 2] == label, :2], np.full((rows[:, 2] == label).sum(), label)
            )
            for rows in (kept, gone)
        )
        assert easy.max() <= hard.min() + 1e-9
    both = {tuple(row) for row in kept} & {tuple(row) for row in gone}
    assert len(both) <= 2  # of one row at the cut of each class, some occurrences may stay


def test_the_report_says_what_was_learned_from(overlapping, monkeypatch):
    sampler = InstanceHardnessThreshold(samplingStrategy={0: 100}, seed=1)
    report = sampler.plan(overlapping).report
    told = {notice.code: notice.message for notice in report.notices}

    assert "5 classifiers from all 580 rows" in told["hardness"]
    assert "300 of 580 rows" in told["rows_removed"]
    assert {c.label: (c.method, c.rows_after) for c in report.classes} == {
        0: ("easiest", 100),
        1: ("untouched", 120),
        2: ("untouched", 60),
    }
    assert [phase.name for phase in report.phases] == ["profile", "sample", "rank"]

    monkeypatch.setattr(hardness, "MOST_FITTED", 300)
    plan = sampler.plan(overlapping)
    told = {notice.code: notice.message for notice in plan.report.notices}
    assert " sampled of 580 rows" in told["hardness"]
    assert counts(plan.resampled()) == {0: 100, 1: 120, 2: 60}
    elsewhere = sampler.resample(overlapping.repartition(8).sortWithinPartitions(F.desc("x")))
    assert contents(plan.resampled()) == contents(elsewhere)


def test_rows_with_holes_stay_or_are_learned_from(spark):
    rows = [(float(i), float(i % 7), "a") for i in range(150)] + [(None, 1.0, "a")] * 50
    rows += [(500.0 + i, float(i % 7), "b") for i in range(60)]
    table = spark.createDataFrame(rows, "x double, y double, label string").repartition(2)
    sampler = InstanceHardnessThreshold(handleInvalid="skip", samplingStrategy={"a": 80})
    plan = sampler.plan(table)

    assert counts(plan.resampled()) == {"a": 80, "b": 60}
    assert plan.resampled().filter("x IS NULL").count() == 50
    learning = sampler.copy({sampler.handleInvalid: "impute"}).plan(table)
    assert counts(learning.resampled()) == {"a": 80, "b": 60}
    told = {notice.code: notice.message for notice in learning.report.notices}
    assert "all 260 rows" in told["hardness"]


def test_numbers_of_folds_are_checked():
    with pytest.raises(ParameterError, match="numFolds.*2.*received 1"):
        InstanceHardnessThreshold(numFolds=1)


def test_rows_with_holes_that_crowd_a_class_are_warned_of(spark):
    rows = [(float(i), "a") for i in range(160)] + [(None, "a")] * 20
    rows += [(90.0 + i, "b") for i in range(30)]
    table = spark.createDataFrame(rows, "x double, label string")
    plan = InstanceHardnessThreshold(handleInvalid="skip", numFolds=2).plan(table)

    told = {notice.code: notice.message for notice in plan.report.notices}
    assert "20 of the 30 rows of class 'a' (67%; 11.1% before)" in told["invalid_kept"]
    assert "'impute'" in told["invalid_kept"]


def test_what_nothing_can_be_learned_of_is_refused(spark):
    named = spark.range(120).selectExpr("id AS customer", "id % 7 * 1D AS x", "id < 30 AS label")
    with pytest.raises(DataError, match="'customer' is different in each.*ignoreCols or idCol"):
        InstanceHardnessThreshold().plan(named)

    rows = [(float(i), "a") for i in range(20)] + [(None, "b")] * 5
    holed = spark.createDataFrame(rows, "x double, label string")
    with pytest.raises(DataError, match="only class 'a' has rows without null.*'impute'"):
        InstanceHardnessThreshold(handleInvalid="skip").plan(holed)

    many = spark.range(400).selectExpr("id * 0.5D AS x", "nullif(id % 11, 11) AS label")
    with pytest.raises(DataError, match="numFolds=50 times 11 classes.*at most 500"):
        InstanceHardnessThreshold(numFolds=50, samplingStrategy={0: 5}).plan(many)

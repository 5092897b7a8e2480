"""Rows that were filtered by all of their columns are planned as fast as any."""

import pytest
from pyspark.sql import functions as F

from spark_smote import (
    SMOTE,
    EditedNearestNeighbours,
    RandomOverSampler,
    RandomUnderSampler,
    inspect,
)
from tests.tables import counts, points, uniform

COLUMNS = 26


@pytest.fixture(scope="module")
def split(spark, tmp_path_factory):
    """What a split by a hash of the row leaves of a table without nulls."""
    folder = str(tmp_path_factory.mktemp("whole") / "table")
    columns = [f"IF(id % 50 = {j}, NULL, {uniform(j)}) AS x{j}" for j in range(COLUMNS)]
    whole = points(spark, {"'a'": 400, "'b'": 200}, *columns, "id % 9 AS shop", partitions=2)
    whole.write.parquet(folder)
    whole = spark.read.parquet(folder).dropna()
    return whole.filter(F.pmod(F.xxhash64(*whole.columns), F.lit(10)) < 7)


def known(frame):
    """Conditions that Spark's optimizer infers of the rows."""
    return frame._jdf.queryExecution().analyzed().constraints().size()


def joined(frame, shops):
    """The rows with all of their columns, through a join of which much can be inferred."""
    named = shops.withColumn("named", F.concat(F.lit("shop "), "shop"))
    return frame.join(named, "shop", "left").filter("named IS NOT NULL")


def unchanged(counts):
    return counts


@pytest.mark.parametrize(
    ("sampler", "params"),
    [
        (SMOTE, {"handleInvalid": "skip"}),
        (SMOTE, {"provenance": True}),
        (SMOTE, {"provenance": True, "samplingStrategy": unchanged}),
        (
            SMOTE,
            {
                "boundsPolicy": {"shop": "double"},
                "inputCols": ["x0", "shop"],
                "carryPolicy": "copy",
            },
        ),
        (EditedNearestNeighbours, {}),
        (RandomOverSampler, {"shrinkage": 0.5}),
        (RandomUnderSampler, {}),
    ],
)
def test_plans_end_and_leave_nothing_to_follow(split, sampler, params):
    plan = sampler(**params).plan(split)
    output = plan.resampled()
    assert counts(output) == {c.label: c.rows_after for c in plan.report.classes}
    for frame in (output, plan.synthetic(), plan.removed()):
        assert known(frame) < 3 + params.get("provenance", False)  # its three are never null
    shops = split.select("shop").distinct()
    real = output.filter(~F.col("is_synthetic"))
    assert len(joined(real, shops).collect()) == real.count()


def test_inspect_ends(split):
    assert sum(c.rows for c in inspect(split).classes) == split.count()

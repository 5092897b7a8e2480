"""Records are kept by Spark while somebody needs them, and no longer; rows do not depend on it."""

import gc

import pytest
from pyspark.errors import PySparkException

from spark_smote import SMOTE
from spark_smote.errors import SparkSmoteError
from tests.tables import classes, contents, points


@pytest.fixture
def kept(spark):
    """How many tables Spark keeps."""
    spark.catalog.clearCache()

    def count() -> int:
        gc.collect()
        return 0 if spark._jsparkSession.sharedState().cacheManager().isEmpty() else 1

    return count


def test_kept_while_the_plan_lives(spark, kept):
    plan = SMOTE().plan(points(spark, {"1": 9, "0": 20}))
    assert kept() == 1
    del plan
    assert kept() == 0


def test_kept_while_a_frame_made_of_them_lives_and_made_again_after(spark, kept):
    table = points(spark, {"1": 9, "0": 20})
    balanced = SMOTE(seed=3).resample(table)
    assert kept() == 1
    seen = contents(balanced)
    derived = balanced.filter("true")
    del balanced
    assert kept() == 0
    assert contents(derived) == seen


def test_platforms_that_refuse_to_keep_give_the_same_rows(spark, kept, monkeypatch):
    table = points(spark, {"1": 9, "0": 20})
    seen = contents(SMOTE(seed=3).resample(table))

    def refused(self, *_):
        raise PySparkException("[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE")

    monkeypatch.setattr(type(table), "persist", refused)
    assert contents(SMOTE(seed=3).resample(table)) == seen
    assert kept() == 0


def test_nothing_is_kept_after_a_plan_that_fails(spark, kept):
    table = classes(spark, {"1": 200, "0": 500})
    with pytest.raises(SparkSmoteError, match="id"):  # looks like an id, by the sample
        SMOTE().plan(table)
    assert kept() == 0

"""Integer columns that differ in nearly every row: told of, whatever the method looks at."""

import pytest

from spark_smote import (
    ADASYN,
    SMOTE,
    EditedNearestNeighbours,
    InstanceHardnessThreshold,
    KMeansSMOTE,
    NearMiss,
    PolynomFitSMOTE,
    RandomOverSampler,
)
from spark_smote.errors import DataError

LOOKING = (
    SMOTE(),
    SMOTE(groupCols=["shop"]),
    ADASYN(),
    KMeansSMOTE(numClusters=2, clusterBalanceThreshold=0.0),
    PolynomFitSMOTE(),
    RandomOverSampler(shrinkage=0.5),
    EditedNearestNeighbours(),
    NearMiss(),
    InstanceHardnessThreshold(numFolds=2),
)


def accounts(spark, repeated):
    """Of so many accounts in each class there is a second row, of another day."""
    table = spark.range(400).selectExpr(
        "id * 7 AS account", "id % 2 AS shop", "hash(id) % 100 / 10.0D AS x", "int(id < 100) AS y"
    )
    again = table.filter(f"account % 700 < 7 * {repeated}").withColumn("x", table["x"] + 1)
    return table.union(again).withColumn("shop", table["shop"].cast("string"))


def told(sampler, table):
    ignored = [] if sampler.hasParam("groupCols") and sampler.isSet("groupCols") else ["shop"]
    values = {"labelCol": "y", "ignoreCols": ignored}
    if sampler.hasParam("carryPolicy"):
        values["carryPolicy"] = "copy"
    asking = sampler.copy()._set(**values)
    return [n.message for n in asking.plan(table).report.notices if n.code == "id_like"]


@pytest.mark.parametrize("sampler", LOOKING, ids=repr)
def test_ids_of_which_some_rows_are_there_twice_are_told_of(spark, sampler):
    messages = told(sampler, accounts(spark, repeated=3))

    assert len(messages) == 1
    assert "'account'" in messages[0]
    assert "ignoreCols" in messages[0]
    assert "inputCols" in messages[0]


@pytest.mark.parametrize("sampler", LOOKING, ids=repr)
def test_ids_that_differ_in_every_row_are_refused(spark, sampler):
    with pytest.raises(DataError, match="'account'.*looks like an id"):
        told(sampler, accounts(spark, repeated=0))


@pytest.mark.parametrize(
    "sampler",
    [SMOTE(inputCols=["account", "x"]), RandomOverSampler()],
    ids=repr,
)
def test_columns_asked_for_or_not_looked_at_are_not_told_of(spark, sampler):
    assert not told(sampler, accounts(spark, repeated=3))


def test_integers_of_which_many_repeat_are_quantities(spark):
    assert not told(SMOTE(), accounts(spark, repeated=40))

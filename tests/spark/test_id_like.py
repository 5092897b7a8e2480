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


def accounts(spark, repeated, account="id"):
    """Of so many accounts in a hundred there is a second row, of another day."""
    table = spark.range(400).selectExpr(
        f"{account} AS account", "CAST(id % 2 AS STRING) AS shop", "hash(id) % 100 / 10.0D AS x",
        "int(id < 100) AS y",
    )  # fmt: skip
    again = table.filter(f"account % 100 < {repeated}").withColumn("x", table["x"] + 1)
    return table.union(again)


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


def test_an_id_of_one_class_is_told_of_where_the_whole_table_repeats_it(spark):
    table = accounts(spark, repeated=3, account="IF(id < 100, id, id % 50)")

    assert len(told(ADASYN(), table)) == len(told(SMOTE(), table)) == 1


@pytest.mark.parametrize("account", ["id % 60", "hash(id) % 500", "hash(id) % 100000"])
@pytest.mark.parametrize("sampler", [SMOTE(), EditedNearestNeighbours()], ids=repr)
def test_quantities_that_repeat_as_chance_has_it_are_not_told_of(spark, sampler, account):
    table = accounts(spark, 0, account).union(accounts(spark, 0, account).limit(2))

    assert not told(sampler, table)

"""Tasks reach the partitions meant for them: our murmur3 is Spark's."""

import pytest
from pyspark.sql import functions as F

from spark_smote.plans.layout import partition_keys


def test_partition_keys_agree_with_the_hash_and_the_shuffle_of_spark(spark):
    cases = [
        (partitions, partition, int(key))
        for partitions in (1, 2, 3, 7, 8, 64, 200, 1000)
        for partition, key in enumerate(partition_keys(partitions))
    ]
    keys = spark.createDataFrame(cases, "partitions int, partition int, key int")
    strayed = keys.filter(F.pmod(F.hash("key"), F.col("partitions")) != F.col("partition")).count()
    assert strayed == 0

    for partitions in (1, 3, 64):
        sent = (
            keys.filter(F.col("partitions") == partitions)
            .repartition(partitions, F.col("key"))
            .filter(F.spark_partition_id() != F.col("partition"))
        )
        assert sent.count() == 0


@pytest.mark.parametrize("aqe", ["true", "false"])
def test_tasks_stay_apart_whatever_the_optimizer_merges(spark, aqe):
    before = spark.conf.get("spark.sql.adaptive.enabled")
    spark.conf.set("spark.sql.adaptive.enabled", aqe)
    try:
        keys = partition_keys(16)
        cases = [(partition, int(key)) for partition, key in enumerate(keys)]
        sent = spark.createDataFrame(cases, "partition int, key int").repartition(16, F.col("key"))
        per_partition = sent.groupBy(F.spark_partition_id().alias("p")).count().collect()
        assert sorted((row["p"], row["count"]) for row in per_partition) == [
            (partition, 1) for partition in range(16)
        ]
    finally:
        spark.conf.set("spark.sql.adaptive.enabled", before)

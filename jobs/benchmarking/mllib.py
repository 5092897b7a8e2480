"""SMOTE the way it is usually built on Spark: a self-join by MLlib's locality-sensitive hashing."""

from __future__ import annotations

import math
from typing import Any

from pyspark.ml.feature import BucketedRandomProjectionLSH, StandardScaler, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from benchmarking.contenders import (
    new_rows,
    partition_counts,
    repeats_per_row,
)
from benchmarking.datasets import LABEL
from benchmarking.measure import Afterwards
from benchmarking.ours import SEED

K = 5
BUCKET_LENGTH = 0.5
"""In standard deviations. On 28 clustered columns near rows differ by about 0.3 along a random
direction: half of them share a bucket of this length, nine in ten one of three."""
HASH_TABLES = 3


def mllib_smote(spark: SparkSession, source: str, target: str) -> Afterwards:
    """SMOTE by `approxSimilarityJoin` of each class that grows with itself."""
    df = spark.read.parquet(source)
    out = df.withColumn("is_synthetic", F.lit(False))
    features = [name for name in df.columns if name != LABEL]
    cached = []
    for label, wanted in new_rows(partition_counts(df)).items():
        rows = _standardised(df.filter(F.col(LABEL) == F.lit(label)), features).cache()
        cached.append(rows)
        new = _interpolated(rows, _neighbours(rows, len(features)), wanted, df, features)
        out = out.union(new.withColumn("is_synthetic", F.lit(True)))
    out.write.parquet(target)
    for rows in cached:
        rows.unpersist()
    return dict


def _standardised(rows: DataFrame, features: list[str]) -> DataFrame:
    """One class with its features as a vector: `id`, `label`, `raw`, `scaled`."""
    assembled = VectorAssembler(inputCols=features, outputCol="raw").transform(
        rows.withColumn("id", F.monotonically_increasing_id())
    )
    scaler = StandardScaler(inputCol="raw", outputCol="scaled").fit(assembled)
    return scaler.transform(assembled).select("id", LABEL, "raw", "scaled")


def _neighbours(rows: DataFrame, columns: int) -> DataFrame:
    """The nearest rows of each row, where the join found any: `id`, `neighbours` (raw vectors)."""
    hashing = BucketedRandomProjectionLSH(
        inputCol="scaled",
        outputCol="hashes",
        bucketLength=BUCKET_LENGTH,
        numHashTables=HASH_TABLES,
        seed=SEED,
    ).fit(rows)
    # Two unrelated rows are sqrt(2 * columns) apart.
    pairs = hashing.approxSimilarityJoin(rows, rows, math.sqrt(columns), distCol="distance")
    nearest = Window.partitionBy("datasetA.id").orderBy("distance", "datasetB.id")
    return (
        pairs.filter("datasetA.id <> datasetB.id")
        .withColumn("rank", F.row_number().over(nearest))
        .filter(F.col("rank") <= K)
        .groupBy(F.col("datasetA.id").alias("id"))
        .agg(F.collect_list(vector_to_array(F.col("datasetB.raw"))).alias("neighbours"))
    )


def _interpolated(
    rows: DataFrame, neighbours: DataFrame, wanted: int, df: DataFrame, features: list[str]
) -> DataFrame:
    """Exactly `wanted` new rows in the columns of `df`; a row without neighbours is repeated."""
    counts: list[Any] = list(partition_counts(rows).values())
    picked = F.element_at(
        "neighbours", (1 + F.floor(F.rand(SEED) * F.size("neighbours"))).cast("int")
    )
    drawn = (
        rows.withColumn("repeats", repeats_per_row(counts[0], wanted))
        .withColumn("copy", F.explode(F.expr("array_repeat(true, repeats)")))
        .join(neighbours, "id", "left")
        .withColumn("base", vector_to_array(F.col("raw")))
        .withColumn("neighbour", F.coalesce(picked, "base"))
        .withColumn("gap", F.rand(SEED + 1))
    )
    return drawn.select(*(_value(df, features, name) for name in df.columns))


def _value(df: DataFrame, features: list[str], name: str) -> Column:
    if name == LABEL:
        return F.col(LABEL)
    base, neighbour = (F.col(side)[features.index(name)] for side in ("base", "neighbour"))
    value = base + F.col("gap") * (neighbour - base)
    kind = df.schema[name].dataType
    is_whole = kind.typeName() in {"byte", "short", "integer", "long"}
    return (F.round(value) if is_whole else value).cast(kind).alias(name)

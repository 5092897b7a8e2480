"""Wide tables, many classes, and values that differ by less than meets the eye."""

from decimal import Decimal

import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote import SMOTE
from spark_smote.errors import DataError
from spark_smote.plans.portrait import portrait_of


def test_a_hundred_classes_get_their_rows_and_their_labels_back(spark):
    name = F.concat(F.lit("class "), F.least(F.col("id") % 120, F.lit(99)))
    df = spark.range(2400).select(F.rand(1).alias("x"), F.rand(2).alias("y"), name.alias("label"))
    counts = {
        r["label"]: r["count"] for r in SMOTE().resample(df).groupBy("label").count().collect()
    }
    assert len(counts) == 100
    assert set(counts.values()) == {420}


def test_more_inputs_than_one_condition_each_are_checked_and_resampled(spark):
    columns = [(F.col("id") * (i + 1) % 17).cast("double").alias(f"v{i}") for i in range(120)]
    df = spark.range(60).select(*columns, (F.col("id") % 5 == 0).cast("int").alias("label"))
    assert SMOTE().plan(df).synthetic().count() == 36
    broken = df.withColumn(
        "v7", F.when(F.col("v0") == 3, F.lit(float("nan"))).otherwise(F.col("v7"))
    )
    with pytest.raises(DataError, match="'v7'"):
        SMOTE().plan(broken)


def test_zeros_of_both_signs_in_a_carried_vector_are_two_rows(spark):
    rows = [
        (float(i // 2), Vectors.dense([0.0 if i % 2 else -0.0]), int(i < 40)) for i in range(140)
    ]
    df = spark.createDataFrame(rows, ["x", "v", "label"])
    plan = SMOTE(inputCols=["x"], carryPolicy="copy", provenance=True).plan(df)
    originals = plan.resampled().filter("label = 1 AND NOT is_synthetic")
    assert originals.select("row_key").distinct().count() == 40


def test_a_decimal_input_that_may_not_be_null_stays_so(spark):
    schema = T.StructType(
        [
            T.StructField("d", T.DecimalType(10, 2), nullable=False),
            T.StructField("label", T.IntegerType(), nullable=False),
        ]
    )
    rows = [(Decimal(i).scaleb(-2), int(i < 10)) for i in range(40)]
    output = SMOTE().resample(spark.createDataFrame(rows, schema))
    assert output.schema["d"] == schema["d"]
    assert output.schema["label"] == schema["label"]
    assert output.filter("d IS NULL").count() == 0


def test_the_report_counts_every_copy_of_a_real_row(spark):
    """Ten twins among 400 rows: few points, each copied often, so that a sample would miss them."""
    numbers = F.when(F.col("id") < 20, F.col("id") % 10).otherwise(F.col("id"))
    df = spark.range(3400).select(
        F.sin(numbers * 1.0).alias("x"),
        F.cos(numbers * 1.7).alias("y"),
        (F.col("id") < 400).cast("int").alias("label"),
    )
    plan = SMOTE(seed=1).plan(df)
    output = plan.resampled().cache()
    real = {(r.x, r.y) for r in output.filter("label = 1 AND NOT is_synthetic").collect()}
    copies = sum((r.x, r.y) in real for r in output.filter("is_synthetic").collect())
    (found,) = portrait_of(output, plan).nearest
    output.unpersist()
    assert copies > 0
    assert found.copies_share == copies / 2600

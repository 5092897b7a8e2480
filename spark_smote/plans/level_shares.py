"""How the levels of nominal columns are shared out among new rows, against real ones: counted."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark_smote.plans.records import class_code
from spark_smote.plans.table import Table, label_literal
from spark_smote.results import LabelValue, LevelDrift


def level_drift(table: Table, new: Table, labels: Sequence[LabelValue]) -> list[LevelDrift]:
    """Total variation between the levels of new and of usable real rows, per class and column.

    All rows are counted, by Spark: one row per class and column comes to the driver. Sums are of
    whole numbers, so that the figures do not depend on the order of the rows.

    Parameters
    ----------
    table, new : Table
        Real rows, and new ones under the same neutral names.
    labels : sequence
        The classes that received rows.
    """
    if not labels or not table.nominal:
        return []
    both = _levels(table, labels, made=0).union(_levels(new, labels, made=1))
    of_column = Window.partitionBy("class", "place")
    # one row = a level of a column in a class: how many real and how many new rows have it
    counted = (
        both.groupBy("class", "place", "code")
        .agg(F.sum(1 - F.col("made")).alias("real"), F.sum("made").alias("made"))
        .withColumn("all_real", F.sum("real").over(of_column))
        .withColumn("all_made", F.sum("made").over(of_column))
    )
    apart = _product("real", "all_made") - _product("made", "all_real")
    found = counted.groupBy("class", "place").agg(
        F.sum(F.abs(apart)).alias("apart"),
        F.max("all_real").alias("all_real"),
        F.max("all_made").alias("all_made"),
        F.count_if(F.col("real") > 0).alias("real"),
        F.count_if(F.col("made") > 0).alias("made"),
    )
    met = sorted(found.collect(), key=lambda row: (row["class"], row["place"]))
    return [
        LevelDrift(
            label=labels[row["class"]],
            column=table.schema[table.nominal[row["place"]]].name,
            total_variation=int(row["apart"]) / (2 * row["all_real"] * row["all_made"]),
            real_levels=row["real"],
            synthetic_levels=row["made"],
        )
        for row in met
        if row["all_real"] and row["all_made"]
    ]


def _levels(table: Table, labels: Sequence[LabelValue], *, made: int) -> DataFrame:
    """One row = a nominal value of a row: its class, column and level."""
    kind = table.schema[table.label].dataType
    rows = table.frame.filter(table.label_column.isin(*[label_literal(v, kind) for v in labels]))
    if not (made or table.all_valid):
        rows = rows.filter(table.valid)
    codes = F.array(*[table.level_code(i) for i in table.nominal])
    return rows.select(
        class_code(table, labels).alias("class"),
        F.posexplode(codes).alias("place", "code"),
        F.lit(made).alias("made"),
    )


def _product(one: str, other: str) -> Column:
    """Of two counts, without overflow."""
    return F.col(one).cast("decimal(19, 0)") * F.col(other).cast("decimal(19, 0)")

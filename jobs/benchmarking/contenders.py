"""What is compared: whole jobs, Parquet in, rebalanced Parquet out.

A job is called with a Spark session (None for those that need none), the input's folder and the
output's path. It returns a function that adds figures once the clock has stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from imblearn import over_sampling
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarking.config import ContenderKey, Quality
from benchmarking.datasets import LABEL
from spark_smote import SMOTE
from spark_smote.results import ResampleReport

SEED = 7
RECALL_QUERIES = 2_000
OURS, SINGLE_MACHINE, FLOOR = "spark_smote", "imbalanced-learn", "random over-sampling (Spark)"

Figures = dict[str, float]
Afterwards = Callable[[], Figures]
Job = Callable[..., Afterwards]


@dataclass(frozen=True)
class Contender:
    """A job under a name."""

    name: str
    job: Job
    params: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the job."""
    warm_up_params: Mapping[str, Any] = field(default_factory=dict)
    """What differs in the run that is not timed."""
    process: str = ""
    """Contenders of one name share a child process; empty = one of its own."""
    needs_spark: bool = True
    max_rows: int | None = None
    """Larger tables are not for it."""


def smote(spark: SparkSession, source: str, target: str, *, recallQueries: int) -> Afterwards:  # noqa: N803
    """`SMOTE` with its defaults; afterwards its phases, and accuracy or the search alone."""
    plan = SMOTE(labelCol=LABEL, seed=SEED, recallQueries=recallQueries).plan(
        spark.read.parquet(source)
    )
    start = time.perf_counter()
    plan.resampled().write.parquet(target)
    write = {"phase_write": time.perf_counter() - start}
    phases = {f"phase_{phase.name}": phase.seconds for phase in plan.report.phases}

    def afterwards() -> Figures:
        if recallQueries:
            return phases | write | accuracy_of(plan.report)
        alone = seconds_without_writing(plan.synthetic())
        return phases | write | {"search_alone_seconds": alone}

    return afterwards


def search_only(spark: SparkSession, source: str, _: str, **params: Any) -> Afterwards:
    """Plan and make the new rows, for one setting of the search; nothing is written."""
    plan = SMOTE(labelCol=LABEL, seed=SEED, **params).plan(spark.read.parquet(source))
    seconds = seconds_without_writing(plan.synthetic())
    return lambda: {"search_alone_seconds": seconds} | accuracy_of(plan.report)


def seconds_without_writing(rows: DataFrame) -> float:
    """Seconds to compute rows that go nowhere."""
    start = time.perf_counter()
    rows.write.format("noop").mode("overwrite").save()
    return time.perf_counter() - start


def accuracy_of(report: ResampleReport) -> Figures:
    """Recall and distance ratio of the class where they are worst; none if not measured."""
    if not report.accuracy:
        return {}
    return {
        "recall": min(entry.recall for entry in report.accuracy),
        "distance_ratio": max(entry.distance_ratio for entry in report.accuracy),
    }


def floor(spark: SparkSession, source: str, target: str) -> Afterwards:
    """Random over-sampling by Spark's own functions: no neighbours, no Python, no shuffle of rows.

    Rows of a class are repeated equally often, give or take one; a scan per class that grows.
    """
    df = spark.read.parquet(source)
    counts = partition_counts(df)
    out = df.withColumn("is_synthetic", F.lit(False))
    for label, wanted in new_rows(counts).items():
        repeats = repeats_per_row(counts[label], wanted)
        new = (
            df.filter(F.col(LABEL) == F.lit(label))
            .withColumn("repeats", repeats)
            .withColumn("copy", F.explode(F.expr("array_repeat(true, repeats)")))
            .drop("repeats", "copy")
        )
        out = out.union(new.withColumn("is_synthetic", F.lit(True)))
    out.write.parquet(target)
    return dict


def partition_counts(df: DataFrame) -> dict[Any, list[int]]:
    """Rows per partition, for each label."""
    grouped = df.groupBy(LABEL, F.spark_partition_id().alias("partition")).count().collect()
    partitions = 1 + max(row["partition"] for row in grouped)
    counts: dict[Any, list[int]] = {row[LABEL]: [0] * partitions for row in grouped}
    for row in grouped:
        counts[row[LABEL]][row["partition"]] = row["count"]
    return counts


def new_rows(counts: Mapping[Any, list[int]]) -> dict[Any, int]:
    """New rows that bring every class up to the largest."""
    largest = max(map(sum, counts.values()))
    return {label: largest - sum(rows) for label, rows in counts.items() if sum(rows) < largest}


def repeats_per_row(partitions: list[int], wanted: int) -> Column:
    """How often each row of a class is repeated, for exactly `wanted` rows in all.

    The first rows of each partition take what is left after the whole multiples, so that nothing
    has to be shuffled or counted again. Right only on the partitions that were counted.
    """
    whole, extra = divmod(wanted, sum(partitions))
    ends = np.cumsum([0, *partitions]) * extra // sum(partitions)
    extras = F.array(*(F.lit(int(n)) for n in np.diff(ends)))
    row_id = F.monotonically_increasing_id()  # the partition in the upper bits, rows from 0 below
    partition = F.shiftright(row_id, 33).cast("int")
    index = row_id.bitwiseAND((1 << 33) - 1)
    takes_one_more = index < F.element_at(extras, partition + 1)
    return F.lit(whole) + takes_one_more.cast("int")


def imbalanced_learn(_: None, source: str, target: str) -> Afterwards:
    """imbalanced-learn's SMOTE on one machine, pandas in and out."""
    df = pd.read_parquet(source)
    features, labels = over_sampling.SMOTE(random_state=SEED).fit_resample(
        df.drop(columns=LABEL), df[LABEL]
    )
    is_synthetic = np.arange(len(features)) >= len(df)
    features.assign(label=labels, is_synthetic=is_synthetic).to_parquet(target)
    return dict


def chosen_contenders(
    keys: list[ContenderKey], max_rows: Mapping[ContenderKey, int]
) -> list[Contender]:
    """The contenders of a scenario."""
    from benchmarking.mllib import mllib_smote

    known: dict[ContenderKey, Callable[..., Contender]] = {
        "spark_smote": partial(Contender, OURS, smote, {"recallQueries": 0}),
        "spark_smote_recall": partial(
            Contender, "spark_smote, recall", smote, {"recallQueries": RECALL_QUERIES}
        ),
        "floor": partial(Contender, FLOOR, floor),
        "imbalanced_learn": partial(Contender, SINGLE_MACHINE, imbalanced_learn, needs_spark=False),
        "mllib": partial(Contender, "SMOTE on MLlib's LSH", mllib_smote),
    }
    return [known[key](max_rows=max_rows.get(key)) for key in keys]


def quality_contenders(scenario: Quality) -> list[Contender]:
    """A contender per hash family and search quality; recall is measured in the warm-up."""
    return [
        Contender(
            f"{family}, {quality}",
            search_only,
            {"hashFamily": family, "searchQuality": quality, "recallQueries": 0},
            {"recallQueries": RECALL_QUERIES},
            process="quality",
        )
        for family in scenario.hash_families
        for quality in scenario.search_qualities
    ]

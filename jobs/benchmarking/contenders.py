"""What is compared: whole jobs, Parquet in, rebalanced Parquet out.

A job is called with a Spark session (None for those that need none), the input's folder and the
output's path. It returns a function that adds figures once the clock has stopped. Jobs of our own
samplers are in `ours`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from imblearn import over_sampling
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarking.agreement import agreement
from benchmarking.config import Agreement, ContenderKey, CrossClassKey, Quality
from benchmarking.datasets import LABEL
from benchmarking.measure import Afterwards
from benchmarking.ours import RECALL_QUERIES, SEED, resample, search_only
from spark_smote.samplers import REGISTRY

OURS, SINGLE_MACHINE, FLOOR = "spark_smote", "imbalanced-learn", "random over-sampling (Spark)"

COMPARED: Mapping[CrossClassKey, str] = {
    "borderline": "danger rows",
    "adasyn": "weights of bases",
    "enn": "rows removed",
    "tomek": "linked rows",
}
"""Methods that look across classes, and by what an approximate plan is held to the exact one."""

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
    keys: Sequence[ContenderKey], max_rows: Mapping[ContenderKey, int]
) -> list[Contender]:
    """The contenders of a scenario."""
    from benchmarking.mllib import mllib_smote

    known: dict[ContenderKey, Callable[..., Contender]] = {
        "spark_smote": partial(_method, "smote", OURS),
        "spark_smote_recall": partial(_method, "smote", f"{OURS}, recall", RECALL_QUERIES),
        "smote_nc": partial(_method, "smotenc"),
        **{key: partial(_method, key) for key in COMPARED},
        "floor": partial(Contender, FLOOR, floor),
        "imbalanced_learn": partial(Contender, SINGLE_MACHINE, imbalanced_learn, needs_spark=False),
        "mllib": partial(Contender, "SMOTE on MLlib's LSH", mllib_smote),
    }
    return [known[key](max_rows=max_rows.get(key)) for key in keys]


def _method(
    method: str, name: str = "", recall_queries: int = 0, *, max_rows: int | None
) -> Contender:
    """A sampler of ours as a contender, by its name on the command line."""
    params = {"method": method, "recallQueries": recall_queries}
    return Contender(name or REGISTRY[method].method, resample, params, max_rows=max_rows)


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


def agreement_contenders(scenario: Agreement) -> list[Contender]:
    """A contender per method; approximate and exact results are compared in the warm-up."""
    return [
        Contender(
            f"{REGISTRY[method].method}: {COMPARED[method]}",
            agreement,
            {"method": method, "compare": False},
            {"compare": True},
            process="agreement",
        )
        for method in scenario.methods
    ]

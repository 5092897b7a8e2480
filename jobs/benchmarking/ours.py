"""Jobs of our own samplers: whole ones, and planning and searching without writing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from benchmarking.datasets import LABEL
from benchmarking.measure import Afterwards, Figures
from spark_smote import SMOTE
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.hashing import send_to_tasks
from spark_smote.plans.layout import Slice
from spark_smote.plans.parents import around_bucket
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.synthesise import emitter
from spark_smote.results import ResampleReport
from spark_smote.samplers import REGISTRY, Sampler

SEED = 7
RECALL_QUERIES = 2_000
WRITE = "phase_write"


def sampler(method: str, **params: Any) -> Sampler:
    """A sampler by its name on the command line, with its defaults but for these parameters."""
    kind: Any = REGISTRY[method]
    made: Sampler = kind(labelCol=LABEL, seed=SEED, **params)
    return made


def resample(
    spark: SparkSession,
    source: str,
    target: str,
    *,
    method: str,
    recallQueries: int,  # noqa: N803
) -> Afterwards:
    """A sampler with its defaults; afterwards its phases, and accuracy or the cost of searching."""
    plan = sampler(method, recallQueries=recallQueries).plan(spark.read.parquet(source))
    start = time.perf_counter()
    plan.resampled().write.parquet(target)
    phases = phase_seconds(plan.report) | {WRITE: time.perf_counter() - start}

    def afterwards() -> Figures:
        return phases | (accuracy_of(plan.report) if recallQueries else search_figures(plan))

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


def phase_seconds(report: ResampleReport) -> Figures:
    """Seconds of planning by phase; one that was entered twice counts as one."""
    seconds: Figures = {}
    for phase in report.phases:
        name = f"phase_{phase.name}"
        seconds[name] = seconds.get(name, 0.0) + phase.seconds
    return seconds


def accuracy_of(report: ResampleReport) -> Figures:
    """Recall and distance ratio of the class where they are worst; none if not measured."""
    if not report.accuracy:
        return {}
    return {
        "recall": min(entry.recall for entry in report.accuracy),
        "distance_ratio": max(entry.distance_ratio for entry in report.accuracy),
    }


def search_figures(plan: ResamplePlan) -> Figures:
    """What the search for neighbours took, and for how many rows.

    A method that looks across classes has searched while planning, in a phase of its own. SMOTE
    searches, draws and makes rows in one go: its search is run once more, alone.
    """
    report = plan.report
    if report.searches:
        seconds = {"search_seconds": phase_seconds(report)["phase_search"]}
        figures = seconds | searches_across(report)
    else:
        grown = [outcome for outcome in report.classes if outcome.new_rows]
        figures = {
            "search_alone_seconds": seconds_without_writing(plan.synthetic()),
            "search_seconds": seconds_without_writing(searched(plan)),
            "queried_rows": sum(outcome.rows_usable for outcome in grown),
            "buckets": sum(outcome.buckets for outcome in grown),
        }
    return figures | {"search_us_per_row": us_per_row(figures)}


def searches_across(report: ResampleReport) -> Figures:
    """How many rows asked for neighbours among all classes, and how finely those were divided."""
    return {
        "queried_rows": sum(each.queried for each in report.searches),
        "buckets": max(each.buckets for each in report.searches),
        "largest_bucket": max(each.largest_bucket for each in report.searches),
    }


def us_per_row(figures: Figures) -> float:
    """Microseconds of wall clock per row whose neighbours were searched for."""
    return 1e6 * figures["search_seconds"] / figures["queried_rows"]


def searched(plan: ResamplePlan) -> DataFrame:
    """SMOTE's search for the neighbours of each row of its classes, and nothing else: no rows.

    The shuffle and the kernel of the plan; no draw, nothing interpolated or handed to the JVM.
    """
    if plan.recipe is None or plan.records is None:
        raise ValueError(f"{plan.report.method} searches nothing when its rows are made")
    recipe = plan.recipe

    def search(inside: Bucket, part: Slice) -> Iterator[pa.RecordBatch]:
        if part.number == 0:  # once in a bucket, however many slices it has
            asked, k = np.flatnonzero(inside.rows.home), recipe.tasks[part.class_code].k
            around = around_bucket(inside.rows, recipe.models[part.class_code])
            around.chosen(asked, np.full(len(asked), k - 1), k)
        yield from ()

    sent = send_to_tasks(plan.records.frame, recipe.models, recipe.layout)
    return sent.mapInArrow(emitter(recipe.layout, search), "nothing int")

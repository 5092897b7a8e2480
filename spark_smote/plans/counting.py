"""Step 3: rows per bucket, and recall, in one scan of the usable rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels import recall, sketch
from spark_smote.kernels.distances import Ints
from spark_smote.kernels.mixing import mix
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.folding import fold_records
from spark_smote.plans.hashing import Placed, placed_rows
from spark_smote.plans.model import BucketCounts, ClassModel
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.tuning import SearchQuality, largest_bucket
from spark_smote.results import SearchAccuracy

MOST_ROUNDS = 16
"""Refinements of the buckets before giving up; none or one is usual."""


@dataclass(frozen=True)
class Tally:
    """What was seen of one class: counts per bucket, and neighbours of the queries."""

    home_rows: Ints
    all_rows: Ints
    registers: sketch.Registers
    nearest: recall.Nearest

    @property
    def counts(self) -> BucketCounts:
        """Rows per bucket, exact, and distinct rows, estimated."""
        return BucketCounts(self.home_rows, self.all_rows, sketch.distinct_estimate(self.registers))

    def merged(self, other: Tally) -> Tally:
        """Both tallies in one; the order of merging does not matter."""
        return Tally(
            self.home_rows + other.home_rows,
            self.all_rows + other.all_rows,
            np.maximum(self.registers, other.registers),
            self.nearest.merged(other.nearest),
        )


def choose_queries(sample: ClassSample, model: ClassModel, count: int, k: int) -> recall.Queries:
    """Rows of the sample, by a hash of their key that is independent of the sample's own order."""
    chosen = np.argsort(mix(sample.keys.view(np.uint64)), kind="stable")[:count]
    points = sample.features[chosen]
    queries = recall.Queries(
        points=points,
        inverse_scale=model.inverse_scale,
        nominal=model.nominal,
        buckets=model.place(points, sample.keys[chosen])[0],
        limits=recall.Nearest.unseen(len(chosen), k),
    )
    if not len(chosen):
        return queries
    home, rows, buckets = model.place(sample.features, sample.keys)
    members = np.append(np.arange(len(home)), rows), np.append(home, buckets)
    return queries.knowing(sample.features, members, k)


def count_buckets(
    records: DataFrame,
    tasks: Sequence[ClassTask],
    models: Sequence[ClassModel],
    samples: Sequence[ClassSample],
    *,
    quality: SearchQuality,
    recall_queries: int,
) -> tuple[list[ClassModel], list[Tally]]:
    """Count rows per bucket, and let the same scan measure recall.

    Models whose buckets turn out too empty or too full are refined and counted again, which a
    sample of dozens of rows per bucket makes rare.

    Parameters
    ----------
    records : DataFrame
        `plans.records.class_records` of the classes. Not read where every class is one bucket.
    """
    if all(model.buckets == 1 for model in models):
        return list(models), [
            _one_bucket(task, sample) for task, sample in zip(tasks, samples, strict=True)
        ]
    current = list(models)
    for _ in range(MOST_ROUNDS):
        queries = [
            choose_queries(sample, model, recall_queries if model.family else 0, task.k)
            for task, sample, model in zip(tasks, samples, current, strict=True)
        ]
        tallies = _count(records, tasks, current, queries)
        refined = [
            model.refined(
                tally.counts, fewest=task.k + 1, most=largest_bucket(model.width, quality)
            )
            for task, model, tally in zip(tasks, current, tallies, strict=True)
        ]
        if not any(refined):
            return current, tallies
        current = [new or old for new, old in zip(refined, current, strict=True)]
    raise RuntimeError(f"bucket sizes did not settle in {MOST_ROUNDS} rounds of refinement")


def measured_accuracy(
    tasks: Sequence[ClassTask],
    models: Sequence[ClassModel],
    tallies: Sequence[Tally],
    recall_queries: int,
) -> list[SearchAccuracy]:
    """Recall and distance ratio of each class that is searched; empty where not measured."""
    found = []
    for task, model, tally in zip(tasks, models, tallies, strict=True):
        if not recall_queries or task.method != "smote":
            continue
        exact = model.buckets == 1 or model.everywhere
        queries = len(tally.nearest.anywhere)
        recalled, ratio = (1.0, 1.0) if exact else recall.accuracy(tally.nearest)
        found.append(SearchAccuracy(task.label, task.k, queries, recalled, ratio, exact))
    return found


def _one_bucket(task: ClassTask, sample: ClassSample) -> Tally:
    """The tally of a class that is one bucket; no scan needed."""
    rows = np.array([task.rows], dtype=np.int64)
    registers = sketch.empty_registers(1)
    sketch.observe(
        registers, np.zeros(len(sample.keys), dtype=np.int64), mix(sample.keys.view(np.uint64))
    )
    return Tally(rows, rows, registers, recall.Nearest.unseen(0, task.k))


def _count(
    records: DataFrame,
    tasks: Sequence[ClassTask],
    models: Sequence[ClassModel],
    queries: Sequence[recall.Queries],
) -> list[Tally]:
    empty = [
        Tally(
            np.zeros(model.buckets, dtype=np.int64),
            np.zeros(model.buckets, dtype=np.int64),
            sketch.empty_registers(model.buckets),
            recall.Nearest.unseen(len(asked.buckets), task.k),
        )
        for task, model, asked in zip(tasks, models, queries, strict=True)
    ]

    def enter(tallies: list[Tally], table: pa.Table) -> list[Tally]:
        for code, placed in placed_rows(table, models):
            tallies[code] = _entered(tallies[code], placed, queries[code])
        return tallies

    return fold_records(records, empty, enter)


def _entered(tally: Tally, placed: Placed, queries: recall.Queries) -> Tally:
    times = placed.multiplicity
    home_rows, all_rows = tally.home_rows.copy(), tally.all_rows.copy()
    np.add.at(home_rows, placed.home, times)
    np.add.at(all_rows, placed.member_buckets, times[placed.member_rows])
    registers = tally.registers.copy()
    mixed = mix(placed.keys.view(np.uint64))[placed.member_rows]
    sketch.observe(registers, placed.member_buckets, mixed)
    nearest = tally.nearest
    if len(queries.buckets):
        nearest = recall.observe(
            nearest,
            queries,
            placed.features,
            multiplicity=times,
            member_rows=placed.member_rows,
            member_buckets=placed.member_buckets,
        )
    return Tally(home_rows, all_rows, registers, nearest)

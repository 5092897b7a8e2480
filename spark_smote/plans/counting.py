"""Step 3: rows per bucket, and recall, in one scan of the usable rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels import recall, sketch
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.folding import fold_rows
from spark_smote.plans.hashing import Placed, placed_rows
from spark_smote.plans.model import (
    BucketCounts,
    ClassModel,
    SearchQuality,
    largest_bucket,
    mix_keys,
)
from spark_smote.plans.sample import ClassSample
from spark_smote.results import SearchAccuracy

MOST_ROUNDS = 16
"""Refinements of the buckets before giving up; none or one is usual."""


@dataclass(frozen=True)
class Queries:
    """Rows of one class whose neighbours are also searched for exactly."""

    points: Floats
    """In scaled coordinates, shape (q, d)."""
    buckets: Ints
    """Home bucket of each, shape (q,)."""


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


def choose_queries(sample: ClassSample, model: ClassModel, count: int) -> Queries:
    """Rows of the sample, by a hash of their key that is independent of the sample's own order."""
    chosen = np.argsort(mix_keys(sample.keys), kind="stable")[:count]
    features, keys = sample.features[chosen], sample.keys[chosen]
    home, _, _ = model.place(features, keys)
    return Queries(model.scaled(features), home)


def count_buckets(
    rows: Callable[[], DataFrame],
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
    rows : callable
        Gives a DataFrame: one row = a usable row (`plans.sample.usable_rows`). Not called, and no
        scan needed, where every class is one bucket.
    """
    if all(model.family is None for model in models):
        return list(models), [
            _one_bucket(task, sample) for task, sample in zip(tasks, samples, strict=True)
        ]
    current = list(models)
    for _ in range(MOST_ROUNDS):
        queries = [
            choose_queries(sample, model, recall_queries if model.family is not None else 0)
            for sample, model in zip(samples, current, strict=True)
        ]
        tallies = _count(rows(), tasks, current, queries)
        refined = [
            model.refined(
                tally.counts, fewest=task.k + 1, most=largest_bucket(len(model.center), quality)
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
        exact = model.buckets == 1
        queries = len(tally.nearest.anywhere)
        recalled, ratio = (1.0, 1.0) if exact else recall.accuracy(tally.nearest)
        found.append(SearchAccuracy(task.label, task.k, queries, recalled, ratio, exact))
    return found


def _one_bucket(task: ClassTask, sample: ClassSample) -> Tally:
    """The tally of a class that is one bucket; no scan needed."""
    rows = np.array([task.rows], dtype=np.int64)
    registers = sketch.empty_registers(1)
    sketch.observe(registers, np.zeros(len(sample.keys), dtype=np.int64), mix_keys(sample.keys))
    return Tally(rows, rows, registers, recall.Nearest.unseen(0, task.k))


def _count(
    rows: DataFrame,
    tasks: Sequence[ClassTask],
    models: Sequence[ClassModel],
    queries: Sequence[Queries],
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

    def enter(tallies: list[Tally], batch: pa.RecordBatch) -> list[Tally]:
        for code, placed in placed_rows(batch, models):
            tallies[code] = _entered(tallies[code], placed, models[code], queries[code])
        return tallies

    return fold_rows(rows, empty, enter)


def _entered(tally: Tally, placed: Placed, model: ClassModel, queries: Queries) -> Tally:
    times = placed.multiplicity
    home_rows, all_rows = tally.home_rows.copy(), tally.all_rows.copy()
    np.add.at(home_rows, placed.home, times)
    np.add.at(all_rows, placed.member_buckets, times[placed.member_rows])
    registers = tally.registers.copy()
    mixed = mix_keys(placed.keys)[placed.member_rows]
    sketch.observe(registers, placed.member_buckets, mixed)
    nearest = tally.nearest
    if len(queries.buckets):
        nearest = recall.observe(
            nearest,
            queries.points,
            queries.buckets,
            model.scaled(placed.features),
            multiplicity=times,
            member_rows=placed.member_rows,
            member_buckets=placed.member_buckets,
        )
    return Tally(home_rows, all_rows, registers, nearest)

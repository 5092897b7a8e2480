"""Step 3: rows per bucket, and recall, in one scan of the usable rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels import recall, sketch
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.mixing import mix
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.folding import fold_records
from spark_smote.plans.hashing import Placed, placed_rows
from spark_smote.plans.model import BucketCounts, ClassModel
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.tuning import SearchQuality, largest_bucket
from spark_smote.results import LabelValue, SearchAccuracy

MOST_ROUNDS = 16
"""Refinements of the buckets before giving up; none or one is usual."""

FEWEST_QUERIES = 8
"""Neighbourhoods checked in each part of a class that is searched in parts, where any are."""


@dataclass(frozen=True)
class Tally:
    """What was seen of one class: counts per bucket, and neighbours of the queries."""

    bases: Ints
    """Home rows that may be a base, as `Standing.counted` parts them, shape (buckets, parts)."""
    all_rows: Ints
    """Rows searched."""
    registers: sketch.Registers
    nearest: recall.Nearest

    @property
    def counts(self) -> BucketCounts:
        """Rows per bucket, exact, and distinct rows, estimated."""
        distinct = sketch.distinct_estimate(self.registers)
        return BucketCounts(self.bases.sum(axis=1), self.all_rows, distinct, self.bases)

    def merged(self, other: Tally) -> Tally:
        """Both tallies in one; the order of merging does not matter."""
        return Tally(
            self.bases + other.bases,
            self.all_rows + other.all_rows,
            np.maximum(self.registers, other.registers),
            self.nearest.merged(other.nearest),
        )


@dataclass(frozen=True)
class Asked:
    """Rows whose exact neighbours are searched for too."""

    keys: Ints
    features: Floats

    @classmethod
    def of(cls, sample: ClassSample, count: int) -> Asked:
        """Rows of a sample, by a hash of their key that is independent of the sample's order."""
        chosen = np.argsort(mix(sample.keys.view(np.uint64)), kind="stable")[:count]
        return cls(sample.keys[chosen], sample.features[chosen])

    @classmethod
    def together(cls, parts: Sequence[Asked]) -> Asked:
        """The rows of all parts, one after the other."""
        keys = np.concatenate([part.keys for part in parts])
        shaped = [part.features for part in parts if len(part.keys)]  # none has no width
        return cls(keys, np.concatenate(shaped))

    def queries(self, sample: ClassSample, model: ClassModel, k: int) -> recall.Queries:
        """The same as queries, bounded by what the sample shows."""
        queries = recall.Queries(
            points=self.features,
            inverse_scale=model.inverse_scale,
            nominal=model.nominal,
            buckets=model.place(self.features, self.keys, found=False)[0],
            limits=recall.Nearest.unseen(len(self.keys), k),
        )
        if not len(self.keys):
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
    asked: Sequence[Asked],
    quality: SearchQuality,
) -> tuple[list[ClassModel], list[Tally]]:
    """Count rows per bucket, and let the same scan measure recall.

    Models whose buckets turn out too empty or too full are refined and counted again, which a
    sample of dozens of rows per bucket makes rare.

    Parameters
    ----------
    records : DataFrame
        `plans.records.class_records` of the classes. Not read where every class is one bucket.
    asked : sequence of Asked
        Rows of each class by which recall is measured, where it has several buckets.
    """
    if all(model.family is None and model.buckets == 1 for model in models):
        return list(models), [
            _one_bucket(task, sample) for task, sample in zip(tasks, samples, strict=True)
        ]
    current = list(models)
    for _ in range(MOST_ROUNDS):
        queries = [
            (rows if model.family else Asked.of(sample, 0)).queries(
                sample, model, _others(task, model)
            )
            for rows, task, sample, model in zip(asked, tasks, samples, current, strict=True)
        ]
        tallies = _count(records, tasks, current, queries)
        refined = [
            model.refined(
                tally.counts,
                fewest=task.k + model.itself,
                most=largest_bucket(model.width, quality),
            )
            for task, model, tally in zip(tasks, current, tallies, strict=True)
        ]
        if not any(refined):
            return current, tallies
        current = [new or old for new, old in zip(refined, current, strict=True)]
    raise RuntimeError(f"bucket sizes did not settle in {MOST_ROUNDS} rounds of refinement")


def queries_each(tasks: Sequence[ClassTask], per_class: int) -> int:
    """Neighbourhoods checked for each task, where the tasks of a class share what it has."""
    classes = len({task.label for task in tasks})
    share = per_class * classes // max(len(tasks), 1)
    return max(share, min(FEWEST_QUERIES, per_class))


def measured_accuracy(
    tasks: Sequence[ClassTask],
    models: Sequence[ClassModel],
    tallies: Sequence[Tally],
    recall_queries: int,
) -> list[SearchAccuracy]:
    """Recall and distance ratio of each class that is searched; empty where not measured."""
    found = []
    for task, model, tally in zip(tasks, models, tallies, strict=True):
        if recall_queries and task.method == "smote":
            found.append(search_accuracy(task.label, task.k, model, tally.nearest))
    return found


def accuracy_by_class(found: Sequence[SearchAccuracy]) -> list[SearchAccuracy]:
    """That of each class over all of its parts."""
    parts: dict[LabelValue, list[SearchAccuracy]] = {}
    for each in found:
        parts.setdefault(each.label, []).append(each)
    return [pooled(own) for own in parts.values()]


def pooled(found: Sequence[SearchAccuracy]) -> SearchAccuracy:
    """That of several searches in one class: over the queries of those that are not exact."""
    own = [each for each in found if not each.exact]
    if len(own) < 2:
        return (own or found)[0]
    queries = np.array([each.queries for each in own])
    recalled, ratio = (
        float(np.average(values, weights=queries))
        for values in ([each.recall for each in own], [each.distance_ratio for each in own])
    )
    return replace(own[0], queries=int(queries.sum()), recall=recalled, distance_ratio=ratio)


def search_accuracy(
    label: LabelValue, k: int, model: ClassModel, nearest: recall.Nearest
) -> SearchAccuracy:
    """Recall and distance ratio, as the neighbours of some queries show them."""
    recalled, ratio = (1.0, 1.0) if model.exact else recall.accuracy(nearest, model.itself)
    return SearchAccuracy(label, k, len(nearest.anywhere), recalled, ratio, model.exact)


def _others(task: ClassTask, model: ClassModel) -> int:
    """Rows beside the nearest one, the query itself where it is among those searched."""
    return task.k - 1 + model.itself


def _one_bucket(task: ClassTask, sample: ClassSample) -> Tally:
    """The tally of a class that is one bucket; no scan needed."""
    standing = task.standing
    bases = np.zeros((1, standing.parts), dtype=np.int64)
    for rows, part in zip(standing.rows, standing.counted, strict=True):
        bases[0, part] += rows if part >= 0 else 0
    rows_held = np.array([task.rows], dtype=np.int64)
    registers = sketch.empty_registers(1)
    sketch.observe(
        registers, np.zeros(len(sample.keys), dtype=np.int64), mix(sample.keys.view(np.uint64))
    )
    return Tally(bases, rows_held, registers, recall.Nearest.unseen(0, task.k))


def _count(
    records: DataFrame,
    tasks: Sequence[ClassTask],
    models: Sequence[ClassModel],
    queries: Sequence[recall.Queries],
) -> list[Tally]:
    empty = [
        Tally(
            np.zeros((model.buckets, task.standing.parts), dtype=np.int64),
            np.zeros(model.buckets, dtype=np.int64),
            sketch.empty_registers(model.buckets),
            recall.Nearest.unseen(len(asked.buckets), _others(task, model)),
        )
        for task, model, asked in zip(tasks, models, queries, strict=True)
    ]

    parts = [np.array(task.standing.counted) for task in tasks]

    def enter(tallies: list[Tally], table: pa.Table) -> list[Tally]:
        for code, placed in placed_rows(table, models):
            tallies[code] = _entered(tallies[code], placed, parts[code], queries[code])
        return tallies

    return fold_records(records, empty, enter)


def _entered(tally: Tally, placed: Placed, parts: Ints, queries: recall.Queries) -> Tally:
    times, part = placed.multiplicity, parts[placed.ranks]
    bases, all_rows = tally.bases.copy(), tally.all_rows.copy()
    able = np.flatnonzero(part >= 0)
    np.add.at(bases, (placed.home[able], part[able]), times[able])
    searched, member_rows, member_buckets = placed.searched
    np.add.at(all_rows, member_buckets, times[searched][member_rows])
    registers = tally.registers.copy()
    mixed = mix(placed.keys.view(np.uint64))[placed.member_rows]
    sketch.observe(registers, placed.member_buckets, mixed)
    nearest = tally.nearest
    if len(queries.buckets) and len(searched):
        nearest = recall.observe(
            nearest,
            queries,
            placed.features[searched],
            multiplicity=times[searched],
            member_rows=member_rows,
            member_buckets=member_buckets,
        )
    return Tally(bases, all_rows, registers, nearest)

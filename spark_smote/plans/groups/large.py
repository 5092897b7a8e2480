"""Large strata: few, known to the driver, each divided into buckets as a class of a table is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.plans.arrow import worker
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.counting import Asked, count_buckets, measured_accuracy, queries_each
from spark_smote.plans.groups.quotas import FATES
from spark_smote.plans.groups.strata import Strata
from spark_smote.plans.groups.summary import Summary
from spark_smote.plans.layout import lay_out
from spark_smote.plans.model import ClassModel, fit_class, sample_rows
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.records import KeptRecords, recoded, streamed
from spark_smote.plans.sample import ClassSample, sample_classes
from spark_smote.plans.tuning import SearchQuality, rows_in_one_bucket
from spark_smote.results import LabelValue, SearchAccuracy

SAMPLE_SHARES = 128
"""Parts of the driver's memory for samples, of which each large stratum has one, however many
there are: what is made of one must not depend on the others."""

MOST_ROWS = 32_768
"""Usable rows of a small stratum, whatever the quality: of those that share a task."""


@dataclass(frozen=True)
class LargeStrata:
    """Strata that the driver knows one by one, in order of identity."""

    strata: Strata
    tasks: tuple[ClassTask, ...]
    """In the same order; a task's code is its stratum's place."""
    names: tuple[str, ...]
    """Of their groups."""


def large_strata(summary: Summary, labels: Sequence[LabelValue], *, vectors: bool) -> LargeStrata:
    """Those of a summary that leaves out none."""
    rows = [row for *_, row in summary.large]
    identity = [[row[name] for row in rows] for name in ("group", "check", "class")]
    tasks = tuple(
        ClassTask(
            code=place,
            label=labels[row["class"]],
            rows=row["usable"],
            new_rows=row["new_rows"],
            method="duplicate" if FATES[row["fate"]] == "duplicated" else "smote",
            k=row["k"],
            storage=("dense" if row["dense"] else "sparse") if vectors else "array",
            group=(row["group"], row["check"]),
        )
        for place, row in enumerate(rows)
    )
    strata = Strata(*(np.array(values, dtype=np.int64) for values in identity))
    return LargeStrata(strata, tasks, tuple(row["name"] for row in rows))


def large_records(records: DataFrame, large: LargeStrata) -> DataFrame:
    """The records of large strata, as `plans.records.class_records` has those of classes.

    `class` is the place of the stratum among the large ones.
    """
    strata = large.strata

    def recode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            for found in streamed(batches):
                places = Strata.of(found).places_in(strata)
                yield from recoded(found.drop_columns(["group", "check"]), places)

    return records.mapInArrow(recode, "records binary")


@dataclass(frozen=True)
class GroupSettings:
    """How strata are searched, small ones and large."""

    quality: SearchQuality
    hash_family: str
    standardize: bool
    seed: int
    dimensions: int
    nominal: int
    distinct: bool
    recall_queries: int
    """Per class, shared by its large strata."""

    @property
    def most_rows(self) -> int:
        """Usable rows of a stratum that is searched exactly and shares a task with others."""
        return min(rows_in_one_bucket(self.dimensions, self.quality), MOST_ROWS)

    def fitted(self, sample: ClassSample, name: str, k: int) -> ClassModel:
        """Scale and hash of a stratum, `name` being what messages call it."""
        return fit_class(
            sample,
            name,
            k,
            quality=self.quality,
            hash_family=self.hash_family,
            standardize=self.standardize,
            seed=self.seed,
            nominal=self.nominal,
            in_parts=False,
        )


@dataclass(frozen=True)
class HashedLarge:
    """Models of large strata, what they found on trial, and what workers need."""

    models: tuple[ClassModel, ...]
    accuracy: tuple[SearchAccuracy, ...]
    """Of each that is searched, where it is measured."""
    recipe: Recipe


def hashed_large(
    records: KeptRecords | None, large: LargeStrata, settings: GroupSettings
) -> HashedLarge:
    """Sample, hash and count large strata, as classes of a table are."""
    quality, seed = settings.quality, settings.seed
    if records is None or not large.tasks:
        nothing = Recipe((), (), lay_out((), (), ()), seed, settings.distinct)
        return HashedLarge((), (), nothing)
    own = large_records(records.frame, large)
    sampled = sample_classes(
        own,
        {task.code: task.rows for task in large.tasks},
        {
            task.code: sample_rows(task.rows, settings.dimensions, quality, classes=SAMPLE_SHARES)
            for task in large.tasks
        },
        seed=seed,
        purpose="sample",
    )
    samples = [sampled[task.code] for task in large.tasks]
    models = [
        settings.fitted(sample, f"class {task.label!r} of group {name}", task.k)
        for task, sample, name in zip(large.tasks, samples, large.names, strict=True)
    ]
    queries = queries_each(large.tasks, settings.recall_queries)
    asked = [Asked.of(sample, queries) for sample in samples]
    models, tallies = count_buckets(own, large.tasks, models, samples, asked=asked, quality=quality)
    accuracy = measured_accuracy(large.tasks, models, tallies, queries)
    layout = lay_out(large.tasks, models, [tally.counts for tally in tallies])
    recipe = Recipe(large.tasks, tuple(models), layout, seed, settings.distinct)
    return HashedLarge(tuple(models), tuple(accuracy), recipe)

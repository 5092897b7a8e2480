"""Who can give new rows that meet the conditions: foretold from draws within samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from spark_smote.kernels.distances import Ints
from spark_smote.plans.arrow import ArrowFunction, integers_of, packed, taken, worker
from spark_smote.plans.draws import Drawing
from spark_smote.plans.layout import lay_out
from spark_smote.plans.model import BucketCounts
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.records import streamed
from spark_smote.plans.redraw import draws_of, judged
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, TrialDraws

WHOLE = 1 << 20
"""Weight of a row in a bucket all of whose sampled rows can give new ones."""


FEWEST_ABLE = 2
LEAST_SHARE = 1 / 16
"""Sampled rows able to give new ones, in number and as a share of those of a bucket (unless all
are), below which it receives none: it may have hardly any in truth, and the run would fail there.
A bucket without a sampled row receives some where half of all in the class are able."""


def tried_out(
    table: Table,
    recipe: Recipe,
    records: DataFrame,
    samples: Sequence[ClassSample],
    counts: Sequence[BucketCounts],
) -> tuple[list[TrialDraws], Recipe]:
    """Draw within samples, let Spark evaluate the conditions, and share quotas out accordingly.

    One small job. A bucket receives new rows in proportion to its rows that seem able to give
    some, so that these are used alike, and none where hardly any sampled row was. Neighbours
    within a sample are farther away than those of the whole class, so that conditions which rows
    far apart break are foretold to fail more often than they will.

    Parameters
    ----------
    samples, counts : sequence
        Of the classes of `recipe.tasks`.
    """
    trial = _trial(recipe, samples)
    sampled = records.mapInArrow(_only([sample.keys for sample in samples]), "records binary")
    drawing = Drawing(trial, table.request.provenance)
    draws = judged(draws_of(table, trial, sampled, drawing.trial), table, trial)
    found: list[list[tuple[int, Row]]] = [[] for _ in recipe.tasks]
    for row in _by_slice(draws, len(recipe.conditions)).collect():
        part = drawing.slices[row["slice"]]
        found[part.class_code].append((part.bucket, row))
    weights = [_weights(rows, each.home_rows) for rows, each in zip(found, counts, strict=True)]
    layout = lay_out(recipe.tasks, recipe.models, counts, weights)
    told = [
        _told(task.label, [row for _, row in rows], len(recipe.conditions))
        for task, rows in zip(recipe.tasks, found, strict=True)
    ]
    return told, replace(recipe, layout=layout)


def _trial(recipe: Recipe, samples: Sequence[ClassSample]) -> Recipe:
    """A slice for each bucket that is home to a row of the sample."""
    tasks, counts, weights = [], [], []
    for task, model, sample in zip(recipe.tasks, recipe.models, samples, strict=True):
        home, _, spilled = model.place(sample.features, sample.keys)
        own = np.bincount(home, minlength=model.buckets)
        rows = own + np.bincount(spilled, minlength=model.buckets)
        counts.append(BucketCounts(own, rows, rows))
        weights.append([int(held > 0) for held in own])
        tasks.append(replace(task, new_rows=sum(weights[-1])))
    layout = lay_out(tasks, recipe.models, counts, weights)
    return replace(recipe, tasks=tuple(tasks), layout=layout)


def _by_slice(draws: DataFrame, conditions: int) -> DataFrame:
    """One row = a slice, which is a bucket: its bases, its draws, and which of both passed."""
    met = [F.col("met")[i].cast("int").alias(f"m{i}") for i in range(conditions)]
    passed = (~F.array_contains("met", F.lit(False))).cast("int").alias("passed")
    sums = [F.sum(name).alias(name) for name in ("passed", *(f"m{i}" for i in range(conditions)))]
    # one row = a base
    bases = (
        draws.select("slice", "place", passed, *met)
        .groupBy("slice", "place")
        .agg(F.count(F.lit(1)).alias("draws"), *sums)
    )
    return bases.groupBy("slice").agg(
        F.count(F.lit(1)).alias("bases"),
        F.count_if(F.col("passed") > 0).alias("able"),
        F.sum("draws").alias("draws"),
        *sums,
    )


def _weights(found: Sequence[tuple[int, Row]], home_rows: Ints) -> list[int]:
    """Rows of each bucket that seem able to give new ones; all rows where no bucket is fit."""
    homes = [int(rows) for rows in home_rows]
    bases, able = (sum(row[name] for _, row in found) for name in ("bases", "able"))
    unseen = WHOLE * able // bases if 2 * able >= bases else 0
    weights = [rows * unseen for rows in homes]
    for bucket, row in found:
        some = row["able"] >= max(FEWEST_ABLE, LEAST_SHARE * row["bases"])
        fit = some or row["able"] == row["bases"]
        weights[bucket] = homes[bucket] * WHOLE * row["able"] // row["bases"] if fit else 0
    return weights if any(weights) else homes


def _told(label: LabelValue, rows: Sequence[Row], conditions: int) -> TrialDraws:
    names = ["bases", "able", "draws", "passed", *(f"m{i}" for i in range(conditions))]
    bases, able, draws, passed, *each = (sum(row[name] for row in rows) for name in names)
    return TrialDraws(label, bases, able, draws, passed, each)


def _only(keys: Sequence[Ints]) -> ArrowFunction:
    """The worker that keeps the records of samples."""

    def keep(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            for records in streamed(batches):
                codes, own = integers_of(records, "class"), integers_of(records, "key")
                kept = np.zeros(len(own), dtype=bool)
                for code, wanted in enumerate(keys):
                    kept |= (codes == code) & np.isin(own, wanted)
                if kept.any():
                    stream = packed(taken(records, np.flatnonzero(kept)).combine_chunks())
                    yield pa.RecordBatch.from_arrays([pa.array([stream], pa.binary())], ["records"])

    return keep

"""Clusters of all rows of a table, and the rows of classes within them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.quotas import largest_remainder
from spark_smote.kernels.sparsity import mean_distance, sparsity_weights
from spark_smote.labels import in_order
from spark_smote.lsh import VoronoiHash
from spark_smote.plans.arrow import features_of, integers_of, worker
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.folding import fold_records
from spark_smote.plans.hashing import placed_rows
from spark_smote.plans.id_like import id_like_notices
from spark_smote.plans.model import SAMPLE_BYTES, ClassModel, measured
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import (
    KeptRecords,
    class_records,
    joint_records,
    recoded,
    streamed,
)
from spark_smote.plans.sample import ClassSample, sample_classes
from spark_smote.plans.search import EVERY_CLASS
from spark_smote.plans.standing import Counts
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, Notice

ROWS_CLUSTERED = 32_768
"""Distinct rows that clusters are fitted on, at most: 32 for each of the most clusters."""

ROWS_COMPARED = 2_048
"""Distinct rows of a class in a cluster whose distances are measured, each to all others."""


@dataclass(frozen=True)
class Clusters:
    """Where each row of the table belongs, and how many rows of which class belong where."""

    model: ClassModel
    """Its buckets are the clusters: a row is in that of the nearest centre, ties to the first."""
    labels: tuple[LabelValue, ...]
    """Every class that has usable rows, in order."""
    rows: Ints
    """Usable rows, shape (clusters, classes)."""
    sample: ClassSample
    """What the centres are the means of."""
    notices: tuple[Notice, ...]
    """Of columns that look like ids."""

    @property
    def single(self) -> ClassModel:
        """What tells distances: those by which rows were clustered, in one bucket."""
        return replace(self.model, family=None, splits=np.ones(1, dtype=np.int64))

    def of_class(self, label: LabelValue) -> Ints:
        """Rows of a class in each cluster."""
        held: Ints = self.rows[:, self.labels.index(label)]
        return held

    def shares(self, label: LabelValue) -> Floats:
        """The class's share of the rows of each cluster; 0 where a cluster is empty."""
        shares: Floats = self.of_class(label) / np.maximum(self.rows.sum(axis=1), 1)
        return shares


def find_clusters(
    table: Table,
    profile: Profile,
    *,
    clusters: int,
    standardize: bool,
    medians: Floats | None,
    seed: int,
) -> Clusters:
    """k-means on a canonical sample of all usable rows, then one scan that counts them.

    Raises
    ------
    DataError
        If a column looks like an id.
    """
    labels = tuple(label for label in in_order(profile.usable) if profile.usable[label])
    rows = sum(profile.usable[label] for label in labels)
    # nothing is made of these rows, so nothing is taken along
    bare = replace(table, copied=(), request=replace(table.request, provenance=False))
    records = KeptRecords(joint_records(bare, labels))
    most = max(SAMPLE_BYTES // (8 * profile.dimensions), 256)
    sampled = sample_classes(
        records.frame,
        {EVERY_CLASS: rows},
        {EVERY_CLASS: min(ROWS_CLUSTERED, most)},
        seed=seed,
        purpose="clusters",
    )
    notices = id_like_notices(table, [sampled[EVERY_CLASS]])
    sample = sampled[EVERY_CLASS].completed(medians)
    single = measured(sample, standardize=standardize, medians=medians)
    points = single.scaled(sample.features)
    family = VoronoiHash.of_clusters(points, sample.multiplicity, clusters, seed)
    model = replace(single, family=family, splits=np.ones(family.buckets, dtype=np.int64))
    rows_each = _counted(records.frame, model, len(labels))
    return Clusters(model, labels, rows_each, sample, tuple(notices))


def _counted(records: DataFrame, model: ClassModel, classes: int) -> Ints:
    """Rows of each cluster and class."""

    def enter(pieces: list[Counts], table: pa.Table) -> list[Counts]:
        counted = pieces[0].rows.copy()
        for _, placed in placed_rows(table, [model]):
            np.add.at(counted, (placed.home, placed.ranks), placed.multiplicity)
        return [Counts(counted)]

    start = Counts(np.zeros((model.buckets, classes), dtype=np.int64))
    return fold_records(records, [start], enter)[0].rows


def class_parts(
    task: ClassTask, clusters: Clusters, valid: Iterable[int], first: int
) -> list[ClassTask]:
    """The rows of a class in some clusters, a task each, before `shared_out`."""
    held = clusters.of_class(task.label)
    return [
        replace(task, code=first + nth, rows=int(held[cluster]), group=(int(cluster),))
        for nth, cluster in enumerate(valid)
    ]


def cluster_records(table: Table, parts: Sequence[ClassTask], clusters: Clusters) -> DataFrame:
    """The usable rows of parts of classes, packed as `plans.records.class_records` packs them.

    A part is the rows of a class in the cluster that `group` names, or in all where none is named;
    its code is the `class` of its records.
    """
    labels = list(dict.fromkeys(part.label for part in parts))
    model = clusters.model
    codes = np.full((len(labels), model.buckets), -1, dtype=np.int64)
    for part in parts:
        codes[labels.index(part.label), list(part.group) or slice(None)] = part.code

    def recode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            for found in streamed(batches):
                features = model.searched(features_of(found))
                cluster, _, _ = model.place(features, integers_of(found, "key"))
                yield from recoded(found, codes[integers_of(found, "class"), cluster])

    return class_records(table, labels).mapInArrow(recode, "records binary")


def shared_out(
    parts: Sequence[ClassTask],
    samples: Sequence[ClassSample],
    clusters: Clusters,
    exponent: float | None,
) -> list[ClassTask]:
    """The parts of a class, its new rows shared out among them: the sparser, the more.

    Parameters
    ----------
    parts : sequence of ClassTask
        Each with all new rows of the class.
    samples : sequence of ClassSample
        Of the rows of each part; the first `ROWS_COMPARED` are a canonical sample too.
    exponent : float or None
        As in `kernels.sparsity.sparsity_weights`.
    """
    if len(parts) == 1:
        return list(parts)
    distances = [
        mean_distance(
            sample.features[:ROWS_COMPARED],
            sample.multiplicity[:ROWS_COMPARED],
            part.rows,
            clusters.model.inverse_scale,
        )
        for part, sample in zip(parts, samples, strict=True)
    ]
    weights = sparsity_weights(distances, [part.rows for part in parts], exponent)
    quotas = largest_remainder(parts[0].new_rows, weights)
    return [replace(part, new_rows=quota) for part, quota in zip(parts, quotas, strict=True)]

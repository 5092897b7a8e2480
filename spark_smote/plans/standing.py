"""How the rows of classes that receive new ones stand among the other classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Flags, Ints
from spark_smote.kernels.support_vectors import Machine
from spark_smote.kernels.votes import nearest_rows, others
from spark_smote.plans.arrow import features_of, integers_of, ranks_of, taken
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.folding import fold_records
from spark_smote.plans.records import stream_of
from spark_smote.plans.search import Metric, Search

ON_THE_WAY = ("task", "home", "buckets")
"""Columns of records that mattered in the task only."""


@dataclass(frozen=True)
class Ranking:
    """Ranks rows by how many of their k nearest neighbours are of other classes."""

    metric: Metric
    edges: tuple[int, ...]
    """The rank of a row is how many of these that number reaches, ascending."""
    codes: tuple[int, ...]
    """Of each class of the search, what stands for it among those that receive rows, or -1."""
    votes: int
    """How many of the nearest neighbours count."""
    taken: int = 0
    """How many of the nearest neighbours rows of rank 1 take along."""
    machine: Machine | None = None
    """What tells which rows are ranked by neighbours at all, if it is not all of them: the others
    have the rank beyond those."""

    @classmethod
    def of(
        cls,
        search: Search,
        tasks: Sequence[ClassTask],
        edges: Sequence[int],
        votes: int,
        *,
        taken: int = 0,
        machine: Machine | None = None,
    ) -> Ranking:
        """A ranking of the rows of the classes by their nearest `votes` neighbours."""
        code_of = {task.label: task.code for task in tasks}
        codes = tuple(code_of.get(label, -1) for label in search.labels)
        return cls(search.metric, tuple(edges), codes, votes, taken, machine)

    @property
    def ranks(self) -> int:
        """How many ranks there are."""
        return len(self.edges) + 1 + (self.machine is not None)

    def __call__(self, bucket: Bucket, asked: Ints) -> Iterator[pa.RecordBatch]:
        """The rows that ask, packed, with their rank."""
        if not len(asked):
            return
        model, own = self.metric.model, bucket.ranks[asked]
        able = np.ones(len(asked), dtype=bool)
        if self.machine is not None:
            able = self.machine.support_vectors(bucket.rows.features[asked], own)
        given = asked[able], self.metric.k, model.inverse_scale, model.nominal
        near = nearest_rows(bucket.rows, *given)
        against = others(own[able], bucket.ranks[near[:, : self.votes]])
        ranks = np.full(len(asked), self.ranks - 1)
        ranks[able] = np.searchsorted(np.array(self.edges), against, side="right")
        columns = {
            "class": pa.array(np.array(self.codes, dtype=np.int32)[own]),
            "rank": pa.array(ranks.astype(np.int32)),
        }
        records = taken(bucket.records.drop_columns(list(ON_THE_WAY)), bucket.sources[asked])
        for name, values in columns.items():
            records = records.set_column(records.column_names.index(name), name, values)
        if self.taken:
            surroundings = _taken_along(bucket, asked, near[:, : self.taken], ranks == 1)
            for name, values in surroundings.items():
                records = records.append_column(name, values)
        yield stream_of(records.combine_chunks())


def _taken_along(bucket: Bucket, asked: Ints, near: Ints, takes: Flags) -> dict[str, pa.Array]:
    """Neighbours of some of the rows, as lists; empty for the others.

    `near_features list<double>`, one neighbour after the other; `near_other list<boolean>`, whether
    each is of another class; with provenance, `near_id`.
    """
    rows = near[takes].reshape(-1)
    features = features_of(bucket.records)[bucket.sources[rows]]
    width, k = features.shape[1], near.shape[1]
    ends = np.append(0, np.cumsum(takes * k))
    differs = bucket.ranks[rows] != np.repeat(bucket.ranks[asked[takes]], k)
    lists = {
        "near_features": (ends * width, pa.array(features.reshape(-1))),
        "near_other": (ends, pa.array(differs)),
    }
    if "id" in bucket.records.column_names:
        ids = bucket.records.column("id").combine_chunks()
        lists["near_id"] = ends, ids.take(pa.array(bucket.sources[rows]))
    return {
        name: pa.ListArray.from_arrays(pa.array(starts.astype(np.int32)), values)
        for name, (starts, values) in lists.items()
    }


def ranked_records(search: Search, ranking: Ranking) -> DataFrame:
    """The usable rows of the classes, packed as `plans.records.class_records` packs them.

    Each with its `rank int`; `key` is that of the search. Rows of rank 1 take the neighbours along
    that the ranking says, as `near_features`, `near_other` and, with provenance, `near_id`.
    """
    return search.judged(ranking, "records binary")


@dataclass(frozen=True)
class Counts:
    """Numbers of rows that are added up."""

    rows: Ints

    def merged(self, other: Counts) -> Counts:
        """Both counts in one."""
        return Counts(self.rows + other.rows)


def rows_per_rank(records: DataFrame, classes: int, ranks: int) -> list[tuple[int, ...]]:
    """Rows of each rank, equal ones counted each, class by class."""

    def enter(pieces: list[Counts], table: pa.Table) -> list[Counts]:
        counted = pieces[0].rows.copy()
        place = integers_of(table, "class"), ranks_of(table)
        np.add.at(counted, place, integers_of(table, "multiplicity"))
        return [Counts(counted)]

    start = Counts(np.zeros((classes, ranks), dtype=np.int64))
    found = fold_records(records, [start], enter)[0].rows
    return [tuple(int(n) for n in row) for row in found]

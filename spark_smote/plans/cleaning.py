"""Rows that a cleaning method takes away: found by a search across classes, left out by content."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_smote.kernels.distances import Flags, Ints
from spark_smote.kernels.links import links
from spark_smote.kernels.votes import modes, nearest_rows, others
from spark_smote.plans.arrow import integers_of
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.search import Metric, Search
from spark_smote.results import LabelValue

FOUND = "key bigint, class int, multiplicity bigint"
"""One row = a distinct row of the table: its content key, its class (its place among
`Search.labels`), and how many equal rows it stands for."""


@dataclass(frozen=True)
class Outvoted:
    """Judges rows by the classes of their k nearest neighbours (Wilson 1972)."""

    metric: Metric
    all_must_agree: bool
    """Else the most frequent class among them must be the row's own."""

    def __call__(self, bucket: Bucket, asked: Ints) -> Iterator[pa.RecordBatch]:
        """The rows that their neighbours speak against."""
        model, own = self.metric.model, bucket.ranks[asked]
        near = nearest_rows(bucket.rows, asked, self.metric.k, model.inverse_scale, model.nominal)
        voted = bucket.ranks[near]
        wrong: Flags = others(own, voted) > 0 if self.all_must_agree else modes(voted) != own
        yield found_batch(bucket, asked[wrong])


@dataclass(frozen=True)
class Neighbourhood:
    """Judges rows of some classes by their neighbours, and the neighbours of the other rows that
    ask by these (Laurikkala 2001).
    """

    metric: Metric
    may_go: Flags
    """Per class."""

    def __call__(self, bucket: Bucket, asked: Ints) -> Iterator[pa.RecordBatch]:
        """Rows outvoted by their neighbours, and those that outvote a row that may not go."""
        model, own = self.metric.model, bucket.ranks[asked]
        near = nearest_rows(bucket.rows, asked, self.metric.k, model.inverse_scale, model.nominal)
        voted, may_go = bucket.ranks[near], self.may_go[own]
        outvoted = may_go & (modes(voted) != own)
        among = np.concatenate([own[:, None], voted[:, :-1]], axis=1)
        in_the_way = near[~may_go & (modes(among) != own)].ravel()
        in_the_way = in_the_way[self.may_go[bucket.ranks[in_the_way]]]
        yield found_batch(bucket, np.union1d(asked[outvoted], in_the_way))


@dataclass(frozen=True)
class Linked:
    """Judges rows by the Tomek links they are in (Tomek 1976)."""

    metric: Metric

    def __call__(self, bucket: Bucket, asked: Ints) -> Iterator[pa.RecordBatch]:
        """Linked rows, `low` and `high` null; and pairs that the other row's bucket may confirm."""
        model, rows = self.metric.model, bucket.rows
        seen = links(rows, bucket.ranks, asked, model.inverse_scale, model.nominal)
        certain = asked[seen.linked]
        nothing = pa.nulls(len(certain), pa.int64())
        yield found_batch(bucket, certain, low=nothing, high=nothing)
        one, other = rows.keys[seen.rows], rows.keys[seen.partners]
        yield found_batch(
            bucket,
            seen.rows,
            low=pa.array(np.minimum(one, other), pa.int64()),
            high=pa.array(np.maximum(one, other), pa.int64()),
        )


def linked_rows(search: Search) -> DataFrame:
    """The rows that are in a Tomek link, as `FOUND` has them, each once.

    A pair whose rows are at home in different buckets is a link if both buckets report it.
    """
    seen = search.judged(Linked(search.metric), f"{FOUND}, low bigint, high bigint")
    members = F.collect_set(F.struct("key", "class", "multiplicity")).alias("members")
    pairs = seen.filter("low IS NOT NULL").groupBy("low", "high").agg(members)
    both = pairs.filter(F.size("members") > 1).select(F.explode("members").alias("member"))
    certain = seen.filter("low IS NULL").select("key", "class", "multiplicity")
    return certain.union(both.select("member.*")).distinct()


def found_batch(bucket: Bucket, rows: Ints, **more: pa.Array) -> pa.RecordBatch:
    """Rows of a bucket as `FOUND` has them, and further columns."""
    keys = integers_of(bucket.records, "row")[bucket.sources[rows]]
    columns = {
        "key": pa.array(keys, pa.int64()),
        "class": pa.array(bucket.ranks[rows].astype(np.int32)),
        "multiplicity": pa.array(bucket.rows.multiplicity[rows], pa.int64()),
    }
    return pa.RecordBatch.from_pydict({**columns, **more})


def of_classes(search: Search, found: DataFrame, labels: Collection[LabelValue]) -> DataFrame:
    """Those of the rows found that are of some classes."""
    codes = [code for code, label in enumerate(search.labels) if label in labels]
    return found.filter(F.col("class").isin(codes))


def rows_per_class(search: Search, found: DataFrame) -> dict[LabelValue, int]:
    """Rows found of each class, equal ones counted each; classes without any are absent."""
    counted = found.groupBy("class").agg(F.sum("multiplicity").alias("rows")).collect()
    return {search.labels[row["class"]]: int(row["rows"]) for row in counted}

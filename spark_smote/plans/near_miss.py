"""The order of rows by NearMiss: each is told how far it is from the references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.metric import LevelMetric
from spark_smote.kernels.references import mean_distances, shortlist
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.cleaning import FOUND, found_batch
from spark_smote.plans.ranked import RANKED
from spark_smote.plans.search import Metric, Search


@dataclass(frozen=True)
class Ranking:
    """Ranks rows by their mean distance to k of the rows searched."""

    metric: Metric
    farthest: bool = False
    """Whether the k farthest count, rather than the nearest."""
    descending: bool = False
    """Whether rows at a great distance come first."""

    def __call__(self, bucket: Bucket, asked: Ints) -> Iterator[pa.RecordBatch]:
        """The rows that ask, as `RANKED` has them."""
        near = searched_rows(self.metric, bucket)
        means = mean_distances(*compared(self.metric, bucket, asked, near), farthest=self.farthest)
        words = means.view(np.int64)  # in the order of the distances, which are not negative
        yield found_batch(bucket, asked, word=pa.array(-words if self.descending else words))


@dataclass(frozen=True)
class Shortlist:
    """Lists the rows searched that are among the k nearest of a row that asks."""

    metric: Metric

    def __call__(self, bucket: Bucket, asked: Ints) -> Iterator[pa.RecordBatch]:
        """Those rows, as `FOUND` has them."""
        near = searched_rows(self.metric, bucket)
        listed = shortlist(*compared(self.metric, bucket, asked, near))
        yield found_batch(bucket, near[listed])


def searched_rows(metric: Metric, bucket: Bucket) -> Ints:
    """The rows of a bucket that are searched, where those that ask are others."""
    parties = metric.model.parties
    if parties is None:
        raise ValueError("all rows are searched")
    return np.flatnonzero(parties.found[bucket.ranks])


def compared(
    metric: Metric, bucket: Bucket, asked: Ints, near: Ints
) -> tuple[Floats, Floats, Ints, int, Floats, LevelMetric | None]:
    """Rows that ask and rows that are searched, as `kernels.references` takes them."""
    model, rows = metric.model, bucket.rows
    queries, references = rows.features[asked], rows.features[near]
    times = rows.multiplicity[near]
    return queries, references, times, metric.k, model.inverse_scale, model.nominal


def shortlisted(searches: Sequence[Search]) -> DataFrame:
    """Rows that are near to a row that asks, in one of the searches: `key bigint`, each once."""
    listed = [each.judged(Shortlist(each.metric), FOUND).select("key") for each in searches]
    keys = listed[0]
    for more in listed[1:]:
        keys = keys.union(more)
    return keys.distinct()


def ranked_rows(ranking: Ranking, search: Search, listed: DataFrame | None = None) -> DataFrame:
    """The rows that ask, or those of them that are listed (`key`), as `RANKED` has them."""
    ranked = search.judged(ranking, RANKED)
    return ranked if listed is None else ranked.join(listed, "key", "left_semi")

"""One pass of condensing: rows that a few seeds of their class speak for (Kubat & Matwin 1997)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.references import nearer_to
from spark_smote.plans.arrow import integers_of
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.cleaning import found_batch
from spark_smote.plans.drawing import draw_keys
from spark_smote.plans.near_miss import searched_rows
from spark_smote.plans.records import usable_rows
from spark_smote.plans.removal import keyed_numbers
from spark_smote.plans.search import Metric, Search
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue


@dataclass(frozen=True)
class Seeds:
    """Distinct rows of which some occurrences are drawn, ascending by key."""

    keys: Ints
    """Content keys, shape (s,)."""
    drawn: Ints
    """How many occurrences are drawn of each, shape (s,)."""
    classes: Ints
    """Their places among `Search.labels`, shape (s,)."""
    features: Floats
    """As the search sees them, shape (s, d)."""

    def occurrences(self, keys: Ints) -> Ints:
        """How many occurrences are drawn of rows with these content keys."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        times: Ints = np.where(self.keys[places] == keys, self.drawn[places], 0)
        return times

    def among(self, rows: DataFrame) -> dict[int, int]:
        """Those that are of some distinct rows (`key`): how many occurrences of each are seeds."""
        drawn = dict(zip(self.keys.tolist(), self.drawn.tolist(), strict=True))
        if not drawn:
            return {}
        named = rows.filter(F.col("key").isin(*drawn)).select("key")
        return {row["key"]: drawn[row["key"]] for row in named.collect()}


@dataclass(frozen=True)
class Redundant:
    """Judges rows by whether a seed of their class or a row that is searched is the nearest."""

    metric: Metric
    seeds: Seeds

    def __call__(self, bucket: Bucket, asked: Ints) -> Iterator[pa.RecordBatch]:
        """Rows that are nearer to a seed, as `plans.cleaning.FOUND` has them.

        The `multiplicity` is how many of them go: occurrences that are seeds themselves do not.
        """
        model, features = self.metric.model, bucket.rows.features
        references = features[searched_rows(self.metric, bucket)]
        nearer = np.zeros(len(asked), dtype=bool)
        for rank in np.unique(bucket.ranks[asked]):
            own = bucket.ranks[asked] == rank
            seeds = self.seeds.features[self.seeds.classes == rank]
            pairs = seeds, features[asked[own]], references
            nearer[own] = nearer_to(*pairs, model.inverse_scale, model.nominal)
        rows = asked[nearer]
        drawn = self.seeds.occurrences(integers_of(bucket.records, "row")[bucket.sources[rows]])
        go = bucket.rows.multiplicity[rows] - drawn
        yield found_batch(bucket, rows[go > 0], multiplicity=pa.array(go[go > 0], pa.int64()))


def drawn_seeds(
    table: Table, search: Search, wanted: Mapping[LabelValue, int], *, seed: int
) -> Seeds:
    """So many seeds of each of some classes, drawn uniformly among the rows that can be searched.

    Parameters
    ----------
    wanted : mapping of label to rows
        No more than there are, from 1.
    """
    if not wanted:
        none = np.zeros(0, dtype=np.int64)
        return Seeds(none, none, none, np.zeros((0, 0)))
    valid = table if table.all_valid else replace(table, frame=table.frame.filter(table.valid))
    drawn = draw_keys(valid, wanted, seed=seed, purpose="seeds")
    usable = usable_rows(table, search.labels, with_key=True).withColumnRenamed("row", "key")
    # one row = a distinct row of which some occurrences are seeds
    once = usable.join(keyed_numbers(table, drawn), "key").dropDuplicates(["key"])
    rows = sorted(once.collect(), key=lambda row: row["key"])
    return Seeds(
        keys=np.array([row["key"] for row in rows]),
        drawn=np.array([row["number"] for row in rows]),
        classes=np.array([row["class"] for row in rows]),
        features=search.metric.model.searched(np.array([row["features"] for row in rows])),
    )

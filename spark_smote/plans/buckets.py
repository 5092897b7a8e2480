"""The rows of each bucket, as the task that was sent them meets them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from spark_smote.kernels.bucket import BucketRows, canonical_rows
from spark_smote.kernels.distances import Ints
from spark_smote.plans.arriving import gathered
from spark_smote.plans.arrow import features_of, integers_of, ranks_of, taken
from spark_smote.plans.layout import Layout, Slice


@dataclass(frozen=True)
class Bucket:
    """A bucket, and which of its slices are this task's."""

    records: pa.Table
    """All records of the task."""
    rows: BucketRows
    sources: Ints
    """The record that each row of the bucket is, shape (n,)."""
    ranks: Ints
    """The rank of each row, shape (n,)."""
    slices: tuple[Slice, ...]


def buckets_of_tasks(streams: Iterable[pa.Table], layout: Layout) -> Iterator[Bucket]:
    """The buckets of the tasks in a partition, one after the other.

    Parameters
    ----------
    streams : iterable
        What `plans.hashing.send_to_tasks` sends.
    """
    records = gathered(streams)
    if records is None:
        return
    tasks = integers_of(records, "task")
    for task in np.unique(tasks):
        mine = taken(records, np.flatnonzero(tasks == task)).combine_chunks()
        yield from _buckets(mine, layout, layout.slices[task])


def _buckets(records: pa.Table, layout: Layout, slices: Sequence[Slice]) -> Iterator[Bucket]:
    """The buckets of one task."""
    features = features_of(records)
    keys = integers_of(records, "key")
    multiplicity = integers_of(records, "multiplicity")
    home = integers_of(records, "home")
    ranks = ranks_of(records)
    lists = records.column("buckets").combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = lists.chunk(0)
    owners = lists.value_parent_indices().to_numpy()
    buckets = lists.flatten().to_numpy()
    by_bucket = np.argsort(buckets, kind="stable")
    buckets, owners = buckets[by_bucket], owners[by_bucket]
    for code, bucket, parts in _by_bucket(slices):
        number = layout.offsets[code] + bucket
        first, last = np.searchsorted(buckets, [number, number + 1])
        members = owners[first:last].astype(np.int64)
        rows, representatives = canonical_rows(
            keys[members], features[members], multiplicity[members], home[members] == number
        )
        sources = members[representatives]
        yield Bucket(records, rows, sources, ranks[sources], tuple(parts))


def _by_bucket(slices: Sequence[Slice]) -> Iterator[tuple[int, int, list[Slice]]]:
    groups: dict[tuple[int, int], list[Slice]] = {}
    for part in slices:
        groups.setdefault((part.class_code, part.bucket), []).append(part)
    for (code, bucket), parts in groups.items():
        yield code, bucket, parts

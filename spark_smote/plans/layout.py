"""Step 3, on the driver: bucket counts become quotas, quotas become tasks of bounded size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spark_smote.kernels.distances import Ints
from spark_smote.kernels.quotas import Shares, largest_remainder
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.model import BucketCounts, ClassModel

ROWS_PER_SLICE = 65_536
"""New rows drawn from one random stream: the unit of a bucket's work that is never divided."""

ROWS_PER_TASK = 131_072
"""Rows (home and spill) after which a task takes no further bucket."""

BYTES_PER_TASK = 64 << 20
"""The same for wide rows, in bytes of their features."""

NEW_ROWS_PER_TASK = 524_288
"""New rows after which a task takes no further slice."""


@dataclass(frozen=True)
class Slice:
    """Part of the new rows of one bucket."""

    class_code: int
    bucket: int
    number: int
    """0, 1, ... within the bucket; with class and bucket it names the random stream."""
    quota: int
    rank: int | None = None
    """Of all its bases; None = of any that bases may have."""


@dataclass(frozen=True)
class Layout:
    """Which task makes which slices, and so which tasks need a copy of each bucket's rows.

    Buckets are numbered through all classes: bucket b of a class is `offsets[code] + b`.
    """

    offsets: tuple[int, ...]
    slices: tuple[tuple[Slice, ...], ...]
    """Slices of each task."""
    task_starts: Ints
    """Tasks of bucket b (numbered through) are `tasks[task_starts[b]:task_starts[b + 1]]`."""
    tasks: Ints
    shares: tuple[Shares | None, ...] = ()
    """Of each class: how often each row is a base, where that is not left to chance."""

    @property
    def task_count(self) -> int:
        """Number of tasks."""
        return len(self.slices)


def lay_out(
    tasks: Sequence[ClassTask],
    models: Sequence[ClassModel],
    counts: Sequence[BucketCounts],
    weights: Sequence[Sequence[int]] | None = None,
) -> Layout:
    """Quotas per bucket by largest remainder, cut into slices, packed into tasks.

    Slices are packed in the order of their buckets, which are near in space where they are near
    in number, so a row needed by several buckets of a task travels once. The packing decides only
    where work is done: what a slice makes depends on its bucket and number alone. A bucket of a
    class that is searched everywhere is one task, since its search is not to be repeated.

    Parameters
    ----------
    weights : sequence, optional
        Of each class, what its quotas are in proportion to: home rows, if not given. Given, the
        slices of a bucket are of one size, so that none has too few rows to choose among.
    """
    offsets = tuple(int(n) for n in np.cumsum([0, *(m.buckets for m in models)])[:-1])
    packed: list[list[Slice]] = []
    load = new = 0
    shares = [_shares(task, counted) for task, counted in zip(tasks, counts, strict=True)]
    for task, model, counted, shared in zip(tasks, models, counts, shares, strict=True):
        most = max(1, min(ROWS_PER_TASK, BYTES_PER_TASK // (8 * model.width)))
        if weights is None:
            quotas = _quotas(task, counted, shared)
        else:
            quotas = _of_any_rank(largest_remainder(task.new_rows, weights[task.code]))
        for bucket, quota in enumerate(quotas):
            held = ROWS_PER_TASK + 1 if model.everywhere else int(counted.distinct_rows[bucket])
            for number, (rank, size) in enumerate(_sizes(quota, alike=weights is not None)):
                joins = bool(packed) and packed[-1][-1].bucket == bucket and number > 0
                full = load + (0 if joins else held) > most or new + size > NEW_ROWS_PER_TASK
                if not packed or (not joins if model.everywhere else full):
                    packed.append([])
                    load, new, joins = 0, 0, False
                packed[-1].append(Slice(task.code, bucket, number, size, rank))
                load += 0 if joins else held
                new += size
    pairs = sorted(
        {
            (offsets[part.class_code] + part.bucket, number)
            for number, parts in enumerate(packed)
            for part in parts
        }
    )
    total = sum(model.buckets for model in models)
    buckets = np.array([bucket for bucket, _ in pairs], dtype=np.int64)
    return Layout(
        offsets=offsets,
        slices=tuple(tuple(parts) for parts in packed),
        task_starts=np.searchsorted(buckets, np.arange(total + 1)),
        tasks=np.array([number for _, number in pairs], dtype=np.int64),
        shares=tuple(shares),
    )


def _shares(task: ClassTask, counted: BucketCounts) -> Shares | None:
    if not task.standing.exact or counted.by_rank is None:
        return None
    return Shares.by_weight(task.new_rows, task.standing.weights, counted.by_rank)


Quota = Sequence[tuple[int | None, int]]
"""New rows of a bucket: so many with bases of this rank, or of any."""


def _quotas(task: ClassTask, counted: BucketCounts, shared: Shares | None) -> list[Quota]:
    """New rows of each bucket."""
    rows, totals = counted.by_rank, task.standing.totals
    if rows is not None and totals:
        due = [(r, largest_remainder(n, rows[:, r])) for r, n in enumerate(totals) if n]
        return [[(rank, each[bucket]) for rank, each in due] for bucket in range(len(rows))]
    if rows is not None and shared is not None:
        return _of_any_rank(shared.quotas(rows))
    return _of_any_rank(largest_remainder(task.new_rows, counted.home_rows))


def _of_any_rank(quotas: Sequence[int]) -> list[Quota]:
    return [[(None, quota)] for quota in quotas]


def _sizes(quota: Quota, *, alike: bool) -> list[tuple[int | None, int]]:
    """Rank and rows of each slice of a bucket."""
    sizes = []
    for rank, rows in quota:
        cut = [min(ROWS_PER_SLICE, rows - start) for start in range(0, rows, ROWS_PER_SLICE)]
        cut = largest_remainder(rows, [1] * len(cut)) if alike else cut
        sizes += [(rank, size) for size in cut]
    return sizes


def partition_keys(partitions: int) -> npt.NDArray[np.int32]:
    """For each partition p an int that `repartition(partitions, column)` sends to p.

    Spark sends an int v to partition pmod(murmur3(v, 42), partitions). Sending tasks by their
    number instead would leave a third of the partitions empty and double up others.
    """
    keys = np.full(partitions, -1, dtype=np.int32)
    start, size = 0, 16 * partitions + 64
    while (keys < 0).any():
        values = np.arange(start, start + size, dtype=np.int32)
        reached = np.mod(_murmur3(values).astype(np.int64), partitions)
        found, first = np.unique(reached, return_index=True)
        fresh = keys[found] < 0
        keys[found[fresh]] = values[first[fresh]]
        start += size
    return keys


def _murmur3(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Spark's Murmur3 hash of an int with its default seed, 42."""
    k = values.view(np.uint32) * np.uint32(0xCC9E2D51)
    k = _rotate(k, 15) * np.uint32(0x1B873593)
    h = _rotate(np.uint32(42) ^ k, 13) * np.uint32(5) + np.uint32(0xE6546B64)
    h ^= np.uint32(4)
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return (h ^ (h >> np.uint32(16))).view(np.int32)


def _rotate(values: npt.NDArray[np.uint32], bits: int) -> npt.NDArray[np.uint32]:
    return (values << np.uint32(bits)) | (values >> np.uint32(32 - bits))

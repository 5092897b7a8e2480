"""Every usable row is given its home bucket and the buckets it is copied to, and sent there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.plans.arrow import (
    ArrowFunction,
    features_of,
    integers_of,
    packed,
    ranks_of,
    taken,
    worker,
)
from spark_smote.plans.exact import copies, whole_tasks
from spark_smote.plans.layout import Layout, partition_keys
from spark_smote.plans.model import ClassModel
from spark_smote.plans.records import streamed

BYTES_SENT_AT_ONCE = 32 << 20
"""Rows a sender gathers before it parts them by task: the streams should not be tiny."""


@dataclass(frozen=True)
class Placed:
    """The rows of one class in one batch, equal ones merged, and where they belong."""

    records: pa.Table
    keys: Ints
    features: Floats
    multiplicity: Ints
    ranks: Ints
    member_rows: Ints
    member_buckets: Ints
    home: Ints
    found: Flags
    """Whether each is searched, rather than asks only."""

    @property
    def searched(self) -> tuple[Ints, Ints, Ints]:
        """The rows that are searched; then which of these are in which buckets."""
        inside = self.found[self.member_rows]
        place = np.cumsum(self.found) - 1
        return (
            np.flatnonzero(self.found),
            place[self.member_rows[inside]],
            self.member_buckets[inside],
        )


def placed_rows(records: pa.Table, models: Sequence[ClassModel]) -> Iterator[tuple[int, Placed]]:
    """Place records, class by class; those that neither ask nor are searched are left out."""
    codes, ranks = integers_of(records, "class"), ranks_of(records)
    for code in np.unique(codes):
        model, present = models[code], codes == code
        if model.parties is not None:
            present = present & model.parties.present[ranks]
        if not present.any():
            continue
        own = records if present.all() else taken(records, np.flatnonzero(present))
        keys, features = integers_of(own, "key"), model.searched(features_of(own))
        found = np.ones(len(keys), dtype=bool)
        if model.parties is not None:
            found = model.parties.found[ranks[present]]
        home, spill_rows, spill_buckets = model.place(features, keys, found)
        yield (
            int(code),
            Placed(
                own,
                keys,
                features,
                integers_of(own, "multiplicity"),
                ranks[present],
                np.concatenate([np.arange(len(home)), spill_rows]),
                np.concatenate([home, spill_buckets]),
                home,
                found,
            ),
        )


def send_to_tasks(records: DataFrame, models: Sequence[ClassModel], layout: Layout) -> DataFrame:
    """The one shuffle: every row goes, once, to each task that needs it.

    One row = some records on their way to one task, as an Arrow stream: `partition int,
    records binary`. To the records (`plans.records.class_records`) are added `task int, home int,
    buckets list<int>`: `buckets` are those of the task that the row belongs to, numbered through
    all classes; `home` is its home bucket if the task has it, else -1. Those of a class that is
    searched everywhere go to all of its tasks, as `plans.exact.copies` sends them.
    """
    sent = records.mapInArrow(_sender(models, layout), "partition int, records binary")
    return sent.repartition(layout.task_count, F.col("partition"))


def _sender(models: Sequence[ClassModel], layout: Layout) -> ArrowFunction:
    keys = partition_keys(layout.task_count)
    everywhere: dict[int, list[int]] = {}
    for task, (code, _) in whole_tasks(layout, models).items():
        everywhere.setdefault(code, []).append(task)

    def send(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            placed: list[tuple[int, Placed]] = []
            for records in streamed(batches):
                for code, part in placed_rows(records, models):
                    if models[code].everywhere:
                        yield from copies(part.records, keys[everywhere[code]])
                    else:
                        placed.append((code, part))
                if sum(part.records.nbytes for _, part in placed) >= BYTES_SENT_AT_ONCE:
                    yield _by_task(placed, layout, keys)
                    placed = []
            if placed:
                yield _by_task(placed, layout, keys)

    return send


def _by_task(
    placed: Sequence[tuple[int, Placed]], layout: Layout, keys: np.ndarray
) -> pa.RecordBatch:
    """Records gathered by task, a stream for each."""
    sizes = [len(part.keys) for _, part in placed]
    firsts = np.cumsum(sizes) - sizes
    routes = pa.concat_tables(
        [
            _routes(part, layout.offsets[code], layout, first)
            for (code, part), first in zip(placed, firsts, strict=True)
        ]
    )
    tasks = integers_of(routes, "task")
    order = np.argsort(tasks, kind="stable")
    routes, tasks = routes.take(pa.array(order)), tasks[order]
    records = taken(pa.concat_tables([p.records for _, p in placed]), integers_of(routes, "row"))
    for name in ("task", "home", "buckets"):
        records = records.append_column(name, routes.column(name))
    return streams_by_task(records, tasks, keys)


def streams_by_task(records: pa.Table, tasks: Ints, keys: np.ndarray) -> pa.RecordBatch:
    """Records in the order of their tasks, as a stream for each: `partition int, records binary`.

    `keys` are those of `plans.layout.partition_keys`.
    """
    edges = np.append(np.flatnonzero(np.diff(tasks, prepend=-1)), len(tasks))
    starts, ends = edges[:-1], edges[1:]
    streams = [
        packed(records.slice(a, b - a).combine_chunks()) for a, b in zip(starts, ends, strict=True)
    ]
    return pa.RecordBatch.from_arrays(
        [pa.array(keys[tasks[starts]], pa.int32()), pa.array(streams, pa.binary())],
        ["partition", "records"],
    )


def _routes(placed: Placed, offset: int, layout: Layout, first_row: int) -> pa.Table:
    """One route per row and task, from one membership per row and bucket."""
    buckets = placed.member_buckets + offset
    starts, ends = layout.task_starts[buckets], layout.task_starts[buckets + 1]
    times = ends - starts
    member = np.repeat(np.arange(len(buckets)), times)
    nth = np.arange(len(member)) - np.repeat(np.cumsum(times) - times, times)
    rows, buckets = placed.member_rows[member], buckets[member]
    tasks = layout.tasks[starts[member] + nth]
    away = buckets != placed.home[rows] + offset
    order = np.lexsort((buckets, away, tasks, rows))  # home first within a record
    rows, tasks, buckets, away = rows[order], tasks[order], buckets[order], away[order]
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (rows[1:] != rows[:-1]) | (tasks[1:] != tasks[:-1])
    first = np.flatnonzero(fresh)
    offsets = np.append(first, len(rows)).astype(np.int32)
    return pa.table(
        {
            "row": pa.array(rows[first] + first_row),
            "task": pa.array(tasks[first], pa.int32()),
            "home": pa.array(np.where(away[first], -1, buckets[first]), pa.int32()),
            "buckets": pa.ListArray.from_arrays(offsets, pa.array(buckets, pa.int32())),
        }
    )

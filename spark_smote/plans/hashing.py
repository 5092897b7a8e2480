"""Every usable row is given its home bucket and the buckets it is copied to, and sent there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T
from threadpoolctl import threadpool_limits

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.plans.arrow import ArrowFunction, features_of, integers_of
from spark_smote.plans.layout import Layout, partition_keys
from spark_smote.plans.model import ClassModel
from spark_smote.plans.sample import merged_records


@dataclass(frozen=True)
class Placed:
    """The rows of one class in one batch, equal ones merged, and where they belong."""

    records: pa.Table
    keys: Ints
    features: Floats
    multiplicity: Ints
    member_rows: Ints
    member_buckets: Ints
    home: Ints


def placed_rows(
    batch: pa.RecordBatch, models: Sequence[ClassModel]
) -> Iterator[tuple[int, Placed]]:
    """Place the rows of a batch, class by class."""
    if not batch.num_rows:
        return
    records = merged_records(batch)
    codes = integers_of(records, "class")
    for code in np.unique(codes):
        own = records.filter(pa.array(codes == code)).combine_chunks()
        keys, features = integers_of(own, "key"), features_of(own)
        home, spill_rows, spill_buckets = models[code].place(features, keys)
        yield (
            int(code),
            Placed(
                own,
                keys,
                features,
                integers_of(own, "multiplicity"),
                np.concatenate([np.arange(len(home)), spill_rows]),
                np.concatenate([home, spill_buckets]),
                home,
            ),
        )


def send_to_tasks(rows: DataFrame, models: Sequence[ClassModel], layout: Layout) -> DataFrame:
    """The one shuffle: every row goes, once, to each task that needs it.

    One row = a distinct row on its way to one task: what `rows` holds, then `multiplicity bigint,
    task int, partition int, home int, buckets array<int>`. `buckets` are those of the task that
    the row belongs to, numbered through all classes; `home` is its home bucket if the task has
    it, else -1.
    """
    added = [
        T.StructField("multiplicity", T.LongType()),
        T.StructField("task", T.IntegerType()),
        T.StructField("partition", T.IntegerType()),
        T.StructField("home", T.IntegerType()),
        T.StructField("buckets", T.ArrayType(T.IntegerType())),
    ]
    kept = [T.StructField(field.name, field.dataType) for field in rows.schema]
    sent = rows.mapInArrow(_sender(models, layout), T.StructType([*kept, *added]))
    return sent.repartition(layout.task_count, F.col("partition"))


def _sender(models: Sequence[ClassModel], layout: Layout) -> ArrowFunction:
    keys = partition_keys(layout.task_count)

    def send(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with threadpool_limits(1):
            for batch in batches:
                for code, placed in placed_rows(batch, models):
                    yield from _sent(placed, layout.offsets[code], layout, keys)

    return send


def _sent(
    placed: Placed, offset: int, layout: Layout, keys: np.ndarray
) -> Iterator[pa.RecordBatch]:
    """One record per row and task, from one membership per row and bucket."""
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
    if not len(first):
        return
    offsets = np.append(first, len(rows)).astype(np.int32)
    records = placed.records.take(pa.array(rows[first]))
    for name, column in (
        ("task", pa.array(tasks[first], pa.int32())),
        ("partition", pa.array(keys[tasks[first]], pa.int32())),
        ("home", pa.array(np.where(away[first], -1, buckets[first]), pa.int32())),
        ("buckets", pa.ListArray.from_arrays(offsets, pa.array(buckets, pa.int32()))),
    ):
        records = records.append_column(name, column)
    yield from records.combine_chunks().to_batches()

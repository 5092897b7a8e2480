"""New rows that are copies of real ones, drawn with replacement; of any type, since Spark copies.

Draws are shared out to buckets of keys on the driver, and within a bucket among its distinct rows:
only content keys go to Python workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.kernels.copies import copies
from spark_smote.kernels.streams import stream
from spark_smote.plans.arrow import ArrowFunction, integers_of, worker
from spark_smote.plans.drawing import distinct_rows
from spark_smote.plans.movement import Movement
from spark_smote.plans.records import KeptRecords, class_code
from spark_smote.plans.removal import in_classes, repeated
from spark_smote.plans.table import PROVENANCE_COLUMNS, Table
from spark_smote.results import LabelValue

ROWS_PER_BUCKET = 65_536
"""Rows of a class drawn from one random stream, about."""


@dataclass(frozen=True)
class Copies:
    """How often each distinct row of some classes is copied."""

    labels: tuple[LabelValue, ...]
    times: DataFrame
    """One row = a distinct row that is copied: `key, twin, times bigint`."""
    keys: KeptRecords
    """What `times` is made of."""


def draw_copies(
    table: Table,
    rows: Mapping[LabelValue, int],
    new_rows: Mapping[LabelValue, int],
    *,
    seed: int,
) -> Copies:
    """Draw so many new rows of each of some classes from its rows, with replacement.

    Parameters
    ----------
    rows : mapping of label to rows
        Of these classes.
    new_rows : mapping of label to rows
        To be drawn, of the same classes in the same order.
    """
    labels = tuple(new_rows)
    buckets = [-(-rows[label] // ROWS_PER_BUCKET) for label in labels]
    of_class = F.array(*[F.lit(number).cast("bigint") for number in buckets])[F.col("class")]
    bucket = F.pmod(F.col("key"), of_class).cast("int")
    keys = KeptRecords(distinct_rows(table, labels).withColumn("bucket", bucket))
    counted = keys.frame.groupBy("class", "bucket").agg(F.sum("rows").alias("rows")).collect()
    sizes = [np.zeros(number, dtype=np.int64) for number in buckets]
    for row in counted:
        sizes[row["class"]][row["bucket"]] = row["rows"]
    quotas = [
        copies(size, new_rows[label], stream(seed, "copies per bucket", repr(label)))
        for label, size in zip(labels, sizes, strict=True)
    ]
    place = ["class", "bucket"]
    sorted_keys = keys.frame.repartition(*place).sortWithinPartitions(*place, "key", "twin")
    times = sorted_keys.mapInArrow(_drawer(labels, quotas, seed), "key long, twin long, times long")
    return Copies(labels, times, keys)


def copied_rows(table: Table, drawn: Copies, movement: Movement | None = None) -> DataFrame:
    """The copies, in the columns of the table (under neutral names), then those of provenance."""
    own = table.frame.filter(in_classes(table, drawn.labels))
    rows = repeated(table, own, drawn.times).withColumn("class", class_code(table, drawn.labels))
    columns = [_copied(table, i, movement) for i in range(len(table.schema))]
    if table.request.provenance:
        base = F.col("key") if table.id is None else F.col(f"c{table.id}")
        nothing = F.lit(None).cast(T.DoubleType())
        ids = (base, F.when(F.lit(False), base), nothing)
        columns += [c.alias(name) for c, name in zip(ids, PROVENANCE_COLUMNS, strict=True)]
    return rows.select(*columns)


def _copied(table: Table, position: int, movement: Movement | None) -> Column:
    """A column of new rows."""
    field = table.schema[position]
    column = F.col(f"c{position}")
    if position == table.id or position in table.emptied:
        column = F.lit(None).cast(field.dataType)
    elif movement is not None and position in table.inputs:
        column = movement.shifted(table, position)
    return column.alias(f"c{position}", metadata=field.metadata or None)


def _drawer(labels: Sequence[LabelValue], quotas: Sequence[np.ndarray], seed: int) -> ArrowFunction:
    def draw(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            for code, bucket, keys in _buckets(batches):
                generator = stream(seed, "copies", repr(labels[code]), bucket)
                drawn = copies(integers_of(keys, "rows"), int(quotas[code][bucket]), generator)
                some = np.flatnonzero(drawn)
                found = keys.select(["key", "twin"]).take(pa.array(some))
                yield from found.append_column("times", pa.array(drawn[some])).to_batches()

    return draw


def _buckets(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, int, pa.Table]]:
    """Class, bucket and keys of each bucket; they arrive in order, one after the other."""
    place: tuple[int, int] | None = None
    held: list[pa.Table] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        rows = pa.Table.from_batches([batch])
        codes, buckets = integers_of(rows, "class"), integers_of(rows, "bucket")
        starts = np.flatnonzero((np.diff(codes) != 0) | (np.diff(buckets) != 0)) + 1
        for start, end in zip([0, *starts], [*starts, len(codes)], strict=True):
            here = int(codes[start]), int(buckets[start])
            if place is not None and here != place:
                yield *place, pa.concat_tables(held)
                held = []
            place = here
            held.append(rows.slice(int(start), int(end - start)))
    if place is not None:
        yield *place, pa.concat_tables(held)

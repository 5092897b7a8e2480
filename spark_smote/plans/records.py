"""The rows that may be a base or a neighbour, as Arrow streams that Spark moves without looking.

Every step that follows reads whole streams: neither the file format nor row-wise conversions are
paid for again.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy

import numpy as np
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_smote.errors import SparkSmoteError
from spark_smote.kernels.distances import Ints
from spark_smote.kernels.mixing import mix, mix_rows
from spark_smote.plans.arrow import (
    ArrowFunction,
    features_of,
    integers_of,
    packed,
    taken,
    unpacked,
    worker,
)
from spark_smote.plans.table import Table, label_literal
from spark_smote.results import LabelValue

BYTES_PER_STREAM = 4 << 20
"""Rows gathered into one stream."""


def class_code(table: Table, labels: Sequence[LabelValue]) -> Column:
    """0, 1, ... for rows of the given classes, null for others."""
    kind = table.schema[table.label].dataType
    if not labels:  # a map of nothing has no types
        return F.lit(None).cast("int")
    pairs = [(label_literal(label, kind), F.lit(code)) for code, label in enumerate(labels)]
    return F.create_map(*[each for pair in pairs for each in pair])[table.label_column]


def id_column(table: Table) -> Column:
    """What names a row in `base_id` and `neighbour_id`."""
    return table.key if table.id is None else table.crossing(table.id)


def usable_rows(
    table: Table,
    labels: Sequence[LabelValue],
    more: Sequence[Column] = (),
    *,
    with_key: bool = False,
) -> DataFrame:
    """Rows that may be a base or a neighbour.

    One row = a row of one of the classes, with finite inputs:
    `class int, carried bigint, features array<double>`; then, where new rows copy columns or take
    levels, those as the struct `carry`; with provenance, `id`. Instead of these two, where asked
    for, `row bigint`, the content key of the whole row. Then `more`.
    """
    kind = table.schema[table.label].dataType
    wanted = table.label_column.isin(*[label_literal(label, kind) for label in labels])
    rows = table.frame.filter(wanted)  # so that files and row groups of other classes are skipped
    along = [table.key.alias("row")] if with_key else _taken_along(table)
    # equal vectors have other keys where one is stored sparse, and are merged with their own alone
    carried = table.key if with_key and table.vectors else table.carried_key
    return (rows if table.all_valid else rows.filter(table.valid)).select(
        class_code(table, labels).alias("class"),
        carried.alias("carried"),
        table.features.alias("features"),
        *along,
        *more,
    )


def _taken_along(table: Table) -> list[Column]:
    along = []
    if taken_along := table.taken_along:
        along.append(F.struct(*[table.crossing(i) for i in taken_along]).alias("carry"))
    if table.request.provenance:
        along.append(id_column(table).alias("id"))
    return along


def class_records(table: Table, labels: Sequence[LabelValue]) -> DataFrame:
    """The usable rows of the classes, packed.

    One row = some records as an Arrow stream, `records binary`. A record = a distinct row:
    `usable_rows` with `key bigint` in the place of `carried`, and `multiplicity bigint`.
    """
    return usable_rows(table, labels).mapInArrow(packer(merged_records), "records binary")


def joint_records(
    table: Table, labels: Sequence[LabelValue], *, with_key: bool = False
) -> DataFrame:
    """The usable rows of the classes as one class, 0, packed; their own is their `rank int`.

    `key` differs for equal rows of different classes, and orders rows throughout: it is a mix of
    the features and of what is carried, and of the place of the class among `labels`.
    """
    rows = usable_rows(table, labels, with_key=with_key)
    return rows.mapInArrow(packer(_as_one_class), "records binary")


def packer(merge: Callable[[pa.Table], pa.Table]) -> ArrowFunction:
    """What packs rows of `usable_rows`, merged, as streams of records."""

    def pack(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            held: list[pa.RecordBatch] = []
            for batch in batches:
                if batch.num_rows:
                    held.append(batch)
                if sum(part.nbytes for part in held) >= BYTES_PER_STREAM:
                    yield stream_of(merge(pa.Table.from_batches(held).combine_chunks()))
                    held = []
            if held:
                yield stream_of(merge(pa.Table.from_batches(held).combine_chunks()))

    return pack


def stream_of(records: pa.Table) -> pa.RecordBatch:
    """Records as one row of packed ones."""
    return pa.RecordBatch.from_arrays([pa.array([packed(records)], pa.binary())], ["records"])


def recoded(records: pa.Table, codes: Ints) -> Iterator[pa.RecordBatch]:
    """Records with other codes of classes, packed; those with a code below 0 are left out."""
    here = np.flatnonzero(codes >= 0)
    if len(here):
        own = taken(records, here)
        column = pa.array(codes[here], pa.int32())
        own = own.set_column(own.column_names.index("class"), "class", column)
        yield stream_of(own.combine_chunks())


def _as_one_class(rows: pa.Table) -> pa.Table:
    records = merged_records(rows)
    classes = integers_of(records, "class")
    keys = mix(integers_of(records, "key").view(np.uint64) ^ mix(classes.view(np.uint64)))
    columns = {
        "key": pa.array(keys.view(np.int64), pa.int64()),
        "class": pa.array(np.zeros(len(classes), dtype=np.int32)),
    }
    for name, values in columns.items():
        records = records.set_column(records.column_names.index(name), name, values)
    return records.append_column("rank", pa.array(classes, pa.int32()))


def streamed(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The tables of records in a column `records` of streams."""
    for batch in batches:
        for payload in batch.column("records"):
            yield unpacked(payload.as_buffer())


def merged_records(rows: pa.Table) -> pa.Table:
    """Equal rows of a class merged.

    In the place of `carried` comes `key bigint`, which equal rows share (a mix of the features and
    of what is carried); `multiplicity bigint` is added, how many rows each stands for.
    """
    keys = mix_rows(features_of(rows)) ^ integers_of(rows, "carried").view(np.uint64)
    keys = mix(keys).view(np.int64)
    place = rows.column_names.index("carried")
    rows = rows.set_column(place, "key", pa.array(keys, pa.int64()))
    of_class = keys.view(np.uint64) ^ mix(integers_of(rows, "class").view(np.uint64))
    distinct, first, times = np.unique(of_class, return_index=True, return_counts=True)
    if len(distinct) == len(keys):
        times = np.ones(len(keys), dtype=np.int64)
    else:
        rows = rows.take(pa.array(first))
    return rows.append_column("multiplicity", pa.array(times, pa.int64()))


class KeptRecords:
    """Records that Spark keeps for as long as this object lives, where the platform allows.

    They are gone over several times: sampled, counted, sent. Where they are not kept, or no more,
    Spark makes the same ones again from the table.
    """

    def __init__(self, records: DataFrame) -> None:
        self.frame = records
        try:
            records.persist()
        except PySparkException:  # serverless platforms refuse; all that is lost is time
            return
        weakref.finalize(self, _release, records).atexit = False

    def of_classes(self, codes: Ints) -> KeptRecords:
        """Those whose class gets a code of 0 or more, with these codes; Spark keeps no more."""

        def recode(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            with worker():
                for records in streamed(batches):
                    yield from recoded(records, codes[integers_of(records, "class")])

        own = copy(self)
        own.frame = self.lend(self.frame.mapInArrow(recode, "records binary"))
        return own

    def lend(self, frame: DataFrame) -> DataFrame:
        """Keep the records while this DataFrame lives too, which is made of them."""
        vars(frame).setdefault("_kept_records", []).append(self)
        return frame


def cut_off(frame: DataFrame) -> DataFrame:
    """The same rows, made now and held by Spark, without the plan that made them.

    Plans that each build on the one before double in size with every step otherwise.

    Raises
    ------
    SparkSmoteError
        If the platform cannot.
    """
    try:
        return frame.localCheckpoint()
    except PySparkException as error:
        raise SparkSmoteError(
            "methods that search again and again need DataFrame.localCheckpoint, which this "
            "platform refuses (Spark Connect before 4.0, serverless ones): use "
            "EditedNearestNeighbours, as often as needed in a Chain"
        ) from error


def _release(records: DataFrame) -> None:
    if SparkSession.getActiveSession() is not None:
        records.unpersist()

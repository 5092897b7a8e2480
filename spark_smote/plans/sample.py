"""Step 2: a canonical sample of each class that receives rows, on the driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_smote.kernels.bucket import canonical_rows
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.streams import seed_int64
from spark_smote.plans.arrow import (
    collect_packed,
    features_of,
    integers_of,
    packed_batch,
)
from spark_smote.plans.columns import Table, label_literal
from spark_smote.results import LabelValue

OVERDRAW = 1.3
"""A threshold on a uniform hash passes about this many times the rows wanted: with 4,096 wanted,
fewer than wanted arrive once in 10^50 samples."""


@dataclass(frozen=True)
class ClassSample:
    """Distinct rows of one class, those with the smallest seeded content hash."""

    keys: Ints
    features: Floats
    """In the columns' own units, shape (m, d)."""
    multiplicity: Ints
    complete: bool
    """Whether this is the whole class."""
    distinct_rows: int
    """Distinct rows of the whole class: counted if complete, else estimated from the share of
    the hash's range that the sample fills."""


def class_code(table: Table, labels: Sequence[LabelValue]) -> Column:
    """0, 1, ... for rows of the given classes, null for others."""
    kind = table.schema[table.label].dataType
    code: Column | None = None
    for number, label in enumerate(labels):
        same = table.label_column == label_literal(label, kind)
        code = F.when(same, number) if code is None else code.when(same, number)
    return F.lit(None).cast("int") if code is None else code


def usable_rows(table: Table, labels: Sequence[LabelValue], *extra: Column) -> DataFrame:
    """Rows that may be a base or a neighbour.

    One row = a row of one of the classes, with finite inputs:
    `class int, key bigint, features array<double>` and what `extra` adds.
    """
    return (
        table.frame.withColumn("class", class_code(table, labels))
        .filter(F.col("class").isNotNull() & table.valid)
        .select("class", table.key.alias("key"), table.features.alias("features"), *extra)
    )


def sample_classes(
    table: Table,
    classes: Mapping[LabelValue, int],
    wanted: Mapping[LabelValue, int],
    *,
    seed: int,
    purpose: str,
) -> dict[LabelValue, ClassSample]:
    """The rows of each class with the smallest seeded hash of their content.

    Which rows these are does not depend on how the table is partitioned or ordered. Equal rows
    come as one, with their number; a class so duplicated that too few distinct rows pass the
    threshold is asked again with a wider one.

    Parameters
    ----------
    classes : mapping of label to usable rows
    wanted : mapping of label to number of rows, for the same classes
    """
    labels = list(classes)
    rows = usable_rows(table, labels)
    hashed = rows.withColumn("hash", F.xxhash64("key", F.lit(seed_int64(seed, purpose))))
    shares = {label: OVERDRAW * wanted[label] / max(classes[label], 1) for label in labels}
    done: dict[LabelValue, ClassSample] = {}
    while len(done) < len(labels):
        passing = F.lit(False)
        for code, label in enumerate(labels):
            if label not in done:
                passing = passing | ((F.col("class") == code) & _below(shares[label]))
        packed = hashed.filter(passing).mapInArrow(_packer(), "payload binary")
        records = collect_packed(packed)
        for code, label in enumerate(labels):
            if label in done:
                continue
            found = _merge(records, code, wanted[label], complete=shares[label] >= 1)
            if found is not None:
                done[label] = found
            else:
                shares[label] *= 4
    return done


def _below(share: float) -> Column:
    if share >= 1:
        return F.lit(True)
    return F.col("hash") < F.lit(int(share * 2.0**64) - (1 << 63))


def _packer() -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def pack_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if batch.num_rows:
                yield packed_batch(merged_records(batch))

    return pack_batches


def merged_records(batch: pa.RecordBatch) -> pa.Table:
    """A batch with equal rows merged: column `multiplicity` says how many each stands for."""
    keys = integers_of(batch, "key")
    distinct, first, times = np.unique(keys, return_index=True, return_counts=True)
    if len(distinct) == len(keys):
        times = np.ones(len(keys), dtype=np.int64)
        table = pa.Table.from_batches([batch])
    else:
        table = pa.Table.from_batches([batch.take(pa.array(first))])
    return table.append_column("multiplicity", pa.array(times, pa.int64()))


def _merge(
    records: Sequence[pa.Table], code: int, wanted: int, *, complete: bool
) -> ClassSample | None:
    parts = [r.filter(pa.compute.equal(r.column("class"), code)) for r in records]
    parts = [p for p in parts if p.num_rows]
    if not parts:
        return None
    table = pa.concat_tables(parts).combine_chunks()
    hashes = integers_of(table, "hash")
    rows, representatives = canonical_rows(
        integers_of(table, "key"),
        features_of(table),
        integers_of(table, "multiplicity"),
        np.ones(table.num_rows, dtype=bool),
    )
    if len(rows.keys) < wanted and not complete:
        return None
    smallest = np.lexsort((rows.keys, hashes[representatives]))[:wanted]
    complete = complete and len(smallest) == len(rows.keys)
    filled = (int(hashes[representatives[smallest[-1]]]) + (1 << 63)) / 2.0**64
    return ClassSample(
        keys=rows.keys[smallest],
        features=rows.features[smallest],
        multiplicity=rows.multiplicity[smallest],
        complete=complete,
        distinct_rows=len(smallest) if complete else round(len(smallest) / filled),
    )

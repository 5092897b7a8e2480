"""Step 2: a canonical sample of each class that receives rows, on the driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_smote.kernels.bucket import canonical_rows
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.streams import seed_int64
from spark_smote.plans.arrow import features_of, integers_of
from spark_smote.plans.columns import Table, label_literal
from spark_smote.plans.folding import fold_rows
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
    pairs = [(label_literal(label, kind), F.lit(code)) for code, label in enumerate(labels)]
    return F.create_map(*[each for pair in pairs for each in pair])[table.label_column]


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
    come as one, with their number. However large or duplicated the class, the driver receives a
    few times the rows wanted.

    Parameters
    ----------
    classes : mapping of label to usable rows
    wanted : mapping of label to number of rows, for the same classes
    """
    labels = list(classes)
    hashed = usable_rows(table, labels).withColumn(
        "hash", F.xxhash64("key", F.lit(seed_int64(seed, purpose)))
    )
    shares = [OVERDRAW * wanted[label] / max(classes[label], 1) for label in labels]
    pieces = _smallest(hashed, [wanted[label] for label in labels], shares)
    short = [
        share < 1 and len(piece.keys) < piece.wanted
        for share, piece in zip(shares, pieces, strict=True)
    ]
    if any(short):  # so duplicated that too few distinct rows passed: let all pass
        shares = [1.0 if again else 0.0 for again in short]
        repeated = _smallest(hashed, [wanted[label] for label in labels], shares)
        pieces = [r if again else p for again, r, p in zip(short, repeated, pieces, strict=True)]
    return {
        label: piece.sample(classes[label]) for label, piece in zip(labels, pieces, strict=True)
    }


@dataclass(frozen=True)
class Smallest:
    """The distinct rows of one class with the smallest hashes, of those seen so far."""

    wanted: int
    keys: Ints
    hashes: Ints
    features: Floats
    multiplicity: Ints

    def merged(self, other: Smallest) -> Smallest:
        """The smallest of both; a row that is among them in all is so in each part."""
        parts = [part for part in (self, other) if len(part.keys)]
        if not parts:
            return self
        hashes = np.concatenate([part.hashes for part in parts])
        rows, representatives = canonical_rows(
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.multiplicity for part in parts]),
            np.ones(len(hashes), dtype=bool),
        )
        hashes = hashes[representatives]
        kept = np.lexsort((rows.keys, hashes))[: self.wanted]
        return Smallest(
            self.wanted,
            rows.keys[kept],
            hashes[kept],
            rows.features[kept],
            rows.multiplicity[kept],
        )

    def sample(self, rows: int) -> ClassSample:
        """The sample they make of a class of so many rows."""
        complete = int(self.multiplicity.sum()) == rows
        filled = (int(self.hashes[-1]) + (1 << 63)) / 2.0**64
        return ClassSample(
            keys=self.keys,
            features=self.features,
            multiplicity=self.multiplicity,
            complete=complete,
            distinct_rows=len(self.keys) if complete else round(len(self.keys) / filled),
        )


def _smallest(hashed: DataFrame, wanted: Sequence[int], shares: Sequence[float]) -> list[Smallest]:
    """Fold the rows below each class's threshold, `wanted` rows per class and partition at most."""
    thresholds = F.array(*[F.lit(_threshold(share)) for share in shares])
    passing = hashed.filter(F.col("hash") <= thresholds[F.col("class")])
    none = np.zeros(0, dtype=np.int64)
    start = [Smallest(count, none, none, np.zeros((0, 1)), none) for count in wanted]

    def enter(pieces: list[Smallest], batch: pa.RecordBatch) -> list[Smallest]:
        records = merged_records(batch)
        codes, keys = integers_of(records, "class"), integers_of(records, "key")
        hashes, features = integers_of(records, "hash"), features_of(records)
        times = integers_of(records, "multiplicity")
        for code in np.unique(codes):
            own = codes == code
            entering = Smallest(wanted[code], keys[own], hashes[own], features[own], times[own])
            pieces[code] = pieces[code].merged(entering)
        return pieces

    return fold_rows(passing, start, enter)


def _threshold(share: float) -> int:
    """The largest hash that passes, so that this share of all signed 64-bit hashes does."""
    return min(int(share * 2.0**64) - (1 << 63), (1 << 63) - 1)


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

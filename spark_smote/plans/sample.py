"""Step 2: a canonical sample of each class that receives rows, on the driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels.bucket import canonical_rows
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.medians import filled
from spark_smote.kernels.mixing import mix
from spark_smote.kernels.streams import sub_seed
from spark_smote.plans.arrow import features_of, integers_of
from spark_smote.plans.folding import fold_records
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

    def completed(self, medians: Floats | None) -> ClassSample:
        """The same rows with medians, where there are any, in the place of what is missing."""
        if medians is None or not len(self.features):  # of no rows the width is not known
            return self
        return replace(self, features=filled(self.features, medians))


def sample_classes(
    records: DataFrame,
    classes: Mapping[LabelValue, int],
    wanted: Mapping[LabelValue, int],
    *,
    seed: int,
    purpose: str,
    by: str = "class",
) -> dict[LabelValue, ClassSample]:
    """The rows of each class with the smallest seeded hash of their content.

    Which rows these are does not depend on how the table is partitioned or ordered. Equal rows
    come as one, with their number. However large or duplicated the class, the driver receives a
    few times the rows wanted.

    Parameters
    ----------
    records : DataFrame
        `plans.records.class_records` of these classes, in this order.
    classes : mapping of label to usable rows
    wanted : mapping of label to number of rows, for the same classes; may be 0
    by : str
        The column of the records that tells the classes apart.
    """
    if not classes:
        return {}
    labels = list(classes)
    salt = np.uint64(sub_seed(seed, purpose) & 0xFFFFFFFFFFFFFFFF)
    most = [wanted[label] for label in labels]
    shares = [OVERDRAW * wanted[label] / max(classes[label], 1) for label in labels]
    pieces = _smallest(records, most, shares, salt, by)
    short = [
        share < 1 and len(piece.keys) < piece.wanted
        for share, piece in zip(shares, pieces, strict=True)
    ]
    if any(short):  # so duplicated that too few distinct rows passed: let all pass
        shares = [1.0 if again else 0.0 for again in short]
        repeated = _smallest(records, most, shares, salt, by)
        pieces = [r if again else p for again, r, p in zip(short, repeated, pieces, strict=True)]
    return {
        label: piece.sample(classes[label]) for label, piece in zip(labels, pieces, strict=True)
    }


def shared_budget(sizes: Mapping[LabelValue, int], most: int) -> dict[LabelValue, int]:
    """Rows to take of each class: as many of each, or all of it if it has fewer; one at least.

    >>> shared_budget({"a": 10, "b": 1000, "c": 400}, 200)
    {'a': 10, 'b': 95, 'c': 95}
    """
    taken: dict[LabelValue, int] = {}
    for label in sorted(sizes, key=lambda each: sizes[each]):
        share = (most - sum(taken.values())) // (len(sizes) - len(taken))
        taken[label] = min(sizes[label], max(share, 1))
    return {label: taken[label] for label in sizes}


def weights_of(samples: Sequence[ClassSample], rows: Sequence[int]) -> Floats:
    """What sampled rows stand for, all samples' one after the other: those of a class for its rows.

    Parameters
    ----------
    rows : sequence of int
        Rows of each sample's class.
    """
    each = zip(samples, rows, strict=True)
    return np.concatenate([s.multiplicity * (n / s.multiplicity.sum()) for s, n in each])


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
        filled = (int(self.hashes[-1]) + (1 << 63)) / 2.0**64 if len(self.hashes) else 1.0
        return ClassSample(
            keys=self.keys,
            features=self.features,
            multiplicity=self.multiplicity,
            complete=complete,
            distinct_rows=len(self.keys) if complete else round(len(self.keys) / filled),
        )


def _smallest(
    records: DataFrame, wanted: Sequence[int], shares: Sequence[float], salt: np.uint64, by: str
) -> list[Smallest]:
    """Fold the rows below each class's threshold, `wanted` rows per class and partition at most."""
    thresholds = np.array([_threshold(share) for share in shares], dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    start = [Smallest(count, none, none, np.zeros((0, 1)), none) for count in wanted]

    def enter(pieces: list[Smallest], records: pa.Table) -> list[Smallest]:
        codes, keys = integers_of(records, by), integers_of(records, "key")
        hashes = mix(keys.view(np.uint64) ^ salt).view(np.int64)
        passing = np.flatnonzero(hashes <= thresholds[codes])
        features, times = features_of(records), integers_of(records, "multiplicity")
        for code in np.unique(codes[passing]):
            own = passing[codes[passing] == code]
            entering = Smallest(wanted[code], keys[own], hashes[own], features[own], times[own])
            pieces[code] = pieces[code].merged(entering)
        return pieces

    return fold_records(records, start, enter)


def _threshold(share: float) -> int:
    """The largest hash that passes, so that this share of all signed 64-bit hashes does."""
    return min(int(share * 2.0**64) - (1 << 63), (1 << 63) - 1)

"""Rows ranked by how hard they are to classify: a sample to learn from, then one scan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.errors import DataError
from spark_smote.kernels.hardness import OutOfFold
from spark_smote.plans.arrow import ArrowFunction, features_of, integers_of, worker
from spark_smote.plans.id_like import id_like_notices
from spark_smote.plans.profile import Profile
from spark_smote.plans.ranked import RANKED
from spark_smote.plans.records import KeptRecords, streamed
from spark_smote.plans.sample import sample_classes, shared_budget, weights_of
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, Notice

MOST_FITTED = 65_536
"""Rows of all classes together that are learned from."""

SAMPLED_BYTES = 64 << 20
"""Of their features."""

MOST_FITS = 500
"""Folds times classes, each of which is a hundred trees that every task receives: 170 MB."""


@dataclass(frozen=True)
class Learned:
    """What rows are ranked by."""

    models: OutOfFold
    rows: int
    """Rows learned from, equal ones counted each."""
    whole: bool
    """Whether these are all."""
    notices: Sequence[Notice]
    """Of columns that look like ids."""


def learned(
    table: Table,
    records: KeptRecords,
    labels: list[LabelValue],
    profile: Profile,
    *,
    folds: int,
    seed: int,
) -> Learned:
    """Fit one classifier per fold on a canonical sample, weighted as the classes are large.

    A column that is different in each row is refused, unless it was asked for.

    Parameters
    ----------
    records : KeptRecords
        `plans.records.joint_records` of the classes.
    """
    sizes = {label: profile.usable[label] for label in labels}
    _refuse(sizes, folds)
    budget = min(MOST_FITTED, SAMPLED_BYTES // (8 * profile.dimensions))
    sampled = sample_classes(
        records.frame,
        sizes,
        shared_budget(sizes, budget),
        seed=seed,
        purpose="hardness",
        by="rank",
    )
    notices = id_like_notices(table, list(sampled.values()))
    there = [(code, part) for code, part in enumerate(sampled.values()) if len(part.keys)]
    parts = [part for _, part in there]
    models = OutOfFold.fit(
        np.concatenate([part.features for part in parts]),
        np.concatenate([np.full(len(part.keys), code) for code, part in there]),
        weights_of(parts, [profile.usable[labels[code]] for code, _ in there]),
        folds=folds,
        seed=seed,
    )
    rows = sum(int(part.multiplicity.sum()) for part in parts)
    return Learned(models, rows, all(part.complete for part in parts), notices)


def _refuse(usable: Mapping[LabelValue, int], folds: int) -> None:
    there = [label for label, rows in usable.items() if rows]
    if len(there) < 2:
        raise DataError(
            f"only class {there[0]!r} has rows without null, NaN or infinite inputs: there is "
            "nothing to tell it from; use handleInvalid='impute', or fill them first"
        )
    if folds * len(there) > MOST_FITS:
        raise DataError(
            f"numFolds={folds} times {len(there)} classes is {folds * len(there):,}, of which each "
            f"takes a hundred trees; at most {MOST_FITS} are fitted: lower numFolds, or use "
            "RandomUnderSampler"
        )


def ranked_by_hardness(
    records: KeptRecords, codes: Collection[int], models: OutOfFold
) -> DataFrame:
    """The rows of some classes, the easiest first, as `RANKED` has them."""
    return records.frame.mapInArrow(_ranker(codes, models), RANKED)


def _ranker(codes: Collection[int], models: OutOfFold) -> ArrowFunction:
    wanted = list(codes)

    def rank(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            for records in streamed(batches):
                classes = integers_of(records, "rank")
                rows = np.flatnonzero(np.isin(classes, wanted))
                if not len(rows):
                    continue
                hard = models.hardness(features_of(records)[rows], classes[rows])
                yield pa.RecordBatch.from_pydict(
                    {
                        "key": pa.array(integers_of(records, "row")[rows], pa.int64()),
                        "class": pa.array(classes[rows].astype(np.int32)),
                        "multiplicity": pa.array(integers_of(records, "multiplicity")[rows]),
                        "word": pa.array(hard.view(np.int64)),  # in the order of the numbers
                    }
                )

    return rank

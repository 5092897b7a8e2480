"""What the driver needs to know of all groups, of a size that does not grow with their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Ints
from spark_smote.kernels.mixing import Words
from spark_smote.plans.arrow import integers_of
from spark_smote.plans.classes import MOST_NEW_ROWS
from spark_smote.plans.folding import fold_rows
from spark_smote.plans.groups.quotas import FATES, Rules
from spark_smote.plans.groups.strata import Strata, empty_filter, let_pass
from spark_smote.plans.notices import FEWEST_ROWS

EXAMPLES = 3
"""Groups named for each fate of a class."""

MOST_LARGE = 512
"""Strata that are divided into buckets, each with a sample and a model on the driver: up to a
mebibyte, and half a second (9,000 rows) to three (500,000 rows of 30 columns) each."""

NEW_ROWS_OF_SMALL = 524_288
"""A stratum that receives more new rows than this is treated as large, whatever its rows: its
work is shared by several tasks."""

Kept = tuple[int, int, int, dict[str, Any]]
"""Keys of a group, code of a class, and the row of `stratum_fates`: in order of identity."""


@dataclass(frozen=True)
class Summary:
    """Counts over all groups, examples, and the few strata that are large."""

    strata: Ints
    """Strata of each class and fate, shape (classes, fates)."""
    new_rows: Ints
    """New rows, of the same shape."""
    figures: Ints
    """Of each class: strata that receive rows from fewer than `FEWEST_ROWS`, strata that become as
    large as the largest of their group, and usable rows of strata that receive any, shape
    (classes, 3)."""
    groups: int = 0
    receiving: int = 0
    """Groups in which some class receives rows."""
    small: tuple[int, int, int] = (0, 0, 0)
    """Of strata that receive rows and are not large: how many, usable rows, new rows."""
    large_strata: int = 0
    large: tuple[Kept, ...] = ()
    """The first of them in order of identity, `MOST_LARGE` at most."""
    examples: dict[tuple[int, int], tuple[Kept, ...]] = field(default_factory=dict)
    """By class and fate, the first in order of identity."""
    bits: Words = field(default_factory=empty_filter)
    """Passed by the strata that receive rows."""

    @classmethod
    def unseen(cls, classes: int) -> Summary:
        """Before any group."""
        shape = classes, len(FATES)
        zeros = np.zeros(shape, dtype=np.int64)
        return cls(zeros, zeros, np.zeros((classes, 3), dtype=np.int64))

    def merged(self, other: Summary) -> Summary:
        """Both in one; the order of merging does not matter."""
        examples = dict(self.examples)
        for key, rows in other.examples.items():
            examples[key] = _first((*examples.get(key, ()), *rows), EXAMPLES)
        count, rows_, new = (a + b for a, b in zip(self.small, other.small, strict=True))
        return Summary(
            strata=self.strata + other.strata,
            new_rows=self.new_rows + other.new_rows,
            figures=self.figures + other.figures,
            groups=self.groups + other.groups,
            receiving=self.receiving + other.receiving,
            small=(count, rows_, new),
            large_strata=self.large_strata + other.large_strata,
            large=_first((*self.large, *other.large), MOST_LARGE),
            examples=examples,
            bits=self.bits | other.bits,
        )


def _first(rows: tuple[Kept, ...], most: int) -> tuple[Kept, ...]:
    return tuple(sorted(rows, key=lambda row: row[:3])[:most])


def summarise(fates: DataFrame, classes: int, *, most_rows: int) -> Summary:
    """One reading of the fates.

    Parameters
    ----------
    fates : DataFrame
        As `plans.groups.quotas.stratum_fates` gives them.
    most_rows : int
        Usable rows beyond which a stratum that receives rows is large.
    """

    def enter(pieces: list[Summary], batch: pa.RecordBatch) -> list[Summary]:
        return [pieces[0].merged(summary_of(batch, classes, most_rows))]

    return fold_rows(fates, [Summary.unseen(classes)], enter)[0]


def is_large(usable: Ints, new_rows: Ints, most_rows: int) -> Any:
    """Whether strata are large, of those that receive rows."""
    return (new_rows > 0) & ((usable > most_rows) | (new_rows > NEW_ROWS_OF_SMALL))


def summary_of(batch: pa.RecordBatch, classes: int, most_rows: int) -> Summary:
    """What some rows of the fates come to."""
    strata = Strata.of(batch)
    usable, new_rows, fate, first = (
        integers_of(batch, name) for name in ("usable", "new_rows", "fate", "first")
    )
    cell = strata.codes * len(FATES) + fate
    shape = classes, len(FATES)
    receives = new_rows > 0
    large = is_large(usable, new_rows, most_rows)
    small = receives & ~large
    full = batch.column("full").to_numpy(zero_copy_only=False)
    order = strata.order
    examples = {}
    for chosen in np.unique(cell):
        here = order[cell[order] == chosen][:EXAMPLES]
        examples[divmod(int(chosen), len(FATES))] = _kept(batch, here)
    by_class = [
        np.bincount(strata.codes, weights=weights, minlength=classes).astype(np.int64)
        for weights in (receives & (usable < FEWEST_ROWS), full, np.where(receives, usable, 0))
    ]
    return Summary(
        strata=np.bincount(cell, minlength=classes * len(FATES)).reshape(shape),
        new_rows=_sums(cell, new_rows, classes * len(FATES)).reshape(shape),
        figures=np.stack(by_class, axis=1),
        groups=int((first > 0).sum()),
        receiving=int((first == 2).sum()),
        small=(int(small.sum()), int(usable[small].sum()), int(new_rows[small].sum())),
        large_strata=int(large.sum()),
        large=_kept(batch, order[large[order]][:MOST_LARGE]),
        examples=examples,
        bits=let_pass(empty_filter(), strata.taken(receives)),
    )


def _sums(cells: Ints, values: Ints, length: int) -> Ints:
    """Exact sums per cell, in integers."""
    out = np.zeros(length, dtype=np.int64)
    np.add.at(out, cells, values)
    return out


def _kept(batch: pa.RecordBatch, rows: Ints) -> tuple[Kept, ...]:
    kept = batch.take(pa.array(rows)).to_pylist()
    return tuple((row["group"], row["check"], row["class"], row) for row in kept)


def refuse_impossible(summary: Summary, rules: Rules, *, quality: str) -> None:
    """Refuse what cannot be done in some group, naming the first of them and their number.

    Raises
    ------
    DataError
        For a strategy that cannot be applied, classes too small (as `onSmallClass` says), more new
        rows than can be made, or more large strata than the driver can have models of.
    """
    named = _by_fate(summary, "failed")
    if named:
        found, total = named
        raise DataError(
            f"the strategy cannot be applied in {total:,} group{'s' * (total > 1)}, for instance "
            f"in {found['name']}"
        )
    named = _by_fate(summary, "empty")
    if named:
        found, total = named
        raise DataError(
            f"{_stratum(found, rules)} has 0 usable row(s), of {found['rows']:,}, so nothing can "
            f"be made from it, and so it is in {_groups(total)}; fill its missing values, or leave "
            "such classes alone with onSmallClass='skip'"
        )
    named = _by_fate(summary, "refused")
    if named:
        found, total = named
        raise DataError(
            f"{_stratum(found, rules)} has {found['usable']:,} usable row(s), but kNeighbors="
            f"{rules.k} needs at least {rules.k + 1}, and so it is in {_groups(total)}; set "
            "onSmallClass to 'reduce' (k becomes its rows - 1 there), 'duplicate' (random "
            "over-sampling there) or 'skip' (the class is left as it is there), set kNeighbors "
            "lower, or resample within coarser groups"
        )
    for label, new_rows in zip(rules.labels, summary.new_rows.sum(axis=1).tolist(), strict=True):
        if new_rows > MOST_NEW_ROWS:
            raise DataError(
                f"samplingStrategy or samplingRatios asks for {new_rows:,} new rows of class "
                f"{label!r} in all groups; the most is {MOST_NEW_ROWS:,}"
            )
    if summary.large_strata > MOST_LARGE:
        raise DataError(
            f"{summary.large_strata:,} classes within groups are too large to be searched as they "
            f"are, for instance {_stratum(summary.large[0][3], rules)} with "
            f"{summary.large[0][3]['usable']:,} rows; each needs a model of its own, of which the "
            f"driver makes {MOST_LARGE:,} at most. Raise the rows that are searched as they are "
            f"(searchQuality={quality!r}: 'exact' has most), resample within finer groups, or "
            "resample the largest groups in a run of their own"
        )


def _by_fate(summary: Summary, fate: str) -> tuple[dict[str, Any], int] | None:
    """The first example of a fate among all classes, and how many strata share it."""
    place = FATES.index(fate)
    found = _first(
        tuple(row for (_, f), rows in summary.examples.items() if f == place for row in rows), 1
    )
    return (found[0][3], int(summary.strata[:, place].sum())) if found else None


def _groups(strata: int) -> str:
    return f"{strata:,} class{'es' * (strata > 1)} within groups"


def _stratum(row: dict[str, Any], rules: Rules) -> str:
    return f"class {rules.labels[row['class']]!r} of group {row['name']}"


def labels_with(summary: Summary, labels: Sequence[Any]) -> list[Any]:
    """Classes that receive rows in some group."""
    received = summary.new_rows.sum(axis=1)
    return [label for label, new_rows in zip(labels, received, strict=True) if new_rows > 0]

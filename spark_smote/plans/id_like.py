"""Integer columns that look like ids: refused, or told of, where they would be inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.medians import MISSING
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.table import INTEGER_TYPES, Table
from spark_smote.results import Notice

FEWEST_FOR_IDS = 50
"""Among fewer rows, all-distinct integers say nothing."""
IDS_DIFFER = 0.9
"""Share of rows in which an id differs, where some are there twice."""
DEVIATIONS = 3.0
"""By how many standard deviations more values differ than chance has it."""
SELDOM = 0.01
"""Repetitions to be expected of numbers that chance does not repeat."""


def id_like_notices(table: Table, samples: Sequence[ClassSample]) -> list[Notice]:
    """Tell of integer columns that differ in nearly every sampled row, unless they were asked for.

    Raises
    ------
    DataError
        If one differs in every row of a sample, naming the column.
    """
    notices = []
    for row, position in possible_ids(table):
        name, nearly = table.schema[position].name, False
        for sample in samples:
            there = sample.features[:, row] != MISSING
            values, times = sample.features[there, row], sample.multiplicity[there]
            if all_differ(values, times):
                raise DataError(
                    f"column {name!r} is different in each of {times.sum():,} sampled rows: it "
                    f"looks like an id, and ids {_unfit(table)} or idCol, or name it in inputCols "
                    f"if it is a quantity"
                )
            nearly = nearly or nearly_all_differ(values, times)
        if nearly:
            message = (
                f"Column {name!r} differs in {IDS_DIFFER:.0%} of the sampled rows or more, which "
                f"is more than chance has it. If it is an id of which some rows are there twice: "
                f"ids {_unfit(table)} or idCol. If it is a quantity, name it in inputCols."
            )
            notices.append(Notice("id_like", message))
    return notices


def possible_ids(table: Table) -> list[tuple[int, int]]:
    """Integer inputs that nobody asked for: place among the inputs, position in the table."""
    if table.packed or table.request.input_cols is not None:
        return []
    return [
        (row, position)
        for row, position in enumerate(table.inputs)
        if isinstance(table.schema[position].dataType, INTEGER_TYPES)
    ]


def all_differ(values: Floats, times: Ints) -> bool:
    """Whether each row has a value of its own, and there are enough to tell.

    Parameters
    ----------
    values : (n,) array
    times : (n,) array
        How many rows hold each.
    """
    rows = int(times.sum())
    return rows >= FEWEST_FOR_IDS and len(np.unique(values)) == rows


def nearly_all_differ(values: Floats, times: Ints) -> bool:
    """Whether so many differ as hardly would if they were drawn from all integers in their range.

    Where the range is so wide that none would repeat by chance, every repetition is told of.
    """
    rows, different = int(times.sum()), len(np.unique(values))
    if rows < FEWEST_FOR_IDS or different < IDS_DIFFER * rows:
        return False
    span = float(values.max() - values.min()) + 1
    by_chance = -span * np.expm1(rows * np.log1p(-1 / span))
    repeated = max(rows - by_chance, 0.0)
    return bool(repeated < SELDOM or different > by_chance + DEVIATIONS * np.sqrt(repeated))


def _unfit(table: Table) -> str:
    if table.request.makes_rows:
        return "must not be interpolated; put it into ignoreCols (with a carryPolicy)"
    return "tell nothing of a class; put it into ignoreCols"

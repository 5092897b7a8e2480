"""What a user should know of a search, each with the figure that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from spark_smote.kernels.level_counts import LevelCounts
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.model import ClassModel
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.table import Table
from spark_smote.plans.tuning import exact_core_hours
from spark_smote.results import Notice, SearchAccuracy

LOW_RECALL = 0.9


ALONE = 0.1
"""Share of a column's rows whose level occurs once."""


def nominal_notices(tasks: Sequence[ClassTask], models: Sequence[ClassModel]) -> list[Notice]:
    """Nominal columns that do not count in the distance should be known not to."""
    return flat_levels_notices(
        f"class {task.label!r}"
        for task, model in zip(tasks, models, strict=True)
        if model.levels_are_flat
    )


def flat_levels_notices(where: Iterable[str]) -> list[Notice]:
    """The same for classes, or the table, where they do not count."""
    flat = ", ".join(where)
    if not flat:
        return []
    return [
        Notice(
            "nominal_without_weight",
            f"{flat[0].upper()}{flat[1:]}: more than half of the numeric columns are constant, so "
            f"the median of their standard deviations is 0 and levels that differ add nothing to "
            f"the distance. Leave constant columns out (ignoreCols).",
        )
    ]


def exact_notices(
    tasks: Sequence[ClassTask], models: Sequence[ClassModel], samples: Sequence[ClassSample]
) -> list[Notice]:
    """What an exact search of a large class costs should be known beforehand."""
    notices = []
    for task, model, sample in zip(tasks, models, samples, strict=True):
        if not model.everywhere:
            continue
        rows = sample.distinct_rows
        drawn = rows * -np.expm1(-task.new_rows / rows)  # those that are a base at all
        hours = exact_core_hours(rows, drawn, model.width)
        notices.append(
            Notice(
                "exact_search",
                f"Class {task.label!r}: some {drawn:,.0f} distinct rows are each compared with "
                f"all {rows:,} (searchQuality='exact'), in {model.buckets} tasks: about "
                f"{hours:,.2f} hours of one core in all, and {model.buckets} copies of the class "
                f"in the shuffle and on local disks.",
                "info",
            )
        )
    return notices


def level_notices(table: Table, counts: Sequence[LevelCounts], rows: int) -> list[Notice]:
    """Levels that occur once say nothing but the class of that row."""
    alone = {
        table.schema[position].name: held.rows_alone / rows
        for position, held in zip(table.nominal, counts, strict=True)
        if held.rows_alone > ALONE * rows
    }
    if not alone:
        return []
    figures = ", ".join(f"{name!r} ({share:.0%})" for name, share in list(alone.items())[:10])
    more = f" and {len(alone) - 10} more" if len(alone) > 10 else ""
    return [
        Notice(
            "levels_alone",
            f"Rows whose level no other row of the table has, by column: {figures}{more}. All that "
            f"the value difference tells of such a level is the class of its row. Put rare levels "
            f"together, or leave the column out (ignoreCols).",
        )
    ]


def accuracy_notices(accuracy: Sequence[SearchAccuracy], *, split: bool) -> list[Notice]:
    """A search that misses many neighbours should be known to.

    `split` says whether buckets were too full and were split by key, at the cost of recall.
    """
    remedy = (
        "The class is too large for the number of buckets, which were split at random."
        if split
        else "searchQuality='accurate' finds more at more cost."
    )
    return [
        Notice(
            "low_recall",
            f"Class {found.label!r}: the search found {found.recall:.0%} of the exact {found.k} "
            f"nearest neighbours; those it took are {found.distance_ratio:.3f} times as far on "
            f"average. {remedy}",
        )
        for found in accuracy
        if found.recall < LOW_RECALL
    ]

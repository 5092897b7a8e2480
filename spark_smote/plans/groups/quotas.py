"""Quotas of every class in every group, worked out where the counts are: none is collected.

A stratum is a class within a group: the rows among which neighbours are searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_smote.errors import DataError, ParameterError
from spark_smote.group_strategy import GroupStrategy, GroupTargets
from spark_smote.plans.arrow import ArrowFunction, worker
from spark_smote.plans.classes import refuse_too_many, small_class_fate
from spark_smote.plans.groups.identity import group_keys, group_name
from spark_smote.plans.records import class_code
from spark_smote.plans.table import Table
from spark_smote.plans.vectors import is_dense
from spark_smote.results import LabelValue

FATES = (
    "untouched",
    "resampled",
    "reduced",
    "duplicated",
    "skipped",
    "alone",
    "absent",
    "ample",
    "refused",
    "empty",
    "failed",
)
"""What becomes of a stratum: no rows were asked for; the four of `onSmallClass`; it is the only
class of its group; the group lacks it; it has more rows than asked for; and what is an error: too
few rows, no usable row, a strategy that cannot be applied."""

FATES_SCHEMA = (
    "group bigint, check bigint, class int, rows bigint, usable bigint, new_rows bigint, k int, "
    "fate int, first int, full boolean, dense boolean, name string"
)


@dataclass(frozen=True)
class Rules:
    """All that decides about a stratum but its counts."""

    labels: tuple[LabelValue, ...]
    """Classes of the table in order; a class's code is its place here."""
    strategy: GroupStrategy
    k: int
    on_small_class: str


def stratum_fates(table: Table, rules: Rules) -> DataFrame:
    """What becomes of each class in each group.

    One row = a stratum, or a class that rows were asked of and that its group lacks: its group's
    two keys, code of the class, rows, usable ones, new ones, resolved k, and its fate as a place
    in `FATES`. On the first row of each group `first` is 2 if any of its classes receives rows,
    else 1; on others 0. `full`: whether it becomes as large as the largest class of its group.
    `dense`: whether any of its rows is a dense vector. `name` is what the group is called.
    """
    return _counted(table, rules.labels).mapInArrow(_judge(rules), FATES_SCHEMA)


def _counted(table: Table, labels: Sequence[LabelValue]) -> DataFrame:
    """One row = a group: its keys, and its classes with their counts."""
    group, check = group_keys(table)
    dense = is_dense(F.col(f"c{table.inputs[0]}")) if table.vectors else F.lit(False)
    rows = table.frame.select(
        group.alias("group"),
        check.alias("check"),
        class_code(table, labels).alias("class"),
        group_name(table).alias("name"),
        (F.lit(True) if table.all_valid else table.valid).alias("valid"),
        F.coalesce(dense, F.lit(False)).alias("dense"),
    )
    # one row = a stratum (several, where 0.0 and -0.0 are one group of two names)
    strata = rows.groupBy("group", "check", "class", "name").agg(
        F.count(F.lit(1)).alias("rows"),
        F.count_if("valid").alias("usable"),
        F.count_if("dense").alias("dense"),
    )
    columns = ("class", "rows", "usable", "dense", "name")
    return strata.groupBy("group", "check").agg(
        F.collect_list(F.struct(*columns)).alias("classes"),
    )


def _judge(rules: Rules) -> ArrowFunction:
    def judge(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            for batch in batches:
                columns = (batch.column(n).to_pylist() for n in ("group", "check", "classes"))
                rows = [
                    (group, check, *fate)
                    for group, check, classes in zip(*columns, strict=True)
                    for fate in group_fates(classes, rules)
                ]
                yield _as_batch(rows)

    return judge


_TYPES = {"bigint": pa.int64(), "int": pa.int32(), "boolean": pa.bool_(), "string": pa.string()}


def _as_batch(rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    fields = [field.split() for field in FATES_SCHEMA.split(", ")]
    arrays = [
        pa.array([row[i] for row in rows], _TYPES[kind]) for i, (_, kind) in enumerate(fields)
    ]
    return pa.RecordBatch.from_arrays(arrays, [name for name, _ in fields])


def group_fates(classes: Sequence[dict[str, Any]], rules: Rules) -> list[tuple[Any, ...]]:
    """What becomes of the classes of one group: the columns of `FATES_SCHEMA` from `class` on.

    Parameters
    ----------
    classes : sequence of dict
        `class`, `rows`, `usable`, `dense` and `name`; in any order, a class possibly in parts.
    """
    name = min(each["name"] for each in classes)
    held: dict[int, list[int]] = {}
    for each in sorted(classes, key=lambda part: int(part["class"])):
        so_far = held.setdefault(each["class"], [0, 0, 0])
        for i, figure in enumerate(("rows", "usable", "dense")):
            so_far[i] += each[figure]
    counts = {rules.labels[code]: rows for code, (rows, _, _) in held.items()}
    try:
        targets = rules.strategy.targets(counts)
        for label, total in targets.totals.items():
            refuse_too_many(label, counts[label], total - counts[label])
    except (DataError, ParameterError) as error:
        return [(0, 0, 0, 0, 0, FATES.index("failed"), 1, False, False, f"{name}: {error}")]
    largest = max(counts.values())
    found = []
    for code, (rows, usable, dense) in held.items():
        label = rules.labels[code]
        new_rows, k, fate = _stratum_fate(label, rows, usable, targets, rules, len(held))
        full = new_rows > 0 and rows + new_rows >= largest
        found.append([code, rows, usable, new_rows, k, FATES.index(fate), 0, full, dense > 0, name])
    for label in targets.absent:
        code = rules.labels.index(label)
        found.append([code, 0, 0, 0, 0, FATES.index("absent"), 0, False, False, name])
    found[0][6] = 2 if any(row[3] for row in found) else 1
    return [tuple(row) for row in found]


def _stratum_fate(
    label: LabelValue, rows: int, usable: int, targets: GroupTargets, rules: Rules, classes: int
) -> tuple[int, int, str]:
    """New rows, resolved k and fate."""
    if classes == 1:
        return 0, 0, "alone"
    new_rows = targets.totals[label] - rows
    if new_rows == 0:
        return 0, 0, "ample" if label in targets.ample else "untouched"
    fate, k = small_class_fate(usable, rules.k, rules.on_small_class)
    receives = fate in ("resampled", "reduced", "duplicated")
    return new_rows if receives else 0, k, fate

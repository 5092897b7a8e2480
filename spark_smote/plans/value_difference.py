"""The levels of nominal columns over the whole table: how often each goes with which class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Floats
from spark_smote.kernels.level_counts import LevelCounts
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.plans.arrow import features_of, integers_of
from spark_smote.plans.folding import fold_rows
from spark_smote.plans.records import class_code
from spark_smote.plans.table import Table, label_literal
from spark_smote.results import LabelValue

MOST_LEVELS = 131_072
"""Levels of a column that are counted on the driver; more are an id, or free text."""

MOST_COUNTS = 1 << 20
"""Levels times classes of a column: 8 MiB of counts. With more than 8 classes this binds."""

FEWEST_BOUND = 256
"""However many classes there are, a column may have this many levels."""

_SORTED_TYPES = (
    *("BinaryType", "BooleanType", "StringType", "CharType", "VarcharType", "DateType"),
    *("TimestampType", "TimestampNTZType", "TimeType", "DayTimeIntervalType"),
)
"""By name, since not every pyspark has each of them."""


def most_levels(classes: int) -> int:
    """Levels that a column may have in a table of so many classes."""
    return max(FEWEST_BOUND, min(MOST_LEVELS, MOST_COUNTS // classes))


def count_levels(table: Table, labels: Sequence[LabelValue]) -> list[LevelCounts]:
    """Rows of the table by level and class, of each nominal column, in one reading.

    Parameters
    ----------
    labels : sequence
        All classes of the table, in the order in which they are numbered.

    Raises
    ------
    DataError
        For a column with more levels than are counted, naming it.
    """

    def enter(counts: list[LevelCounts], batch: pa.RecordBatch) -> list[LevelCounts]:
        if not batch.num_rows:
            return counts
        codes, classes = features_of(batch), integers_of(batch, "class")
        return [held.entered(codes[:, j], classes) for j, held in enumerate(counts)]

    most = most_levels(len(labels))
    rows = table.frame.select(
        class_code(table, labels).alias("class"), table.features.alias("features")
    )
    counts = fold_rows(rows, [LevelCounts.unseen(most) for _ in table.nominal], enter)
    for position, held in zip(table.nominal, counts, strict=True):
        if held.levels > most:
            name = table.schema[position].name
            raise DataError(
                f"nominal column {name!r} has more than {most:,} different values, the most whose "
                f"classes are counted in a table of {len(labels)} classes: it looks like an id or "
                "free text; put it into ignoreCols with a carryPolicy (or into idCol), or put rare "
                "values together first"
            )
    return counts


def measured_levels(
    table: Table,
    counts: Sequence[LevelCounts],
    *,
    classes: int,
    grown: Sequence[LabelValue],
) -> ValueDifference:
    """The distance of levels by the classes of the table, for rows of the classes that grow."""
    codes = _in_order(table, grown)
    return ValueDifference.of(
        codes, [held.table(levels, classes) for held, levels in zip(counts, codes, strict=True)]
    )


def _in_order(table: Table, labels: Sequence[LabelValue]) -> list[Floats]:
    """The codes of the levels of some classes, per nominal column, in sorted order of the values.

    Null is first. Numbers, times and booleans go by value (NaN is the largest number), texts and
    bytes by their bytes in UTF-8, arrays and structs by their parts in turn; what Spark has no
    order for goes by a hash, and so do values that are equal to Spark, such as 0.0 and -0.0.
    """
    kind = table.schema[table.label].dataType
    wanted = table.label_column.isin(*[label_literal(label, kind) for label in labels])
    values = {i: v for i in table.nominal if (v := _sortable(table, i)) is not None}
    kinds = list(dict.fromkeys(k.simpleString() for _, k in values.values()))

    def level(place: int, position: int) -> Column:
        value, own = values.get(position, (None, T.NullType()))
        parts = [
            value if own.simpleString() == each and value is not None else F.lit(None).cast(each)
            for each in kinds
        ]
        return F.struct(
            F.lit(place).alias("place"),
            F.col(f"c{position}").isNotNull().alias("there"),
            *[part.alias(f"v{t}") for t, part in enumerate(parts)],
            table.level_code(position).alias("code"),
        )

    each = F.array(*[level(place, i) for place, i in enumerate(table.nominal)])
    # one row = a level of a column
    levels = table.frame.filter(wanted).select(F.explode(each).alias("level")).select("level.*")
    order = [F.col(name).asc_nulls_first() for name in levels.columns]
    found = levels.distinct().orderBy(*order).select("place", "code").collect()
    places = np.array([row["place"] for row in found])
    codes = np.array([row["code"] for row in found], dtype=np.float64)
    return [_first_of_each(codes[places == place]) for place in range(len(table.nominal))]


def _first_of_each(codes: Floats) -> Floats:
    _, first = np.unique(codes, return_index=True)
    kept: Floats = codes[np.sort(first)]
    return kept


def _sortable(table: Table, position: int) -> tuple[Column, T.DataType] | None:
    """A column as Spark sorts it and its type then; None where it has no order."""
    column, kind = F.col(f"c{position}"), table.schema[position].dataType
    if isinstance(kind, (T.StringType, T.CharType, T.VarcharType)):
        return column.cast("string").cast("binary"), T.BinaryType()
    return (table.crossing(position), kind) if _has_order(kind) else None


def _has_order(kind: T.DataType) -> bool:
    if isinstance(kind, T.ArrayType):
        return _has_order(kind.elementType)
    if isinstance(kind, T.StructType):
        return all(_has_order(field.dataType) for field in kind)
    return isinstance(kind, T.NumericType) or type(kind).__name__ in _SORTED_TYPES

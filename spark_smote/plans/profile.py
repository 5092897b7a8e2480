"""Step 1: one scan of the whole table."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.errors import DataError
from spark_smote.plans.table import LARGEST_INPUT, Table, any_of
from spark_smote.plans.vectors import is_dense
from spark_smote.results import LabelValue

MOST_CLASSES = 1000
"""More distinct labels than this are taken for a continuous column."""

EXACT_DIGITS = 15
"""Decimals of up to this many digits fit a double; wider ones are checked value by value."""


@dataclass(frozen=True)
class Profile:
    """What one scan found."""

    counts: dict[LabelValue, int]
    """Rows per class."""
    usable: dict[LabelValue, int]
    """Of these, rows that may be a base or a neighbour."""
    dimensions: int
    """Number of features, nominal ones included."""
    fingerprint: str
    """Order-free hash of schema and content."""
    storage: Mapping[LabelValue, str] = field(default_factory=dict)
    """Of vectors: `sparse` for classes whose every row is stored so, else `dense`."""
    complete: Mapping[LabelValue, int] = field(default_factory=dict)
    """Rows whose inputs are all finite numbers."""


def profile_table(table: Table, *, handle_invalid: str) -> Profile:
    """Count classes and invalid rows, check labels and values, fingerprint the content.

    Raises
    ------
    DataError
        For an empty table, a label that is null, NaN or continuous, invalid inputs (unless they
        are to be skipped), vectors of different lengths, or numbers that a double cannot hold.
    """
    conditions = [c for i in table.inputs if (c := _lossy(table, i)) is not None]
    columns = [
        table.label_column.alias("label"),
        table.complete.alias("complete"),
        table.key.alias("key"),
    ]
    found = [
        F.count(F.lit(1)).alias("rows"),
        F.count_if("complete").alias("complete"),
        F.bit_xor("key").alias("mixed"),
        # 24 bits of the key: sums of 2^39 rows still fit a long
        F.sum(F.shiftrightunsigned("key", 40)).alias("summed"),
    ]
    if conditions:
        columns.append(any_of(conditions).alias("lost"))
        found.append(F.count_if("lost").alias("lost"))
    if table.packed:
        columns.append(F.when(table.valid, F.size(table.features)).alias("size"))
        found += [F.min("size").alias("least"), F.max("size").alias("most")]
    if table.vectors:
        columns.append(is_dense(F.col(f"c{table.inputs[0]}")).alias("dense"))
        found.append(F.max("dense").alias("dense"))
    grouped = table.frame.select(*columns).groupBy("label").agg(*found)
    rows = [row.asDict() for row in _collected(grouped.limit(MOST_CLASSES + 1), table)]
    _check_labels([row["label"] for row in rows], {r["label"]: r["rows"] for r in rows}, table)
    if any(row.get("lost") for row in rows):
        _refuse_lossy(table)
    counts = {row["label"]: int(row["rows"]) for row in rows}
    complete = {row["label"]: int(row["complete"]) for row in rows}
    if handle_invalid == "error" and complete != counts:
        _refuse_invalid(table)
    dimensions = _dimensions(rows, table)
    ordered = sorted(rows, key=lambda row: str(row["label"]))
    content = [(str(r["label"]), r["rows"], r["mixed"], r["summed"]) for r in ordered]
    text = f"{table.schema.json()}{content}"
    fingerprint = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    usable = counts if table.stand_ins else complete
    return Profile(counts, usable, dimensions, fingerprint, _storage(rows, table), complete)


def _collected(frame: DataFrame, table: Table) -> list[Row]:
    try:
        return frame.collect()
    except ValueError as error:
        if not isinstance(table.schema[table.label].dataType, T.DateType):
            raise
        raise DataError(
            f"labelCol {table.request.label_col!r} holds a date outside of the years 1 to 9999 "
            f"({error}); correct it, or cast the label to a string"
        ) from None


def _dimensions(rows: Sequence[Mapping[str, Any]], table: Table) -> int:
    sizes = {s for row in rows for s in (row.get("least"), row.get("most")) if s is not None}
    if len(sizes) > 1 or 0 in sizes:
        raise DataError(
            f"featuresCol {table.request.features_col!r} holds vectors of different lengths, from "
            f"{min(sizes)} to {max(sizes)}; every row needs the same number of features, at "
            "least one"
        )
    return sizes.pop() if sizes else len(table.inputs) + len(table.nominal)


def _storage(rows: Sequence[Mapping[str, Any]], table: Table) -> dict[LabelValue, str]:
    if not table.vectors:
        return {}
    return {row["label"]: "sparse" if row["dense"] is False else "dense" for row in rows}


def _check_labels(labels: Iterable[Any], counts: dict[Any, int], table: Table) -> None:
    name = table.request.label_col
    if not counts:
        raise DataError("the table has no rows; there is nothing to resample")
    if None in counts:
        raise DataError(
            f"labelCol {name!r} is null in {counts[None]:,} rows; drop or label them first"
        )
    if len(counts) > MOST_CLASSES:
        raise DataError(
            f"labelCol {name!r} has more than {MOST_CLASSES} distinct values: it looks "
            "continuous; name the column that holds the class"
        )
    numbers = [v for v in labels if isinstance(v, float)]
    if not all(math.isfinite(v) for v in numbers):
        raise DataError(f"labelCol {name!r} holds NaN or infinity; drop or label those rows first")
    broken = [v for v in numbers if not v.is_integer()]  # decimals are exact, so may be codes
    if broken:
        raise DataError(
            f"labelCol {name!r} holds fractions such as {broken[0]!r}: it looks continuous; name "
            "the column that holds the class, or cast the codes to strings"
        )


def _lossy(table: Table, position: int) -> Column | None:
    """Condition for a value that a double cannot hold, where the type allows one."""
    test = beyond_double(table.schema[position].dataType)
    return None if test is None else F.coalesce(test(F.col(f"c{position}")), F.lit(False))


def beyond_double(kind: T.DataType) -> Callable[[Column], Column] | None:
    """A test for values that a double cannot hold, where the type has any."""
    if isinstance(kind, T.ArrayType):
        test = beyond_double(kind.elementType)
        return None if test is None else lambda array: F.exists(array, test)
    if isinstance(kind, T.LongType):
        edge = 1 << 53
        return lambda number: ~number.between(-edge, edge)
    if isinstance(kind, T.DecimalType) and kind.precision > EXACT_DIGITS:
        limit = 0.999 * 10.0 ** (38 - kind.scale)  # beyond it the way back may overflow
        wide = T.DecimalType(38, kind.scale)
        return lambda number: F.when(F.abs(number.cast("double")) >= limit, True).otherwise(
            number.cast("double").cast(wide) != number
        )
    return None


def _refuse_lossy(table: Table) -> None:
    conditions = {i: c for i in table.inputs if (c := _lossy(table, i)) is not None}
    found = table.frame.agg(*[F.count_if(c).alias(f"n{i}") for i, c in conditions.items()]).first()
    for i in conditions:
        if found is not None and found[f"n{i}"]:
            field = table.schema[i]
            raise DataError(
                f"column {field.name!r} ({field.dataType.simpleString()}) holds {found[f'n{i}']:,} "
                "value(s) that a double cannot hold exactly (longs beyond 2^53, decimals of more "
                "than 15 digits); if it is an id put it into ignoreCols with a carryPolicy, else "
                "rescale it"
            )


def _refuse_invalid(table: Table) -> None:
    remedy = (
        "fill or drop them first, or set handleInvalid='skip' to keep those rows in the output but "
        "out of the search"
    )
    if table.packed:
        bad = table.frame.filter(~table.complete).count()
        raise DataError(
            f"featuresCol {table.request.features_col!r} is null, or holds null, NaN or infinite "
            f"elements (or beyond ±{LARGEST_INPUT:g}), in {bad:,} rows; {remedy}"
        )
    found = table.frame.agg(
        *[F.count_if(~F.expr(table.input_valid(i))).alias(f"n{i}") for i in table.inputs]
    ).first()
    bad_columns = {
        table.schema[i].name: found[f"n{i}"] for i in table.inputs if found and found[f"n{i}"]
    }
    listed = ", ".join(f"{name!r} ({n:,} rows)" for name, n in list(bad_columns.items())[:10])
    more = f" and {len(bad_columns) - 10} more" if len(bad_columns) > 10 else ""
    raise DataError(
        f"null, NaN or infinite values (or beyond ±{LARGEST_INPUT:g}) in input columns "
        f"{listed}{more}; {remedy}, or 'impute' to search as if they had the median"
    )

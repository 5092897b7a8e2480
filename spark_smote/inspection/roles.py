"""What each column would be to a resample, from its type and what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from spark_smote.errors import SchemaError
from spark_smote.kernels.tally import Tally
from spark_smote.plans.id_like import FEWEST_FOR_IDS
from spark_smote.plans.named_columns import label_position, named_positions
from spark_smote.plans.survey import CODES, can_be_looked_into
from spark_smote.plans.table import INTEGER_TYPES

NEARLY_ALL = 0.9
"""Distinct values per row that make an id, where estimated: 1 less three standard errors."""
FEW_LEVELS = 20
ROWS_PER_LEVEL = 20
MOST_LEVELS = 1000
"""Text with more levels, or with fewer rows to each of more than a few, is no category."""


@dataclass(frozen=True)
class Chosen:
    """What the user said about columns, as positions."""

    label: int
    inputs: tuple[int, ...] | None
    nominal: tuple[int, ...]
    ignored: tuple[int, ...]
    id: int | None


@dataclass(frozen=True)
class Role:
    """A role and its reason."""

    name: str
    reason: str


def choose(
    df: DataFrame,
    *,
    label_col: str,
    input_cols: Sequence[str] | None,
    nominal_cols: Sequence[str],
    ignore_cols: Sequence[str],
    id_col: str | None,
) -> Chosen:
    """Find the columns that the user named.

    Raises
    ------
    ParameterError, SchemaError
        Before any row is read.
    """
    label = label_position(df, label_col)
    inputs = None if input_cols is None else named_positions(df, input_cols, "inputCols")
    nominal = named_positions(df, nominal_cols, "nominalCols")
    ignored = named_positions(df, ignore_cols, "ignoreCols")
    ids = [] if id_col is None else named_positions(df, [id_col], "idCol")
    taken: dict[int, str] = {label: "labelCol"}
    named = {"idCol": ids, "inputCols": inputs or [], "nominalCols": nominal, "ignoreCols": ignored}
    for parameter, positions in named.items():
        for position in positions:
            if position in taken:
                raise SchemaError(
                    f"{parameter} names {df.columns[position]!r}, which {taken[position]} names "
                    "too; leave it out of one of them"
                )
            taken[position] = parameter
    _require_types(df.schema, inputs or [], nominal)
    if len(df.columns) == 1:
        raise SchemaError(f"the table has no column beside labelCol {label_col!r} to inspect")
    return Chosen(
        label,
        None if inputs is None else tuple(inputs),
        tuple(nominal),
        tuple(ignored),
        ids[0] if ids else None,
    )


def _require_types(schema: T.StructType, inputs: Sequence[int], nominal: Sequence[int]) -> None:
    for i in inputs:
        if not isinstance(schema[i].dataType, T.NumericType):
            raise SchemaError(
                f"inputCols names {schema[i].name!r} of type {schema[i].dataType.simpleString()}; "
                "an input must be a number: name it in nominalCols, or leave it out"
            )
    for i in nominal:
        if not can_be_looked_into(schema[i].dataType):
            raise SchemaError(
                f"nominalCols names {schema[i].name!r} of type "
                f"{schema[i].dataType.simpleString()}, which has no categories; leave it out"
            )


def assign_roles(schema: T.StructType, chosen: Chosen, tallies: Sequence[Tally]) -> list[Role]:
    """A role for every column."""
    return [_role(field, i, chosen, tallies[i]) for i, field in enumerate(schema)]


def _role(field: T.StructField, position: int, chosen: Chosen, tally: Tally) -> Role:
    if position == chosen.label:
        return Role("label", "named by labelCol")
    if position == chosen.id:
        return Role("id", "named by idCol")
    if position in chosen.ignored:
        return Role("ignored", "named by ignoreCols")
    if position in chosen.nominal:
        return Role("nominal", "named by nominalCols")
    if chosen.inputs is not None and position in chosen.inputs:
        return Role("input", "named by inputCols")
    kind = field.dataType
    if not can_be_looked_into(kind):
        return Role("carried", f"values of type {kind.simpleString()} cannot be inspected")
    if tally.nulls == tally.rows:
        return Role("ignored", "null in every row")
    if looks_like_id(kind, tally):
        return Role("id", f"about as many values as rows ({tally.distinct_values:,})")
    if isinstance(kind, T.NumericType):
        return _numeric_role(chosen, tally)
    if isinstance(kind, (*CODES, T.BooleanType)):
        return _text_role(tally)
    return Role("carried", "a time, not a quantity")


def _numeric_role(chosen: Chosen, tally: Tally) -> Role:
    if chosen.inputs is not None:
        return Role("carried", "not named by inputCols")
    if tally.lost:
        return Role("carried", f"holds {tally.lost:,} values that a double cannot hold")
    if tally.low > tally.high:
        return Role("ignored", "no finite number in any row")
    return Role("input", "numeric column")


def _text_role(tally: Tally) -> Role:
    levels = tally.distinct_values
    if levels <= max(FEW_LEVELS, min(MOST_LEVELS, tally.present // ROWS_PER_LEVEL)):
        return Role("nominal", f"{levels:,} categories" if levels != 1 else "one category")
    return Role("carried", f"{levels:,} different values: too many for categories")


def looks_like_id(kind: T.DataType, tally: Tally) -> bool:
    """Whether a whole number or text is different in (about) every row."""
    whole = isinstance(kind, INTEGER_TYPES) or (isinstance(kind, T.DecimalType) and kind.scale == 0)
    if not (whole or isinstance(kind, CODES)) or tally.present < FEWEST_FOR_IDS:
        return False
    if tally.distinct.exact:
        return tally.distinct_values == tally.present
    return tally.distinct_values >= NEARLY_ALL * tally.present

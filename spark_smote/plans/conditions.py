"""Conditions on rows: SQL over the columns of the table, by their own names, evaluated by Spark."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_smote.errors import DataError, ParameterError, SchemaError
from spark_smote.kernels.redraws import MOST_DRAWS
from spark_smote.labels import in_order
from spark_smote.plans.table import Table
from spark_smote.results import ConditionMet, LabelValue, Notice, TrialDraws
from spark_smote.spark_failures import has_condition, summary

BROKEN = 0.05
"""Share of real rows that break a condition, beyond which rows or condition are probably wrong."""
DRAWS_THAT_TELL = 20 * MOST_DRAWS
"""Where none of so many meets all conditions, fewer than 1 in 128 do (but once in 20,000 times)."""
SELDOM = 0.2
"""Share of draws that meet all conditions, below which drawing is most of the work."""

_REFUSED = {
    "JOIN_CONDITION_IS_NOT_BOOLEAN_TYPE": "is not of type boolean",
    "UNSUPPORTED_EXPR_FOR_OPERATOR": "aggregates over rows or looks at other rows",
    "INVALID_NON_DETERMINISTIC_EXPRESSIONS": "is not deterministic (it draws random numbers, or "
    "depends on where a row is)",
    "UNSUPPORTED_GENERATOR": "makes several rows of one",
    "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY": "holds a query",
    "UNSUPPORTED_FEATURE.LAMBDA_FUNCTION_WITH_PYTHON_UDF": "calls a Python function",
}
_ONE_ROW = (
    "a condition is a yes or no about one row by itself, as in 'end_date >= start_date'; compute "
    "what it needs into a column first"
)


def condition_met(condition: str) -> Column:
    """Whether a row meets a condition; null where that is unknown.

    In brackets, so that a word at the end is not taken for a name; on lines of their own, so that
    a comment does not swallow them.
    """
    return F.expr(f"({condition}\n)")


def check_conditions(table: Table, conditions: Sequence[str]) -> None:
    """Let Spark analyse each condition, without reading a row.

    Raises
    ------
    ParameterError, SchemaError
        Naming the condition, and what is wrong with it.
    """
    names = [field.name for field in table.schema]
    rows = table.frame.select(*table.originals).toDF(*names)
    for condition in conditions:
        _check(rows, condition)


def _check(rows: DataFrame, condition: str) -> None:
    """Conditions of joins are boolean, aggregate nothing and are not random; lambdas query none."""
    none = rows.sparkSession.range(0).toDF(fresh_names(["id"], rows.columns)[0])
    try:
        met = condition_met(condition)
        _ = rows.join(none, met).schema
        _ = rows.select(F.exists(F.array(F.lit(0)), lambda _: met)).schema
        _ = rows.select(F.expr(condition)).schema  # without brackets, which may mend its own
    except PySparkException as error:
        raise _explained(condition, rows.columns, error) from None


def _explained(
    condition: str, names: Sequence[str], error: PySparkException
) -> ParameterError | SchemaError:
    said = re.sub(r"\.? SQLSTATE: .*", "", summary(error))
    for refused, what in _REFUSED.items():
        if has_condition(error, refused):
            return ParameterError(f"constraints: {condition!r} {what}; {_ONE_ROW}")
    if has_condition(error, "UNRESOLVED_COLUMN"):
        found = re.search(r"with name (`.+?`) cannot be resolved", said)
        name = found[1].replace("`.`", ".").strip("`") if found else ""
        near = difflib.get_close_matches(name, names, n=3) or list(names[:50])
        return SchemaError(
            f"constraints: {condition!r} names column {name!r}, which the table does not have; it "
            f"has {', '.join(map(repr, near))} (names with dots, spaces or the like go between "
            "backticks: `a.b`; text goes between single quotes)"
        )
    if has_condition(error, "AMBIGUOUS_REFERENCE"):
        return SchemaError(
            f"constraints: {condition!r} names a column that differs from another in case only "
            f"({said}); rename one of them, or set spark.sql.caseSensitive"
        )
    return ParameterError(
        f"constraints: {condition!r} is no condition that Spark understands ({said}); write it as "
        "after WHERE in Spark SQL"
    )


def fresh_names(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Names like the wanted ones that clash with none taken, whatever the case."""
    lower = [name.lower() for name in taken]
    marks = 1
    while any(name.startswith("_" * marks) for name in lower):
        marks += 1
    return ["_" * marks + name for name in wanted]


def conditions_of_real_rows(table: Table, conditions: Sequence[str]) -> list[ConditionMet]:
    """How many real rows of each class do not meet each condition; one scan.

    Raises
    ------
    DataError
        If a condition fails on a row.
    """
    names = [field.name for field in table.schema]
    label = fresh_names(["label"], names)[0]
    rows = table.frame.select(table.label_column, *table.originals).toDF(label, *names)
    flags = [condition_met(each).alias(f"m{i}") for i, each in enumerate(conditions)]
    counts = [F.count(F.lit(1)).alias("rows")]
    for i in range(len(conditions)):
        unmet = F.coalesce(~F.col(f"m{i}"), F.lit(True))
        counts.append(F.count_if(unmet).alias(f"unmet{i}"))
        counts.append(F.count_if(F.col(f"m{i}").isNull()).alias(f"unknown{i}"))
    counted = rows.select(F.col(label).alias("label"), *flags).groupBy("label").agg(*counts)
    try:
        found = {row["label"]: row for row in counted.collect()}
    except Exception as error:  # Spark's, py4j's and gRPC's exceptions share no base
        if "SQLSTATE: 22" not in str(error):  # data exceptions
            raise
        raise DataError(
            f"constraints {list(conditions)} cannot be evaluated on the rows of the table: "
            f"{summary(error)}"
        ) from error
    labels: list[LabelValue] = in_order(found)
    return [
        ConditionMet(
            condition=condition,
            label=each,
            rows=int(found[each]["rows"]),
            unmet=int(found[each][f"unmet{i}"]),
            unknown=int(found[each][f"unknown{i}"]),
        )
        for i, condition in enumerate(conditions)
        for each in labels
    ]


def condition_notices(
    constraints: Sequence[ConditionMet], trial: Sequence[TrialDraws]
) -> list[Notice]:
    """Real rows that break what new ones must meet, and draws that seldom do.

    `trial` has the classes that receive rows.
    """
    notices = []
    grown = {each.label for each in trial}
    broken: dict[str, list[ConditionMet]] = {}
    for found in constraints:
        if found.unmet and found.label in grown:
            broken.setdefault(found.condition, []).append(found)
    for condition, where in broken.items():
        shares = ", ".join(
            f"{found.unmet:,} of {found.rows:,} of class {found.label!r} "
            f"({found.unmet / found.rows:.1%})"
            for found in where[:10]
        )
        more = f" and of {len(where) - 10} more classes" if len(where) > 10 else ""
        unknown = sum(found.unknown for found in where)
        nulls = f" For {unknown:,} of them it is NULL; OR ... IS NULL would accept these."
        grave = any(found.unmet > BROKEN * found.rows for found in where)
        notices.append(
            Notice(
                "constraint_broken_by_real_rows",
                f"{condition!r} is not met by real rows: {shares}{more}. They stay as they are, "
                f"and new rows are drawn around them too.{nulls if unknown else ''}"
                f"{' Are these rows right, and is the condition?' if grave else ''}",
                "warning" if grave else "info",
            )
        )
    seldom = [each for each in trial if each.met < SELDOM * each.draws]
    if seldom:
        figures = ", ".join(
            f"{each.met:,} of {each.draws:,} in class {each.label!r}" for each in seldom[:10]
        )
        notices.append(
            Notice(
                "constraints_seldom_met",
                f"Few draws from a sample meet all constraints: {figures}. Each row takes that "
                f"many more draws, and where fewer than 1 in {2 * MOST_DRAWS} pass the run fails.",
            )
        )
    return notices


def refuse_impossible_conditions(
    conditions: Sequence[str], trial: Sequence[TrialDraws], whole: Sequence[bool]
) -> None:
    """Stop before a run that cannot end well.

    Parameters
    ----------
    trial : sequence of TrialDraws
    whole : sequence of bool
        For each, whether all rows of its class were drawn from.

    Raises
    ------
    DataError
        If no draw of many from all rows of a class meets the conditions.
    """
    for each, everything in zip(trial, whole, strict=True):
        if everything and not each.met and each.draws >= DRAWS_THAT_TELL:
            met = "; ".join(
                f"{condition!r} by {times:,}"
                for condition, times in zip(conditions, each.met_each, strict=True)
            )
            raise DataError(
                f"constraints: none of {each.draws:,} draws from all rows of class "
                f"{each.label!r} meets them ({met}); correct or loosen them, or leave the class "
                "out of samplingStrategy (a column that new rows leave null meets nothing)"
            )

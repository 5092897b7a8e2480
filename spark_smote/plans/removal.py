"""Original rows that go and those that stay: decided per distinct row, carried out by Spark alone.

Equal rows share a content key and are interchangeable, so a method decides how many occurrences
of each distinct row stay. The rows themselves never leave Spark, so that any column type does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from spark_smote.plans.records import KeptRecords, class_code
from spark_smote.plans.table import Table, opaque
from spark_smote.results import LabelValue

MOST_AT_ONCE = 65_536
"""Occurrences that are numbered at once, so that no array grows with how often a row repeats."""

COUNTED = ("key", "twin", "occurrence")
"""Two keys that tell distinct rows apart, and which of equal rows it is; all `bigint`."""


@dataclass(frozen=True)
class Removal:
    """The original rows in two parts, each under the neutral names of the table and untouched."""

    kept: DataFrame
    removed: DataFrame
    decided: tuple[KeptRecords, ...] = ()
    """What was decided, where it is kept for as long as one of both parts is in use."""

    def then(self, later: Removal) -> Removal:
        """Both parts once another removal has been made from what is kept here."""
        removed = self.removed.union(later.removed)
        return Removal(later.kept, removed, (*self.decided, *later.decided))


def without_keys(table: Table, keys: DataFrame, partly: Mapping[int, int] | None = None) -> Removal:
    """Every occurrence of some distinct rows goes, all other rows stay.

    Parameters
    ----------
    keys : DataFrame
        One row = a distinct row that goes: `key bigint`, as `Table.key` has it.
    partly : mapping of key to rows, optional
        Those of the keys of which so many occurrences stay.
    """
    marked, gone = table.frame.select("*", table.key.alias("key")), keys.select("key")
    kept = marked.join(gone, "key", "left_anti").drop("key")
    if not partly:
        return Removal(kept, marked.join(gone, "key", "left_semi").drop("key"))
    whole = gone.filter(~F.col("key").isin(*partly))
    stay, go = _in_part(table, table.frame, partly)
    removed = marked.join(whole, "key", "left_semi").drop("key")
    return Removal(kept.union(stay), removed.union(go))


def keeping_keys(
    table: Table,
    among: Column,
    keys: DataFrame,
    partly: Mapping[int, int],
    decided: KeptRecords,
) -> Removal:
    """Of some rows those with certain keys stay, with all their occurrences; all other rows do.

    Costs a join of these rows with the keys, of which there should be few.

    Parameters
    ----------
    among : Column
        True for the rows that only stay if they are named.
    keys : DataFrame
        One row = a distinct row that stays: `key bigint`, as `Table.key` has it.
    partly : mapping of key to rows
        Of which so many occurrences stay, and some go. Not among `keys`.
    decided : KeptRecords
        What `keys` is made of, to be kept while the rows are in use.
    """
    own = table.frame.filter(among)
    marked, named = own.select("*", table.key.alias("key")), keys.select("key")
    stay, go = marked.join(named, "key", "left_semi"), marked.join(named, "key", "left_anti")
    kept = table.frame.filter(~among).union(stay.drop("key"))
    if not partly:
        return Removal(kept, go.drop("key"), (decided,))
    some_stay, some_go = _in_part(table, own, partly)
    rest = go.filter(~F.col("key").isin(*partly)).drop("key")
    return Removal(kept.union(some_stay), rest.union(some_go), (decided,))


def _in_part(
    table: Table, rows: DataFrame, partly: Mapping[int, int]
) -> tuple[DataFrame, DataFrame]:
    """Of the rows with these keys the occurrences that stay, so many of each, and those that go."""
    named = keyed_numbers(table, partly)
    # joined, since a filter by keys of many columns is copied to wherever they are looked at
    marked = rows.select("*", table.key.alias("key"))
    equal = marked.join(named.select("key"), "key", "left_semi").drop("key")
    twins = equal.groupBy(table.key.alias("key"), table.twin_key.alias("twin")).count()
    # those that differ by the sign of a zero: first one kind stays, then the next
    up_to = F.sum("count").over(Window.partitionBy("key").orderBy("twin"))
    staying = F.least(F.col("count"), F.col("number") - up_to + F.col("count"))
    stays = F.greatest(F.lit(0).cast("bigint"), staying)
    counted = twins.join(named, "key").select("key", "twin", stays.alias("stays"), "count")

    def occurring(times: Column) -> DataFrame:
        """Each of these rows so often."""
        wanted = counted.select("key", "twin", times.cast("bigint"))
        return repeated(table, equal, wanted).drop(*COUNTED)

    return occurring(F.col("stays")), occurring(F.col("count") - F.col("stays"))


def keyed_numbers(table: Table, numbers: Mapping[int, int]) -> DataFrame:
    """A few keys with a number each, for every task: `key, number bigint`."""
    session = table.frame.sparkSession
    return F.broadcast(session.createDataFrame(list(numbers.items()), "key bigint, number bigint"))


def keeping_times(
    table: Table,
    labels: Sequence[LabelValue],
    times: DataFrame,
    decided: KeptRecords | None = None,
    *,
    among: Column | None = None,
) -> Removal:
    """Of each distinct row of some classes so many occurrences stay; rows of other classes all do.

    Costs a shuffle of the rows of these classes, equal rows merged before it.

    Parameters
    ----------
    times : DataFrame
        One row = a distinct row of these classes: `key, twin bigint` (`Table.key` and
        `Table.twin_key`), `rows bigint` (how often it occurs), `kept bigint` (how often it stays,
        0 to `rows`).
    decided : KeptRecords, optional
        What `times` is made of, to be kept while the rows are in use.
    among : Column, optional
        True for all rows of these classes that may stay, where some are known not to.
    """
    affected = in_classes(table, labels)
    others = table.frame.filter(~affected)
    own = table.frame.filter(affected)
    may_stay = own if among is None else own.filter(among)
    gone = F.col("rows") - F.col("kept")
    stay = repeated(table, may_stay, times.select("key", "twin", "kept"))
    go = repeated(table, own, times.select("key", "twin", gone))
    return Removal(
        kept=others.union(stay.drop(*COUNTED)),
        removed=go.drop(*COUNTED),
        decided=() if decided is None else (decided,),
    )


def in_classes(table: Table, labels: Sequence[LabelValue]) -> Column:
    """Whether a row is of one of some classes."""
    return class_code(table, labels).isNotNull()


def repeated(table: Table, rows: DataFrame, times: DataFrame) -> DataFrame:
    """Each distinct row so many times: its columns, then `COUNTED`.

    Parameters
    ----------
    rows : DataFrame
        Rows of the table under its neutral names.
    times : DataFrame
        One row = a distinct row: `key, twin` and how often it is wanted, in this order. Rows that
        are not here are not wanted.
    """
    keyed = rows.select("*", table.key.alias("key"), table.twin_key.alias("twin"))
    wanted = times.toDF("key", "twin", "times").filter("times > 0")
    once = keyed.dropDuplicates(["key", "twin"]).join(wanted, ["key", "twin"])
    # one row = an occurrence that is wanted
    return opaque(occurrences(once, F.col("times"))).select(
        *[
            F.col(f"c{i}").alias(f"c{i}", metadata=f.metadata) if f.metadata else f"c{i}"
            for i, f in enumerate(table.schema)
        ],
        *COUNTED,
    )


def occurrences(rows: DataFrame, times: Column) -> DataFrame:
    """Each row as often as `times`, >= 1, says; numbered from 0 by the column `occurrence`."""
    blocks = F.explode(F.sequence(F.lit(0).cast("bigint"), F.floor((times - 1) / MOST_AT_ONCE)))
    first = F.col("block") * MOST_AT_ONCE
    last = F.least(first + MOST_AT_ONCE, times) - 1
    blocked = rows.select("*", blocks.alias("block"))
    return blocked.select("*", F.explode(F.sequence(first, last)).alias("occurrence")).drop("block")

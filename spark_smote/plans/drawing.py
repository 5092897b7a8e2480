"""Rows of a class drawn without replacement: the occurrences whose seeded hash is smallest.

Each occurrence of each distinct row has a 64-bit word, a hash of content key, occurrence number,
seed and class. Which words are the smallest does not depend on how the table is partitioned. The
driver receives counts by leading bits of the words, then the few words around the last one drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from spark_smote.kernels.streams import seed_int64
from spark_smote.plans.cut import SMALLEST, narrowed, number, of_class
from spark_smote.plans.records import KeptRecords, class_code
from spark_smote.plans.removal import COUNTED, Removal, in_classes, keeping_times, occurrences
from spark_smote.plans.table import Table, any_of
from spark_smote.results import LabelValue

MOST_TRIED = 8
"""Where no row repeats more often, rows that none of their words draws are left out early."""

IDENTITY = ("word", *COUNTED)
"""The order of occurrences."""

NOTHING = (SMALLEST, SMALLEST, SMALLEST, -1)
"""Before every occurrence."""


@dataclass(frozen=True)
class Draw:
    """Which occurrences are drawn: per class, those up to the last one."""

    salts: tuple[int, ...]
    last: tuple[tuple[int, ...], ...] = ()
    tied: bool = False
    """Whether some word is that of the last one drawn and of one that is not."""

    def word(self, code: Column, key: Column, twin: Column, occurrence: Column) -> Column:
        """What orders an occurrence."""
        return F.xxhash64(of_class(self.salts, code), key, twin, occurrence)

    def takes(self, code: Column, key: Column, twin: Column, occurrence: Column) -> Column:
        """Whether an occurrence is drawn."""
        word = self.word(code, key, twin, occurrence)
        if not self.tied:
            return word <= of_class([last[0] for last in self.last], code)
        of_last = [of_class(values, code) for values in zip(*self.last, strict=True)]
        named = zip((word, key, twin, occurrence), IDENTITY, strict=True)
        bound = zip(of_last, IDENTITY, strict=True)
        return F.struct(*[c.alias(n) for c, n in named]) <= F.struct(
            *[c.alias(n) for c, n in bound]
        )


def draw_rows(
    table: Table, wanted: Mapping[LabelValue, int], *, seed: int, purpose: str
) -> Removal:
    """So many rows of each of some classes stay, drawn uniformly; rows of other classes all do.

    Drawing shuffles two hashes per row. Where no row occurs twice, a row is then told by itself
    whether it stays; else rows of these classes are shuffled too, equal ones merged.

    Parameters
    ----------
    wanted : mapping of label to rows
        Fewer than the class has.
    """
    labels = list(wanted)
    drawn = _Drawn.of(table, wanted, seed=seed, purpose=purpose)
    draw, repeats = drawn.draw, drawn.repeats
    # rows of other classes pass for the first: compiled code may look up the place of null, too
    row = F.coalesce(class_code(table, labels), F.lit(0)), table.key, table.twin_key
    if repeats == 1:
        affected, stays = in_classes(table, labels), draw.takes(*row, number(0))
        return Removal(table.frame.filter(~affected | stays), table.frame.filter(affected & ~stays))
    among = None
    if repeats <= MOST_TRIED:
        among = any_of([draw.takes(*row, number(i)) for i in range(repeats)])
    times = drawn.words.groupBy("class", "key", "twin").agg(
        F.count("*").alias("rows"), F.count_if(drawn.taken).alias("kept")
    )
    return keeping_times(table, labels, times, drawn.keys, among=among)


def draw_keys(
    table: Table, wanted: Mapping[LabelValue, int], *, seed: int, purpose: str
) -> dict[int, int]:
    """The rows that `draw_rows` would keep, by their content keys: how many occurrences of each.

    Parameters
    ----------
    wanted : mapping of label to rows
        No more than the class has, from 1, and so few that the driver may hold them.
    """
    drawn = _Drawn.of(table, wanted, seed=seed, purpose=purpose)
    found = drawn.words.filter(drawn.taken).groupBy("key").agg(F.count("*").alias("rows"))
    return {row["key"]: row["rows"] for row in found.collect()}


@dataclass(frozen=True)
class _Drawn:
    """A draw from the rows of some classes, resolved."""

    keys: KeptRecords
    """The distinct rows."""
    words: DataFrame
    """Their occurrences."""
    repeats: int
    """How often a row occurs, at the most."""
    draw: Draw

    @classmethod
    def of(
        cls, table: Table, wanted: Mapping[LabelValue, int], *, seed: int, purpose: str
    ) -> _Drawn:
        salts = tuple(seed_int64(seed, purpose, repr(label)) for label in wanted)
        keys = KeptRecords(distinct_rows(table, list(wanted)))
        found = keys.frame.agg(F.max("rows")).first()
        repeats = int(found[0]) if found is not None else 1
        words = _words(keys.frame, Draw(salts), repeats)
        draw = _resolved(Draw(salts), words, list(wanted.values()))
        return cls(keys, words, repeats, draw)

    @property
    def taken(self) -> Column:
        """Whether an occurrence, one of the `words`, is drawn."""
        return self.draw.takes(*map(F.col, ("class", *IDENTITY[1:])))


def distinct_rows(table: Table, labels: Sequence[LabelValue]) -> DataFrame:
    """How often each distinct row of some classes occurs.

    One row = a distinct row: `class int, key bigint, twin bigint, rows bigint`.
    """
    keyed = table.frame.filter(in_classes(table, labels)).select(
        class_code(table, labels).alias("class"),
        table.key.alias("key"),
        table.twin_key.alias("twin"),
    )
    return keyed.groupBy("class", "key", "twin").agg(F.count("*").alias("rows"))


def _words(keys: DataFrame, draw: Draw, repeats: int) -> DataFrame:
    """One row = an occurrence: `class, key, twin, occurrence, word`."""
    numbered = keys.withColumn("occurrence", number(0))
    if repeats > 1:
        numbered = occurrences(keys, F.col("rows"))
    row = [F.col(name) for name in ("class", *COUNTED)]
    return numbered.select(*row, draw.word(*row).alias("word"))


def _resolved(draw: Draw, words: DataFrame, wanted: Sequence[int]) -> Draw:
    """The draw of so many occurrences of each class."""
    inside, left, _ = narrowed(words, "word", wanted, F.count("*"))
    listed: list[list[tuple[int, ...]]] = [[] for _ in wanted]
    for row in inside.select("class", *IDENTITY).collect():
        listed[row["class"]].append(tuple(row)[1:])
    last, tied = [], False
    for each, rank in zip(map(sorted, listed), left, strict=True):
        last.append(each[rank - 1] if rank else NOTHING)
        tied |= any(other[0] == last[-1][0] for other in each[rank : rank + 1])
    return Draw(draw.salts, tuple(last), tied or NOTHING in last)

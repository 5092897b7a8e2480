"""Where to cut the rows of several classes, ordered by 64-bit words, so that so many come before.

The driver receives counts by leading bits of the words, then the few rows around the last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

COUNTS_AT_ONCE = 65_536
"""Counts by leading bits that the driver receives at once, for all classes together."""

MOST_LISTED = 65_536
"""Rows, of all classes together, that the driver looks at one by one."""

SMALLEST = -(1 << 63)
"""No word is before it."""


@dataclass(frozen=True)
class Cut:
    """The last distinct row that is taken of each class 0, 1, ..., in the order of word and key."""

    words: tuple[int, ...]
    keys: tuple[int, ...]
    taken: tuple[int, ...]
    """How many occurrences of it are; 0 = none of the class is."""
    left: tuple[int, ...]
    """How many are not."""

    @property
    def whole(self) -> Column:
        """Whether every occurrence of a row (`class`, `word`, `key`) is taken."""
        code, numbers = F.col("class"), zip(self.taken, self.left, strict=True)
        complete = F.array(*[F.lit(taken > 0 and not left) for taken, left in numbers])[code]
        bounds = of_class(self.words, code).alias("word"), of_class(self.keys, code).alias("key")
        row, last = F.struct("word", "key"), F.struct(*bounds)
        return (row < last) | ((row == last) & complete)

    @property
    def partly(self) -> dict[int, int]:
        """Keys of rows of which some occurrences are taken and some are not: how many are."""
        rows = zip(self.keys, self.taken, self.left, strict=True)
        return {key: taken for key, taken, left in rows if taken and left}


def cut_rows(rows: DataFrame, wanted: Sequence[int], most: int) -> Cut:
    """Where the first `wanted` rows of each class end, equal ones counted each.

    Parameters
    ----------
    rows : DataFrame
        One row = so many occurrences of a distinct row: `class int, word bigint, key bigint,
        multiplicity bigint`. The order is by word, then by key, which rows of a class do not
        share.
    wanted : sequence of int
        Of each class 0, 1, ...; no more than it has. Classes without rows count, too.
    most : int
        There are no more rows than this.
    """
    times = F.sum("multiplicity")
    inside, ranks, few = rows, list(wanted), most <= MOST_LISTED
    if not few:
        inside, ranks, few = narrowed(rows, "word", wanted, times)
    if not few:  # many rows share a word; keys are hashes, which few do
        inside, ranks, _ = narrowed(inside, "key", ranks, times)
    listed: list[list[tuple[int, int, int]]] = [[] for _ in wanted]
    whole = inside.groupBy("class", "word", "key").agg(times.alias("multiplicity"))
    for row in whole.collect():
        listed[row["class"]].append((row["word"], row["key"], row["multiplicity"]))
    found = [_last(sorted(each), rank) for each, rank in zip(listed, ranks, strict=True)]
    words, keys, taken, left = zip(*found, strict=True)
    return Cut(words, keys, taken, left)


def _last(rows: Sequence[tuple[int, int, int]], rank: int) -> tuple[int, int, int, int]:
    """Word and key of the row of some rank, and how many of it come up to there and beyond."""
    if not rank:
        return SMALLEST, SMALLEST, 0, 0
    for word, key, times in rows:
        if rank <= times:
            return word, key, rank, times - rank
        rank -= times
    raise ValueError(f"{rank} rows too few")


def narrowed(
    rows: DataFrame, by: str, ranks: Sequence[int], counted: Column
) -> tuple[DataFrame, list[int], bool]:
    """The rows of each class that share leading bits of a word with the one of some rank.

    More bits are looked at each time, until few rows share them, or there are no more.

    Parameters
    ----------
    rows : DataFrame
        With `class int` and the word, `by`.
    ranks : sequence of int
        Of each class 0, 1, ..., from 1; 0 = of none of its rows.
    counted : Column
        How many rows some of these stand for.

    Returns
    -------
    inside : DataFrame
    ranks : list of int
        The rank of the same row among these, per class.
    few : bool
    """
    bits = max(1, (COUNTS_AT_ONCE // len(ranks)).bit_length() - 1)
    inside, left, shift, few = rows, list(ranks), 64, False
    while not few and shift > 0:
        shift = max(0, shift - bits)
        leading = F.shiftright(by, shift)
        grouped = inside.groupBy("class", leading.alias("leading")).agg(counted.alias("rows"))
        counts: list[dict[int, int]] = [{} for _ in ranks]
        for row in grouped.collect():
            counts[row["class"]][row["leading"]] = row["rows"]
        pairs = zip(counts, left, strict=True)
        near = [leading_of(each, rank) if rank else (SMALLEST, 0) for each, rank in pairs]
        left = [rank for _, rank in near]
        inside = rows.filter(leading == of_class([shared for shared, _ in near], F.col("class")))
        few = (
            sum(c.get(shared, 0) for c, (shared, _) in zip(counts, near, strict=True))
            <= MOST_LISTED
        )
    return inside, left, few


def leading_of(counts: Mapping[int, int], rank: int) -> tuple[int, int]:
    """The leading bits of the word of some rank, and its rank among the words that share them.

    Examples
    --------
    >>> leading_of({-1: 4, 0: 3, 5: 9}, 6)
    (0, 2)
    """
    before = 0
    for leading, count in sorted(counts.items()):
        if rank <= before + count:
            return leading, rank - before
        before += count
    raise ValueError(f"rank {rank} of {before} words")


def of_class(values: Sequence[int], code: Column) -> Column:
    """The value that each class 0, 1, ... has."""
    return F.array(*[number(value) for value in values])[code]


def number(value: int) -> Column:
    """A bigint."""
    return F.lit(value).cast("bigint")

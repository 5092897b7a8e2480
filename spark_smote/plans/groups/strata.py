"""Identities of strata as arrays: two keys of a group, and the code of a class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from spark_smote.kernels.distances import Flags, Ints
from spark_smote.kernels.mixing import Words, mix
from spark_smote.plans.arrow import integers_of

BITS = 1 << 23
"""Size of a filter, 1 MiB: with a million strata that receive rows it lets one other in nine
pass, whose rows then travel in vain."""


@dataclass(frozen=True)
class Strata:
    """Some strata, or the strata of some rows; arrays of shape (n,)."""

    group: Ints
    check: Ints
    codes: Ints

    @classmethod
    def of(cls, rows: pa.RecordBatch | pa.Table) -> Strata:
        """Those of rows with columns `group`, `check` and `class`."""
        return cls(*(integers_of(rows, name) for name in ("group", "check", "class")))

    def taken(self, rows: Ints | Flags) -> Strata:
        """Some of them, in that order."""
        return Strata(self.group[rows], self.check[rows], self.codes[rows])

    @property
    def order(self) -> Ints:
        """The order by identity; it does not depend on how the rows arrived."""
        order: Ints = np.lexsort((self.codes, self.check, self.group))
        return order

    @property
    def words(self) -> Words:
        """A word that is as good as random for each identity."""
        mixed = mix(self.group.view(np.uint64)) ^ mix(self.check.view(np.uint64) + np.uint64(1))
        return mix(mixed ^ mix(self.codes.view(np.uint64) + np.uint64(2)))

    def places_in(self, known: Strata) -> Ints:
        """Where each of them is among known ones that are in order; -1 where it is not."""
        found = np.full(len(self.group), -1, dtype=np.int64)
        first = np.searchsorted(known.group, self.group, side="left")
        last = np.searchsorted(known.group, self.group, side="right")
        open_ = np.flatnonzero(first < last)
        place = first[open_]
        while len(open_):
            same = (known.check[place] == self.check[open_]) & (
                known.codes[place] == self.codes[open_]
            )
            found[open_[same]] = place[same]
            on = ~same & (place + 1 < last[open_])
            open_, place = open_[on], place[on] + 1
        return found


def empty_filter() -> Words:
    """A filter that nothing passes."""
    return np.zeros(BITS // 64, dtype=np.uint64)


def let_pass(bits: Words, strata: Strata) -> Words:
    """The filter with these strata passing too."""
    out = bits.copy()
    places = strata.words % np.uint64(BITS)
    one = np.uint64(1) << (places % np.uint64(64))
    np.bitwise_or.at(out, (places // np.uint64(64)).astype(np.int64), one)
    return out


def passing(bits: Words, strata: Strata) -> Flags:
    """Which rows pass: all of the strata let pass, and few others."""
    places = strata.words % np.uint64(BITS)
    words = bits[(places // np.uint64(64)).astype(np.int64)]
    passed: Flags = (words >> (places % np.uint64(64))) & np.uint64(1) == 1
    return passed

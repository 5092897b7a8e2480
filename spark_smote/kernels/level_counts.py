"""Rows of a column by level and class, counted while they stream past in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Flags, Floats, Ints

CLASS_BITS = 10
"""Of a key, for the class; the rest is the code of a level, of 52 bits."""


@dataclass(frozen=True)
class LevelCounts:
    """Rows by level and class, of up to `most` levels; of more, the one that is too many is kept.

    What is held is bounded whatever passes, and does not depend on the order.
    """

    most: int
    keys: Ints
    """Code and class of each pair that occurs, ascending."""
    rows: Ints
    """How often."""

    @classmethod
    def unseen(cls, most: int) -> LevelCounts:
        """Before any row."""
        none = np.zeros(0, dtype=np.int64)
        return cls(most, none, none)

    def entered(self, codes: Floats, classes: Ints) -> LevelCounts:
        """With some rows more: the code of the level of each (a whole number), and its class."""
        keys = (codes.astype(np.int64) << CLASS_BITS) | classes
        return self.merged(LevelCounts(self.most, *np.unique(keys, return_counts=True)))

    def merged(self, other: LevelCounts) -> LevelCounts:
        """The rows of both; the order of merging does not matter."""
        keys, inverse = np.unique(np.concatenate([self.keys, other.keys]), return_inverse=True)
        rows = np.zeros(len(keys), dtype=np.int64)
        np.add.at(rows, inverse, np.concatenate([self.rows, other.rows]))
        beyond = np.flatnonzero(_first_of_levels(keys))[self.most + 1 :]
        kept = slice(beyond[0] if len(beyond) else None)
        return LevelCounts(self.most, keys[kept], rows[kept])

    @property
    def levels(self) -> int:
        """Levels; more than `most` where there are too many."""
        return int(_first_of_levels(self.keys).sum())

    @property
    def rows_alone(self) -> int:
        """Rows whose level no other row has."""
        first = np.flatnonzero(_first_of_levels(self.keys))
        return int((np.add.reduceat(self.rows, first) == 1).sum()) if len(first) else 0

    def table(self, codes: Floats, classes: int) -> Ints:
        """Rows with each of some levels, by class, shape (len(codes), classes)."""
        asked = (codes.astype(np.int64) << CLASS_BITS)[:, None] | np.arange(classes)
        places = np.minimum(np.searchsorted(self.keys, asked), len(self.keys) - 1)
        found: Ints = np.where(self.keys[places] == asked, self.rows[places], 0)
        return found


def _first_of_levels(keys: Ints) -> Flags:
    first: Flags = np.diff(keys >> CLASS_BITS, prepend=-1) != 0
    return first

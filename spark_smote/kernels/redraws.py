"""Rows drawn again: how often, for whom, and which of the draws that pass take which place.

The places of a slice are its new rows, 0 .. quota - 1. A draw is for a place, made of the base
that the place was given, or for no place in particular (numbers from the quota up): these fill
places whose own base has nothing to offer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Ints

MISSED = 1e-3
"""Chance that a base of the bucket's usual kind passes in none of its draws; more are made until it
is that small."""

FEWEST_DRAWS = 8
"""Bases that fail once are seldom of the usual kind, so they are drawn this often at least."""

MOST_DRAWS = 64
"""For a place, from its own base; and once more as many from other bases."""

SPARE = 1.25
"""Draws from other bases that are expected to pass, per place that may need one."""

ODD_DRAWS = 32
"""The same, at least: the expectation of a few is not to be relied on."""

FEWEST_TRIED, MOST_TRIED = 64, 256
"""Bases that are tried for each slice beyond those of its places; most for slices of few rows."""

FEWEST_LENDERS = 16
"""Places whose draws passed, below which the bases that were tried are drawn from again too."""


def tried_bases(quota: int) -> int:
    """How many bases are tried beyond those that the places were given.

    So that a slice of few rows, all of hopeless bases, knows of others: where one base in 32 can
    pass, 256 miss all of these once in 3,000 times.
    """
    return max(MOST_TRIED - quota, FEWEST_TRIED)


@dataclass(frozen=True)
class Redraws:
    """The draws that follow the first ones of a slice, numbered 0, 1, ...

    First those from the bases of places, all tries of a place together; then those for none.
    """

    again: Ints
    """Places (and bases that were tried beyond those of places) that are drawn for again."""
    each: int
    """How often."""
    lent: Ints
    """Places whose bases are drawn from for whatever place may need it."""
    quota: int

    @property
    def total(self) -> int:
        """Number of draws."""
        return len(self.again) * self.each + len(self.lent)

    def block(self, start: int, stop: int) -> tuple[Ints, Ints, Ints]:
        """Some of them: for which place, its how manieth try, and whose base is drawn from."""
        numbers = np.arange(start, min(stop, self.total))
        own = numbers[numbers < len(self.again) * self.each]
        others = np.arange(len(numbers) - len(own)) + max(start - len(self.again) * self.each, 0)
        places = self.again[own // max(self.each, 1)]
        nobody = self.quota + MOST_TRIED + others
        return (
            np.concatenate([places, nobody]),
            np.concatenate([own % max(self.each, 1) + 1, np.ones_like(others)]),
            np.concatenate([places, self.lent[others]]),
        )


def redraws(
    passed: Ints,
    failed: Ints,
    quota: int,
    k: int,
    random: np.random.Generator,
    *,
    bases: Ints,
    times: Ints,
) -> Redraws:
    """Which draws to make for a slice some of whose first ones failed.

    Parameters
    ----------
    passed, failed : int64
        Places whose first draw passed and did not, ascending; those of `quota` and more stand for
        bases that were tried beyond those of places. At least one of the quota failed.
    quota : int
        New rows of the slice.
    k : int
        Neighbours of a base; where there are none, its rows are copies, and a second try is vain.
    bases : int64
        The base of each place.
    times : int64
        How many rows each base stands for. Whoever passed once is drawn from for others by this,
        not by how often it was drawn before, so that chance does not add up.
    """
    share = len(passed) / (len(passed) + len(failed))
    again = failed
    if len(passed) >= FEWEST_LENDERS:  # else whoever may turn out to pass is needed
        again = failed[failed < quota]
    needed = int((failed < quota).sum())
    others = 0
    if len(passed):
        others = min(math.ceil(SPARE * needed / share), MOST_DRAWS * needed) + ODD_DRAWS
    known, first = np.unique(bases[passed], return_index=True)
    ends = np.cumsum(times[known])
    chosen = random.integers(0, ends[-1] if others else 1, size=others)
    lent = passed[first[np.searchsorted(ends, chosen, side="right")]]
    return Redraws(again, _draws_of_a_base(share) if k else 0, lent, quota)


def _draws_of_a_base(share: float) -> int:
    """Draws after which a base that passes with this chance has passed, but for `MISSED`."""
    if share <= 0:
        return MOST_DRAWS
    wanted = math.ceil(math.log(MISSED) / math.log1p(-share)) if share < 1 else 1
    return min(max(wanted, FEWEST_DRAWS), MOST_DRAWS)


def best_draws(places: Ints, tries: Ints, quota: int, needed: int) -> Ints:
    """Of the draws that passed, those that the slice is filled with, best first.

    Each place has the first of its own draws. Places without one take draws that are for none, in
    their order, then what other places have left over. To choose among the best of some draws and
    others gives the same as to choose among all of them.

    Parameters
    ----------
    places, tries : int64, shape (n,)
    quota : int
        New rows of the slice.
    needed : int
        Places to fill.

    Returns
    -------
    int64, shape (m,)
        Indices of at most `needed` draws.
    """
    order = np.lexsort((tries, places))
    first = np.ones(len(order), dtype=bool)
    first[1:] = np.diff(places[order]) != 0
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.where(first, 0, 2)
    rank[places >= quota] = 1
    best: Ints = np.lexsort((places, tries, rank))[:needed]
    return best

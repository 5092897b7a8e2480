"""Nominal columns: how far apart levels are, where they lie for hashing, and which one wins.

The last columns of a row's features may be nominal: their values are codes of levels, of which
only equality means anything (a hash of the level, held exactly by a float64).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.mixing import mix

PLACES = 4
"""Coordinates that the levels of a column are placed in for hashing."""


@dataclass(frozen=True)
class Nominal:
    """What nominal columns add to a squared distance (SMOTE-NC, Chawla et al. 2002)."""

    columns: int
    """How many of the last columns are nominal."""
    weight: float
    """Added for each of them that differs: med^2."""

    @property
    def width(self) -> int:
        """Numbers that the search holds of a row."""
        return self.columns

    def paired(self, left: Floats, left_ids: Ints, right: Floats, right_ids: Ints) -> Floats:
        """What is added for each pair of rows, shape (p,)."""
        differing = np.zeros(len(left_ids))
        for j in range(left.shape[1] - self.columns, left.shape[1]):
            differing += left[:, j].take(left_ids) != right[:, j].take(right_ids)
        differing *= self.weight
        return differing


@dataclass(frozen=True)
class LevelPlaces:
    """Coordinates of levels, in which levels that differ are about sqrt(weight) apart.

    The most frequent levels of a column lie exactly that far from each other; any other one lies
    in a direction drawn by its code. Good enough to tell which rows may be near.
    """

    frequent: tuple[Floats, ...]
    """Of each nominal column, the codes of its `PLACES` most frequent levels or fewer."""
    weight: float

    @classmethod
    def of(cls, codes: Floats, times: Ints, weight: float) -> LevelPlaces:
        """Places for the levels of a sample.

        Parameters
        ----------
        codes : float64, shape (m, c)
        times : int64, shape (m,)
            How often each row occurs.
        """
        frequent = []
        for column in codes.T:
            levels, which = np.unique(column, return_inverse=True)
            held = np.bincount(which, weights=times)
            frequent.append(levels[np.argsort(-held, kind="stable")[:PLACES]])
        return cls(tuple(frequent), weight)

    def __call__(self, codes: Floats) -> Floats:
        """Coordinates of rows, shape (n, sum of places)."""
        radius = np.sqrt(self.weight / 2)
        parts = []
        for column, frequent in zip(codes.T, self.frequent, strict=True):
            known = column[:, None] == frequent[None, :]
            place = np.where(known, radius, 0.0)
            rare = np.flatnonzero(~known.any(axis=1))
            place[rare] = radius * _directions(column[rare], len(frequent))
            parts.append(place)
        return np.concatenate(parts, axis=1)


def _directions(codes: Floats, width: int) -> Floats:
    """A unit vector per code, the same for equal codes."""
    words = mix(np.ascontiguousarray(codes).view(np.uint64))
    out = np.empty((len(codes), width))
    for j in range(width):
        words = mix(words)
        out[:, j] = (words >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0
    length = np.sqrt((out * out).sum(axis=1, keepdims=True))
    unit: Floats = out / np.maximum(length, np.finfo(np.float64).tiny)
    return unit


def modes(codes: Floats, lists: Ints, asked: Ints, chances: Floats) -> Ints:
    """For each new row and nominal column, a neighbour of its base that holds the mode.

    Parameters
    ----------
    codes : float64, shape (n, c)
        Levels of the rows.
    lists : int64, shape (u, k)
        Neighbours of each base.
    asked : int64, shape (q,)
        Which base each new row has.
    chances : float64, shape (q, c), in [0, 1)
        Decides between levels that are equally frequent, taken in ascending order of their codes.

    Returns
    -------
    int64, shape (q, c)
        Rows of `codes`.
    """
    out = np.empty(chances.shape, dtype=np.int64)
    for j in range(codes.shape[1]):
        voted = codes[:, j][lists]
        order = np.argsort(voted, axis=1, kind="stable")
        voted = np.take_along_axis(voted, order, axis=1)
        first = np.ones(voted.shape, dtype=bool)
        first[:, 1:] = voted[:, 1:] != voted[:, :-1]
        run = np.cumsum(first.ravel()) - 1  # of equal levels, through all lists
        votes = np.bincount(run)[run].reshape(voted.shape)
        tied = first & (votes == votes.max(axis=1, keepdims=True))
        wanted = (chances[:, j] * tied.sum(axis=1)[asked]).astype(np.int64) + 1
        slot = (np.cumsum(tied, axis=1)[asked] >= wanted[:, None]).argmax(axis=1)
        out[:, j] = np.take_along_axis(lists, order, axis=1)[asked, slot]
    return out

"""What every hash family offers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from spark_smote.kernels.distances import Floats, Ints


@dataclass(frozen=True)
class FitSettings:
    """How finely to cut, and how far rows near a boundary are copied."""

    buckets: int
    """How many buckets to aim for, >= 2."""
    copies: float
    """Mean number of buckets a row is sent to, its home included, >= 1; not exceeded on the sample,
    and met where the family can."""
    most_copies: int
    """No row is sent to more buckets than this."""
    fewest_rows: int
    """A bucket that would hold fewer rows of the sample is not opened."""
    seed: int


class Placement(NamedTuple):
    """Where rows go."""

    home: Ints
    """Home bucket of each row, shape (n,)."""
    spill_rows: Ints
    """Rows that lie near a boundary, once per further bucket they are sent to, shape (s,)."""
    spill_buckets: Ints
    """Those buckets, shape (s,)."""


class HashFamily(Protocol):
    """Near rows share a bucket with high probability.

    `fit` sees a sample in scaled coordinates (see `kernels.distances`); the fitted hash is a pure
    function of a row: where a row goes does not depend on the batch it comes in. Buckets are
    numbered so that neighbours in number are mostly neighbours in space.

    Examples
    --------
    >>> import numpy as np
    >>> from spark_smote.lsh import FitSettings, VoronoiHash
    >>> points = np.array([[0.0], [0.1], [5.0], [5.1]])
    >>> settings = FitSettings(buckets=2, copies=1.0, most_copies=1, fewest_rows=1, seed=0)
    >>> home = VoronoiHash.fit(points, settings).place(points).home
    >>> bool(home[0] == home[1] != home[2] == home[3])
    True
    """

    @classmethod
    def fit(cls, sample: Floats, settings: FitSettings) -> HashFamily:
        """Learn the buckets from `sample`: distinct rows, float64, shape (m, d)."""

    @property
    def buckets(self) -> int:
        """Number of buckets."""

    def place(self, points: Floats) -> Placement:
        """Home bucket of each row, and the further buckets it is copied to."""

    def spilling(self, sample: Floats, settings: FitSettings) -> Callable[[float], HashFamily]:
        """What `fit` would give for the same sample and buckets, by the mean copies asked for."""

    def without(self, buckets: Ints) -> HashFamily:
        """The same hash with some buckets closed: their rows go to the next best."""

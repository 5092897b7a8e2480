"""What every hash family offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

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
    >>> home = VoronoiHash.fit(points, settings).home(points)
    >>> bool(home[0] == home[1] != home[2] == home[3])
    True
    """

    @classmethod
    def fit(cls, sample: Floats, settings: FitSettings) -> HashFamily:
        """Learn the buckets from `sample`: distinct rows, float64, shape (m, d)."""

    @property
    def buckets(self) -> int:
        """Number of buckets."""

    def home(self, points: Floats) -> Ints:
        """Home bucket of each row, shape (n,)."""

    def spill(self, points: Floats, home: Ints) -> tuple[Ints, Ints]:
        """Rows and the further buckets they are sent to because they lie near a boundary."""

    def without(self, buckets: Ints) -> HashFamily:
        """The same hash with some buckets closed: their rows go to the next best."""

"""How many true neighbours a hash keeps together, foretold from the sample it was fitted on.

The neighbours that matter lie nearer than those in the sample: among n rows instead of m, about
(m / n)^(1/D) times as far, D being the dimension the rows locally fill. So each sampled query's
neighbours in the sample are drawn towards it by that factor, and counted if the hash sends them
to the query's home bucket. D is the maximum-likelihood estimate of Levina and Bickel (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Floats
from spark_smote.kernels.knn import k_nearest
from spark_smote.lsh.family import HashFamily

QUERIES = 512
FEWEST_NEIGHBOURS = 1_536
"""Neighbours that are looked for: of more queries, where each asks for one or two."""
NEIGHBOURS_FOR_DIMENSION = 10


@dataclass(frozen=True)
class ExpectedNeighbours:
    """Where the nearest rows of some rows of a class are expected to lie."""

    queries: Floats
    """Shape (q, d)."""
    neighbours: Floats
    """Shape (q, k, d)."""

    @classmethod
    def of(cls, sample: Floats, rows: int, k: int) -> ExpectedNeighbours:
        """Foretell them.

        Parameters
        ----------
        sample : float64, shape (m, d)
            Distinct rows in scaled coordinates, in random order; more than k of them.
        rows : int
            Distinct rows of the whole class, n >= m.
        k : int
            At most a few: neighbours of the sample stand for neighbours of the class.
        """
        some = np.arange(min(max(QUERIES, FEWEST_NEIGHBOURS // k), len(sample)))
        width = min(max(k, NEIGHBOURS_FOR_DIMENSION), len(sample) - 1)
        scale = np.ones(sample.shape[1])
        near, squared = k_nearest(sample[some], sample, width, scale, own=some)
        nearer = (len(sample) / rows) ** (1.0 / _dimension(squared, sample.shape[1]))
        base = sample[some][:, None, :]
        return cls(sample[some], base + nearer * (sample[near[:, :k]] - base))

    def recall(self, family: HashFamily) -> float:
        """Share of them that a search of the home bucket would find."""
        home = np.repeat(family.place(self.queries).home, self.neighbours.shape[1])
        placed = family.place(self.neighbours.reshape(-1, self.queries.shape[1]))
        together = placed.home == home
        together[placed.spill_rows[placed.spill_buckets == home[placed.spill_rows]]] = True
        return float(together.mean())


def _dimension(squared: Floats, most: int) -> float:
    """Local dimension from distances to the nearest, ascending, shape (q, w)."""
    apart = squared[squared[:, 0] > 0]
    if not len(apart) or apart.shape[1] < 2:
        return float(most)
    logs = np.log(apart) / 2
    spread = float((logs[:, -1:] - logs[:, :-1]).mean())
    return min(1.0 / spread, float(most)) if spread > 0 else float(most)

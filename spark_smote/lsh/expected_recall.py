"""How many true neighbours a hash keeps together, foretold from the sample it was fitted on.

The neighbours that matter lie nearer than those in the sample: among n rows instead of m, about
(m / n)^(1/D) times as far, D being the dimension the rows locally fill. So each sampled query's
neighbours in the sample are drawn towards it by that factor, and counted if the hash sends them
to the query's home bucket. D is the maximum-likelihood estimate of Levina and Bickel (2004).
"""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Floats
from spark_smote.kernels.knn import k_nearest
from spark_smote.lsh.family import HashFamily

QUERIES = 512
NEIGHBOURS_FOR_DIMENSION = 10


def expected_recall(family: HashFamily, sample: Floats, rows: int, k: int) -> float:
    """Share of the k nearest rows that a search of the home bucket would find.

    Parameters
    ----------
    family : HashFamily
    sample : float64, shape (m, d)
        Distinct rows in scaled coordinates, in random order; more than k of them.
    rows : int
        Distinct rows of the whole class, n >= m.
    k : int
        At most a few: neighbours of the sample stand for neighbours of the class.
    """
    queries = np.arange(min(QUERIES, len(sample)))
    width = min(max(k, NEIGHBOURS_FOR_DIMENSION), len(sample) - 1)
    scale = np.ones(sample.shape[1])
    near, squared = k_nearest(sample[queries], sample, width, scale, own=queries)
    nearer = (len(sample) / rows) ** (1.0 / _dimension(squared, sample.shape[1]))
    base = sample[queries][:, None, :]
    moved = (base + nearer * (sample[near[:, :k]] - base)).reshape(-1, sample.shape[1])
    home = np.repeat(family.place(sample[queries]).home, min(k, width))
    placed = family.place(moved)
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

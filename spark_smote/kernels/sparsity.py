"""How thinly the rows of a class are spread in each of its clusters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from spark_smote.kernels.distances import Floats, Ints, paired_squared_distances

WHOLE = 1 << 53
"""Weight of the sparsest cluster."""


def mean_distance(features: Floats, times: Ints, rows: int, inverse_scale: Floats) -> float:
    """Mean distance between two of the rows of a cluster; of all pairs, where all rows are here.

    Else an estimate from distinct rows drawn alike: the mean distance of rows that differ, by the
    share of pairs that do.

    Parameters
    ----------
    features : float64, shape (n, d)
        Distinct rows of the cluster, all or some.
    times : int64, shape (n,)
        How often each occurs in it.
    rows : int
        All of its rows, at least 2.
    inverse_scale : float64, shape (d,)

    Examples
    --------
    >>> mean_distance(np.array([[0.0], [2.0]]), np.array([1, 2]), 3, np.ones(1))  # 2, 2 and 0
    1.3333333333333335
    """
    one, other = np.triu_indices(len(features), 1)
    if not len(one):
        return 0.0
    pairs = times[one].astype(np.float64) * times[other]
    away = np.sqrt(paired_squared_distances(features, one, features, other, inverse_scale))
    # added up without rounding, and so in any order
    between = math.fsum((away * pairs).tolist()) / math.fsum(pairs.tolist())
    equal: float = rows * sum(t * (t - 1) for t in times.tolist()) / int(times.sum())
    return between * (1.0 - equal / (rows * (rows - 1)))


def automatic_exponent(rows: int) -> float:
    """The exponent for a cluster with so many rows of the class, as imbalanced-learn has it.

    Examples
    --------
    >>> [round(automatic_exponent(rows), 1) for rows in (10, 1_000, 1_000_000)]
    [2.8, 20.2, 70.3]
    """
    exponent: float = math.log(rows, 1.6) ** 1.8 * 0.16
    return exponent


def sparsity_weights(
    distances: Sequence[float], rows: Sequence[int], exponent: float | None
) -> list[int]:
    """Weights in proportion to distance^exponent / rows; in whole numbers, the largest `WHOLE`.

    Where all distances are 0 they count for nothing.

    Parameters
    ----------
    distances : sequence of float
        Mean distance of the rows of each cluster.
    rows : sequence of int
        How many there are.
    exponent : float or None
        None = `automatic_exponent` of each.

    Examples
    --------
    >>> [weight / WHOLE for weight in sparsity_weights([2.0, 1.0, 0.0], [4, 4, 4], 3.0)]
    [1.0, 0.125, 0.0]
    """
    none_apart = not any(distances)
    logarithms = []
    for distance, count in zip(distances, rows, strict=True):
        power = automatic_exponent(count) if exponent is None else exponent
        logarithm = 0.0
        if power and not none_apart:  # 70 and more overflow where distances are large
            logarithm = power * math.log(distance) if distance else -math.inf
        logarithms.append(logarithm - math.log(count))
    return [round(WHOLE * math.exp(each - max(logarithms))) for each in logarithms]

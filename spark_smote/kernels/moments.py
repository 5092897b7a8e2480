"""Means and spreads of samples, the same whatever library adds up underneath."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Floats, Ints


def moments(values: Floats, times: Ints) -> tuple[Floats, Floats]:
    """Mean and population standard deviation of each column.

    Rows are added up one after the other: a matrix product would depend on how many threads it
    has, and on the processor.

    Parameters
    ----------
    values : float64, shape (n, d)
    times : int64, shape (n,)
        How often each row occurs.

    Returns
    -------
    two of float64, shape (d,)

    Examples
    --------
    >>> mean, spread = moments(np.array([[1.0], [4.0]]), np.array([2, 1]))
    >>> mean.round(6).tolist(), (spread**2).round(6).tolist()
    ([2.0], [2.0])
    """
    weights = (times / times.sum())[:, None]
    mean: Floats = (values * weights).sum(axis=0)
    spread: Floats = np.sqrt((((values - mean) ** 2) * weights).sum(axis=0))
    return mean, spread

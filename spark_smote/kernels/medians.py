"""Medians of columns with holes, and what fills the holes."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Floats

MISSING = 2.0**1000
"""Stands for a missing value: beyond any that is valid, and equal to itself."""


def weighted_medians(values: Floats, weights: Floats) -> Floats:
    """The lower weighted median of what is not missing in each column; 0 where all is.

    Parameters
    ----------
    values : float64, shape (n, d)
    weights : float64, shape (n,)
        How many rows each one stands for.

    Returns
    -------
    float64, shape (d,)
    """
    medians = np.zeros(values.shape[1])
    for j, column in enumerate(values.T):
        order = np.argsort(column, kind="stable")
        order = order[column[order] != MISSING]
        if len(order):
            passed = np.cumsum(weights[order])
            medians[j] = column[order[np.searchsorted(passed, passed[-1] / 2)]]
    return medians


def filled(values: Floats, medians: Floats) -> Floats:
    """The same rows with medians in the place of what is missing in the first columns."""
    columns = len(medians)
    out = values.copy()
    np.copyto(out[:, :columns], medians, where=values[:, :columns] == MISSING)
    return out

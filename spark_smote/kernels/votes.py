"""What the classes of a row's neighbours say about it."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.bucket import BucketRows, neighbourhoods
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.metric import LevelMetric

ENTRIES_AT_ONCE = 1 << 20
"""Neighbours listed at once: 8 MiB an array."""


def nearest_rows(
    rows: BucketRows, asked: Ints, k: int, inverse_scale: Floats, nominal: LevelMetric | None = None
) -> Ints:
    """The k nearest other rows of each row asked for, of whatever class, nearest first.

    Neighbours are those of `kernels.bucket.chosen_neighbours`: every occurrence of a row counts,
    a row is not its own neighbour.

    Parameters
    ----------
    asked : int64, shape (q,)

    Returns
    -------
    int64, shape (q, k)
        Indices into `rows`.
    """
    around = neighbourhoods(rows, inverse_scale, nominal)
    step = max(1, ENTRIES_AT_ONCE // k)
    found = [around.lists(asked[start : start + step], k) for start in range(0, len(asked), step)]
    return np.concatenate(found) if found else np.zeros((0, k), dtype=np.int64)


def others(own: Ints, voted: Ints) -> Ints:
    """How many neighbours are of another class, shape (q,).

    >>> others(np.array([0, 1]), np.array([[0, 0, 1], [0, 0, 2]])).tolist()
    [1, 3]
    """
    counted: Ints = (voted != own[:, None]).sum(axis=1)
    return counted


def modes(voted: Ints) -> Ints:
    """The most frequent class of each list, ties to the lowest, shape (q,).

    >>> modes(np.array([[2, 1, 2], [2, 1, 0]])).tolist()
    [2, 0]
    """
    ordered = np.sort(voted, axis=1)
    first = np.ones(ordered.shape, dtype=bool)
    first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    run = np.cumsum(first.ravel()) - 1  # of equal classes, through all lists
    votes = np.bincount(run, minlength=1)[run].reshape(ordered.shape)
    found: Ints = np.take_along_axis(ordered, votes.argmax(axis=1)[:, None], axis=1)[:, 0]
    return found

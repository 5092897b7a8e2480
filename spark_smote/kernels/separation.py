"""How well one column alone tells a class from all others."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Flags, Floats, Ints

FEWEST_TO_JUDGE = 30
"""Sampled rows, of a class and of all others; fewer are told apart by chance."""
FEW_LEVELS = 50
"""Numbers of so few values are judged by value as well as by rank: a class may be in the middle."""


def separation(
    values: Floats, codes: Ints, times: Ints, weights: Floats, classes: int, *, ranked: bool
) -> Floats:
    """How well a column alone tells each class from all others, however it does.

    By the rank of its numbers, by its levels, or by where it is missing; whichever tells most.

    Parameters
    ----------
    values : float64, shape (n,)
        Infinite where missing; codes of the levels if not `ranked`.
    codes, times : int64, shape (n,)
        Class of each row, and how often it occurs in the sample.
    weights : float64, shape (n,)
        How many rows of the table each one stands for.

    Returns
    -------
    float64, shape (classes,)
        Areas under the ROC curve, 0.5 to 1; NaN where there are too few rows to judge.
    """
    levels, places = np.unique(values, return_inverse=True)
    held = np.isfinite(values)
    found = [(np.ones(len(values), dtype=bool), ranked_apart(~held * 1.0, codes, weights, classes))]
    if ranked:
        apart = ranked_apart(values[held], codes[held], weights[held], classes)
        found.append((held, apart))
    if not ranked or len(levels) <= FEW_LEVELS:
        apart = levels_apart(places.astype(np.int64), codes, weights, classes)
        found.append((np.ones(len(values), dtype=bool), apart))
    best = np.full(classes, np.nan)
    for rows, areas in found:
        own = np.bincount(codes[rows], times[rows], minlength=classes)
        judged = (own >= FEWEST_TO_JUDGE) & (own.sum() - own >= FEWEST_TO_JUDGE)
        best = np.fmax(best, np.where(judged, areas, np.nan))
    return best


def ranked_apart(values: Floats, codes: Ints, weights: Floats, classes: int) -> Floats:
    """Area under the ROC curve of a column's value, for each class against all others.

    Parameters
    ----------
    values : float64, shape (n,)
        Finite.
    codes : int64, shape (n,)
        Class of each row, 0 .. classes - 1.
    weights : float64, shape (n,)
        How many rows of the table each one stands for.

    Returns
    -------
    float64, shape (classes,)
        0.5 to 1, whichever way the values point; NaN for a class without rows, or with all.

    Examples
    --------
    >>> values, codes = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 0, 1, 1])
    >>> ranked_apart(values, codes, np.ones(4), 2).tolist()
    [1.0, 1.0]
    """
    levels, places = np.unique(values, return_inverse=True)
    own = _mass(places, codes, weights, len(levels), classes)
    others = own.sum(axis=1, keepdims=True) - own
    below = np.cumsum(others, axis=0) - others
    pairs = own.sum(axis=0) * others.sum(axis=0)
    wins = (own * (below + others / 2)).sum(axis=0)
    area = wins / np.where(pairs > 0, pairs, np.nan)
    apart: Floats = np.maximum(area, 1 - area)
    return apart


def levels_apart(levels: Ints, codes: Ints, weights: Floats, classes: int) -> Floats:
    """Area under the ROC curve of the share of each class in a row's level of a column.

    The shares are those of one half of the rows, judged on the other half, and the other way
    round: so a column of ids, pure in each of its levels, tells nothing. Rows are in no
    meaningful order; every other one makes a half.

    Parameters
    ----------
    levels, codes : int64, shape (n,)
        Level and class of each row, from 0.
    weights : float64, shape (n,)

    Returns
    -------
    float64, shape (classes,)
        NaN for a class that a half lacks.

    Examples
    --------
    >>> levels, codes = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 0, 1, 1])
    >>> levels_apart(levels, codes, np.ones(6), 2).tolist()
    [1.0, 1.0]
    """
    halves = np.arange(len(levels)) % 2
    areas = [
        _judged(levels, codes, weights, classes, halves == half, halves != half) for half in (0, 1)
    ]
    mean: Floats = (areas[0] + areas[1]) / 2
    return mean


def _judged(
    levels: Ints, codes: Ints, weights: Floats, classes: int, known: Flags, judged: Flags
) -> Floats:
    mass = _mass(levels[known], codes[known], weights[known], int(levels.max()) + 1, classes)
    prior = mass.sum(axis=0) / mass.sum()
    # a level that no known row has is worth what all rows are
    shares = (mass + weights.mean() * prior) / (mass.sum(axis=1, keepdims=True) + weights.mean())
    areas = np.full(classes, np.nan)
    for code in range(classes):
        score = shares[levels[judged], code]
        own = (codes[judged] == code).astype(np.int64)
        if mass[:, code].any() and own.any() and not own.all():
            areas[code] = _area(score, own, weights[judged])
    return areas


def _area(score: Floats, own: Ints, weights: Floats) -> float:
    _, places = np.unique(score, return_inverse=True)
    mass = _mass(places, own, weights, int(places.max()) + 1, 2)
    below = np.cumsum(mass[:, 0]) - mass[:, 0]
    return float((mass[:, 1] * (below + mass[:, 0] / 2)).sum() / mass.sum(axis=0).prod())


def _mass(places: Ints, codes: Ints, weights: Floats, levels: int, classes: int) -> Floats:
    """Weight of each class at each level, shape (levels, classes)."""
    flat = np.bincount(places * classes + codes, weights, minlength=levels * classes)
    mass: Floats = flat.reshape(levels, classes).astype(np.float64)
    return mass

"""Values that stand for something else: 999, -1, 99999 where a number was not known."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Floats, Ints

FEWEST_TIMES = 5
"""An extreme value that occurs more rarely may be an outlier."""
FEWEST_OTHERS = 5
"""Distinct values beside it; fewer are codes, of which the last is as good as any."""
INTEGER_LIMITS = tuple(sign * 2.0**bits - (sign > 0) for bits in (15, 31, 63) for sign in (-1, 1))


def sentinels(values: Floats, times: Ints) -> list[float]:
    """Extreme values that are repeated and lie far from the rest.

    Far is: farther from the next value than all other values are from each other; for a value
    written in nines, or at the end of an integer's range, farther than nine tenths of the others.

    Parameters
    ----------
    values : float64, shape (n,)
        Finite.
    times : int64, shape (n,)
        How often each row occurs.

    Examples
    --------
    >>> sentinels(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 999.0]), np.array([1] * 6 + [5]))
    [999.0]
    """
    levels, places = np.unique(values, return_inverse=True)
    counts: Floats = np.bincount(places, times, minlength=len(levels)).astype(np.float64)
    found: list[float] = []
    while len(levels) > FEWEST_OTHERS:
        for end, rest in ((-1, np.s_[:-1]), (0, np.s_[1:])):
            if counts[end] >= FEWEST_TIMES and _is_far(levels[end], levels[rest], counts[rest]):
                found.append(float(levels[end]))
                levels, counts = levels[rest], counts[rest]
                break
        else:
            break
    return found


def _is_far(value: float, others: Floats, counts: Floats) -> bool:
    gap = float(np.abs(others - value).min())
    if gap >= others[-1] - others[0]:
        return True
    share = (np.cumsum(counts) - counts / 2) / counts.sum()
    low, high = np.interp([0.05, 0.95], share, others)
    return _is_marker(value) and bool(gap > high - low)


def _is_marker(value: float) -> bool:
    digits = f"{abs(value):.0f}"
    nines = value == round(value) and len(digits) > 1 and set(digits) == {"9"}
    return nines or value in INTEGER_LIMITS

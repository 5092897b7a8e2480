"""Exact totals shared out in proportion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def largest_remainder(total: int, weights: Sequence[int] | npt.NDArray[np.int64]) -> list[int]:
    """Share `total` in proportion to `weights` so that the shares add up exactly.

    Every share is the exact proportion rounded down; the units left over go to the largest
    remainders, ties to the first (Hamilton's method). Integer arithmetic throughout, so the
    result does not depend on rounding, however large the table.

    Parameters
    ----------
    total : int
        What is shared out, >= 0.
    weights : sequence of int, shape (n,)
        Non-negative, not all zero unless `total` is 0.

    Returns
    -------
    list of int, shape (n,)

    Raises
    ------
    ValueError
        If `total` or a weight is negative, or all weights are zero and `total` is not.

    Examples
    --------
    >>> largest_remainder(10, [1, 1, 1])
    [4, 3, 3]
    """
    shares = [int(w) for w in weights]
    whole = sum(shares)
    if total < 0 or min(shares, default=0) < 0:
        raise ValueError(f"total and weights must not be negative; received {total}, {shares[:5]}")
    if whole == 0:
        if total:
            raise ValueError(f"cannot share out {total} by weights that are all zero")
        return shares
    quotas, remainders = [], []
    for weight in shares:
        quota, remainder = divmod(total * weight, whole)
        quotas.append(quota)
        remainders.append(remainder)
    left = total - sum(quotas)
    for index in sorted(range(len(shares)), key=lambda i: (-remainders[i], i))[:left]:
        quotas[index] += 1
    return quotas

"""Exact totals shared out in proportion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Shares:
    """How many new rows each row is the base of, in proportion to the weight of its rank."""

    each: tuple[int, ...]
    """At least, for a row of each rank."""
    extra: npt.NDArray[np.int64]
    """How many rows of each bucket and rank are the base of one more, shape (buckets, ranks)."""

    @classmethod
    def by_weight(cls, total: int, weights: Sequence[int], rows: npt.NDArray[np.int64]) -> Shares:
        """Share `total` among rows by largest remainder; ties to the lower rank, spread evenly.

        Rows of one rank have the same remainder. Where not all of them can have one more, each
        bucket gets its proportion of what there is.

        Parameters
        ----------
        total : int
            New rows.
        weights : sequence of int, shape (ranks,)
            Of a row of each rank.
        rows : int64, shape (buckets, ranks)
            How many there are.

        Raises
        ------
        ValueError
            If no row weighs anything and `total` is not 0.
        """
        counts = [int(n) for n in rows.sum(axis=0)]
        whole = sum(w * n for w, n in zip(weights, counts, strict=True))
        if whole == 0 and total:
            raise ValueError(f"cannot share out {total} among rows that all weigh nothing")
        shares = [divmod(total * w, max(whole, 1)) for w in weights]
        left = total - sum(each * n for (each, _), n in zip(shares, counts, strict=True))
        extra = np.zeros(rows.shape, dtype=np.int64)
        for rank in sorted(range(len(weights)), key=lambda v: (-shares[v][1], v)):
            more = min(left, counts[rank])
            extra[:, rank] = largest_remainder(more, rows[:, rank])
            left -= more
        return cls(tuple(each for each, _ in shares), extra)

    def quotas(self, rows: npt.NDArray[np.int64]) -> list[int]:
        """New rows of each bucket."""
        return [
            sum(int(n) * each for n, each in zip(counts, self.each, strict=True)) + int(more.sum())
            for counts, more in zip(rows, self.extra, strict=True)
        ]


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

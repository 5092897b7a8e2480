"""Squared distances in a fixed order of operations.

The last bits of a matrix product change with the number of rows in the batch and with the
processor's BLAS kernel (2.5 % of float32 projections differ), so products only *propose*; what is
near, and which of two is nearer, is decided by these sums: one column after the other, one
subtraction, one product and one addition each, whatever else is in the batch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PAIRS_AT_ONCE = 1 << 20
"""Pairs held at once (their gathered coordinates: one column at a time, so 8 MiB each)."""


def paired_squared_distances(
    left: Floats, left_ids: Ints, right: Floats, right_ids: Ints, inverse_scale: Floats
) -> Floats:
    """Squared scaled distance of each pair of rows.

    Parameters
    ----------
    left, right : float64, shape (n, d) and (m, d)
    left_ids, right_ids : int64, shape (p,)
        Which row of `left` and of `right` each pair joins.
    inverse_scale : float64, shape (c,)
        One over the unit of each of the first c columns; the others do not count.

    Returns
    -------
    float64, shape (p,)
    """
    out = np.zeros(len(left_ids))
    left_columns, right_columns = np.ascontiguousarray(left.T), np.ascontiguousarray(right.T)
    for start in range(0, len(out), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        total, a, b = out[part], left_ids[part], right_ids[part]
        for j in range(len(inverse_scale)):
            step = left_columns[j].take(a)
            step -= right_columns[j].take(b)
            step *= inverse_scale[j]
            step *= step
            total += step
    return out

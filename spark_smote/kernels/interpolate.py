"""The arithmetic of new rows."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Floats
from spark_smote.kernels.medians import MISSING


def interpolate(base: Floats, neighbour: Floats, gap: Floats) -> Floats:
    """Points on the segments between base rows and their neighbours.

    x = x_b + gap * (x_nn - x_b), the SMOTE step (Chawla et al. 2002), in float64. Rounding may
    not carry a value past either end: the result is clipped to the two.

    Parameters
    ----------
    base, neighbour : float64, shape (n, d)
    gap : float64, shape (n,), in [0, 1)

    Returns
    -------
    float64, shape (n, d)
    """
    new = neighbour - base
    new *= gap[:, None]
    new += base
    np.clip(new, np.minimum(base, neighbour), np.maximum(base, neighbour), out=new)
    return new


def mirrored(base: Floats, neighbour: Floats) -> Floats:
    """Points as far from the base rows as their neighbours, on the other side.

    What the base or the neighbour misses, the point misses.
    """
    missing = (base == MISSING) | (neighbour == MISSING)
    opposite: Floats = base - (neighbour - base)
    opposite[missing] = MISSING
    return opposite


def interpolate_with_holes(base: Floats, neighbour: Floats, gap: Floats) -> Floats:
    """The same where values may be missing (`kernels.medians.MISSING`).

    A new row misses (NaN) what its base misses, and has the base's value where only the neighbour
    misses it.
    """
    new = interpolate(base, np.where(neighbour == MISSING, base, neighbour), gap)
    new[base == MISSING] = np.nan
    return new

"""The arithmetic of new rows."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Floats


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

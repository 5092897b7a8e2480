"""Draws with replacement."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Ints


def copies(multiplicity: Ints, draws: int, generator: np.random.Generator) -> Ints:
    """How often each distinct row is drawn, with replacement, all occurrences alike.

    Parameters
    ----------
    multiplicity : array of int64, shape (n,)
        How often each distinct row occurs, >= 0, not all zero unless `draws` is 0.
    draws : int
        Rows drawn in all.
    generator : numpy.random.Generator

    Returns
    -------
    array of int64, shape (n,)
        Adds up to `draws`.

    Examples
    --------
    >>> copies(np.array([1, 0, 3]), 8, np.random.Generator(np.random.Philox(5))).sum()
    np.int64(8)
    """
    if draws == 0:
        return np.zeros(len(multiplicity), dtype=np.int64)
    drawn: Ints = generator.multinomial(draws, multiplicity / multiplicity.sum())
    return drawn

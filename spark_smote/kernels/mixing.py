"""64-bit mixes: equal in, equal out; otherwise as good as random."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spark_smote.kernels.distances import Floats

Words = npt.NDArray[np.uint64]


def mix(words: Words) -> Words:
    """Each word mixed by itself (splitmix64, Steele et al. 2014), shape kept."""
    mixed = words + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def mix_rows(features: Floats) -> Words:
    """One word per row, shape (n,): rows that are equal bit for bit share it."""
    bits = np.ascontiguousarray(features).view(np.uint64)
    out = np.zeros(len(features), dtype=np.uint64)
    for column in bits.T:
        out ^= column
        out ^= out >> np.uint64(32)
        out *= np.uint64(0x9E3779B97F4A7C15)
    return out ^ (out >> np.uint64(29))

"""Counting distinct keys per bucket without keeping them: HyperLogLog registers.

Registers are maxima, so they do not depend on the order or the partitioning of the rows.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spark_smote.kernels.distances import Ints

REGISTERS = 64
"""Standard error 1.04 / sqrt(64) = 13 %: enough to decide on splits (Flajolet et al. 2007)."""

Registers = npt.NDArray[np.uint8]


def empty_registers(buckets: int) -> Registers:
    """Registers before any key was seen, shape (buckets, 64)."""
    return np.zeros((buckets, REGISTERS), dtype=np.uint8)


def observe(registers: Registers, buckets: Ints, mixed_keys: npt.NDArray[np.uint64]) -> None:
    """Enter keys (well mixed, shape (n,)) into the registers of their buckets, in place."""
    index = (mixed_keys & np.uint64(REGISTERS - 1)).astype(np.int64)
    rest = (mixed_keys >> np.uint64(6)).astype(np.float64) + 0.5
    leading = 58 - np.floor(np.log2(rest)).astype(np.int64)
    rank = np.clip(leading, 1, 58).astype(np.uint8)
    np.maximum.at(registers, (buckets, index), rank)


def distinct_estimate(registers: Registers) -> Ints:
    """Estimated distinct keys per bucket, shape (buckets,)."""
    alpha = 0.709  # for 64 registers
    raw = alpha * REGISTERS**2 / np.exp2(-registers.astype(np.float64)).sum(axis=1)
    empty = (registers == 0).sum(axis=1)
    linear = REGISTERS * np.log(REGISTERS / np.maximum(empty, 1))
    estimate = np.where((raw <= 2.5 * REGISTERS) & (empty > 0), linear, raw)
    rounded: Ints = np.round(estimate).astype(np.int64)
    return rounded

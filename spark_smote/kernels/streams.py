"""Counter-based random streams, keyed by what they are for.

A stream depends on (seed, purpose ...) alone, never on arrival order, partition or process, and
no two purposes share one: `stream(7, "draw", "fraud", 3)` is unrelated to `stream(7, "draw",
"fraud", 4)` and to `stream(8, "draw", "fraud", 3)`.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np


def sub_seed(seed: int, *purpose: str | int) -> int:
    """A 128-bit seed for one purpose, from a cryptographic hash of the user's seed and the purpose.

    Examples
    --------
    >>> sub_seed(7, "draw", 1) == sub_seed(7, "draw", 1)
    True
    >>> sub_seed(7, "draw", 1) == sub_seed(7, "draw", "1")
    False
    """
    text = json.dumps([seed, *purpose], separators=(",", ":"))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """A Philox generator for one purpose (Salmon et al. 2011, "Parallel random numbers")."""
    return np.random.Generator(np.random.Philox(key=sub_seed(seed, *purpose)))


def seed_int32(seed: int, *purpose: str | int) -> int:
    """A non-negative 31-bit seed, for libraries that take no more (scikit-learn)."""
    return sub_seed(seed, *purpose) & 0x7FFFFFFF


def seed_int64(seed: int, *purpose: str | int) -> int:
    """A signed 64-bit seed, for hashes evaluated by Spark."""
    return (sub_seed(seed, *purpose) & 0x7FFFFFFFFFFFFFFF) - (1 << 62)

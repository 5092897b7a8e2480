"""Fits that come out the same each time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

_ONE_FIT_AT_A_TIME = threading.Lock()
"""The limit is process-wide."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Around a fit that adds numbers up: on several threads their order differs from run to run."""
    with _ONE_FIT_AT_A_TIME, threadpool_limits(1):
        yield

"""Folding all rows into small arrays without bringing them to the driver."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.plans.arrow import worker
from spark_smote.plans.records import streamed

MERGERS = 4
"""Tasks that merge what all others found, so that the driver receives this many pieces, whatever
the number of partitions."""


S = TypeVar("S", bound="Mergeable")


class Mergeable(Protocol):
    """A piece of a result; merging must not depend on the order."""

    def merged(self: S, other: S) -> S:
        """Both pieces in one."""


def fold_records(
    records: DataFrame, start: Sequence[S], enter: Callable[[list[S], pa.Table], list[S]]
) -> list[S]:
    """Let all records enter copies of `start`, and merge the copies.

    Parameters
    ----------
    records : DataFrame
        As `plans.records.class_records` gives them.
    start : sequence
        What is known before any row, one piece per class; also the neutral element of merging.
    enter : callable
        Given the pieces so far and a table of records, returns the pieces with it.
    """
    return _folded(records, start, enter, streamed)


def fold_rows(
    rows: DataFrame, start: Sequence[S], enter: Callable[[list[S], pa.RecordBatch], list[S]]
) -> list[S]:
    """As `fold_records`, for rows as Spark hands them out: `enter` is given one batch at a time."""
    return _folded(rows, start, enter, iter)


def _folded(
    frame: DataFrame,
    start: Sequence[S],
    enter: Callable[[list[S], Any], list[S]],
    parts: Callable[[Iterable[pa.RecordBatch]], Iterator[Any]],
) -> list[S]:
    neutral = list(start)

    def fold(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pieces = list(neutral)
        with worker():
            for part in parts(batches):
                pieces = enter(pieces, part)
        yield _packed(pieces)

    def merge(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield _packed(_merged(neutral, (p for b in batches for p in b["payload"].to_pylist())))

    # one row = the pieces of one partition, then of one merger
    folded = frame.mapInArrow(fold, "payload binary")
    gathered = folded.repartition(MERGERS).mapInArrow(merge, "payload binary")
    return _merged(neutral, (row["payload"] for row in gathered.collect()))


def _merged(neutral: Sequence[S], payloads: Iterable[bytes]) -> list[S]:
    pieces = list(neutral)
    for payload in payloads:
        others: list[S] = pickle.loads(payload)  # written by this package's own workers
        pieces = [one.merged(other) for one, other in zip(pieces, others, strict=True)]
    return pieces


def _packed(pieces: Sequence[Mergeable]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([pickle.dumps(pieces)], pa.binary())], ["payload"])

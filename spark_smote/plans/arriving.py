"""Rows that arrive at a task: gathered in memory, or stowed on local disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa

from spark_smote.plans.arrow import integers_of, taken, unpacked
from spark_smote.plans.exact import RowStore
from spark_smote.plans.layout import Layout, partition_keys

RECORDS_BEFORE_MERGING = 262_144


def stowed(
    batches: Iterable[pa.RecordBatch], layout: Layout, stores: Mapping[int, RowStore]
) -> Iterator[pa.Table]:
    """Add rows to the store of their task; yield those for tasks without one."""
    task_of = {int(key): task for task, key in enumerate(partition_keys(layout.task_count))}
    for batch in batches:
        for key, payload in zip(batch["partition"].to_pylist(), batch["records"], strict=True):
            stream = payload.as_buffer()
            if not stream.size:
                continue
            store = stores.get(task_of[key])
            if store is None:
                yield unpacked(stream)
            else:
                store.add(unpacked(stream))


def gathered(streams: Iterable[pa.Table]) -> pa.Table | None:
    """The records of a partition; None where there are none.

    Equal rows are merged while they arrive, so that what is held grows with the distinct rows,
    which the layout bounds, and not with how often batches repeated them.
    """
    held: list[pa.Table] = []
    rows, limit = 0, RECORDS_BEFORE_MERGING
    for records in streams:
        held.append(records)
        rows += records.num_rows
        if rows >= limit:
            held = [_merged(pa.concat_tables(held))]
            rows = held[0].num_rows
            limit = max(RECORDS_BEFORE_MERGING, 2 * rows)
    return _merged(pa.concat_tables(held)) if held else None


def _merged(records: pa.Table) -> pa.Table:
    """Records of the same row of a class, for the same task, as one; their multiplicity adds up."""
    identity = [integers_of(records, name) for name in ("key", "class", "task")]
    order = np.lexsort(identity)
    fresh = np.zeros(len(order), dtype=bool)
    fresh[0] = True
    for values in identity:
        fresh[1:] |= np.diff(values[order]) != 0
    if fresh.all():
        return records
    first = np.flatnonzero(fresh)
    times = np.add.reduceat(integers_of(records, "multiplicity")[order], first)
    place = records.column_names.index("multiplicity")
    merged = taken(records, order[first])
    return merged.set_column(place, "multiplicity", pa.array(times, pa.int64()))

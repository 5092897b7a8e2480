"""The thin adapter between Arrow batches and numpy arrays, and what workers need around it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from spark_smote.kernels.distances import Floats, Ints

ArrowFunction = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
"""What `DataFrame.mapInArrow` takes."""

BYTES_PER_BATCH = 1 << 19
"""New rows travel to the JVM in batches of about this size, whatever their width: with both parents
they fit a core's cache, where interpolating takes less than half as long as in batches of 8 MiB."""


@contextmanager
def worker() -> Iterator[None]:
    """Around the work of one task in a Python worker.

    One thread, since Spark runs as many tasks as there are cores. And what is imported by now is
    taken out of garbage collection: Spark's workers collect after every task, which takes a tenth
    of a second with scikit-learn loaded.
    """
    gc.freeze()
    with threadpool_limits(1):
        yield


def taken(records: pa.Table, rows: Ints) -> pa.Table:
    """Some rows of a table; `features`, fixed in length, go through numpy, which is faster."""
    place = records.column_names.index("features")
    lists = feature_lists(features_of(records)[rows])
    rest = records.remove_column(place)
    if not rest.num_columns:  # a table without columns has no rows
        return pa.table({"features": lists})
    return rest.take(pa.array(rows)).add_column(place, "features", lists)


def packed(records: pa.Table) -> bytes:
    """A table as the bytes of an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, records.schema) as out:
        out.write_table(records)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream


def unpacked(payload: pa.Buffer) -> pa.Table:
    """The table that `packed` made bytes of, without copying it."""
    with pa.ipc.open_stream(payload) as stream:
        records: pa.Table = stream.read_all()
    return records


def features_of(records: pa.RecordBatch | pa.Table) -> Floats:
    """The `features` column (array of d doubles, no nulls) as an (n, d) matrix.

    -0.0 becomes 0.0, so that rows that compare equal are equal bit for bit.
    """
    column = records.column("features")
    lists = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(lists, pa.ChunkedArray):  # a table without rows combines to no chunk
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    flat = lists.flatten().to_numpy(zero_copy_only=False)
    matrix: Floats = flat.reshape(len(lists), -1) + 0.0
    return matrix


def feature_lists(features: Floats) -> pa.ListArray:
    """An (n, d) matrix as an Arrow column of lists."""
    n, d = features.shape
    offsets = pa.array(np.arange(n + 1, dtype=np.int64) * d, type=pa.int32())
    kind = pa.list_(pa.field("element", pa.float64(), nullable=False))
    return pa.ListArray.from_arrays(offsets, pa.array(features.reshape(-1)), type=kind)


def integers_of(records: pa.RecordBatch | pa.Table, name: str) -> Ints:
    """A non-null integer column as int64."""
    values: Ints = records.column(name).to_numpy().astype(np.int64, copy=False)
    return values


def ranks_of(records: pa.RecordBatch | pa.Table) -> Ints:
    """The `rank` of each record; 0 where records carry none."""
    if "rank" in records.schema.names:
        return integers_of(records, "rank")
    return np.zeros(records.num_rows, dtype=np.int64)


def rows_per_batch(dimensions: int) -> int:
    """Rows of this width that make up a batch."""
    return max(1, min(65_536, BYTES_PER_BATCH // (8 * dimensions)))

"""Exact search in a class of many buckets: each task compares its rows with all of the class.

A row is a base in the bucket of its key, and every task of the class receives a copy of it. There
the distinct rows go to local disk, and what tells them apart stays in memory; block by block they
pass by the rows that were drawn.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from spark_smote.kernels.bucket import BucketRows, Neighbourhoods, grouped
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.knn import Block, k_nearest_in_blocks
from spark_smote.kernels.mixing import Words, mix_rows
from spark_smote.plans.arrow import features_of, integers_of, packed, taken
from spark_smote.plans.layout import Layout
from spark_smote.plans.model import ClassModel

BYTES_PER_COPY = 256 << 10
"""Rows sent in one stream: each is sent to every task of the class."""

BYTES_PER_SPARK_ROW = 8 << 10
"""Spark hands rows to Python 10,000 at a time, however large they are. So a stream is followed by
empty rows, one for each of these, and what is handed over stays below 80 MiB."""

BYTES_HELD = 32 << 20
"""Rows that arrived, before they are written."""

BYTES_PER_BLOCK = 16 << 20
ROWS_PER_BLOCK = 65_536
"""Of a block that passes by, which is what is written and read at once."""

FILE = "rows.arrow"


def copies(records: pa.Table, partitions: npt.NDArray[np.int32]) -> Iterator[pa.RecordBatch]:
    """Records on their way to every task of their class: `partition int, records binary`."""
    rows = max(1, BYTES_PER_COPY * records.num_rows // max(records.nbytes, 1))
    for start in range(0, records.num_rows, rows):
        stream = packed(records.slice(start, rows))
        empty = len(stream) // BYTES_PER_SPARK_ROW
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(np.repeat(partitions, 1 + empty)),
                pa.array([stream, *[b""] * empty] * len(partitions), pa.binary()),
            ],
            ["partition", "records"],
        )


def whole_tasks(layout: Layout, models: Sequence[ClassModel]) -> dict[int, tuple[int, int]]:
    """The tasks that each search a whole class, with its code and their bucket of it."""
    first = [(number, parts[0]) for number, parts in enumerate(layout.slices)]
    return {n: (p.class_code, p.bucket) for n, p in first if models[p.class_code].everywhere}


@dataclass
class _Index:
    """Of each distinct row that arrived, in canonical order."""

    keys: Ints
    times: Ints
    words: Words
    """Two mixes of its features as searched, shape (n, 2): equal where it lies on one point."""
    places: Ints
    """When it was written: 0, 1, ..."""

    @classmethod
    def empty(cls) -> _Index:
        """Before any row."""
        none = np.zeros(0, dtype=np.int64)
        return cls(none, none, np.zeros((0, 2), dtype=np.uint64), none)

    def merged(self, other: _Index) -> _Index:
        """The rows of both, of which none is in both."""
        keys = np.concatenate([self.keys, other.keys])
        order = np.argsort(keys, kind="stable")
        return _Index(
            keys[order],
            np.concatenate([self.times, other.times])[order],
            np.concatenate([self.words, other.words])[order],
            np.concatenate([self.places, other.places])[order],
        )


class RowStore:
    """Takes in the distinct rows of a class, and keeps them on the local disk of a worker.

    Its file is gone when it is closed, and with the directories of the executor in any case.
    """

    def __init__(self, model: ClassModel) -> None:
        self.model = model
        self._index = _Index.empty()
        self._held: list[pa.Table] = []
        self._bytes = 0
        self._folder: TemporaryDirectory[str] | None = None
        self._writer: pa.ipc.RecordBatchFileWriter | None = None
        self._ends = [0]

    def __enter__(self) -> RowStore:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def empty(self) -> bool:
        """Whether nothing was added."""
        return not self._held and self._folder is None

    def add(self, records: pa.Table) -> None:
        """Take in records of the class; those of one row may come in any number of parts."""
        self._held.append(records)
        self._bytes += records.nbytes
        if self._bytes >= BYTES_HELD:
            self._write()

    def _write(self) -> None:
        """Write held rows that are new, in the order of their keys; count those that are not."""
        records = pa.concat_tables(self._held)
        self._held, self._bytes = [], 0
        keys, first, which = np.unique(
            integers_of(records, "key"), return_index=True, return_inverse=True
        )
        times = np.zeros(len(keys), dtype=np.int64)
        np.add.at(times, which, integers_of(records, "multiplicity"))
        known = self._index.keys
        at = np.searchsorted(known, keys)
        seen = at < len(known)
        seen[seen] = known[at[seen]] == keys[seen]
        self._index.times[at[seen]] += times[seen]
        fresh = np.flatnonzero(~seen)
        if not len(fresh):
            return
        contents = [n for n in records.column_names if n not in ("class", "key", "multiplicity")]
        rows = taken(records.select(contents), first[fresh])
        points = self.model.searched(features_of(rows))
        words = np.stack([mix_rows(points), mix_rows(points[:, ::-1])], axis=1)
        places = np.arange(len(fresh)) + len(known)
        self._index = self._index.merged(_Index(keys[fresh], times[fresh], words, places))
        self._append(rows)

    def _append(self, rows: pa.Table) -> None:
        if self._writer is None:
            self._folder = TemporaryDirectory(prefix="spark-smote-", dir=_local_folder())
            self._writer = pa.ipc.new_file(str(Path(self._folder.name) / FILE), rows.schema)
        size = max(1, min(ROWS_PER_BLOCK, BYTES_PER_BLOCK * rows.num_rows // rows.nbytes))
        for batch in rows.combine_chunks().to_batches(max_chunksize=size):
            self._writer.write_batch(batch)
            self._ends.append(self._ends[-1] + batch.num_rows)

    def whole_class(self, bucket: int) -> WholeClass:
        """All rows that were added, at least one; those of a bucket may be bases. Called once."""
        if self._held:
            self._write()
        if self._writer is None or self._folder is None:
            raise RuntimeError("a task received no row of the class that it is to search")
        self._writer.close()
        # read, not mapped: what is mapped counts as memory of the process
        file = pa.ipc.open_file(pa.OSFile(str(Path(self._folder.name) / FILE)))
        index, self._index = self._index, _Index.empty()  # its words are large, and needed no more
        features = np.zeros((len(index.keys), 0))  # they stay on disk
        home, _, _ = self.model.place(features, index.keys)
        rows = BucketRows(index.keys, features, index.times, home == bucket)
        points = grouped(index.words[:, 0], index.words)
        return WholeClass(self.model, file, np.array(self._ends), rows, index.places, points)


class WholeClass:
    """The distinct rows of a class in canonical order, their contents on disk.

    `around` tells which are near to which, once the points asked about were searched for.
    """

    def __init__(
        self,
        model: ClassModel,
        file: pa.ipc.RecordBatchFileReader,
        ends: Ints,
        rows: BucketRows,
        places: Ints,
        points: tuple[Ints, Ints],
    ) -> None:
        self.rows = rows
        """Without features."""
        self._model, self._file, self._ends, self._places = model, file, ends, places
        self.around = Neighbourhoods(*points, rows.multiplicity, self._nearest, self._codes)
        self._asked = np.zeros(0, dtype=np.int64)
        self._near = np.zeros((0, 0), dtype=np.int64)

    def search(self, points: Ints, k: int) -> None:
        """Search the k nearest points of some points (ascending): no others may be asked about."""
        if not len(points):
            return
        queries = self._searched(self.around.first_of_point[points])
        self._asked = points
        self._near, _ = k_nearest_in_blocks(
            queries,
            self._blocks(),
            min(k, self.around.points - 1),
            self._model.inverse_scale,
            own=points,
            nominal=self._model.nominal,
        )

    def records(self, rows: Ints) -> pa.Table:
        """Records of some rows, each asked for once, in that order."""
        tables, places = [], []
        for batch, held, which in self._batches(rows):
            tables.append(taken(batch, held))
            places.append(which)
        return taken(pa.concat_tables(tables), np.argsort(np.concatenate(places)))

    def _nearest(self, asked: Ints, width: int) -> Ints:
        return self._near[np.searchsorted(self._asked, asked), :width]

    def _codes(self, rows: Ints) -> Floats:
        return self._searched(rows, len(self._model.center))

    def _searched(self, rows: Ints, first: int = 0) -> Floats:
        """Features of some rows as searched, from the given column on."""
        nominal = self._model.nominal
        columns = len(self._model.center) + (nominal.columns if nominal else 0)
        out = np.empty((len(rows), columns - first))
        for batch, held, which in self._batches(rows):
            out[which] = self._model.searched(features_of(batch)[held])[:, first:]
        return out

    def _blocks(self) -> Iterator[Block]:
        """All points, batch by batch."""
        for batch, held, numbers in self._batches(self.around.first_of_point):
            yield Block(numbers, self._model.searched(features_of(batch)[held]))

    def _batches(self, rows: Ints) -> Iterator[tuple[pa.Table, Ints, Ints]]:
        """The batches with some rows: (batch, rows of it, ascending; which of `rows` these are)."""
        places = self._places[rows]
        order = np.argsort(places)
        edges = np.searchsorted(places[order], self._ends)
        for number in np.flatnonzero(np.diff(edges)):
            which = order[edges[number] : edges[number + 1]]
            batch = pa.Table.from_batches([self._file.get_batch(int(number))])
            yield batch, places[which] - self._ends[number], which


def _local_folder() -> str | None:
    """Where Spark lets workers keep files; None = where the system does."""
    folders = [path for path in os.environ.get("SPARK_LOCAL_DIRS", "").split(",") if path]
    usable = [path for path in folders if os.access(path, os.W_OK | os.X_OK)]
    return usable[os.getpid() % len(usable)] if usable else None

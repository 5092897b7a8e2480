"""Draws of new rows, and what it takes to draw again, as Arrow batches."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from pyspark.sql import types as T

from spark_smote.kernels.bucket import BucketRows, Neighbourhoods, draw
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.nominal import modes
from spark_smote.kernels.redraws import Redraws, tried_bases
from spark_smote.kernels.streams import stream
from spark_smote.plans.arrow import rows_per_batch
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.layout import Slice
from spark_smote.plans.parents import Parents, around_bucket, listed_neighbours, neighbours_at_hand
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.synthesise import made_rows

TRIES = 8
"""Draws from each base in a trial."""

ABOUT_DRAWS = {
    "slice": T.IntegerType(),
    "place": T.LongType(),
    "try": T.IntegerType(),
    "of": T.LongType(),
    "short": T.LongType(),
    "kin": T.BinaryType(),
}
"""Of a draw: slice, place in it, how manieth try, `of` how many that the slice makes in this round,
and by how many rows it is `short`. In rows that are no draws `of` is null where all they hold is
`kin` (see `Kin`), and 0 where they are new rows on their way."""


@dataclass(frozen=True)
class Kin:
    """The rows that the new ones of a slice can be made of."""

    records: pa.Table
    """`carry` and `id` of those rows, where they are needed."""
    features: Floats
    bases: Ints
    """Rows that are drawn from, shape (u,)."""
    times: Ints
    """How many equal rows each base stands for, shape (u,)."""
    lists: Ints
    """Their neighbours, shape (u, k); k is 0 where bases are copied."""
    which: Ints
    """The base of each place, then bases that are tried beyond those; indices into `bases`."""

    @staticmethod
    def gathered(inside: Bucket, bases: Ints, lists: Ints, which: Ints) -> Kin:
        """Of the rows of a bucket, those that are bases or among their neighbours."""
        needed, at = np.unique(np.append(bases, lists.ravel()), return_inverse=True)
        named = [name for name in ("carry", "id") if name in inside.records.column_names]
        along = inside.records.select(named)
        return Kin(
            along.take(pa.array(inside.sources[needed])).combine_chunks(),
            inside.rows.features[needed],
            at[: len(bases)],
            inside.rows.multiplicity[bases],
            at[len(bases) :].reshape(lists.shape),
            which,
        )

    def parents(self, places: Ints, slots: Ints, gaps: Floats, chances: Floats) -> Parents:
        """Parents of draws; chances decide between tied levels, shape (n, nominal columns)."""
        some, asked = np.unique(self.which[places], return_inverse=True)
        bases = self.bases[some][asked]
        if not self.lists.shape[1]:
            levels = np.repeat(bases[:, None], chances.shape[1], axis=1)
            return Parents(bases, bases, gaps, levels, alone=True)
        lists = self.lists[some]
        codes = self.features[:, self.features.shape[1] - chances.shape[1] :]
        return Parents(bases, lists[asked, slots], gaps, modes(codes, lists, asked, chances))


def carrier(schema: pa.Schema, number: int, kin: Kin) -> pa.RecordBatch:
    """The kin of a slice on their way to the next worker."""
    told = {
        "slice": pa.array([number], pa.int32()),
        "kin": pa.array([pickle.dumps(kin)], pa.binary()),
    }
    arrays = [told.get(each.name, pa.nulls(1, each.type)) for each in schema]
    return pa.RecordBatch.from_arrays(arrays, names=schema.names)


@dataclass(frozen=True)
class Drawing:
    """Makes draws in workers."""

    recipe: Recipe
    provenance: bool

    @cached_property
    def slices(self) -> list[Slice]:
        """All slices, in the order of their numbers."""
        return [part for parts in self.recipe.layout.slices for part in parts]

    @cached_property
    def _numbers(self) -> dict[Slice, int]:
        return {part: number for number, part in enumerate(self.slices)}

    def stream(self, purpose: str, part: Slice) -> np.random.Generator:
        """The random stream of a slice for a purpose."""
        of_class = self._task(part).stream
        return stream(self.recipe.seed, purpose, *of_class, part.bucket, part.number)

    def first(self, inside: Bucket, part: Slice) -> Iterator[pa.RecordBatch]:
        """The kin of a slice, then a draw for every place, and some from other bases.

        Places are drawn for as `plans.synthesise` does.
        """
        rows, number = inside.rows, self._numbers[part]
        count, k = part.quota + tried_bases(part.quota), self._neighbours(rows, part)
        others = self.stream("tried", part)
        drawn = draw(rows, part.quota, k, self.stream("draw", part))
        tried = draw(rows, count - part.quota, k, others)
        bases, which = np.unique(np.append(drawn.base_ids, tried.base_ids), return_inverse=True)
        kin = Kin.gathered(inside, bases, self._lists(rows, bases, part), which)
        width = self._nominal(part)
        chances = self.stream("mode", part).random((part.quota, width))
        parents = kin.parents(
            np.arange(count),
            np.append(drawn.slots, tried.slots),
            np.append(drawn.gaps, tried.gaps),
            np.concatenate([chances, others.random((count - part.quota, width))]),
        )
        step = rows_per_batch(rows.features.shape[1])
        for start in range(0, count, step):
            some = parents.taken(slice(start, start + step))
            places = np.arange(start, start + len(some.bases))
            about = places, np.zeros_like(places), (number, count, part.quota)
            batch = self._batch(kin, some, about, part)
            if start == 0:
                yield carrier(batch.schema, number, kin)
            yield batch

    def trial(self, inside: Bucket, part: Slice) -> Iterator[pa.RecordBatch]:
        """`TRIES` draws from each base of a bucket, whose place is the number of the base."""
        rows, number = inside.rows, self._numbers[part]
        bases = np.flatnonzero(rows.home)
        which, lists = np.arange(len(bases)), self._lists(rows, bases, part)
        kin = Kin.gathered(inside, bases, lists, which)
        random, total = self.stream("trial", part), TRIES * len(bases)
        step = max(1, rows_per_batch(rows.features.shape[1]) // TRIES)
        for start in range(0, len(bases), step):
            places = np.repeat(which[start : start + step], TRIES)
            about = places, np.zeros_like(places), (number, total, 0)
            yield self._batch(kin, self._drawn(kin, places, random, part), about, part)

    def again(
        self, kin: Kin, planned: Redraws, part: Slice, *, short: int
    ) -> Iterator[pa.RecordBatch]:
        """More draws for a slice."""
        random, number = self.stream("redraw", part), self._numbers[part]
        step = rows_per_batch(kin.features.shape[1])
        for start in range(0, planned.total, step):
            places, tries, lenders = planned.block(start, start + step)
            about = places, tries, (number, planned.total, short)
            yield self._batch(kin, self._drawn(kin, lenders, random, part), about, part)

    def _drawn(self, kin: Kin, places: Ints, random: np.random.Generator, part: Slice) -> Parents:
        """Parents from the bases of places, drawn anew."""
        slots = random.integers(0, max(kin.lists.shape[1], 1), size=len(places))
        gaps = random.random(len(places))
        return kin.parents(places, slots, gaps, random.random((len(places), self._nominal(part))))

    def _neighbours(self, rows: BucketRows, part: Slice) -> int:
        """How many neighbours bases of the bucket have."""
        k = neighbours_at_hand(self._around(rows, part), self.recipe, self._task(part))
        return min(k, int(rows.multiplicity.sum()) - 1)  # in a trial, buckets hold few rows

    def _lists(self, rows: BucketRows, bases: Ints, part: Slice) -> Ints:
        """The neighbours of bases."""
        k = self._neighbours(rows, part)
        if not k:
            return np.empty((len(bases), 0), dtype=np.int64)
        return listed_neighbours(self._around(rows, part), bases, k, self.recipe)

    def _around(self, rows: BucketRows, part: Slice) -> Neighbourhoods:
        return around_bucket(rows, self.recipe.models[part.class_code])

    def _task(self, part: Slice) -> ClassTask:
        return self.recipe.tasks[part.class_code]

    def _nominal(self, part: Slice) -> int:
        nominal = self.recipe.models[part.class_code].nominal
        return nominal.columns if nominal else 0

    def _batch(
        self,
        kin: Kin,
        parents: Parents,
        about: tuple[Ints, Ints, tuple[int, int, int]],
        part: Slice,
    ) -> pa.RecordBatch:
        """Draws; `about` them: places, tries, and what is the same for all (slice, of, short)."""
        places, tries, (number, of, short) = about
        everyone = np.arange(len(kin.features))
        given = kin.records, kin.features, everyone, self.recipe, part.class_code
        columns = made_rows(parents, *given, provenance=self.provenance)
        columns["slice"] = pa.array(np.full(len(places), number, dtype=np.int32))
        columns["place"] = pa.array(places, pa.int64())
        columns["try"] = pa.array(tries.astype(np.int32))
        columns["of"] = pa.array(np.full(len(places), of, dtype=np.int64))
        columns["short"] = pa.array(np.full(len(places), short, dtype=np.int64))
        columns["kin"] = pa.nulls(len(places), pa.binary())
        (batch,) = pa.table(columns).combine_chunks().to_batches()
        return batch

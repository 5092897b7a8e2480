"""Step 4: one task per group of buckets finds neighbours, draws, interpolates and emits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.kernels.bucket import (
    BucketRows,
    Draw,
    Neighbourhoods,
    draw,
    neighbourhoods,
    shared_bases,
)
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.interpolate import interpolate, interpolate_with_holes
from spark_smote.kernels.nominal import modes
from spark_smote.kernels.streams import stream
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.plans.arriving import stowed
from spark_smote.plans.arrow import ArrowFunction, features_of, rows_per_batch, worker
from spark_smote.plans.buckets import Bucket, buckets_of_tasks
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.exact import RowStore, WholeClass, whole_tasks
from spark_smote.plans.hashing import send_to_tasks
from spark_smote.plans.layout import ROWS_PER_SLICE, Layout, Slice
from spark_smote.plans.model import ClassModel
from spark_smote.plans.records import id_column, streamed, usable_rows
from spark_smote.plans.table import KEY_COLUMN, PROVENANCE_COLUMNS, Table, label_literal
from spark_smote.plans.vectors import stored
from spark_smote.results import LabelValue

ENTRIES_AT_ONCE = 1 << 22
"""Bases whose lists are made at once, times k squared: 32 MiB an array."""

BYTES_FETCHED = 64 << 20
"""Features of rows that are brought from disk at once."""


@dataclass(frozen=True)
class Recipe:
    """All that workers need to make the new rows; plain arrays, no session."""

    tasks: tuple[ClassTask, ...]
    models: tuple[ClassModel, ...]
    layout: Layout
    seed: int
    distinct: bool = False
    """Whether only distinct rows are neighbours, each counted once."""
    conditions: tuple[str, ...] = ()
    """SQL that every new row meets; then `plans.redraw.constrained` makes them."""


def synthesise(table: Table, recipe: Recipe, records: DataFrame | None) -> DataFrame:
    """The new rows, in the columns of the original table (under neutral names).

    With provenance three more: `base_id`, `neighbour_id` and `gap`.

    Parameters
    ----------
    records : DataFrame
        `plans.records.class_records` of the classes that receive rows; None if none does.
    """
    labels = [task.label for task in recipe.tasks]
    if records is None or not recipe.layout.task_count:
        return no_rows(table)
    sent = send_to_tasks(records, recipe.models, recipe.layout)
    provenance = table.request.provenance
    emit_slice = partial(slice_rows, recipe=recipe, provenance=provenance)
    # one row = a new row; `carry` as real rows had it, ids those of base and neighbour
    emit = emitter(recipe.layout, emit_slice)
    if whole_tasks(recipe.layout, recipe.models):
        emit = _whole_emitter(recipe, provenance, emit_slice)
    emitted = sent.mapInArrow(emit, emitted_schema(table, labels))
    return emitted.select(*restored(table, labels, provenance))


def no_rows(table: Table) -> DataFrame:
    """New rows of a method that makes none, in the same columns."""
    columns = [table.original(i) for i in range(len(table.schema))]
    none = table.frame.filter(F.lit(False))
    if not table.request.provenance:
        return none.select(*columns)
    ids = id_column(table)
    named = zip((ids, ids, F.lit(0.0)), PROVENANCE_COLUMNS, strict=True)
    return none.select(*columns, *[column.alias(name) for column, name in named])


def emitted_schema(table: Table, labels: Sequence[LabelValue]) -> T.StructType:
    """What workers emit of a new row."""
    types = {field.name: field.dataType for field in usable_rows(table, labels).schema}
    array = T.ArrayType(T.DoubleType(), containsNull=False)
    fields = [
        T.StructField("class", T.IntegerType()),
        T.StructField("features", VectorUDT() if table.vectors else array, nullable=False),
    ]
    if "carry" in types:
        fields.append(T.StructField("carry", types["carry"], nullable=False))
    if table.request.provenance:
        fields += [
            T.StructField("base_id", types["id"]),
            T.StructField("neighbour_id", types["id"]),
            T.StructField("gap", T.DoubleType()),
        ]
    return T.StructType(fields)


SliceRows = Callable[[Bucket, Slice], Iterator[pa.RecordBatch]]
"""What a worker emits for a slice, given the rows of its bucket."""


def emitter(layout: Layout, slice_rows: SliceRows) -> ArrowFunction:
    """The worker that receives what `send_to_tasks` sends, and goes through its slices."""

    def emit(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            yield from _through_slices(streamed(batches), layout, slice_rows)

    return emit


def _through_slices(
    streams: Iterable[pa.Table], layout: Layout, slice_rows: SliceRows
) -> Iterator[pa.RecordBatch]:
    for inside in buckets_of_tasks(streams, layout):
        for part in inside.slices:
            yield from slice_rows(inside, part)


def _whole_emitter(recipe: Recipe, provenance: bool, slice_rows: SliceRows) -> ArrowFunction:
    """The same where some of the tasks each search a whole class."""
    whole = whole_tasks(recipe.layout, recipe.models)

    def emit(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker(), ExitStack() as stack:
            stores = {
                task: stack.enter_context(RowStore(recipe.models[code]))
                for task, (code, _) in whole.items()
            }
            others = stowed(batches, recipe.layout, stores)
            yield from _through_slices(others, recipe.layout, slice_rows)
            for task, store in stores.items():
                if not store.empty:
                    rows = store.whole_class(whole[task][1])
                    yield from _exact_rows(rows, recipe, recipe.layout.slices[task], provenance)

    return emit


@dataclass(frozen=True)
class Parents:
    """Which rows of a bucket some new ones are made of."""

    bases: Ints
    neighbours: Ints
    gaps: Floats
    levels: Ints
    """Whose levels they take, shape (q, nominal columns)."""
    alone: bool = False
    """Whether no one neighbour is a parent beside the base."""
    far: Floats | None = None
    """The neighbours' features, where bases took neighbours along that may be elsewhere."""
    far_ids: pa.Array | None = None
    """Their ids, with provenance."""

    def taken(self, some: slice) -> Parents:
        """Those of some of the new rows."""
        names = "bases", "neighbours", "gaps", "levels", "far", "far_ids"
        held = {name: getattr(self, name) for name in names}
        return replace(self, **{n: each[some] for n, each in held.items() if each is not None})

    def among(self, rows: Ints) -> Parents:
        """The same, as places in an ascending selection of the rows."""
        return replace(
            self,
            bases=np.searchsorted(rows, self.bases),
            neighbours=np.searchsorted(rows, self.neighbours),
            levels=np.searchsorted(rows, self.levels),
        )


def neighbours_at_hand(around: Neighbourhoods, recipe: Recipe, task: ClassTask) -> int:
    """How many neighbours a base has; 0 where bases are copied."""
    if task.method != "smote":
        return 0
    return min(task.k, around.points - 1) if recipe.distinct else task.k


def listed_neighbours(around: Neighbourhoods, bases: Ints, k: int, recipe: Recipe) -> Ints:
    """The k nearest neighbours of each base, shape (u, k)."""
    listed = around.distinct_lists if recipe.distinct else around.lists
    step = max(1, ENTRIES_AT_ONCE // (k * k))
    blocks = [bases[start : start + step] for start in range(0, len(bases), step)]
    return np.concatenate([listed(block, k) for block in blocks])


def _drawn(rows: BucketRows, recipe: Recipe, part: Slice, k: int, ranks: Ints | None) -> Draw:
    """Draw; ranks are asked about where not all rows of the class are bases alike."""
    task = recipe.tasks[part.class_code]
    random = stream(recipe.seed, "draw", *task.stream, part.bucket, part.number)
    if ranks is None or task.ranked is None:
        return draw(rows, part.quota, k, random)
    shares = recipe.layout.shares[part.class_code]
    if shares is None:
        able = rows.home & (np.array(task.ranked.weights)[ranks] > 0)
        return draw(replace(rows, home=able), part.quota, k, random)
    each, extra = np.array(shares.each), shares.extra[part.bucket]
    start = part.number * ROWS_PER_SLICE
    bases = shared_bases(rows, ranks, each, extra, start, part.quota)
    return draw(rows, part.quota, k, random, bases)


def _parents(
    rows: BucketRows,
    around: Neighbourhoods,
    recipe: Recipe,
    part: Slice,
    ranks: Ints | None = None,
) -> Parents:
    """Draw and search."""
    task, nominal = recipe.tasks[part.class_code], recipe.models[part.class_code].nominal
    k = neighbours_at_hand(around, recipe, task)
    drawn = _drawn(rows, recipe, part, k, ranks)
    levels = np.repeat(drawn.base_ids[:, None], nominal.columns if nominal else 0, axis=1)
    if k == 0:
        return Parents(drawn.base_ids, drawn.base_ids, drawn.gaps, levels, alone=True)
    if nominal is None and not recipe.distinct:
        neighbours = around.chosen(drawn.base_ids, drawn.slots, k)
        return Parents(drawn.base_ids, neighbours, drawn.gaps, levels)
    bases, which = np.unique(drawn.base_ids, return_inverse=True)
    lists = listed_neighbours(around, bases, k, recipe)
    if isinstance(nominal, ValueDifference):
        # the base has a vote, and the lowest of the levels that tie has a chance of 1
        lists = np.concatenate([bases[:, None], lists], axis=1)
        chances = np.zeros((len(bases), nominal.columns))
        won = _modes(around, lists, np.arange(len(bases)), chances)[which]
        return Parents(drawn.base_ids, drawn.base_ids, drawn.gaps, won, alone=True)
    if nominal is not None:
        of_slice = *task.stream, part.bucket, part.number
        chances = stream(recipe.seed, "mode", *of_slice).random(levels.shape)
        levels = _modes(around, lists, which, chances)
    return Parents(drawn.base_ids, lists[which, drawn.slots], drawn.gaps, levels)


def _modes(around: Neighbourhoods, lists: Ints, which: Ints, chances: Floats) -> Ints:
    """The rows of some lists whose levels are the most frequent there, shape of `chances`."""
    listed, places = np.unique(lists, return_inverse=True)
    won: Ints = listed[modes(around.codes(listed), places.reshape(lists.shape), which, chances)]
    return won


def _parents_along(inside: Bucket, recipe: Recipe, part: Slice) -> Parents:
    """Draw among the neighbours that bases took along; half a step at most to other classes."""
    task = recipe.tasks[part.class_code]
    of_slice = *task.stream, part.bucket, part.number
    drawn = _drawn(inside.rows, recipe, part, task.k, inside.ranks)
    half = 0.5 * stream(recipe.seed, "half step", *of_slice).random(part.quota)
    lists = inside.records.column("near_other").combine_chunks()
    first = lists.offsets.to_numpy()[:-1].astype(np.int64)
    place = first[inside.sources[drawn.base_ids]] + drawn.slots
    differs = lists.values.to_numpy(zero_copy_only=False)[place]
    features = inside.records.column("near_features").combine_chunks().values.to_numpy()
    ids = None
    if "near_id" in inside.records.column_names:
        ids = inside.records.column("near_id").combine_chunks().values.take(pa.array(place))
    return Parents(
        bases=drawn.base_ids,
        neighbours=drawn.base_ids,
        gaps=drawn.gaps * np.where(differs, half, 1.0),
        levels=np.zeros((part.quota, 0), dtype=np.int64),
        far=features.reshape(len(lists.values), -1)[place] + 0.0,
        far_ids=ids,
    )


def slice_rows(
    inside: Bucket, part: Slice, recipe: Recipe, provenance: bool
) -> Iterator[pa.RecordBatch]:
    """The new rows of a slice, batch by batch."""
    rows, task, model = inside.rows, recipe.tasks[part.class_code], recipe.models[part.class_code]
    if "near_other" in inside.records.column_names and task.method == "smote":
        parents = _parents_along(inside, recipe, part)
    else:
        parents = _parents(rows, around_bucket(rows, model), recipe, part, inside.ranks)
    given = inside.records, rows.features, inside.sources
    yield from _batches(parents, *given, recipe, part.class_code, provenance=provenance)


def around_bucket(rows: BucketRows, model: ClassModel) -> Neighbourhoods:
    """Which rows of a bucket are near to which, as the search sees them."""
    seen = replace(rows, features=model.searched(rows.features))
    return neighbourhoods(seen, model.inverse_scale, model.nominal)


def _exact_rows(
    whole: WholeClass, recipe: Recipe, slices: Sequence[Slice], provenance: bool
) -> Iterator[pa.RecordBatch]:
    """The new rows of a task that searches a whole class: once, for all of its slices."""
    task, model = recipe.tasks[slices[0].class_code], recipe.models[slices[0].class_code]
    around, rows = whole.around, whole.rows
    k = neighbours_at_hand(around, recipe, task)
    asked = np.zeros(around.points, dtype=bool)
    for part in slices if k else ():
        drawn = _drawn(rows, recipe, part, k, None)
        # a list is made from one slot on, or whole
        slots = drawn.slots if model.nominal is None else np.full(part.quota, k - 1)
        far = around.searched_for(drawn.base_ids, slots) | recipe.distinct
        asked[around.point_of[drawn.base_ids[far]]] = True
    whole.search(np.flatnonzero(asked), k)
    levels = model.nominal.columns if model.nominal else 0
    step = max(1, BYTES_FETCHED // (8 * model.width * (2 + levels)))
    for part in slices:
        parents = _parents(rows, around, recipe, part)
        for start in range(0, part.quota, step):
            some = parents.taken(slice(start, start + step))
            needed = np.unique(np.concatenate([some.bases, some.neighbours, some.levels.ravel()]))
            records = whole.records(needed)
            given = records, features_of(records), np.arange(len(needed))
            yield from _batches(
                some.among(needed), *given, recipe, part.class_code, provenance=provenance
            )


def _batches(
    parents: Parents,
    records: pa.Table,
    features: Floats,
    sources: Ints,
    recipe: Recipe,
    code: int,
    *,
    provenance: bool,
) -> Iterator[pa.RecordBatch]:
    """New rows, batch by batch (see `made_rows`)."""
    step = rows_per_batch(features.shape[1])
    for start in range(0, len(parents.bases), step):
        some = parents.taken(slice(start, start + step))
        columns = made_rows(some, records, features, sources, recipe, code, provenance=provenance)
        yield from pa.table(columns).combine_chunks().to_batches()


def made_rows(
    parents: Parents,
    records: pa.Table,
    features: Floats,
    sources: Ints,
    recipe: Recipe,
    code: int,
    *,
    provenance: bool,
) -> dict[str, pa.Array]:
    """The columns of new rows, as in `emitted_schema`.

    Parameters
    ----------
    records : Table
        `carry` and `id` of real rows, where they are needed.
    features : float64, shape (n, d)
        Of the rows of a bucket.
    sources : int64, shape (n,)
        Of each of them, one of the records.
    code : int
        Of the class.
    """
    task, model = recipe.tasks[code], recipe.models[code]
    base, neighbour, gap = parents.bases, parents.neighbours, parents.gaps
    between = interpolate if model.medians is None else interpolate_with_holes
    values = features[:, : len(model.center)]
    other = values[neighbour] if parents.far is None else parents.far
    made = between(values[base], other, gap)
    out = {
        "class": pa.array(np.full(len(base), task.code, dtype=np.int32)),
        "features": stored(made, task.storage),
    }
    if "carry" in records.column_names:
        carried = records.column("carry")
        out["carry"] = _along(carried, sources[base], sources[parents.levels])
    if provenance:
        ids = records.column("id")
        alone = np.full(len(base), parents.alone)
        out["base_id"] = ids.take(pa.array(sources[base]))
        out["neighbour_id"] = (
            ids.take(pa.array(sources[neighbour], mask=alone))
            if parents.far_ids is None
            else parents.far_ids
        )
        out["gap"] = pa.array(gap, mask=alone)
    return out


def _along(carried: pa.ChunkedArray, bases: Ints, levels: Ints) -> pa.StructArray:
    """What new rows hold of real ones: copied columns of their bases, then levels."""
    held = pa.Table.from_struct_array(carried)
    copied = held.num_columns - levels.shape[1]
    givers = [bases] * copied + [*levels.T]
    values = [
        column.take(pa.array(rows)).combine_chunks()
        for column, rows in zip(held.columns, givers, strict=True)
    ]
    return pa.StructArray.from_arrays(values, fields=list(held.schema))


def restored(table: Table, labels: Sequence[object], provenance: bool) -> list[Column]:
    """Every original column of new rows, in its own type, in order."""
    row_of = {position: row for row, position in enumerate(table.inputs)}
    columns = []
    for position, field in enumerate(table.schema):
        if position == table.label:
            value = _label(table, labels)
        elif position in row_of:
            value = table.restored(position, F.col("features"), row_of[position])
        elif position in table.taken_along:
            value = table.carried(position)
        else:
            value = F.lit(None).cast(field.dataType)
        columns.append(value.alias(f"c{position}", metadata=field.metadata))
    return columns + ([F.col(n) for n in PROVENANCE_COLUMNS] if provenance else [])


def _label(table: Table, labels: Sequence[object]) -> Column:
    field = table.schema[table.label]
    literals = [label_literal(label, field.dataType) for label in labels]
    # the first literal is never reached, and makes the column non-nullable where the label is
    return F.coalesce(F.array(*literals)[F.col("class")], literals[0])


def with_originals(table: Table, originals: DataFrame, synthetic: DataFrame) -> DataFrame:
    """Originals, untouched, and new rows, told apart by the synthetic column.

    Parameters
    ----------
    originals : DataFrame
        The rows of the table that stay, under its neutral names.
    synthetic : DataFrame
        What `synthesise` made.
    """
    request = table.request
    names = [field.name for field in table.schema]
    real = [table.original(i) for i in range(len(names))]
    new = [F.col(f"c{i}") for i in range(len(names))]

    def add(name: str, of_real: Column, of_new: Column) -> None:
        names.append(name)
        real.append(of_real.alias(f"c{len(names)}"))
        new.append(of_new.alias(f"c{len(names)}"))

    if request.provenance and table.id is None:
        add(KEY_COLUMN, table.key, F.lit(None).cast("bigint"))
    if request.synthetic_col:
        add(request.synthetic_col, F.lit(False), F.lit(True))
    if request.provenance:
        kind = T.LongType() if table.id is None else table.schema[table.id].dataType
        for name, type_ in zip(PROVENANCE_COLUMNS, (kind, kind, T.DoubleType()), strict=True):
            add(name, F.lit(None).cast(type_), F.col(name))
    return originals.select(*real).union(synthetic.select(*new)).toDF(*names)

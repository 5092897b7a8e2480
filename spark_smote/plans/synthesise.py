"""Step 4: one task per group of buckets finds neighbours, draws, interpolates and emits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.interpolate import interpolate, interpolate_with_holes, mirrored
from spark_smote.plans.arriving import stowed
from spark_smote.plans.arrow import ArrowFunction, features_of, rows_per_batch, worker
from spark_smote.plans.buckets import Bucket, buckets_of_tasks
from spark_smote.plans.exact import RowStore, WholeClass, whole_tasks
from spark_smote.plans.hashing import send_to_tasks
from spark_smote.plans.layout import Layout, Slice
from spark_smote.plans.parents import (
    Parents,
    around_bucket,
    draw_slice,
    neighbours_at_hand,
    parents_along,
    parents_of,
)
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.records import id_column, streamed, usable_rows
from spark_smote.plans.table import (
    KEY_COLUMN,
    PROVENANCE_COLUMNS,
    Table,
    label_literal,
    opaque,
)
from spark_smote.plans.vectors import stored
from spark_smote.results import LabelValue

BYTES_FETCHED = 64 << 20
"""Features of rows that are brought from disk at once."""


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
    none = table.frame.filter(F.lit(False))
    if not table.request.provenance:
        return none.select(*table.originals)
    ids = id_column(table)
    named = zip((ids, ids, F.lit(0.0)), PROVENANCE_COLUMNS, strict=True)
    return opaque(none.select(*table.originals, *[column.alias(name) for column, name in named]))


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


def slice_rows(
    inside: Bucket, part: Slice, recipe: Recipe, provenance: bool
) -> Iterator[pa.RecordBatch]:
    """The new rows of a slice, batch by batch."""
    rows, task, model = inside.rows, recipe.tasks[part.class_code], recipe.models[part.class_code]
    if "near_other" in inside.records.column_names and task.method == "smote":
        parents = parents_along(inside, recipe, part)
    else:
        parents = parents_of(rows, around_bucket(rows, model), recipe, part, inside.ranks)
    given = inside.records, rows.features, inside.sources
    yield from _batches(parents, *given, recipe, part.class_code, provenance=provenance)


def _exact_rows(
    whole: WholeClass, recipe: Recipe, slices: Sequence[Slice], provenance: bool
) -> Iterator[pa.RecordBatch]:
    """The new rows of a task that searches a whole class: once, for all of its slices."""
    task, model = recipe.tasks[slices[0].class_code], recipe.models[slices[0].class_code]
    around, rows = whole.around, whole.rows
    k = neighbours_at_hand(around, recipe, task)
    asked = np.zeros(around.points, dtype=bool)
    for part in slices if k else ():
        drawn = draw_slice(rows, recipe, part, k, None)
        # a list is made from one slot on, or whole
        slots = drawn.slots if model.nominal is None else np.full(part.quota, k - 1)
        far = around.searched_for(drawn.base_ids, slots) | recipe.distinct
        asked[around.point_of[drawn.base_ids[far]]] = True
    whole.search(np.flatnonzero(asked), k)
    levels = model.nominal.columns if model.nominal else 0
    step = max(1, BYTES_FETCHED // (8 * model.width * (2 + levels)))
    for part in slices:
        parents = parents_of(rows, around, recipe, part)
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
    if (away := gap < 0).any():
        other[away] = mirrored(values[base[away]], other[away])
    made = between(values[base], other, np.abs(gap))
    made = made if recipe.ranges is None else recipe.ranges.keeping(made)
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
            value = table.restored(position, row_of[position])
        elif position in table.taken_along:
            value = table.carried(position)
        else:
            value = F.lit(None).cast(field.dataType)
        columns.append(value.alias(f"c{position}", metadata=field.metadata or None))
    return columns + ([F.col(n) for n in PROVENANCE_COLUMNS] if provenance else [])


def _label(table: Table, labels: Sequence[object]) -> Column:
    field = table.schema[table.label]
    literals = [label_literal(label, field.dataType) for label in labels]
    # the first literal is never reached, and makes the column non-nullable where the label is
    return F.coalesce(F.array(*literals)[F.col("class")], literals[0])


def with_originals(table: Table, kept: DataFrame | None, synthetic: DataFrame) -> DataFrame:
    """Originals, untouched, and new rows, told apart by the synthetic column.

    Parameters
    ----------
    kept : DataFrame or None
        The rows of the table that stay, under its neutral names; None if all do.
    synthetic : DataFrame
        What `synthesise` made.
    """
    request, width = table.request, len(table.schema)
    added: list[tuple[str, Column, Column]] = []  # name, value of originals, value of new rows
    keyed = request.provenance and table.id is None
    if keyed:
        added.append((KEY_COLUMN, table.key, F.lit(None).cast("bigint")))
    if request.synthetic_col:
        added.append((request.synthetic_col, F.lit(False), F.lit(True)))
    if request.provenance:
        kind = T.LongType() if table.id is None else table.schema[table.id].dataType
        for name, type_ in zip(PROVENANCE_COLUMNS, (kind, kind, T.DoubleType()), strict=True):
            added.append((name, F.lit(None).cast(type_), F.col(name)))
    new = synthetic.select(*[f"c{i}" for i in range(width)], *[each[2] for each in added])
    if kept is None and table.given is not None and not keyed and not table.retyped:
        # as they come: under neutral names, writing millions took a seventh to a third longer
        marks = [value.alias(name) for name, value, _ in added]
        return table.given.select("*", *marks).union(new)
    marks = [value.alias(f"c{width + i}") for i, (_, value, _) in enumerate(added)]
    rows = table.frame if kept is None else kept
    rows = rows.select(*table.originals, *marks)
    if keyed or kept is not None:  # that a key is a hash of all columns is a condition on them too
        rows = opaque(rows)
    return rows.union(new).toDF(*table.schema.names, *[name for name, _, _ in added])

"""Step 4: one task per group of buckets finds neighbours, draws, interpolates and emits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark.ml.linalg import VectorUDT
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.kernels.bucket import (
    BucketRows,
    Draw,
    chosen_neighbours,
    distinct_lists,
    distinct_points,
    draw,
    neighbour_lists,
    shared_bases,
)
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.interpolate import interpolate, interpolate_with_holes
from spark_smote.kernels.nominal import modes
from spark_smote.kernels.streams import stream
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.plans.arrow import ArrowFunction, rows_per_batch, worker
from spark_smote.plans.buckets import Bucket, buckets_of_tasks
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.hashing import send_to_tasks
from spark_smote.plans.layout import ROWS_PER_SLICE, Layout, Slice
from spark_smote.plans.model import ClassModel
from spark_smote.plans.records import id_column, usable_rows
from spark_smote.plans.table import KEY_COLUMN, PROVENANCE_COLUMNS, Table, label_literal
from spark_smote.plans.vectors import stored

ENTRIES_AT_ONCE = 1 << 22
"""Bases whose lists are made at once, times k squared: 32 MiB an array."""


@dataclass(frozen=True)
class Recipe:
    """All that workers need to make the new rows; plain arrays, no session."""

    tasks: tuple[ClassTask, ...]
    models: tuple[ClassModel, ...]
    layout: Layout
    seed: int
    distinct: bool = False
    """Whether only distinct rows are neighbours, each counted once."""


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
    schema = emitted_schema(usable_rows(table, labels).schema, table)
    # one row = a new row; `carry` as real rows had it, ids those of base and neighbour
    emitted = sent.mapInArrow(_emitter(recipe, provenance), schema)
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


def emitted_schema(rows: T.StructType, table: Table) -> T.StructType:
    """The columns in which workers hand out new rows; `rows` is the schema of `usable_rows`."""
    types = {field.name: field.dataType for field in rows}
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


def _emitter(recipe: Recipe, provenance: bool) -> ArrowFunction:
    def emit(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            for inside in buckets_of_tasks(batches, recipe.layout):
                for part in inside.slices:
                    yield from slice_rows(inside, recipe, part, provenance)

    return emit


@dataclass(frozen=True)
class _Parents:
    """Which rows of a bucket the new ones of a slice are made of."""

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


def _parents(rows: BucketRows, recipe: Recipe, part: Slice, ranks: Ints | None = None) -> _Parents:
    """Draw and search."""
    task, model = recipe.tasks[part.class_code], recipe.models[part.class_code]
    of_slice = *task.stream, part.bucket, part.number
    rows = replace(rows, features=model.searched(rows.features))
    nominal, k = model.nominal, task.k
    if recipe.distinct:
        k = min(k, len(distinct_points(rows.features)[1]) - 1)
    random = stream(recipe.seed, "draw", *of_slice)
    if ranks is None or task.ranked is None:
        drawn = draw(rows, part.quota, k, random)
    else:
        drawn = _drawn_by_rank(rows, ranks, recipe, part, k, random)
    levels = np.repeat(drawn.base_ids[:, None], nominal.columns if nominal else 0, axis=1)
    if task.method != "smote" or k == 0:
        return _Parents(drawn.base_ids, drawn.base_ids, drawn.gaps, levels, alone=True)
    metric = model.inverse_scale, nominal
    if nominal is None and not recipe.distinct:
        neighbours = chosen_neighbours(rows, drawn.base_ids, drawn.slots, k, *metric)
        return _Parents(drawn.base_ids, neighbours, drawn.gaps, levels)
    bases, which = np.unique(drawn.base_ids, return_inverse=True)
    listed = distinct_lists if recipe.distinct else neighbour_lists
    step = max(1, ENTRIES_AT_ONCE // (k * k))
    blocks = [bases[start : start + step] for start in range(0, len(bases), step)]
    lists = np.concatenate([listed(rows, block, k, *metric) for block in blocks])
    if isinstance(nominal, ValueDifference):
        # the base has a vote, and the lowest of the levels that tie has a chance of 1
        lists = np.concatenate([bases[:, None], lists], axis=1)
        certain = np.zeros((len(bases), nominal.columns))
        levels = modes(rows.features, lists, np.arange(len(bases)), certain)[which]
        return _Parents(drawn.base_ids, drawn.base_ids, drawn.gaps, levels, alone=True)
    if nominal is not None:
        chances = stream(recipe.seed, "mode", *of_slice).random(levels.shape)
        levels = modes(rows.features[:, -nominal.columns :], lists, which, chances)
    return _Parents(drawn.base_ids, lists[which, drawn.slots], drawn.gaps, levels)


def _parents_along(inside: Bucket, recipe: Recipe, part: Slice) -> _Parents:
    """Draw among the neighbours that bases took along; half a step at most to other classes."""
    task = recipe.tasks[part.class_code]
    of_slice = *task.stream, part.bucket, part.number
    random = stream(recipe.seed, "draw", *of_slice)
    drawn = _drawn_by_rank(inside.rows, inside.ranks, recipe, part, task.k, random)
    half = 0.5 * stream(recipe.seed, "half step", *of_slice).random(part.quota)
    lists = inside.records.column("near_other").combine_chunks()
    first = lists.offsets.to_numpy()[:-1].astype(np.int64)
    place = first[inside.sources[drawn.base_ids]] + drawn.slots
    differs = lists.values.to_numpy(zero_copy_only=False)[place]
    features = inside.records.column("near_features").combine_chunks().values.to_numpy()
    ids = None
    if "near_id" in inside.records.column_names:
        ids = inside.records.column("near_id").combine_chunks().values.take(pa.array(place))
    return _Parents(
        bases=drawn.base_ids,
        neighbours=drawn.base_ids,
        gaps=drawn.gaps * np.where(differs, half, 1.0),
        levels=np.zeros((part.quota, 0), dtype=np.int64),
        far=features.reshape(len(lists.values), -1)[place] + 0.0,
        far_ids=ids,
    )


def _drawn_by_rank(
    rows: BucketRows, ranks: Ints, recipe: Recipe, part: Slice, k: int, random: np.random.Generator
) -> Draw:
    """Draw where not all rows of the class are bases alike."""
    standing, shares = recipe.tasks[part.class_code].standing, recipe.layout.shares[part.class_code]
    if shares is None:
        able = rows.home & (np.array(standing.weights)[ranks] > 0)
        return draw(replace(rows, home=able), part.quota, k, random)
    each, extra = np.array(shares.each), shares.extra[part.bucket]
    start = part.number * ROWS_PER_SLICE
    bases = shared_bases(rows, ranks, each, extra, start, part.quota)
    return draw(rows, part.quota, k, random, bases)


def slice_rows(
    inside: Bucket, recipe: Recipe, part: Slice, provenance: bool
) -> Iterator[pa.RecordBatch]:
    """The new rows of a slice, batch by batch."""
    records, rows, sources = inside.records, inside.rows, inside.sources
    task, model = recipe.tasks[part.class_code], recipe.models[part.class_code]
    if "near_other" in records.column_names and task.method == "smote":
        parents = _parents_along(inside, recipe, part)
    else:
        parents = _parents(rows, recipe, part, inside.ranks)
    values = rows.features[:, : len(model.center)]
    step = rows_per_batch(rows.features.shape[1])
    between = interpolate if model.medians is None else interpolate_with_holes
    for start in range(0, part.quota, step):
        some = slice(start, start + step)
        base, neighbour, gap = parents.bases[some], parents.neighbours[some], parents.gaps[some]
        other = values[neighbour] if parents.far is None else parents.far[some]
        made = between(values[base], other, gap)
        columns = {
            "class": pa.array(np.full(len(base), task.code, dtype=np.int32)),
            "features": stored(made, task.storage),
        }
        if "carry" in records.column_names:
            carried = records.column("carry")
            columns["carry"] = _along(carried, sources[base], sources[parents.levels[some]])
        if provenance:
            ids = records.column("id")
            alone = np.full(len(base), parents.alone)
            columns["base_id"] = ids.take(pa.array(sources[base]))
            columns["neighbour_id"] = (
                ids.take(pa.array(sources[neighbour], mask=alone))
                if parents.far_ids is None
                else parents.far_ids[some]
            )
            columns["gap"] = pa.array(gap, mask=alone)
        yield from pa.table(columns).combine_chunks().to_batches()


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

"""Small strata: many share a task, in which each is searched exactly and by itself.

Rows and quotas meet there, in the one shuffle; what a stratum makes depends on its own rows, its
identity and the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_smote.kernels.bucket import canonical_rows
from spark_smote.kernels.distances import Ints
from spark_smote.kernels.mixing import Words
from spark_smote.plans.arrow import (
    BYTES_PER_BATCH,
    ArrowFunction,
    features_of,
    integers_of,
    taken,
    worker,
)
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.groups.identity import group_keys
from spark_smote.plans.groups.large import GroupSettings
from spark_smote.plans.groups.quotas import FATES, Rules
from spark_smote.plans.groups.strata import Strata, passing
from spark_smote.plans.groups.summary import Summary, is_large
from spark_smote.plans.hashing import BYTES_SENT_AT_ONCE, streams_by_task
from spark_smote.plans.id_like import id_like_notices, possible_ids
from spark_smote.plans.layout import ROWS_PER_SLICE, Slice, lay_out, partition_keys
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.records import merged_records, packer, streamed, usable_rows
from spark_smote.plans.sample import ClassSample, sample_classes
from spark_smote.plans.synthesise import emitted_schema, restored, slice_rows
from spark_smote.plans.table import Table, label_literal
from spark_smote.results import LabelValue, Notice

STRATA_PER_TASK = 4_096
ROWS_PER_TASK = 65_536
BYTES_PER_TASK = 32 << 20
NEW_ROWS_PER_TASK = 262_144
"""What a task receives and makes on average. Strata are spread by chance, so that some receive
more: about twice as much at worst, as long as no stratum has more than an eighth of it."""

SAMPLED_FOR_IDS = 40_000
"""Rows of all classes together among which columns of ids would be seen."""


@dataclass(frozen=True)
class SmallStrata:
    """All that workers need to make the new rows of small strata."""

    labels: tuple[LabelValue, ...]
    tasks: int
    large: Strata
    """Those that are made elsewhere, in order."""
    settings: GroupSettings
    recipe: Recipe
    """Without tasks and models: each stratum has its own."""
    provenance: bool
    storage: str
    """`array`, or `vector`: dense, or sparse where all of a stratum are."""

    @classmethod
    def of(
        cls,
        table: Table,
        labels: tuple[LabelValue, ...],
        summary: Summary,
        large: Strata,
        settings: GroupSettings,
    ) -> SmallStrata:
        """Those that a summary counts as small."""
        return cls(
            labels=labels,
            tasks=task_count(summary, settings.dimensions),
            large=large,
            settings=settings,
            recipe=Recipe((), (), lay_out((), (), ()), settings.seed, settings.distinct),
            provenance=table.request.provenance,
            storage="vector" if table.vectors else "array",
        )


def task_count(summary: Summary, width: int) -> int:
    """How many tasks the small strata are spread over."""
    strata, rows, new_rows = summary.small
    needed = (
        strata / STRATA_PER_TASK,
        rows / ROWS_PER_TASK,
        rows * width * 8 / BYTES_PER_TASK,
        new_rows / NEW_ROWS_PER_TASK,
    )
    return int(np.ceil(max(needed)))


def grouped_records(
    table: Table, labels: Sequence[LabelValue], receiving: Sequence[LabelValue], bits: Words
) -> DataFrame:
    """The usable rows of strata that receive rows, packed as `plans.records.class_records` does.

    A record has its group's keys too, `group bigint, check bigint`; `class` is the place of its
    class among all `labels`. The filter `bits` lets few rows of other strata pass.
    """
    kind = table.schema[table.label].dataType
    wanted = table.label_column.isin(*[label_literal(label, kind) for label in receiving])
    group, check = group_keys(table)
    rows = usable_rows(
        replace(table, frame=table.frame.filter(wanted)),
        labels,
        [group.alias("group"), check.alias("check")],
    )

    pack = packer(merged_records)

    def pack_passing(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from pack(b.filter(pa.array(passing(bits, Strata.of(b)))) for b in batches)

    return rows.mapInArrow(pack_passing, "records binary")


def ids_in_groups(
    table: Table, records: DataFrame, summary: Summary, rules: Rules, seed: int
) -> list[Notice]:
    """Integer inputs that differ in every sampled row of a class, or nearly (see there)."""
    if not possible_ids(table):
        return []
    usable = dict(zip(rules.labels, summary.figures[:, 2].tolist(), strict=True))
    wanted = SAMPLED_FOR_IDS // len(usable)
    sampled = sample_classes(
        records,
        usable,
        {label: min(wanted, rows) for label, rows in usable.items()},
        seed=seed,
        purpose="ids",
    )
    return id_like_notices(table, [sampled[label] for label in usable if usable[label]])


def synthesise_small(
    table: Table, small: SmallStrata, records: DataFrame, fates: DataFrame
) -> DataFrame:
    """The new rows of all small strata, as `plans.synthesise.synthesise` gives them."""
    sent = "partition int, records binary"
    rows = records.mapInArrow(_row_sender(small), sent)
    quotas = fates.filter("new_rows > 0").mapInArrow(_quota_sender(small), sent)
    # one row = some records, or some quotas, on their way to one task
    met = rows.union(quotas).repartition(small.tasks, F.col("partition"))
    schema = emitted_schema(table, small.labels)
    emitted = met.mapInArrow(_emitter(small), schema)
    return emitted.select(*restored(table, small.labels, small.provenance))


def _tasks_of(strata: Strata, count: int) -> Ints:
    # not the lowest bits, by which the filter goes
    tasks: Ints = ((strata.words >> np.uint64(24)) % np.uint64(count)).astype(np.int64)
    return tasks


def _row_sender(small: SmallStrata) -> ArrowFunction:
    keys = partition_keys(small.tasks)

    def send(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            held: list[pa.Table] = []
            for records in streamed(batches):
                here = np.flatnonzero(Strata.of(records).places_in(small.large) < 0)
                if len(here):
                    held.append(taken(records, here) if len(here) < len(records) else records)
                if sum(part.nbytes for part in held) >= BYTES_SENT_AT_ONCE:
                    yield _by_task(pa.concat_tables(held))
                    held = []
            if held:
                yield _by_task(pa.concat_tables(held))

    def _by_task(records: pa.Table) -> pa.RecordBatch:
        tasks = _tasks_of(Strata.of(records), small.tasks)
        order = np.argsort(tasks, kind="stable")
        return streams_by_task(taken(records, order), tasks[order], keys)

    return send


def _quota_sender(small: SmallStrata) -> ArrowFunction:
    keys = partition_keys(small.tasks)
    columns = ["group", "check", "class", "usable", "new_rows", "k", "fate", "dense"]

    def send(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            for batch in batches:
                usable, new_rows = integers_of(batch, "usable"), integers_of(batch, "new_rows")
                here = np.flatnonzero(~is_large(usable, new_rows, small.settings.most_rows))
                if len(here):
                    tasks = _tasks_of(Strata.of(batch).taken(here), small.tasks)
                    order = np.argsort(tasks, kind="stable")
                    quotas = pa.table(batch.select(columns).take(pa.array(here[order])))
                    yield streams_by_task(quotas, tasks[order], keys)

    return send


def _emitter(small: SmallStrata) -> ArrowFunction:
    def emit(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with worker():
            records: list[pa.Table] = []
            quotas: list[pa.Table] = []
            for part in streamed(batches):
                (quotas if "new_rows" in part.column_names else records).append(part)
            if quotas:
                yield from _in_large_batches(new_rows_of(records, pa.concat_tables(quotas), small))

    return emit


def _in_large_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= BYTES_PER_BATCH:
            yield from pa.Table.from_batches(held).combine_chunks().to_batches()
            held, size = [], 0
    if held:
        yield from pa.Table.from_batches(held).combine_chunks().to_batches()


def new_rows_of(
    parts: Sequence[pa.Table], quotas: pa.Table, small: SmallStrata
) -> Iterator[pa.RecordBatch]:
    """The new rows of one task, stratum by stratum.

    Parameters
    ----------
    parts : sequence of pyarrow.Table
        Records of the task's strata, in any order; possibly of others too.
    quotas : pyarrow.Table
        What each of its strata has to make, as in `plans.groups.quotas.stratum_fates`.

    Raises
    ------
    RuntimeError
        If the rows are not those that were counted.
    """
    wanted = Strata.of(quotas)
    order = wanted.order
    quotas = quotas.take(pa.array(order))
    ends = np.zeros(len(order) + 1, dtype=np.int64)
    records = None
    if parts:
        records = pa.concat_tables(parts)
        places = Strata.of(records).places_in(wanted.taken(order))
        by_stratum = np.argsort(places, kind="stable")
        ends = np.searchsorted(places[by_stratum], np.arange(len(order) + 1))
        records = taken(records, by_stratum).combine_chunks()
    for quota, first, last in zip(quotas.to_pylist(), ends[:-1], ends[1:], strict=True):
        own = records.slice(first, last - first) if records else None
        found = integers_of(own, "multiplicity").sum() if own else 0
        if own is None or found != quota["usable"]:
            raise RuntimeError(
                f"a class of a group had {quota['usable']} usable rows when they were counted and "
                f"{found} when they were read: the table changes while it is read, or its "
                "rows are not the same each time; write it down first"
            )
        yield from _of_stratum(own, _task_of(quota, small), small)


def _task_of(quota: dict[str, int], small: SmallStrata) -> ClassTask:
    storage = small.storage
    if storage == "vector":
        storage = "dense" if quota["dense"] else "sparse"
    return ClassTask(
        code=quota["class"],
        label=small.labels[quota["class"]],
        rows=quota["usable"],
        new_rows=quota["new_rows"],
        method="duplicate" if FATES[quota["fate"]] == "duplicated" else "smote",
        k=quota["k"],
        storage=storage,
        group=(quota["group"], quota["check"]),
    )


def _of_stratum(records: pa.Table, task: ClassTask, small: SmallStrata) -> Iterator[pa.RecordBatch]:
    """The new rows of one stratum; the unit of distance comes from its own rows, all of them."""
    keys, times = integers_of(records, "key"), integers_of(records, "multiplicity")
    home = np.ones(len(keys), dtype=bool)
    rows, sources = canonical_rows(keys, features_of(records), times, home)
    whole = ClassSample(rows.keys, rows.features, rows.multiplicity, True, len(rows.keys))
    model = small.settings.fitted(whole, f"class {task.label!r}", task.k)
    own = replace(small.recipe, tasks=(task,), models=(model,))
    slices = tuple(
        Slice(0, 0, number, min(ROWS_PER_SLICE, task.new_rows - start))
        for number, start in enumerate(range(0, task.new_rows, ROWS_PER_SLICE))
    )
    inside = Bucket(records, rows, sources, np.zeros(len(sources), dtype=np.int64), slices)
    for part in slices:
        yield from slice_rows(inside, part, own, small.provenance)

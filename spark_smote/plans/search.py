"""A search across classes: the nearest rows, of whatever class or of one, of each row of others.

The engine of SMOTE, with all classes as one: a joint sample, one hash model, bucket counts, one
shuffle. Tasks then judge the rows that ask, among all rows of their bucket. Where one class alone
is searched, the hash is fitted on its rows, however few of the table they are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.errors import DataError
from spark_smote.kernels.bucket import BucketRows
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.labels import in_order
from spark_smote.plans.arrow import worker
from spark_smote.plans.buckets import Bucket, buckets_of_tasks
from spark_smote.plans.classes import ClassTask, Standing
from spark_smote.plans.counting import Asked, Tally, count_buckets, search_accuracy
from spark_smote.plans.hashing import send_to_tasks
from spark_smote.plans.id_like import id_like_notices
from spark_smote.plans.layout import ROWS_PER_SLICE, Layout, lay_out
from spark_smote.plans.model import (
    ClassModel,
    Parties,
    fit_class,
    fit_references,
    measured,
    sample_rows,
)
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import KeptRecords, joint_records, streamed
from spark_smote.plans.sample import ClassSample, sample_classes
from spark_smote.plans.search_notices import flat_levels_notices
from spark_smote.plans.table import Table
from spark_smote.plans.tuning import QUALITIES, rows_in_one_bucket
from spark_smote.results import CrossClassSearch, LabelValue, Notice, SearchAccuracy

EVERY_CLASS = "the table"
"""What stands for all classes as one."""

MOST_ASKED = 4
"""Rows by which recall is measured, all classes together, per row asked for of one class."""

Run = Callable[[str, Callable[[], Any]], Any]


@dataclass(frozen=True)
class SearchRequest:
    """What is searched for, and how."""

    asking: Collection[LabelValue]
    """Classes whose rows are judged."""
    k: int
    k_name: str
    """The parameter that says k, for messages."""
    quality: str
    hash_family: str
    standardize: bool
    seed: int
    recall_queries: int
    medians: Floats | None = None
    """What the search takes missing inputs for, shape (c,)."""
    looks_for_ids: bool = True
    """Whether columns that look like ids are refused, or told of."""
    with_key: bool = False
    """Whether judges are given the content key of each row."""
    mutual: bool = False
    """Whether it takes two rows that find each other."""
    among: LabelValue | None = None
    """The class that is searched, which does not ask; None = all of them."""
    exact_by: str = "searchQuality='exact'"
    """The parameter that asks for an exact search of that class, for messages; and the remedy."""
    instead: str = "use 'accurate', whose recall the report gives"


@dataclass(frozen=True)
class Metric:
    """What workers need to measure distances."""

    model: ClassModel
    k: int

    def seen(self, rows: BucketRows) -> BucketRows:
        """The rows as the search sees them, nothing missing."""
        return replace(rows, features=self.model.searched(rows.features))


@dataclass(frozen=True)
class Search:
    """A search with its model fitted and its work laid out; nothing judged yet."""

    labels: tuple[LabelValue, ...]
    """Every class that has usable rows, in order: class `c` of a row is `labels[c]`."""
    asking: tuple[bool, ...]
    """Which of them ask."""
    metric: Metric
    layout: Layout
    records: KeptRecords
    accuracy: tuple[SearchAccuracy, ...]
    extent: CrossClassSearch
    notices: tuple[Notice, ...]
    """Of the columns that are searched by."""

    def judged(
        self, judge: Callable[[Bucket, Ints], Iterable[pa.RecordBatch]], schema: str
    ) -> DataFrame:
        """What `judge` makes of the rows that ask; one shuffle.

        Parameters
        ----------
        judge : callable
            Given a bucket and which of its rows ask in it, each once in the whole search, returns
            batches of the schema. Sent to workers.
        """
        asking, layout, metric = np.array(self.asking), self.layout, self.metric
        if not layout.task_count:  # nobody asks
            return self.records.frame.sparkSession.createDataFrame([], schema)

        def judge_all(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            with worker():
                for bucket in buckets_of_tasks(streamed(batches), layout):
                    inside = replace(bucket, rows=metric.seen(bucket.rows))
                    for asked in _asked_in_slices(inside, asking):
                        yield from judge(inside, asked)

        sent = send_to_tasks(self.records.frame, [metric.model], layout)
        return sent.mapInArrow(judge_all, schema)


def _asked_in_slices(bucket: Bucket, asking: np.ndarray) -> Iterator[Ints]:
    """The asking rows of each slice: those whose first occurrence is one of the slice's."""
    able = bucket.rows.home & asking[bucket.ranks]
    times = np.where(able, bucket.rows.multiplicity, 0)
    first = np.cumsum(times) - times
    for part in bucket.slices:
        start = part.number * ROWS_PER_SLICE
        yield np.flatnonzero(able & (first >= start) & (first < start + part.quota))


def prepare_search(
    table: Table,
    profile: Profile,
    request: SearchRequest,
    run: Run,
    records: KeptRecords | None = None,
) -> Search:
    """Sample all classes as one, fit the hash, count buckets, lay out the work.

    Parameters
    ----------
    run : callable
        Does the work of a named phase.
    records : KeptRecords, optional
        Those of an earlier search of this table, with or without keys as this one.

    Raises
    ------
    DataError
        If there are fewer rows than neighbours asked for, or too many for an exact search.
    """
    labels = tuple(label for label in in_order(profile.usable) if profile.usable[label])
    usable = {label: profile.usable[label] for label in labels}
    _refuse_too_few(usable, profile, request)
    asking = tuple(label in request.asking for label in labels)
    found = tuple(label == request.among for label in labels)
    standing = Standing(tuple(usable.values()), tuple(map(int, asking)))
    rows = sum(usable.values())
    task = ClassTask(0, EVERY_CLASS, rows, standing.bases, "search", request.k, ranked=standing)
    records = records or KeptRecords(joint_records(table, labels, with_key=request.with_key))
    sampled = _Samples(records, usable, profile.dimensions, request)
    sample, searched = run("sample", lambda: (sampled.joint(), sampled.searched()))
    ids = id_like_notices(table, [sample]) if request.looks_for_ids else []
    model: ClassModel = run(
        "hash",
        lambda: _fitted(
            sample,
            searched,
            Parties(np.array(asking), np.array(found), standing.bases),
            request,
            rows=rows,
            nominal=len(table.nominal),
        ),
    )
    asked: list[Asked] = []
    if model.family is not None and request.recall_queries and any(asking):
        asked = run("queries", lambda: _asked(records, usable, asking, request))
    known = searched or sample
    model, tally = run("count", lambda: _counted(records, task, known, model, asked, request))
    counts = tally.counts
    return Search(
        labels=labels,
        asking=asking,
        metric=Metric(model, request.k),
        layout=lay_out([task], [model], [counts]),
        records=records,
        accuracy=_accuracy(labels, asking, asked, model, tally, request),
        extent=CrossClassSearch(
            rows=rows if request.among is None else usable[request.among],
            queried=standing.bases,
            buckets=model.buckets,
            largest_bucket=int(counts.all_rows.max()),
        ),
        notices=(*ids, *flat_levels_notices(["the table"] if model.levels_are_flat else [])),
    )


def _refuse_too_few(
    usable: Mapping[LabelValue, int], profile: Profile, request: SearchRequest
) -> None:
    k, name, among = request.k, request.k_name, request.among
    if among is None:
        rows = sum(usable.values())
        if rows <= k:
            less = f"; set {name} to {rows - 1} or less" if rows > 1 and k > 1 else ""
            raise DataError(
                f"{name}={k} needs {k + 1} usable rows or more, and the table has {rows}{less}"
            )
        return
    rows = usable.get(among, 0)
    if not rows:
        raise DataError(
            f"class {among!r}, whose rows are searched, has no usable row, of "
            f"{profile.counts[among]:,}; fill its missing values, or set handleInvalid='impute'"
        )
    if rows < k:
        raise DataError(
            f"{name}={k} needs {k} usable rows or more of class {among!r}, whose rows are "
            f"searched, and it has {rows}; set {name} to {rows} or less"
        )


@dataclass(frozen=True)
class _Samples:
    """Canonical samples of the rows."""

    records: KeptRecords
    usable: Mapping[LabelValue, int]
    dimensions: int
    request: SearchRequest

    def joint(self) -> ClassSample:
        """That of all classes as one."""
        rows = sum(self.usable.values())
        found = sample_classes(
            self.records.frame,
            {EVERY_CLASS: rows},
            {EVERY_CLASS: self._wanted(rows)},
            seed=self.request.seed,
            purpose="joint sample",
        )
        return found[EVERY_CLASS].completed(self.request.medians)

    def searched(self) -> ClassSample | None:
        """That of the class that is searched, where it is one."""
        among = self.request.among
        if among is None:
            return None
        found = sample_classes(
            self.records.frame,
            self.usable,
            {c: self._wanted(rows) if c == among else 0 for c, rows in self.usable.items()},
            seed=self.request.seed,
            purpose="sample of the searched",
            by="rank",
        )
        return found[among].completed(self.request.medians)

    def _wanted(self, rows: int) -> int:
        samples = 1 if self.request.among is None else 2
        quality = QUALITIES[self.request.quality]
        return sample_rows(rows, self.dimensions, quality, classes=samples)


def _fitted(
    sample: ClassSample,
    searched: ClassSample | None,
    parties: Parties,
    request: SearchRequest,
    *,
    rows: int,
    nominal: int,
) -> ClassModel:
    """Scale of all classes as one, and hash of the rows that are searched."""
    quality, standardize, medians = QUALITIES[request.quality], request.standardize, request.medians
    quality = quality.of_pairs if request.mutual else quality
    if searched is None:
        return fit_class(
            sample,
            EVERY_CLASS,
            request.k,
            quality=quality,
            hash_family=request.hash_family,
            standardize=standardize,
            seed=request.seed,
            nominal=nominal,
            medians=medians,
            in_parts=False,
            asking=parties.rows_asking / rows,
        )
    whole = measured(sample, standardize=standardize, nominal=nominal, medians=medians)
    most = rows_in_one_bucket(whole.width, quality)
    if searched.distinct_rows > most and not quality.approximate:
        raise DataError(
            f"{request.exact_by} compares each row with all of class {request.among!r}, for up to "
            f"{most:,} distinct rows of {whole.width} features; it has about "
            f"{searched.distinct_rows:,}; {request.instead}"
        )
    return fit_references(
        whole,
        searched,
        request.k,
        parties=parties,
        quality=quality,
        hash_family=request.hash_family,
        seed=request.seed,
    )


def _asked(
    records: KeptRecords,
    usable: Mapping[LabelValue, int],
    asking: Sequence[bool],
    request: SearchRequest,
) -> list[Asked]:
    """Rows of each class by which recall is measured; none of classes that do not ask."""
    most = MOST_ASKED * request.recall_queries // max(sum(asking), 1)
    each = max(1, min(request.recall_queries, most))
    found = sample_classes(
        records.frame,
        usable,
        {label: each if asks else 0 for label, asks in zip(usable, asking, strict=True)},
        seed=request.seed,
        purpose="queries",
        by="rank",
    )
    return [Asked.of(sample.completed(request.medians), each) for sample in found.values()]


def _counted(
    records: KeptRecords,
    task: ClassTask,
    sample: ClassSample,
    model: ClassModel,
    asked: Sequence[Asked],
    request: SearchRequest,
) -> tuple[ClassModel, Tally]:
    """The model, refined until no bucket is too empty or too full, and what was counted."""
    together = Asked.together(asked) if asked else Asked.of(sample, 0)
    models, tallies = count_buckets(
        records.frame,
        [task],
        [model],
        [sample],
        asked=[together],
        quality=QUALITIES[request.quality],
    )
    return models[0], tallies[0]


def _accuracy(
    labels: Sequence[LabelValue],
    asking: Sequence[bool],
    asked: Sequence[Asked],
    model: ClassModel,
    tally: Tally,
    request: SearchRequest,
) -> tuple[SearchAccuracy, ...]:
    """Recall and distance ratio of each class that asks."""
    if not request.recall_queries:
        return ()
    sizes = [len(rows.keys) for rows in asked] or [0] * len(labels)
    starts = np.cumsum(sizes) - sizes
    among = "all classes" if request.among is None else f"class {request.among!r}"
    return tuple(
        replace(
            search_accuracy(label, request.k, model, tally.nearest.of(slice(start, start + size))),
            among=among,
        )
        for label, asks, start, size in zip(labels, asking, starts, sizes, strict=True)
        if asks
    )

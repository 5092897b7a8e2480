"""Quotas, slices and tasks of bounded size."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.plans.classes import ClassTask, Standing
from spark_smote.plans.hashing import streams_by_task
from spark_smote.plans.layout import (
    BYTES_PER_TASK,
    NEW_ROWS_PER_TASK,
    ROWS_PER_SLICE,
    ROWS_PER_TASK,
    Layout,
    lay_out,
    partition_keys,
)
from spark_smote.plans.model import BucketCounts, ClassModel
from tests import oracles


def task(code, new_rows, rows=100):
    return ClassTask(code, f"class {code}", rows, new_rows, "smote", 5)


def model(buckets, dimensions=4):
    splits = np.ones(buckets, dtype=np.int64)
    return ClassModel(np.zeros(dimensions), np.ones(dimensions), None, splits)


def counts(home, held=None):
    home = np.asarray(home)
    held = home if held is None else np.asarray(held)
    return BucketCounts(home, np.maximum(home, held), held)


@st.composite
def requests(draw_value):
    """Classes with buckets of every size, empty and overfull ones among them."""
    random = np.random.default_rng(draw_value(st.integers(0, 2**32 - 1)))
    classes = draw_value(st.integers(1, 4))
    dimensions = draw_value(st.sampled_from([1, 28, 700, 5000]))
    tasks, models, counted = [], [], []
    for code in range(classes):
        buckets = draw_value(st.integers(1, 40))
        largest = draw_value(st.sampled_from([1, 10, 3_000, 50_000]))
        home = random.integers(0, largest + 1, buckets)
        home[random.integers(buckets)] += 1
        held = home * random.integers(1, 4) + random.integers(0, 5)
        new_rows = draw_value(st.sampled_from([1, 7, 5_000, 65_536, 65_537, 400_000, 1_300_000]))
        tasks.append(task(code, new_rows))
        models.append(model(buckets, dimensions))
        counted.append(counts(home, held))
    return tasks, models, counted


def tasks_of_bucket(layout: Layout, number: int) -> list[int]:
    return layout.tasks[layout.task_starts[number] : layout.task_starts[number + 1]].tolist()


@settings(deadline=None, max_examples=80)
@given(request=requests())
def test_quotas_are_exact_and_slices_bounded(request):
    tasks, models, counted = request
    layout = lay_out(tasks, models, counted)
    quotas: Counter = Counter()
    numbers: dict[tuple[int, int], list[int]] = {}
    for parts in layout.slices:
        assert parts, "a task without work"
        for part in parts:
            assert 0 < part.quota <= ROWS_PER_SLICE
            quotas[part.class_code, part.bucket] += part.quota
            numbers.setdefault((part.class_code, part.bucket), []).append(part.number)
    for each, counted_here in zip(tasks, counted, strict=True):
        expected = oracles.shares_by_fractions(each.new_rows, counted_here.home_rows)
        found = [quotas[each.code, bucket] for bucket in range(len(expected))]
        assert found == expected
        assert sum(found) == each.new_rows
    for named in numbers.values():
        assert named == list(range(len(named))), "a slice is missing or made twice"


@settings(deadline=None, max_examples=80)
@given(request=requests())
def test_every_bucket_reaches_the_tasks_that_need_it_and_no_other(request):
    tasks, models, counted = request
    layout = lay_out(tasks, models, counted)
    starts = np.cumsum([0, *(m.buckets for m in models)])
    assert layout.offsets == tuple(starts[:-1])
    needed: dict[int, set[int]] = {number: set() for number in range(starts[-1])}
    for number, parts in enumerate(layout.slices):
        for part in parts:
            needed[layout.offsets[part.class_code] + part.bucket].add(number)
    for bucket, expected in needed.items():
        found = tasks_of_bucket(layout, bucket)
        assert set(found) == expected
        assert len(found) == len(expected)


@settings(deadline=None, max_examples=80)
@given(request=requests())
def test_no_task_takes_more_than_its_bounds(request):
    tasks, models, counted = request
    layout = lay_out(tasks, models, counted)
    dimensions = len(models[0].center)
    most = max(1, min(ROWS_PER_TASK, BYTES_PER_TASK // (8 * dimensions)))
    for parts in layout.slices:
        assert sum(part.quota for part in parts) <= NEW_ROWS_PER_TASK
        buckets = {(part.class_code, part.bucket) for part in parts}
        held = sum(int(counted[code].distinct_rows[bucket]) for code, bucket in buckets)
        assert held <= most or len(buckets) == 1


def test_totals_of_ranks_are_shared_among_the_rows_of_each():
    by_rank = np.array([[3, 0], [0, 0], [1, 5], [6, 2]])
    standing = Standing((10, 7, 4), (1, 1, 0), totals=(150_000, 70, 0), steps=(-0.5, 1.0, 0.0))
    ranked = replace(task(0, 150_070), ranked=standing)
    counted = replace(counts(by_rank.sum(axis=1), [9, 9, 9, 9]), by_rank=by_rank)
    layout = lay_out([ranked], [model(4)], [counted])

    found: Counter = Counter()
    numbers: dict[int, list[int]] = {}
    for part in (part for parts in layout.slices for part in parts):
        assert 0 < part.quota <= ROWS_PER_SLICE
        found[part.bucket, part.rank] += part.quota
        numbers.setdefault(part.bucket, []).append(part.number)
    assert found == {(0, 0): 45_000, (2, 0): 15_000, (3, 0): 90_000, (2, 1): 50, (3, 1): 20}
    assert numbers == {0: [0], 2: [0, 1], 3: [0, 1, 2]}, "no two slices draw from one stream"


def test_small_buckets_share_a_task():
    layout = lay_out([task(0, 300)], [model(30)], [counts([10] * 30)])
    assert layout.task_count == 1
    assert [part.bucket for part in layout.slices[0]] == list(range(30))


def test_large_quota_of_one_bucket_is_shared_by_several_tasks():
    layout = lay_out([task(0, 4_000_000)], [model(1)], [counts([2_000])])
    assert layout.task_count == 8
    assert tasks_of_bucket(layout, 0) == list(range(8))
    assert [part.number for parts in layout.slices for part in parts] == list(range(62))


def test_what_a_slice_makes_does_not_depend_on_other_classes():
    alone = lay_out([task(0, 200_000)], [model(3)], [counts([5, 2, 9])])
    first = lay_out(
        [task(0, 200_000), task(1, 10)], [model(3), model(2)], [counts([5, 2, 9]), counts([4, 4])]
    )
    flat = [part for parts in alone.slices for part in parts]
    assert [p for parts in first.slices for p in parts if p.class_code == 0] == flat


def test_a_part_that_searches_its_whole_class_is_one_task_however_many_rows_it_makes():
    whole = replace(model(3), everywhere=True)
    layout = lay_out(
        [task(0, 10), task(1, 3_000_000), task(2, 10)],
        [model(2), whole, model(2)],
        [counts([5, 5]), counts([70, 0, 80]), counts([5, 5])],
    )
    found = [{(part.class_code, part.bucket) for part in parts} for parts in layout.slices]
    assert found == [{(0, 0), (0, 1)}, {(1, 0)}, {(1, 2)}, {(2, 0), (2, 1)}]
    assert sum(part.quota for parts in layout.slices[1:3] for part in parts) == 3_000_000


def test_bucket_without_home_rows_gets_no_task():
    layout = lay_out([task(0, 10)], [model(3)], [counts([4, 0, 6], [5, 3, 9])])
    assert tasks_of_bucket(layout, 1) == []
    assert tasks_of_bucket(layout, 0) == tasks_of_bucket(layout, 2) == [0]


@pytest.mark.parametrize("partitions", [1, 2, 3, 7, 64, 200, 999, 4096])
def test_each_partition_has_a_key_of_its_own(partitions):
    keys = partition_keys(partitions)
    assert keys.shape == (partitions,)
    assert keys.dtype == np.int32
    assert len(np.unique(keys)) == partitions
    assert (keys >= 0).all()


def test_a_batch_without_a_row_for_any_task_sends_no_stream():
    records = pa.table({"key": pa.array([], pa.int64())})
    sent = streams_by_task(records, np.zeros(0, dtype=np.int64), partition_keys(3))

    assert sent.num_rows == 0
    assert sent.schema.names == ["partition", "records"]

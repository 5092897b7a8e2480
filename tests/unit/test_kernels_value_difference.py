"""Distances by value difference, and the search by them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.metrics.pairwise import ValueDifferenceMetric
from imblearn.over_sampling import SMOTEN

from spark_smote.kernels import recall
from spark_smote.kernels.bucket import BucketRows, neighbourhoods
from spark_smote.kernels.knn import k_nearest
from spark_smote.kernels.nearest import farthest
from spark_smote.kernels.nominal import modes
from spark_smote.kernels.value_difference import DifferenceBounds, SummedBounds, ValueDifference
from tests import mixed_oracles as oracles


def made(random, *, columns=3, levels=5, classes=2, rows=60, alike=False):
    """A metric, the oracle's tables of it, and distinct rows of numbers."""
    counts = [random.integers(0, 9, (levels, classes)) for _ in range(columns)]
    if alike:  # levels of the same probabilities, and one apart from them by very little
        counts = [np.tile(random.integers(1, 4, classes), (levels, 1)) for _ in range(columns)]
        counts = [10**9 * held + (np.arange(levels) == 0)[:, None] for held in counts]
    for held in counts:
        held[:, 0] += held.sum(axis=1) == 0
    codes = [random.choice(1 << 20, levels, replace=False) * 1.0 for _ in range(columns)]
    metric = ValueDifference.of(codes, counts)
    tables = [
        {level: held[level] / held[level].sum() for level in range(levels)} for held in counts
    ]
    numbers = np.unique(random.integers(0, levels, (rows, columns)), axis=0)
    return metric, tables, random.permutation(numbers).astype(float), codes


def levels_of(points):
    return [tuple(int(n) for n in row) for row in points]


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    columns=st.integers(1, 5),
    levels=st.sampled_from([1, 2, 4, 40, 200]),
    classes=st.sampled_from([2, 3, 7]),
    k=st.integers(1, 7),
    hinted=st.booleans(),
    alike=st.booleans(),
)
def test_neighbours_are_those_of_an_exhaustive_search(
    seed, columns, levels, classes, k, hinted, alike
):
    random = np.random.default_rng(seed)
    metric, tables, points, _ = made(
        random, columns=columns, levels=levels, classes=classes, alike=alike
    )
    if len(points) < 2:
        return
    k = min(k, len(points) - 1)
    near = random.random(len(points)) < 0.6 if hinted else None
    ids, squared = k_nearest(
        points, points, k, np.ones(0), own=np.arange(len(points)), near=near, nominal=metric
    )
    expected, distances = oracles.value_difference_nearest_others(levels_of(points), k, tables)
    np.testing.assert_array_equal(ids, expected)
    assert squared.tobytes() == np.ascontiguousarray(distances).tobytes()


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from([DifferenceBounds, SummedBounds]),
    classes=st.sampled_from([2, 3, 30]),
    alike=st.booleans(),
)
def test_bounds_are_below_the_distances_and_what_is_reached_is_not(seed, kind, classes, alike):
    random = np.random.default_rng(seed)
    metric, tables, points, _ = made(random, columns=7, levels=9, classes=classes, alike=alike)
    exact = oracles.value_difference_distances(levels_of(points), levels_of(points), tables)
    bounds = kind(points, metric)
    for prepared in bounds.prepared(points, len(points)):
        partial = bounds.partial(prepared, slice(0, len(points)))
        limit = exact[prepared.part].max(axis=1) * bounds._unit**2
        rows, _ = bounds.within(partial, prepared.own, limit)
        assert np.bincount(rows).tolist() == [len(points)] * len(partial)
        reached = bounds.squared(bounds.reached(prepared, partial, 3))
        assert (np.sort(exact[prepared.part], axis=1)[:, 2] <= reached).all()
    assert (farthest(points, points, 4, np.ones(0), metric) >= np.sort(exact)[:, 3]).all()


def test_sums_of_differences_leave_few_points_over_however_many_the_classes():
    random = np.random.default_rng(9)
    metric, tables, points, _ = made(random, columns=6, levels=30, classes=40, rows=900)
    exact = oracles.value_difference_distances(levels_of(points[:20]), levels_of(points), tables)
    bounds, loose = SummedBounds(points, metric), DifferenceBounds(points, metric)
    left = []
    for each in (bounds, loose):
        for prepared in each.prepared(points[:20], len(points)):
            partial = each.partial(prepared, slice(0, len(points)))
            rows, _ = each.within(partial, prepared.own, each.reached(prepared, partial, 6))
            left.append(len(rows))
    wanted = (exact <= np.sort(exact, axis=1)[:, 5:6]).sum()
    print(f"points left over of {wanted} wanted: {left[0]} by sums, {left[1]} by places")
    assert left[0] <= 1.1 * wanted
    assert left[1] > 10 * left[0]


def test_two_classes_are_placed_exactly_and_more_are_placed_no_farther_than_they_are():
    random = np.random.default_rng(3)
    for classes, exact in ((2, True), (5, False), (400, False)):
        metric, tables, points, _ = made(random, columns=2, levels=20, classes=classes)
        placed = metric(points)
        squared = ((placed[:, None] - placed[None]) ** 2).sum(axis=2)
        true = oracles.value_difference_distances(levels_of(points), levels_of(points), tables)
        assert (squared <= true + 1e-12).all()
        assert np.allclose(squared, true) == exact
        assert placed.shape == (len(points), metric.width)
        assert metric.width <= 2 * min(classes - 1, 64)


def test_codes_become_numbers_by_the_order_of_the_levels_and_unknown_ones_are_refused():
    codes = [np.array([700.0, 3.0, 41.0]), np.array([5.0])]
    counts = [np.array([[1, 2], [3, 4], [5, 6]]), np.array([[9, 12]])]
    metric = ValueDifference.of(codes, counts)
    rows = np.array([[41.0, 5.0], [700.0, 5.0], [3.0, 5.0]])
    assert metric.numbered(rows).tolist() == [[2, 0], [0, 0], [1, 0]]
    with pytest.raises(RuntimeError, match="each time it is read"):
        metric.numbered(np.array([[42.0, 5.0]]))
    shares = [[1 / 3, 3 / 7, 5 / 11], [2 / 3, 4 / 7, 6 / 11]]
    np.testing.assert_array_equal(metric.probabilities[0], shares)


@pytest.mark.parametrize("seed", range(6))
def test_lists_of_a_bucket_put_equal_rows_first_then_nearest_levels(seed):
    random = np.random.default_rng(seed)
    metric, tables, points, _ = made(random, columns=2, levels=4, classes=3, alike=seed > 3)
    features = np.concatenate([points, points[:4], points[:2]])  # equal levels under other keys
    times = random.integers(1, 4, len(features))
    rows = BucketRows(np.arange(len(features)), features, times, np.ones(len(features), dtype=bool))
    bases = np.arange(len(features))
    found = neighbourhoods(rows, np.ones(0), metric).lists(bases, 6)
    for base in bases:
        expected = oracles.value_difference_list_with_multiplicity(
            levels_of(features), times, base, 6, tables
        )
        assert found[base].tolist() == expected


def test_levels_voted_for_are_those_of_the_definition():
    """The base has a vote, and ties go to the level with the lowest number."""
    random = np.random.default_rng(8)
    numbers = random.integers(0, 4, (200, 3)).astype(float)
    lists = random.integers(0, 200, (90, 6))  # the base first
    givers = modes(numbers, lists, np.arange(90), np.zeros((90, 3)))
    for voters, rows in zip(lists, givers, strict=True):
        expected = oracles.mode_with_base([levels_of(numbers)[v] for v in voters])
        assert [numbers[row, j] for j, row in enumerate(rows)] == expected


@pytest.mark.parametrize("classes", [2, 4])
def test_neighbours_are_those_of_imbalanced_learn_where_distances_differ(classes):
    random = np.random.default_rng(17)
    table = random.choice(list("abcdefgh"), (400, 5)).astype(object)
    labels = np.repeat(np.arange(classes), 400 // classes)
    labels[:150] = 0
    reference = SMOTEN(random_state=0, sampling_strategy={1: 300})
    reference.fit_resample(table, labels)
    own = np.flatnonzero(labels == 1)
    encoded = reference.categorical_encoder_.transform(table)
    counts = [np.zeros((8, classes), dtype=np.int64) for _ in range(5)]
    for held, column in zip(counts, encoded.T, strict=True):
        np.add.at(held, (column, labels), 1)
    metric = ValueDifference.of([np.arange(8.0)] * 5, counts)
    points = encoded[own].astype(float)
    assert len(np.unique(points, axis=0)) == len(points)
    ids, squared = k_nearest(points, points, 7, np.ones(0), own=np.arange(len(own)), nominal=metric)
    pairwise = ValueDifferenceMetric().fit(encoded, labels).pairwise(encoded[own])
    np.fill_diagonal(pairwise, np.inf)
    theirs = np.argsort(pairwise, axis=1)[:, :6]
    clear = np.diff(np.sort(pairwise, axis=1)[:, :7], axis=1).min(axis=1) > 1e-12
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(ids[clear, :6], theirs[clear])
    np.testing.assert_allclose(squared[:, :6], np.sort(pairwise, axis=1)[:, :6], rtol=1e-12)


def test_rows_that_pass_queries_are_measured_by_the_metric():
    random = np.random.default_rng(5)
    metric, tables, points, _ = made(random, columns=4, levels=6, classes=3, rows=300)
    asked = np.arange(9)
    buckets = np.arange(len(points)) % 2
    queries = recall.Queries(
        points[asked],
        np.ones(0),
        metric,
        buckets[asked],
        recall.Nearest.unseen(9, 5),
    ).knowing(points[:60], (np.arange(60), buckets[:60]), 5)
    seen = recall.Nearest.unseen(9, 5)
    for part in np.array_split(random.permutation(len(points)), 4):
        seen = recall.observe(
            seen,
            queries,
            points[part],
            multiplicity=np.ones(len(part), dtype=np.int64),
            member_rows=np.arange(len(part)),
            member_buckets=buckets[part],
        )
    exact = oracles.value_difference_distances(levels_of(points[asked]), levels_of(points), tables)
    np.testing.assert_array_equal(seen.anywhere, np.sort(exact)[:, :6])
    together = np.where(buckets[asked][:, None] == buckets[None], exact, np.inf)
    np.testing.assert_array_equal(seen.in_bucket, np.sort(together)[:, :6])

"""Float32 bounds never exclude what is near, and exclude most of what is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels.distances import paired_squared_distances
from spark_smote.kernels.lower_bounds import LowerBounds, few_smallest


def all_distances(rows, points, inverse_scale):
    row_ids = np.repeat(np.arange(len(rows)), len(points))
    point_ids = np.tile(np.arange(len(points)), len(rows))
    squared = paired_squared_distances(rows, row_ids, points, point_ids, inverse_scale)
    return squared.reshape(len(rows), len(points))


def table(seed, n, d, kind):
    random = np.random.default_rng(seed)
    points = random.normal(size=(n, d))
    if kind == "far from the origin":
        points += 1e6
    elif kind == "one far out":
        points[0] *= 1e8
    elif kind == "tiny":
        points *= 1e-170
    elif kind == "huge":
        points *= 1e140
    elif kind == "equal":
        points[:] = points[0]
    return points, 1 / random.uniform(0.5, 2.0, size=d)


KINDS = ["plain", "far from the origin", "one far out", "tiny", "huge", "equal"]


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 60),
    d=st.integers(1, 40),
    kind=st.sampled_from(KINDS),
)
def test_no_point_within_the_limit_is_left_out(seed, n, d, kind):
    points, inverse_scale = table(seed, n, d, kind)
    squared = all_distances(points, points, inverse_scale)
    bounds = LowerBounds(points, inverse_scale)
    count = min(n, 3)
    for part, partial, own in bounds.blocks(points):
        enough = few_smallest(partial, count).astype(float)
        rows, found = bounds.within(partial, own, bounds.ceiling(enough + own, own))
        kept = np.zeros(partial.shape, dtype=bool)
        kept[rows, found] = True
        nearest = np.partition(squared[part], count - 1, axis=1)[:, count - 1]
        assert kept[squared[part] <= nearest[:, None]].all()


@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 2**32 - 1), m=st.integers(1, 300), kind=st.sampled_from(KINDS))
def test_rows_below_a_points_own_limit_are_all_found(seed, m, kind):
    points, inverse_scale = table(seed, 20, 5, kind)
    rows = np.concatenate([points, table(seed + 1, m, 5, kind)[0]])
    squared = all_distances(rows, points, inverse_scale)
    limits = np.quantile(squared, 0.2, axis=0)
    limits[0] = np.inf
    near, asked = LowerBounds(points, inverse_scale).below(rows, limits)
    kept = np.zeros(squared.shape, dtype=bool)
    kept[near, asked] = True
    assert kept[squared <= limits].all()


def test_few_points_are_left_to_decide():
    points = np.random.default_rng(0).normal(size=(4_000, 28))
    bounds = LowerBounds(points, np.ones(28))
    pairs = 0
    for _, partial, own in bounds.blocks(points[:500]):
        enough = few_smallest(partial, 6).astype(float)
        pairs += len(bounds.within(partial, own, bounds.ceiling(enough + own, own))[0])
    assert 6 * 500 <= pairs < 9 * 500


@pytest.mark.parametrize("columns", [1, 2, 7, 48, 97, 1000])
@pytest.mark.parametrize("count", [1, 6])
def test_at_least_so_many_are_not_larger(columns, count):
    partial = np.random.default_rng(columns).normal(size=(50, columns)).astype(np.float32)
    count = min(count, columns)
    assert ((partial <= few_smallest(partial, count)[:, None]).sum(axis=1) >= count).all()

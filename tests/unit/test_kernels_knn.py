"""Distances and k nearest neighbours in a block: those of an exhaustive search, bit for bit."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spark_smote.kernels.distances import paired_squared_distances
from spark_smote.kernels.knn import Block, k_nearest, k_nearest_in_blocks
from spark_smote.kernels.nominal import Nominal
from tests import oracles

KINDS = {}


def kind(make):
    KINDS[make.__name__] = make
    return make


@kind
def continuous(random, n, d):
    return random.normal(size=(n, d))


@kind
def integer_grid(random, n, d):
    return random.integers(-2, 3, size=(n, d)).astype(float)


@kind
def near_duplicates(random, n, d):
    centres = random.normal(size=(max(1, n // 10), d))
    return centres[random.integers(0, len(centres), n)] + 1e-9 * random.normal(size=(n, d))


@kind
def last_bits(random, n, d):
    """Rows a few units in the last place apart: products cannot tell any two from each other."""
    return 1.0 + np.finfo(float).eps * random.integers(0, 4, size=(n, d))


@kind
def far_from_origin(random, n, d):
    return 1e9 + random.normal(size=(n, d))


@kind
def far_grid(random, n, d):
    return -1e9 + 1e-3 * random.integers(-2, 3, size=(n, d))


@kind
def constant_columns(random, n, d):
    points = random.integers(0, 4, size=(n, d)) + 0.1
    points[:, ::2] = 123_456.789
    return points


@kind
def one_far_outlier(random, n, d):
    points = random.normal(size=(n, d))
    points[0] += 1e12
    return points


@kind
def columns_of_very_different_width(random, n, d):
    return random.normal(size=(n, d)) * 10.0 ** random.integers(-12, 13, size=d)


@kind
def heavy_tails(random, n, d):
    return random.standard_cauchy(size=(n, d)) ** 3


@kind
def squares_underflow(random, n, d):
    return random.integers(0, 5, size=(n, d)) * 1e-170


def distinct(points):
    """Distinct rows, in the order of their first appearance."""
    _, first = np.unique(points, axis=0, return_index=True)
    return points[np.sort(first)]


def assert_exhaustive(points, k, inverse_scale):
    ids, squared = k_nearest(points, points, k, inverse_scale, own=np.arange(len(points)))
    expected_ids, expected = oracles.nearest_others(points, k, inverse_scale)
    np.testing.assert_array_equal(ids, expected_ids)
    assert squared.tobytes() == expected.tobytes()


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
@settings(deadline=None, max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 90),
    d=st.sampled_from([1, 2, 3, 7, 40]),
    k=st.integers(1, 12),
    standardized=st.booleans(),
)
def test_neighbours_are_those_of_an_exhaustive_search(make, seed, n, d, k, standardized):
    points = distinct(make(np.random.default_rng(seed), n, d))
    if len(points) < 2:
        return
    unit = oracles.population_unit(points) if standardized else np.ones(d)
    inverse_scale = 1.0 / np.where(unit > 0, unit, 1.0)
    assert_exhaustive(points, min(k, len(points) - 1), inverse_scale)


@settings(deadline=None, max_examples=60)
@given(
    points=hnp.arrays(
        np.float64,
        st.tuples(st.integers(2, 30), st.integers(1, 3)),
        elements=st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda x: x + 0.0),
    ),
    k=st.integers(1, 8),
)
@example(points=np.array([[0.0], [1.0], [-1.0], [2.0], [-2.0], [3.0], [-3.0], [4.0]]), k=1)
def test_neighbours_of_any_points_are_those_of_an_exhaustive_search(points, k):
    points = distinct(points)
    if len(points) >= 2:
        assert_exhaustive(points, min(k, len(points) - 1), np.ones(points.shape[1]))


def test_neighbours_in_a_block_larger_than_one_chunk_are_those_of_an_exhaustive_search():
    # every query is tied with far more points than are proposed, so all take the slow way
    grid = np.stack(np.meshgrid(*[np.arange(7.0)] * 4), axis=-1).reshape(-1, 4)
    grid = np.random.default_rng(0).permutation(grid)
    ids, squared = k_nearest(grid, grid, 9, np.ones(4), own=np.arange(len(grid)))
    distances = oracles.squared_distances(grid, grid, np.ones(4))
    np.fill_diagonal(distances, np.inf)
    expected = np.argsort(distances, axis=1, kind="stable")[:, :9]
    np.testing.assert_array_equal(ids, expected)
    np.testing.assert_array_equal(squared, np.take_along_axis(distances, expected, axis=1))


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    make=st.sampled_from(list(KINDS.values())),
    d=st.sampled_from([1, 3, 20]),
    k=st.integers(1, 9),
)
def test_neighbours_among_other_points_are_those_of_an_exhaustive_search(seed, make, d, k):
    random = np.random.default_rng(seed)
    rows = distinct(make(random, 60, d))
    queries, points = rows[: len(rows) // 3], rows[len(rows) // 4 :]  # some are in both
    k = min(k, len(points))
    ids, squared = k_nearest(queries, points, k, np.ones(d))
    distances = oracles.squared_distances(queries, points, np.ones(d))
    expected = np.argsort(distances, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(ids, expected)
    np.testing.assert_array_equal(squared, np.take_along_axis(distances, expected, axis=1))


@pytest.mark.parametrize("far", [1e30, 1e60, -1e140])
def test_rows_far_beyond_the_points_are_decided_exactly(far):
    points = np.random.default_rng(5).normal(size=(40, 3))
    points[:, 2] = 7.0
    queries = np.array([[0.0, 0.0, far], [0.1, 0.2, 7.0], [far, -far, 7.0]])
    ids, squared = k_nearest(queries, points, 4, np.ones(3))
    distances = oracles.squared_distances(queries, points, np.ones(3))
    expected = np.argsort(distances, axis=1, kind="stable")[:, :4]
    np.testing.assert_array_equal(ids, expected)
    np.testing.assert_array_equal(squared, np.take_along_axis(distances, expected, axis=1))


def test_of_equally_near_points_the_lower_index_comes_first():
    points = np.array([[0.0], [3.0], [1.0], [-1.0], [-3.0], [2.0], [-2.0]])
    ids, squared = k_nearest(points[:1], points, 6, np.ones(1), own=np.array([0]))
    assert ids.tolist() == [[2, 3, 5, 6, 1, 4]]
    assert squared.tolist() == [[1.0, 1.0, 4.0, 4.0, 9.0, 9.0]]


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    make=st.sampled_from([continuous, far_from_origin, integer_grid, near_duplicates]),
    d=st.sampled_from([1, 5, 33]),
)
def test_neighbours_do_not_depend_on_who_asks_along(seed, make, d):
    random = np.random.default_rng(seed)
    points = distinct(make(random, 120, d))
    k = min(5, len(points) - 1)
    if k < 1:
        return
    inverse_scale = random.uniform(0.1, 3.0, size=d)
    together, squared = k_nearest(points, points, k, inverse_scale, own=np.arange(len(points)))
    some = random.permutation(len(points))[: 1 + seed % 7]
    alone, squared_alone = k_nearest(points[some], points, k, inverse_scale, own=some)
    np.testing.assert_array_equal(alone, together[some])
    assert squared_alone.tobytes() == squared[some].tobytes()


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 2**32 - 1),
    d=st.sampled_from([1, 2, 8, 31, 64]),
    width=st.sampled_from([1e-9, 1.0, 1e9]),
)
def test_distance_of_a_pair_does_not_depend_on_the_other_pairs(seed, d, width):
    random = np.random.default_rng(seed)
    left, right = width * random.normal(size=(30, d)), 1.0 + random.normal(size=(20, d))
    inverse_scale = random.uniform(0.01, 10.0, size=d)
    left_ids, right_ids = random.integers(0, 30, 300), random.integers(0, 20, 300)
    all_pairs = paired_squared_distances(left, left_ids, right, right_ids, inverse_scale)
    some = random.permutation(300)[: random.integers(1, 300)]
    again = paired_squared_distances(
        np.asfortranarray(left), left_ids[some], right, right_ids[some], inverse_scale
    )
    assert again.tobytes() == all_pairs[some].tobytes()
    one = oracles.squared_distance(left[left_ids[0]], right[right_ids[0]], inverse_scale)
    assert one == all_pairs[0]


def test_distances_of_more_pairs_than_are_held_at_once_agree(monkeypatch):
    monkeypatch.setattr("spark_smote.kernels.distances.PAIRS_AT_ONCE", 7)
    random = np.random.default_rng(3)
    points, ids = random.normal(size=(9, 4)), np.arange(9)
    a, b = np.repeat(ids, 9), np.tile(ids, 9)
    squared = paired_squared_distances(points, a, points, b, np.ones(4)).reshape(9, 9)
    np.testing.assert_array_equal(squared, oracles.squared_distances(points, points, np.ones(4)))


# ---------------------------------------------------------------- points that pass by in blocks


def in_blocks(points, cuts, order):
    """The points, cut into blocks there, in that order."""
    parts = np.split(np.arange(len(points)), cuts)
    return [Block(parts[i], points[parts[i]]) for i in order]


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())
@settings(deadline=None, max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(2, 90),
    d=st.sampled_from([1, 3, 40]),
    k=st.integers(1, 12),
    blocks=st.integers(1, 9),
    nominal=st.sampled_from([None, Nominal(2, 0.7), Nominal(1, 0.0)]),
)
def test_blocks_in_any_order_give_the_neighbours_of_an_exhaustive_search(
    make, seed, n, d, k, blocks, nominal
):
    random = np.random.default_rng(seed)
    values = make(random, n, d)
    codes = random.integers(0, 3, size=(n, nominal.columns if nominal else 0)) * 1.0
    points = distinct(np.concatenate([values, codes], axis=1))
    if len(points) < 2:
        return
    k, scale = min(k, len(points) - 1), np.ones(d)
    assigned = random.integers(0, blocks, len(points))
    given_blocks = [
        Block(np.flatnonzero(assigned == block), points[assigned == block])
        for block in random.permutation(blocks)
    ]
    asked = np.flatnonzero(random.random(len(points)) < 0.5)
    ids, squared = k_nearest_in_blocks(
        points[asked], given_blocks, k, scale, own=asked, nominal=nominal
    )
    everything = np.arange(len(points))
    expected = oracles.squared_distances(points[:, :d], points[:, :d], scale)
    if nominal:
        expected += nominal.weight * (points[:, None, d:] != points[None, :, d:]).sum(axis=2)
    for row, query in enumerate(asked):
        order = sorted(everything[everything != query], key=lambda j: (expected[query, j], j))[:k]
        assert ids[row].tolist() == order
        assert squared[row].tobytes() == expected[query, order].tobytes()


def test_blocks_wider_than_a_tile_give_the_neighbours_of_one_block():
    random = np.random.default_rng(7)
    points = distinct(random.integers(0, 30, size=(14_000, 4)) / 8.0)
    cuts = [[900, 901, 9_000], [6_000, 6_000, 13_500], [13_999]]
    asked = random.permutation(len(points))[:700]
    expected = k_nearest(points[asked], points, 9, np.ones(4), own=asked)
    for cut in cuts:
        order = random.permutation(len(cut) + 1)
        found = k_nearest_in_blocks(
            points[asked], in_blocks(points, cut, order), 9, np.ones(4), own=asked
        )
        np.testing.assert_array_equal(found[0], expected[0])
        assert found[1].tobytes() == expected[1].tobytes()


def test_rows_that_are_no_points_may_ask_too():
    random = np.random.default_rng(8)
    points, queries = random.normal(size=(50, 3)), random.normal(size=(20, 3))
    expected = k_nearest(queries, points, 4, np.ones(3))
    found = k_nearest_in_blocks(queries, in_blocks(points, [10, 30], [2, 0, 1]), 4, np.ones(3))
    np.testing.assert_array_equal(found[0], expected[0])
    assert k_nearest_in_blocks(queries[:0], [], 4, np.ones(3))[0].shape == (0, 4)

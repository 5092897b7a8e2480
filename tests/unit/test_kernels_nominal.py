"""Nominal columns in the search and in what new rows take from their neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels import recall
from spark_smote.kernels.bucket import BucketRows, neighbourhoods
from spark_smote.kernels.knn import k_nearest
from spark_smote.kernels.nominal import PLACES, LevelPlaces, Nominal, modes
from tests import mixed_oracles


def mixed(random, rows, continuous, nominal, *, levels=4, grid=False, width=1.0, offset=0.0):
    """Distinct rows: numbers, then codes of levels as they come from a hash."""
    numbers = (
        random.integers(0, 3, (rows, continuous)) * 1.0
        if grid
        else random.normal(size=(rows, continuous))
    )
    codes = random.integers(0, 1 << 52, levels).astype(float)[
        random.integers(0, levels, (rows, nominal))
    ]
    return np.unique(np.concatenate([offset + width * numbers, codes], axis=1), axis=0)


def split(points, nominal):
    return points[:, :-nominal], points[:, -nominal:]


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(3, 90),
    continuous=st.integers(1, 6),
    nominal=st.integers(1, 5),
    k=st.integers(1, 8),
    levels=st.sampled_from([1, 2, 4, 300]),
    med=st.sampled_from([0.0, 1e-9, 0.3, 1.0, 700.0]),
    grid=st.booleans(),
    width=st.sampled_from([1e-9, 1.0, 1e6]),
    offset=st.sampled_from([0.0, 1e7]),
    hinted=st.booleans(),
)
def test_neighbours_are_those_of_an_exhaustive_search(
    seed, rows, continuous, nominal, k, levels, med, grid, width, offset, hinted
):
    random = np.random.default_rng(seed)
    points = mixed(
        random, rows, continuous, nominal, levels=levels, grid=grid, width=width, offset=offset
    )
    if len(points) < 2:
        return
    points = random.permutation(points)
    k = min(k, len(points) - 1)
    inverse_scale = random.uniform(0.1, 3.0, continuous)
    near = random.random(len(points)) < 0.6 if hinted else None
    ids, squared = k_nearest(
        points,
        points,
        k,
        inverse_scale,
        own=np.arange(len(points)),
        near=near,
        nominal=Nominal(nominal, med * med),
    )
    expected, distances = mixed_oracles.mixed_nearest_others(
        *split(points, nominal), k, inverse_scale, med
    )
    np.testing.assert_array_equal(ids, expected)
    assert squared.tobytes() == np.ascontiguousarray(distances).tobytes()


def test_levels_that_no_point_has_differ_from_all():
    points = np.array([[0.0, 7.0], [1.0, 8.0], [2.0, 7.0]])
    queries = np.array([[0.0, 9.0], [1.9, 7.0]])
    ids, squared = k_nearest(queries, points, 1, np.ones(1), nominal=Nominal(1, 4.0))
    assert ids.tolist() == [[0], [2]]
    assert squared[0, 0] == 4.0


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(4, 40),
    k=st.integers(1, 6),
    most_times=st.sampled_from([1, 3]),
)
def test_lists_count_rows_as_often_as_they_occur(seed, rows, k, most_times):
    random = np.random.default_rng(seed)
    points = mixed(random, rows, 2, 2, levels=3, grid=True)
    times = random.integers(1, most_times + 1, len(points))
    k = min(k, int(times.sum()) - 1)
    if k < 1:
        return
    bucket = BucketRows(np.arange(len(points)), points, times, np.ones(len(points), dtype=bool))
    lists = neighbourhoods(bucket, np.ones(2), Nominal(2, 0.25)).lists(np.arange(len(points)), k)
    for base in range(len(points)):
        expected = mixed_oracles.neighbour_list_with_multiplicity(
            *split(points, 2), times, base, k, np.ones(2), 0.5
        )
        assert lists[base].tolist() == expected


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 9), levels=st.integers(1, 5))
def test_new_rows_take_a_most_frequent_level_of_their_neighbours(seed, k, levels):
    random = np.random.default_rng(seed)
    codes = random.integers(0, levels, (30, 3)).astype(float)
    lists = random.integers(0, 30, (10, k))
    asked = random.integers(0, 10, 200)
    holders = modes(codes, lists, asked, random.random((200, 3)))
    for row, base in enumerate(asked):
        for column in range(3):
            assert holders[row, column] in lists[base]
            allowed = mixed_oracles.mode_candidates(codes[lists[base], column])
            assert codes[holders[row, column], column] in allowed


def test_levels_that_are_tied_are_taken_equally_often():
    codes = np.array([[5.0], [3.0], [5.0], [3.0], [9.0]])
    holders = modes(codes, np.arange(5)[None, :], np.zeros(30_000, dtype=int), uniform(30_000))
    taken = codes[holders[:, 0], 0]
    share = float((taken == 3.0).mean())
    print(f"share of one of two tied levels: {share:.4f}")
    assert set(taken) == {3.0, 5.0}
    assert share == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(30_000))


def uniform(rows):
    return np.random.default_rng(0).random((rows, 1))


def test_frequent_levels_lie_as_far_apart_as_they_are_and_rare_ones_about_so():
    random = np.random.default_rng(1)
    codes = np.floor(random.exponential(3.0, (4_000, 2))) * 1e11
    places = LevelPlaces.of(codes, np.ones(4_000, dtype=np.int64), weight=2.5)
    points = places(codes)
    assert points.shape == (4_000, 2 * PLACES)
    one, other = random.integers(0, 4_000, (2, 5_000))
    apart = ((points[one] - points[other]) ** 2).sum(axis=1)
    differing = (codes[one] != codes[other]).sum(axis=1)
    top = np.argsort(-np.bincount((codes / 1e11).astype(int).ravel()))[:PLACES] * 1e11
    frequent = np.isin(codes[one], top).all(axis=1) & np.isin(codes[other], top).all(axis=1)
    np.testing.assert_allclose(apart[frequent], 2.5 * differing[frequent], atol=1e-9)
    assert (apart[differing == 0] == 0).all()
    assert apart[~frequent & (differing == 2)].mean() == pytest.approx(5.0, rel=0.25)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), known=st.booleans())
def test_recall_is_measured_in_the_same_distance(seed, known):
    random = np.random.default_rng(seed)
    points = random.permutation(mixed(random, 120, 2, 2, levels=3))
    home = random.integers(0, 3, len(points))
    queries = np.arange(0, len(points), 9)
    asked = recall.Queries(
        points[queries],
        np.ones(2),
        Nominal(2, 0.49),
        home[queries],
        recall.Nearest.unseen(len(queries), 4),
    )
    rows = np.arange(len(points))
    if known:
        asked = asked.knowing(points[:60], (rows[:60], home[:60]), 4)
    seen = recall.observe(
        recall.Nearest.unseen(len(queries), 4),
        asked,
        points,
        multiplicity=np.ones(len(points), dtype=np.int64),
        member_rows=rows,
        member_buckets=home,
    )
    distances = mixed_oracles.mixed_squared_distances(
        *split(points[queries], 2), *split(points, 2), np.ones(2), 0.7
    )
    np.testing.assert_allclose(seen.anywhere, np.sort(distances, axis=1)[:, :5], rtol=1e-12)
    inside = np.where(home[queries][:, None] == home[None, :], distances, np.inf)
    np.testing.assert_allclose(seen.in_bucket, np.sort(inside, axis=1)[:, :5], rtol=1e-12)

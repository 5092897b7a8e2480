"""The two rows nearest to each query, among rows that stream past in any order."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels.nearest import Nearness, farthest, pass_by
from tests import oracles


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 60),
    d=st.integers(1, 6),
    values=st.sampled_from([0, 3]),
    cuts=st.integers(1, 5),
    known=st.booleans(),
)
def test_nearest_rows_are_those_of_an_exhaustive_search(seed, n, d, values, cuts, known):
    random = np.random.default_rng(seed)
    points = 1e3 + (
        random.integers(0, values, (n, d)) * 1.0 if values else random.normal(size=(n, d))
    )
    queries = np.concatenate([points[: n // 2], 1e3 + random.normal(size=(7, d))])
    times = random.integers(1, 4, size=n)
    inverse_scale = random.uniform(0.1, 3.0, size=d)
    sample = points[: random.integers(0, n + 1)] if known else points[:0]
    limits = farthest(queries, sample, 2, inverse_scale)

    seen = Nearness.unseen(len(queries))
    for batch in np.array_split(random.permutation(n), cuts):
        piece = Nearness.unseen(len(queries))
        piece = pass_by(piece, queries, limits, points[batch], times[batch], inverse_scale)
        seen = seen.merged(piece)

    everyone = np.repeat(points, times, axis=0)
    distances = np.sort(oracles.squared_distances(queries, everyone, inverse_scale), axis=1)
    expected = np.full((len(queries), 2), np.inf)
    expected[:, : min(2, distances.shape[1])] = distances[:, :2]
    np.testing.assert_array_equal(seen.squared, expected)


def test_no_query_and_no_row_are_no_trouble():
    seen = Nearness.unseen(0)
    rows, ones = np.ones((3, 2)), np.ones(3, dtype=np.int64)
    assert pass_by(seen, np.ones((0, 2)), np.ones(0), rows, ones, np.ones(2)) is seen
    assert farthest(rows, rows[:1], 2, np.ones(2)).tolist() == [np.inf] * 3


def test_nothing_is_known_of_queries_far_beyond_the_points():
    rows = np.random.default_rng(1).normal(size=(30, 2))
    limits = farthest(np.array([[1e60, 0.0], [0.0, 0.0]]), rows, 2, np.ones(2))
    assert limits[0] == np.inf
    assert np.isfinite(limits[1])

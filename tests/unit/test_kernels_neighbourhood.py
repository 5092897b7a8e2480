"""Nearest rows of all classes around a few queries, among rows that stream past in any order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels.nearest import farthest
from spark_smote.kernels.neighbourhood import Neighbours, Passing, Queries, contrasts, pass_by
from spark_smote.kernels.nominal import Nominal
from tests import oracles


def exhaustive(queries, own, points, keys, codes, times, k, metric):
    """Distance, key and class of the k nearest other rows of each query, sorted in Python."""
    inverse_scale, nominal = metric
    distances = oracles.squared_distances(queries, points, inverse_scale)
    if nominal:
        differing = queries[:, None, len(inverse_scale) :] != points[None, :, len(inverse_scale) :]
        distances = distances + nominal.weight * differing.sum(axis=2)
    found = []
    for row, near in zip(own, distances.tolist(), strict=True):
        others = [
            (near[j], int(keys[j]), int(codes[j]))
            for j in range(len(points))
            for _ in range(times[j] - (j == row))
        ]
        others.sort()
        found.append((others + [(np.inf, np.iinfo(np.int64).max, -1)] * k)[:k])
    return found


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 60),
    d=st.integers(1, 5),
    k=st.integers(1, 7),
    values=st.sampled_from([0, 2, 5]),
    cuts=st.integers(1, 5),
    most=st.integers(1, 3),
    known=st.booleans(),
    levels=st.integers(0, 3),
)
def test_neighbours_and_their_classes_are_those_of_an_exhaustive_search(
    seed, n, d, k, values, cuts, most, known, levels
):
    random = np.random.default_rng(seed)
    points = random.integers(0, values, (n, d)) * 1.0 if values else random.normal(size=(n, d))
    keys = random.permutation(10 * n)[:n].astype(np.int64)
    codes = random.integers(0, 3, n)
    times = random.integers(1, most + 1, n)
    inverse_scale = random.uniform(0.1, 3.0, size=d)
    # a level that is missing is as good as any other
    held = random.choice([3.0, 8.0, np.inf], (n, levels))
    points, nominal = np.concatenate([points, held], axis=1), Nominal(levels, 0.49)
    metric = inverse_scale, nominal if levels else None
    own = random.permutation(n)[: 1 + n // 3]
    asked = points[own]
    limits = farthest(asked, points if known else points[:0], k + 1, *metric)
    queries = Queries(asked, keys[own], codes[own], limits)

    rows = Passing(points, keys, codes, times)
    seen = Neighbours.unseen(len(own), k)
    for batch in np.array_split(random.permutation(n), cuts):
        piece = pass_by(Neighbours.unseen(len(own), k), queries, rows.taken(batch), *metric)
        seen = seen.merged(piece)
    found = seen.without(queries)

    expected = exhaustive(asked, own, points, keys, codes, times, k, metric)
    for row, wanted in enumerate(expected):
        got = list(
            zip(
                found.squared[row].tolist(), found.keys[row].tolist(), found.codes[row], strict=True
            )
        )
        # among more than k equal rows the query may not be among those kept
        crowded = [w for w in wanted if w[0] == 0] == wanted
        assert [g[0] for g in got] == [w[0] for w in wanted]
        if not crowded:
            assert got == wanted


def test_a_row_is_no_neighbour_of_itself_but_its_double_is():
    points = np.array([[0.0], [0.0], [3.0]])
    queries = Queries(points[:1], np.array([7]), np.array([0]), np.array([np.inf]))
    rows = Passing(points, np.array([7, 8, 9]), np.array([0, 1, 0]), np.array([1, 1, 1]))

    found = pass_by(Neighbours.unseen(1, 2), queries, rows, np.ones(1)).without(queries)

    assert found.squared.tolist() == [[0.0, 9.0]]
    assert found.codes.tolist() == [[1, 0]]


def test_more_equal_rows_than_fit_at_once_are_all_met():
    points = np.zeros((10_000, 2))
    rows = Passing(points, np.arange(10_000), np.arange(10_000) % 2, np.ones(10_000, dtype=int))
    queries = Queries(points[:1], np.array([0]), np.array([0]), np.array([np.inf]))

    found = pass_by(Neighbours.unseen(1, 3), queries, rows, np.ones(2)).without(queries)

    assert found.keys.tolist() == [[1, 2, 3]]


def test_contrast_is_the_nearest_over_the_mean_distance():
    queries, points = np.array([[0.0], [1.0]]), np.array([[0.0], [1.0], [4.0]])
    weights = np.array([1.0, 1.0, 2.0])

    found = contrasts(queries, np.array([1.0, 1.0]), points, weights, np.ones(1))

    assert found.tolist() == pytest.approx([1 / (9 / 4), 1 / (7 / 4)])


def test_levels_count_in_the_mean_distance_too():
    queries, points = np.array([[0.0, 5.0]]), np.array([[0.0, 5.0], [3.0, 7.0], [0.0, np.inf]])

    found = contrasts(queries, np.array([4.0]), points, np.ones(3), np.ones(1), Nominal(1, 16.0))

    assert found.tolist() == pytest.approx([2 / ((0 + 5 + 4) / 3)])


def test_distances_lose_their_meaning_with_the_width():
    random = np.random.default_rng(3)

    def contrast(width):
        points = random.normal(size=(2_000, width))
        others = oracles.squared_distances(points[:50], points[50:], np.ones(width))
        return np.median(
            contrasts(points[:50], others.min(axis=1), points[50:], np.ones(1950), np.ones(width))
        )

    assert contrast(2) < 0.1
    assert contrast(300) > 0.8

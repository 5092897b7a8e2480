"""Distances to the nearest and the farthest references, against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels import references as references_module
from spark_smote.kernels.knn import k_farthest
from spark_smote.kernels.nominal import Nominal
from spark_smote.kernels.references import mean_distances, nearer_to, shortlist
from tests import cross_oracles, oracles
from tests.unit.test_kernels_lower_bounds import KINDS, table

SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, n=st.integers(1, 150), d=st.integers(1, 40), kind=st.sampled_from(KINDS))
def test_farthest_points_are_those_of_brute_force(seed, n, d, kind):
    points, scale = table(seed, n, d, kind)
    queries, _ = table(seed + 1, 20, d, kind)
    k = min(n, 4)
    found, squared = k_farthest(queries, points, k, scale)

    every = oracles.squared_distances(queries, points, scale)
    expected = np.argsort(-every, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(squared, np.take_along_axis(every, expected, axis=1))


def test_farthest_points_of_rows_beyond_single_precision_are_found():
    points = np.array([[0.0], [1.0], [3.0]])
    found, _ = k_farthest(np.array([[1e60], [-1e60], [2.0]]), points, 1, np.ones(1))
    assert found[2] == [0]
    assert found[:2].tolist() == [[0], [0]]  # all as far, in double precision


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, k=st.integers(1, 9), farthest=st.booleans(), nominal=st.booleans())
def test_every_occurrence_of_a_reference_counts(seed, k, farthest, nominal):
    features, classes = cross_oracles.on_a_grid(seed, rows=80)
    features, classes, times = cross_oracles.canonical(features, classes)
    own, others = classes == 0, classes != 0
    times = times + 8  # so that there are k
    scale, levels = (np.ones(1), Nominal(1, 0.3)) if nominal else (np.array([1.0, 0.5]), None)
    found = mean_distances(
        *(features[others], features[own], times[own], k, scale, levels), farthest=farthest
    )

    every = np.repeat(features[own], times[own], axis=0)
    squared = oracles.squared_distances(features[others], every, scale)
    if nominal:
        squared += 0.3 * (features[others, None, 1] != every[None, :, 1])
    expected = cross_oracles.mean_of_first(np.sqrt(squared), k, farthest=farthest)
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("farthest", [False, True])
def test_distances_do_not_depend_on_what_is_asked_at_once(monkeypatch, farthest):
    random = np.random.default_rng(4)
    queries, points, times = random.normal(size=(50, 6)), random.normal(size=(90, 6)), np.ones(90)
    given = points, times.astype(np.int64), 3, np.ones(6)
    at_once = mean_distances(queries, *given, farthest=farthest)
    listed = shortlist(queries, *given)
    monkeypatch.setattr(references_module, "ENTRIES_AT_ONCE", 12)

    assert mean_distances(queries, *given, farthest=farthest).tobytes() == at_once.tobytes()
    np.testing.assert_array_equal(shortlist(queries, *given), listed)
    one = [mean_distances(queries[i : i + 1], *given, farthest=farthest)[0] for i in range(50)]
    assert one == at_once.tolist()


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS, k=st.integers(1, 6))
def test_rows_near_to_some_reference_are_listed(seed, k):
    features, classes = cross_oracles.on_a_grid(seed, rows=90)
    features, classes, times = cross_oracles.canonical(features, classes)
    own, others = classes == 0, classes == 2
    if times[others].sum() < k or not own.any():
        return
    listed = shortlist(features[own], features[others], times[others], k, np.ones(2))
    assert listed.tolist() == cross_oracles.listed(
        features[own], features[others], times[others], k
    )


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, seeds=st.integers(1, 5), nominal=st.booleans())
def test_rows_are_nearer_to_a_seed_unless_a_reference_is_as_near(seed, seeds, nominal):
    features, classes = cross_oracles.on_a_grid(seed, rows=90)
    own, queries = features[classes == 0], features[classes == 2]
    if not len(own):
        return
    scale, levels = (np.ones(1), Nominal(1, 0.3)) if nominal else (np.array([1.0, 0.5]), None)
    found = nearer_to(queries[:seeds], queries, own, scale, levels)

    def nearest(rows):
        squared = oracles.squared_distances(queries, rows, scale)
        if nominal:
            squared += 0.3 * (queries[:, None, 1] != rows[None, :, 1])
        return squared.min(axis=1)

    np.testing.assert_array_equal(found, nearest(queries[:seeds]) < nearest(own))

"""Clusters by k-means and weights by sparsity, against brute force and imbalanced-learn."""

import math

import numpy as np
import pytest
from imblearn.over_sampling import KMeansSMOTE as Reference
from sklearn.cluster import KMeans

from spark_smote.kernels.sparsity import (
    WHOLE,
    automatic_exponent,
    mean_distance,
    sparsity_weights,
)
from spark_smote.lsh import VoronoiHash
from spark_smote.plans.counting import accuracy_by_class
from spark_smote.results import SearchAccuracy
from tests import oracles


def with_repeats(seed, rows=60, d=3):
    """Distinct rows and how often each occurs."""
    random = np.random.default_rng(seed)
    return random.normal(size=(rows, d)), random.integers(1, 6, rows)


def over_all_pairs(rows, inverse_scale):
    total = [
        math.sqrt(oracles.squared_distance(rows[i], rows[j], inverse_scale))
        for i in range(len(rows))
        for j in range(i)
    ]
    return sum(total) / len(total)


@pytest.mark.parametrize("seed", range(3))
def test_mean_distance_of_all_rows_is_that_of_all_pairs_equal_rows_included(seed):
    features, times = with_repeats(seed)
    unit = np.array([1.0, 0.5, 7.0])
    rows = np.repeat(features, times, axis=0)

    found = mean_distance(features, times, len(rows), unit)
    assert found == pytest.approx(over_all_pairs(rows, unit), rel=1e-12)
    order = np.random.default_rng(seed).permutation(len(features))
    assert mean_distance(features[order], times[order], len(rows), unit) == found


def test_mean_distance_of_sampled_rows_is_right_on_average():
    features, times = with_repeats(4, rows=200)
    rows, unit = int(times.sum()), np.ones(3)
    truth = mean_distance(features, times, rows, unit)
    random = np.random.default_rng(0)
    samples = [np.sort(random.choice(200, 40, replace=False)) for _ in range(300)]
    found = [mean_distance(features[some], times[some], rows, unit) for some in samples]

    assert np.std(found) > 0.01 * truth
    assert np.mean(found) == pytest.approx(truth, rel=0.005)


def test_rows_that_are_all_equal_have_no_distance():
    assert mean_distance(np.zeros((1, 2)), np.array([9]), 9, np.ones(2)) == 0
    assert mean_distance(np.zeros((3, 2)), np.array([9, 1, 1]), 11, np.ones(2)) == 0


@pytest.mark.parametrize("exponent", [None, 0.0, 0.7, 3.0])
def test_weights_are_the_sparsities_of_imbalanced_learn(exponent):
    random = np.random.default_rng(1)
    clusters = [width * random.normal(size=(n, 4)) for n, width in ((5, 2.0), (90, 0.3), (31, 1.0))]
    reference = Reference(density_exponent="auto" if exponent is None else exponent)
    reference.n_jobs = None
    expected = np.array([reference._find_cluster_sparsity(rows) for rows in clusters])

    distances = [over_all_pairs(rows, np.ones(4)) for rows in clusters]
    found = np.array(sparsity_weights(distances, [5, 90, 31], exponent))
    np.testing.assert_allclose(found / found.sum(), expected / expected.sum(), rtol=1e-9)
    assert found.max() == WHOLE


def test_weights_do_not_overflow_and_clusters_without_distances_weigh_nothing():
    assert automatic_exponent(10**9) > 140
    huge = sparsity_weights([1e140, 1e141, 0.0], [10**9, 10**9, 3], None)
    assert huge == [0, WHOLE, 0]
    assert sparsity_weights([0.0, 0.0], [2, 4], None) == [WHOLE, WHOLE // 2]
    assert sparsity_weights([0.0, 5.0], [4, 4], 0.0) == [WHOLE, WHOLE]


def test_clusters_are_as_good_as_those_of_scikit_learn_repeats_counted():
    random = np.random.default_rng(2)
    centres = random.normal(0, 4, (5, 3))
    points = centres[random.integers(0, 5, 400)] + random.normal(size=(400, 3))
    times = random.integers(1, 9, 400)
    rows = np.repeat(points, times, axis=0)
    best = KMeans(5, n_init=10, random_state=0).fit(rows).inertia_

    family = VoronoiHash.of_clusters(points, times, 5, seed=3)
    placed = family.place(rows)
    found = ((rows - family.centroids[placed.home]) ** 2).sum()
    print(f"inertia {found:.1f} against {best:.1f}")
    assert found < 1.02 * best
    assert len(placed.spill_rows) == 0
    means = [rows[placed.home == cluster].mean(axis=0) for cluster in range(5)]
    np.testing.assert_allclose(family.centroids, means, rtol=0, atol=0.05)
    again = VoronoiHash.of_clusters(points, times, 5, seed=3)
    np.testing.assert_array_equal(again.centroids, family.centroids)


def test_there_are_no_more_clusters_than_distinct_points():
    points = np.array([[0.0], [0.0], [1.0], [5.0]])
    family = VoronoiHash.of_clusters(points, np.ones(4, dtype=np.int64), 8, seed=0)
    assert sorted(family.centroids[:, 0]) == [0.0, 1.0, 5.0]
    assert VoronoiHash.of_clusters(points, np.ones(4, dtype=np.int64), 1, seed=0).buckets == 1


def test_accuracy_of_a_class_in_parts_is_that_of_all_its_queries():
    exact = SearchAccuracy("a", 3, 0, 1.0, 1.0, True)
    parts = [
        exact,
        SearchAccuracy("a", 3, 10, 0.5, 1.2, False),
        SearchAccuracy("b", 3, 7, 0.75, 1.1, False),
        SearchAccuracy("a", 3, 30, 0.9, 1.0, False),
    ]
    pooled, alone = accuracy_by_class(parts)
    assert (pooled.label, pooled.queries, pooled.exact) == ("a", 40, False)
    assert pooled.recall == pytest.approx(0.8)
    assert pooled.distance_ratio == pytest.approx(1.05)
    assert alone is parts[2]
    assert accuracy_by_class([exact, exact]) == [exact]


def test_rows_repeated_billions_of_times_do_not_overflow():
    apart = np.array([[0.0], [2.0], [4.0]])  # 2, 2 and 4 apart, in two pairs of three
    often = np.full(3, 4_000_000_000)

    mean = mean_distance(apart, often, 12_000_000_000, np.ones(1))
    assert mean == pytest.approx(8 / 3 * 2 / 3, rel=1e-6)

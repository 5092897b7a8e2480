"""Recall and distance ratio equal those of a brute-force search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels import recall
from tests import oracles


def brute_force(points, multiplicity, queries, home, matrix, k):
    """Share of the k nearest rows that share the query's bucket, and mean found / mean exact."""
    everyone = [row for row, times in enumerate(multiplicity) for _ in range(times)]
    hits, found_distances, exact_distances = [], [], []
    for query in queries:
        others = list(everyone)
        others.remove(query)  # one occurrence of the row itself
        squared = {
            row: oracles.squared_distance(points[query], points[row], np.ones(points.shape[1]))
            for row in set(others)
        }
        exact = sorted(squared[row] for row in others)[:k]
        found = sorted(squared[row] for row in others if matrix[row, home[query]])[:k]
        hits += [i < len(found) and found[i] <= exact[k - 1] * (1 + 1e-9) for i in range(k)]
        found_distances += found
        exact_distances += exact[: len(found)]
    mean = np.mean(np.sqrt(exact_distances)) if exact_distances else 0.0
    ratio = np.mean(np.sqrt(found_distances)) / mean if mean > 0 else 1.0
    return np.mean(hits), ratio


def asked_for(points, home, k):
    """Queries whose neighbours nothing is known of."""
    unknown = recall.Nearest.unseen(len(points), k)
    return recall.Queries(points, np.ones(points.shape[1]), None, home, unknown)


def observed(points, multiplicity, queries, home, matrix, k, batches):
    """The same, streamed past in batches, each from nothing, then merged."""
    seen = recall.Nearest.unseen(len(queries), k)
    for batch in batches:
        rows, buckets = np.nonzero(matrix[batch])
        piece = recall.observe(
            recall.Nearest.unseen(len(queries), k),
            asked_for(points[queries], home[queries], k),
            points[batch],
            multiplicity=multiplicity[batch],
            member_rows=rows,
            member_buckets=buckets,
        )
        seen = seen.merged(piece)
    return seen


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(8, 60),
    d=st.integers(1, 4),
    k=st.integers(1, 6),
    values=st.sampled_from([0, 2, 4]),
    most_times=st.sampled_from([1, 3, 9]),
)
def test_accuracy_equals_brute_force_duplicates_included(seed, n, d, k, values, most_times):
    random = np.random.default_rng(seed)
    points = random.normal(size=(n, d))
    if values:
        points = random.integers(0, values, size=(n, d)).astype(float)
    multiplicity = random.integers(1, most_times + 1, size=n)
    buckets = random.integers(1, 5)
    home = random.integers(0, buckets, size=n)
    matrix = random.random((n, buckets)) < 0.3
    matrix[np.arange(n), home] = True
    queries = random.permutation(n)[: min(n, 12)]
    k = min(k, int(multiplicity.sum()) - 1)

    batches = np.array_split(random.permutation(n), random.integers(1, 5))
    seen = observed(points, multiplicity, queries, home, matrix, k, batches)
    found, ratio = recall.accuracy(seen)
    expected, expected_ratio = brute_force(points, multiplicity, queries, home, matrix, k)
    assert found == pytest.approx(expected, abs=1e-12)
    assert ratio == pytest.approx(expected_ratio, rel=1e-6)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), cuts=st.integers(1, 6))
def test_what_was_seen_does_not_depend_on_the_order_of_batches(seed, cuts):
    random = np.random.default_rng(seed)
    n, k = 80, 5
    points = random.integers(0, 5, size=(n, 3)).astype(float)  # integers: exact in any order
    home = random.integers(0, 3, size=n)
    matrix = random.random((n, 3)) < 0.4
    matrix[np.arange(n), home] = True
    queries = np.arange(0, n, 7)
    times = random.integers(1, 4, size=n)
    whole = observed(points, times, queries, home, matrix, k, [np.arange(n)])
    batches = np.array_split(random.permutation(n), cuts)
    cut = observed(points, times, queries, home, matrix, k, batches)
    np.testing.assert_array_equal(cut.anywhere, whole.anywhere)
    np.testing.assert_array_equal(cut.in_bucket, whole.in_bucket)
    in_turn = recall.Nearest.unseen(len(queries), k)
    for batch in batches:  # passing the same queries one after the other
        rows, buckets = np.nonzero(matrix[batch])
        in_turn = recall.observe(
            in_turn,
            asked_for(points[queries], home[queries], k),
            points[batch],
            multiplicity=times[batch],
            member_rows=rows,
            member_buckets=buckets,
        )
    np.testing.assert_array_equal(in_turn.anywhere, whole.anywhere)
    np.testing.assert_array_equal(in_turn.in_bucket, whole.in_bucket)


def test_search_of_everything_has_recall_one_and_ratio_one():
    points = np.random.default_rng(0).normal(size=(300, 4))
    home, matrix = np.zeros(300, dtype=np.int64), np.ones((300, 1), dtype=bool)
    ones = np.ones(300, dtype=np.int64)
    seen = observed(points, ones, np.arange(40), home, matrix, 5, [np.arange(300)])
    assert recall.accuracy(seen) == (1.0, 1.0)


def test_neighbours_that_no_bucket_holds_count_as_missed():
    points = np.arange(6.0)[:, None]
    home, matrix = np.arange(6), np.eye(6, dtype=bool)  # every row alone
    ones = np.ones(6, dtype=np.int64)
    seen = observed(points, ones, np.arange(6), home, matrix, 2, [np.arange(6)])
    assert recall.accuracy(seen) == (0.0, 1.0)


def test_equally_near_rows_count_whichever_was_found():
    # the second neighbour of 0 is either of the two rows at distance 1 and -1
    points = np.array([[0.0], [1.0], [-1.0], [0.5]])
    home, matrix = np.zeros(4, dtype=np.int64), np.array([[1], [1], [0], [1]], dtype=bool)
    ones = np.ones(4, dtype=np.int64)
    seen = observed(points, ones, np.array([0]), home, matrix, 2, [np.arange(4)])
    assert recall.accuracy(seen) == (1.0, 1.0)

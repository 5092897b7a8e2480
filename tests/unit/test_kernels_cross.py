"""Votes of neighbours and Tomek links of a bucket, against brute force."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels import links as links_module
from spark_smote.kernels import votes as votes_module
from spark_smote.kernels.bucket import BucketRows
from spark_smote.kernels.links import links
from spark_smote.kernels.nominal import Nominal
from spark_smote.kernels.votes import modes, nearest_rows, others
from tests import cross_oracles

SEEDS = st.integers(0, 2**32 - 1)


def bucket(features, times, home=None):
    at_home = np.ones(len(features), dtype=bool) if home is None else home
    return BucketRows(np.arange(len(features)), features, times, at_home)


@given(seed=SEEDS, k=st.integers(1, 12))
@settings(max_examples=25, deadline=None)
def test_neighbours_vote_as_often_as_they_occur_and_nobody_for_itself(seed, k):
    features, classes = cross_oracles.on_a_grid(seed, rows=60)
    features, classes, times = cross_oracles.canonical(features, classes)
    scale = np.array([1.0, 0.5])
    asked = np.arange(0, len(features), 2)
    found = classes[nearest_rows(bucket(features, times), asked, k, scale)]

    expected = cross_oracles.voted(features, classes, times, k, scale)[asked]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
        others(classes[asked], found),
        [sum(v != own for v in votes) for own, votes in zip(classes[asked], found, strict=True)],
    )
    stays = [
        cross_oracles.stays(own, v, "mode") for own, v in zip(classes[asked], found, strict=True)
    ]
    np.testing.assert_array_equal(modes(found) == classes[asked], stays)


def test_votes_counted_in_blocks_are_those_counted_at_once(monkeypatch):
    features, _, times = cross_oracles.canonical(*cross_oracles.on_a_grid(3))
    asked = np.arange(len(features))
    at_once = nearest_rows(bucket(features, times), asked, 4, np.ones(2))
    monkeypatch.setattr(votes_module, "ENTRIES_AT_ONCE", 28)
    in_blocks = nearest_rows(bucket(features, times), asked, 4, np.ones(2))

    np.testing.assert_array_equal(in_blocks, at_once)


def spread(rows, times):
    return np.repeat(np.arange(len(rows)), times)


@given(seed=SEEDS, block=st.sampled_from([1, 9, 1 << 20]))
@settings(max_examples=40, deadline=None)
def test_links_are_those_of_brute_force_with_ties_and_duplicates(seed, block):
    features, classes = cross_oracles.on_a_grid(seed, rows=70, levels=6)
    features, classes, times = cross_oracles.canonical(features, classes)
    scale = np.array([1.0, 0.7])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(links_module, "ENTRIES_AT_ONCE", block)
        found = links(bucket(features, times), classes, np.arange(len(features)), scale)

    each = spread(features, times)
    expected = np.zeros(len(features), dtype=bool)
    expected[each[cross_oracles.in_tomek_link(features[each], classes[each], scale)]] = True
    np.testing.assert_array_equal(found.linked, expected)
    assert not len(found.rows)


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_two_buckets_that_each_see_all_rows_find_the_links_of_one(seed):
    features, classes = cross_oracles.on_a_grid(seed, rows=70, levels=6)
    features, classes, times = cross_oracles.canonical(features, classes)
    places = np.unique(features, axis=0, return_inverse=True)[1].reshape(-1)
    at_left = np.random.default_rng(seed).random(places.max() + 1)[places] < 0.5
    scale, linked, sides = np.ones(2), np.zeros(len(features), dtype=bool), {}
    for home in (at_left, ~at_left):
        asked = np.flatnonzero(home)
        found = links(bucket(features, times, home), classes, asked, scale)
        linked[asked[found.linked]] = True
        for one, other in zip(found.rows.tolist(), found.partners.tolist(), strict=True):
            sides.setdefault(frozenset((one, other)), set()).add(one)
    for pair, seen in sides.items():
        linked[list(pair)] |= seen == pair

    whole = links(bucket(features, times), classes, np.arange(len(features)), scale)
    np.testing.assert_array_equal(linked, whole.linked)


def test_links_of_some_rows_are_the_same_as_among_all():
    features, classes, times = cross_oracles.canonical(*cross_oracles.on_a_grid(8, rows=120))
    rows, scale = bucket(features, times), np.ones(2)
    whole = links(rows, classes, np.arange(len(features)), scale)
    some = np.arange(1, len(features), 3)

    np.testing.assert_array_equal(links(rows, classes, some, scale).linked, whole.linked[some])
    assert 0 < whole.linked.sum() < len(features)


def test_rows_that_differ_in_a_column_without_weight_are_at_no_distance():
    features = np.array([[0.0, 1.0], [0.0, 2.0], [5.0, 1.0], [5.5, 1.0]])
    found = links(
        bucket(features, np.array([1, 1, 1, 1])),
        np.array([0, 1, 0, 0]),
        np.arange(4),
        np.ones(1),
        Nominal(1, 0.0),
    )
    assert found.linked.tolist() == [True, True, False, False]


def test_rows_on_one_point_are_linked_where_their_classes_differ():
    features = np.zeros((2, 1))
    both = links(bucket(features, np.array([1, 1])), np.array([0, 1]), np.arange(2), np.ones(1))
    same = links(bucket(features[:1], np.array([4])), np.array([0]), np.arange(1), np.ones(1))
    assert both.linked.tolist() == [True, True]
    assert same.linked.tolist() == [False]


def test_links_of_rows_that_are_all_equally_near_take_memory_as_rows_not_as_pairs():
    """One 0/1 column and a level that no two rows share: half of all rows tie with each."""
    sizes, peaks = (600, 2_400), []
    for rows in sizes:
        features = np.column_stack([np.arange(rows) % 2, np.arange(rows)]).astype(float)
        rare = (np.arange(rows) % 50 == 0).astype(np.int64)
        tracemalloc.start()
        found = links(
            bucket(features, np.ones(rows, dtype=np.int64)),
            rare,
            np.arange(rows),
            np.ones(1),
            Nominal(1, 0.25),
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        # every row of the other class is a partner, where it has the same number
        assert found.linked.tolist() == (np.arange(rows) % 2 == 0).tolist()
    assert peaks[1] < max(2 * (sizes[1] / sizes[0]) * peaks[0], 64 << 20)

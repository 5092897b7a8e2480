"""Where rows go when those that ask are others than those that are searched."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.errors import DataError
from spark_smote.lsh import FitSettings, VoronoiHash
from spark_smote.plans.model import BucketCounts, ClassModel, Parties

PARTIES = Parties(np.array([True, False]), np.array([False, True]), rows_asking=100)


def fitted(seed, splits):
    points = np.random.default_rng(seed).normal(size=(300, 2))
    cut = FitSettings(buckets=4, copies=2.0, most_copies=4, fewest_rows=2, seed=0)
    family = VoronoiHash.fit(points, cut)
    ways = np.resize(splits, family.buckets)
    return ClassModel(np.zeros(2), np.ones(2), family, ways, parties=PARTIES)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), splits=st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_rows_searched_are_in_every_part_of_their_buckets_and_others_at_home_only(seed, splits):
    model = fitted(seed, splits)
    random = np.random.default_rng(seed)
    features, keys = random.normal(size=(80, 2)), random.integers(-(2**63), 2**63 - 1, 80)
    found = random.random(80) < 0.4
    home, rows, buckets = model.place(features, keys, found)
    owner = np.repeat(np.arange(len(model.splits)), model.splits)

    plain = model.family.place(features)
    np.testing.assert_array_equal(owner[home], plain.home)
    assert not (~found)[rows].any()
    for row in np.flatnonzero(found):
        reached = {plain.home[row], *plain.spill_buckets[plain.spill_rows == row]}
        held = sorted([home[row], *buckets[rows == row]])
        assert held == np.flatnonzero(np.isin(owner, list(reached))).tolist()


def test_a_row_that_asks_is_in_a_bucket_with_the_nearest_row_searched():
    model = replace(fitted(1, [1]), family=None, splits=np.array([3]))
    random = np.random.default_rng(2)
    features, keys = random.normal(size=(60, 2)), random.integers(0, 2**62, 60)
    found = np.arange(60) < 9
    home, rows, buckets = model.place(features, keys, found)

    assert set(home[~found]) == {0, 1, 2}
    for part in range(3):
        assert set(np.flatnonzero(found & (home == part))) | set(rows[buckets == part]) == set(
            range(9)
        )


def test_more_rows_searched_than_a_part_holds_are_refused():
    model = fitted(3, [1])
    fullest = np.full(model.buckets, 10)
    fullest[0] = 150
    counts = BucketCounts(fullest, np.full(model.buckets, 5), fullest)
    split = model.refined(counts, fewest=1, most=100)
    assert split.splits[0] == 3

    again = np.where(np.arange(split.buckets) < 3, 120, 10)
    counts = BucketCounts(again, np.full(split.buckets, 5), again)
    with pytest.raises(DataError, match="exceeds 100 distinct rows; draw fewer"):
        split.refined(counts, fewest=1, most=100)

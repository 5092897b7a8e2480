"""Exact shares, and random streams that never meet."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels.quotas import largest_remainder
from spark_smote.kernels.streams import seed_int32, seed_int64, stream, sub_seed
from tests import oracles

WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=25).filter(any)


@settings(deadline=None, max_examples=200)
@given(total=st.integers(0, 500), weights=WEIGHTS | st.lists(st.integers(1, 4), min_size=1))
def test_shares_are_those_of_exact_fractions(total, weights):
    assert largest_remainder(total, weights) == oracles.shares_by_fractions(total, weights)


@settings(deadline=None, max_examples=200)
@given(total=st.integers(0, 10**18), weights=WEIGHTS)
def test_shares_add_up_and_stay_within_one_of_the_exact_share(total, weights):
    shares = largest_remainder(total, weights)
    whole = sum(weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * whole - total * weight) < whole
        assert weight or not share


def test_shares_are_exact_where_floats_would_round():
    weights = [2**53 + 1, 2**53 - 1, 3]
    assert largest_remainder(sum(weights), np.array(weights)) == weights


def test_of_equal_remainders_the_first_gets_the_unit():
    assert largest_remainder(5, [1, 1, 1, 1]) == [2, 1, 1, 1]
    assert largest_remainder(2, [0, 1, 1, 1]) == [0, 1, 1, 0]


def test_nothing_to_share_is_nothing_for_each():
    assert largest_remainder(0, [0, 0]) == [0, 0]
    assert largest_remainder(0, [3, 1]) == [0, 0]


@pytest.mark.parametrize(("total", "weights"), [(-1, [1]), (1, [2, -1]), (1, [0, 0]), (1, [])])
def test_impossible_shares_are_refused(total, weights):
    with pytest.raises(ValueError, match="received|cannot share out"):
        largest_remainder(total, weights)


def test_same_seed_and_purpose_give_the_same_stream():
    one, other = stream(7, "draw", "'fraud'", 3, 0), stream(7, "draw", "'fraud'", 3, 0)
    np.testing.assert_array_equal(one.random(1000), other.random(1000))


def test_no_two_of_seed_purpose_class_bucket_and_slice_share_a_stream():
    names = itertools.product(
        (0, 1, -1, 2**63 - 1), ("draw", "sample", "draws"), ("1", "'1'", "1.0"), (0, 1, 10), (0, 1)
    )
    firsts = [stream(seed, *name).integers(0, 2**63, 4).tobytes() for seed, *name in names]
    assert len(set(firsts)) == len(firsts) == 4 * 3 * 3 * 3 * 2


def test_purposes_do_not_run_into_each_other():
    seeds = [
        sub_seed(1, "a", "b"),
        sub_seed(1, "ab"),
        sub_seed(1, "a,b"),
        sub_seed(1, 'a","b'),
        sub_seed(1, "a", 1),
        sub_seed(1, "a", "1"),
        sub_seed(1, "a", 11),
        sub_seed(1, "a", 1, 1),
        sub_seed(11, "a"),
        sub_seed(1, "1", "a"),
        sub_seed(1, "\N{LATIN SMALL LETTER A WITH ACUTE}"),
    ]
    assert len(set(seeds)) == len(seeds)


def test_streams_of_neighbouring_slices_are_uncorrelated():
    draws = np.array([stream(7, "draw", "1", 0, number).random(4_000) for number in range(12)])
    off_diagonal = np.corrcoef(draws)[np.triu_indices(12, 1)]
    largest = np.abs(off_diagonal).max()
    print(f"largest correlation of {len(off_diagonal)} pairs of streams: {largest:.3f}")
    assert largest < 5 / np.sqrt(4_000)


@settings(deadline=None, max_examples=200)
@given(seed=st.integers(-(2**63), 2**63 - 1), purpose=st.text(max_size=5))
def test_seeds_for_others_stay_in_their_range(seed, purpose):
    assert 0 <= seed_int32(seed, purpose) < 2**31
    assert -(2**63) <= seed_int64(seed, purpose) < 2**63

"""New rows shared out among bases by the weight of their rank: exactly, whatever the buckets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels.bucket import BucketRows, shared_bases
from spark_smote.kernels.quotas import Shares
from tests import oracles


@given(
    seed=st.integers(0, 2**32 - 1),
    total=st.sampled_from([0, 1, 13, 500, 12_345]),
    buckets=st.integers(1, 6),
)
@settings(max_examples=60, deadline=None)
def test_each_row_is_a_base_as_often_as_its_weight_says_to_within_one(seed, total, buckets):
    random = np.random.default_rng(seed)
    weights = random.integers(0, 6, 5).tolist()
    weights[2] = max(weights[2], 1)
    rows = random.integers(0, 30, (buckets, 5))
    rows[0, 2] += 1
    shares = Shares.by_weight(total, weights, rows)

    ranks = np.repeat(np.arange(5), rows.sum(axis=0))
    expected = oracles.shares_by_fractions(total, [weights[rank] for rank in ranks])
    for rank in range(5):
        counts = rows[:, rank].sum()
        due = shares.each[rank] * counts + shares.extra[:, rank].sum()
        assert due == sum(e for e, r in zip(expected, ranks, strict=True) if r == rank)
    assert (shares.extra >= 0).all()
    assert (shares.extra <= rows).all()
    assert sum(shares.quotas(rows)) == total
    for bucket, quota in enumerate(shares.quotas(rows)):
        assert quota == sum(rows[bucket] * shares.each) + shares.extra[bucket].sum()


def test_rows_that_weigh_nothing_are_never_bases():
    with pytest.raises(ValueError, match="weigh nothing"):
        Shares.by_weight(3, [0, 1], np.array([[4, 0]]))
    assert Shares.by_weight(0, [0, 1], np.array([[4, 0]])).quotas(np.array([[4, 0]])) == [0]


@given(seed=st.integers(0, 2**32 - 1), cut=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_bases_of_slices_are_those_due_one_after_the_other(seed, cut):
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 25))
    times, ranks = random.integers(1, 4, n), random.integers(0, 3, n)
    home = random.random(n) < 0.8
    home[0] = True
    rows = BucketRows(np.arange(n), np.zeros((n, 1)), times, home)
    each = random.integers(0, 4, 3)
    held = [int(times[home & (ranks == rank)].sum()) for rank in range(3)]
    extra = np.array([random.integers(0, most + 1) for most in held])

    due = np.zeros(n, dtype=int)
    left = extra.copy()
    for row in np.flatnonzero(home):
        for _ in range(times[row]):  # each occurrence
            due[row] += each[ranks[row]] + (left[ranks[row]] > 0)
            left[ranks[row]] -= left[ranks[row]] > 0
    total = due.sum()
    parts = [
        shared_bases(rows, ranks, each, extra, start, min(cut, total - start))
        for start in range(0, total, cut)
    ]
    found = np.concatenate(parts) if parts else np.zeros(0, dtype=int)
    np.testing.assert_array_equal(found, np.repeat(np.arange(n), due))

"""Which buckets receive new rows, where these must meet conditions."""

import numpy as np
import pytest

from spark_smote.plans.layout import ROWS_PER_SLICE, _sizes
from spark_smote.plans.trial_draws import WHOLE, _weights

HOME = np.array([1_000, 2_000, 500, 70])


def told(*pairs):
    return [(bucket, {"bases": b, "able": a}) for bucket, (b, a) in enumerate(pairs)]


def test_where_all_bases_can_pass_quotas_are_those_of_a_run_without_conditions():
    found = told((32, 32), (40, 40), (1, 1))  # and none of the last bucket was sampled
    assert _weights(found, HOME) == [rows * WHOLE for rows in HOME]


def test_buckets_receive_rows_in_proportion_to_the_bases_that_can_pass():
    found = told((32, 16), (40, 40), (8, 2), (4, 4))
    assert [w / WHOLE for w in _weights(found, HOME)] == [500, 2_000, 125, 70]


@pytest.mark.parametrize("able", [0, 1])
def test_buckets_where_hardly_any_can_receive_none(able):
    found = told((32, able), (40, 40), (64, 3), (4, 1))
    assert [w / WHOLE for w in _weights(found, HOME)] == [0, 2_000, 0, 0]


def test_unsampled_buckets_follow_the_class_only_if_half_of_it_can():
    assert _weights(told((32, 16), (32, 24)), HOME)[3] == 70 * WHOLE * 40 // 64
    assert _weights(told((32, 16), (32, 8)), HOME)[3] == 0


def test_where_none_can_the_run_is_left_to_find_out():
    assert _weights(told((32, 0), (32, 1)), HOME) == HOME.tolist()


def test_slices_are_of_one_size_where_each_must_choose_among_enough():
    full = ROWS_PER_SLICE
    assert _sizes([(None, full + 1)], alike=True) == [(None, full // 2 + 1), (None, full // 2)]
    assert _sizes([(None, full + 1)], alike=False) == [(None, full), (None, 1)]
    assert _sizes([(None, 0)], alike=True) == _sizes([(None, 0)], alike=False) == []

"""Columns by their values: counted, told apart, marked, one-hot."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from spark_smote.kernels.one_hot import one_hot_groups
from spark_smote.kernels.sentinels import sentinels
from spark_smote.kernels.separation import levels_apart, ranked_apart, separation
from spark_smote.kernels.tally import SMALLEST_KEPT, Distinct, Tally


def tallied(values, batches=1, nulls=0):
    tally = Tally()
    for batch in np.array_split(values, batches):
        tally = tally.merged(Tally().entered(batch, nulls=nulls, lost=0, numeric=True))
    return tally


def test_a_tally_counts_what_a_column_holds():
    values = np.array([1.0, 0.0, -0.0, np.nan, np.inf, -np.inf, 7.5])

    tally = tallied(values, batches=3, nulls=2)

    assert (tally.rows, tally.nulls, tally.nans, tally.infinities) == (13, 6, 1, 2)
    assert (tally.low, tally.high, tally.zeros_and_ones) == (0.0, 7.5, 3)
    assert tally.distinct.exact
    assert tally.distinct_values == 5  # 0.0 and -0.0 are equal


def test_long_integers_that_one_double_stands_for_are_told_apart():
    tally = tallied((1 << 60) + np.arange(500, dtype=np.int64))

    assert tally.distinct_values == 500


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 5_000), cuts=st.integers(1, 6))
def test_distinct_values_do_not_depend_on_order_and_batches(seed, n, cuts):
    random = np.random.default_rng(seed)
    words = random.integers(0, 2_000, n).astype(np.uint64)
    pieces = np.array_split(random.permutation(words), cuts)

    one_by_one = Distinct.unseen()
    for piece in pieces:
        one_by_one = one_by_one.entered(piece)
    merged = Distinct.unseen()
    for piece in pieces:
        merged = Distinct.unseen().entered(piece).merged(merged)

    np.testing.assert_array_equal(one_by_one.hashes, Distinct.unseen().entered(words).hashes)
    np.testing.assert_array_equal(merged.hashes, one_by_one.hashes)
    if merged.exact:
        assert merged.count == len(np.unique(words))


def test_many_distinct_values_are_estimated_within_some_percent():
    for n in (SMALLEST_KEPT, 20_000, 300_000):
        estimate = Distinct.unseen().entered(np.arange(n, dtype=np.uint64)).count
        print(f"{n:,} distinct values, estimated {estimate:,}")
        assert abs(estimate - n) < 0.12 * n  # four standard errors


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 80), levels=st.integers(1, 9))
def test_the_area_is_that_of_scikit_learn_for_each_class(seed, n, levels):
    random = np.random.default_rng(seed)
    values = random.integers(0, levels, n) * 1.5
    codes = random.integers(0, 3, n)
    weights = random.uniform(0.5, 4.0, n)

    found = ranked_apart(values, codes, weights, 3)

    for code in range(3):
        own = codes == code
        if own.all() or not own.any():
            assert np.isnan(found[code])
        else:
            area = roc_auc_score(own, values, sample_weight=weights)
            assert found[code] == pytest.approx(max(area, 1 - area))


def test_pure_levels_separate_and_ids_do_not():
    codes = np.tile([0, 0, 0, 1, 1], 40)
    ids = np.random.default_rng(0).permutation(200)
    ones = np.ones(200)

    assert levels_apart(codes + 5, codes, ones, 2).tolist() == [1.0, 1.0]
    assert levels_apart(ids, codes, ones, 2).tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("column", "least", "most"),
    [
        ("rank", 0.99, 1.0),
        ("middle", 0.99, 1.0),  # a class in the middle of the others: no rank tells it
        ("missing", 0.99, 1.0),
        ("noise", 0.5, 0.65),
    ],
)
def test_a_column_gives_a_class_away_by_rank_by_level_or_by_being_missing(column, least, most):
    random = np.random.default_rng(1)
    codes = np.repeat([0, 1], [300, 100])
    values = {
        "rank": codes + random.uniform(0, 0.9, 400),
        "middle": np.where(codes == 1, 5.0, random.choice([1.0, 9.0], 400)),
        "missing": np.where(codes == 1, random.normal(size=400), np.inf),
        "noise": random.normal(size=400),
    }[column]

    found = separation(
        values, codes, np.ones(400, dtype=int), np.where(codes == 1, 1.0, 50.0), 2, ranked=True
    )

    assert least <= found[1] <= most


def test_few_rows_are_not_judged():
    codes = np.array([0] * 100 + [1] * 29)

    found = separation(codes * 1.0, codes, np.ones(129, dtype=int), np.ones(129), 2, ranked=True)

    assert np.isnan(found).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([*range(30), *[999] * 40], [999]),
        ([*range(30), *[-1000] * 6], [-1000]),
        ([*range(100), *[99999] * 5, *[-99999] * 5], [99999, -99999]),
        ([*range(100), *[99999] * 4], []),  # too rare to be more than an outlier
        ([*range(100), 600, *[999] * 9], [999]),  # written in nines: one outlier does not hide it
        ([*range(100), 600, *[998] * 9], []),
        ([*range(100), *[-32768] * 9], [-32768]),
        ([*range(100)] * 9, []),
        ([0, 1] * 50, []),
        ([1, 2, 3, 4, 99] * 50, []),  # codes: too few others to be far from
        ([0.0] * 500 + [3768.0 + 100 * i for i in range(100)], []),  # many zeros are no marker
    ],
)
def test_markers_are_extreme_repeated_and_far_from_the_rest(values, expected):
    values = np.array(values, dtype=float)

    assert sentinels(values, np.ones(len(values), dtype=int)) == expected


def test_one_hot_groups_are_found_wherever_their_columns_are():
    random = np.random.default_rng(5)
    colour, size = random.integers(0, 4, 300), random.integers(0, 3, 300)
    flags = random.integers(0, 2, (300, 3))
    hot = np.column_stack(
        [
            *(colour == level for level in range(4)),
            flags[:, 0],
            size == 0,
            flags[:, 1],
            size == 1,
            size == 2,
            flags[:, 2],
        ]
    ).astype(bool)

    assert one_hot_groups(hot) == [[0, 1, 2, 3], [5, 7, 8]]


def test_columns_that_do_not_share_the_rows_are_no_group():
    random = np.random.default_rng(6)

    assert one_hot_groups(random.integers(0, 2, (200, 12)).astype(bool)) == []
    assert one_hot_groups(np.ones((5, 1), dtype=bool)) == []
    assert one_hot_groups(np.zeros((5, 3), dtype=bool)) == []
    assert one_hot_groups(np.zeros((5, 0), dtype=bool)) == []

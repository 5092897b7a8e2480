"""Medians of columns with holes, and rows made between rows with holes."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels.interpolate import interpolate, interpolate_with_holes
from spark_smote.kernels.medians import MISSING, filled, weighted_medians


@settings(deadline=None, max_examples=80)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(1, 30),
    columns=st.integers(1, 4),
    share=st.sampled_from([0.0, 0.5, 1.0]),
    values=st.sampled_from([2, 50]),
)
def test_median_is_that_of_the_rows_written_out(seed, rows, columns, share, values):
    random = np.random.default_rng(seed)
    table = random.integers(-values, values, (rows, columns)) / 4
    table[random.random((rows, columns)) < share] = MISSING
    weights = random.integers(1, 6, rows)
    found = weighted_medians(table, weights.astype(float))
    for j in range(columns):
        present = sorted(
            value
            for value, times in zip(table[:, j], weights, strict=True)
            if value != MISSING
            for _ in range(times)
        )
        expected = present[(len(present) - 1) // 2] if present else 0.0
        assert found[j] == expected


def test_holes_are_filled_and_nothing_else_is_touched():
    table = np.array([[1.0, MISSING, 7.0], [MISSING, 2.0, MISSING]])
    assert filled(table, np.array([5.0, 6.0])).tolist() == [[1.0, 6.0, 7.0], [5.0, 2.0, MISSING]]
    assert table[0, 1] == MISSING


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1))
def test_new_rows_miss_what_their_bases_miss_and_no_more(seed):
    random = np.random.default_rng(seed)
    base, neighbour = random.normal(size=(2, 40, 3))
    gap = random.random(40)
    whole = interpolate(base, neighbour, gap)
    of_base, of_neighbour = random.random((2, 40, 3)) < 0.3
    new = interpolate_with_holes(
        np.where(of_base, MISSING, base), np.where(of_neighbour, MISSING, neighbour), gap
    )
    expected = np.where(of_neighbour, base, whole)
    np.testing.assert_array_equal(new, np.where(of_base, np.nan, expected))

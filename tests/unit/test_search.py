"""Which rows ask in which slice of a bucket."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels.bucket import BucketRows
from spark_smote.plans import search
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.layout import Slice


@given(seed=st.integers(0, 2**32 - 1), per_slice=st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_each_asking_row_is_asked_in_one_slice_however_often_it_occurs(seed, per_slice):
    random = np.random.default_rng(seed)
    n = int(random.integers(1, 40))
    times, ranks = random.integers(1, 9, n), random.integers(0, 3, n)
    home = random.random(n) < 0.7
    asking = np.array([True, False, True])
    able = home & asking[ranks]
    total = int(times[able].sum())
    slices = [
        Slice(0, 0, number, min(per_slice, total - start))
        for number, start in enumerate(range(0, total, per_slice))
    ]
    rows = BucketRows(np.arange(n), np.zeros((n, 1)), times, home)
    before, search.ROWS_PER_SLICE = search.ROWS_PER_SLICE, per_slice
    try:
        # slices of a bucket may be different tasks', in any order
        asked = [
            each
            for part in random.permutation(len(slices))
            for each in search._asked_in_slices(
                Bucket(None, rows, np.arange(n), ranks, (slices[part],)), asking
            )
        ]
    finally:
        search.ROWS_PER_SLICE = before

    together = np.concatenate(asked) if asked else np.zeros(0, dtype=int)
    np.testing.assert_array_equal(np.sort(together), np.flatnonzero(able))

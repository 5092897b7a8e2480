"""Samples and tasks hold distinct rows, however often and in whatever order rows arrive."""

import numpy as np
import pyarrow as pa

from spark_smote.plans.arriving import RECORDS_BEFORE_MERGING, gathered
from spark_smote.plans.arrow import feature_lists
from spark_smote.plans.sample import Smallest, weights_of

NONE = np.zeros(0, dtype=np.int64)


def piece(rows, wanted=20):
    """Rows of a class whose key, hash and feature all follow from a number."""
    numbers = np.asarray(rows, dtype=np.int64)
    return Smallest(
        wanted, numbers, (numbers * 7919) % 1009, numbers[:, None] * 0.5, np.ones_like(numbers)
    )


def folded(parts, wanted=20):
    seen = Smallest(wanted, NONE, NONE, np.zeros((0, 1)), NONE)
    for part in parts:
        seen = seen.merged(piece(part, wanted))
    return seen


def test_the_smallest_hashes_do_not_depend_on_how_the_rows_were_cut():
    rows = np.random.default_rng(0).permutation(np.repeat(np.arange(200), 3))
    whole = folded([np.arange(200)] * 3)
    expected = sorted(range(200), key=lambda n: (n * 7919) % 1009)[:20]
    for pieces in (1, 3, 8):
        cut = folded(np.array_split(rows, pieces))
        np.testing.assert_array_equal(cut.keys, expected)
        np.testing.assert_array_equal(cut.features, whole.features)
    assert whole.multiplicity.tolist() == [3] * 20


def test_repeated_rows_take_no_room_in_the_sample():
    seen = folded([np.arange(5)] * 1000)
    assert len(seen.keys) == 5
    assert seen.multiplicity.tolist() == [1000] * 5
    sample = seen.sample(5000)
    assert sample.complete
    assert sample.distinct_rows == 5


def test_a_sample_of_part_of_a_class_estimates_its_distinct_rows():
    random = np.random.default_rng(1)
    keys = np.arange(100_000)
    hashes = random.integers(-(2**63), 2**63, len(keys))
    entering = Smallest(5000, keys, hashes, np.zeros((len(keys), 1)), np.ones_like(keys))
    empty = Smallest(5000, NONE, NONE, np.zeros((0, 1)), NONE)
    sample = empty.merged(entering).sample(100_000)
    assert not sample.complete
    assert abs(sample.distinct_rows / 100_000 - 1) < 0.1


def test_a_task_holds_distinct_rows_however_often_batches_repeat_them():
    records = pa.table(
        {
            "key": pa.array(np.arange(1000)),
            "features": feature_lists(np.arange(1000.0)[:, None]),
            "class": pa.array(np.zeros(1000, dtype=np.int32)),
            "task": pa.array(np.zeros(1000, dtype=np.int32)),
            "multiplicity": pa.array(np.full(1000, 2)),
        }
    )
    repeats = 3 * RECORDS_BEFORE_MERGING // 1000
    held = gathered(records for _ in range(repeats))
    assert held.num_rows == 1000
    assert held.column("multiplicity").to_pylist() == [2 * repeats] * 1000
    assert gathered([]) is None


def test_sampled_rows_stand_for_all_of_their_class():
    samples = [piece([1, 2]).sample(1000), piece([3, 4]).sample(6)]
    samples[0].multiplicity[:], samples[1].multiplicity[:] = [1, 3], [2, 4]

    assert weights_of(samples, [1000, 6]).tolist() == [250.0, 750.0, 2.0, 4.0]

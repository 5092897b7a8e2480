"""Distinct counts by HyperLogLog: near the truth, whatever the order and the cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_smote.kernels import sketch
from spark_smote.kernels.mixing import mix
from spark_smote.plans.model import ClassModel

STANDARD_ERROR = 1.04 / np.sqrt(sketch.REGISTERS)


def estimates(keys, buckets, count):
    registers = sketch.empty_registers(count)
    sketch.observe(registers, buckets, mix(keys.view(np.uint64)))
    return sketch.distinct_estimate(registers)


@pytest.mark.parametrize("distinct", [1, 2, 5, 30, 100, 200, 1_000, 10_000])
@pytest.mark.parametrize("kind", ["random keys", "consecutive keys", "keys 4096 apart"])
def test_estimate_is_within_five_standard_errors_and_nearly_unbiased(distinct, kind):
    trials = min(200, 400_000 // distinct)
    buckets = np.repeat(np.arange(trials), distinct)
    if kind == "random keys":
        random = np.random.default_rng(distinct)
        keys = random.integers(-(2**63), 2**63 - 1, size=len(buckets))
    else:
        keys = np.arange(len(buckets), dtype=np.int64) * (4096 if kind != "consecutive keys" else 1)
    found = estimates(keys, buckets, trials) / distinct
    print(f"{distinct:,} {kind}: mean {found.mean():.3f}, spread {found.std():.3f} of the truth")
    assert np.abs(found - 1).max() <= 5 * STANDARD_ERROR + 1 / distinct
    assert abs(found.mean() - 1) <= 5 * STANDARD_ERROR / np.sqrt(trials) + 0.05


def test_a_million_keys_are_estimated_too():
    found = estimates(np.arange(1_000_000), np.zeros(1_000_000, dtype=np.int64), 1)[0]
    assert abs(found / 1e6 - 1) < 5 * STANDARD_ERROR


def test_no_keys_count_as_none():
    assert sketch.distinct_estimate(sketch.empty_registers(3)).tolist() == [0, 0, 0]


def test_repeated_keys_count_once():
    keys = np.arange(500, dtype=np.int64)
    once = estimates(keys, np.zeros(500, dtype=np.int64), 1)
    often = estimates(np.tile(keys, 40), np.zeros(20_000, dtype=np.int64), 1)
    assert once == often


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), parts=st.integers(1, 9), buckets=st.integers(1, 5))
def test_registers_do_not_depend_on_order_or_cut(seed, parts, buckets):
    random = np.random.default_rng(seed)
    keys = random.integers(-(2**63), 2**63 - 1, size=400)
    bucket = random.integers(0, buckets, size=400)
    whole = sketch.empty_registers(buckets)
    sketch.observe(whole, bucket, mix(keys.view(np.uint64)))
    merged = sketch.empty_registers(buckets)
    for part in np.array_split(random.permutation(400), parts):
        piece = sketch.empty_registers(buckets)
        sketch.observe(piece, bucket[part], mix(keys[part].view(np.uint64)))
        merged = np.maximum(merged, piece)
    np.testing.assert_array_equal(merged, whole)


@pytest.mark.parametrize("ways", [2, 3, 4, 6, 8, 16])
def test_estimate_holds_for_the_parts_of_a_bucket_split_by_key(ways):
    # which part a key goes to must say nothing about which register it enters
    model = ClassModel(np.zeros(1), np.ones(1), None, np.array([ways]))
    keys = np.random.default_rng(ways).integers(-(2**63), 2**63 - 1, size=2_000 * ways)
    home, _, _ = model.place(np.zeros((len(keys), 1)), keys)
    held = np.bincount(home, minlength=ways)
    found = estimates(keys, home, ways)
    print(f"{ways} parts of {held.tolist()} keys, estimated {found.tolist()}")
    assert np.abs(held / 2_000 - 1).max() < 0.15
    assert np.abs(found / held - 1).max() <= 5 * STANDARD_ERROR

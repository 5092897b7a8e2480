"""How finely a class is cut, and how many copies its rows get, follows from sample and price."""

from dataclasses import replace

import numpy as np
import pytest

from spark_smote.errors import DataError
from spark_smote.lsh import FAMILIES, FitSettings
from spark_smote.lsh.expected_recall import ExpectedNeighbours
from spark_smote.plans import tuning
from spark_smote.plans.model import exact_parts
from spark_smote.plans.tuning import QUALITIES, buckets_to_try, copies_to_try, cost_per_row

ROWS = 60_000
K = 5


def clustered(rows, random):
    axes = random.normal(size=(12, 4, 16))
    cluster = random.integers(0, 12, rows)
    inner = np.einsum("ij,ijk->ik", random.normal(size=(rows, 4)), axes[cluster])
    return 3 * random.normal(size=(12, 16))[cluster] + inner + 0.05 * random.normal(size=(rows, 16))


def structureless(rows, random):
    return random.normal(size=(rows, 16))


def chosen(points, quality, kind="voronoi"):
    return tuning.cheapest_family(points, ROWS, FAMILIES[kind], QUALITIES[quality], K, seed=3)


def fitted(points, buckets, copies, quality, kind="voronoi"):
    settings = FitSettings(buckets, copies, QUALITIES[quality].most_copies, 4, 0)
    settings = replace(settings, seed=tuning.seed_int32(3, "hash"))
    return FAMILIES[kind].fit(points, settings)


def copies_of(family, points):
    return 1 + len(family.place(points).spill_rows) / len(points)


@pytest.fixture(scope="module")
def easy():
    return clustered(32 * 60, np.random.default_rng(1))


@pytest.mark.parametrize("kind", sorted(FAMILIES))
@pytest.mark.parametrize("quality", ["fast", "balanced"])
def test_choice_promises_the_recall_and_nothing_cheaper_does(easy, quality, kind):
    family = chosen(easy, quality, kind)
    aim = 1 - (1 - QUALITIES[quality].recall) / tuning.MISSED_IN_TRUTH
    assert ExpectedNeighbours.of(easy, ROWS, K).recall(family) >= aim

    promising = {}
    for buckets in buckets_to_try(ROWS, 16, QUALITIES[quality]):
        for copies in copies_to_try(QUALITIES[quality]):
            other = fitted(easy, buckets, copies, quality, kind)
            if ExpectedNeighbours.of(easy, ROWS, K).recall(other) >= aim:
                cost = cost_per_row(16, buckets, ROWS / buckets, copies)
                promising[cost] = other
                break
    best = promising[min(promising)]
    assert family.buckets == best.buckets
    assert copies_of(family, easy) == copies_of(best, easy)


def test_where_no_choice_promises_the_recall_cells_and_copies_are_the_most_allowed():
    points = structureless(32 * 60, np.random.default_rng(2))
    family = chosen(points, "balanced")
    fewest = min(buckets_to_try(ROWS, 16, QUALITIES["balanced"]))
    assert ExpectedNeighbours.of(points, ROWS, K).recall(family) < 0.95
    assert family.buckets == fewest
    assert copies_of(family, points) == pytest.approx(QUALITIES["balanced"].copies, rel=0.1)


def test_a_dearer_quality_promises_more():
    points = structureless(32 * 60, np.random.default_rng(4))
    promised = [
        ExpectedNeighbours.of(points, ROWS, K).recall(chosen(points, quality))
        for quality in ("fast", "balanced", "accurate")
    ]
    print(f"promised: {promised}")
    assert promised[0] < promised[1] < promised[2]


def test_other_copies_change_no_bucket(easy):
    for kind in FAMILIES:
        family = fitted(easy, 40, 1.5, "balanced", kind)
        settings = FitSettings(40, 3.0, 12, 4, tuning.seed_int32(3, "hash"))
        again = family.spilling(easy, settings)(settings.copies)
        np.testing.assert_array_equal(family.place(easy).home, again.place(easy).home)
        assert copies_of(family, easy) < copies_of(again, easy)


def test_cost_grows_with_everything_and_counts_rows_beyond_the_most_buckets():
    base = cost_per_row(28, 500, 2_000, 2.0)
    assert base < cost_per_row(56, 500, 2_000, 2.0)
    assert base < cost_per_row(28, 1_000, 2_000, 2.0)
    assert base < cost_per_row(28, 500, 4_000, 2.0)
    assert base < cost_per_row(28, 500, 2_000, 3.0)
    assert base > cost_per_row(28, 500, 2_000, 2.0, asking=0.5)


def test_where_few_rows_ask_there_are_fewer_cells_and_the_recall_is_promised_all_the_same(easy):
    kind, balanced = FAMILIES["voronoi"], QUALITIES["balanced"]
    all_ask, few_ask = (
        tuning.cheapest_family(easy, 10 * ROWS, kind, balanced, K, seed=3, asking=share)
        for share in (1.0, 0.05)
    )
    assert few_ask.buckets < all_ask.buckets
    aim = 1 - (1 - balanced.recall) / tuning.MISSED_IN_TRUTH
    assert ExpectedNeighbours.of(easy, 10 * ROWS, K).recall(few_ask) >= aim


def test_numbers_of_buckets_are_bounded_and_wide_rows_get_small_buckets():
    balanced = QUALITIES["balanced"]
    assert buckets_to_try(10**9, 28, balanced) == [tuning.MOST_BUCKETS]
    assert buckets_to_try(10**6, 28, balanced) == [977, 489, 245, 123]
    widest = max(10**6 / b for b in buckets_to_try(10**6, 2_000, balanced))
    assert 2 * balanced.copies * widest * 8 * 2_000 <= 1.01 * tuning.BYTES_PER_BUCKET


def test_exact_search_is_bounded_in_rows_and_says_what_it_would_cost():
    assert exact_parts("class 1", 131_073, 28, 131_072) == 2
    assert exact_parts("class 1", 4_194_304, 28, 131_072) == 32
    with pytest.raises(
        DataError, match=r"4,194,304 distinct.*class 1 has about 8,000,000.*34\.4 h"
    ):
        exact_parts("class 1", 8_000_000, 28, 131_072)
    width = 1_000
    bucket = tuning.largest_bucket(width, tuning.QUALITIES["exact"])
    assert exact_parts("class 1", 32 * bucket, width, bucket) == 32
    assert 32 * bucket * 8 * width <= 2 << 30

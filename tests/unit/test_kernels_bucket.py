"""A bucket: canonical order, neighbour lists with duplicates, draws, and the arithmetic of rows."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import SMOTE as ReferenceSMOTE
from scipy.stats import chisquare
from sklearn.neighbors import NearestNeighbors

from spark_smote.kernels.bucket import (
    BucketRows,
    canonical_rows,
    chosen_neighbours,
    distinct_points,
    draw,
)
from spark_smote.kernels.interpolate import interpolate
from tests import oracles

IMPROBABLE = 1e-6
"""Draws are seeded: a p-value below this is a defect, not bad luck."""


def bucket_of(features, multiplicity=None, home=None):
    n = len(features)
    return BucketRows(
        np.arange(n),
        np.asarray(features, dtype=float),
        np.ones(n, dtype=np.int64) if multiplicity is None else np.asarray(multiplicity),
        np.ones(n, dtype=bool) if home is None else np.asarray(home),
    )


def lists_of(rows, k, inverse_scale):
    """The whole neighbour list of every row, asked for slot by slot."""
    n = len(rows.keys)
    bases, slots = np.repeat(np.arange(n), k), np.tile(np.arange(k), n)
    return chosen_neighbours(rows, bases, slots, k, inverse_scale).reshape(n, k)


@st.composite
def duplicated_buckets(draw_value):
    """Few distinct points, many rows on each, some rows occurring several times."""
    random = np.random.default_rng(draw_value(st.integers(0, 2**32 - 1)))
    n = draw_value(st.integers(2, 25))
    d = draw_value(st.integers(1, 3))
    values = draw_value(st.sampled_from([1, 2, 3, 50]))
    features = random.integers(0, values, size=(n, d)).astype(float)
    multiplicity = random.integers(1, draw_value(st.sampled_from([2, 3, 9])), size=n)
    return bucket_of(features, multiplicity, random.random(n) < 0.7)


# ---------------------------------------------------------------- canonical order


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), records=st.integers(1, 60), keys=st.integers(1, 20))
def test_equal_rows_merge_however_batches_cut_them(seed, records, keys):
    random = np.random.default_rng(seed)
    row = random.integers(0, keys, records)
    key_of = random.integers(-(2**63), 2**63 - 1, size=keys)
    features_of = random.integers(0, 3, size=(keys, 2)).astype(float)
    home_of = random.random(keys) < 0.5
    whole, _ = canonical_rows(
        key_of[row], features_of[row], np.ones(records, dtype=np.int64), home_of[row]
    )
    # the same rows, cut into batches that merge their own equal rows, in another order
    batches = np.array_split(random.permutation(row), random.integers(1, 6))
    counted = [np.unique(batch, return_counts=True) for batch in batches]
    cut = np.concatenate([rows for rows, _ in counted])
    times = np.concatenate([count for _, count in counted])
    merged, merged_from = canonical_rows(key_of[cut], features_of[cut], times, home_of[cut])

    for name in ("keys", "features", "multiplicity", "home"):
        np.testing.assert_array_equal(getattr(merged, name), getattr(whole, name))
    assert (merged.keys[1:] > merged.keys[:-1]).all()
    assert merged.multiplicity.sum() == records
    np.testing.assert_array_equal(key_of[cut][merged_from], merged.keys)
    np.testing.assert_array_equal(features_of[cut][merged_from], merged.features)
    expected = dict(zip(*np.unique(key_of[row], return_counts=True), strict=True))
    assert dict(zip(merged.keys, merged.multiplicity, strict=True)) == expected


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), records=st.integers(2, 40))
def test_rows_of_different_content_under_one_key_stay_apart(seed, records):
    random = np.random.default_rng(seed)
    keys = random.integers(0, 3, records)
    features = random.integers(0, 2, size=(records, 3)).astype(float)
    ones, home = np.ones(records, dtype=np.int64), np.ones(records, dtype=bool)
    shuffled = random.permutation(records)
    rows, merged_from = canonical_rows(keys, features, ones, home)
    again, _ = canonical_rows(keys[shuffled], features[shuffled], ones, home)
    np.testing.assert_array_equal(rows.features, again.features)
    np.testing.assert_array_equal(rows.multiplicity, again.multiplicity)
    content = [
        (key, *values) for key, values in zip(rows.keys, rows.features.tolist(), strict=True)
    ]
    records_seen = [(key, *values) for key, values in zip(keys, features.tolist(), strict=True)]
    assert content == sorted(set(records_seen))
    assert rows.multiplicity.tolist() == [records_seen.count(each) for each in content]
    np.testing.assert_array_equal(features[merged_from], rows.features)


def test_home_rows_count_each_of_equal_rows():
    rows = bucket_of([[0.0], [1.0], [2.0]], [2, 5, 1], [True, False, True])
    assert rows.home_rows == 3


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 50), values=st.integers(1, 4))
def test_points_are_numbered_by_their_first_row(seed, n, values):
    features = np.random.default_rng(seed).integers(0, values, size=(n, 2)) / 3.0
    point_of, first_of_point = distinct_points(features)
    seen: dict[tuple[float, ...], int] = {}
    expected = [seen.setdefault(tuple(row), len(seen)) for row in features.tolist()]
    assert point_of.tolist() == expected
    assert first_of_point.tolist() == [expected.index(point) for point in range(len(seen))]


def test_points_that_share_a_mix_stay_apart(monkeypatch):
    monkeypatch.setattr(
        "spark_smote.kernels.bucket.mix_rows", lambda features: np.zeros(len(features), np.uint64)
    )
    point_of, first_of_point = distinct_points(np.array([[2.0], [1.0], [2.0], [3.0]]))
    assert point_of.tolist() == [0, 1, 0, 2]
    assert first_of_point.tolist() == [0, 1, 3]


# ---------------------------------------------------------------- neighbour lists


@settings(deadline=None, max_examples=150)
@given(rows=duplicated_buckets(), k=st.integers(1, 8), seed=st.integers(0, 99))
def test_neighbour_list_is_the_brute_force_list_duplicates_included(rows, k, seed):
    k = min(k, int(rows.multiplicity.sum()) - 1)
    inverse_scale = np.random.default_rng(seed).choice([0.5, 1.0, 1.7], rows.features.shape[1])
    found = lists_of(rows, k, inverse_scale)
    for base in range(len(rows.keys)):
        expected = oracles.smote_list(rows.features, rows.multiplicity, base, k, inverse_scale)
        assert found[base].tolist() == expected, f"base {base}"


def test_row_that_occurs_three_times_has_two_neighbours_at_distance_zero():
    rows = bucket_of([[0.0], [1.0], [5.0]], [3, 1, 1])
    assert lists_of(rows, 4, np.ones(1)).tolist() == [
        [0, 0, 1, 2],
        [0, 0, 0, 2],
        [1, 0, 0, 0],
    ]


def test_row_on_the_same_point_is_a_neighbour_though_its_other_columns_differ():
    rows = bucket_of([[7.0], [7.0], [9.0], [7.0]])  # four keys, two points
    assert lists_of(rows, 3, np.ones(1)).tolist() == [
        [1, 3, 2],
        [0, 3, 2],
        [0, 1, 3],
        [0, 1, 2],
    ]


def test_row_that_occurs_once_is_never_its_own_neighbour():
    random = np.random.default_rng(1)
    rows = bucket_of(random.integers(0, 3, size=(60, 2)))
    found = lists_of(rows, 12, np.ones(2))
    assert not (found == np.arange(60)[:, None]).any()
    assert all(len(set(each)) == 12 for each in found.tolist())


@pytest.mark.parametrize(("n", "d", "k"), [(40, 2, 5), (200, 28, 5), (64, 3, 12)])
def test_neighbour_lists_without_ties_are_those_of_imbalanced_learn(n, d, k):
    random = np.random.default_rng(n)
    features = random.normal(size=(n, d)) * random.uniform(0.1, 100, size=d)
    unit = oracles.population_unit(features)
    found = lists_of(bucket_of(features), k, 1.0 / unit)

    scaled = features / unit
    nearest = (
        NearestNeighbors(n_neighbors=k + 1).fit(scaled).kneighbors(scaled, return_distance=False)
    )
    np.testing.assert_array_equal(found, nearest[:, 1:])

    # imbalanced-learn's own search object, fitted as it fits it
    far = random.normal(loc=1e6, size=(3 * n, d))
    reference = ReferenceSMOTE(k_neighbors=k, random_state=0)
    reference.fit_resample(np.r_[scaled, far], np.r_[np.ones(n), np.zeros(3 * n)])
    reference.nn_k_.fit(scaled)
    np.testing.assert_array_equal(
        found, reference.nn_k_.kneighbors(scaled, return_distance=False)[:, 1:]
    )


def test_answers_do_not_depend_on_which_other_rows_were_drawn():
    random = np.random.default_rng(5)
    rows = bucket_of(random.integers(0, 9, size=(80, 3)), random.integers(1, 4, 80))
    whole = lists_of(rows, 6, np.ones(3))
    bases, slots = random.integers(0, 80, 25), random.integers(0, 6, 25)
    chosen = chosen_neighbours(rows, bases, slots, 6, np.ones(3))
    np.testing.assert_array_equal(chosen, whole[bases, slots])


def test_all_rows_equal_are_neighbours_of_each_other():
    rows = bucket_of(np.full((4, 2), 0.1), [1, 2, 1, 1])
    assert lists_of(rows, 4, np.ones(2)).tolist() == [
        [1, 1, 2, 3],
        [0, 1, 2, 3],
        [0, 1, 1, 3],
        [0, 1, 1, 2],
    ]


# ---------------------------------------------------------------- draws


def test_bases_are_uniform_over_home_rows_and_each_of_equal_ones():
    multiplicity = np.array([1, 4, 2, 1, 7, 1])
    home = np.array([True, True, False, True, True, False])
    drawn = draw(
        bucket_of(np.arange(6.0)[:, None], multiplicity, home), 26_000, 5, np.random.default_rng(0)
    )
    counts = np.bincount(drawn.base_ids, minlength=6)
    assert counts[~home].sum() == 0
    p_value = chisquare(counts[home], 2_000 * multiplicity[home]).pvalue
    print(f"bases uniform over home rows: p = {p_value:.3f}")
    assert p_value > IMPROBABLE


@pytest.mark.parametrize("k", [1, 2, 5])
def test_neighbours_and_gaps_are_uniform_and_independent(k):
    rows = bucket_of(np.arange(4.0)[:, None])
    drawn = draw(rows, 40_000, k, np.random.default_rng(k))
    assert drawn.gaps.min() >= 0.0
    assert drawn.gaps.max() < 1.0
    joint = np.zeros((4, k, 10))
    np.add.at(joint, (drawn.base_ids, drawn.slots, (drawn.gaps * 10).astype(int)), 1)
    p_value = chisquare(joint.ravel()).pvalue
    print(f"base, slot and tenth of the gap jointly uniform, k = {k}: p = {p_value:.3f}")
    assert p_value > IMPROBABLE


def test_nothing_is_drawn_for_a_quota_of_zero():
    drawn = draw(bucket_of([[1.0]]), 0, 1, np.random.default_rng(0))
    assert len(drawn.base_ids) == len(drawn.slots) == len(drawn.gaps) == 0


# ---------------------------------------------------------------- interpolation

GAPS = st.floats(0.0, 1.0, exclude_max=True)
LARGEST = 1e150  # larger inputs are refused before they get here
ANY = st.floats(-LARGEST, LARGEST)


@settings(deadline=None, max_examples=300)
@given(pairs=st.lists(st.tuples(ANY, ANY), min_size=1, max_size=5), gap=GAPS)
@example(pairs=[(-LARGEST, LARGEST)], gap=0.25)
def test_new_row_lies_between_its_parents_whatever_their_magnitude(pairs, gap):
    base = np.array([[one for one, _ in pairs]])
    neighbour = np.array([[other for _, other in pairs]])
    new = interpolate(base, neighbour, np.array([gap]))
    assert (new >= np.minimum(base, neighbour)).all()
    assert (new <= np.maximum(base, neighbour)).all()


@settings(deadline=None, max_examples=200)
@given(pairs=st.lists(st.tuples(ANY, ANY), min_size=1, max_size=5))
@example(pairs=[(LARGEST, -LARGEST), (0.0, 1.0)])
def test_gap_of_zero_gives_the_base_row(pairs):
    base = np.array([[one for one, _ in pairs]])
    neighbour = np.array([[other for _, other in pairs]])
    np.testing.assert_array_equal(interpolate(base, neighbour, np.zeros(1)), base)


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 2**32 - 1), d=st.integers(1, 6), power=st.integers(-100, 100))
def test_new_row_lies_on_the_segment_between_its_parents(seed, d, power):
    random = np.random.default_rng(seed)
    base, neighbour = 10.0**power * random.normal(size=(2, 20, d))
    gap = random.random(20)
    new = interpolate(base, neighbour, gap)
    ends = np.minimum(base, neighbour), np.maximum(base, neighbour)
    np.testing.assert_array_equal(new, np.clip(base + gap[:, None] * (neighbour - base), *ends))
    # the same share of the way in every column
    longest = np.abs(neighbour - base).max(axis=1, keepdims=True)
    strayed = np.abs((new - base) - gap[:, None] * (neighbour - base)) / longest
    assert strayed.max() < 1e-12


def test_equal_parents_give_an_exact_copy():
    point = np.array([[0.1, -3e200, 7.0]])
    np.testing.assert_array_equal(interpolate(point, point, np.array([0.37])), point)


def test_parents_are_left_as_they_were():
    base, neighbour = np.array([[1.0]]), np.array([[2.0]])
    interpolate(base, neighbour, np.array([0.5]))
    assert (base[0, 0], neighbour[0, 0]) == (1.0, 2.0)

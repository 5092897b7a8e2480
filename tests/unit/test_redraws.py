"""Which draws follow failed ones, and which of those that pass fill the places."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_smote.kernels.redraws import (
    FEWEST_DRAWS,
    MOST_DRAWS,
    ODD_DRAWS,
    best_draws,
    redraws,
    tried_bases,
)

QUOTA = 5

DRAWS = st.lists(
    st.tuples(st.integers(0, QUOTA + 4), st.integers(1, 9)), unique=True, max_size=40
).map(lambda pairs: np.array(pairs, dtype=np.int64).reshape(-1, 2))


def slow_choice(draws, needed):
    """The rule, said slowly: own first, then those for nobody, then what is left over."""
    own = {}
    for place, attempt in sorted(map(tuple, draws), key=lambda d: (d[1], d[0])):
        if place < QUOTA and place not in own:
            own[place] = (place, attempt)
    firsts = set(own.values())
    nobody = [d for d in map(tuple, draws) if d[0] >= QUOTA]
    surplus = [d for d in map(tuple, draws) if d[0] < QUOTA and d not in firsts]
    parts = ([d for d in map(tuple, draws) if d in firsts], nobody, surplus)
    ordered = chain.from_iterable(sorted(p, key=lambda d: (d[1], d[0])) for p in parts)
    return [tuple(map(int, d)) for d in ordered][:needed]


@given(draws=DRAWS)
def test_places_take_their_own_first_draw_then_others_fill_in(draws):
    chosen = best_draws(draws[:, 0], draws[:, 1], QUOTA, QUOTA)

    assert [tuple(map(int, d)) for d in draws[chosen]] == slow_choice(draws, QUOTA)


@given(draws=DRAWS, cut=st.integers(0, 40), seed=st.integers(0, 5))
def test_choosing_among_the_best_of_parts_is_choosing_among_all(draws, cut, seed):
    shuffled = np.random.default_rng(seed).permutation(draws)
    part = shuffled[:cut]
    kept = np.concatenate([part[best_draws(part[:, 0], part[:, 1], QUOTA, QUOTA)], shuffled[cut:]])
    chosen = kept[best_draws(kept[:, 0], kept[:, 1], QUOTA, QUOTA)]

    assert [tuple(map(int, d)) for d in chosen] == slow_choice(draws, QUOTA)


def planned(passed, failed, quota, k=5, bases=None, times=None):
    passed, failed = np.array(passed, int), np.array(failed, int)
    random, count = np.random.default_rng(1), len(passed) + len(failed)
    bases = np.arange(count) if bases is None else bases
    times = np.ones(count, int) if times is None else times
    return redraws(passed, failed, quota, k, random, bases=bases, times=times)


def listed(plan, step=10**9):
    blocks = [plan.block(start, start + step) for start in range(0, plan.total, step)]
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


@pytest.mark.parametrize(
    ("share", "each"), [(0.99, FEWEST_DRAWS), (0.5, 10), (0.25, 25), (0.02, MOST_DRAWS)]
)
def test_bases_are_drawn_from_until_one_of_their_kind_fails_once_in_a_thousand(share, each):
    passed = np.arange(1_000) < 1_000 * share  # the failed ones last
    plan = planned(np.flatnonzero(passed), np.flatnonzero(~passed), 1_000)
    places, tries, bases = listed(plan)

    assert plan.each == each
    own = places < 1_000
    assert set(places[own]) == set(np.flatnonzero(~passed))
    np.testing.assert_array_equal(bases[own], places[own])
    for place in places[own][::each]:
        np.testing.assert_array_equal(tries[places == place], np.arange(1, each + 1))
    assert np.isin(bases[~own], np.flatnonzero(passed)).all()
    assert len(np.unique(places[~own])) == (~own).sum()


def test_others_suffice_where_half_of_the_bases_are_hopeless():
    plan = planned(range(0, 1_000, 2), range(1, 1_000, 2), 1_000)
    _, _, bases = listed(plan)
    lent = bases[plan.each * 500 :]

    assert len(lent) == 500 * 1.25 / 0.5 + ODD_DRAWS
    times = np.bincount(lent, minlength=1_000)[::2]
    assert times.max() <= 12  # of 2.5 on average: uniform among those that pass


def test_others_are_drawn_from_alike_however_often_they_were_drawn_before():
    bases = np.array([0] * 60 + [1] * 4 + [2] * 300)
    plan = planned(range(64), range(64, 364), 364, bases=bases, times=np.array([1, 3, 1]))
    used = np.bincount(bases[plan.lent], minlength=3)

    assert used[2] == 0
    assert used[1] / used[0] == pytest.approx(3, rel=0.15)


def test_a_slice_of_one_hopeless_row_draws_from_the_bases_tried_beside_it():
    tried = tried_bases(1)
    plan = planned([3], [0, 1, 2, *range(4, 1 + tried)], 1)
    _, _, bases = listed(plan)
    assert set(bases) == set(range(1 + tried))
    none_passed = planned([], range(1 + tried), 1)
    assert none_passed.total == (1 + tried) * MOST_DRAWS


def test_copies_are_not_drawn_twice_from_the_same_base():
    plan = planned([1, 2], [0], 3, k=0)
    assert plan.total == len(plan.lent) > 3
    assert planned([], [0, 1, 2], 3, k=0).total == 0


def test_the_number_of_draws_is_bounded_however_seldom_one_passes():
    plan = planned([0], range(1, 10_000), 10_000)
    assert plan.total <= 2 * MOST_DRAWS * 10_000 + ODD_DRAWS


@pytest.mark.parametrize("step", [1, 7, 80, 81, 1_000])
def test_draws_are_the_same_in_blocks_of_any_size(step):
    plan = planned(range(10, 30), range(10), 30)
    for together, apart in zip(listed(plan), listed(plan, step), strict=True):
        np.testing.assert_array_equal(together, apart)

"""A strategy within one group is that of the whole table, but for classes it cannot be met for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_smote.errors import DataError, ParameterError
from spark_smote.group_strategy import GroupStrategy
from spark_smote.strategy import oversampling_targets

TABLE = {"a": 500, "b": 300, "c": 40}
COUNTS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 60), min_size=2)


@given(COUNTS, st.sampled_from(["auto", "minority", "not minority", "not majority", "all"]))
def test_words_mean_in_a_group_what_they_mean_in_a_table(counts, word):
    found = GroupStrategy.of(TABLE, word).targets(counts)
    assert found.totals == oversampling_targets(counts, strategy=word)
    assert found.absent == found.ample == ()


@given(COUNTS, st.dictionaries(st.sampled_from("abc"), st.integers(0, 99), min_size=1))
def test_totals_are_met_where_the_group_has_the_class_and_fewer_rows(counts, asked):
    for strategy in (asked, lambda _: asked):
        found = GroupStrategy.of(TABLE, strategy).targets(counts)
        assert found.totals == {c: max(n, asked.get(c, 0)) for c, n in counts.items()}
        assert set(found.absent) == set(asked) - set(counts)
        assert set(found.ample) == {c for c in asked if asked[c] < counts.get(c, 0)}


@given(COUNTS, st.dictionaries(st.sampled_from("abc"), st.floats(0.01, 3), min_size=1))
def test_ratios_are_of_the_largest_class_of_the_group(counts, ratios):
    found = GroupStrategy.of(TABLE, "auto", ratios).targets(counts)
    most = max(counts.values())
    wanted = {c: int(most * r) for c, r in ratios.items()}
    assert found.totals == {c: max(n, wanted.get(c, 0)) for c, n in counts.items()}
    assert set(found.absent) == set(ratios) - set(counts)


@given(st.integers(1, 60), st.integers(1, 60), st.floats(0.01, 1))
def test_a_float_is_met_or_the_group_has_enough_already(rare, common, ratio):
    counts = {"a": rare, "b": common}
    found = GroupStrategy.of({"a": 500, "b": 300}, ratio).targets(counts)
    try:
        assert found.totals == oversampling_targets(counts, strategy=ratio)
        assert not found.ample
    except DataError:
        assert found.totals == counts
        assert found.ample == (min("ab", key=counts.get),)


def test_a_float_has_no_meaning_in_a_group_of_three_classes():
    strategy = GroupStrategy.of(TABLE, 0.5)
    assert strategy.targets({"a": 10, "c": 2}).totals == {"a": 10, "c": 5}
    with pytest.raises(DataError, match="samplingRatios"):
        strategy.targets({"a": 10, "b": 10, "c": 2})


@pytest.mark.parametrize("strategy", ["auto", 0.5, {"a": 9}, lambda _: {"a": 9}])
def test_a_group_of_one_class_is_left_as_it_is(strategy):
    found = GroupStrategy.of({"a": 500, "b": 300}, strategy).targets({"a": 5})
    assert found.totals == {"a": 5}


def test_keys_are_matched_to_the_classes_of_the_table_as_everywhere():
    table = {0: 900, 1: 30}
    for given_as in ({"1": 50}, {1.0: 50}):
        assert GroupStrategy.of(table, given_as).targets({0: 70, 1: 3}).totals == {0: 70, 1: 50}
    assert GroupStrategy.of(table, "auto", {"1": 0.5}).targets({0: 70, 1: 3}).totals[1] == 35
    assert GroupStrategy.of(table, lambda _: {"1": 4}).targets({0: 70, 1: 3}).totals[1] == 4


def test_what_no_group_can_be_asked_for_is_refused():
    with pytest.raises(DataError, match="'d'.*does not have"):
        GroupStrategy.of(TABLE, {"d": 5})
    with pytest.raises(DataError, match="'d'.*does not have"):
        GroupStrategy.of(TABLE, lambda _: {"d": 5}).targets({"a": 10, "c": 2})
    with pytest.raises(DataError, match="one class only"):
        GroupStrategy.of({"a": 5}, "auto")
    with pytest.raises(ParameterError, match="let the function return a dict"):
        GroupStrategy.of(TABLE, lambda _: 5).targets({"a": 10, "c": 2})

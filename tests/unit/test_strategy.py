"""What a samplingStrategy or samplingRatios asks of each class, against imbalanced-learn too."""

import math
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.utils import check_sampling_strategy

from spark_smote.errors import DataError, ParameterError
from spark_smote.labels import classes_meant, in_order
from spark_smote.strategy import (
    WORDS,
    check_strategy,
    cleaning_targets,
    is_persistable,
    largest,
    oversampling_targets,
    smallest,
    undersampling_targets,
)

TWO = {"ok": 100, "rare": 25}
THREE = {"a": 60, "b": 10, "c": 30}
TARGETS = {
    "over-sampling": oversampling_targets,
    "under-sampling": undersampling_targets,
    "cleaning": cleaning_targets,
}
KINDS = list(TARGETS)
COUNTING_KINDS = ["over-sampling", "under-sampling"]

sizes = st.integers(1, 400)
two_classes = st.fixed_dictionaries({0: sizes, 1: sizes})
many_classes = st.dictionaries(st.integers(-5, 20), sizes, min_size=2, max_size=6)
ratios_in_unit = st.one_of(
    # Smaller ones make imbalanced-learn divide to infinity.
    st.floats(1e-9, 1),
    st.integers(1, 100).map(lambda percent: percent / 100),
)


def reference_totals(counts, strategy, kind):
    """imbalanced-learn's answer as totals per class, or None where it refuses."""
    y = np.repeat(list(counts), list(counts.values()))
    names = {"cleaning": "clean-sampling"}
    try:
        found = check_sampling_strategy(strategy, y, names.get(kind, kind))
    except ValueError:
        return None
    found = {int(label): int(rows) for label, rows in found.items()}
    if kind == "cleaning":
        return list(found)
    if kind == "over-sampling":
        found = {label: counts[label] + added for label, added in found.items()}
    return dict(sorted((counts | found).items()))


def our_totals(counts, strategy, kind):
    try:
        return TARGETS[kind](counts, strategy=strategy)
    except (DataError, ParameterError):
        return None


def assert_refused(error, parts, call, *args, **kwargs):
    with pytest.raises(error) as caught:
        call(*args, **kwargs)
    for part in parts:
        assert part in str(caught.value)


# --- against imbalanced-learn ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("word", sorted({word for words in WORDS.values() for word in words}))
@given(counts=many_classes)
def test_a_word_means_what_it_means_in_imbalanced_learn(kind, word, counts):
    assert our_totals(counts, word, kind) == reference_totals(counts, word, kind)


@pytest.mark.parametrize("kind", KINDS)
@given(counts=two_classes, ratio=ratios_in_unit)
def test_a_float_gives_the_rows_it_gives_in_imbalanced_learn(kind, counts, ratio):
    assert our_totals(counts, ratio, kind) == reference_totals(counts, ratio, kind)


@pytest.mark.parametrize("kind", COUNTING_KINDS)
@given(counts=many_classes, data=st.data())
def test_totals_give_the_rows_they_give_in_imbalanced_learn(kind, counts, data):
    labels = st.sampled_from(sorted(counts))
    totals = data.draw(st.dictionaries(labels, st.integers(-1, 500), min_size=1))
    assert our_totals(counts, totals, kind) == reference_totals(counts, totals, kind)
    assert our_totals(counts, lambda _: totals, kind) == our_totals(counts, totals, kind)


@given(counts=many_classes, data=st.data())
def test_a_list_names_the_classes_it_names_in_imbalanced_learn(counts, data):
    named = data.draw(st.lists(st.sampled_from(sorted(counts)), min_size=1, unique=True))
    assert cleaning_targets(counts, strategy=named) == reference_totals(counts, named, "cleaning")


@pytest.mark.parametrize(("n_maj", "ratio", "added"), [(100, 0.57, 53), (100, 0.29, 25)])
def test_a_product_just_below_an_integer_is_truncated(n_maj, ratio, added):
    assert math.ceil(n_maj * ratio) != math.floor(n_maj * ratio)
    targets = oversampling_targets({"ok": n_maj, "rare": 3}, strategy=ratio)
    assert targets["rare"] == 3 + added


# --- totals ---


@given(counts=many_classes, word=st.sampled_from(WORDS["over-sampling"]))
def test_over_sampling_takes_rows_from_no_class(counts, word):
    targets = oversampling_targets(counts, strategy=word)
    assert list(targets) == sorted(counts)
    assert all(targets[label] >= counts[label] for label in counts)
    assert max(targets.values()) == max(counts.values())


@given(counts=many_classes, word=st.sampled_from(WORDS["under-sampling"]))
def test_under_sampling_gives_rows_to_no_class(counts, word):
    targets = undersampling_targets(counts, strategy=word)
    assert list(targets) == sorted(counts)
    assert all(targets[label] <= counts[label] for label in counts)
    assert min(targets.values()) == min(counts.values())


@given(counts=many_classes, data=st.data())
def test_answers_do_not_depend_on_the_order_of_the_counts(counts, data):
    shuffled = dict(data.draw(st.permutations(list(counts.items()))))
    for kind in KINDS:
        for word in WORDS[kind]:
            answers = [TARGETS[kind](table, strategy=word) for table in (counts, shuffled)]
            assert answers[0] == answers[1]
            assert list(answers[0]) == list(answers[1])


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("auto", {"a": 60, "b": 60, "c": 60}),
        ("all", {"a": 60, "b": 60, "c": 60}),
        ("minority", {"a": 60, "b": 60, "c": 30}),
        ("not minority", {"a": 60, "b": 10, "c": 60}),
        ("not majority", {"a": 60, "b": 60, "c": 60}),
    ],
)
def test_over_sampling_raises_the_classes_named_to_the_largest(word, expected):
    assert oversampling_targets(THREE, strategy=word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("auto", {"a": 10, "b": 10, "c": 10}),
        ("all", {"a": 10, "b": 10, "c": 10}),
        ("majority", {"a": 10, "b": 10, "c": 30}),
        ("not minority", {"a": 10, "b": 10, "c": 10}),
        ("not majority", {"a": 60, "b": 10, "c": 10}),
    ],
)
def test_under_sampling_brings_the_classes_named_down_to_the_smallest(word, expected):
    assert undersampling_targets(THREE, strategy=word) == expected


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("auto", ["a", "c"]),
        ("majority", ["a"]),
        ("not majority", ["b", "c"]),
        ("all", ["a", "b", "c"]),
        (["c", "b"], ["b", "c"]),
        (("c",), ["c"]),
    ],
)
def test_cleaning_touches_the_classes_named(strategy, expected):
    assert cleaning_targets(THREE, strategy=strategy) == expected


def test_classes_that_a_dict_leaves_out_stay_as_they_are():
    assert oversampling_targets(THREE, strategy={"b": 20}) == {"a": 60, "b": 20, "c": 30}
    assert undersampling_targets(THREE, strategy={"a": 20}) == {"a": 20, "b": 10, "c": 30}


def test_the_size_a_class_has_is_an_admissible_total():
    assert oversampling_targets(TWO, strategy=TWO) == TWO
    assert undersampling_targets(TWO, strategy=TWO) == TWO


def test_a_class_may_be_raised_above_the_largest():
    assert oversampling_targets(TWO, strategy={"rare": 150})["rare"] == 150
    assert oversampling_targets(TWO, ratios={"rare": 1.5})["rare"] == 150


def test_a_total_of_zero_removes_the_class_when_under_sampling():
    assert undersampling_targets(TWO, strategy={"ok": 0}) == {"ok": 0, "rare": 25}


def test_a_function_sees_the_counts_and_cannot_change_them():
    def double(counts):
        totals = {label: 2 * rows for label, rows in counts.items()}
        counts.clear()
        return totals

    assert oversampling_targets(TWO, strategy=double) == {"ok": 200, "rare": 50}
    assert TWO == {"ok": 100, "rare": 25}


# --- ratios ---


@given(counts=two_classes, ratio=ratios_in_unit)
def test_for_two_classes_a_ratio_is_the_float(counts, ratio):
    totals = our_totals(counts, ratio, "over-sampling")
    if totals is not None:
        assert oversampling_targets(counts, ratios={smallest(counts): ratio}) == totals


@given(counts=many_classes, ratio=st.floats(1e-3, 50))
def test_ratios_are_of_the_largest_or_the_smallest_class(counts, ratio):
    named = largest(counts)
    up, down = int(max(counts.values()) * ratio), int(min(counts.values()) * ratio)
    if up >= counts[named]:
        assert oversampling_targets(counts, ratios={named: ratio}) == counts | {named: up}
    if 0 < down <= counts[named]:
        assert undersampling_targets(counts, ratios={named: ratio}) == counts | {named: down}


def test_several_ratios_hold_at_once_and_integers_are_ratios():
    assert oversampling_targets(THREE, ratios={"b": 1, "c": 0.75}) == {"a": 60, "b": 60, "c": 45}
    assert undersampling_targets(THREE, ratios={"a": 4, "c": 2.5}) == {"a": 40, "b": 10, "c": 25}


# --- ties and order ---


def test_of_equal_classes_the_first_in_sorted_order_is_largest_and_smallest():
    counts = {"d": 9, "c": 9, "b": 2, "a": 2}
    assert (largest(counts), smallest(counts)) == ("c", "a")
    assert oversampling_targets(counts, strategy="minority") == {"a": 9, "b": 2, "c": 9, "d": 9}
    assert undersampling_targets(counts, strategy="majority") == {"a": 2, "b": 2, "c": 2, "d": 9}


def test_numbers_sort_as_numbers():
    assert largest({10: 5, 9: 5}) == 9
    assert largest({"10": 5, "9": 5}) == "10"


def test_labels_of_several_types_sort_without_error():
    labels = ["b", date(2024, 5, 1), math.inf, 2, "a", Decimal("1.5"), True, math.nan]
    ordered = in_order(labels)
    assert ordered[:4] == [True, Decimal("1.5"), 2, math.inf]
    assert math.isnan(ordered[4])
    assert ordered[5:] == [date(2024, 5, 1), "a", "b"]


# --- keys ---


@pytest.mark.parametrize(
    ("labels", "key", "meant"),
    [
        ([0, 1], 1, 1),
        ([0, 1], "1", 1),
        ([0, 1], 1.0, 1),
        ([0, 1], "1.0", 1),
        ([0, 1], True, 1),
        ([0, 1], np.int32(1), 1),
        ([0, 1], np.float64(1), 1),
        (["0", "1"], 1, "1"),
        (["0", "1"], np.int64(1), "1"),
        (["01", "1"], 1, "1"),
        (["01", "1"], "01", "01"),
        (["1", "1.0"], 1.0, "1.0"),
        ([False, True], True, True),
        ([False, True], "true", True),
        ([False, True], "True", True),
        ([False, True], 1, True),
        ([False, True], "1", True),
        ([False, True], np.bool_(True), True),
        (["False", "True"], True, "True"),
        (["false", "true"], True, "true"),
        (["False", "True"], "true", "True"),
        (["True", "true"], "true", "true"),
        ([0.0, 0.5], "0.5", 0.5),
        ([Decimal("1.00"), Decimal("2.00")], 1, Decimal("1.00")),
        ([Decimal("1.00"), Decimal("2.00")], "1.00", Decimal("1.00")),
        ([date(2024, 5, 1), date(2024, 6, 1)], "2024-05-01", date(2024, 5, 1)),
        (["no", "yes"], np.str_("yes"), "yes"),
        ([1, "1"], "1", "1"),
        ([1, "1"], 1, 1),
    ],
)
def test_a_key_means_the_class_that_looks_like_it(labels, key, meant):
    (found,) = classes_meant([key], dict.fromkeys(labels, 5), source="samplingStrategy")
    assert (found, type(found)) == (meant, type(meant))


@pytest.mark.parametrize(
    ("labels", "key"),
    [
        ([0, 1], 2),
        ([0, 1], "one"),
        ([0, 1], None),
        ([0, 1], math.nan),
        ([0, 1], "inf"),
        (["01", "02"], 1),
        (["no", "yes"], True),
        (["1", "2"], 1.0),
    ],
)
def test_a_key_that_means_no_class_is_refused_with_the_classes(labels, key):
    assert_refused(
        DataError,
        ["samplingStrategy", repr(key), *(f"{label!r} (5 rows)" for label in labels)],
        classes_meant,
        [key],
        dict.fromkeys(labels, 5),
        source="samplingStrategy",
    )


@given(
    labels=st.one_of(
        st.sets(st.integers(-20, 20), min_size=2),
        st.sets(st.booleans(), min_size=2),
        st.sets(st.text(max_size=4), min_size=2),
        st.sets(st.floats(allow_nan=False, allow_infinity=False), min_size=2),
    )
)
def test_a_class_is_found_by_its_own_value_and_by_its_text(labels):
    rows = dict.fromkeys(labels, 1)
    assert classes_meant(labels, rows, source="x") == list(labels)
    assert classes_meant(map(str, labels), rows, source="x") == list(labels)


def test_an_ambiguous_key_is_refused_with_the_candidates():
    assert_refused(
        DataError,
        ["class True", "'True' (9 rows)", "'true' (4 rows)", "write it as the label column has it"],
        oversampling_targets,
        {"True": 9, "true": 4, "other": 3},
        strategy={True: 9},
    )


def test_two_keys_for_one_class_are_refused():
    parts = ["class 1 (9 rows) twice", "'1'", "1.0", "leave one out"]
    assert_refused(DataError, parts, oversampling_targets, {0: 4, 1: 9}, strategy={"1": 9, 1.0: 10})
    assert_refused(DataError, ["twice"], cleaning_targets, TWO, strategy=["ok", "ok"])


def test_a_table_of_many_classes_is_not_listed_in_full():
    counts = dict.fromkeys(range(1000), 5)
    parts = ["0 (5 rows)", "9 (5 rows) and 990 more"]
    assert_refused(DataError, parts, oversampling_targets, counts, strategy={-1: 9})


# --- numpy scalars ---


def test_numpy_scalars_are_taken_as_the_numbers_they_are():
    assert oversampling_targets(TWO, strategy=np.float64(0.5))["rare"] == 50
    assert oversampling_targets(TWO, strategy=np.float32(0.5))["rare"] == 50
    assert oversampling_targets(TWO, strategy=np.str_("auto"))["rare"] == 100
    assert oversampling_targets(TWO, ratios={"rare": np.float32(0.5)})["rare"] == 50
    totals = oversampling_targets(TWO, strategy={np.str_("rare"): np.int64(50)})
    assert totals == {"ok": 100, "rare": 50}
    assert {type(rows) for rows in totals.values()} == {int}
    assert_refused(ParameterError, ["=True is of type bool"], check, np.bool_(True))
    assert_refused(ParameterError, ["=1 is an integer"], check, np.int64(1))


def test_the_module_loads_no_numpy():
    code = "import sys, spark_smote.strategy; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- refused before any row is read ---


def check(strategy="auto", ratios=None, kind="over-sampling"):
    check_strategy(strategy, ratios, kind=kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_admitted_word_passes_and_every_other_is_refused_with_the_admitted(kind):
    for word in WORDS[kind]:
        check(word, kind=kind)
    admitted = ", ".join(map(repr, WORDS[kind]))
    assert_refused(ParameterError, ["samplingStrategy='most'", admitted], check, "most", kind=kind)
    foreign = "majority" if kind == "over-sampling" else "minority"
    parts = [f"samplingStrategy='{foreign}' has no meaning for {kind}", admitted]
    assert_refused(ParameterError, parts, check, foreign, kind=kind)


REFUSED = [
    ("0.25", ["'0.25' is not a known word", "without quotes: 0.25"]),
    (1, ["samplingStrategy=1 is an integer", "samplingStrategy=1.0", "dict of class to total"]),
    (500, ["samplingStrategy=500 is an integer", "dict of class to total"]),
    (0, ["samplingStrategy=0 is an integer"]),
    (True, ["samplingStrategy=True is of type bool", "'auto'", "a float in (0, 1]"]),
    (None, ["samplingStrategy=None is of type NoneType", "'auto'"]),
    (["rare"], ["samplingStrategy=['rare'] is of type list", "dict of class to total"]),
    (np.array([0.5]), ["is of type ndarray"]),
    (np.array(0.5), ["is of type ndarray"]),
    (0.0, ["samplingStrategy=0.0 is outside (0, 1]", "smaller class / rows of the larger"]),
    (-0.5, ["samplingStrategy=-0.5 is outside (0, 1]"]),
    (1.5, ["samplingStrategy=1.5 is outside (0, 1]"]),
    (math.nan, ["samplingStrategy=nan is outside (0, 1]"]),
    ({}, ["samplingStrategy={} names no class", "'auto'"]),
    ({"rare": -1}, ["samplingStrategy asks for -1 rows of class 'rare'", "0 or more"]),
    ({"rare": 0.5}, ["0.5 rows of class 'rare'", "samplingRatios={'rare': 0.5}"]),
    ({"rare": 50.0}, ["50.0 rows of class 'rare'", "write 50;", "samplingRatios={'rare': 50.0}"]),
    ({"rare": np.float32(0.5)}, ["0.5 rows of class 'rare'", "samplingRatios={'rare': 0.5}"]),
    ({"rare": math.nan}, ["nan rows of class 'rare'", "integers"]),
    ({"rare": "50"}, ["'50' rows of class 'rare'", "integer"]),
    ({"rare": True}, ["True rows of class 'rare'", "integer"]),
    ({"rare": None}, ["None rows of class 'rare'", "integer"]),
]


@pytest.mark.parametrize("kind", COUNTING_KINDS)
@pytest.mark.parametrize(("strategy", "parts"), REFUSED)
def test_what_no_table_could_satisfy_is_refused_before_any_row_is_read(kind, strategy, parts):
    assert_refused(ParameterError, parts, check, strategy, kind=kind)
    assert_refused(ParameterError, parts, TARGETS[kind], {}, strategy=strategy)


@pytest.mark.parametrize(
    "strategy", [0.5, 1, True, None, {"a": 3}, {}, [], (), lambda counts: counts]
)
def test_cleaning_takes_words_and_lists_only(strategy):
    parts = ["samplingStrategy=", "does not suit cleaning", "'not minority'", "list of one class"]
    assert_refused(ParameterError, parts, check, strategy, kind="cleaning")
    assert_refused(ParameterError, parts, cleaning_targets, TWO, strategy=strategy)


def test_a_class_written_as_a_word_is_told_from_a_list_when_cleaning():
    assert_refused(ParameterError, ["'ok'", "write ['ok']"], check, "ok", kind="cleaning")


@pytest.mark.parametrize("kind", COUNTING_KINDS)
@pytest.mark.parametrize("ratios", [{}, [0.5], 0.5, "auto", True])
def test_ratios_that_are_not_a_dict_of_classes_are_refused(kind, ratios):
    parts = [f"samplingRatios={ratios!r} names no class", "dict of class to ratio"]
    assert_refused(ParameterError, parts, check, ratios=ratios, kind=kind)


@pytest.mark.parametrize("ratio", [0, 0.0, -0.5, math.nan, math.inf, 1e13, "0.5", True, None])
def test_a_ratio_that_is_no_positive_number_is_refused(ratio):
    parts = ["samplingRatios", "class 'rare'", f"ratio {ratio!r}", "(0, 1e+12]", "largest"]
    assert_refused(ParameterError, parts, check, ratios={"rare": ratio})
    parts[-1] = "smallest"
    assert_refused(ParameterError, parts, check, ratios={"rare": ratio}, kind="under-sampling")


@pytest.mark.parametrize("strategy", ["all", 0.5, {"rare": 50}, None, lambda counts: counts])
def test_strategy_and_ratios_together_are_refused(strategy):
    parts = ["samplingStrategy=", "samplingRatios={'rare': 0.5}", "leave out one"]
    assert_refused(ParameterError, parts, check, strategy, {"rare": 0.5})
    assert_refused(
        ParameterError, parts, oversampling_targets, TWO, strategy=strategy, ratios={"rare": 0.5}
    )


def test_ratios_have_no_meaning_for_cleaning():
    parts = ["samplingRatios={'rare': 0.5} has no meaning for cleaning", "samplingStrategy"]
    assert_refused(ParameterError, parts, check, ratios={"rare": 0.5}, kind="cleaning")


@pytest.mark.parametrize(
    ("result", "parts"),
    [
        (None, ["result is None, of type NoneType", "dict of class to total"]),
        ([("rare", 50)], ["of type list"]),
        (0.5, ["of type float"]),
        ({}, ["result={} names no class"]),
        ({"rare": 0.5}, ["0.5 rows of class 'rare'", "samplingRatios"]),
        ({"rare": -1}, ["-1 rows of class 'rare'"]),
    ],
)
def test_a_function_that_returns_something_else_than_totals_is_refused(result, parts):
    check(lambda counts: result)
    for kind in COUNTING_KINDS:
        assert_refused(
            ParameterError,
            ["samplingStrategy's result", *parts],
            TARGETS[kind],
            TWO,
            strategy=lambda counts: result,
        )


# --- refused by the counts ---


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_one_class_or_none_is_refused(kind):
    parts = ["one class only, 'ok' (7 rows)", "two or more", "labelCol"]
    assert_refused(DataError, parts, TARGETS[kind], {"ok": 7})
    assert_refused(DataError, ["the table has no rows"], TARGETS[kind], {})


@pytest.mark.parametrize("kind", COUNTING_KINDS)
def test_a_class_the_table_does_not_have_is_refused(kind):
    parts = ["class 'odd'", "'ok' (100 rows), 'rare' (25 rows)"]
    for given_as, argument in [
        ("samplingStrategy", {"strategy": {"odd": 50}}),
        ("samplingStrategy's result", {"strategy": lambda counts: {"odd": 50}}),
        ("samplingRatios", {"ratios": {"odd": 0.5}}),
    ]:
        assert_refused(DataError, [f"{given_as} names", *parts], TARGETS[kind], TWO, **argument)


def test_a_listed_class_the_table_does_not_have_is_refused():
    parts = ["samplingStrategy names class 'odd'", "'ok' (100 rows), 'rare' (25 rows)"]
    assert_refused(DataError, parts, cleaning_targets, TWO, strategy=["odd"])


def test_over_sampling_to_fewer_rows_than_present_is_refused():
    parts = ["asks for 10 rows of class 'rare', which has 25", "ask for 25 or more"]
    call = oversampling_targets
    strategy = {"rare": 10}
    assert_refused(DataError, ["Strategy={'rare': 10}", *parts], call, TWO, strategy=strategy)
    assert_refused(DataError, parts, call, TWO, strategy=lambda counts: strategy)
    assert_refused(DataError, ["Ratios={'rare': 0.1}", *parts], call, TWO, ratios={"rare": 0.1})


def test_under_sampling_to_more_rows_than_present_is_refused():
    parts = ["asks for 125 rows of class 'ok', which has 100", "ask for 100 or fewer"]
    call = undersampling_targets
    strategy = {"ok": 125}
    assert_refused(DataError, ["Strategy={'ok': 125}", *parts], call, TWO, strategy=strategy)
    assert_refused(DataError, parts, call, TWO, strategy=lambda counts: strategy)
    assert_refused(DataError, ["Ratios={'ok': 5}", *parts], call, TWO, ratios={"ok": 5})


def test_a_ratio_that_would_leave_no_row_is_refused():
    parts = ["samplingRatios={'ok': 0.001}", "0 rows of class 'ok', which has 100", "a row or more"]
    assert_refused(DataError, parts, undersampling_targets, TWO, ratios={"ok": 0.001})


@pytest.mark.parametrize("ratio", [0.1, 0.25, 0.255, 5e-324])
def test_a_float_that_adds_no_row_is_refused(ratio):
    parts = [f"samplingStrategy={ratio} adds no row to class 'rare'"]
    parts += ["has 25 rows", "0.25 of the 100 of class 'ok'", "give a ratio above"]
    assert_refused(DataError, parts, oversampling_targets, TWO, strategy=ratio)


@pytest.mark.parametrize(("ratio", "rows"), [(0.1, "250"), (0.2475, "101"), (5e-324, "inf")])
def test_a_float_that_would_keep_more_rows_than_present_is_refused(ratio, rows):
    parts = [f"samplingStrategy={ratio} asks for {rows} rows of class 'ok'"]
    parts += ["has 25 rows", "0.25 of the 100 of class 'ok'", "give a ratio above"]
    assert_refused(DataError, parts, undersampling_targets, TWO, strategy=ratio)


@pytest.mark.parametrize("kind", COUNTING_KINDS)
def test_a_float_for_three_classes_is_refused_with_ratios_that_work(kind):
    parts = ["samplingStrategy=0.5", "3: 'a' (60 rows), 'b' (10 rows), 'c' (30 rows)"]
    parts += ["use samplingRatios"]
    assert_refused(DataError, parts, TARGETS[kind], THREE, strategy=0.5)
    with pytest.raises(DataError) as caught:
        TARGETS[kind](THREE, strategy=0.5)
    (label, ratio) = re.search(r"e\.g\. \{'(\w)': ([\d.]+)\}", str(caught.value)).groups()
    expected = {"over-sampling": THREE | {"b": 30}, "under-sampling": THREE | {"a": 20}}
    assert TARGETS[kind](THREE, ratios={label: float(ratio)}) == expected[kind]


# --- persistence ---


def test_everything_but_a_function_can_be_saved():
    assert all(map(is_persistable, ["auto", 0.25, {"rare": 50}, ["rare"]]))
    assert not is_persistable(lambda counts: counts)

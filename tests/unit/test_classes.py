"""Classes of at most k rows: each thing that onSmallClass can say."""

import pytest

from spark_smote.errors import DataError
from spark_smote.plans.classes import assign_classes
from spark_smote.plans.profile import Profile

K = 5
LARGEST = 40


def profile(rows, usable=None):
    counts = {"small": rows, "large": LARGEST}
    return Profile(counts, {"small": rows if usable is None else usable, "large": LARGEST}, 3, "")


def assign(rows, on_small_class, *, usable=None, target=LARGEST, k=K):
    targets = {"small": target, "large": LARGEST}
    return assign_classes(profile(rows, usable), targets, k=k, on_small_class=on_small_class)


@pytest.mark.parametrize("on_small_class", ["error", "reduce", "duplicate", "skip"])
@pytest.mark.parametrize("rows", [K + 1, K + 2, 30])
def test_more_than_k_rows_are_not_a_small_class(rows, on_small_class):
    assigned = assign(rows, on_small_class)
    (task,) = assigned.tasks
    assert (task.label, task.rows, task.new_rows) == ("small", rows, LARGEST - rows)
    assert (task.method, task.k, task.note) == ("smote", K, "")
    assert not assigned.skipped


@pytest.mark.parametrize("rows", [1, 2, K - 1, K])
def test_error_names_class_rows_k_and_every_remedy(rows):
    with pytest.raises(DataError) as raised:
        assign(rows, "error")
    message = str(raised.value)
    for part in ("'small'", f"{rows} usable", "kNeighbors=5", "6", "onSmallClass"):
        assert part in message
    for remedy in ("'reduce'", "'duplicate'", "'skip'"):
        assert remedy in message


@pytest.mark.parametrize("rows", [2, 3, K])
def test_reduce_takes_all_other_rows_as_neighbours_and_says_so(rows):
    (task,) = assign(rows, "reduce").tasks
    assert (task.method, task.k) == ("smote", rows - 1)
    assert f"from {K} to {rows - 1}" in task.note


def test_reduce_of_one_row_duplicates_it():
    (task,) = assign(1, "reduce").tasks
    assert (task.method, task.k, task.new_rows) == ("duplicate", 0, LARGEST - 1)
    assert "duplicated" in task.note


@pytest.mark.parametrize("rows", [1, 2, K])
def test_duplicate_adds_copies_and_says_so(rows):
    (task,) = assign(rows, "duplicate").tasks
    assert (task.method, task.k, task.new_rows) == ("duplicate", 0, LARGEST - rows)
    assert "duplicated" in task.note


@pytest.mark.parametrize("rows", [1, 2, K])
def test_skip_leaves_the_class_and_says_why(rows):
    assigned = assign(rows, "skip")
    assert assigned.tasks == ()
    assert list(assigned.skipped) == ["small"]
    assert str(rows) in assigned.skipped["small"]


def test_usable_rows_decide_not_all_rows():
    (task,) = assign(30, "reduce", usable=3).tasks
    assert (task.rows, task.k) == (3, 2)
    assert task.new_rows == LARGEST - 30


@pytest.mark.parametrize("on_small_class", ["error", "reduce", "duplicate"])
def test_class_without_a_usable_row_is_an_error(on_small_class):
    with pytest.raises(DataError, match="0 usable"):
        assign(4, on_small_class, usable=0)


def test_class_without_a_usable_row_can_be_skipped():
    assert list(assign(4, "skip", usable=0).skipped) == ["small"]


@pytest.mark.parametrize("on_small_class", ["error", "reduce", "duplicate", "skip"])
def test_small_class_that_receives_nothing_is_left_alone(on_small_class):
    assigned = assign(2, on_small_class, target=2)
    assert assigned.tasks == ()
    assert not assigned.skipped


def test_codes_number_the_classes_that_receive_rows():
    counts = {"a": 40, "b": 20, "c": 2, "d": 10}
    assigned = assign_classes(
        Profile(counts, counts, 3, ""),
        dict.fromkeys(counts, 40),
        k=K,
        on_small_class="skip",
    )
    assert [(task.code, task.label) for task in assigned.tasks] == [(0, "b"), (1, "d")]
    assert list(assigned.skipped) == ["c"]

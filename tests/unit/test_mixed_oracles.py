"""The references for SMOTE-NC and SMOTE-N agree with imbalanced-learn where they mean to.

Read in imbalanced-learn 0.14 (`over_sampling/_smote/base.py`, `metrics/pairwise.py`), and shown
below where a test can show it. The same as here:

- The unit of nominal columns (`median_std_`) is the median of the population standard deviations
  of the continuous columns, over the rows of the class to be enlarged alone.
- One-hot entries are that unit over the root of two, so that two levels that differ are exactly
  one unit apart: squared distances agree to rounding.
- The mode of SMOTE-NC is taken over the k neighbours without the base, ties drawn with equal
  chances; that of SMOTE-N over the base and its k neighbours, ties to the first level.
- The value difference metric has exponents 1 within a feature and 2 over features, and its
  probabilities are those of all classes.
- Null (None) is a level of its own.

Different, and on purpose not followed:

- Where every continuous column is an integer, so is the one-hot matrix: the entries that stand
  for levels are truncated (to 0 below 1.41), and the modes of levels that became 0 are drawn from
  all levels of the table. float32 columns are searched in float32. The references are float64.
- Levels whose counts, times the entry, differ by less than 1e-8 count as tied: with a unit of
  1e-9, too, any level of the table can come out.
- Neighbours are searched in a sparse matrix, by norms and products: with values of 1e8 that
  differ by 1 the neighbours are wrong. The references subtract first.
- The row itself is left out of SMOTE-NC's list by position: whatever comes first goes. In SMOTE-N
  the row is included by position: it can be missing where more than k rows are at distance 0.
- Null sorts last in ties of SMOTE-N, here first; NaN is refused by SMOTE-N, here it is null.
- Distances are not standardised; the tests divide the columns beforehand.
- New rows are not clipped to the segment; integers are truncated, here rounded half to even.
"""

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.metrics.pairwise import ValueDifferenceMetric
from imblearn.over_sampling import SMOTEN, SMOTENC
from sklearn.preprocessing import OrdinalEncoder

from tests import mixed_oracles as oracles

K = 5
LABELS = np.repeat([1, 0], [70, 150])
IN_CLASS = LABELS == 1
REAL = {
    "churn_modelling": (
        1,
        ["credit_score", "age", "tenure", "balance", "num_of_products", "estimated_salary"],
        ["geography", "gender", "has_cr_card", "is_active_member"],
    ),
    "bank_marketing": (
        "yes",
        ["age", "duration", "campaign", "pdays", "previous", "emp_var_rate", "euribor3m"],
        ["job", "marital", "education", "default", "housing", "contact", "month", "poutcome"],
    ),
    "adult": (
        ">50K",
        ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"],
        ["workclass", "education", "marital_status", "occupation", "relationship", "sex"],
    ),
}


def generated(seed, d=4, f=3, levels=4) -> tuple[np.ndarray, np.ndarray]:
    """Continuous columns of different width, which never tie, and codes of nominal columns."""
    random = np.random.default_rng(seed)
    continuous = random.normal(size=(len(LABELS), d)) * 3.0 ** np.arange(d)
    return continuous, random.integers(0, levels, size=(len(LABELS), f))


def reference_smotenc(continuous, codes, labels, *, new=200, seed=0):
    """What imbalanced-learn made of it: sampler, its lists, its draws, its new rows.

    Draws are those of its `_make_samples`: slots in the lists, then gaps, of one stream.
    """
    d, f = continuous.shape[1], codes.shape[1]
    table = pd.DataFrame(continuous, columns=[f"c{j}" for j in range(d)])
    table = table.assign(**{f"n{j}": codes[:, j] for j in range(f)})
    members = int((labels == 1).sum())
    sampler = SMOTENC(
        [f"n{j}" for j in range(f)],
        k_neighbors=K,
        random_state=seed,
        sampling_strategy={1: members + new},
    )
    resampled, _ = sampler.fit_resample(table, labels)
    made = resampled.iloc[len(table) :]
    encoded = sampler.nn_k_._fit_X
    found = sampler.nn_k_.kneighbors(encoded, return_distance=False)
    random = np.random.RandomState(seed)
    slots = random.randint(0, members * K, size=new)
    gaps = random.uniform(size=new)
    base = slots // K
    drawn = (base, found[:, 1:][base, slots % K], gaps)
    new_rows = (made.iloc[:, :d].to_numpy(np.float64), made.iloc[:, d:].to_numpy(np.int64))
    return sampler, found, drawn, new_rows


# ---- The distance of SMOTE-NC ----------------------------------------------------------------


def test_unit_of_nominal_is_the_median_spread_of_the_class():
    columns = np.array([[0.0, 10.0, 5.0], [2.0, 30.0, 5.0]])
    assert oracles.unit_of_nominal(columns, standardize=False) == 1.0
    assert oracles.unit_of_nominal(columns[:, :2], standardize=False) == 5.5
    assert oracles.unit_of_nominal(columns, standardize=True) == 1.0
    assert oracles.unit_of_nominal(columns[:, 1:], standardize=True) == 0.5
    assert oracles.unit_of_nominal(columns[:, 2:], standardize=True) == 0.0


def test_a_constant_column_has_no_spread_however_its_mean_is_rounded():
    constant = np.full((70, 3), 0.1)
    assert np.std(constant, axis=0).max() > 0
    assert oracles.spreads(constant) == [0.0, 0.0, 0.0]


def test_spreads_do_not_depend_on_the_order_of_rows():
    continuous, _ = generated(1)
    assert oracles.spreads(continuous) == oracles.spreads(continuous[::-1])
    np.testing.assert_allclose(oracles.spreads(continuous), continuous.std(axis=0), rtol=1e-14)


def test_distances_of_pairs_are_those_of_the_matrix_to_the_last_bit():
    continuous, codes = generated(2)
    inverse_scale = 1.0 / np.array([0.3, 1.7, 2.9, 0.1])
    matrix = oracles.mixed_squared_distances(
        continuous[:9], codes[:9], continuous, codes, inverse_scale, 0.7
    )
    for i in range(9):
        for j in range(len(continuous)):
            alone = oracles.mixed_squared_distance(
                continuous[i], codes[i], continuous[j], codes[j], inverse_scale, 0.7
            )
            assert alone == matrix[i, j]


def test_a_nominal_column_that_differs_adds_the_square_of_its_unit_once():
    one, other = np.array([[1.0, 2.0]]), np.array([[4.0, -2.0]])
    codes, others = np.array([[0, 1, 2]]), np.array([[0, 9, 7]])
    ones = np.ones(2)
    assert oracles.mixed_squared_distances(one, codes, other, others, ones, 3.0) == 25.0 + 18.0
    assert oracles.mixed_squared_distances(one, codes, other, codes, ones, 3.0) == 25.0
    assert oracles.mixed_squared_distances(one, codes, other, others, ones, 0.0) == 25.0


@pytest.mark.parametrize("seed", [3, 4])
@pytest.mark.parametrize("standardize", [True, False])
def test_neighbours_are_those_of_smotenc(seed, standardize):
    continuous, codes = generated(seed)
    members = continuous[IN_CLASS]
    unit = np.array(oracles.spreads(members)) if standardize else np.ones(4)
    med = oracles.unit_of_nominal(members, standardize=standardize)
    sampler, found, _, _ = reference_smotenc(continuous / unit, codes, LABELS)
    # The unit is that of the class: over the whole table it would be another one.
    assert sampler.median_std_[1] == pytest.approx(med, rel=1e-12)
    assert sampler.median_std_[1] != pytest.approx(np.median((continuous / unit).std(axis=0)))

    encoded = sampler.nn_k_._fit_X.toarray()
    one_hot = ((encoded[:, None] - encoded[None]) ** 2).sum(axis=2)
    squared = oracles.mixed_squared_distances(
        members, codes[IN_CLASS], members, codes[IN_CLASS], 1 / unit, med
    )
    np.testing.assert_allclose(squared, one_hot, rtol=1e-12)

    ids, distances = oracles.mixed_nearest_others(members, codes[IN_CLASS], K, 1 / unit, med)
    assert (np.diff(distances) > 1e-9).all()  # no ties, so that lists can be compared
    np.testing.assert_array_equal(found[:, 0], np.arange(len(members)))
    np.testing.assert_array_equal(found[:, 1:], ids)


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("name", REAL)
def test_neighbours_are_those_of_smotenc_on_real_tables(real_table, name, standardize):
    """Integers as floats, or the reference would truncate the unit; null is a level in both.

    Lists may differ in order where distances tie: what is compared is the distance of every
    neighbour, to within the rounding of norms and products, and nearly all of the lists.
    """
    label, numbers, nominal = REAL[name]
    frame = real_table(name).drop_duplicates(subset=[*numbers, *nominal])
    frame = pd.concat(
        [part.head(250) for _, part in frame.groupby(frame["label"] == label, sort=False)]
    )
    labels = (frame["label"] == label).to_numpy().astype(int)
    continuous = frame[numbers].to_numpy(np.float64)
    codes = np.column_stack(
        [pd.factorize(frame[column], use_na_sentinel=False)[0] for column in nominal]
    )
    members, member_codes = continuous[labels == 1], codes[labels == 1]
    spreads = np.array(oracles.spreads(members))
    unit = np.where(spreads > 0, spreads, 1.0) if standardize else np.ones(len(numbers))
    med = oracles.unit_of_nominal(members, standardize=standardize)
    sampler, found, drawn, new_rows = reference_smotenc(continuous / unit, codes, labels)
    assert sampler.median_std_[1] == pytest.approx(med, rel=1e-9, abs=1e-15)

    ids, distances = oracles.mixed_nearest_others(members, member_codes, K, 1 / unit, med)
    squared = oracles.mixed_squared_distances(
        members, member_codes, members, member_codes, 1 / unit, med
    )
    np.testing.assert_array_equal(found[:, 0], np.arange(len(members)))
    rounding = 32 * np.finfo(float).eps * ((members / unit) ** 2).sum(axis=1).max()
    np.testing.assert_allclose(
        np.take_along_axis(squared, found[:, 1:], axis=1), distances, rtol=1e-12, atol=rounding
    )
    same = (found[:, 1:] == ids).mean()
    print(f"{name}, standardize {standardize}: {same:.4f} of the lists alike, unit {med:.3f}")
    assert same > 0.9

    oracles.check_smotenc_rows(
        new_rows,
        *drawn,
        (members / unit, member_codes),
        k=K,
        inverse_scale=np.ones(len(numbers)),
        med=med,
        tolerance=1e-9 * np.abs(members / unit).max(axis=0),
        slack=1e-9,
    )


# ---- Neighbours ------------------------------------------------------------------------------


def test_rows_equally_far_come_in_the_order_of_rows():
    continuous = np.array([[0.0], [1.0], [-1.0], [1.0], [5.0]])
    codes = np.array([[0], [0], [0], [1], [0]])
    ids, distances = oracles.mixed_nearest_others(continuous, codes, 3, np.ones(1), 1.0)
    assert ids[0].tolist() == [1, 2, 3]
    assert distances[0].tolist() == [1.0, 1.0, 2.0]
    assert ids[1].tolist() == [0, 3, 2]


def test_repeated_rows_are_refused_where_lists_are_of_distinct_rows():
    rows, codes = np.array([[1.0], [2.0], [1.0]]), np.array([[0], [0], [0]])
    with pytest.raises(ValueError, match="rows repeat"):
        oracles.mixed_nearest_others(rows, codes, 1, np.ones(1), 1.0)
    codes[2] = 1
    ids, distances = oracles.mixed_nearest_others(rows, codes, 1, np.ones(1), 0.5)
    assert ids.tolist() == [[2], [0], [0]]
    assert distances.tolist() == [[0.25], [1.0], [0.25]]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 8), med=st.sampled_from([0.0, 0.5, 1.0]))
def test_lists_with_multiplicity_are_lists_of_the_table_with_rows_repeated(seed, k, med):
    """By distance: of rows written out as often as they occur, one left out by identity."""
    random = np.random.default_rng(seed)
    grid = [(x, y, c) for x in range(3) for y in range(2) for c in range(3)]
    chosen = np.array(grid)[random.permutation(len(grid))[:10]]
    continuous, codes = chosen[:, :2].astype(float), chosen[:, 2:]
    times = random.integers(1, 4, size=10)
    scale = np.array([1.0, 0.75])
    base = int(random.integers(10))
    listed = oracles.neighbour_list_with_multiplicity(continuous, codes, times, base, k, scale, med)

    rows = np.repeat(np.arange(10), times)
    squared = oracles.mixed_squared_distances(
        continuous[rows], codes[rows], continuous[rows], codes[rows], scale, med
    )
    occurrence = int(np.flatnonzero(rows == base)[0])
    _, distances = oracles.nearest_others(squared, k)
    to_rows = squared[occurrence][np.searchsorted(rows, listed)]
    np.testing.assert_array_equal(to_rows, distances[occurrence])
    counts = Counter(listed)
    assert counts[base] == min(k, times[base] - 1)
    assert all(counts[row] <= times[row] - (row == base) for row in counts)


def test_equal_rows_come_before_others_at_distance_zero():
    continuous, codes = np.array([[1.0], [1.0], [2.0]]), np.array([[0], [1], [0]])

    def listed(base, k):
        return oracles.neighbour_list_with_multiplicity(
            continuous, codes, [2, 3, 1], base, k, np.ones(1), 0.0
        )

    assert listed(0, 3) == [0, 1, 1]
    assert listed(1, 3) == [1, 1, 0]
    assert listed(2, 9) == [0, 0, 1, 1, 1]


# ---- Modes -----------------------------------------------------------------------------------


def test_levels_tied_for_most_frequent_are_candidates():
    assert oracles.mode_candidates([3, 1, 3, 2, 1]) == {1, 3}
    assert oracles.mode_candidates(np.array([2, 2, 7])) == {2}


def test_ties_with_the_base_go_to_the_first_level_and_null_is_the_first():
    rows = [
        ("b", 2, None, True),
        ("a", 10, "a", False),
        ("b", 2, "a", True),
        ("a", 10, None, False),
    ]
    assert oracles.mode_with_base(rows) == ["a", 2, None, False]
    assert oracles.mode_with_base([*rows, ("b", 10, "a", True)]) == ["b", 10, "a", True]
    assert oracles.mode_with_base([(np.nan,), ("a",), (None,)]) == [None]


@settings(deadline=None, max_examples=300)
@given(
    certain=st.lists(st.sampled_from([None, "a", "b", "c"]), max_size=5),
    tied=st.lists(st.sampled_from([None, "a", "b", "c", "d"]), min_size=1, max_size=6),
    places=st.integers(1, 6),
    first_wins=st.booleans(),
)
def test_possible_modes_are_those_of_every_choice_among_tied_rows(
    certain, tied, places, first_wins
):
    expected = set()
    for choice in combinations(tied, min(places, len(tied))):
        if first_wins:
            expected |= set(oracles.mode_with_base([(v,) for v in (*certain, *choice)]))
        else:
            expected |= oracles.mode_candidates(np.array([*certain, *choice], dtype=object))
    assert oracles.possible_modes(certain, tied, places, first_wins=first_wins) == expected


# ---- New rows of SMOTE-NC --------------------------------------------------------------------


@pytest.mark.parametrize("constant", [0, 3])
def test_new_rows_of_smotenc_pass_the_check(constant):
    """With most columns constant the unit is 0: nominal columns do not count, modes are taken."""
    continuous, codes = generated(5, levels=2)
    continuous[IN_CLASS, 1 : 1 + constant] = 0.25
    class_rows = continuous[IN_CLASS], codes[IN_CLASS]
    med = oracles.unit_of_nominal(class_rows[0], standardize=False)
    assert (med == 0) == (constant == 3)
    sampler, found, drawn, new_rows = reference_smotenc(continuous, codes, LABELS)
    assert sampler.median_std_[1] == pytest.approx(med, rel=1e-12)
    known = {"k": K, "inverse_scale": np.ones(4), "med": med, "tolerance": 1e-13}
    oracles.check_smotenc_rows(new_rows, *drawn, class_rows, **known)
    oracles.check_smotenc_rows(
        new_rows, *drawn, class_rows, **known, neighbour_lists=found[:, 1:].tolist()
    )


def test_every_tied_level_of_smotenc_comes_up():
    """With two levels twice each, or five once each, all of them and no other."""
    continuous, codes = generated(6)
    _, found, (base, _, _), (_, new_codes) = reference_smotenc(
        continuous, codes, LABELS, new=20_000
    )
    seen = {(b, c): set() for b in range(70) for c in range(3)}
    for b, row in zip(base.tolist(), new_codes.tolist(), strict=True):
        for column, level in enumerate(row):
            seen[b, column].add(level)
    for (b, column), levels in seen.items():
        assert levels == oracles.mode_candidates(codes[IN_CLASS][found[b, 1:], column])


def small_class():
    """Five rows, the last two equal; the two nearest of row 0 are rows 1 and 2."""
    continuous = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [9.0, 9.0], [9.0, 9.0]])
    return continuous, np.array([[0], [1], [1], [2], [2]])


def check_one(values, code, base, neighbour, gap, **known):
    oracles.check_smotenc_rows(
        (np.array([values]), np.array([[code]])),
        [base],
        [neighbour],
        [gap],
        small_class(),
        **{"k": 2, "inverse_scale": np.ones(2), "med": 0.5, **known},
    )


def test_the_check_of_new_rows_accepts_what_can_be():
    check_one([0.5, 0.0], 1, 0, 1, 0.5)
    check_one([9.0, 9.0], 2, 3, 4, 0.25, k=1)
    check_one([9.0, 9.0], 2, 4, 4, 0.25, k=1)  # an equal row under the id of the base
    check_one([0.0, 2.0], 1, 0, 2, 0.75, stored_as=["float32", "int64"])  # 1.5 to 2
    check_one([0.0, 0.0], 1, 0, 2, 0.25, stored_as=["float32", "int64"])  # 0.5 to 0
    check_one([np.float32(0.1), 0.0], 1, 0, 1, 0.1, stored_as=["float32", "float64"])
    check_one([0.1, 0.0], 1, 0, 1, 0.1004, tolerance=1e-3)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (([0.5, 0.0], 0, 0, 1, 0.5), "nominal column 0 is 0, its base 0 allows {1}"),
        (([0.5, 0.0], 2, 0, 1, 0.5), "nominal column 0 is 2"),
        (([0.5, 0.1], 1, 0, 1, 0.5), r"columns \[1\] are \[0.1\], not \[0.\]"),
        (([np.nan, 0.0], 1, 0, 1, 0.5), r"columns \[0\]"),
        (([4.5, 4.5], 1, 0, 3, 0.5), "3 is not near its base 0"),
        (([0.0, 0.0], 1, 0, 0, 0.5), "0 is not near its base 0"),
        (([1.0, 0.0], 1, 0, 1, 1.0), "gap 1.0"),
    ],
)
def test_the_check_of_new_rows_refuses_what_cannot_be(row, message):
    with pytest.raises(AssertionError, match=f"row 0: .*{message}"):
        check_one(*row)


def test_the_check_allows_any_of_the_rows_that_compete_for_the_last_place():
    """Rows 1 and 2 are equally near to row 0: with one neighbour, either may be it."""
    continuous = np.array([[0.0], [1.0], [-1.0], [3.0]])
    codes = np.array([[5], [6], [7], [8]])
    known = {"k": 1, "inverse_scale": np.ones(1), "med": 0.0}

    def check(code, neighbour, **more):
        new_rows = np.array([[continuous[neighbour, 0] / 2]]), np.array([[code]])
        oracles.check_smotenc_rows(
            new_rows, [0], [neighbour], [0.5], (continuous, codes), **known, **more
        )

    for code in (6, 7):
        for neighbour in (1, 2):
            check(code, neighbour)
    check(6, 1, neighbour_lists=[[1]])
    with pytest.raises(AssertionError, match="2 is not near"):
        check(7, 2, neighbour_lists=[[1]])
    with pytest.raises(AssertionError, match="nominal column"):
        check(8, 1)
    with pytest.raises(ValueError, match="4 neighbours asked of a class of 4 rows"):
        oracles.voters([0.0, 1.0, 1.0, 9.0], 0, 4)


# ---- Where SMOTENC is not followed -----------------------------------------------------------


def test_smotenc_truncates_the_unit_of_nominal_columns_beside_integers():
    continuous = np.random.default_rng(7).integers(0, 3, size=(len(LABELS), 3))
    codes = generated(7)[1]
    codes[IN_CLASS] %= 2  # the class has two of the four levels
    sampler, _, _, (_, new_codes) = reference_smotenc(continuous, codes, LABELS)
    med = oracles.unit_of_nominal(continuous[IN_CLASS], standardize=False)
    assert sampler.median_std_[1] == pytest.approx(med)
    assert 0.5 < med < 1
    assert not sampler.nn_k_._fit_X[:, 3:].toarray().any()  # levels do not count at all
    assert set(new_codes[:, 0]) == {0, 1, 2, 3}  # and those that no row of the class has come out


def test_smotenc_takes_any_level_where_the_unit_is_tiny():
    continuous, codes = generated(8)
    codes[IN_CLASS] %= 2
    _, _, _, (_, new_codes) = reference_smotenc(continuous, codes, LABELS)
    assert set(new_codes[:, 0]) == {0, 1}
    _, _, _, (_, new_codes) = reference_smotenc(continuous * 1e-10, codes, LABELS)
    assert set(new_codes[:, 0]) == {0, 1, 2, 3}


def test_smotenc_loses_neighbours_of_columns_far_from_zero():
    continuous, codes = generated(9)
    continuous += 2.0**30
    _, found, _, _ = reference_smotenc(continuous, codes, LABELS)
    members = continuous[IN_CLASS]
    med = oracles.unit_of_nominal(members, standardize=False)
    ids, _ = oracles.mixed_nearest_others(members, codes[IN_CLASS], K, np.ones(4), med)
    centred = members - 2.0**30
    expected, _ = oracles.mixed_nearest_others(centred, codes[IN_CLASS], K, np.ones(4), med)
    np.testing.assert_array_equal(ids, expected)
    alike = (found[:, 1:] == ids).mean()
    print(f"{alike:.2f} of the reference's neighbours at 2^30, where the oracle has all")
    assert alike < 0.5
    assert (found[:, 0] != np.arange(len(members))).any()


# ---- SMOTE-N ---------------------------------------------------------------------------------


def nominal_table(seed, f=7, levels=9, classes=3, rows=240):
    """Rows of strings whose levels tell something about the class, and labels."""
    random = np.random.default_rng(seed)
    labels = random.choice(classes, size=rows, p=[0.2, *[0.8 / (classes - 1)] * (classes - 1)])
    lean = random.integers(0, 3, size=(rows, f)) * labels[:, None]
    codes = (random.integers(0, levels, size=(rows, f)) + lean) % levels
    return np.array([[f"v{code}" for code in row] for row in codes], dtype=object), labels


def probabilities(table, labels):
    return [oracles.level_probabilities(c, labels, np.unique(labels)) for c in table.T]


def test_level_probabilities_are_shares_of_classes_among_rows_of_a_level():
    found = oracles.level_probabilities(["x", "x", None, "x", np.nan], [1, 0, 2, 1, 1], [0, 1, 2])
    assert set(found) == {"x", None}
    assert found["x"].tolist() == [1 / 3, 2 / 3, 0.0]
    assert found[None].tolist() == [0.0, 0.5, 0.5]


def test_value_difference_squares_the_sum_over_classes():
    tables = [
        {"a": np.array([1.0, 0.0]), "b": np.array([0.25, 0.75])},
        {"u": np.array([0.5, 0.5]), None: np.array([0.75, 0.25])},
    ]
    left, right = [("a", "u"), ("b", np.nan)], [("b", "u"), ("a", None)]
    found = oracles.value_difference_distances(left, right, tables)
    assert found.tolist() == [[1.5**2, 0.5**2], [0.5**2, 1.5**2]]


@pytest.mark.parametrize("classes", [2, 3, 9])
def test_value_differences_are_those_of_the_reference(classes):
    table, labels = nominal_table(10, classes=classes, rows=120)
    encoded = OrdinalEncoder(dtype=np.int32).fit_transform(table)
    metric = ValueDifferenceMetric().fit(encoded, labels)
    assert (metric.k, metric.r) == (1, 2)
    tables = probabilities(table, labels)
    for expected, found in zip(metric.proba_per_class_, tables, strict=True):
        np.testing.assert_array_equal(np.array([found[level] for level in sorted(found)]), expected)
    np.testing.assert_allclose(
        oracles.value_difference_distances(table, table, tables),
        metric.pairwise(encoded),
        rtol=1e-13,
        atol=1e-15,
    )


@pytest.mark.parametrize(("classes", "euclidean"), [(2, True), (3, False)])
def test_value_difference_is_euclidean_in_probabilities_for_two_classes_only(classes, euclidean):
    table, labels = nominal_table(11, classes=classes, rows=100)
    tables = probabilities(table, labels)
    embedded = np.array(
        [np.concatenate([t[v] for v, t in zip(row, tables, strict=True)]) for row in table]
    )
    squared = ((embedded[:, None] - embedded[None]) ** 2).sum(axis=2)
    found = oracles.value_difference_distances(table, table, tables)
    assert np.allclose(2 * squared, found) == euclidean


def test_new_rows_are_those_of_smoten():
    """To the last value: without ties the modes of a base are what they are."""
    table, labels = nominal_table(12)
    tables = probabilities(table, labels)
    members = table[labels == 0]
    new = 300
    strategy = {0: len(members) + new}
    sampler = SMOTEN(k_neighbors=K, random_state=0, sampling_strategy=strategy)
    made = sampler.fit_resample(table, labels)[0][len(table) :]
    base = np.random.RandomState(0).choice(np.arange(len(members)), size=new)

    ids, distances = oracles.value_difference_nearest_others(members, K + 1, tables)
    no_tie = distances[:, K] - distances[:, K - 1] > 1e-9  # for the last of the places
    print(f"{no_tie.mean():.2f} of {len(members)} rows have no tie for the last place")
    assert no_tie.mean() > 0.9
    for row, b in zip(made.tolist(), base, strict=True):
        if no_tie[b]:
            assert row == oracles.mode_with_base([members[b], *members[ids[b, :K]]])
    alone = [oracles.mode_with_base(members[ids[b, :K]]) for b in base]
    assert alone != made.tolist()  # the base has a vote

    oracles.check_smoten_rows(made.tolist(), base, members.tolist(), k=K, tables=tables)
    made[7, 2] = "v100"
    with pytest.raises(AssertionError, match="row 7: feature 2 is 'v100'"):
        oracles.check_smoten_rows(made.tolist(), base, members.tolist(), k=K, tables=tables)


def test_new_rows_of_smoten_pass_the_check_where_rows_repeat_and_tie():
    table, labels = nominal_table(13, f=3, levels=3)
    members = table[labels == 0]
    sampler = SMOTEN(k_neighbors=K, random_state=0, sampling_strategy={0: len(members) + 300})
    made = sampler.fit_resample(table, labels)[0][len(table) :]
    base = np.random.RandomState(0).choice(np.arange(len(members)), size=300)
    oracles.check_smoten_rows(
        made.tolist(), base, members.tolist(), k=K, tables=probabilities(table, labels)
    )


def test_lists_with_multiplicity_put_equal_rows_first():
    """Levels a and b say the same of the class, so rows of both are at distance 0."""
    tables = [{"a": np.array([0.5, 0.5]), "b": np.array([0.5, 0.5]), None: np.array([1.0, 0.0])}]
    rows = [("b",), ("a",), (None,), (np.nan,)]

    def listed(base, k):
        return oracles.value_difference_list_with_multiplicity(rows, [1, 3, 1, 1], base, k, tables)

    assert listed(1, 4) == [1, 1, 0, 2]
    assert listed(0, 5) == [1, 1, 1, 2, 3]
    assert listed(2, 2) == [3, 0]


def test_smoten_can_lose_the_base_among_rows_at_distance_zero():
    table = np.array([["a"], *[["b"]] * 7] * 2, dtype=object)
    labels = np.repeat([0, 1], 8)
    sampler = SMOTEN(k_neighbors=K, random_state=0, sampling_strategy={0: 8, 1: 10})
    sampler.fit_resample(table, labels)
    found = sampler.nn_k_.kneighbors(np.zeros((8, 8)), return_distance=False)
    assert not (found == np.arange(8)[:, None]).any(axis=1).all()


def test_null_is_the_last_level_of_the_reference_and_nan_refused():
    table = np.array([["b", "x"], [None, "y"], ["a", "x"]] * 8, dtype=object)
    labels = np.repeat([0, 1], [8, 16])
    sampler = SMOTEN(random_state=0)
    sampler.fit_resample(table, labels)
    assert sampler.categorical_encoder_.categories_[0].tolist() == ["a", "b", None]
    assert sorted([None, "b", "a"], key=oracles.sort_key) == [None, "a", "b"]
    table[1, 0] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        sampler.fit_resample(table, labels)

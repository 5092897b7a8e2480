"""The data of pictures: what is projected, which columns are chosen, what counts as drift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp
from sklearn.decomposition import PCA

from spark_smote.kernels.portrait import (
    CONTEXT_POINTS,
    FEWEST_POINTS,
    POINTS_PER_CLASS,
    portrait,
)
from spark_smote.results import NearestReal


def made(real, synthetic, **given):
    """A portrait with the columns named a, b, c ... and their scale taken from the real rows."""
    rows = np.concatenate(list(real.values()))
    given.setdefault("columns", [chr(97 + j) for j in range(rows.shape[1])])
    given.setdefault("scale", rows.std(axis=0))
    given.setdefault("nearest", [])
    return portrait(real, synthetic, **given)


def clouds(seed=0, n=300, m=40, d=4):
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(d, d)) * 10.0 ** rng.integers(-2, 4, size=d)
    real = {"ok": rng.normal(size=(n, d)) @ mix, "rare": (rng.normal(size=(m, d)) + 1) @ mix}
    gaps = rng.random((200, 1))
    pairs = real["rare"][rng.integers(0, m, size=(200, 2))]
    return real, {"rare": pairs[:, 0] + gaps * (pairs[:, 1] - pairs[:, 0])}


def of(plane, label, kind):
    (points,) = [p for p in plane.points if p.label == label and p.kind == kind]
    return np.column_stack([points.x, points.y])


# --- principal components ---


@pytest.mark.parametrize("seed", range(5))
def test_first_plane_is_that_of_the_two_principal_components_of_the_standardised_real_rows(seed):
    real, synthetic = clouds(seed)
    plane = made(real, synthetic).planes[0]
    rows = np.concatenate([real["ok"], real["rare"]])
    scale = rows.std(axis=0)
    reference = PCA(n_components=2).fit(rows / scale)
    for label, kind, part in (
        ("ok", "real", real["ok"]),
        ("rare", "real", real["rare"]),
        ("rare", "synthetic", synthetic["rare"]),
    ):
        expected = reference.transform(part / scale)
        found = of(plane, label, kind)
        np.testing.assert_allclose(np.abs(found), np.abs(expected[: len(found)]), atol=1e-4)
    shares = [f"({share:.0%} of variance)" for share in reference.explained_variance_ratio_]
    assert plane.x_name.endswith(shares[0])
    assert plane.y_name.endswith(shares[1])


def test_larger_values_of_the_column_that_weighs_most_lie_at_the_positive_end():
    rng = np.random.default_rng(1)
    base = rng.normal(size=(200, 1))
    rows = np.hstack([base * [5, -5], rng.normal(size=(200, 1))])
    for sign in (1, -1):
        flipped = rows * [sign, sign, 1]
        plane = made({"ok": flipped, "rare": flipped[:9]}, {}).planes[0]
        x = of(plane, "ok", "real")[:, 0]
        # Both columns weigh the same but for the sign: the first one decides.
        assert np.corrcoef(x, flipped[: len(x), 0])[0, 1] > 0.9


def test_a_column_without_scale_does_not_count_in_the_components():
    real, _ = clouds(d=3)
    wider = {label: np.column_stack([rows, rows[:, 0] ** 2]) for label, rows in real.items()}
    scale = np.append(np.concatenate(list(real.values())).std(axis=0), 0.0)
    with_it = made(wider, {}, scale=scale).planes[0]
    without = made(real, {}).planes[0]
    assert with_it.points == without.points


# --- most separating columns ---


def separated(seed=2, n=500, m=60):
    """Column c separates best, a is c over again, d second best, b and e not at all."""
    rng = np.random.default_rng(seed)
    n_all = n + m
    rare = np.arange(n_all) >= n
    c = rng.normal(size=n_all) + 4 * rare
    rows = np.column_stack(
        [
            c * 1000 + rng.normal(size=n_all),
            rng.normal(size=n_all),
            c,
            rng.normal(size=n_all) - 1.5 * rare,
            np.full(n_all, 7.0),
        ]
    )
    return {"ok": rows[:n], "rare": rows[n:]}


def test_the_two_columns_that_tell_the_classes_apart_are_found_and_no_copy_of_the_first():
    real = separated()
    plane = made(real, {"rare": real["rare"]}).planes[1]
    assert plane.title == "Two most separating columns"
    assert {plane.x_name, plane.y_name} in ({"c", "d"}, {"a", "d"})
    assert plane.y_name == "d"


def test_equally_good_columns_are_taken_in_their_order():
    ok, rare = np.zeros((20, 3)), np.ones((5, 3))
    # Perfect separation in all three, but not copies of each other.
    ok[:, 1] = np.linspace(-50, 0.5, 20)
    ok[:, 2] = np.linspace(-50, 0.5, 20)[::-1]
    plane = made({"ok": ok, "rare": rare}, {"rare": rare}).planes[1]
    assert (plane.x_name, plane.y_name) == ("a", "b")


def test_a_class_in_the_middle_of_another_is_told_apart_too():
    rng = np.random.default_rng(3)
    ok = np.column_stack([rng.normal(size=400), rng.choice([-5, 5], 400), rng.normal(size=400)])
    rare = rng.normal(size=(40, 3)) * [1, 0.1, 1]
    plane = made({"ok": ok, "rare": rare}, {"rare": rare}).planes[1]
    assert plane.x_name == "b"


def test_columns_are_chosen_for_the_classes_that_got_new_rows():
    rng = np.random.default_rng(4)
    real = {label: rng.normal(size=(100, 4)) for label in ("ok", "left alone", "grown")}
    real["left alone"][:, 0] += 50
    real["grown"][:, 2] += 3
    plane = made(real, {"grown": real["grown"]}).planes[1]
    assert plane.x_name == "c"


def test_where_all_other_columns_are_copies_the_best_copy_is_shown():
    rng = np.random.default_rng(5)
    x = rng.normal(size=200)
    rows = np.column_stack([x, x * 2, x * -3])
    plane = made({"ok": rows[:150], "rare": rows[150:]}, {}).planes[1]
    assert len({plane.x_name, plane.y_name}) == 2


# --- few columns, few rows ---


def test_one_column_is_shown_as_its_cumulative_share():
    real = {"ok": np.array([[3.0], [1.0], [2.0], [2.0]]), "rare": np.array([[5.0]])}
    (plane,) = made(real, {"rare": np.array([[5.0], [4.0]])}).planes
    assert plane.x_name == "a"
    assert plane.y_name == "share of rows at or below"
    assert of(plane, "ok", "real").tolist() == [[3.0, 1.0], [1.0, 0.25], [2.0, 0.75], [2.0, 0.75]]
    assert of(plane, "rare", "synthetic").tolist() == [[5.0, 1.0], [4.0, 0.5]]


def test_constant_columns_leave_the_plane_of_the_one_that_varies():
    rows = np.column_stack([np.full(9, 4.2), np.arange(9.0), np.zeros(9)])
    (plane,) = made({"ok": rows[:6], "rare": rows[6:]}, {"rare": rows[7:]}).planes
    assert plane.x_name == "b"


def test_rows_that_are_all_equal_give_no_plane_and_no_drift():
    rows = np.full((5, 3), 0.1)
    seen = made({"ok": rows, "rare": rows[:1]}, {"rare": rows})
    assert seen.planes == []
    assert [(d.ks_statistic, d.real_std, d.synthetic_mean) for d in seen.drift] == [(0, 0, 0.1)] * 3


def test_a_table_of_one_row_is_borne():
    seen = made({"rare": np.ones((1, 2))}, {"rare": np.ones((3, 2))})
    assert seen.planes == []
    assert (seen.sampled_real, seen.sampled_synthetic) == (1, 3)


def test_two_rows_and_two_classes_are_borne():
    seen = made({0: np.array([[0.0, 1.0]]), 1: np.array([[2.0, 5.0]])}, {1: np.array([[2.0, 5.0]])})
    assert len(seen.planes) == 2
    assert [d.ks_statistic for d in seen.drift] == [0.0, 0.0]


def test_one_class_has_nothing_to_be_separated_from():
    real, _ = clouds()
    assert [p.title for p in made({"rare": real["rare"]}, {}).planes] == [
        "Two principal components"
    ]


def test_without_new_rows_there_are_planes_of_real_rows_only():
    real, _ = clouds()
    seen = made(real, {"rare": np.empty((0, 4))})
    assert {p.kind for plane in seen.planes for p in plane.points} == {"real"}
    assert seen.drift == []
    assert seen.sampled_synthetic == 0


def test_no_rows_at_all_are_borne():
    seen = portrait({}, {}, columns=["a"], scale=np.ones(1), nearest=[])
    assert (seen.planes, seen.drift) == ([], [])


def test_very_large_values_are_borne():
    real, synthetic = clouds()
    seen = made(
        {label: rows * 1e120 for label, rows in real.items()},
        {label: rows * 1e120 for label, rows in synthetic.items()},
    )
    assert np.isfinite([p.x for p in seen.planes[1].points if p.kind == "synthetic"]).all()


# --- how many points ---


def test_points_are_the_first_rows_as_many_as_can_be_told_apart():
    rng = np.random.default_rng(6)
    real = {"ok": rng.normal(size=(3000, 2)), "rare": rng.normal(size=(900, 2))}
    plane = made(real, {"rare": real["rare"][::-1]}).planes[1]
    assert len(of(plane, "ok", "real")) == CONTEXT_POINTS
    assert len(of(plane, "rare", "synthetic")) == POINTS_PER_CLASS
    columns = [ord(plane.x_name) - 97, ord(plane.y_name) - 97]
    first = real["rare"][:POINTS_PER_CLASS][:, columns]
    np.testing.assert_allclose(of(plane, "rare", "real"), first, atol=1e-4)


def test_many_classes_share_the_points_but_each_is_seen():
    rng = np.random.default_rng(7)
    real = {label: rng.normal(size=(100, 2)) + label for label in range(200)}
    plane = made(real, {label: rows for label, rows in real.items() if label}).planes[0]
    assert {len(p.x) for p in plane.points if p.label} == {FEWEST_POINTS}


def test_coordinates_are_kept_to_a_hundred_thousandth_of_the_span():
    real, _ = clouds()
    real = {label: rows + 1.7e9 for label, rows in real.items()}
    seen = made(real, {})
    plane = seen.planes[1]
    j = ord(plane.x_name) - 97
    shown = of(plane, "rare", "real")[:, 0]
    span = np.ptp(np.concatenate([real["ok"][:, j], real["rare"][:, j]]))
    np.testing.assert_allclose(shown, real["rare"][:, j], atol=1e-5 * span, rtol=0)


def test_equal_samples_give_equal_portraits():
    assert made(*clouds()) == made(*clouds())


def test_measured_distances_are_handed_on():
    nearest = NearestReal("rare", [0.1], [0.2], 0.0)
    assert made(*clouds(), nearest=[nearest]).nearest == [nearest]


# --- drift ---


def test_drift_is_that_of_numpy_and_scipy_for_each_class_with_new_rows():
    real, synthetic = clouds(d=3)
    drift = made(real, synthetic).drift
    assert [(d.label, d.column) for d in drift] == [("rare", "a"), ("rare", "b"), ("rare", "c")]
    for j, d in enumerate(drift):
        left, right = real["rare"][:, j], synthetic["rare"][:, j]
        assert d.ks_statistic == pytest.approx(ks_2samp(left, right).statistic, abs=1e-12)
        assert (d.real_mean, d.real_std) == pytest.approx((left.mean(), left.std()))
        assert (d.synthetic_mean, d.synthetic_std) == pytest.approx((right.mean(), right.std()))


few_values = st.lists(st.sampled_from([0.0, 1.0, 1.5, -2.0]), min_size=1, max_size=12)


@given(left=few_values, right=few_values)
def test_ks_statistic_with_ties_is_the_largest_gap_between_the_cumulative_shares(left, right):
    def column(values):
        return np.array(values)[:, None]

    (drift,) = made({"rare": column(left)}, {"rare": column(right)}).drift
    gaps = [
        abs(sum(v <= x for v in left) / len(left) - sum(v <= x for v in right) / len(right))
        for x in left + right
    ]
    assert drift.ks_statistic == pytest.approx(max(gaps), abs=1e-12)


def test_a_constant_column_does_not_drift_by_rounding():
    rows = np.column_stack([np.full(1000, 0.1), np.arange(1000.0)])
    drift = made({"rare": rows}, {"rare": rows[:37]}).drift[0]
    assert (drift.real_mean, drift.synthetic_mean) == (0.1, 0.1)
    assert (drift.real_std, drift.synthetic_std) == (0.0, 0.0)

"""Over-samplers that look at other classes, against brute force and imbalanced-learn."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn import over_sampling as imblearn
from sklearn.neighbors import NearestNeighbors

from spark_smote import ADASYN, BorderlineSMOTE
from tests import cross_oracles, oracles

EXACT = {"standardize": False, "searchQuality": "exact"}
INPUTS = ["x0", "x1"]


@pytest.fixture(scope="module")
def grid():
    """Ties, duplicates, three classes; as the search orders them."""
    return cross_oracles.canonical(*cross_oracles.on_a_grid(5, rows=400, levels=9))


def as_table(features, classes, times):
    each = np.repeat(np.arange(len(times)), times)
    return pd.DataFrame(features[each], columns=INPUTS).assign(label=classes[each])


def made(plan):
    """New rows, and where originals are among the rows of the oracle, by their content key."""
    rows = plan.resampled().toPandas()
    real, new = rows[~rows["is_synthetic"]], rows[rows["is_synthetic"]]
    at = {key: (a, b, c) for key, a, b, c in real[["row_key", *INPUTS, "label"]].to_numpy()}
    at = {int(key): values for key, values in at.items()}
    new = new.astype({"base_id": "int64", "neighbour_id": "int64"})
    return new, at


def places(features, classes):
    rows = np.column_stack([features, classes]).tolist()
    return {tuple(row): place for place, row in enumerate(rows)}


def check_parents(new, at, grid, k):
    """Each new row lies between its base and one of the base's k nearest of its class."""
    features, classes, times = grid
    place = places(features, classes)
    lists = {}
    for row in new.itertuples():
        base, neighbour = place[at[row.base_id]], place[at[row.neighbour_id]]
        own = np.flatnonzero(classes == classes[base])
        if base not in lists:
            of_class = features[own], times[own], int(np.searchsorted(own, base))
            lists[base] = own[oracles.smote_list(*of_class, k, np.ones(2))]
        assert row.label == classes[base]
        assert neighbour in lists[base]
        step = features[base] + row.gap * (features[neighbour] - features[base])
        np.testing.assert_allclose([row.x0, row.x1], step, rtol=1e-12, atol=1e-12)


def others(grid, k):
    features, classes, times = grid
    votes = cross_oracles.voted(features, classes, times, k, np.ones(2))
    return (votes != classes[:, None]).sum(axis=1)


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_new_rows_of_borderline_start_from_rows_in_danger(spark_table, grid, partitions):
    features, classes, times = grid
    m = 7  # half of it is no whole number
    totals = {0: 1500, 1: 1500}
    plan = BorderlineSMOTE(
        mNeighbors=m, kNeighbors=4, samplingStrategy=totals, provenance=True, seed=3, **EXACT
    ).plan(spark_table(as_table(*grid), partitions))
    new, at = made(plan)

    danger = (others(grid, m) >= m / 2) & (others(grid, m) < m) & (classes < 2)
    place = places(features, classes)
    bases = {place[at[key]] for key in new["base_id"]}
    assert bases == set(np.flatnonzero(danger))
    assert Counter(new["label"]) == {c: 1500 - times[classes == c].sum() for c in (0, 1)}
    check_parents(new.head(300), at, grid, 4)
    said = {n.message for n in plan.report.notices if n.code == "standing"}
    for code in (0, 1):
        inside = times[danger & (classes == code)].sum()
        assert any(f"Class {code}: {inside:,} rows are in danger" in each for each in said)


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_kind_2_takes_neighbours_of_any_class_and_half_steps_towards_others(
    spark_table, grid, partitions
):
    features, classes, times = grid
    plan = BorderlineSMOTE(
        kind=2, mNeighbors=3, samplingStrategy={0: 900, 1: 900}, provenance=True, **EXACT
    ).plan(spark_table(as_table(*grid), partitions))
    new, at = made(plan)

    place = places(features, classes)
    against = others(grid, 3)
    danger = (against >= 1.5) & (against < 3) & (classes < 2)
    assert {place[at[key]] for key in new["base_id"]} == set(np.flatnonzero(danger))
    towards = []
    for row in new.itertuples():
        base, neighbour = place[at[row.base_id]], place[at[row.neighbour_id]]
        assert neighbour in oracles.smote_list(features, times, base, 5, np.ones(2))
        assert row.label == classes[base]
        towards.append(classes[neighbour] != row.label)
        step = features[base] + row.gap * (features[neighbour] - features[base])
        np.testing.assert_allclose([row.x0, row.x1], step, rtol=1e-12, atol=1e-12)
    towards = np.array(towards)
    gaps = new["gap"].to_numpy()
    assert 0.3 < gaps[towards].max() < 0.5 < gaps[~towards].max()
    # a product of two uniform numbers, and one of them
    assert abs(gaps[towards].mean() - 0.125) < 0.02
    assert abs(gaps[~towards].mean() - 0.5) < 0.05
    assert plan.report.accuracy[0].k == 5


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_rows_are_bases_of_adasyn_as_often_as_their_neighbours_are_of_other_classes(
    spark_table, grid, partitions
):
    features, classes, times = grid
    plan = ADASYN(
        kNeighbors=4, samplingStrategy={0: 777, 1: 500}, provenance=True, seed=3, **EXACT
    ).plan(spark_table(as_table(*grid), partitions))
    new, at = made(plan)

    place = places(features, classes)
    found = Counter(place[at[key]] for key in new["base_id"])
    rank = others(grid, 4)
    for code, total in ((0, 777), (1, 500)):
        own = np.flatnonzero(classes == code)
        in_turn = own[np.argsort(rank[own], kind="stable")]  # ties: lower rank, then order
        each = np.repeat(in_turn, times[in_turn])
        due = oracles.shares_by_fractions(total - len(each), rank[each])
        expected = Counter()
        for row, number in zip(each.tolist(), due, strict=True):
            expected[row] += number
        assert {row: n for row, n in found.items() if classes[row] == code} == +expected
    check_parents(new.sample(300, random_state=0), at, grid, 4)


@pytest.fixture(params=["mammography", "phoneme"])
def published(request, real_table):
    """Features, classes 0 (large) and 1, and whether the neighbours up to the k-th are certain."""
    table = real_table(request.param)
    codes = np.unique(table["label"], return_inverse=True)[1]
    rare = np.argmin(np.bincount(codes))
    features = table.drop(columns="label").to_numpy(np.float64)

    def certain(k):
        near = NearestNeighbors(n_neighbors=k + 1).fit(features).kneighbors()[0]
        apart = ~np.isclose(near[:, k - 1], near[:, k], rtol=1e-9, atol=0)
        return apart & (near[:, 0] > 0)  # the reference may take a duplicate for the row itself

    return features, (codes == rare).astype(np.int64), certain


def planned(sampler, spark_table, features, classes, **params):
    names = [f"x{j}" for j in range(features.shape[1])]
    table = pd.DataFrame(features, columns=names)
    table = table.assign(label=classes, n=np.arange(len(classes)))
    return sampler(idCol="n", provenance=True, **params, **EXACT).plan(spark_table(table))


def test_danger_and_noise_of_published_tables_are_those_of_imbalanced_learn(spark_table, published):
    """But for rows with equally near tenth neighbours, or duplicates, where the reference may
    leave out another row than the row itself."""
    features, classes, certain = published
    plan = planned(BorderlineSMOTE, spark_table, features, classes)
    found = cross_oracles.ranks_of(plan, len(classes))
    assert ((found >= 0) == (classes == 1)).all()

    reference = imblearn.BorderlineSMOTE()
    search = NearestNeighbors(n_neighbors=11).fit(features)
    own = np.flatnonzero(classes == 1)
    danger, noise = (
        reference._in_danger_noise(search, features[own], 1, classes, kind=kind)
        for kind in ("danger", "noise")
    )
    clear = certain(10)[own]
    np.testing.assert_array_equal(found[own][clear] == 1, danger[clear])
    np.testing.assert_array_equal(found[own][clear] == 2, noise[clear])
    assert clear.mean() > 0.6
    bases = plan.synthetic().select("base_id").distinct().toPandas()["base_id"].astype(int)
    assert set(bases) <= set(np.flatnonzero(found == 1))
    print(f"{(found == 1).sum()} in danger, {(found == 2).sum()} noise, {clear.sum()} clear")


def test_weights_of_published_tables_are_those_of_imbalanced_learn(spark_table, published):
    """The reference's r_i, but for ties and duplicates; its counts miss the total, ours do not."""
    features, classes, certain = published
    plan = planned(ADASYN, spark_table, features, classes)
    found = cross_oracles.ranks_of(plan, len(classes))

    own = np.flatnonzero(classes == 1)
    near = NearestNeighbors(n_neighbors=6).fit(features).kneighbors(features[own])[1][:, 1:]
    ratio = (classes[near] != 1).sum(axis=1) / 5  # as in its source
    clear = certain(5)[own]
    np.testing.assert_array_equal(found[own][clear] / 5, ratio[clear])
    assert clear.mean() > 0.6

    new = plan.synthetic().select("base_id").toPandas()["base_id"].astype(int)
    assert len(new) == (classes == 0).sum() - len(own)
    times = np.bincount(new, minlength=len(classes))
    due = len(new) * found[own] / found[own].sum()
    assert (np.abs(times[own] - due) < 1).all()

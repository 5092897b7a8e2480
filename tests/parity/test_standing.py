"""Over-samplers that look at other classes, against brute force and imbalanced-learn."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from imblearn import over_sampling as imblearn
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from spark_smote import ADASYN, SVMSMOTE, BorderlineSMOTE
from spark_smote.kernels.streams import stream
from tests import cross_oracles, oracles

EXACT = {"standardize": False, "searchQuality": "exact"}
INPUTS = ["x0", "x1"]


@pytest.fixture(scope="module")
def grid():
    """Ties, duplicates, three classes; as the search orders them."""
    return cross_oracles.canonical(*cross_oracles.on_a_grid(5, rows=400, levels=9))


@pytest.fixture(scope="module")
def regions():
    """The same, its classes mostly apart."""
    return cross_oracles.canonical(*cross_oracles.in_regions(5))


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
    """Each new row lies on a line through its base and one of the base's k nearest of its class, in
    the range of the table."""
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
        step = step.clip(features.min(axis=0), features.max(axis=0))
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
def test_new_rows_of_svm_smote_start_from_support_vectors_inwards_or_outwards(
    spark_table, regions, partitions
):
    features, classes, times = regions
    m, total = 7, 4000
    plan = SVMSMOTE(
        mNeighbors=m,
        kNeighbors=4,
        samplingStrategy={0: total, 1: total},
        provenance=True,
        seed=3,
        **EXACT,
    ).plan(spark_table(as_table(*regions), partitions))
    new, at = made(plan)

    sure, perhaps = cross_oracles.support_vectors(*regions)
    assert perhaps.mean() < 0.03
    against = others(regions, m)
    safe, danger = against < m / 2, (against >= m / 2) & (against < m)
    place = places(features, classes)
    bases = np.array([place[at[key]] for key in new["base_id"]])
    inwards = new["gap"].to_numpy() >= 0
    for code in (0, 1):
        own, there = new["label"].to_numpy() == code, classes == code
        assert 0.1 < sure[there].mean() < 0.9
        added = total - times[there].sum()
        assert own.sum() == added
        fraction = stream(3, "fraction", repr(code)).beta(10, 10)
        assert (own & inwards).sum() == int(fraction * (added + 1))
        for stands, leads in ((danger, inwards), (safe, ~inwards)):
            certain = set(np.flatnonzero(sure & stands & there))
            possible = set(np.flatnonzero((sure | perhaps) & stands & there))
            assert certain
            assert certain <= set(bases[own & leads]) <= possible
    outwards = new["gap"][~inwards]
    assert -0.5 <= outwards.min() < -0.49
    assert abs(outwards.mean() + 0.25) < 0.01
    assert abs(new["gap"][inwards].mean() - 0.5) < 0.02
    check_parents(new.sample(300, random_state=0), at, regions, 4)
    (said,) = [n.message for n in plan.report.notices if n.code == "machine"]
    assert said.endswith("fitted on all rows of the table.")


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


def test_support_vectors_and_their_standing_are_those_of_imbalanced_learn(spark_table):
    """But for rows so near to the margin that its solver, less close than ours, leaves it open."""
    random = np.random.default_rng(8)
    classes = np.repeat([0, 1], [420, 130])
    scaled = random.normal(size=(550, 3)) + classes[:, None] * [1.0, 0.8, 0.0]
    features = scaled * [1.0, 50.0, 1e-3] + [0.0, 7.0, 3.0]
    names = ["x0", "x1", "x2"]
    table = pd.DataFrame(features, columns=names).assign(label=classes, n=np.arange(550))
    plan = SVMSMOTE(idCol="n", provenance=True).plan(spark_table(table))
    found = cross_oracles.ranks_of(plan, 550)[classes == 1]

    scaled = StandardScaler().fit_transform(features)
    reference = imblearn.SVMSMOTE(random_state=0)
    reference.fit_resample(scaled, classes)
    machine = reference.svm_estimator_
    own = np.flatnonzero(classes == 1)
    supports = np.isin(own, machine.support_)
    open_to_doubt = np.abs(machine.decision_function(scaled[own]) - 1) < 0.003
    np.testing.assert_array_equal((found < 3)[~open_to_doubt], supports[~open_to_doubt])
    assert ((found < 3) == supports).mean() > 0.97
    assert 0.2 < supports.mean() < 0.9
    danger, noise = (
        reference._in_danger_noise(reference.nn_m_, scaled[own], 1, classes, kind=kind)
        for kind in ("danger", "noise")
    )
    expected = np.select([noise, danger], [2, 1], 0)
    np.testing.assert_array_equal(found[found < 3], expected[found < 3])
    assert set(found) == {0, 1, 2, 3}

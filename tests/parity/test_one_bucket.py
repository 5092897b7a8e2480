"""With everything in one bucket, SMOTE on Spark has exactly the neighbours of a full search."""

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE as ReferenceSMOTE
from scipy.stats import chisquare
from sklearn.neighbors import NearestNeighbors

from spark_smote import SMOTE
from tests import oracles

K = 4
IMPROBABLE = 1e-6


def generated(minority: int, d: int = 5) -> tuple[pd.DataFrame, list[str]]:
    """A small class of label 1, in columns of very different width; `id` is the row number."""
    random = np.random.default_rng(minority)
    features = random.normal(size=(minority, d)) * 10.0 ** np.arange(-2, d - 2)
    features[:, 0] += 1e3
    others = random.normal(size=(60, d))
    inputs = [f"x{j}" for j in range(d)]
    frame = pd.DataFrame(np.concatenate([features, others]), columns=inputs)
    frame["id"] = np.arange(len(frame))
    frame["label"] = np.where(frame["id"] < minority, 1, 0)
    return frame, inputs


def drawn_pairs(base, neighbour) -> set[tuple[int, int]]:
    return set(zip(base.tolist(), neighbour.tolist(), strict=True))


def assert_on_segments(new, features, base, neighbour, gap):
    """x_b + gap * (x_nn - x_b), to the last bit, and never past either parent."""
    one, other = features[base], features[neighbour]
    step = one + gap[:, None] * (other - one)
    expected = np.clip(step, np.minimum(one, other), np.maximum(one, other))
    np.testing.assert_array_equal(new, expected)
    assert gap.min() >= 0
    assert gap.max() < 1


@pytest.mark.parametrize("standardize", [True, False])
def test_every_pair_of_base_and_near_neighbour_occurs_and_no_other(
    spark_table, new_rows, standardize
):
    frame, inputs = generated(60)
    sampler = SMOTE(
        samplingStrategy={1: 60 + 12_000},
        kNeighbors=K,
        idCol="id",
        provenance=True,
        standardize=standardize,
        seed=3,
    )
    plan = sampler.plan(spark_table(frame))
    new, base, neighbour, gap = new_rows(plan, inputs)
    features = frame[inputs].to_numpy()[:60]
    assert len(new) == 12_000
    assert base.max() < 60
    assert neighbour.max() < 60
    assert_on_segments(new, features, base, neighbour, gap)

    unit = oracles.population_unit(features) if standardize else np.ones(len(inputs))
    ids, _ = oracles.nearest_others(features, K, 1.0 / unit)
    expected = {(i, int(j)) for i in range(60) for j in ids[i]}
    assert drawn_pairs(base, neighbour) == expected

    scaled = features / unit
    by_sklearn = NearestNeighbors(n_neighbors=K).fit(scaled).kneighbors(return_distance=False)
    assert drawn_pairs(base, neighbour) == {(i, int(j)) for i in range(60) for j in by_sklearn[i]}

    table = np.concatenate([scaled, scaled.max() + np.random.default_rng(0).random((200, 5))])
    reference = ReferenceSMOTE(k_neighbors=K, random_state=0)
    reference.fit_resample(table, np.arange(260) < 60)
    by_reference = reference.nn_k_.kneighbors(scaled, return_distance=False)[:, 1:]
    assert drawn_pairs(base, neighbour) == {(i, int(j)) for i in range(60) for j in by_reference[i]}

    slot = np.array([ids[b].tolist().index(n) for b, n in zip(base, neighbour, strict=True)])
    joint = np.bincount(base * K + slot, minlength=60 * K)
    p_values = [chisquare(joint).pvalue, chisquare(np.bincount((gap * 20).astype(int))).pvalue]
    print(f"pairs uniform: p = {p_values[0]:.3f}; gaps uniform: p = {p_values[1]:.3f}")
    assert min(p_values) > IMPROBABLE


def neighbour_sets(features, k):
    """For each row: the rows surely among its k nearest, and those that may be, by ties."""
    unit = oracles.population_unit(features)
    distances = np.sqrt(oracles.squared_distances(features, features, 1.0 / unit))
    np.fill_diagonal(distances, np.inf)
    radius = np.sort(distances, axis=1)[:, k - 1 : k]
    return distances < radius * (1 - 1e-9), distances <= radius * (1 + 1e-9)


@pytest.mark.parametrize(
    ("name", "label", "new"), [("mammography", "1", 40_000), ("phoneme", 1, 60_000)]
)
def test_real_tables_have_the_neighbours_of_a_full_search_with_self_left_out_by_identity(
    spark_table, new_rows, real_table, name, label, new
):
    frame = real_table(name)
    inputs = [column for column in frame.columns if column != "label"]
    frame = frame.sort_values("label", key=lambda c: c != label, kind="stable", ignore_index=True)
    frame["id"] = np.arange(len(frame))
    minority = int((frame["label"] == label).sum())
    sampler = SMOTE(
        samplingStrategy={label: minority + new}, idCol="id", provenance=True, kNeighbors=5
    )
    made, base, neighbour, gap = new_rows(sampler.plan(spark_table(frame, 3)), inputs)
    features = frame[inputs].to_numpy()[:minority] + 0.0
    assert len(made) == new
    assert_on_segments(made, features, base, neighbour, gap)
    assert (base != neighbour).all(), "a row was its own neighbour"

    surely, possibly = neighbour_sets(features, 5)
    assert possibly[base, neighbour].all()
    draws = np.bincount(base, minlength=minority)
    print(f"{name}: {minority} rows, {draws.min()} to {draws.max()} draws each")
    p_value = chisquare(draws).pvalue
    assert p_value > IMPROBABLE
    # where a twin exists it is in the list: equal rows are neighbours of each other
    occurred = np.zeros_like(surely)
    occurred[base, neighbour] = True
    missed = int((surely & ~occurred).sum())
    by_chance = float((surely.sum(axis=1) * 0.8**draws).sum())
    assert missed <= by_chance + 6 * np.sqrt(by_chance)
    _, point_of, rows_of = np.unique(features, axis=0, return_inverse=True, return_counts=True)
    twins = rows_of[point_of.reshape(-1)] - 1
    assert twins.max() > 0, "the table has no equal rows to tell apart"
    expected = (np.minimum(twins, 5) / 5)[base]
    copies = (made == features[base]).all(axis=1) & (gap > 0)
    print(f"{name}: {copies.sum()} exact copies, {expected.sum():.0f} expected of equal rows")
    assert abs(copies.sum() - expected.sum()) < 6 * np.sqrt((expected * (1 - expected)).sum() + 1)


def test_rows_that_share_a_content_key_are_each_others_neighbours_and_never_their_own(
    spark_table, new_rows
):
    # without idCol equal rows share one key: a neighbour of the same key is a twin
    random = np.random.default_rng(4)
    once, twice = random.normal(size=(20, 2)), 10 + random.normal(size=(8, 2))
    features = np.concatenate([once, twice, twice])
    frame = pd.DataFrame(features, columns=["x", "y"]).assign(label="rare")
    frame = pd.concat([frame, frame.assign(label="common")])
    plan = SMOTE(samplingStrategy={"rare": 36 + 4_000}, provenance=True, kNeighbors=3).plan(
        spark_table(frame)
    )
    real = plan.resampled().filter("not is_synthetic and label = 'rare'").toPandas()
    key_of = {(row.x, row.y): row.row_key for row in real.itertuples()}
    assert real["row_key"].nunique() == 28
    _, base, neighbour, _ = new_rows(plan, ["x", "y"])
    keys_once = [key_of[tuple(row)] for row in once.tolist()]
    alone = np.isin(base, keys_once)
    assert (base[alone] != neighbour[alone]).all()
    twin_share = (base[~alone] == neighbour[~alone]).mean()
    print(f"twins are neighbours in {twin_share:.3f} of draws; 1 in 3 slots is theirs")
    assert abs(twin_share - 1 / 3) < 6 * np.sqrt(2 / 9 / (~alone).sum())


def test_exact_search_of_ten_thousand_rows_equals_brute_force(spark_table, new_rows):
    random = np.random.default_rng(6)
    features = random.normal(size=(10_000, 6)) * np.array([1, 2, 4, 0.5, 1, 100])
    inputs = [f"x{j}" for j in range(6)]
    frame = pd.DataFrame(features, columns=inputs).assign(id=np.arange(10_000), label=1)
    frame = pd.concat([frame, frame.head(5).assign(label=0, id=np.arange(5) + 10_000)])
    sampler = SMOTE(
        samplingStrategy={1: 30_000}, searchQuality="exact", idCol="id", provenance=True
    )
    plan = sampler.plan(spark_table(frame))
    new, base, neighbour, gap = new_rows(plan, inputs)
    assert len(new) == 20_000
    assert_on_segments(new, features, base, neighbour, gap)
    scaled = features / features.std(axis=0)
    search = NearestNeighbors(n_neighbors=5, algorithm="brute").fit(scaled)
    nearest = search.kneighbors(return_distance=False)
    assert (nearest[base] == neighbour[:, None]).any(axis=1).all()
    (accuracy,) = plan.report.accuracy
    assert (accuracy.exact, accuracy.recall, accuracy.distance_ratio) == (True, 1.0, 1.0)


@pytest.mark.parametrize("rows", [K + 1, K + 2])
def test_class_of_barely_more_than_k_rows_has_all_others_as_neighbours(spark_table, new_rows, rows):
    frame, inputs = generated(rows)
    sampler = SMOTE(samplingStrategy={1: rows + 600}, kNeighbors=K, idCol="id", provenance=True)
    _, base, neighbour, _ = new_rows(sampler.plan(spark_table(frame, 8)), inputs)
    scaled = frame[inputs].to_numpy()[:rows]
    ids, _ = oracles.nearest_others(scaled, K, 1.0 / oracles.population_unit(scaled))
    assert drawn_pairs(base, neighbour) == {(i, int(j)) for i in range(rows) for j in ids[i]}

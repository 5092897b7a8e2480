"""What cleaning methods leave, held against brute force and against imbalanced-learn."""

from collections import Counter

import numpy as np
import pytest
from imblearn import under_sampling as imblearn
from sklearn.neighbors import NearestNeighbors

from spark_smote import EditedNearestNeighbours, TomekLinks
from tests import cross_oracles
from tests.cross_oracles import as_table, left

EXACT = {"standardize": False, "searchQuality": "exact", "samplingStrategy": "all"}


@pytest.fixture(scope="module")
def grid():
    return cross_oracles.on_a_grid(21)


@pytest.mark.parametrize("partitions", [1, 3, 8])
@pytest.mark.parametrize("kind", ["all", "mode"])
def test_edited_neighbours_leave_what_brute_force_leaves(spark_table, grid, kind, partitions):
    features, classes, times = cross_oracles.canonical(*grid)
    votes = cross_oracles.voted(features, classes, times, 3, np.ones(2))
    expected = Counter()
    for row, own, ballots, occurrences in zip(features, classes, votes, times, strict=True):
        if cross_oracles.stays(own, ballots, kind):
            expected[(*row.tolist(), float(own))] += int(occurrences)

    sampler = EditedNearestNeighbours(kindSel=kind, **EXACT)
    found = left(sampler.resample(spark_table(as_table(*grid), partitions)))
    assert found == expected
    assert 0 < found.total() < len(grid[1])


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_tomek_links_leave_what_brute_force_leaves(spark_table, grid, partitions):
    features, classes = grid
    linked = cross_oracles.in_tomek_link(features, classes, np.ones(2))
    kept = np.column_stack([features, classes])[~linked]

    found = left(TomekLinks(**EXACT).resample(spark_table(as_table(*grid), partitions)))
    assert found == Counter(map(tuple, kept.tolist()))
    assert 0 < found.total() < len(grid[1])


@pytest.mark.parametrize("sampler", [EditedNearestNeighbours, TomekLinks])
def test_levels_that_differ_count_as_in_smote_nc(spark_table, sampler):
    random = np.random.default_rng(6)
    features, levels = random.normal(size=(250, 3)), random.integers(0, 4, (250, 2))
    classes = (features[:, 0] + (levels[:, 0] > 1) + random.normal(0, 0.7, 250) > 1).astype(int)
    table = as_table(features, classes).assign(
        s=np.array(["p", "q", "r", None])[levels[:, 0]], t=levels[:, 1] > 1, n=np.arange(250)
    )
    plan = sampler(nominalCols=["s", "t"], ignoreCols=["n"], **EXACT).plan(spark_table(table, 3))

    weight = np.median(features.std(axis=0)) ** 2
    codes = np.column_stack([levels[:, 0], levels[:, 1] > 1])
    away = ((features[:, None] - features[None]) ** 2).sum(axis=2)
    away += weight * (codes[:, None] != codes[None]).sum(axis=2)
    np.fill_diagonal(away, np.inf)
    if sampler is TomekLinks:
        near = away.argmin(axis=1)
        out = (near[near] == np.arange(250)) & (classes[near] != classes)
    else:
        out = (classes[np.argsort(away, axis=1)[:, :3]] != classes[:, None]).any(axis=1)
    kept = plan.resampled().select("n").toPandas()["n"]
    assert set(kept) == set(np.flatnonzero(~out))
    assert out.sum() > 10


def distances(features, k):
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(features).kneighbors()[0]


@pytest.fixture(params=["mammography", "phoneme"])
def published(request, real_table):
    table = real_table(request.param)
    codes = np.unique(table["label"], return_inverse=True)[1]
    features = table.drop(columns="label").to_numpy(np.float64)
    return features, codes.astype(np.int64)


@pytest.mark.parametrize("kind", ["all", "mode"])
def test_edited_neighbours_of_published_tables_are_those_of_imbalanced_learn(
    spark_table, published, kind
):
    """But for rows whose third and fourth neighbour are equally near, where either may count."""
    features, classes = published
    reference = imblearn.EditedNearestNeighbours(kind_sel=kind, sampling_strategy="all")
    reference.fit_resample(features, classes)
    theirs = np.isin(np.arange(len(classes)), reference.sample_indices_)

    table = as_table(features, classes).assign(n=np.arange(len(classes)))
    sampler = EditedNearestNeighbours(kindSel=kind, ignoreCols=["n"], **EXACT)
    kept = sampler.resample(spark_table(table)).select("n").toPandas()["n"]
    ours = np.isin(np.arange(len(classes)), kept)

    near = distances(features, 4)
    tied = np.isclose(near[:, 2], near[:, 3], rtol=1e-9, atol=0)
    np.testing.assert_array_equal(ours[~tied], theirs[~tied])
    assert (ours != theirs).mean() < 0.01
    print(f"{(ours != theirs).sum()} of {len(ours)} rows differ, {tied.sum()} tied")


def test_tomek_links_of_published_tables_are_those_of_brute_force_and_of_imbalanced_learn(
    spark_table, published
):
    """The reference looks at one nearest neighbour only, so it misses links among equally near
    rows, exact duplicates of different class above all; where no other row is as near, it agrees.
    """
    features, classes = published
    linked = cross_oracles.in_tomek_link(features, classes, np.ones(features.shape[1]))
    table = as_table(features, classes).assign(n=np.arange(len(classes)))
    kept = TomekLinks(ignoreCols=["n"], **EXACT).resample(spark_table(table)).select("n")
    ours = np.isin(np.arange(len(classes)), kept.toPandas()["n"])
    np.testing.assert_array_equal(ours, ~linked)

    reference = imblearn.TomekLinks(sampling_strategy="all")
    reference.fit_resample(features, classes)
    theirs = np.isin(np.arange(len(classes)), reference.sample_indices_)
    near = distances(features, 2)
    alone = ~np.isclose(near[:, 0], near[:, 1], rtol=1e-9, atol=0) & (near[:, 0] > 0)
    partner = NearestNeighbors(n_neighbors=1).fit(features).kneighbors()[1][:, 0]
    clear = alone & alone[partner]
    np.testing.assert_array_equal(ours[clear], theirs[clear])
    assert clear.mean() > 0.5
    print(f"{(~ours).sum()} linked, {(~theirs).sum()} by the reference")

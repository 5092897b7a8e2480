"""The rows that one-sided selection leaves, held against brute force and imbalanced-learn."""

from collections import Counter

import numpy as np
import pytest
from imblearn.under_sampling import OneSidedSelection as Reference
from pyspark.sql import functions as F

from spark_smote import OneSidedSelection
from spark_smote.plans import condensing
from spark_smote.plans.drawing import draw_keys
from tests import cross_oracles
from tests.cross_oracles import as_table, left

EXACT = {"standardize": False, "searchQuality": "exact"}


@pytest.fixture
def seeds(monkeypatch):
    """The rows that a selection draws, each as a tuple."""
    rows = []

    def draw(table, *args, **options):
        drawn = draw_keys(table, *args, **options)
        columns = F.struct(*table.frame.columns).alias("row")
        keyed = table.frame.select(columns, table.key.alias("key"))
        found = {row["key"]: tuple(row["row"]) for row in keyed.collect()}
        rows.extend(found[key] for key, times in drawn.items() for _ in range(times))
        return drawn

    monkeypatch.setattr(condensing, "draw_keys", draw)
    return rows


def numbers_of(seeds, rows):
    """The numbers of the seeds among all rows; of equal rows the first ones."""
    wanted = Counter(seeds)
    numbers = []
    for number, row in enumerate(rows):
        if wanted[row]:
            wanted[row] -= 1
            numbers.append(number)
    assert not wanted.total()
    return np.array(numbers)


class KnownDraws(np.random.RandomState):
    """Draws that are known beforehand."""

    def __init__(self, known):
        super().__init__(0)
        self.known = iter(known)

    def randint(self, low, high=None, size=None, dtype=int):
        return next(self.known)


def by_imbalanced_learn(features, classes, seeds, strategy):
    """Whether each row stays, with the same seeds."""
    places = [
        np.searchsorted(np.flatnonzero(classes == label), seeds[classes[seeds] == label])
        for label in np.unique(classes[seeds])
    ]
    reference = Reference(
        sampling_strategy=strategy, random_state=KnownDraws(places), n_seeds_S=len(places[0])
    )
    reference.fit_resample(features, classes)
    return np.isin(np.arange(len(classes)), reference.sample_indices_)


@pytest.mark.parametrize(("n_seeds", "partitions"), [(1, 8), (4, 3)])
def test_rows_left_are_those_of_brute_force(spark_table, seeds, n_seeds, partitions):
    """Of points on a grid, most of which tie with others, many rows alike."""
    features, classes = cross_oracles.on_a_grid(21, rows=400, levels=9)
    df = spark_table(as_table(features, classes), partitions)
    plan = OneSidedSelection(nSeeds=n_seeds, seed=3, **EXACT).plan(df)

    rows = list(map(tuple, np.column_stack([features, classes]).tolist()))
    drawn = numbers_of(seeds, rows)
    kept = cross_oracles.one_sided(features, classes, drawn, np.ones(2))
    assert Counter(classes[drawn].tolist()) == {1: n_seeds, 2: n_seeds}
    assert left(plan.resampled()) == Counter(rows[i] for i in np.flatnonzero(kept))
    assert left(plan.removed()) == Counter(rows[i] for i in np.flatnonzero(~kept))
    assert plan.report.rows_after == kept.sum()


def test_rows_left_of_several_classes_are_those_of_imbalanced_learn(spark_table, seeds):
    random = np.random.default_rng(1)
    classes = random.choice(4, 900, p=[0.1, 0.2, 0.3, 0.4])
    features = random.normal(size=(900, 4)) + 0.7 * classes[:, None]
    table = as_table(features, classes).assign(n=np.arange(900))
    strategy = [2, 3]
    sampler = OneSidedSelection(
        nSeeds=6, samplingStrategy=strategy, ignoreCols=["n"], seed=5, **EXACT
    )
    kept = sampler.resample(spark_table(table, 3)).select("n").toPandas()["n"]

    drawn = np.sort([row[-1] for row in seeds])
    theirs = by_imbalanced_learn(features, classes, drawn, strategy)
    np.testing.assert_array_equal(np.sort(kept), np.flatnonzero(theirs))
    assert 0.2 < theirs.mean() < 0.9


def test_levels_that_differ_count_as_in_smote_nc(spark_table, seeds):
    random = np.random.default_rng(6)
    features, levels = random.normal(size=(250, 3)), random.integers(0, 4, 250)
    classes = (features[:, 0] + (levels > 1) + random.normal(0, 0.7, 250) < 1.2).astype(int)
    table = as_table(features, classes).assign(
        s=np.array(["p", "q", "r", None])[levels], n=np.arange(250)
    )
    sampler = OneSidedSelection(nominalCols=["s"], ignoreCols=["n"], **EXACT)
    kept = sampler.resample(spark_table(table, 3)).select("n").toPandas()["n"]

    away = ((features[:, None] - features[None]) ** 2).sum(axis=2)
    differ = levels[:, None] != levels[None]
    away_then = away + np.median(features.std(axis=0)) ** 2 * differ
    ((*_, seed),) = seeds
    stays = (classes == 0) | (away_then[:, classes == 0].min(axis=1) <= away_then[:, seed])
    here = np.flatnonzero(stays | (np.arange(250) == seed))
    # links are looked for by the distance in what is left
    away_now = away + np.median(features[here].std(axis=0)) ** 2 * differ
    np.fill_diagonal(away_now, np.inf)
    near = away_now[np.ix_(here, here)].argmin(axis=1)
    linked = (near[near] == np.arange(len(here))) & (classes[here][near] != classes[here])
    linked &= classes[here] == 1
    assert sorted(kept) == sorted(here[~linked])
    assert len(here) < 250
    assert linked.any()


def test_rows_left_of_a_published_table_are_those_of_brute_force_and_of_imbalanced_learn(
    spark_table, real_table, seeds
):
    """But for links, of which the reference misses some where rows are equally near."""
    table = real_table("mammography")
    classes = np.unique(table["label"], return_inverse=True)[1].astype(np.int64)
    features = table.drop(columns="label").to_numpy(np.float64)
    given = as_table(features, classes).assign(n=np.arange(len(classes)))
    sampler = OneSidedSelection(ignoreCols=["n"], nSeeds=3, **EXACT)
    kept = sampler.resample(spark_table(given)).select("n").toPandas()["n"]
    ours = np.isin(np.arange(len(classes)), kept)

    drawn = np.sort([row[-1] for row in seeds])
    scale = np.ones(features.shape[1])
    np.testing.assert_array_equal(ours, cross_oracles.one_sided(features, classes, drawn, scale))
    theirs = by_imbalanced_learn(features, classes, drawn, "auto")
    assert (ours != theirs).mean() < 0.01
    print(f"{ours.sum()} rows left; {(ours != theirs).sum()} of {len(ours)} differ")

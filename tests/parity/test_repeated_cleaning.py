"""Cleaning in passes and by neighbourhoods, held against brute force and imbalanced-learn."""

from collections import Counter

import numpy as np
import pytest
from imblearn import under_sampling as imblearn

from spark_smote import AllKNN, NeighbourhoodCleaningRule, RepeatedEditedNearestNeighbours
from tests import cross_oracles
from tests.cross_oracles import as_table, left

EXACT = {"standardize": False, "searchQuality": "exact"}
REPEATED = {
    RepeatedEditedNearestNeighbours: ([3] * 100, True),
    AllKNN: ([1, 2, 3], False),
}
"""Neighbours asked in each pass by default, and whether one that changes nothing is the last."""


def occurring(features, classes, times, kept):
    """Distinct rows that stay, counted."""
    rows = np.column_stack([features, classes])
    return Counter({tuple(rows[i].tolist()): int(times[i]) for i in np.flatnonzero(kept)})


def overlapping(seed, sizes, width=1.1):
    """Classes that lie into each other, no two distances equal."""
    random = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(sizes)), sizes)
    centres = random.normal(0, width, (len(sizes), 4))
    features = centres[classes] + random.normal(size=(len(classes), 4))
    order = random.permutation(len(classes))
    return features[order], classes[order]


@pytest.fixture(scope="module")
def grid():
    return cross_oracles.on_a_grid(21)


@pytest.mark.parametrize("partitions", [1, 3, 8])
@pytest.mark.parametrize("kind", ["all", "mode"])
@pytest.mark.parametrize("sampler", REPEATED)
def test_passes_leave_what_brute_force_leaves(spark_table, grid, sampler, kind, partitions):
    asked, until_unchanged = REPEATED[sampler]
    rows = cross_oracles.canonical(*grid)
    kept, passes = cross_oracles.edited_again(*rows, asked, kind, until_unchanged=until_unchanged)

    made = sampler(kindSel=kind, samplingStrategy="all", **EXACT)
    plan = made.plan(spark_table(as_table(*grid), partitions))
    assert left(plan.resampled()) == occurring(*rows, kept)
    assert len(plan.report.searches) == passes
    assert plan.report.rows_after == rows[2][kept].sum()


@pytest.mark.parametrize("kind", ["all", "mode"])
@pytest.mark.parametrize(
    ("seed", "sizes"), [(1, (600, 250, 150)), (2, (500, 60)), (3, (300, 280, 40)), (4, (90, 80))]
)
@pytest.mark.parametrize("sampler", REPEATED)
def test_passes_leave_what_imbalanced_learn_leaves(spark_table, sampler, seed, sizes, kind):
    features, classes = overlapping(seed, sizes)
    reference = getattr(imblearn, sampler.__name__)(kind_sel=kind)
    reference.fit_resample(features, classes)

    table = as_table(features, classes).assign(n=np.arange(len(classes)))
    plan = sampler(kindSel=kind, ignoreCols=["n"], **EXACT).plan(spark_table(table, 3))
    kept = plan.resampled().select("n").toPandas()["n"]
    np.testing.assert_array_equal(np.sort(kept), np.sort(reference.sample_indices_))
    assert len(kept) < len(classes)
    if sampler is RepeatedEditedNearestNeighbours:
        assert len(plan.report.searches) == reference.n_iter_


@pytest.mark.parametrize("partitions", [1, 3, 8])
@pytest.mark.parametrize("k", [1, 3, 6])
def test_neighbourhoods_leave_what_brute_force_leaves(spark_table, grid, k, partitions):
    rows = cross_oracles.canonical(*grid)
    kept = cross_oracles.neighbourhood_cleaned(*rows, k)

    sampler = NeighbourhoodCleaningRule(nNeighbors=k, **EXACT)
    plan = sampler.plan(spark_table(as_table(*grid), partitions))
    assert left(plan.resampled()) == occurring(*rows, kept)
    assert plan.report.rows_after == rows[2][kept].sum() < len(grid[1])


@pytest.mark.parametrize("strategy", ["auto", "majority"])
@pytest.mark.parametrize(
    ("seed", "sizes"), [(1, (600, 250, 150)), (2, (500, 60)), (3, (300, 280, 40))]
)
def test_neighbourhoods_leave_what_imbalanced_learn_leaves(spark_table, seed, sizes, strategy):
    features, classes = overlapping(seed, sizes)
    reference = imblearn.NeighbourhoodCleaningRule(sampling_strategy=strategy)
    reference.fit_resample(features, classes)

    table = as_table(features, classes).assign(n=np.arange(len(classes)))
    sampler = NeighbourhoodCleaningRule(ignoreCols=["n"], samplingStrategy=strategy, **EXACT)
    kept = sampler.resample(spark_table(table, 3)).select("n").toPandas()["n"]
    np.testing.assert_array_equal(np.sort(kept), np.sort(reference.sample_indices_))
    assert len(kept) < len(classes)

"""What the sample foretells is what a search of the whole class then finds."""

import numpy as np
import pytest

from spark_smote.kernels.knn import k_nearest
from spark_smote.lsh import FAMILIES, FitSettings
from spark_smote.lsh.expected_recall import ExpectedNeighbours
from spark_smote.plans.tuning import QUALITIES, cheapest_family

K = 5


def clustered(rows, random, rank=6):
    axes = random.normal(size=(8, rank, 20))
    cluster = random.integers(0, 8, rows)
    inner = np.einsum("ij,ijk->ik", random.normal(size=(rows, rank)), axes[cluster])
    return 3 * random.normal(size=(8, 20))[cluster] + inner + 0.1 * random.normal(size=(rows, 20))


def structureless(rows, random):
    return random.normal(size=(rows, 20))


def searched(family, points, queries, k):
    """Share of the true neighbours of some rows that are sent to the rows' home buckets."""
    placed = family.place(points)
    members = set(zip(placed.spill_rows.tolist(), placed.spill_buckets.tolist(), strict=True))
    members |= set(enumerate(placed.home.tolist()))
    near, _ = k_nearest(points[queries], points, k, np.ones(points.shape[1]), own=queries)
    hits = [
        (int(row), int(placed.home[query])) in members
        for query, rows in zip(queries, near, strict=True)
        for row in rows
    ]
    return float(np.mean(hits))


@pytest.mark.parametrize("name", sorted(FAMILIES))
@pytest.mark.parametrize("made", [clustered, structureless])
@pytest.mark.parametrize(("buckets", "copies"), [(40, 1.5), (40, 3.0), (160, 3.0)])
def test_foretold_recall_is_near_the_real_one(name, made, buckets, copies):
    points = made(60_000, np.random.default_rng(3))
    points /= points.std(axis=0)
    sample = points[: 32 * 160]
    settings = FitSettings(buckets, copies, most_copies=12, fewest_rows=4, seed=1)
    family = FAMILIES[name].fit(sample, settings)
    foretold = ExpectedNeighbours.of(sample, len(points), K).recall(family)
    real = searched(family, points, np.arange(50_000, 50_600), K)
    print(f"{name} {made.__name__} {buckets} x {copies}: foretold {foretold:.3f}, real {real:.3f}")
    assert foretold == pytest.approx(real, abs=0.03)


def test_who_asks_for_one_neighbour_is_foretold_by_as_many_neighbours():
    points = clustered(20_000, np.random.default_rng(5))
    counts = {k: ExpectedNeighbours.of(points[:4_000], 20_000, k).neighbours.shape for k in (1, 5)}
    assert counts == {1: (1_536, 1, 20), 5: (512, 5, 20)}


@pytest.mark.parametrize("seed", [1, 4])
def test_where_rows_must_find_each_other_nearly_all_pairs_do(seed):
    points = clustered(60_000, np.random.default_rng(seed), rank=8)
    points /= points.std(axis=0)
    balanced = QUALITIES["balanced"]
    sample = points[: 32 * 60]
    found = {}
    for name, quality in {"alone": balanced, "both": balanced.of_pairs}.items():
        family = cheapest_family(sample, len(points), FAMILIES["voronoi"], quality, 1, seed=seed)
        found[name] = searched(family, points, np.arange(50_000, 52_000), 1)
    print(found)
    assert found["both"] >= 0.975 > found["alone"]


def test_one_bucket_finds_everything_and_equal_rows_do_no_harm():
    points = np.repeat(np.random.default_rng(0).normal(size=(40, 3)), 5, axis=0)
    settings = FitSettings(2, 1.0, most_copies=1, fewest_rows=200, seed=1)
    family = FAMILIES["voronoi"].fit(points, settings)
    assert family.buckets == 1
    assert ExpectedNeighbours.of(points, 10_000, K).recall(family) == 1.0

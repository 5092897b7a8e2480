"""With many buckets, the neighbours drawn are nearly those of a full search, and reported so."""

import numpy as np
import pandas as pd
import pytest

from spark_smote import SMOTE
from tests import oracles

pytestmark = pytest.mark.slow

ROWS, K, D = 20_000, 5, 8
INPUTS = [f"x{j}" for j in range(D)]
QUERIES = 1_000
RECALL_FLOOR = {"voronoi": 0.95, "random_projection": 0.93}
RATIO_CEILING = {"voronoi": 1.02, "random_projection": 1.03}


def clustered() -> np.ndarray:
    random = np.random.default_rng(12)
    centres = random.normal(0, 1.5, (60, D))
    return centres[random.integers(0, 60, ROWS)] + random.normal(size=(ROWS, D))


def structureless() -> np.ndarray:
    return np.random.default_rng(13).normal(size=(ROWS, D))


def as_table(features: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame(features, columns=INPUTS)
    frame = frame.assign(id=np.arange(len(frame)), label=1)
    return pd.concat([frame, frame.head(20).assign(label=0, id=np.arange(20) + len(frame))])


def measured(features, exact, base, neighbour) -> tuple[float, float]:
    """Recall and distance ratio of the neighbours drawn, against all k exact distances."""
    found = np.sqrt(((features[base] - features[neighbour]) ** 2).sum(axis=1))
    recall = (found <= exact[base, -1] * (1 + 1e-9)).mean()
    return recall, found.mean() / exact[base].mean()


def planned(table, **params):
    return SMOTE(
        samplingStrategy={1: 2 * ROWS},
        kNeighbors=K,
        idCol="id",
        provenance=True,
        standardize=False,
        recallQueries=QUERIES,
        **params,
    ).plan(table)


def assert_reported(accuracy, recall, ratio):
    """Report and draws agree but for sampling: queries at worst are all or nothing each."""
    variance = max(recall * (1 - recall), 1e-4)
    error = 4 * np.sqrt(variance / QUERIES + variance / ROWS)
    assert abs(accuracy.recall - recall) <= error
    assert abs(accuracy.distance_ratio - ratio) <= 0.25 * (ratio - 1) + 0.005
    assert accuracy.queries == QUERIES
    assert not accuracy.exact


@pytest.mark.parametrize("family", ["voronoi", "random_projection"])
def test_drawn_neighbours_are_nearly_those_of_a_full_search_and_the_report_says_how_nearly(
    spark_table, new_rows, family, monkeypatch
):
    monkeypatch.setattr("spark_smote.plans.tuning.ROWS_PER_BUCKET", (1_024, 2_048))
    features = clustered()
    plan = planned(spark_table(as_table(features), 3), hashFamily=family)
    new, base, neighbour, gap = new_rows(plan, INPUTS)
    assert len(new) == ROWS
    assert (base != neighbour).all()
    one, other = features[base], features[neighbour]
    step = one + gap[:, None] * (other - one)
    expected = np.clip(step, np.minimum(one, other), np.maximum(one, other))
    np.testing.assert_array_equal(new, expected)

    recall, ratio = measured(features, oracles.neighbour_distances(features, K), base, neighbour)
    (accuracy,) = plan.report.accuracy
    (outcome,) = [each for each in plan.report.classes if each.label == 1]
    print(
        f"{family}, {outcome.buckets} buckets: recall {recall:.4f} (reported "
        f"{accuracy.recall:.4f}), distance ratio {ratio:.4f} ({accuracy.distance_ratio:.4f})"
    )
    assert outcome.buckets > 4
    assert recall >= RECALL_FLOOR[family]
    assert ratio <= RATIO_CEILING[family]
    assert_reported(accuracy, recall, ratio)


@pytest.mark.parametrize("family", ["voronoi", "random_projection"])
def test_better_search_quality_finds_more_of_the_neighbours(spark_table, new_rows, family):
    features = structureless()
    table = spark_table(as_table(features)).cache()
    exact = oracles.neighbour_distances(features, K)
    found = []
    try:
        for quality in ("fast", "balanced", "accurate"):
            plan = planned(table, hashFamily=family, searchQuality=quality)
            _, base, neighbour, _ = new_rows(plan, INPUTS)
            recall, ratio = measured(features, exact, base, neighbour)
            print(f"{family}, {quality}: recall {recall:.4f}, distance ratio {ratio:.4f}")
            (accuracy,) = plan.report.accuracy
            assert_reported(accuracy, recall, ratio)
            found.append((recall, ratio))
    finally:
        table.unpersist()
    recalls, ratios = zip(*found, strict=True)
    assert list(recalls) == sorted(set(recalls))
    assert list(ratios) == sorted(set(ratios), reverse=True)


def test_bases_are_uniform_over_all_rows_however_full_their_bucket(spark_table, new_rows):
    random = np.random.default_rng(14)
    crowd, rim = random.normal(size=(8_000, D)), 30 + 10 * random.normal(size=(2_000, D))
    features = np.concatenate([crowd, rim])
    sampler = SMOTE(samplingStrategy={1: 50_000}, idCol="id", provenance=True)
    plan = sampler.plan(spark_table(as_table(features)))
    _, base, _, _ = new_rows(plan, INPUTS)
    assert len(base) == 40_000
    share = (base < 8_000).mean()
    print(f"share of draws in the crowd: {share:.4f} of 0.8")
    # quotas per bucket are exact proportions, so this is nearer than chance alone would bring it
    assert abs(share - 0.8) < 4 * np.sqrt(0.16 / 40_000)
    draws = np.bincount(base, minlength=10_000)
    spread = draws.var() / draws.mean()
    print(f"draws per row: variance / mean {spread:.3f}, 1 by chance")
    assert 0.9 < spread < 1.1


@pytest.mark.parametrize("family", ["voronoi", "random_projection"])
def test_measuring_recall_can_be_switched_off_and_changes_no_row(spark_table, new_rows, family):
    features = clustered()[:6_000]
    table = spark_table(as_table(features))
    rows = []
    for queries in (0, 100):
        plan = SMOTE(
            samplingStrategy={1: 7_000},
            idCol="id",
            provenance=True,
            hashFamily=family,
            searchQuality="fast",
            recallQueries=queries,
        ).plan(table)
        assert len(plan.report.accuracy) == (1 if queries else 0)
        new, *_ = new_rows(plan, INPUTS)
        rows.append(sorted(new.tolist()))
    assert len(rows[0]) == 1_000
    assert rows[0] == rows[1]

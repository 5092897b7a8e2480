"""Repeated rows give new points where only rows that differ are neighbours."""

import numpy as np
import pytest

from spark_smote import SMOTE, SMOTENC
from tests import oracles
from tests.tables import contents, counts, points, uniform

K = 3
SIZES = {"'rare'": 240, "'common'": 900}


def repeated(spark, partitions=3):
    """Each rare row occurs six times."""
    return points(
        spark,
        SIZES,
        f"{uniform(1, 'id % 40')} AS x",
        f"cast(1000 * {uniform(2, 'id % 40')} AS int) AS n",
        "concat('s', id % 4) AS s",
        partitions=partitions,
    )


def copies(plan, columns):
    rows = plan.resampled().collect()
    real = {tuple(r[c] for c in columns) for r in rows if not r.is_synthetic}
    new = [r for r in rows if r.is_synthetic]
    return np.mean([tuple(r[c] for c in columns) in real for r in new])


def test_neighbours_are_the_nearest_distinct_rows(spark):
    table = repeated(spark).drop("s")
    plan = SMOTE(distinctNeighbours=True, kNeighbors=K, provenance=True, seed=2).plan(table)
    rows = plan.resampled().collect()
    assert counts(plan.resampled()) == {"rare": 900, "common": 900}
    own = {r.row_key: (r.x, float(r.n)) for r in rows if r.label == "rare" and not r.is_synthetic}
    assert len(own) == 40
    (model,) = plan.recipe.models
    keys = list(own)
    values = np.array([own[key] for key in keys])
    _, squared = oracles.nearest_others(values, K, model.inverse_scale)
    reach = {keys[i]: squared[i, -1] for i in range(40)}
    drawn = set()
    for row in rows:
        if not row.is_synthetic:
            continue
        assert row.base_id != row.neighbour_id
        apart = oracles.squared_distance(
            np.array(own[row.base_id]), np.array(own[row.neighbour_id]), model.inverse_scale
        )
        assert apart <= reach[row.base_id] * (1 + 1e-12)
        drawn.add((row.base_id, row.neighbour_id))
    assert len(drawn) > 0.9 * 40 * K  # 660 draws of 120 pairs


@pytest.mark.parametrize("made", [SMOTE, SMOTENC])
def test_fewer_new_rows_are_copies_and_the_partitions_do_not_matter(spark, made):
    params = {"carryPolicy": "copy"} if made is SMOTE else {}
    columns = ["x", "n", "s"]
    usual = copies(made(seed=2, **params).plan(repeated(spark)), columns)
    sampler = made(distinctNeighbours=True, seed=2, **params)
    distinct = copies(sampler.plan(repeated(spark)), columns)
    print(f"copies: {usual:.2f}, among distinct rows {distinct:.2f}")
    assert usual > 0.9
    assert distinct < 0.05
    expected = contents(sampler.resample(repeated(spark, 1)))
    assert contents(sampler.resample(repeated(spark, 8))) == expected


def test_a_class_of_one_point_gives_copies_of_it(spark):
    table = points(spark, {"1": 40, "0": 90}, "7D AS x", "3 AS n")
    plan = SMOTE(distinctNeighbours=True, provenance=True).plan(table)
    new = plan.synthetic().collect()
    assert {(r.x, r.n, r.neighbour_id, r.gap) for r in new} == {(7.0, 3, None, None)}
    assert len(new) == 50
    told = next(notice for notice in plan.report.notices if notice.code == "duplicates")
    assert "distinctNeighbours" in told.message


def test_recall_of_rows_is_not_given_for_that_of_distinct_rows(spark):
    table = points(spark, {"1": 5_000, "0": 5_100}, f"{uniform(1)} AS x", f"{uniform(2)} AS y")
    plan = SMOTE(distinctNeighbours=True, searchQuality="fast").plan(table)
    assert plan.report.classes[1].buckets > 1
    assert plan.report.accuracy == []


def test_a_class_of_fewer_points_than_neighbours_uses_those_there_are(spark):
    table = points(spark, {"1": 40, "0": 400}, "cast(id % 3 AS double) AS x", "id % 2 AS n")
    new = SMOTE(distinctNeighbours=True, provenance=True).plan(table).synthetic().collect()
    assert len(new) == 360
    assert all(r.base_id != r.neighbour_id for r in new)


def test_mammography_gets_new_points(spark, real_table):
    table = spark.createDataFrame(real_table("mammography"))
    columns = [c for c in table.columns if c != "label"]
    usual = copies(SMOTE(seed=1).plan(table), columns)
    distinct = copies(SMOTE(seed=1, distinctNeighbours=True).plan(table), columns)
    print(f"copies: {usual:.4f}, among distinct rows {distinct:.4f}")
    assert distinct < usual / 10

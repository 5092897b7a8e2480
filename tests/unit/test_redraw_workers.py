"""The three workers that draw, draw again and choose, with conditions judged in between."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from spark_smote.errors import DataError
from spark_smote.kernels.bucket import BucketRows
from spark_smote.plans import layout as layouts
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.draws import TRIES, Drawing
from spark_smote.plans.model import BucketCounts, ClassModel
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.redraw import _choice, _second_draws
from spark_smote.plans.synthesise import slice_rows

ROWS = 200


def bucket():
    random = np.random.default_rng(2)
    features = random.random((ROWS, 2))
    times = random.integers(1, 3, ROWS)
    return BucketRows(np.arange(ROWS), features, times, np.ones(ROWS, dtype=bool))


def recipe_for(new_rows, method="smote"):
    k = 5 if method == "smote" else 0
    task = ClassTask(0, "rare", int(bucket().multiplicity.sum()), new_rows, method, k)
    model = ClassModel(np.zeros(2), np.ones(2), None, np.ones(1, dtype=np.int64))
    counts = [BucketCounts(np.array([task.rows]), np.array([task.rows]), np.array([ROWS]))]
    layout = layouts.lay_out([task], [model], counts, [[1]])
    return Recipe((task,), (model,), layout, 7, conditions=("x > y", "x < 0.9"))


RECORDS = pa.table({"id": pa.array(np.arange(ROWS) + 1_000)})


def met(features):
    return [features[0] > features[1], features[0] < 0.9]


def judged(batches, judge, size=64, seed=None):
    """What Spark does between workers; with a seed, in another order too."""
    rows = pa.Table.from_batches(batches).to_pylist()
    schema = batches[0].schema.append(pa.field("met", pa.list_(pa.bool_())))
    if seed is not None:
        rows = [rows[i] for i in np.random.default_rng(seed).permutation(len(rows))]
    for row in rows:
        row["met"] = judge(row["features"]) if row["of"] else None
        if row["met"] and not all(row["met"]):
            row.update(dict.fromkeys(("features", "base_id", "neighbour_id", "gap")))
    return [
        pa.RecordBatch.from_pylist(rows[start : start + size], schema)
        for start in range(0, len(rows), size)
    ]


def inside(recipe):
    nothing = np.zeros(ROWS, dtype=np.int64)
    slices = tuple(part for parts in recipe.layout.slices for part in parts)
    return Bucket(RECORDS, bucket(), np.arange(ROWS), nothing, slices)


def made(recipe, judge=met, **order):
    drawing = Drawing(recipe, True)
    drawn = [b for part in drawing.slices for b in drawing.first(inside(recipe), part)]
    again = list(_second_draws(drawing)(iter(judged(drawn, judge, **order))))
    chosen = list(_choice(drawing)(iter(judged(again, judge, **order))))
    return pa.Table.from_batches(chosen).to_pylist()


def naive(recipe):
    rows = []
    for part in inside(recipe).slices:
        batches = slice_rows(inside(recipe), part, recipe, True)
        rows += pa.Table.from_batches(list(batches)).to_pylist()
    return rows


@pytest.fixture
def small_slices(monkeypatch):
    monkeypatch.setattr(layouts, "ROWS_PER_SLICE", 90)


def test_every_row_meets_the_conditions_and_lies_between_its_parents(small_slices):
    rows, features = made(recipe_for(800)), bucket().features

    assert len(rows) == 800
    assert all(all(met(row["features"])) for row in rows)
    for row in rows:
        base, other = features[row["base_id"] - 1_000], features[row["neighbour_id"] - 1_000]
        np.testing.assert_allclose(row["features"], base + row["gap"] * (other - base), atol=1e-12)


@pytest.mark.parametrize(("size", "seed"), [(1, None), (10_000, None), (64, 3), (7, 4)])
def test_rows_depend_neither_on_batches_nor_on_their_order(small_slices, size, seed):
    recipe = recipe_for(400)
    expected = Counter(map(repr, made(recipe)))

    assert Counter(map(repr, made(recipe, size=size, seed=seed))) == expected


def test_rows_that_meet_the_conditions_at_once_are_kept(small_slices):
    recipe = recipe_for(500)
    kept = Counter(repr(row) for row in naive(recipe) if all(met(row["features"])))

    assert kept.total() > 150
    assert not kept - Counter(map(repr, made(recipe)))


def test_where_all_rows_meet_them_nothing_is_drawn_again(small_slices):
    recipe = recipe_for(500)

    rows = made(recipe, lambda features: [True, True])
    assert Counter(map(repr, rows)) == Counter(map(repr, naive(recipe)))


def test_bases_in_reach_of_the_conditions_are_used_about_alike():
    times = bucket().multiplicity
    able = np.flatnonzero(bucket().features[:, 0] > bucket().features[:, 1] + 0.25)
    rows = made(recipe_for(9_000), lambda features: [features[0] > features[1]])
    used = np.bincount([row["base_id"] - 1_000 for row in rows], minlength=ROWS)[able]

    per_row = used / times[able]
    print(f"spread of the use of bases: {per_row.std() / per_row.mean():.3f}")
    assert per_row.std() < 0.2 * per_row.mean()  # Poisson alone: about 0.13


@pytest.mark.parametrize("new_rows", [1, 3, 40])
def test_few_rows_find_the_few_bases_that_can_pass(new_rows):
    rows = made(recipe_for(new_rows), lambda features: [max(features) < 0.25])
    assert len(rows) == new_rows
    assert all(max(row["features"]) < 0.25 for row in rows)


def test_copies_come_from_the_rows_that_pass():
    recipe = recipe_for(300, "duplicate")
    rows = made(recipe)
    real = set(map(tuple, bucket().features))
    assert {tuple(row["features"]) for row in rows} <= real
    assert all(all(met(row["features"])) for row in rows)
    assert {row["gap"] for row in rows} == {None}


def test_a_shortfall_names_conditions_by_what_they_cost():
    for method in ("smote", "duplicate"):
        with pytest.raises(DataError) as caught:
            made(recipe_for(30, method), lambda features: [features[0] > 1, True])
        said = str(caught.value)
        assert said.startswith("constraints: class 'rare' is 30 short of the 30 new rows")
        assert "'x > y' by " in said
        assert "'x < 0.9' by" not in said


def test_draws_that_get_lost_are_noticed():
    recipe = recipe_for(50)
    drawing = Drawing(recipe, True)
    (part,) = recipe.layout.slices[0]
    drawn = list(drawing.first(inside(recipe), part))
    with pytest.raises(RuntimeError, match=r"slices \[0\]"):
        list(_second_draws(drawing)(iter(judged(drawn, met)[:-1])))


def test_a_trial_draws_from_every_base_of_a_bucket():
    recipe = recipe_for(1)
    (part,) = recipe.layout.slices[0]
    batches = Drawing(recipe, True).trial(inside(recipe), part)
    rows = pa.Table.from_batches(list(batches)).to_pylist()

    assert Counter(row["place"] for row in rows) == dict.fromkeys(range(ROWS), TRIES)
    assert all(row["base_id"] - 1_000 == row["place"] for row in rows)
    assert len({row["neighbour_id"] for row in rows if row["place"] == 0}) > 1

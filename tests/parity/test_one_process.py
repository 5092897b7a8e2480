"""Spark changes nothing: its rows are those of the kernels run over the table in one process."""

import numpy as np
import pandas as pd
import pytest

from spark_smote import SMOTE
from spark_smote.plans.model import ClassModel
from tests import oracles

PARTITIONS = [1, 3, 8]
SEED, K = 11, 5


def sorted_rows(frame: pd.DataFrame, inputs: list[str]) -> pd.DataFrame:
    columns = ["base_id", "neighbour_id", "gap", *inputs]
    return frame[columns].sort_values(columns, ignore_index=True)


def assert_same_rows(found: pd.DataFrame, expected: pd.DataFrame, inputs: list[str]):
    pd.testing.assert_frame_equal(
        sorted_rows(found, inputs), sorted_rows(expected, inputs), check_exact=True
    )


def collected(plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Originals with their content key, and new rows."""
    everything = plan.resampled()
    columns = everything.columns
    # apart, since pandas turns a column of longs with nulls into floats
    originals = everything.filter("not is_synthetic").select(columns[: columns.index("base_id")])
    new = everything.filter("is_synthetic").drop("row_key")
    originals = originals.toPandas()
    return originals.assign(id=originals["row_key"]), new.toPandas()


def small_table() -> tuple[pd.DataFrame, list[str]]:
    """Two small classes of text labels, with equal rows, and quotas beyond one stream."""
    random = np.random.default_rng(21)
    rare = random.normal(size=(300, 3)) * [1.0, 50.0, 1e-3]
    rare[200:240] = rare[:40]
    rare[240:260] = rare[0]
    scarce = random.normal(size=(40, 3))
    common = random.normal(size=(700, 3))
    inputs = ["a", "b", "c"]
    frame = pd.DataFrame(np.concatenate([rare, scarce, common]), columns=inputs)
    frame["label"] = ["rare"] * 300 + ["it's scarce"] * 40 + ["common"] * 700
    return frame, inputs


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_small_classes_equal_the_one_process_reference_row_by_row(spark_table, partitions):
    frame, inputs = small_table()
    wanted = {"rare": 66_000, "it's scarce": 900}
    totals = {label: int((frame["label"] == label).sum()) + n for label, n in wanted.items()}
    plan = SMOTE(samplingStrategy=totals, kNeighbors=K, provenance=True, seed=SEED).plan(
        spark_table(frame, partitions)
    )
    originals, new = collected(plan)
    for label, quota in wanted.items():
        own = originals[originals["label"] == label]
        unit = oracles.population_unit(own[inputs].to_numpy())
        one_bucket = ClassModel(np.zeros(3), unit, None, np.ones(1, dtype=np.int64))
        expected = oracles.one_process_smote(
            own, inputs, label=label, new_rows=quota, k=K, seed=SEED, model=one_bucket
        )
        found = new[new["label"] == label]
        assert len(found) == quota
        assert_same_rows(found, expected, inputs)


@pytest.fixture(scope="module", params=["voronoi", "random_projection"])
def family(request):
    return request.param


def clustered_table() -> tuple[pd.DataFrame, list[str]]:
    """A class of many buckets, on a lattice: rows repeat, distances tie, boundaries are hit."""
    random = np.random.default_rng(22)
    centres = random.integers(-40, 41, size=(30, 4))
    rows = centres[random.integers(0, 30, 9_000)] + random.integers(-4, 5, size=(9_000, 4))
    inputs = ["a", "b", "c", "d"]
    frame = pd.DataFrame(rows / 4.0, columns=inputs).assign(label=1)
    return pd.concat([frame, frame.head(30).assign(label=0)], ignore_index=True), inputs


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_class_of_many_buckets_equals_the_one_process_reference_row_by_row(
    spark_table, family, partitions
):
    frame, inputs = clustered_table()
    plan = SMOTE(
        samplingStrategy={1: 9_000 + 11_111},
        kNeighbors=K,
        provenance=True,
        seed=SEED,
        searchQuality="fast",
        hashFamily=family,
    ).plan(spark_table(frame, partitions))
    originals, new = collected(plan)
    (model,) = plan.recipe.models
    assert model.buckets > 2
    expected = oracles.one_process_smote(
        originals[originals["label"] == 1],
        inputs,
        label=1,
        new_rows=11_111,
        k=K,
        seed=SEED,
        model=model,
    )
    assert_same_rows(new, expected, inputs)

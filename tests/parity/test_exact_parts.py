"""Exact search of a class that no bucket holds: each part of it is compared with all of its rows.

What one bucket of all rows would give is the reference, row by row.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from spark_smote import SMOTE, SMOTEN, SMOTENC
from spark_smote.kernels.bucket import canonical_rows
from spark_smote.plans import synthesise
from spark_smote.plans.arrow import features_of, integers_of, unpacked
from spark_smote.plans.parents import around_bucket, parents_of
from tests import oracles

SEED, K, ROWS, NEW = 11, 5, 6_000, 5_000


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Parts of 1,000 rows of four columns, 800 of five."""
    monkeypatch.setattr("spark_smote.plans.tuning.BYTES_PER_BUCKET", 32_000)


def lattice() -> tuple[pd.DataFrame, list[str]]:
    """A class on a lattice, where rows repeat and distances tie, and levels that repeat too."""
    random = np.random.default_rng(22)
    centres = random.integers(-40, 41, size=(30, 4))
    rows = centres[random.integers(0, 30, ROWS)] + random.integers(-2, 3, size=(ROWS, 4))
    inputs = ["a", "b", "c", "d"]
    frame = pd.DataFrame(rows / 4.0, columns=inputs)
    frame["s"] = [f"level {i}" for i in random.integers(0, 4, ROWS)]
    frame = frame.assign(label=1)
    return pd.concat([frame, frame.head(30).assign(label=0)], ignore_index=True), inputs


def plan_of(sampler, table, **params):
    made = sampler(
        samplingStrategy={1: ROWS + NEW},
        kNeighbors=K,
        searchQuality="exact",
        provenance=True,
        seed=SEED,
        **params,
    )
    plan = made.plan(table)
    (model,) = plan.recipe.models
    (outcome,) = [c for c in plan.report.classes if c.label == 1]
    assert model.everywhere
    assert "exact_search" in [notice.code for notice in plan.report.notices]
    assert outcome.buckets == model.buckets > 4
    return plan


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_rows_equal_those_of_one_process_that_searches_all(spark_table, partitions):
    frame, inputs = lattice()
    plan = plan_of(SMOTE, spark_table(frame[[*inputs, "label"]], partitions))
    (accuracy,) = plan.report.accuracy
    assert (accuracy.exact, accuracy.recall, accuracy.distance_ratio) == (True, 1.0, 1.0)
    rows = plan.resampled()
    real = rows.filter("not is_synthetic and label = 1").select(*inputs, "row_key").toPandas()
    expected = oracles.one_process_smote(
        real.assign(id=real["row_key"]),
        inputs,
        label=1,
        new_rows=NEW,
        k=K,
        seed=SEED,
        model=plan.recipe.models[0],
    )
    columns = ["base_id", "neighbour_id", "gap", *inputs]
    found = rows.filter("is_synthetic").select(columns).toPandas()
    pd.testing.assert_frame_equal(
        found.sort_values(columns, ignore_index=True),
        expected[columns].sort_values(columns, ignore_index=True),
        check_exact=True,
    )


def made_in_one_bucket(plan) -> pa.Table:
    """The new rows, searched in one bucket that holds the whole class, part by part drawn."""
    recipe, (model,) = plan.recipe, plan.recipe.models
    payloads = [row["records"] for row in plan.records.frame.collect()]
    records = pa.concat_tables([unpacked(pa.py_buffer(each)) for each in payloads])
    keys, features = integers_of(records, "key"), features_of(records)
    home, _, _ = model.place(features, keys)
    batches = []
    for part in (part for parts in recipe.layout.slices for part in parts):
        times = integers_of(records, "multiplicity")
        rows, sources = canonical_rows(keys, features, times, home == part.bucket)
        around = around_bucket(rows, model)
        parents = parents_of(rows, around, recipe, part)
        given = parents, records, rows.features, sources, recipe, part.class_code
        batches.append(pa.table(synthesise.made_rows(*given, provenance=True)))
    return pa.concat_tables(batches)


def with_gaps(frame):
    """Some inputs missing."""
    random = np.random.default_rng(5)
    for column in ("a", "c"):
        frame.loc[random.random(len(frame)) < 0.2, column] = np.nan
    return frame


CASES = {
    "nominal": (SMOTENC, {"nominalCols": ["s"]}),
    "nominal, distinct": (SMOTENC, {"nominalCols": ["s"], "distinctNeighbours": True}),
    "distinct, copied": (SMOTE, {"carryPolicy": "copy", "distinctNeighbours": True}),
    "imputed, copied": (SMOTE, {"carryPolicy": "copy", "handleInvalid": "impute"}),
    "levels only": (SMOTEN, {"nominalCols": ["a", "b", "c", "d", "s"]}),
}


@pytest.mark.parametrize("case", CASES)
def test_every_kind_of_search_equals_that_of_one_bucket(spark_table, case):
    sampler, params = CASES[case]
    frame, inputs = lattice()
    if "imputed" in case:
        frame = with_gaps(frame)
    plan = plan_of(sampler, spark_table(frame, 3), **params)
    expected = made_in_one_bucket(plan)
    made = [
        (*ids, *values[: 0 if sampler is SMOTEN else 4], *carried.values())
        for *ids, values, carried in zip(
            *(expected[name].to_pylist() for name in ("base_id", "neighbour_id", "gap")),
            expected["features"].to_pylist(),
            expected["carry"].to_pylist(),
            strict=True,
        )
    ]
    found = plan.synthetic().select("base_id", "neighbour_id", "gap", *inputs, "s").collect()
    assert len(found) == NEW
    assert in_order(found) == in_order(made)


def in_order(rows) -> list[str]:
    """Rows as texts; NaN leaves the workers where null leaves Spark."""
    return sorted(repr([None if value != value else value for value in row]) for row in rows)

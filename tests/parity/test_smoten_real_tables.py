"""SMOTE-N on the nominal columns of published tables, by the definition and by figures."""

import pandas as pd
import pytest
from pyspark.sql import functions as F

from spark_smote import SMOTEN
from spark_smote.plans.portrait import portrait_of
from tests import mixed_oracles

pytestmark = pytest.mark.slow

K = 5


def nominal_part(frame):
    """Text columns and the label."""
    texts = [name for name in frame.columns if name != "label" and frame[name].dtype == object]
    return frame[[*texts, "label"]]


def test_new_rows_of_hospital_stays_are_those_of_the_definition(spark_table, real_table):
    """Three classes, columns of up to hundreds of levels, nulls and ties in all of them."""
    frame = nominal_part(real_table("diabetes_readmission"))
    parts = [frame[frame["label"] == label].sample(n, random_state=n) for label, n in SIZES.items()]
    frame = pd.concat(parts, ignore_index=True)
    table = spark_table(frame, 3)
    sampler = SMOTEN(samplingStrategy={"<30": 660}, kNeighbors=K, seed=3, provenance=True)
    rows = sampler.resample(table).collect()
    levels = frame.columns[:-1]
    real = [r for r in rows if not r.is_synthetic]
    new = [r for r in rows if r.is_synthetic]
    assert len(new) == 60
    tables = [
        mixed_oracles.level_probabilities(
            [r[name] for r in real], [r.label for r in real], sorted(SIZES)
        )
        for name in levels
    ]
    own = [r for r in real if r.label == "<30"]
    place = {row.row_key: i for i, row in enumerate(own)}
    mixed_oracles.check_smoten_rows(
        [[r[name] for name in levels] for r in new],
        [place[r.base_id] for r in new],
        [[r[name] for name in levels] for r in own],
        k=K,
        tables=tables,
    )


SIZES = {"<30": 600, ">30": 1_500, "NO": 2_500}


@pytest.mark.parametrize(
    ("name", "columns"), [("bank_marketing", 10), ("adult", 8), ("diabetes_readmission", 36)]
)
def test_nearly_all_neighbours_are_found_and_levels_keep_their_shares(
    spark_table, real_table, name, columns
):
    frame = nominal_part(real_table(name))
    assert len(frame.columns) == columns + 1
    table = spark_table(frame, 2)
    largest = frame["label"].value_counts().max()
    plan = SMOTEN(samplingStrategy="minority", seed=1).plan(table)
    output = plan.resampled().persist()  # searched once, gone over many times
    grown = [c for c in plan.report.classes if c.rows_added]
    assert [c.rows_after for c in grown] == [largest]
    (found,) = plan.report.accuracy
    print(
        f"{name}: {grown[0].rows_before} rows, {grown[0].buckets} buckets, recall "
        f"{found.recall:.3f}, distance ratio {found.distance_ratio:.4f}"
    )
    assert found.recall >= 0.9
    seen = portrait_of(output, plan)
    moved = sorted(seen.levels, key=lambda each: -each.total_variation)
    for each in moved[:5]:
        print(f"  {each.column}: total variation {each.total_variation:.3f}")
    assert len(moved) == columns
    assert moved[0].total_variation <= 0.5
    assert all(each.synthetic_levels <= each.real_levels for each in moved)
    assert output.filter(F.col("is_synthetic")).count() == grown[0].rows_added
    output.unpersist()

"""How far new rows share out the levels of nominal columns in another way than real ones."""

from collections import Counter

import pytest
from pyspark.sql import functions as F

from spark_smote import SMOTE, SMOTEN, SMOTENC
from spark_smote.plans.notices import portrait_notices
from spark_smote.plans.portrait import portrait_of
from tests.tables import clustered, points, uniform

SIZES = {"'rare'": 150, "'mid'": 70, "'common'": 400}
LEVELS = ["channel", "flag", "code"]


def mixed_table(spark, partitions=3):
    return points(
        spark,
        SIZES,
        f"IF(id % 13 = 0, NULL, {clustered(1)}) AS x",
        "IF(id % 5 = 0, NULL, concat('ch ', id % 7)) AS channel",
        f"{uniform(1)} < 0.8 AS flag",
        "cast(id % 11 AS smallint) AS code",
        partitions=partitions,
    )


def counted(rows, label, column):
    """Total variation by its definition."""
    shares = []
    for made in (False, True):
        own = [r[column] for r in rows if r.label == label and r.is_synthetic == made]
        shares.append({level: n / len(own) for level, n in Counter(own).items()})
    real, new = shares
    apart = sum(abs(real.get(level, 0) - new.get(level, 0)) for level in {*real, *new})
    return apart / 2, len(real), len(new)


SAMPLERS = {
    "SMOTE-NC": lambda: SMOTENC(nominalCols=LEVELS, handleInvalid="impute", seed=2),
    "SMOTE-N": lambda: SMOTEN(
        nominalCols=LEVELS, ignoreCols=["x"], carryPolicy={"x": "copy"}, seed=2
    ),
}


@pytest.mark.parametrize("method", SAMPLERS)
def test_shares_of_levels_are_counted_per_class_and_column(spark, method):
    plan = SAMPLERS[method]().plan(mixed_table(spark))
    output = plan.resampled()
    seen = portrait_of(output, plan)
    rows = output.collect()

    assert [(m.label, m.column) for m in seen.levels] == [
        (label, column) for label in ("mid", "rare") for column in LEVELS
    ]
    for moved in seen.levels:
        apart, real, new = counted(rows, moved.label, moved.column)
        assert moved.total_variation == pytest.approx(apart, abs=1e-12)
        assert (moved.real_levels, moved.synthetic_levels) == (real, new)
    again = portrait_of(output.repartition(7), plan)
    assert again.levels == seen.levels


def test_rows_that_are_skipped_are_not_among_the_real_ones(spark):
    table = mixed_table(spark).withColumn("channel", F.expr("IF(x IS NULL, 'skipped', channel)"))
    plan = SMOTENC(nominalCols=LEVELS, handleInvalid="skip", seed=2).plan(table)
    seen = portrait_of(plan.resampled(), plan)
    rows = [r for r in plan.resampled().collect() if r.x is not None]

    for moved in seen.levels:
        apart, real, _ = counted(rows, moved.label, moved.column)
        assert moved.total_variation == pytest.approx(apart, abs=1e-12)
        assert moved.real_levels == real


def test_a_method_of_levels_only_has_no_pictures_but_counts_copies(spark):
    plan = SAMPLERS["SMOTE-N"]().plan(mixed_table(spark))
    output = plan.resampled()
    seen = portrait_of(output, plan)
    rows = output.collect()

    assert (seen.planes, seen.drift, seen.sampled_real) == ([], [], 0)
    for found in seen.nearest:
        own = [r for r in rows if r.label == found.label]
        real = {tuple(r[c] for c in LEVELS) for r in own if not r.is_synthetic}
        new = [tuple(r[c] for c in LEVELS) for r in own if r.is_synthetic]
        assert found.copies_share == sum(n in real for n in new) / len(new)
        assert (found.real, found.synthetic) == ([], [])
    copies = [n for n in portrait_notices(seen) if n.code == "exact_copies"]
    assert copies
    assert all("every nominal column" in notice.message for notice in copies)


def test_without_nominal_columns_there_is_nothing_to_tell(spark):
    table = mixed_table(spark).select("code", "label")
    plan = SMOTE(seed=2).plan(table)
    assert portrait_of(plan.resampled(), plan).levels == []

"""Missing inputs: searched with the median, kept on originals, passed on by base rows."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import functions as F

from spark_smote import SMOTE, SMOTENC, BorderlineSMOTE, EditedNearestNeighbours
from spark_smote.errors import DataError, SchemaError
from spark_smote.plans.portrait import portrait_of
from tests import oracles
from tests.tables import clustered, contents, counts, points, uniform

K = 3
SIZES = {"'rare'": 90, "'common'": 400}


def holed(spark, partitions=3):
    """Two inputs in three miss on one row in three or more; nearly no row is complete."""
    return points(
        spark,
        SIZES,
        f"IF(id % 3 = 0, NULL, {clustered(1)}) AS x",
        "CASE id % 4 WHEN 0 THEN double('NaN') WHEN 1 THEN double('Infinity') "
        f"ELSE {uniform(2)} END AS y",
        f"IF(id % 7 = 2, NULL, cast(100 * {uniform(3)} AS int)) AS n",
        partitions=partitions,
    )


def frame_of(rows, columns):
    values = pd.DataFrame([[row[c] for c in columns] for row in rows], columns=columns)
    values = values.astype("float64")
    return values.where(np.isfinite(values))


def test_new_rows_are_those_the_definition_allows(spark):
    table = holed(spark)
    with pytest.raises(DataError, match="impute"):
        SMOTE().plan(table)
    plan = SMOTE(handleInvalid="impute", kNeighbors=K, provenance=True, seed=3).plan(table)
    rows = plan.resampled().collect()
    inputs = ["x", "y", "n"]
    real = [r for r in rows if not r.is_synthetic]
    own = [r for r in real if r.label == "rare"]
    new = [r for r in rows if r.is_synthetic]
    assert Counter(r.label for r in rows) == {"rare": 400, "common": 400}

    everything = frame_of(real, inputs)
    medians = everything.quantile(0.5, interpolation="lower")
    (model,) = plan.recipe.models
    np.testing.assert_array_equal(model.medians, medians.to_numpy())
    raw = frame_of(own, inputs)
    filled = raw.fillna(medians).to_numpy()
    unit = oracles.population_unit(filled)
    np.testing.assert_allclose(model.scale, unit, rtol=1e-12)

    place = {row.row_key: i for i, row in enumerate(own)}
    repeats = Counter(row.row_key for row in own)
    distances = oracles.squared_distances(filled, filled, model.inverse_scale)
    np.fill_diagonal(distances, np.inf)
    reach = np.sort(distances, axis=1)[:, K - 1]
    values = raw.to_numpy()
    missing = 0
    for row in new:
        base, neighbour = place[row.base_id], place[row.neighbour_id]
        if base == neighbour:  # another row that equals the base
            assert repeats[row.base_id] > 1
        else:
            assert distances[base, neighbour] <= reach[base] * (1 + 1e-9)
        for j, name in enumerate(inputs):
            one, other = values[base, j], values[neighbour, j]
            if np.isnan(one):
                assert row[name] is None
                missing += 1
                continue
            other = one if np.isnan(other) else other
            expected = one + row.gap * (other - one)
            if name == "n":
                expected = np.rint(expected)
            assert row[name] == pytest.approx(expected, rel=1e-12)
    assert missing > 100


def test_originals_keep_what_they_hold_and_the_report_counts_what_was_imputed(spark):
    table = holed(spark)
    plan = SMOTE(handleInvalid="impute", seed=3).plan(table)
    output = plan.resampled()

    assert contents(output.filter("not is_synthetic").drop("is_synthetic")) == contents(table)
    told = [n.message for n in plan.report.notices if n.code == "imputed"]
    complete = table.filter("x IS NOT NULL AND n IS NOT NULL AND abs(y) < 2 AND NOT isnan(y)")
    for label, rows in counts(table).items():
        holes = rows - counts(complete).get(label, 0)
        assert any(f"{label!r}: {holes:,} of {rows:,} rows" in message for message in told)
    assert [c.rows_usable for c in plan.report.classes] == [400, 90]


def test_rows_do_not_depend_on_partitions(spark):
    sampler = SMOTE(handleInvalid="impute", seed=3)
    expected = contents(sampler.resample(holed(spark, 1)))
    for partitions in (3, 8):
        assert contents(sampler.resample(holed(spark, partitions))) == expected


def test_classes_of_many_buckets_are_searched_among_imputed_rows(spark):
    table = points(
        spark,
        {"1": 9_000, "0": 9_400},
        *[f"IF({uniform(20 + i)} < 0.2, NULL, {clustered(i)}) AS x{i}" for i in range(4)],
        partitions=3,
    )
    plan = SMOTE(handleInvalid="impute", searchQuality="fast", recallQueries=1_000, seed=1).plan(
        table
    )
    (found,) = plan.report.accuracy
    print(f"recall {found.recall:.3f}")
    assert plan.report.classes[1].buckets > 2
    assert found.recall >= 0.9
    new = plan.synthetic()
    assert new.count() == 400
    holes = new.filter(" OR ".join(f"x{i} IS NULL" for i in range(4))).count() / 400
    assert holes == pytest.approx(1 - 0.8**4, abs=0.12)


def test_columns_without_any_value_stay_so(spark):
    table = holed(spark).withColumn("z", F.lit(None).cast("double"))
    output = SMOTE(handleInvalid="impute", seed=2).resample(table)
    assert counts(output) == {"rare": 400, "common": 400}
    assert output.filter("z IS NOT NULL").count() == 0


def test_columns_that_may_not_be_null_hold_nan_where_their_bases_do(spark):
    y = f"coalesce(IF(id % 4 = 0, double('NaN'), {uniform(2)}), 0D)"
    table = points(spark, SIZES, f"{uniform(1)} AS x", f"{y} AS y")
    assert not table.schema["y"].nullable
    output = SMOTE(handleInvalid="impute", seed=2).resample(table)
    assert not output.schema["y"].nullable
    new = output.filter("is_synthetic")
    assert 0 < new.filter("isnan(y)").count() < new.count()


def test_packed_inputs_are_refused_with_what_to_do(spark):
    table = points(spark, SIZES, f"array({uniform(1)}, NULL) AS f")
    with pytest.raises(SchemaError, match="handleInvalid='impute'.*'f'.*Imputer"):
        SMOTE(featuresCol="f", handleInvalid="impute").plan(table)


def test_levels_and_missing_numbers_together(spark):
    table = holed(spark).withColumn("s", F.expr("IF(n % 2 = 0, 'even', NULL)"))
    rows = SMOTENC(handleInvalid="impute", seed=4).resample(table).collect()
    assert Counter(r.label for r in rows) == {"rare": 400, "common": 400}
    assert {r.s for r in rows if r.is_synthetic} == {"even", None}


def test_tables_where_nearly_every_row_misses_something_can_be_used(spark, real_table):
    frame = real_table("diabetes_readmission").drop(columns=["encounter_id", "patient_nbr"])
    frame = frame.iloc[::10].reset_index(drop=True)
    frame.loc[frame.index % 3 != 0, "time_in_hospital"] = np.nan
    frame.loc[frame.index % 2 != 0, "num_lab_procedures"] = np.nan
    plan = SMOTENC(handleInvalid="impute", seed=4, samplingStrategy={"<30": 2_000}).plan(
        spark.createDataFrame(frame)
    )
    new = plan.synthetic().toPandas()
    assert len(new) == 2_000 - (frame["label"] == "<30").sum()
    assert new["time_in_hospital"].isna().mean() == pytest.approx(2 / 3, abs=0.1)


def test_nothing_changes_where_nothing_is_missing(spark):
    table = points(spark, SIZES, f"{uniform(1)} AS x", f"{uniform(2)} AS y")
    imputed = SMOTE(handleInvalid="impute", seed=6).resample(table)
    assert contents(imputed) == contents(SMOTE(seed=6).resample(table))


def test_ids_are_found_although_some_are_missing(spark):
    ids = points(
        spark,
        SIZES,
        f"{uniform(1)} AS x",
        "IF(id % 50 = 7, NULL, cast(id AS int)) AS customer_no",
    )
    with pytest.raises(DataError, match="'customer_no'.*looks like an id"):
        SMOTE(handleInvalid="impute").plan(ids)


def test_tables_in_which_nothing_grows_can_be_looked_at(spark):
    table = holed(spark).withColumn("k", F.lit(2.0))
    plan = SMOTE(handleInvalid="impute", samplingStrategy={"rare": 90}).plan(table)
    portrait = portrait_of(plan.resampled(), plan)
    assert portrait is not None
    assert not portrait.nearest


@pytest.mark.parametrize("sampler", [EditedNearestNeighbours, BorderlineSMOTE])
def test_recall_is_measured_where_not_every_class_asks(spark, sampler):
    """In several buckets; of classes that do not ask no row is sampled."""
    table = points(
        spark,
        {"'rare'": 1_500, "'few'": 2_000, "'many'": 7_000},
        f"IF(id % 20 = 0, NULL, {uniform(1)}) AS x",
        f"{uniform(2)} AS y",
    )
    strategy = ["many"] if sampler is EditedNearestNeighbours else {"few": 3_000}
    plan = sampler(handleInvalid="impute", samplingStrategy=strategy, seed=1).plan(table)

    assert plan.report.searches[0].buckets > 1
    asks = "many" if sampler is EditedNearestNeighbours else "few"
    assert {found.label for found in plan.report.accuracy} == {asks}
    assert all(found.recall > 0.8 for found in plan.report.accuracy)
    assert counts(plan.resampled()) == {c.label: c.rows_after for c in plan.report.classes}

"""SMOTE-NC: numbers are interpolated, levels are taken, and neighbours respect both."""

from collections import Counter

import numpy as np
import pytest
from pyspark.sql import functions as F

from spark_smote import SMOTE, SMOTENC
from spark_smote.errors import SchemaError
from tests import mixed_oracles
from tests.tables import clustered, contents, counts, points, uniform

K = 4
LEVELS = ["channel", "flag", "code", "grade"]
SIZES = {"'rare'": 300, "'mid'": 90, "'common'": 900}


def mixed_table(spark, partitions=3):
    """Two numbers and four nominal columns of different types, with nulls and repeated rows."""
    return points(
        spark,
        SIZES,
        f"round({clustered(1)}, 1) AS x",
        f"cast(40 * {uniform(2, 'id % 60')} AS int) AS n",
        "CASE id % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE concat('ch ', id % 5) END AS channel",
        "id % 3 = 0 AS flag",
        "cast(id % 11 AS smallint) AS code",
        f"cast({uniform(3)} * 3 AS decimal(4,1)) AS grade",
        partitions=partitions,
    )


def sampler(**params):
    return SMOTENC(
        nominalCols=LEVELS, kNeighbors=K, seed=5, provenance=True, **({"recallQueries": 0} | params)
    )


def coded(rows):
    """Levels as small numbers, the same for equal ones."""
    known = {}
    return np.array(
        [[float(known.setdefault(repr(row[name]), len(known))) for name in LEVELS] for row in rows]
    )


@pytest.mark.parametrize("standardize", [True, False])
def test_every_new_row_is_one_that_the_definition_allows(spark, standardize):
    plan = sampler(standardize=standardize).plan(mixed_table(spark))
    rows = plan.resampled().collect()
    assert counts(plan.resampled()) == {"rare": 900, "mid": 900, "common": 900}
    for task, model in zip(plan.recipe.tasks, plan.recipe.models, strict=True):
        own = [r for r in rows if r.label == task.label]
        real = [r for r in own if not r.is_synthetic]
        new = [r for r in own if r.is_synthetic]
        place = {row.row_key: i for i, row in enumerate(real)}
        codes = coded(own)
        order = [not r.is_synthetic for r in own]
        values = np.array([[r.x, float(r.n)] for r in own])
        med = mixed_oracles.unit_of_nominal(values[order], standardize=standardize)
        assert model.nominal.weight == pytest.approx(med * med, rel=1e-9)
        mixed_oracles.check_smotenc_rows(
            (values[[not o for o in order]], codes[[not o for o in order]]),
            [place[r.base_id] for r in new],
            [place[r.neighbour_id] for r in new],
            [r.gap for r in new],
            (values[order], codes[order]),
            k=K,
            inverse_scale=model.inverse_scale,
            med=np.sqrt(model.nominal.weight),
            stored_as=[np.float64, np.int64],
            slack=1e-9,
        )


def test_levels_are_those_of_the_class_and_null_stays_null(spark):
    rows = sampler().resample(mixed_table(spark)).collect()
    for label in ("rare", "mid"):
        for name in LEVELS:
            real = Counter(r[name] for r in rows if r.label == label and not r.is_synthetic)
            new = Counter(r[name] for r in rows if r.label == label and r.is_synthetic)
            assert set(new) <= set(real)
    assert any(r.channel is None for r in rows if r.is_synthetic)


def test_rows_do_not_depend_on_partitions_nor_on_provenance(spark):
    expected = contents(sampler().resample(mixed_table(spark, 1)))
    for partitions in (3, 8):
        assert contents(sampler().resample(mixed_table(spark, partitions))) == expected
    plain = SMOTENC(nominalCols=LEVELS, kNeighbors=K, seed=5, recallQueries=0)
    columns = plain.resample(mixed_table(spark)).columns
    with_ids = sampler().resample(mixed_table(spark)).select(*columns)
    assert contents(plain.resample(mixed_table(spark, 5))) == contents(with_ids)


def test_strings_and_booleans_are_nominal_unless_something_else_is_said_of_them(spark):
    table = (
        mixed_table(spark)
        .withColumn("note", F.expr("nullif('n', 'x')"))
        .withColumn("b", F.lit(b"1"))
    )
    plan = SMOTENC(carryPolicy={"note": "null", "b": "copy"}, ignoreCols=["grade"]).plan
    with pytest.raises(SchemaError, match="grade"):
        plan(table)
    roles = SMOTENC(carryPolicy={"note": "null", "b": "copy"}).plan(table).report.columns
    assert {c.name: c.role for c in roles} == {
        "x": "input",
        "n": "input",
        "code": "input",
        "grade": "input",
        "channel": "nominal",
        "flag": "nominal",
        "note": "carried",
        "b": "carried",
        "label": "label",
    }


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"nominalCols": ["chanel"]}, ["nominalCols", "'chanel'"]),
        ({"nominalCols": ["flag", "flag"]}, ["nominalCols", "twice"]),
        ({"nominalCols": ["label"]}, ["nominalCols", "labelCol"]),
        ({"nominalCols": ["x"], "inputCols": ["x"]}, ["nominalCols", "inputCols"]),
        ({"nominalCols": ["x", "n", "code", "grade", "channel", "flag"]}, ["numeric column"]),
        ({"nominalCols": ["m"], "carryPolicy": "null"}, ["nominalCols", "'m'", "map<"]),
        ({"nominalCols": [], "carryPolicy": "null"}, ["nominalCols", "SMOTE"]),
    ],
)
def test_columns_that_cannot_be_nominal_are_refused(spark, params, words):
    table = mixed_table(spark).withColumn("m", F.create_map(F.lit("a"), F.lit(1)))
    if "m" not in params["nominalCols"]:
        table = table.drop("m")
    with pytest.raises(SchemaError) as refused:
        SMOTENC(**params).plan(table)
    for word in words:
        assert word in str(refused.value)


def test_error_about_left_over_columns_names_the_method_for_them(spark):
    with pytest.raises(SchemaError, match="nominalCols of SMOTENC"):
        SMOTE().plan(mixed_table(spark))


def test_constant_numbers_leave_levels_without_weight_and_the_report_says_so(spark):
    table = mixed_table(spark).withColumn("n", F.lit(3)).withColumn("c", F.lit(1.5))
    plan = sampler().plan(table)
    assert "nominal_without_weight" in {notice.code for notice in plan.report.notices}
    assert {r.n for r in plan.synthetic().collect()} == {3}


def test_small_classes_are_reduced_or_duplicated_with_their_levels(spark):
    table = points(
        spark,
        {"'one'": 1, "'few'": 3, "'most'": 40},
        f"{uniform(1)} AS x",
        "concat('level ', id % 2) AS s",
    )
    for policy in ("reduce", "duplicate"):
        rows = SMOTENC(onSmallClass=policy, seed=2).resample(table).collect()
        assert Counter(r.label for r in rows) == {"one": 40, "few": 40, "most": 40}
        lone = {(r.x, r.s) for r in rows if r.label == "one"}
        assert len(lone) == 1


def large_table(spark, partitions):
    """A class of many buckets, most of its structure in the levels."""
    return points(
        spark,
        {"1": 12_000, "0": 12_500},
        *[f"{clustered(i)} AS x{i}" for i in range(4)],
        *[f"concat('l', cast(6 * {uniform(i, 'id % 19')} AS int)) AS s{i}" for i in range(3)],
        f"concat('rare ', cast(400 * {uniform(9)} AS int)) AS many",
        partitions=partitions,
    )


def test_classes_of_many_buckets_find_nearly_all_neighbours_whatever_the_partitions(spark):
    made = []
    for partitions in (1, 8):
        plan = SMOTENC(seed=3, recallQueries=1_000, searchQuality="fast").plan(
            large_table(spark, partitions)
        )
        (found,) = plan.report.accuracy
        print(f"recall {found.recall:.3f}, distance ratio {found.distance_ratio:.4f}")
        assert plan.report.classes[1].buckets > 4
        assert found.recall >= 0.9
        assert found.distance_ratio <= 1.02
        made.append(contents(plan.synthetic()))
    assert made[0] == made[1]
    assert sum(made[0].values()) == 500


def assert_levels_keep_their_shares(plan, name):
    """Levels are those of the class, nearly as frequent: the mode of five favours frequent ones."""
    target = max(c.rows_before for c in plan.report.classes)
    grown = next(c.label for c in plan.report.classes if c.rows_added)
    nominal = [c.name for c in plan.report.columns if c.role == "nominal"]
    assert nominal
    rows = plan.resampled().select("label", "is_synthetic", *nominal).toPandas()
    assert set(rows["label"].value_counts()) == {target}
    own = rows[rows["label"] == grown]
    for column in nominal:
        shares = {}
        for made in (False, True):
            found = Counter(own.loc[own["is_synthetic"] == made, column])
            shares[made] = {level: n / found.total() for level, n in found.items()}
        assert set(shares[True]) <= set(shares[False])
        first = max(shares[False], key=shares[False].get)
        real = shares[False].items()
        apart = 0.5 * sum(abs(share - shares[True].get(level, 0.0)) for level, share in real)
        print(f"{name}.{column}: total variation {apart:.3f}")
        assert apart <= 0.35
        assert shares[True].get(first, 0.0) >= shares[False][first] - 0.05


def test_levels_keep_their_shares(spark):
    table = points(
        spark,
        {"'rare'": 900, "'common'": 2_700},
        f"{clustered(1)} AS x",
        f"CASE WHEN {uniform(5)} < 0.7 THEN 'often' WHEN {uniform(5)} < 0.9 THEN NULL "
        "ELSE 'seldom' END AS s",
        f"{uniform(6, 'id % 19')} < 0.5 AS b",
    )
    assert_levels_keep_their_shares(SMOTENC(seed=1, recallQueries=0).plan(table), "generated")


@pytest.mark.parametrize(
    ("name", "ignored"),
    [
        ("bank_marketing", []),
        ("churn_modelling", ["row_number", "customer_id", "surname"]),
        ("adult", []),
    ],
)
def test_levels_of_published_tables_keep_their_shares(spark, real_table, name, ignored):
    frame = real_table(name)
    table = spark.createDataFrame(frame.drop(columns=[c for c in ignored if c in frame]))
    assert_levels_keep_their_shares(SMOTENC(seed=1, recallQueries=0).plan(table), name)

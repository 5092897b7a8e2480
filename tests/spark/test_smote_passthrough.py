"""Original rows come out as they went in, and new rows hold what their columns' policy says."""

import pytest
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote import SMOTE
from tests.tables import (
    AWKWARD_ID,
    AWKWARD_INPUTS,
    AWKWARD_LABEL,
    CARRIED,
    ML_ATTRIBUTES,
    awkward,
    classes,
    contents,
    points,
    settings,
    vector_column,
)

ADDED = ["is_synthetic", "base_id", "neighbour_id", "gap"]


def awkward_sampler(**params):
    return SMOTE(
        labelCol=AWKWARD_LABEL, inputCols=AWKWARD_INPUTS, seed=5, recallQueries=0, **params
    )


@pytest.fixture(scope="module")
def table(spark):
    """`In.Put` differs from `in.put` in case only, and the column `gap` is not provenance's."""
    with settings(spark, {"spark.sql.caseSensitive": "true"}):
        yield awkward(spark)


@pytest.fixture(scope="module")
def copied(table):
    """Everything copied, with provenance; the column in provenance's way is renamed."""
    plain = table.withColumnRenamed("gap", "void")
    sampler = awkward_sampler(carryPolicy="copy", idCol=AWKWARD_ID, provenance=True)
    output = sampler.plan(plain).resampled()
    return plain, output, output.collect()


def described(schema):
    return [(f.name, f.dataType.simpleString(), f.metadata) for f in schema]


def test_columns_keep_name_type_metadata_and_order(copied):
    plain, output, _ = copied

    assert described(output.schema)[: len(plain.columns)] == described(plain.schema)
    assert output.columns[len(plain.columns) :] == ADDED


def test_originals_are_untouched_whatever_their_type_and_name(copied):
    plain, _, rows = copied
    width = len(plain.columns)
    originals = sorted(repr(tuple(row)[:width]) for row in rows if not row["is_synthetic"])

    assert originals == sorted(repr(tuple(row)) for row in plain.collect())
    assert all(row[name] is None for row in rows if not row["is_synthetic"] for name in ADDED[1:])


def test_new_rows_copy_their_base_row_in_columns_of_every_type(copied):
    plain, _, rows = copied
    by_id = {row[AWKWARD_ID]: row for row in rows if not row["is_synthetic"]}
    new = [row for row in rows if row["is_synthetic"]]
    skipped = {AWKWARD_LABEL, AWKWARD_ID, *AWKWARD_INPUTS}
    carried = [i for i, name in enumerate(plain.columns) if name not in skipped]

    assert len(new) == 46 - 14
    assert len(carried) >= len(CARRIED) + 1
    assert len({row["base_id"] for row in new}) > 5
    for row in new:
        base = by_id[row["base_id"]]
        assert [repr(row[i]) for i in carried] == [repr(base[i]) for i in carried]
        assert row[AWKWARD_LABEL] == base[AWKWARD_LABEL] == " 01 "
        assert row[AWKWARD_ID] is None


def test_a_policy_per_column_leaves_null_where_it_says_so(table):
    policies = {
        field.name: "null" if field.nullable else "copy"
        for field in table.schema
        if field.name not in {AWKWARD_LABEL, *AWKWARD_INPUTS}
    }
    plan = awkward_sampler(carryPolicy=policies, syntheticCol="Neu.é").plan(table)
    output = plan.resampled()
    new = [row for row in output.collect() if row["Neu.é"]]
    synthetic = plan.synthetic()

    assert set(policies.values()) == {"null", "copy"}
    for position, name in enumerate(table.columns):
        is_null = {row[position] is None for row in new}
        assert is_null == {policies.get(name) == "null"}, name
    roles = {role.name: role for role in plan.report.columns}
    assert {n: roles[n].policy for n in policies} == policies
    assert described(synthetic.schema) == described(table.schema)


def test_columns_that_may_not_be_null_stay_so(spark):
    table = points(
        spark, {"1": 10, "0": 20}, "id * 1D AS x", "int(id) AS n", "'a' AS s", "array(id) AS l"
    )
    assert not any(field.nullable for field in table.schema if field.name != "label")
    output = SMOTE(inputCols=["x", "n"], carryPolicy="copy").plan(table).resampled()

    assert output.schema.fields[:5] == table.schema.fields
    assert output.filter("x IS NULL OR n IS NULL OR s IS NULL OR l IS NULL").count() == 0


def test_id_column_is_null_on_new_rows_and_needs_no_policy(spark):
    table = classes(spark, {"1": 10, "0": 20})
    new = SMOTE(idCol="id", seed=1).resample(table).filter("is_synthetic").collect()

    assert len(new) == 10
    assert all(row.id is None and row.x is not None for row in new)


def test_ignored_numbers_are_carried_not_interpolated(spark):
    table = points(spark, {"1": 10, "0": 20}, "id * 1D AS x", "int(id) * 1000 AS code")
    plan = SMOTE(ignoreCols=["code"], carryPolicy={"code": "copy"}).plan(table)

    assert all(row.code % 1000 == 0 for row in plan.synthetic().collect())
    assert next(r for r in plan.report.columns if r.name == "code").role == "ignored"


def test_with_a_features_column_the_others_are_null_unless_said_otherwise(spark):
    table = classes(
        spark,
        {"1": 10, "0": 20},
        "nullif(concat('n', id), '') AS name",
        "concat('t', id) AS tag",
        "id AS u",
    ).select(
        "name", vector_column("u", "u % 3"), "tag", "label", F.expr("nullif(u, -1)").alias("u")
    )
    plan = SMOTE(featuresCol="features", carryPolicy={"tag": "copy"}, seed=1).plan(table)
    rows = plan.resampled().collect()
    new = [row for row in rows if row.is_synthetic]

    assert plan.resampled().schema["features"].metadata == ML_ATTRIBUTES
    assert plan.synthetic().schema["features"].metadata == ML_ATTRIBUTES
    assert len(new) == 10
    assert all(row.name is None and row.u is None and row.tag[0] == "t" for row in new)
    originals = [repr(tuple(row)[:5]) for row in rows if not row.is_synthetic]
    assert sorted(originals) == sorted(repr(tuple(row)) for row in table.collect())


def case_twins(spark):
    return points(spark, {"1": 10, "0": 20}, "id * 1D AS x", "id * 2D AS t").toDF("x", "X", "label")


def test_columns_that_differ_in_case_only_keep_apart_where_spark_does(spark):
    with settings(spark, {"spark.sql.caseSensitive": "true"}):
        table = case_twins(spark)
        sampler = SMOTE(inputCols=["X"], carryPolicy={"x": "copy"}, seed=1)
        output = sampler.resample(table)
        rows = output.collect()

        assert output.columns == ["x", "X", "label", "is_synthetic"]
        assert contents(output.filter("NOT is_synthetic").drop("is_synthetic")) == contents(table)
        assert all(row["x"] == int(row["x"]) for row in rows)
        assert any(row["X"] != int(row["X"]) for row in rows)


def test_columns_that_differ_in_case_only_keep_apart_where_spark_takes_them_for_one(spark):
    """Whatever Spark makes of such names later: here columns are told apart by position."""
    with settings(spark, {"spark.sql.caseSensitive": "false"}):
        table = case_twins(spark)
        rows = SMOTE(seed=1).resample(table).collect()

        assert sorted(tuple(row)[:3] for row in rows if not row[3]) == sorted(
            map(tuple, table.collect())
        )
        new = [row for row in rows if row[3]]
        assert len(new) == 10
        assert all(row[1] == pytest.approx(2 * row[0]) for row in new)


@pytest.mark.parametrize("provenance", [False, True])
def test_nothing_asked_for_is_nothing_changed(spark, provenance):
    table = classes(spark, {"1": 10, "0": 20})
    sampler = SMOTE(samplingStrategy={1: 10}, syntheticCol="", idCol="id", provenance=provenance)
    plan = sampler.plan(table)
    added = ADDED[1:] if provenance else []

    assert plan.synthetic().columns == table.columns + added
    assert plan.synthetic().count() == 0
    assert plan.resampled().columns == table.columns + added
    assert contents(plan.resampled().select(table.columns)) == contents(table)
    assert {c.method for c in plan.report.classes} == {"untouched"}


def test_new_row_lies_on_the_segment_between_its_recorded_parents(spark):
    """Also with content keys for ids, which originals then carry as row_key."""
    table = points(spark, {"1": 30, "0": 70}, "id * 1D AS x", "sqrt(id) AS y", partitions=3)
    output = SMOTE(seed=2, provenance=True).resample(table)
    rows = output.collect()
    key = {row.row_key: row for row in rows if not row.is_synthetic}
    new = [row for row in rows if row.is_synthetic]

    assert output.columns[3:] == ["row_key", *ADDED]
    assert output.schema["row_key"].dataType == T.LongType()
    assert len(key) == 100
    assert len(new) == 40
    for row in new:
        base, neighbour = key[row.base_id], key[row.neighbour_id]
        assert base.label == neighbour.label == row.label == 1
        assert row.base_id != row.neighbour_id
        assert 0 <= row.gap < 1
        assert row.row_key is None
        for name in ("x", "y"):
            expected = base[name] + row.gap * (neighbour[name] - base[name])
            assert row[name] == pytest.approx(expected, rel=1e-12)
        # The five nearest of a row in the middle are at most five places away.
        assert abs(base.x - neighbour.x) <= 5

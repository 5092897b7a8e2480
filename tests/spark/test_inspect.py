"""Inspecting tables: what is found, and that it does not depend on how the rows lie."""

import gc
import json

import pytest
from pyspark.sql import functions as F

from spark_smote import SMOTE, inspect
from spark_smote.errors import DataError, ParameterError, SchemaError
from tests.tables import (
    AWKWARD_ID,
    AWKWARD_LABEL,
    awkward,
    clustered,
    points,
    uniform,
    unreadable,
    vector_column,
)

SEED_THAT_SAMPLES_NONE = 0
"""Of the rows that break the one-hot group."""
SIZES = {"'common'": 900, "'rare'": 150}


def by_name(found):
    return {column.name: column for column in found.columns}


def codes(found, severity="warning"):
    return {finding.code for finding in found.findings if finding.severity == severity}


def the(found, code):
    (finding,) = [finding for finding in found.findings if finding.code == code]
    return finding


@pytest.fixture(scope="module")
def flawed(spark):
    """One column for every flaw."""
    rare = "label = 'rare'"
    columns = {
        "row": "id",
        "token": "concat('t', id)",
        "x": clustered(1),
        "holes": f"IF(id % 21 = 0, NULL, IF(id % 50 = 1, double('NaN'), {uniform(2)}))",
        "endless": f"IF(id % 105 = 0, double('Infinity'), {uniform(3)})",
        "same": "7",
        "nothing": "cast(NULL AS double)",
        "visits": f"IF(id % 10 = 0, 999, cast(30 * {uniform(4)} AS int))",
        "leaky": f"{uniform(5)} + IF({rare}, 5, 0)",
        "late": f"IF({rare}, {uniform(6)}, NULL)",
        "told": f"IF({rare}, 'yes', IF(id % 2 = 0, 'no', 'never'))",
        "is_red": "int(id % 3 = 0)",
        "is_green": "int(id % 3 = 1)",
        "is_blue": "double(id % 3 = 2)",
        "flag": f"int({uniform(7)} < 0.3)",
        "kind": "concat('k', id % 6)",
        "active": "id % 2 = 0",
        "wide": f"1e6 * {uniform(8)}",
        "snowflake": "9007199254740993 + id % 40",
        "day": "date_add(date'2020-01-01', cast(id % 90 AS int))",
        "tags": "array('a', string(id))",
    }
    rows = spark.range(0, sum(SIZES.values()), 1, 1)
    label = F.expr("IF(id < 900, 'common', 'rare')")
    return rows.withColumn("label", label).select(
        *[F.expr(sql).alias(name) for name, sql in columns.items()], "label"
    )


@pytest.fixture(scope="module")
def inspected(flawed):
    return inspect(flawed)


def test_every_column_has_a_role_and_a_reason(inspected):
    roles = {name: column.role for name, column in by_name(inspected).items()}

    assert roles == {
        "row": "id",
        "token": "id",
        **dict.fromkeys(("x", "holes", "endless", "same", "visits", "leaky", "late"), "input"),
        "nothing": "ignored",
        "told": "nominal",
        **dict.fromkeys(("is_red", "is_green", "is_blue", "flag", "wide"), "input"),
        "kind": "nominal",
        "active": "nominal",
        "snowflake": "carried",
        "day": "carried",
        "tags": "carried",
        "label": "label",
    }
    assert all(column.reason for column in inspected.columns)


def test_what_is_missing_is_counted_exactly_by_its_kind(inspected, flawed):
    columns = by_name(inspected)

    assert columns["holes"].nulls == flawed.filter("holes IS NULL").count() == 50
    assert columns["holes"].nans == flawed.filter("isnan(holes)").count() > 0
    assert (columns["endless"].infinities, columns["endless"].nulls) == (10, 0)
    assert columns["tags"].nulls == 0
    assert columns["tags"].distinct is None
    missing = the(inspected, "missing_values")
    assert {"holes", "endless", "late"} == set(missing.columns)
    assert f"'holes' ({50 + columns['holes'].nans} rows" in missing.message


def test_extremes_and_distinct_values_are_those_of_the_table(inspected):
    columns = by_name(inspected)

    assert (columns["visits"].low, columns["visits"].high) == (0, 999)
    assert (columns["visits"].distinct, columns["kind"].distinct) == (31, 6)
    assert columns["row"].distinct == pytest.approx(1050, rel=0.12)
    assert columns["snowflake"].distinct == 40


@pytest.mark.parametrize(
    ("code", "columns", "figures"),
    [
        ("constant_columns", {"same", "nothing"}, ["1 value", "all null"]),
        ("id_like", {"row", "token"}, ["'row' (1,0", "idCol"]),
        ("beyond_double", {"snowflake"}, ["'snowflake' (1,0"]),
        ("sentinel", {"visits"}, ["'visits' is 999 in about 10.", "(0 to 29"]),
        ("one_hot", {"is_red", "is_green", "is_blue"}, ["the 3 is 1 in every row"]),
        ("zero_one", {"flag"}, ["nominalCols"]),
        ("not_inspected", {"tags"}, ["array<string>"]),
    ],
)
def test_a_flaw_is_found_with_its_columns_and_figure(inspected, code, columns, figures):
    finding = the(inspected, code)

    assert set(finding.columns) == columns
    for figure in figures:
        assert figure in finding.message


def test_columns_of_wildly_different_scales_are_told(inspected):
    finding = the(inspected, "scales")

    assert finding.columns[0] == "wide"
    assert "times as wide as" in finding.message
    assert finding.severity == "info"


def test_leaks_are_found_by_value_by_level_and_by_being_missing(inspected):
    leaks = {f.columns[0]: f for f in inspected.findings if f.code == "leak"}

    assert set(leaks) == {"leaky", "late", "told"}
    assert "class 'rare'" in leaks["leaky"].message
    assert "1.000" in leaks["leaky"].message
    assert "Kaufman" in leaks["leaky"].source
    assert by_name(inspected)["x"].separation < 0.7


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_nothing_depends_on_partitions_and_order(flawed, inspected, partitions):
    arranged = flawed.repartition(partitions, "x").sortWithinPartitions(F.desc("wide"))

    assert inspect(arranged) == inspected


def test_nothing_depends_on_partitions_where_all_is_estimated_and_sampled(spark):
    sizes = {"'a'": 9_000, "'b'": 3_000, "'c'": 40}
    table = points(
        spark,
        sizes,
        f"{clustered(1)} AS x",
        f"cast(40 * {uniform(2)} AS int) AS n",
        f"IF(id % 7 = 0, NULL, {uniform(3)}) AS z",
        "concat('t', id % 5000) AS tag",
    )

    found = [inspect(table.repartition(parts, "z")) for parts in (1, 3, 8)]

    assert found[0] == found[1] == found[2]
    assert found[0].sampled_rows < 12_040
    assert {c.label: c.rows for c in found[0].classes} == {"a": 9_000, "b": 3_000, "c": 40}


def test_another_seed_takes_another_sample(spark):
    table = points(spark, {"0": 9_000, "1": 3_000})

    first, second = inspect(table, seed=1), inspect(table, seed=2)

    assert first.classes[1].surroundings != second.classes[1].surroundings
    assert [c.rows for c in first.classes] == [c.rows for c in second.classes]


def test_names_that_need_quoting_and_every_type_are_no_trouble(spark):
    table = awkward(spark)

    found = inspect(table, labelCol=AWKWARD_LABEL, idCol=AWKWARD_ID, ignoreCols=["a.b"])

    columns = by_name(found)
    assert [c.name for c in found.columns] == table.columns
    assert columns["in.put"].role == columns["In.Put"].role == "input"
    assert columns["a.b"].role == "ignored"
    assert columns["a.b"].nulls == 15
    assert columns["wall"].role == "carried"
    assert "cannot be inspected" in columns["features"].reason
    assert {"tree", "dict", "list", "features", "span"} <= set(the(found, "not_inspected").columns)
    assert {c.label: c.rows for c in found.classes} == {" 01 ": 14, "1": 46}
    assert json.loads(found.to_json())["label_col"] == AWKWARD_LABEL


def test_types_that_python_cannot_read_have_their_nulls_counted(spark):
    table = points(
        spark,
        {"0": 60, "1": 20},
        f"{uniform(1)} AS x",
        "IF(id % 4 = 0, NULL, make_ym_interval(1, 2)) AS span",
        "cast(id % 5 AS decimal(20, 2)) AS price",
        "cast(cast(id % 3 AS string) AS binary) AS blob",
    )

    columns = by_name(inspect(table))

    assert columns["span"].nulls == 20
    assert (columns["price"].role, columns["price"].high) == ("input", 4.0)
    assert columns["blob"].distinct == 3


def test_three_hundred_columns_are_no_trouble(spark):
    flags = [f"int(id % 50 = {i}) AS hot_{i}" for i in range(50)]
    plain = [f"{uniform(i)} AS x_{i}" for i in range(250)]
    table = points(spark, {"'common'": 500, "'rare'": 100}, *plain, *flags)

    found = inspect(table)

    assert len(found.columns) == 301
    assert len(the(found, "one_hot").columns) == 50
    assert the(found, "distances").source.startswith("Beyer")
    assert found.contrast > 0.75
    assert found.advice[0].method == "class weights"


def test_a_one_hot_group_that_rare_rows_break_is_told_with_their_number(spark):
    table = points(
        spark,
        {"0": 30_000, "1": 300},
        f"{uniform(1)} AS x",
        *[f"int(id % 3 = {i} AND xxhash64(id) % 6000 <> 0) AS hot_{i}" for i in range(3)],
    )
    broken = table.filter("hot_0 + hot_1 + hot_2 <> 1").count()
    assert 0 < broken < 30

    found = the(inspect(table, seed=SEED_THAT_SAMPLES_NONE), "one_hot")

    assert f"in all but {broken} of 30,300 rows" in found.message


def test_neighbours_tell_separate_classes_from_mixed_ones(spark):
    apart = f"{uniform(1)} + IF(label = 'rare', 9, 0)"
    table = points(spark, SIZES, f"{uniform(2)} AS y")
    far = table.withColumn("x", F.expr(apart.replace("id", "y")))
    near = table.withColumn("x", F.expr(uniform(1, "y")))

    (rare_far, rare_near) = (inspect(t).classes[1] for t in (far, near))

    assert rare_far.surroundings.other_share == 0
    assert rare_far.surroundings.safe == 1
    assert rare_near.surroundings.other_share > 0.7
    assert inspect(near).advice[0].method == "class weights"
    assert inspect(far).advice[0].method == "SMOTE"


def test_duplicates_are_counted_where_the_class_is_small(spark):
    table = points(spark, {"0": 300, "1": 60}, "id % 20 AS x", "id % 4 * 1.5 AS y")

    found = inspect(table, inputCols=["x", "y"])

    assert [c.distinct_rows for c in found.classes] == [20, 20]
    assert (
        "class '0' (20 of 300 usable rows differ), '1' (20 of 60"
        in the(found, "duplicates").message
    )


def test_columns_can_be_named_for_what_they_are(spark):
    table = points(spark, SIZES, f"{uniform(1)} AS x", "id % 7 AS code", "id + 0 AS amount")

    found = inspect(table, inputCols=["x", "amount"], nominalCols=["code"], kNeighbors=3, seed=5)

    assert {c.name: c.role for c in found.columns} == {
        "x": "input",
        "code": "nominal",
        "amount": "input",
        "label": "label",
    }
    assert found.k == 3
    assert "id_like" not in codes(found)
    assert found.advice[0].method in ("SMOTE-NC", "class weights")


@pytest.mark.parametrize(
    ("columns", "method"),
    [(["concat('k', id % 5) AS kind"], "class weights"), (["array(id) AS list"], "class weights")],
)
def test_a_table_without_numbers_is_inspected_too(spark, columns, method):
    found = inspect(points(spark, SIZES, *columns))

    assert found.advice[0].method == method
    assert (found.classes[1].surroundings is None) == ("list" in columns[0])
    assert str(found)


def test_levels_have_a_part_in_who_is_near(spark):
    """Of two classes alike in x, nominal columns tell which row is of which."""
    table = points(
        spark,
        {"0": 600, "1": 120},
        f"{uniform(1)} AS x",
        "IF(id < 600, 'a', 'b') AS s",
        f"IF({uniform(2)} < 0.05, NULL, id < 600) AS b",
    )

    apart, mixed = inspect(table), inspect(table.drop("s", "b"))
    levels = inspect(table.drop("x"))

    assert apart.classes[1].surroundings.safe > 0.95
    assert mixed.classes[1].surroundings.safe < 0.2
    assert levels.classes[1].surroundings.other_share == 0
    assert levels.advice[0].method == "SMOTE-N"
    assert "adds 1 to the squared distance" in apart.approximate[-1]
    assert "number of nominal columns" in levels.approximate[-1]
    assert not any("ominal" in said for said in mixed.approximate)


def test_a_class_without_one_usable_row_is_no_trouble(spark):
    table = points(spark, {"0": 300, "1": 60}, f"IF(id < 300, {uniform(1)}, NULL) AS x")

    found = inspect(table)

    assert (found.classes[1].usable_rows, found.classes[1].distinct_rows) == (0, 0)
    assert found.classes[1].surroundings is None
    assert found.advice[0].method == "collect more rows"
    assert "'1' (0 of 60 rows)" in the(found, "few_usable").message


def test_it_agrees_with_what_a_resample_refuses(spark):
    table = points(spark, {"0": 300, "1": 60}, f"{uniform(1)} AS x", "id * 3 AS account")

    with pytest.raises(DataError, match="'account'.*looks like an id"):
        SMOTE().plan(table)

    assert the(inspect(table), "id_like").columns == ("account",)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"labelCol": "klass"}, SchemaError, "labelCol names column 'klass'.*'label'"),
        ({"inputCols": ["y"]}, SchemaError, "inputCols names column 'y'"),
        ({"inputCols": ["name"]}, SchemaError, "inputCols names 'name' of type string"),
        ({"nominalCols": ["list"]}, SchemaError, "nominalCols names 'list' of type array"),
        ({"nominalCols": ["x"], "inputCols": ["x"]}, SchemaError, "'x', which inputCols names too"),
        ({"ignoreCols": ["x", "x"]}, SchemaError, "ignoreCols names a column twice"),
        ({"ignoreCols": "x"}, ParameterError, "ignoreCols must be a list.*'x'"),
        ({"idCol": "label"}, SchemaError, "idCol names 'label', which labelCol names too"),
        ({"kNeighbors": 0}, ParameterError, "kNeighbors must be from 1 to 1000; received 0"),
        ({"seed": 1.5}, ParameterError, "seed must be an integer.*1.5"),
    ],
)
def test_what_cannot_be_is_refused_before_a_row_is_read(spark, given, error, message):
    table = unreadable(spark, "id * 1.5 AS x", "string(id) AS name", "array(id) AS list")

    with pytest.raises(error, match=message):
        inspect(table, **given)


def test_labels_that_are_no_classes_are_refused(spark):
    table = points(spark, {"0": 30, "1": 30})

    with pytest.raises(DataError, match="'label' holds one class only, 0 \\(30 rows\\)"):
        inspect(table.filter("label = 0"))
    with pytest.raises(DataError, match="'label' is null in 30 rows"):
        inspect(table.withColumn("label", F.expr("nullif(label, 1)")))
    with pytest.raises(DataError, match="no rows"):
        inspect(table.filter("x > 1000"))
    with pytest.raises(DataError, match="fractions"):
        inspect(table.withColumn("label", F.col("label") + 0.5))
    with pytest.raises(SchemaError, match="no column beside labelCol 'label'"):
        inspect(table.select("label"))
    with pytest.raises(ParameterError, match="must be a Spark DataFrame"):
        inspect([1, 2])


def test_vectors_are_listed_as_not_inspected(spark):
    table = points(spark, SIZES, f"{uniform(1)} AS x").select("*", vector_column("x", "x * 2"))

    found = inspect(table)

    assert "features" in the(found, "not_inspected").columns


def test_nothing_stays_cached(spark, flawed):
    before = set(spark._jsc.getPersistentRDDs())  # what plans of other tests still hold
    inspect(flawed)
    gc.collect()

    assert set(spark._jsc.getPersistentRDDs()) <= before

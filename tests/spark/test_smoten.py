"""SMOTE-N: levels are compared by their classes, and a new row has those most frequent around."""

from collections import Counter

import numpy as np
import pytest
from pyspark.sql import functions as F

from spark_smote import SMOTEN
from spark_smote.errors import DataError, SchemaError
from spark_smote.plans import value_difference
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.table import ColumnRequest
from tests import mixed_oracles
from tests.tables import contents, counts, points, uniform

K = 4
LEVELS = ["channel", "flag", "code", "grade", "parts", "day"]
SIZES = {"'rare'": 200, "'mid'": 90, "'common'": 500}


def nominal_table(spark, partitions=3):
    """Columns of levels of six types, with nulls, ties and repeated rows."""
    return points(
        spark,
        SIZES,
        "CASE id % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE concat('ch ', id % 5) END AS channel",
        f"IF({uniform(7)} < 0.1, NULL, {uniform(1)} < IF(id < 200, 0.7, 0.2)) AS flag",
        f"cast(9 * {uniform(2)} * {uniform(3)} - 2 AS smallint) AS code",
        f"cast({uniform(4)} * 3 AS decimal(4,1)) AS grade",
        f"array(cast(2 * {uniform(5)} AS int), nullif(id % 2, 1)) AS parts",
        "date_add(date'1969-12-30', cast(id % 4 AS int)) AS day",
        partitions=partitions,
    )


def sampler(**params):
    return SMOTEN(
        nominalCols=LEVELS, kNeighbors=K, seed=5, provenance=True, **({"recallQueries": 0} | params)
    )


def known(value):
    """A value as the oracle sorts it: lists are compared part by part, null first."""
    if isinstance(value, list):
        return tuple((part is not None, part or 0) for part in value)
    return value


def levels_of(rows):
    return [tuple(known(row[name]) for name in LEVELS) for row in rows]


def test_every_new_row_is_one_that_the_definition_allows(spark):
    rows = sampler().resample(nominal_table(spark)).collect()
    assert Counter(r.label for r in rows) == {"rare": 500, "mid": 500, "common": 500}
    real = [r for r in rows if not r.is_synthetic]
    labels, classes = [r.label for r in real], ["common", "mid", "rare"]
    tables = [
        mixed_oracles.level_probabilities(column, labels, classes)
        for column in zip(*levels_of(real), strict=True)
    ]
    for label in ("rare", "mid"):
        own = [r for r in real if r.label == label]
        new = [r for r in rows if r.is_synthetic and r.label == label]
        place = {row.row_key: i for i, row in enumerate(own)}
        mixed_oracles.check_smoten_rows(
            levels_of(new), [place[r.base_id] for r in new], levels_of(own), k=K, tables=tables
        )
        assert len({r.base_id for r in new}) > 40


def test_neighbour_and_gap_are_null_and_the_base_is_named(spark):
    rows = sampler().resample(nominal_table(spark)).collect()
    new = [r for r in rows if r.is_synthetic]
    assert {(r.neighbour_id, r.gap, r.row_key) for r in new} == {(None, None, None)}
    keys = {r.row_key for r in rows if not r.is_synthetic}
    assert {r.base_id for r in new} <= keys


def test_rows_do_not_depend_on_partitions_nor_on_provenance(spark):
    expected = contents(sampler().resample(nominal_table(spark, 1)))
    for partitions in (3, 8):
        assert contents(sampler().resample(nominal_table(spark, partitions))) == expected
    plain = SMOTEN(nominalCols=LEVELS, kNeighbors=K, seed=5, recallQueries=0)
    columns = plain.resample(nominal_table(spark)).columns
    with_ids = sampler().resample(nominal_table(spark)).select(*columns)
    assert contents(plain.resample(nominal_table(spark))) == contents(with_ids)


SORTED = {
    "string": [None, "''", "'A'", "'a'", "'b'", "'é'", "'🦆'"],
    "boolean": [None, "false", "true"],
    "int": [None, "-2147483648", "-1", "0", "10", "9999"],
    "double": [None, "double('-Infinity')", "-1D", "1e-300D", "2D", "double('NaN')"],
    "decimal(20,2)": [None, "-123456789012345678.01", "-123456789012345678.00", "0.00", "1.50"],
    "date": [None, "date'0001-01-01'", "date'1969-12-31'", "date'9999-12-31'"],
    "timestamp": [None, "timestamp'1969-12-31 23:59:59.999999'", "timestamp'2020-03-29 02:30:00'"],
    "binary": [None, "X''", "X'00'", "X'41'", "X'FF'"],
    "interval day to second": [None, "make_dt_interval(-9)", "make_dt_interval(1, 2, 3, 4.000005)"],
    "array<int>": [None, "array()", "array(NULL)", "array(1)", "array(1, 2)", "array(10)"],
    "struct<a:int,b:string>": [
        None,
        "named_struct('a', NULL, 'b', 'z')",
        "named_struct('a', 2, 'b', 'a')",
        "named_struct('a', 10, 'b', NULL)",
    ],
}


def test_levels_of_every_type_are_sorted_by_value_null_first(spark):
    rows = max(map(len, SORTED.values()))
    columns = []
    for i, (kind, values) in enumerate(SORTED.items()):
        listed = ", ".join(f"cast({v or 'NULL'} AS {kind})" for v in (values * rows)[:rows])
        columns.append(f"array({listed})[cast(id % {rows} AS int)] AS c{i}")
    table = spark.range(0, 2 * rows).selectExpr(*columns, f"id >= {rows} AS label")
    request = ColumnRequest(label_col="label", nominal_cols=table.columns[:-1], interpolates=False)
    resolved = resolve_columns(table, request)
    counted = value_difference.count_levels(resolved, [False, True])
    metric = value_difference.measured_levels(resolved, counted, classes=2, grown=[True])
    found = resolved.frame.filter(f"NOT c{len(columns)}")
    codes = np.array([row["f"] for row in found.select(resolved.features.alias("f")).collect()])
    numbers = metric.numbered(codes)
    for j, (kind, values) in enumerate(SORTED.items()):
        expected = [i % len(values) for i in range(rows)]
        assert numbers[:, j].tolist() == expected, kind


def test_a_tie_between_two_levels_goes_to_the_first(spark):
    """Four rows at distance 0 of each other: two of each level vote, the base among them."""
    table = spark.createDataFrame(
        [(level, "yes") for level in ("b", "a", "b", "a")] + [("a", "no"), ("b", "no")] * 5,
        "level string, label string",
    )
    rows = SMOTEN(kNeighbors=3, seed=1).plan(table).synthetic().collect()
    assert [r.level for r in rows] == ["a"] * 6
    holed = table.withColumn("level", F.expr("nullif(level, 'b')"))
    rows = SMOTEN(kNeighbors=3, seed=1).plan(holed).synthetic().collect()
    assert [r.level for r in rows] == [None] * 6


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, ["2 numeric column(s)", "'code' (smallint)", "nominalCols", "ignoreCols", "SMOTENC"]),
        ({"carryPolicy": "copy"}, ["'grade'", "ignoreCols", "carryPolicy"]),
        ({"ignoreCols": ["code", "grade"]}, ["'code'", "'day' (date)", "carryPolicy='copy'"]),
        ({"nominalCols": ["chanel"]}, ["nominalCols", "'chanel'"]),
        ({"nominalCols": ["label"]}, ["nominalCols", "labelCol"]),
        (
            {"nominalCols": [], "ignoreCols": ["code", "grade"], "carryPolicy": "copy"},
            ["nominalCols=[]", "SMOTE"],
        ),
    ],
)
def test_columns_that_do_not_fit_are_refused(spark, params, words):
    with pytest.raises(SchemaError) as refused:
        SMOTEN(**params).plan(nominal_table(spark))
    for word in words:
        assert word in str(refused.value)


def test_columns_may_be_decided_one_by_one(spark):
    decided = {"code": "null", "parts": "copy", "day": "copy"}
    plan = SMOTEN(ignoreCols=["grade"], carryPolicy=decided | {"grade": "copy"}).plan
    roles = plan(nominal_table(spark)).report.columns
    assert {c.name: (c.role, c.policy) for c in roles} == {
        "channel": ("nominal", None),
        "flag": ("nominal", None),
        "code": ("carried", "null"),
        "grade": ("ignored", "copy"),
        "parts": ("carried", "copy"),
        "day": ("carried", "copy"),
        "label": ("label", None),
    }


def test_a_column_with_too_many_levels_is_refused_with_its_name(spark, monkeypatch):
    monkeypatch.setattr(value_difference, "MOST_LEVELS", 300)
    table = nominal_table(spark).withColumn("text", F.expr("uuid()"))
    with pytest.raises(DataError, match="'text' has more than 300 different values.*ignoreCols"):
        SMOTEN(nominalCols=[*LEVELS, "text"]).plan(table)


def test_the_bound_of_levels_shrinks_with_the_classes():
    assert [value_difference.most_levels(n) for n in (2, 8, 9, 1000)] == [
        131_072,
        131_072,
        116_508,
        1_048,
    ]


def test_levels_that_occur_once_are_warned_of(spark):
    table = nominal_table(spark).withColumn("serial", F.expr("uuid()")).localCheckpoint()
    notices = SMOTEN(nominalCols=[*LEVELS, "serial"]).plan(table).report.notices
    (found,) = [notice for notice in notices if notice.code == "levels_alone"]
    assert "'serial' (100%)" in found.message
    assert "'channel'" not in found.message


def test_numbers_are_no_parameters_of_it():
    for name in ("inputCols", "standardize", "boundsPolicy", "handleInvalid", "featuresCol"):
        assert not hasattr(SMOTEN, name)


def test_small_classes_are_reduced_or_duplicated_with_their_levels(spark):
    table = points(
        spark, {"'one'": 1, "'few'": 3, "'most'": 40}, "concat('level ', id % 2) AS s", "true AS t"
    )
    for policy in ("reduce", "duplicate"):
        rows = SMOTEN(onSmallClass=policy, seed=2).resample(table).collect()
        assert Counter(r.label for r in rows) == {"one": 40, "few": 40, "most": 40}
        assert {r.s for r in rows if r.label == "one"} == {"level 0"}


def test_columns_of_one_level_leave_all_rows_at_distance_zero(spark):
    table = points(spark, {"'a'": 9_000, "'b'": 9_030}, "'same' AS s", "id AS n")
    plan = SMOTEN(ignoreCols=["n"], carryPolicy="copy", seed=2, recallQueries=0).plan(table)
    assert counts(plan.resampled()) == {"a": 9_030, "b": 9_030}
    assert {r.s for r in plan.synthetic().collect()} == {"same"}


def large_table(spark, partitions):
    """A class of many buckets; 400 levels in a column of which few say the same of the class."""
    return points(
        spark,
        {"1": 12_000, "0": 12_500},
        *[
            f"concat('l', cast(pow({uniform(i)}, IF(id < 12000, 1, {i + 2})) * 12 AS int)) AS s{i}"
            for i in range(6)
        ],
        f"concat('many ', cast(400 * pow({uniform(9)}, IF(id < 12000, 1, 2)) AS int)) AS many",
        partitions=partitions,
    )


def test_classes_of_many_buckets_find_nearly_all_neighbours_whatever_the_partitions(spark):
    made = []
    for partitions in (1, 8):
        plan = SMOTEN(seed=3, recallQueries=500, searchQuality="fast").plan(
            large_table(spark, partitions)
        )
        (found,) = plan.report.accuracy
        print(f"recall {found.recall:.3f}, distance ratio {found.distance_ratio:.4f}")
        assert plan.report.classes[1].buckets > 4
        assert found.recall >= 0.85
        assert found.distance_ratio <= 1.05
        made.append(contents(plan.synthetic()))
    assert made[0] == made[1]
    assert sum(made[0].values()) == 500

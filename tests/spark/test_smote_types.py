"""Inputs come back in their own type; labels of every type are understood."""

import json
from decimal import Decimal

import numpy as np
import pytest
from pyspark.ml.functions import array_to_vector, vector_to_array
from pyspark.ml.linalg import Vectors
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote import SMOTE
from tests.tables import classes, clustered, contents, counts, points, uniform

NUMBERS = {
    "tiny": f"cast(255 * {uniform(1)} - 128 AS tinyint)",
    "small": f"cast(9 * {uniform(2)} AS smallint)",
    "whole": f"cast(1000000 * {uniform(3)} - 500000 AS int)",
    "long": f"cast(9007199254740992 * {uniform(4)} AS bigint)",
    "single": f"cast({uniform(5)} / 3 AS float)",
    "money": f"cast(99999999.99 * {uniform(6)} AS decimal(10, 2))",
    "dozens": f"cast(12 * {uniform(7)} AS decimal(3, 0))",
    "double": clustered(8),
    "may_be_null": f"nullif({uniform(9)}, -1)",
}


@pytest.fixture(scope="module")
def numbers(spark):
    columns = [f"{sql} AS {name}" for name, sql in NUMBERS.items()]
    table = classes(spark, {"1": 40, "0": 400}, *columns)
    output = SMOTE(idCol="id", inputCols=list(NUMBERS), provenance=True, seed=3).resample(table)
    rows = output.collect()
    by_id = {row.id: row for row in rows if not row.is_synthetic}
    new = [row for row in rows if row.is_synthetic]
    assert len(new) == 360
    return table, output, new, by_id


def test_inputs_keep_their_type_and_stay_within_their_class(numbers):
    table, output, new, by_id = numbers
    minority = [row for row in by_id.values() if row.label == 1]
    for name in NUMBERS:
        assert output.schema[name] == table.schema[name]
        lowest, highest = (f([row[name] for row in minority]) for f in (min, max))
        assert all(lowest <= row[name] <= highest for row in new), name


def test_each_value_is_the_interpolated_one_rounded_to_its_type(numbers):
    _, _, new, by_id = numbers
    halves = 0
    for row in new:
        base, neighbour = by_id[row.base_id], by_id[row.neighbour_id]
        for name in NUMBERS:
            one, other = float(base[name]), float(neighbour[name])
            exact = one + row.gap * (other - one)
            if name in ("tiny", "small", "whole", "long"):
                assert row[name] == round(exact), name
                halves += row[name] != int(exact)
            elif name == "money":
                assert abs(row[name] - Decimal(exact)) <= Decimal("0.0050001")
                assert row[name].as_tuple().exponent == -2
            elif name == "dozens":
                assert abs(row[name] - Decimal(exact)) <= Decimal("0.5000001")
            elif name == "single":
                assert row[name] == pytest.approx(exact, rel=1e-7)
                assert np.float32(row[name]) == row[name]
            else:
                assert row[name] == pytest.approx(exact, rel=1e-12)
    assert halves > 100  # truncation would give none


def packed(spark, kind):
    """Two columns of whole numbers, in one column of the kind."""
    table = classes(spark, {"1": 20, "0": 50}, "id % 7 * 3 AS p", "IF(id % 3 = 0, 0, id) AS q")
    array = F.array(F.col("p").cast("double"), F.col("q").cast("double"))
    if kind == "vectors, dense and sparse":
        spots = [(r.id, r.p, r.q, r.label) for r in table.collect()]
        vectors = [
            (i, Vectors.dense([p, q]) if i % 2 else Vectors.sparse(2, {0: p, 1: q}), label)
            for i, p, q, label in spots
        ]
        return spark.createDataFrame(vectors, ["id", "f", "label"]).coalesce(1)
    element = kind.removeprefix("array of ")
    if element == "double, from a vector":
        array = vector_to_array(array_to_vector(array))
        assert not table.select(array.alias("f")).schema["f"].dataType.containsNull
        return table.select("id", array.alias("f"), "label")
    values = array.cast(f"array<{element}>")
    holes = F.filter(values, lambda _: F.lit(True))
    return table.select("id", F.when(F.col("id") >= 0, holes).alias("f"), "label")


@pytest.mark.parametrize(
    "kind",
    [
        "vectors, dense and sparse",
        "array of double, from a vector",
        "array of float",
        "array of int",
        "array of decimal(5,1)",
    ],
)
def test_features_come_in_one_column_of_vectors_or_arrays(spark, kind):
    table = packed(spark, kind)
    sampler = SMOTE(featuresCol="f", idCol="id", provenance=True, kNeighbors=3, seed=1)
    output = sampler.resample(table)
    rows = output.collect()
    by_id = {row.id: row for row in rows if not row.is_synthetic}
    new = [row for row in rows if row.is_synthetic]

    assert output.schema["f"].dataType == table.schema["f"].dataType
    assert output.schema["f"].nullable == table.schema["f"].nullable
    assert contents(output.filter("NOT is_synthetic").select("id", "f", "label")) == contents(table)
    assert len(new) == 30
    for row in new:
        base, neighbour = (
            np.array(by_id[i].f, dtype=float) for i in (row.base_id, row.neighbour_id)
        )
        exact = base + row.gap * (neighbour - base)
        if "int" in kind:
            exact = np.rint(exact)
        found = np.array(row.f, dtype=float)
        assert found == pytest.approx(exact, abs=0.051 if "decimal" in kind else 1e-5)


LABELS = {
    "string": ["' 1 '", "'01'", "'1'"],
    "tinyint": ["-1Y", "0Y", "1Y"],
    "bigint": ["9007199254740993", "9007199254740992", "0"],
    "float": ["float(1)", "float(-3)", "float(0)"],
    "double": ["1D", "-0.0D", "2D"],
    "decimal": ["1.50", "1.05", "0.00"],
    "date": ["date'1969-12-31'", "date'2024-02-29'", "date'0001-01-01'"],
    "unicode": ["'O''Brien \"x\"'", "'é\\\\n'", "''"],
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_every_type_are_told_apart_and_named_by_their_text(spark, kind):
    rare, few, many = LABELS[kind]
    table = points(spark, {rare: 9, few: 12, many: 20}).select("x", "label", "y")
    found = counts(table)
    values = sorted(found, key=found.get)
    strategy = {str(values[0]): 15, values[1]: 13}
    plan = SMOTE(samplingStrategy=strategy, seed=1).plan(table)
    output = plan.resampled()

    assert counts(output) == dict(zip(values, (15, 13, 20), strict=True))
    assert output.schema["label"].dataType == table.schema["label"].dataType
    assert output.columns == ["x", "label", "y", "is_synthetic"]
    json.dumps(plan.report.to_dict(), allow_nan=False)


@pytest.mark.parametrize("key", [True, "true", "True", 1])
def test_boolean_labels_are_named_in_any_spelling(spark, key):
    table = points(spark, {"true": 9, "false": 20})
    plan = SMOTE(samplingStrategy={key: 12}).plan(table)

    assert {c.label: c.rows_after for c in plan.report.classes} == {False: 20, True: 12}
    if key is True:
        assert counts(plan.resampled()) == {False: 20, True: 12}
        assert plan.resampled().schema["label"].dataType == T.BooleanType()

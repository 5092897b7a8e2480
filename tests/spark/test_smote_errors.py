"""Bad input fails before heavy work, and says what, where, how much, and what to do."""

import pytest
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote import SMOTE
from spark_smote.errors import DataError, ParameterError, SchemaError, SparkSmoteError
from tests.tables import points, unreadable


def refusal(kind, df, **params):
    """The message with which a plan is refused."""
    with pytest.raises(SparkSmoteError) as caught:
        SMOTE(**params).plan(df)
    assert type(caught.value) is kind
    assert isinstance(caught.value, ValueError)
    assert caught.value.exit_code == (3 if kind is DataError else 2)
    return str(caught.value)


def says(message, *words):
    missing = [word for word in words if word not in message]
    assert not missing, f"{message!r} does not say {missing}"


X = "id * 1D AS x"
NAN, INF = "double('NaN')", "double('Infinity')"

COLUMNS = {
    "string without policy": (
        [X, "'s' AS name"],
        {},
        ["carryPolicy", "'name' (string)", "null", "copy", "inputCols", "drop"],
    ),
    "boolean and date without policy": (
        [X, "id > 3 AS flag", "current_date() AS day"],
        {},
        ["'flag' (boolean)", "'day' (date)", "2 column(s)", "carryPolicy"],
    ),
    "ignored number without policy": (
        [X, "id AS code"],
        {"ignoreCols": ["code"]},
        ["carryPolicy", "'code' (bigint)"],
    ),
    "number left out of the inputs": (
        [X, "id AS code"],
        {"inputCols": ["x"]},
        ["carryPolicy", "'code' (bigint)"],
    ),
    "policy for some columns only": (
        [X, "'s' AS name", "'t' AS tag"],
        {"carryPolicy": {"tag": "copy"}},
        ["carryPolicy", "'name' (string)"],
    ),
    "policy for a column that is not there": (
        [X, "'s' AS name"],
        {"carryPolicy": {"nmae": "copy"}},
        ["carryPolicy", "'nmae'", "'name'"],
    ),
    "policy for an input": (
        [X, "id AS code"],
        {"carryPolicy": {"x": "copy"}},
        ["carryPolicy", "'x'", "input"],
    ),
    "null where null may not be": (
        [X, "'s' AS name"],
        {"carryPolicy": "null"},
        ["carryPolicy", "'null'", "'name'", "copy"],
    ),
    "label misspelt": ([X], {"labelCol": "lable"}, ["labelCol", "'lable'", "'label'"]),
    "label in another case": ([X], {"labelCol": "Label"}, ["labelCol", "'Label'", "'label'"]),
    "label like nothing there": ([X], {"labelCol": "zzz"}, ["labelCol", "'zzz'", "'x'", "'label'"]),
    "input misspelt": (
        [X, "id AS amount"],
        {"inputCols": ["x", "amuont"]},
        ["inputCols", "'amuont'", "'amount'"],
    ),
    "input that is text": (
        [X, "'s' AS name"],
        {"inputCols": ["x", "name"]},
        ["inputCols", "'name'", "string", "carryPolicy"],
    ),
    "input that is a boolean": (
        [X, "id > 1 AS flag"],
        {"inputCols": ["x", "flag"]},
        ["inputCols", "'flag'", "boolean"],
    ),
    "input named twice": ([X], {"inputCols": ["x", "x"]}, ["inputCols", "'x'", "twice"]),
    "no input named": ([X], {"inputCols": []}, ["inputCols", "empty"]),
    "label among the inputs": ([X], {"inputCols": ["x", "label"]}, ["labelCol", "'label'"]),
    "id among the inputs": (
        [X, "nullif(id, -1) AS id"],
        {"inputCols": ["x", "id"], "idCol": "id"},
        ["idCol", "'id'", "input"],
    ),
    "id that cannot cross": (
        [X, "IF(id < 9, interval '1' year, NULL) AS id"],
        {"idCol": "id", "provenance": True},
        ["idCol", "'id'", "interval year", "provenance=False"],
    ),
    "id that may not be null": ([X, "id"], {"idCol": "id"}, ["idCol", "'id'", "null"]),
    "ignored column among the inputs": (
        [X, "id AS code"],
        {"inputCols": ["x", "code"], "ignoreCols": ["code"]},
        ["'code'", "inputs", "ignoreCols"],
    ),
    "nothing numeric": (
        ["'s' AS name"],
        {"carryPolicy": "copy"},
        ["numeric", "inputCols", "featuresCol"],
    ),
    "id misspelt": ([X, "id"], {"idCol": "idd"}, ["idCol", "'idd'", "'id'"]),
    "ignored misspelt": ([X], {"ignoreCols": ["xx"]}, ["ignoreCols", "'xx'", "'x'"]),
    "features misspelt": (
        [X, "array(1D) AS features"],
        {"featuresCol": "feature"},
        ["featuresCol", "'feature'", "'features'"],
    ),
    "features of text": (
        [X, "array('a') AS f"],
        {"featuresCol": "f"},
        ["featuresCol", "'f'", "array<string>", "vector"],
    ),
    "features of one number": (
        [X],
        {"featuresCol": "x"},
        ["featuresCol", "'x'", "double", "inputCols"],
    ),
    "marker there already": (
        [X, "id > 1 AS is_synthetic"],
        {"carryPolicy": "copy"},
        ["'is_synthetic'", "syntheticCol", "original"],
    ),
    "marker there in another case": (
        [X, "id > 1 AS Is_Synthetic"],
        {"carryPolicy": "copy"},
        ["'Is_Synthetic'", "syntheticCol"],
    ),
    "marker named like an input": ([X], {"syntheticCol": "x"}, ["'x'", "syntheticCol"]),
    "marker named like provenance": (
        [X],
        {"syntheticCol": "gap", "provenance": True},
        ["'gap'", "syntheticCol"],
    ),
    "provenance there already": (
        [X, "id AS base_id"],
        {"provenance": True},
        ["'base_id'", "provenance"],
    ),
    "key there already": (
        [X, "id AS row_key"],
        {"provenance": True},
        ["'row_key'", "provenance"],
    ),
    "column name used twice": ([X, "id AS code", "id AS code"], {}, ["'code'", "rename"]),
    "interval that cannot be copied": (
        [X, "interval '1' year AS term"],
        {"carryPolicy": "copy"},
        ["carryPolicy", "'copy'", "'term'", "interval"],
    ),
    "interval that cannot be copied, inside a struct": (
        [X, "named_struct('t', interval '1' year) AS terms"],
        {"carryPolicy": "copy"},
        ["carryPolicy", "'copy'", "'terms'", "interval"],
    ),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_unfit_columns_are_refused_without_reading_a_row(spark, case):
    columns, params, words = COLUMNS[case]

    says(refusal(SchemaError, unreadable(spark, *columns), **params), *words)


def test_a_label_that_cannot_be_a_class_is_refused(spark):
    for sql, kind in (("array(1)", "array<int>"), ("current_timestamp()", "timestamp")):
        table = spark.range(9).selectExpr(X, f"{sql} AS label")
        says(refusal(SchemaError, table), "labelCol", "'label'", kind, "string")


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"inputCols": ["x"], "featuresCol": "f"},
            ["inputCols=['x']", "featuresCol='f'", "unset"],
        ),
        (
            {"samplingStrategy": 0.5, "samplingRatios": {1: 0.5}},
            ["samplingStrategy=0.5", "samplingRatios={1: 0.5}", "leave out one"],
        ),
    ],
)
def test_parameters_that_contradict_are_refused_without_reading_a_row(spark, params, words):
    says(refusal(ParameterError, unreadable(spark, X), **params), *words)


TWO = {"0": 60, "1": 20}
THREE = {"'a'": 60, "'b'": 20, "'c'": 30}

STRATEGIES = {
    "fewer than present": (
        TWO,
        {"samplingStrategy": {1: 19}},
        ["samplingStrategy", "19 rows", "class 1", "has 20", "20 or more"],
    ),
    "class not present": (
        THREE,
        {"samplingStrategy": {"d": 90}},
        ["samplingStrategy", "'d'", "'a' (60 rows)", "'b' (20 rows)", "'c' (30 rows)"],
    ),
    "class not present among ratios": (
        THREE,
        {"samplingRatios": {"d": 0.9}},
        ["samplingRatios", "'d'", "'a' (60 rows)"],
    ),
    "ratio below the present one": (
        THREE,
        {"samplingRatios": {"b": 0.1}},
        ["samplingRatios", "'b'", "6 rows", "has 20"],
    ),
    "float that adds nothing": (
        TWO,
        {"samplingStrategy": 0.3},
        ["samplingStrategy=0.3", "class 1", "20 rows", "0.333333", "60"],
    ),
    "float for three classes": (
        THREE,
        {"samplingStrategy": 0.9},
        ["samplingStrategy=0.9", "3", "'a' (60 rows)", "samplingRatios"],
    ),
    "class named twice": (
        TWO,
        {"samplingStrategy": {1: 30, "1": 31}},
        ["samplingStrategy", "class 1", "twice"],
    ),
}


@pytest.mark.parametrize("case", STRATEGIES)
def test_strategies_that_these_counts_do_not_allow_are_refused(spark, case):
    sizes, params, words = STRATEGIES[case]

    says(refusal(DataError, points(spark, sizes), **params), *words)


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (None, ["samplingStrategy", "None", "dict"]),
        ({1: 2.5}, ["samplingStrategy", "2.5", "class 1", "samplingRatios"]),
        ({1: -4}, ["samplingStrategy", "-4", "class 1", "0 or more"]),
    ],
)
def test_a_function_that_returns_something_else_than_totals_is_refused(spark, returned, words):
    message = refusal(ParameterError, points(spark, TWO), samplingStrategy=lambda counts: returned)
    says(message, *words)


CONTENTS = {
    "null labels": (
        [X, "IF(id < 5, NULL, id % 2) AS label"],
        {},
        ["labelCol", "'label'", "null", "5 rows"],
    ),
    "NaN labels": (
        [X, "IF(id < 5, double('NaN'), id % 2) AS label"],
        {},
        ["labelCol", "'label'", "NaN"],
    ),
    "labels with fractions": (
        [X, "(id % 2) + 0.25D AS label"],
        {},
        ["labelCol", "'label'", "0.25", "continuous"],
    ),
    "a label per row": (
        [X, "concat('l', id) AS label"],
        {},
        ["labelCol", "'label'", "1000", "continuous"],
    ),
    "ids among the inputs": (
        [X, "id", "int(id < 60) AS label"],
        {},
        ["'id'", "id", "60", "ignoreCols", "idCol", "inputCols"],
    ),
    "long beyond 2^53": (
        [X, "9007199254740992 + id % 3 AS big", "int(id < 60) AS label"],
        {"inputCols": ["x", "big"]},
        ["'big'", "bigint", "2^53", "ignoreCols", "carryPolicy"],
    ),
    "negative long beyond 2^53": (
        [X, "IF(id = 1499, -9007199254740993, 1) AS big", "int(id < 60) AS label"],
        {},
        ["'big'", "bigint", "1 value", "2^53"],
    ),
    "decimal that a double cannot hold": (
        [
            X,
            "decimal(id % 7) / 3 AS rest",
            "cast(concat(id, '.12345678901234567') AS decimal(22, 17)) AS fine",
            "int(id < 60) AS label",
        ],
        {"ignoreCols": ["rest"], "carryPolicy": "copy"},
        ["'fine'", "decimal(22,17)", "double", "rescale"],
    ),
    "decimal near the end of its range": (
        [
            X,
            f"cast(concat(id % 9, '{'9' * 37}') AS decimal(38, 0)) AS huge",
            "int(id < 60) AS label",
        ],
        {"inputCols": ["x", "huge"]},
        ["'huge'", "decimal(38,0)", "double"],
    ),
    "largest decimal": (
        [X, f"cast('{'9' * 38}' AS decimal(38, 0)) AS huge", "int(id < 60) AS label"],
        {"inputCols": ["x", "huge"]},
        ["'huge'", "decimal(38,0)", "double"],
    ),
    "long beyond 2^53 inside an array": (
        ["array(9007199254740993 + id % 3, id) AS f", "int(id < 60) AS label"],
        {"featuresCol": "f"},
        ["'f'", "2^53"],
    ),
    "invalid inputs": (
        [
            f"CASE id WHEN 2 THEN NULL WHEN 3 THEN {NAN} WHEN 4 THEN {INF} ELSE id END AS `x.1`",
            "IF(id = 70, NULL, id % 5) AS n",
            "float(id) AS fine",
            "int(id < 60) AS label",
        ],
        {},
        ["'x.1' (3 rows)", "'n' (1 rows)", "handleInvalid='skip'", "NaN"],
    ),
    "arrays of different lengths": (
        ["IF(id = 4, array(1D), array(1D, id)) AS f", "int(id < 60) AS label"],
        {"featuresCol": "f"},
        ["featuresCol", "'f'", "from 1 to 2"],
    ),
    "empty arrays": (
        ["cast(array() AS array<double>) AS f", "int(id < 60) AS label"],
        {"featuresCol": "f"},
        ["featuresCol", "'f'", "at least one"],
    ),
    "arrays with holes": (
        [
            f"IF(id = 4, NULL, array(CASE id WHEN 5 THEN NULL WHEN 6 THEN {NAN} ELSE id END)) AS f",
            "int(id < 60) AS label",
        ],
        {"featuresCol": "f"},
        ["featuresCol", "'f'", "3 rows", "handleInvalid='skip'"],
    ),
    "nothing usable in a class": (
        ["IF(id < 60, NULL, id * 1D) AS x", "int(id < 60) AS label"],
        {"handleInvalid": "skip"},
        ["class 1", "0 usable", "60", "missing", "onSmallClass='skip'"],
    ),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_contents_that_cannot_be_resampled_are_refused(spark, case):
    columns, params, words = CONTENTS[case]
    table = spark.range(0, 1500, 1, 2).selectExpr(*columns)

    says(refusal(DataError, table, **({"onSmallClass": "reduce"} | params)), *words)


def test_vectors_of_different_lengths_are_refused(spark):
    schema = T.StructType(
        [T.StructField("v", VectorUDT()), T.StructField("label", T.IntegerType())]
    )
    rows = [(Vectors.dense([1.0, i]), int(i < 9)) for i in range(30)]
    table = spark.createDataFrame([*rows, (Vectors.sparse(3, {0: 1.0}), 1)], schema)

    says(refusal(DataError, table, featuresCol="v"), "featuresCol", "'v'", "from 2 to 3")


def test_an_id_like_column_is_accepted_where_it_is_named(spark):
    table = spark.range(1500).selectExpr("id", "id % 10 AS n", "int(id < 60) AS label")

    assert SMOTE(inputCols=["id", "n"], samplingStrategy=0.1).plan(table).report.rows_after == 1584


def test_values_at_the_edge_of_what_a_double_holds_are_accepted(spark):
    edge = "IF(id % 2 = 0, 9007199254740992, -9007199254740992) AS big"
    table = spark.range(200).selectExpr(
        edge, "cast(id % 9 AS decimal(38, 10)) AS plain", "int(id < 60) AS label"
    )
    new = SMOTE(seed=1).plan(table).synthetic()

    assert new.filter("abs(big) > 9007199254740992 OR plain NOT BETWEEN 0 AND 8").count() == 0
    assert new.filter(F.col("big").isNull() | F.col("plain").isNull()).count() == 0


def test_exact_search_of_a_class_too_large_for_it_is_refused(spark, monkeypatch):
    monkeypatch.setattr("spark_smote.plans.model.MOST_EXACT_PARTS", 1)
    table = spark.range(0, 300_000, 1, 2).selectExpr("sqrt(id) AS x", "int(id < 140000) AS label")
    message = refusal(DataError, table, searchQuality="exact")

    says(message, "searchQuality='exact'", "131,072", "class 1", "hours", "'accurate'")

"""Class weights act on a learner as rows repeated, and say what a sampler would deliver."""

import pytest
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import functions as F

from spark_smote import SMOTE, RandomOverSampler, RandomUnderSampler, classWeights
from spark_smote.errors import DataError, ParameterError, SchemaError
from tests.tables import contents, points, uniform, unreadable

THREE = {"0": 120, "1": 30, "2": 60}


@pytest.fixture(scope="module")
def table(spark):
    columns = [f"{uniform(i)} + 0.6D * (id div 60) AS x{i}" for i in (1, 2)]
    return points(spark, THREE, *columns).cache()


def weights(df):
    """The weight of each class; one only."""
    found = {row.label: row.weight for row in df.select("label", "weight").distinct().collect()}
    assert df.select("label", "weight").distinct().count() == len(found)
    return found


FORMS = {
    "auto": {},
    "minority": {"samplingStrategy": "minority"},
    "not majority": {"samplingStrategy": "not majority"},
    "dict": {"samplingStrategy": {"1": 75, 0: 240}},
    "callable": {"samplingStrategy": lambda counts: {2: counts[2] + 7}},
    "ratios": {"samplingRatios": {1: 0.5}},
}


@pytest.mark.parametrize("form", FORMS)
def test_weights_are_the_rows_an_over_sampler_would_deliver_per_row(table, form):
    classes = RandomOverSampler(**FORMS[form]).plan(table).report.classes

    assert weights(classWeights(table, **FORMS[form])) == {
        c.label: c.rows_after / c.rows_before for c in classes
    }


UNDER = {
    "auto": {},
    "majority": {"samplingStrategy": "majority"},
    "dict": {"samplingStrategy": {0: 17}},
    "ratios": {"samplingRatios": {0: 2, 2: 1.5}},
}


@pytest.mark.parametrize("form", UNDER)
def test_weights_are_the_rows_an_under_sampler_would_keep_per_row(table, form):
    classes = RandomUnderSampler(**UNDER[form]).plan(table).report.classes

    assert weights(classWeights(table, kind="under-sampling", **UNDER[form])) == {
        c.label: c.rows_after / c.rows_before for c in classes
    }


def fitted(df, **params):
    learner = LogisticRegression(
        maxIter=300, tol=1e-12, regParam=0.01, standardization=False, **params
    )
    model = learner.fit(VectorAssembler(inputCols=["x1", "x2"], outputCol="features").transform(df))
    return [*model.coefficientMatrix.toArray().ravel(), *model.interceptVector.toArray()]


def test_a_weighted_learner_finds_what_it_finds_on_repeated_rows(table):
    """Three classes; rows of one weigh 4 and of another 2."""
    weighted = fitted(classWeights(table), weightCol="weight")
    times = F.when(F.col("label") == 1, 4).when(F.col("label") == 2, 2).otherwise(1)
    repeated = table.withColumn("copy", F.explode(F.array_repeat(F.lit(0), times)))

    assert weighted == pytest.approx(fitted(repeated), abs=1e-6)
    assert weighted != pytest.approx(fitted(table), abs=1e-2)


def test_rows_and_columns_are_untouched(spark):
    awkward = points(spark, {"'a'": 9, "'b'": 20}, "id AS `x.y`", "map('k', double('NaN')) AS m")
    output = classWeights(awkward, weightCol="w.é")

    assert output.columns == [*awkward.columns, "w.é"]
    assert output.schema.fields[:3] == awkward.schema.fields
    assert not output.schema["w.é"].nullable
    assert contents(output.drop("w.é")) == contents(awkward)


def test_weights_that_rows_have_are_multiplied(spark):
    table = points(spark, {"'a'": 9, "'b'": 18}, "id * 0.25D AS w")
    rows = classWeights(table, inputWeightCol="w").collect()

    assert all(row.weight == row.w * (2.0 if row.label == "a" else 1.0) for row in rows)
    for odd in ("-1D", "double('NaN')", "NULL", "double('inf')"):
        broken = points(spark, {"'a'": 9, "'b'": 18}, f"IF(id = 3, {odd}, 1D) AS w")
        with pytest.raises(DataError, match=r"inputWeightCol 'w'.*in 1 rows"):
            classWeights(broken, inputWeightCol="w")


def test_new_rows_weigh_what_their_base_row_weighs(spark):
    """The rule: a weight is no input but copied, so that a class keeps its mean weight."""
    table = points(spark, {"1": 40, "0": 400}, f"{uniform(1)} AS x", "1D + id % 40 AS weight")
    sampler = SMOTE(ignoreCols=["weight"], carryPolicy={"weight": "copy"}, provenance=True, seed=1)
    rows = sampler.resample(table).collect()
    by_key = {row.row_key: row for row in rows if not row.is_synthetic}
    new = [row for row in rows if row.is_synthetic]

    assert len(new) == 360
    assert all(row.weight == by_key[row.base_id].weight for row in new)
    assert sum(row.weight for row in new) / 360 == pytest.approx(20.5, abs=2.5)  # four deviations


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        ({"kind": "cleaning"}, ParameterError, "kind must be.*received 'cleaning'"),
        ({"samplingStrategy": "majority"}, ParameterError, "no meaning for over-sampling"),
        ({"weightCol": ""}, ParameterError, "weightCol must be.*received ''"),
        ({"weightCol": "X"}, SchemaError, "already has a column 'x'.*inputWeightCol='x'"),
        ({"inputWeightCol": "y"}, SchemaError, "inputWeightCol names column 'y'"),
        ({"inputWeightCol": "s"}, SchemaError, "'s' is of type string.*cast"),
        ({"labelCol": "klass"}, SchemaError, "labelCol names column 'klass'"),
    ],
)
def test_what_cannot_be_is_refused_before_rows_are_read(spark, given, error, says):
    with pytest.raises(error, match=says):
        classWeights(unreadable(spark, "1D AS x", "'s' AS s"), **given)

"""Samplers in turn: what each leaves, what is new in the end, and what is said of it."""

from collections import Counter

import pytest
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import functions as F

from spark_smote import SMOTE, SMOTENC, Chain, RandomOverSampler, RandomUnderSampler, Resampled
from spark_smote.errors import ParameterError
from spark_smote.io import planned_rows
from spark_smote.report import from_json, to_html, to_json
from tests.tables import classes, contents, counts, points

SIZES = {"'a'": 300, "'b'": 60, "'c'": 20}
QUIET = {"recallQueries": 0}


@pytest.fixture(scope="module")
def table(spark):
    return classes(spark, SIZES)


def marked(output):
    """Rows by class and by whether they are new."""
    rows = output.groupBy("label", "is_synthetic").count().collect()
    return {(row.label, row.is_synthetic): row["count"] for row in rows}


@pytest.fixture(scope="module")
def fewer_then_more(table):
    under = RandomUnderSampler(samplingStrategy={"a": 100}, seed=1)
    return Chain([under, SMOTE(idCol="id", provenance=True, seed=2, **QUIET)]).plan(table)


def test_each_sampler_works_on_what_the_one_before_it_left(table, fewer_then_more):
    plan = fewer_then_more
    output = plan.resampled()
    real = output.filter("NOT is_synthetic").select(table.columns)

    assert marked(output) == {
        ("a", False): 100, ("b", False): 60, ("b", True): 40, ("c", False): 20, ("c", True): 80,
    }  # fmt: skip
    assert contents(real) + contents(plan.removed()) == contents(table)
    assert counts(plan.removed()) == {"a": 200}
    assert counts(plan.synthetic()) == {"b": 40, "c": 80}
    assert plan.synthetic().columns[:4] == table.columns
    assert output.schema.fields[:4] == table.schema.fields


def test_provenance_of_the_last_that_makes_rows_is_kept(table, fewer_then_more):
    rows = fewer_then_more.resampled().collect()
    there = {row.id: row.label for row in rows if not row.is_synthetic}

    assert {there[row.base_id] for row in rows if row.is_synthetic} == {"b", "c"}
    assert all(there[row.base_id] == row.label for row in rows if row.is_synthetic)
    assert all(row.base_id is None for row in rows if not row.is_synthetic)
    with pytest.raises(ParameterError, match="provenance=True of SMOTE, after which.*Over.*makes"):
        Chain([SMOTE(provenance=True), RandomOverSampler()]).plan(table)


def test_the_report_tells_each_step_and_the_whole(fewer_then_more):
    report = fewer_then_more.report
    text, page = str(report), to_html(report)

    assert [step.method for step in report.steps] == ["random under-sampling", "SMOTE"]
    assert [(c.label, c.rows_before, c.rows_after) for c in report.classes] == [
        ("a", 300, 100), ("b", 60, 100), ("c", 20, 100),
    ]  # fmt: skip
    assert "Step 1, random under-sampling: 300 -> 100 rows of class a; 200 removed" in text
    assert "Step 2, SMOTE: 180 -> 300 rows; 120 synthetic, in 2 of 3 classes" in text
    assert "step 1 removed 200" in text
    assert {column.name for column in report.columns} == {"id", "x", "y", "label"}
    assert "Step 2, SMOTE: 180 → 300 rows" in page
    assert from_json(to_json(report)) == report


def test_new_rows_that_are_removed_again_are_counted(table):
    """What is promised to whoever writes the rows is what there is."""
    under = RandomUnderSampler(samplingStrategy={"b": 150, "c": 40}, seed=3)
    plan = Chain([SMOTE(ignoreCols=["id"], carryPolicy="copy", seed=2, **QUIET), under]).plan(table)
    found = marked(plan.resampled())
    promised = {}
    for rows in planned_rows(plan.report.classes):
        promised |= {(rows.label, False): rows.real, (rows.label, True): rows.synthetic}

    assert {key: n for key, n in promised.items() if n} == found
    assert found["b", False] + found["b", True] == 150
    assert 0 < found["c", False] < 20
    assert counts(plan.removed()) == {
        "b": 60 - found["b", False], "c": 20 - found["c", False],
    }  # fmt: skip


def test_rows_made_of_new_rows_are_new(table):
    over = RandomOverSampler(samplingStrategy={"c": 2_000}, seed=5)
    plan = Chain([SMOTE(idCol="id", seed=2, **QUIET), over]).plan(table)
    output = plan.resampled()
    real = contents(table)

    assert marked(output)["c", True] == 1_980
    assert contents(output.filter("NOT is_synthetic").drop("is_synthetic")) == real
    assert output.filter("is_synthetic AND label = 'c'").select("x").distinct().count() > 200


@pytest.mark.parametrize("partitions", [3, 8])
def test_rows_do_not_depend_on_partitions(spark, table, partitions):
    chain = Chain(
        [
            RandomOverSampler(samplingStrategy={"c": 50}, seed=1),
            SMOTE(ignoreCols=["id"], carryPolicy="copy", seed=1, **QUIET),
            RandomUnderSampler(samplingStrategy={"b": 90}, seed=1),
        ]
    )
    arranged = table.repartition(partitions, "x").sortWithinPartitions(F.desc("y"))

    assert contents(chain.resample(arranged)) == contents(chain.resample(table.coalesce(1)))


def test_what_earlier_samplers_added_is_no_input_and_no_level(spark):
    table = points(spark, {"'a'": 90, "'b'": 30}, "id * 1D AS x", "id % 2 = 0 AS flag")
    first = RandomOverSampler(samplingStrategy={"b": 40}, syntheticCol="is new")
    plan = Chain([first, SMOTENC(syntheticCol="is new", **QUIET)]).plan(table)
    roles = {c.name: (c.role, c.policy) for c in plan.report.steps[1].columns}

    assert roles["is new"] == ("carried", "copy")
    assert roles["flag"] == ("nominal", None)
    assert plan.resampled().columns == ["x", "flag", "label", "is new"]
    assert plan.resampled().filter("`is new`").count() == 60


def test_the_mark_can_be_left_out(table):
    steps = [RandomUnderSampler(samplingStrategy={"a": 90}), RandomOverSampler(), SMOTE(**QUIET)]
    for step in steps:
        step.setSyntheticCol("")
    plan = Chain([*steps[:2], steps[2].setIdCol("id")]).plan(table)

    assert plan.resampled().schema == table.schema
    assert counts(plan.resampled()) == {"a": 90, "b": 90, "c": 90}
    assert counts(plan.synthetic()) == {"b": 30, "c": 70}


def test_survives_being_saved_and_copied_with_other_values(table, tmp_path):
    under, over = RandomUnderSampler(samplingStrategy={"a": 90}, seed=4), RandomOverSampler(seed=4)
    chain = Chain([under, over])
    chain.write().save(str(tmp_path / "chain"))
    loaded = Chain.load(str(tmp_path / "chain"))
    other = chain.copy({under.samplingStrategy: {"a": 70}, over.seed: 9})

    assert loaded.uid == chain.uid
    assert contents(loaded.resample(table)) == contents(chain.resample(table))
    assert counts(other.resample(table)) == {"a": 70, "b": 70, "c": 70}
    assert under.getSamplingStrategy() == {"a": 90}


@pytest.mark.filterwarnings(
    "ignore:unclosed running multiprocessing pool:ResourceWarning",
    "ignore:Exception ignored in.*Pool.__del__:pytest.PytestUnraisableExceptionWarning",
)
def test_is_tuned_inside_a_cross_validation(spark):
    rows = points(spark, {"0": 160, "1": 20}, "id % 9 * 1D AS x", "id % 7 * 1D AS y")
    vectors = VectorAssembler(inputCols=["x", "y"], outputCol="features").transform(rows)
    under, smote = RandomUnderSampler(), SMOTE(featuresCol="features", kNeighbors=3, **QUIET)
    learner = Resampled(sampler=Chain([under, smote]), estimator=LogisticRegression(maxIter=3))
    grid = ParamGridBuilder().addGrid(under.samplingStrategy, [0.2, 0.5]).build()
    search = CrossValidator(
        estimator=learner,
        estimatorParamMaps=grid,
        evaluator=BinaryClassificationEvaluator(),
        numFolds=2,
        seed=1,
    )

    assert len(search.fit(vectors).avgMetrics) == 2


@pytest.mark.parametrize(
    ("samplers", "says"),
    [
        ([], "empty"),
        ([SMOTE], "the class SMOTE rather than an instance"),
        ([LogisticRegression], "no sampler of this package"),
        (["smote"], "'smote' of type str"),
    ],
)
def test_what_is_no_list_of_samplers_is_refused(samplers, says):
    with pytest.raises(ParameterError, match=says):
        Chain(samplers)


def test_samplers_that_do_not_fit_together_are_refused(table):
    with pytest.raises(ParameterError, match="labelCol differs.*'label', 'y'"):
        Chain([RandomUnderSampler(), RandomOverSampler(labelCol="y")]).plan(table)
    with pytest.raises(ParameterError, match="syntheticCol differs"):
        Chain([RandomUnderSampler(), RandomOverSampler(syntheticCol="new")]).plan(table)
    with pytest.raises(ParameterError, match="list its samplers instead"):
        Chain([Chain([RandomUnderSampler()])])
    with pytest.raises(ParameterError, match="samplers=\\[\\] is empty"):
        Chain().plan(table)


def test_a_class_that_goes_altogether_is_told(table):
    gone = RandomUnderSampler(samplingStrategy={"b": 0})
    plan = Chain([gone, RandomOverSampler()]).plan(table)

    assert counts(plan.resampled()) == {"a": 300, "c": 300}
    assert {c.label: c.rows_after for c in plan.report.classes} == {"a": 300, "b": 0, "c": 300}
    assert Counter(c.rows_synthetic for c in plan.report.classes) == {0: 2, 280: 1}

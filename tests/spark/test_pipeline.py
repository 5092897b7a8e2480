"""Resampled: the sampler acts while fitting, and nowhere else."""

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.ml import Estimator, Model, Pipeline, PipelineModel, Transformer
from pyspark.ml.classification import (
    LogisticRegression,
    LogisticRegressionModel,
    RandomForestClassifier,
)
from pyspark.ml.evaluation import BinaryClassificationEvaluator, Evaluator
from pyspark.ml.feature import RFormula, StringIndexer, VectorAssembler
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.ml.tuning import (
    CrossValidator,
    CrossValidatorModel,
    ParamGridBuilder,
    TrainValidationSplit,
)
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_smote import SMOTE, Resampled
from spark_smote.errors import ParameterError

ROWS, MINORITY = 160, 40

# The validators of Spark leave the closing of their thread pools to the garbage collector.
pytestmark = pytest.mark.filterwarnings(
    "ignore:unclosed running multiprocessing pool:ResourceWarning",
    "ignore:Exception ignored in.*Pool.__del__:pytest.PytestUnraisableExceptionWarning",
)


class Identity(Model):
    def _transform(self, dataset: DataFrame) -> DataFrame:
        return dataset


class RecordingLearner(Estimator):
    """Notes what it was given to learn from, in all its copies."""

    strength = Param(Params._dummy(), "strength", "", TypeConverters.toFloat)

    def __init__(self, *, meanwhile: Callable[[], None] = lambda: None, **params):
        super().__init__()
        self.meanwhile = meanwhile
        self.seen: list[dict] = []
        self._setDefault(strength=0.0)
        self._set(**params)

    def _fit(self, dataset: DataFrame) -> Model:
        labels = Counter(row.label for row in dataset.select("label").collect())
        self.meanwhile()
        self.seen.append(
            {
                "strength": self.getOrDefault(self.strength),
                "labels": dict(labels),
                "columns": dataset.columns,
                "schema": dataset.schema,
                "storage": dataset.storageLevel,
                "dataset": dataset,
            }
        )
        return Identity()


class RecordingSampler(Params):
    """Notes which columns it was given, in all its copies, and changes nothing."""

    def __init__(self):
        super().__init__()
        self.seen: list[list[str]] = []

    def resample(self, df: DataFrame) -> DataFrame:
        self.seen.append(df.columns)
        return df


class RecordingEvaluator(Evaluator):
    """Notes the rows it was given to judge by."""

    def __init__(self):
        super().__init__()
        self.seen: list[list[tuple]] = []
        self.lock = threading.Lock()

    def _evaluate(self, dataset: DataFrame) -> float:
        rows = [tuple(row) for row in dataset.select("x1", "x2", "label").collect()]
        with self.lock:
            self.seen.append(rows)
        return 0.0


AREAS = ("areaUnderPR", "areaUnderROC")


class BothAreas(Evaluator):
    """Notes the areas under both curves."""

    def __init__(self):
        super().__init__()
        self.seen: list[dict[str, float]] = []

    def _evaluate(self, dataset: DataFrame) -> float:
        by_name = {
            metric: BinaryClassificationEvaluator(metricName=metric).evaluate(dataset)
            for metric in AREAS
        }
        self.seen.append(by_name)
        return by_name["areaUnderPR"]


class Tripling(Params):
    """The smallest thing that is a sampler; what it returns is persisted by itself."""

    def resample(self, df: DataFrame) -> DataFrame:
        return df.union(df).union(df).persist()


def two_clouds(rows: int = ROWS, minority: int = MINORITY, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    label = np.zeros(rows, dtype=int)
    label[:minority] = 1
    x = rng.normal(size=(rows, 2)) + 1.2 * label[:, None]
    table = pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "label": label})
    return table.sample(frac=1, random_state=seed).reset_index(drop=True)


@pytest.fixture(scope="module")
def table(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(two_clouds()).repartition(2).persist()


@pytest.fixture(scope="module")
def vectors(table: DataFrame) -> DataFrame:
    return assembler().transform(table)


def assembler() -> VectorAssembler:
    return VectorAssembler(inputCols=["x1", "x2"], outputCol="features")


def smote(**params) -> SMOTE:
    return SMOTE(**{"featuresCol": "features", "seed": 7, "recallQueries": 0, **params})


def logistic(**params) -> LogisticRegression:
    return LogisticRegression(**{"maxIter": 3, **params})


def weights(model: PipelineModel | LogisticRegressionModel) -> list[float]:
    last = model
    while isinstance(last, PipelineModel):
        last = last.stages[-1]
    return [*last.coefficients.toArray().tolist(), last.intercept]


# What fit returns


def test_fit_returns_the_inner_model(vectors):
    model = Resampled(sampler=smote(), estimator=logistic()).fit(vectors)

    assert type(model) is LogisticRegressionModel
    by_hand = logistic().fit(smote().resample(vectors))
    assert weights(model) == pytest.approx(weights(by_hand), rel=1e-6)
    assert weights(model) != pytest.approx(weights(logistic().fit(vectors)), rel=1e-2)


def test_inner_estimator_learns_from_as_many_rows_as_were_planned(vectors):
    learner = RecordingLearner()

    Resampled(sampler=smote(samplingStrategy=0.5), estimator=learner).fit(vectors)

    majority = ROWS - MINORITY
    assert learner.seen[0]["labels"] == {0: majority, 1: majority // 2}


def test_scoring_keeps_every_row_and_adds_none(table):
    pipeline = Pipeline(
        stages=[assembler(), Resampled(sampler=smote(), estimator=logistic())],
    )

    scored = pipeline.fit(table).transform(table)

    assert scored.count() == ROWS
    assert scored.columns[: len(table.columns)] == table.columns
    assert "is_synthetic" not in scored.columns
    assert scored.select(*table.columns).exceptAll(table).isEmpty()


def test_numeric_columns_are_resampled_before_an_inner_pipeline_assembles_them(table):
    inner = Pipeline(stages=[assembler(), logistic()])
    sampler = SMOTE(inputCols=["x1", "x2"], seed=7)

    model = Resampled(sampler=sampler, estimator=inner).fit(table)

    assert isinstance(model, PipelineModel)
    assert [type(stage) for stage in model.stages] == [VectorAssembler, LogisticRegressionModel]
    assert model.transform(table).count() == ROWS
    outside = Resampled(sampler=smote(), estimator=logistic()).fit(assembler().transform(table))
    assert weights(model) == pytest.approx(weights(outside), rel=0.5)


def test_stages_after_a_resampled_one_see_real_rows_only(table):
    after = RecordingLearner()
    stages = [assembler(), Resampled(sampler=smote(), estimator=logistic()), after]

    Pipeline(stages=stages).fit(table)

    assert after.seen[0]["labels"] == {0: ROWS - MINORITY, 1: MINORITY}


def test_no_class_of_the_module_is_a_transformer():
    from spark_smote import pipeline

    own = [
        value
        for value in vars(pipeline).values()
        if isinstance(value, type) and value.__module__ == pipeline.__name__
    ]
    assert Resampled in own
    assert not any(issubclass(value, Transformer) for value in own)


def test_fitted_pipeline_loads_and_scores_where_spark_smote_is_missing(table, tmp_path):
    stages = [assembler(), Resampled(sampler=smote(), estimator=logistic())]
    model = Pipeline(stages=stages).fit(table)
    model.save(str(tmp_path / "model"))
    table.write.parquet(str(tmp_path / "rows"))
    expected = model.transform(table).agg(F.sum("prediction"), F.count("*")).first()
    script = f"""
import sys
sys.modules["spark_smote"] = None
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
model = PipelineModel.load({str(tmp_path / "model")!r})
scored = model.transform(spark.read.parquet({str(tmp_path / "rows")!r})).collect()
print("SCORED", sum(row.prediction for row in scored), len(scored))
spark.stop()
"""

    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr
    assert f"SCORED {expected[0]} {expected[1]}" in run.stdout


# What the inner estimator sees


def test_columns_that_the_sampler_adds_stay_out_of_the_inner_estimator(vectors):
    learner = RecordingLearner()

    Resampled(sampler=smote(provenance=True), estimator=learner).fit(vectors)

    assert learner.seen[0]["columns"] == vectors.columns


def test_formula_over_all_columns_takes_none_of_the_samplers(table):
    formula = RFormula(formula="label ~ .", featuresCol="features", labelCol="target")
    inner = Pipeline(stages=[formula, logistic(labelCol="target")])
    sampler = SMOTE(inputCols=["x1", "x2"], seed=7)

    model = Resampled(sampler=sampler, estimator=inner).fit(table)

    assert model.stages[-1].numFeatures == 2


def test_inner_estimator_gets_the_ml_attributes_of_label_and_features(table):
    named = table.withColumn("kind", F.when(F.col("label") == 1, "rare").otherwise("common"))
    indexed = StringIndexer(inputCol="kind", outputCol="label", stringOrderType="frequencyDesc")
    prepared = assembler().transform(named.drop("label"))
    prepared = indexed.fit(prepared).transform(prepared).drop("kind")
    learner = RecordingLearner()

    Resampled(sampler=smote(), estimator=learner).fit(prepared)

    seen = learner.seen[0]["schema"]
    assert seen["label"].metadata == prepared.schema["label"].metadata
    assert seen["label"].metadata["ml_attr"]["vals"] == ["common", "rare"]
    assert seen["features"].metadata == prepared.schema["features"].metadata
    attributes = seen["features"].metadata["ml_attr"]["attrs"]["numeric"]
    assert [attribute["name"] for attribute in attributes] == ["x1", "x2"]


def test_resampled_rows_are_persisted_while_fitting_and_not_after(vectors):
    learner = RecordingLearner()

    Resampled(sampler=smote(), estimator=learner).fit(vectors)

    assert learner.seen[0]["storage"].useMemory
    assert learner.seen[0]["dataset"].storageLevel == StorageLevel.NONE


def test_resampled_rows_are_released_when_the_inner_fit_fails(vectors):
    given = []

    class Failing(RecordingLearner):
        def _fit(self, dataset: DataFrame) -> Model:
            given.append((dataset, dataset.storageLevel))
            raise ArithmeticError("did not converge")

    with pytest.raises(ArithmeticError, match="did not converge"):
        Resampled(sampler=smote(), estimator=Failing()).fit(vectors)

    (dataset, storage_in_fit), *_ = given
    assert storage_in_fit.useMemory
    assert dataset.storageLevel == StorageLevel.NONE


def test_equal_resamples_fitted_at_once_stay_persisted_until_the_last_fit_ends(vectors):
    both_began, first_ended = threading.Event(), threading.Event()
    first_began = threading.Event()

    def await_second() -> None:
        first_began.set()
        assert both_began.wait(60)

    def await_end_of_first() -> None:
        both_began.set()
        assert first_ended.wait(60)

    first = RecordingLearner(meanwhile=await_second)
    second = RecordingLearner(meanwhile=await_end_of_first)
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(Resampled(sampler=smote(), estimator=first).fit, vectors)
        assert first_began.wait(60)
        other = threads.submit(Resampled(sampler=smote(), estimator=second).fit, vectors)
        one.result(60)
        first_ended.set()
        other.result(60)

    assert second.seen[0]["storage"].useMemory
    assert second.seen[0]["dataset"].storageLevel == StorageLevel.NONE


def test_rows_that_somebody_else_persisted_stay_persisted(vectors):
    learner = RecordingLearner()

    Resampled(sampler=Tripling(), estimator=learner).fit(vectors)

    seen = learner.seen[0]
    assert sum(seen["labels"].values()) == 3 * ROWS
    assert seen["dataset"].storageLevel.useMemory
    seen["dataset"].unpersist()


def test_fit_goes_on_where_the_platform_refuses_to_persist(vectors, monkeypatch):
    def refuse(self, *args):
        raise PySparkException("[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE is not supported")

    learner = RecordingLearner()
    monkeypatch.setattr(type(vectors), "persist", refuse)

    Resampled(sampler=smote(), estimator=learner).fit(vectors)

    assert learner.seen[0]["storage"] == StorageLevel.NONE


# Parameters, alone and in grids


def test_getters_and_setters_give_back_what_was_set():
    sampler, learner = smote(), RecordingLearner()

    one = Resampled(sampler=sampler, estimator=learner)
    other = Resampled().setSampler(sampler).setEstimator(learner)
    third = Resampled(estimator=learner).setParams(sampler=sampler)

    for resampled in (one, other, third):
        assert resampled.getSampler() is sampler
        assert resampled.getEstimator() is learner


def test_copy_owns_its_sampler_and_estimator():
    original = Resampled(sampler=smote(kNeighbors=3), estimator=RecordingLearner(strength=0.5))

    copied = original.copy()
    copied.getSampler()._set(kNeighbors=9)
    copied.getEstimator()._set(strength=9.0)

    assert original.getSampler().getOrDefault("kNeighbors") == 3
    assert original.getEstimator().getOrDefault("strength") == 0.5
    assert copied.uid == original.uid


def test_fit_with_a_parameter_map_reaches_sampler_and_estimator_and_changes_neither(vectors):
    sampler, learner = smote(), RecordingLearner()
    resampled = Resampled(sampler=sampler, estimator=learner)

    resampled.fit(vectors, {sampler.samplingStrategy: 0.5, learner.strength: 2.0})

    assert learner.seen[0]["labels"] == {0: 120, 1: 60}
    assert learner.seen[0]["strength"] == 2.0
    assert sampler.getOrDefault("samplingStrategy") == "auto"
    assert learner.getOrDefault("strength") == 0.0


def test_parameter_map_can_replace_the_sampler_and_set_its_parameters(vectors):
    learner, other = RecordingLearner(), smote(samplingStrategy=1.0)
    resampled = Resampled(sampler=smote(), estimator=learner)

    resampled.fit(vectors, {resampled.sampler: other, other.samplingStrategy: 0.5})

    assert learner.seen[0]["labels"] == {0: 120, 1: 60}


def test_grid_over_sampler_and_estimator_gives_a_model_per_combination(table):
    sampler, learner = smote(), RecordingLearner()
    pipeline = Pipeline(stages=[assembler(), Resampled(sampler=sampler, estimator=learner)])
    grid = (
        ParamGridBuilder()
        .addGrid(sampler.samplingStrategy, [0.5, 1.0])
        .addGrid(learner.strength, [0.0, 1.0, 2.0])
        .build()
    )

    models = pipeline.fit(table, grid)

    assert len(models) == 6
    applied = {(one["labels"][1], one["strength"]) for one in learner.seen}
    assert applied == {(new, s) for new in (60, 120) for s in (0.0, 1.0, 2.0)}


def test_grid_reaches_the_stages_of_an_inner_pipeline(table):
    sampler, learner = SMOTE(inputCols=["x1", "x2"], seed=7), logistic()
    inner = Pipeline(stages=[assembler(), learner])
    grid = ParamGridBuilder().addGrid(learner.regParam, [0.0, 0.5]).build()

    models = Resampled(sampler=sampler, estimator=inner).fit(table, grid)

    assert [model.stages[-1].getRegParam() for model in models] == [0.0, 0.5]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"sampler": 3}, ["sampler", "3 of type int", "resample(df)"]),
        ({"sampler": SMOTE}, ["sampler", "class SMOTE", "instance"]),
        ({"sampler": RecordingLearner()}, ["sampler", "RecordingLearner", "resample(df)"]),
        ({"estimator": "lr"}, ["estimator", "'lr' of type str", "LogisticRegression()"]),
        ({"estimator": Identity()}, ["estimator", "Identity", "not fitted yet"]),
        ({"estimator": RecordingLearner}, ["estimator", "class RecordingLearner", "instance"]),
    ],
)
def test_wrong_argument_is_refused_with_parameter_value_and_remedy(arguments, words):
    with pytest.raises(ParameterError) as refusal:
        Resampled(**arguments)

    assert all(word in str(refusal.value) for word in words), refusal.value


def test_missing_argument_is_refused_before_any_work(vectors):
    with pytest.raises(ParameterError, match="sampler: received nothing"):
        Resampled(estimator=RecordingLearner()).fit(vectors)
    with pytest.raises(ParameterError, match="estimator: received nothing"):
        Resampled(sampler=smote()).fit(vectors)


def test_wrong_value_in_a_grid_is_refused_when_the_grid_is_built():
    resampled = Resampled(sampler=smote(), estimator=RecordingLearner())

    with pytest.raises(ParameterError, match="sampler: received 'smote'"):
        ParamGridBuilder().addGrid(resampled.sampler, ["smote"]).build()


@pytest.mark.parametrize("validator", [CrossValidator, TrainValidationSplit])
def test_validation_inside_of_resampled_is_refused_because_it_would_leak(validator):
    search = validator(
        estimator=RecordingLearner(), evaluator=RecordingEvaluator(), estimatorParamMaps=[{}]
    )

    for estimator in (search, Pipeline(stages=[search])):
        with pytest.raises(ParameterError, match=rf"{validator.__name__}.*turn it round"):
            Resampled(sampler=smote(), estimator=estimator)


# Validation


def leaves_out_of_validation_what_is_synthetic(search, table, evaluator, learner) -> list[int]:
    """Fit, check every validation set against the table; number of rows of each."""
    real = Counter(tuple(row) for row in table.select("x1", "x2", "label").collect())
    search.fit(table)
    for rows in evaluator.seen:
        assert not Counter(rows) - real
    # While the training sets did hold synthetic rows.
    assert all(one["labels"][1] >= one["labels"][0] // 2 for one in learner.seen)
    return [len(rows) for rows in evaluator.seen]


def search_parts() -> tuple[Pipeline, list[dict], RecordingEvaluator, RecordingLearner]:
    sampler, learner = smote(), RecordingLearner()
    pipeline = Pipeline(stages=[assembler(), Resampled(sampler=sampler, estimator=learner)])
    grid = ParamGridBuilder().addGrid(sampler.samplingStrategy, [0.6, 1.0]).build()
    return pipeline, grid, RecordingEvaluator(), learner


def test_cross_validation_folds_hold_no_synthetic_row(table):
    pipeline, grid, evaluator, learner = search_parts()
    search = CrossValidator(
        estimator=pipeline,
        estimatorParamMaps=grid,
        evaluator=evaluator,
        numFolds=3,
        seed=1,
        parallelism=2,
    )

    sizes = leaves_out_of_validation_what_is_synthetic(search, table, evaluator, learner)

    assert len(sizes) == 6
    assert sum(sizes) == 2 * ROWS
    assert len(learner.seen) == 7  # with that of the best parameters on all rows


def test_train_validation_split_holds_no_synthetic_row_in_validation(table):
    pipeline, grid, evaluator, learner = search_parts()
    search = TrainValidationSplit(
        estimator=pipeline, estimatorParamMaps=grid, evaluator=evaluator, seed=1, parallelism=2
    )

    sizes = leaves_out_of_validation_what_is_synthetic(search, table, evaluator, learner)

    assert len(sizes) == 2
    assert 0 < sizes[0] == sizes[1] < ROWS / 2


def test_column_that_marks_the_folds_reaches_neither_sampler_nor_estimator(table):
    sampler, learner = RecordingSampler(), RecordingLearner()
    resampled = Resampled(sampler=sampler, estimator=learner)
    pipeline = Pipeline(stages=[assembler(), resampled])
    given = RecordingLearner()
    both = Pipeline(stages=[*pipeline.getStages(), given])

    for validator in (CrossValidator, TrainValidationSplit):
        search = validator(
            estimator=both, estimatorParamMaps=[{}], evaluator=RecordingEvaluator(), seed=1
        )
        search.fit(table)

    expected = [*table.columns, "features"]
    assert all(columns == expected for columns in sampler.seen)
    assert all(one["columns"] == expected for one in learner.seen)
    # The column is there, and is named as the expression that drops it expects.
    assert sum("_rand" in one["columns"][-2] for one in given.seen) >= 4


def test_parallel_search_finds_the_same_as_one_at_a_time(table):
    def metrics(parallelism: int) -> list[float]:
        sampler, learner = smote(), logistic()
        pipeline = Pipeline(stages=[assembler(), Resampled(sampler=sampler, estimator=learner)])
        grid = (
            ParamGridBuilder()
            .addGrid(sampler.samplingStrategy, [0.6])
            .addGrid(learner.regParam, [0.0, 0.5])
            .build()
        )
        search = TrainValidationSplit(
            estimator=pipeline,
            estimatorParamMaps=grid,
            evaluator=BinaryClassificationEvaluator(metricName="areaUnderPR"),
            seed=1,
            parallelism=parallelism,
        )
        return search.fit(table).validationMetrics

    assert metrics(2) == pytest.approx(metrics(1), rel=1e-9)


def test_smote_before_the_split_promises_a_score_that_real_rows_do_not_keep(spark):
    def noisy(rows: int, seed: int) -> DataFrame:
        rng = np.random.default_rng(seed)
        label = (rng.random(rows) < 0.08).astype(int)
        x = rng.normal(size=(rows, 10)) + 0.25 * label[:, None]
        table = pd.DataFrame(x, columns=[f"x{j}" for j in range(10)]).assign(label=label)
        columns = VectorAssembler(inputCols=[f"x{j}" for j in range(10)], outputCol="features")
        return columns.transform(spark.createDataFrame(table)).select("features", "label")

    train, held_out = noisy(1200, seed=1).persist(), noisy(4000, seed=2)
    sampler = smote()
    forest = RandomForestClassifier(numTrees=15, maxDepth=8, seed=3)
    ours = Resampled(sampler=sampler, estimator=forest)

    def cross_validated(estimator: Estimator, rows: DataFrame) -> dict[str, float]:
        areas = BothAreas()
        search = CrossValidator(
            estimator=estimator, estimatorParamMaps=[{}], evaluator=areas, numFolds=3, seed=5
        )
        search.fit(rows)
        return {metric: float(np.mean([fold[metric] for fold in areas.seen])) for metric in AREAS}

    balanced = sampler.resample(train).persist()
    before_split, inside = cross_validated(forest, balanced), cross_validated(ours, train)
    scored = ours.fit(train).transform(held_out).persist()
    real = BothAreas()
    real.evaluate(scored)
    for metric, on_real_rows in real.seen[0].items():
        print(
            f"{metric}: SMOTE before the split {before_split[metric]:.3f}, "
            f"Resampled inside {inside[metric]:.3f}, held-out real rows {on_real_rows:.3f}"
        )
        # The area under ROC does not depend on the share of positives, so what is left of the
        # gap there is leakage alone.
        assert before_split[metric] - on_real_rows > 0.2
        assert abs(inside[metric] - on_real_rows) < 0.1
    for rows in (train, balanced, scored):
        rows.unpersist()


# Persistence of what is not fitted yet


@pytest.mark.parametrize("strategy", [0.6, {"0": 120, "1": 100}, "not majority"])
def test_unfitted_pipeline_has_the_same_parameters_after_save_and_load(spark, tmp_path, strategy):
    sampler = smote(samplingStrategy=strategy, kNeighbors=3)
    resampled = Resampled(sampler=sampler, estimator=logistic(regParam=0.25))
    pipeline = Pipeline(stages=[assembler(), resampled])

    pipeline.save(str(tmp_path / "unfitted"))
    loaded = Pipeline.load(str(tmp_path / "unfitted"))

    again = loaded.getStages()[1]
    assert type(again) is Resampled
    assert again.uid == resampled.uid
    assert again.getSampler().uid == sampler.uid
    read = again.getSampler()
    values = {name: read.getOrDefault(name) for name in ("samplingStrategy", "kNeighbors", "seed")}
    assert values == {"samplingStrategy": strategy, "kNeighbors": 3, "seed": 7}
    assert type(values["kNeighbors"]) is int
    assert again.getEstimator().getRegParam() == 0.25


def test_fit_after_load_gives_the_same_model_also_for_totals_keyed_by_numbers(table, tmp_path):
    sampler = smote(samplingStrategy={1: 100})
    pipeline = Pipeline(stages=[assembler(), Resampled(sampler=sampler, estimator=logistic())])

    pipeline.save(str(tmp_path / "unfitted"))
    loaded = Pipeline.load(str(tmp_path / "unfitted"))

    assert weights(loaded.fit(table)) == pytest.approx(weights(pipeline.fit(table)), rel=1e-9)


def test_resampled_around_a_pipeline_is_saved_alone_and_can_be_overwritten(table, tmp_path):
    path = str(tmp_path / "resampled")
    sampler = SMOTE(inputCols=["x1", "x2"], seed=7)
    inner = Pipeline(stages=[assembler(), logistic(regParam=0.5)])
    first = Resampled(sampler=sampler, estimator=logistic())

    first.save(path)
    Resampled(sampler=sampler, estimator=inner).write().overwrite().save(path)
    loaded = Resampled.load(path)

    assert sorted(folder.name for folder in (tmp_path / "resampled").iterdir()) == [
        "estimator",
        "metadata",
        "sampler",
    ]
    assert isinstance(loaded.getEstimator(), Pipeline)
    assert loaded.fit(table).stages[-1].getRegParam() == 0.5
    assert first.uid != loaded.uid


def test_parameters_of_a_loaded_pipeline_are_those_of_the_saved_one_in_a_grid(table, tmp_path):
    sampler = smote()
    pipeline = Pipeline(stages=[assembler(), Resampled(sampler=sampler, estimator=logistic())])
    pipeline.save(str(tmp_path / "unfitted"))

    loaded = Pipeline.load(str(tmp_path / "unfitted")).copy({sampler.kNeighbors: 2})

    assert loaded.getStages()[1].getSampler().getOrDefault("kNeighbors") == 2


def test_what_cannot_be_saved_is_refused_and_leaves_nothing_behind(tmp_path):
    with pytest.raises(ParameterError, match=r"sampler: Tripling.* cannot be saved"):
        Resampled(sampler=Tripling(), estimator=logistic()).save(str(tmp_path / "one"))
    with pytest.raises(ParameterError, match=r"estimator: RecordingLearner.* cannot be saved"):
        Resampled(sampler=smote(), estimator=RecordingLearner()).save(str(tmp_path / "two"))

    assert list(tmp_path.iterdir()) == []


# What Spark's own searches can and cannot save


def search_over(table: DataFrame, grid_of) -> tuple[Pipeline, list[dict], CrossValidator]:
    resampled = Resampled(sampler=smote(), estimator=logistic())
    pipeline = Pipeline(stages=[assembler(), resampled])
    grid = grid_of(resampled)
    search = CrossValidator(
        estimator=pipeline,
        estimatorParamMaps=grid,
        evaluator=BinaryClassificationEvaluator(),
        numFolds=2,
        seed=1,
    )
    return pipeline, grid, search


@pytest.mark.parametrize(
    "grid_of",
    [
        lambda it: [{it.getSampler().kNeighbors: 2}],
        lambda it: [{it.getEstimator().regParam: 0.5}],
    ],
    ids=["sampler", "estimator"],
)
@pytest.mark.parametrize("validator", [CrossValidator, TrainValidationSplit])
def test_search_over_nested_parameters_cannot_be_saved(table, tmp_path, grid_of, validator):
    pipeline, grid, _ = search_over(table, grid_of)
    search = validator(
        estimator=pipeline, estimatorParamMaps=grid, evaluator=BinaryClassificationEvaluator()
    )

    with pytest.raises(ValueError, match="An extraneous Param was found"):
        search.save(str(tmp_path / "search"))

    assert list(tmp_path.iterdir()) == []


def test_search_over_nested_parameters_is_kept_by_saving_its_best_pipeline(table, tmp_path):
    pipeline, grid, search = search_over(
        table,
        lambda it: [
            {it.getSampler().samplingStrategy: s, it.getEstimator().regParam: r}
            for s, r in ((0.5, 0.0), (1.0, 0.5))
        ],
    )
    found = search.fit(table)

    with pytest.raises(ValueError, match="An extraneous Param was found"):
        found.save(str(tmp_path / "found"))

    best = int(np.argmax(found.avgMetrics))
    found.bestModel.save(str(tmp_path / "model"))
    pipeline.copy(grid[best]).save(str(tmp_path / "unfitted"))
    model = PipelineModel.load(str(tmp_path / "model"))
    refitted = Pipeline.load(str(tmp_path / "unfitted")).fit(table)
    assert weights(model) == pytest.approx(weights(found.bestModel), rel=1e-9)
    assert weights(refitted) == pytest.approx(weights(model), rel=1e-9)


def test_search_over_whole_samplers_cannot_be_saved(table, tmp_path):
    _, _, search = search_over(table, lambda it: [{it.sampler: smote(kNeighbors=2)}])

    with pytest.raises(RuntimeError, match="does not handle parameters of type: MLWritable"):
        search.save(str(tmp_path / "search"))


def test_search_over_whole_estimators_is_saved_and_loaded(table, tmp_path):
    _, _, search = search_over(
        table, lambda it: [{it.estimator: logistic(regParam=r)} for r in (0.0, 0.5)]
    )
    found = search.fit(table)

    search.save(str(tmp_path / "search"))
    found.save(str(tmp_path / "found"))

    loaded = CrossValidator.load(str(tmp_path / "search"))
    learners = [next(iter(values.values())) for values in loaded.getEstimatorParamMaps()]
    assert [learner.getRegParam() for learner in learners] == [0.0, 0.5]
    model = CrossValidatorModel.load(str(tmp_path / "found"))
    assert weights(model.bestModel) == pytest.approx(weights(found.bestModel), rel=1e-9)


def test_search_without_a_grid_is_saved_and_loaded(table, tmp_path):
    _, _, search = search_over(table, lambda it: [{}])

    search.save(str(tmp_path / "search"))

    stage = CrossValidator.load(str(tmp_path / "search")).getEstimator().getStages()[1]
    assert stage.getSampler().getOrDefault("seed") == 7

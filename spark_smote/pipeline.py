"""Estimators that wrap estimators: resampling that happens while fitting and nowhere else."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Protocol, TypeAlias, cast, runtime_checkable

from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.ml import Estimator, Model, Pipeline
from pyspark.ml.param import Param, Params
from pyspark.ml.tuning import CrossValidator, TrainValidationSplit
from pyspark.ml.util import MLReadable, MLReader, MLWritable, MLWriter
from pyspark.sql import DataFrame

from spark_smote.errors import ParameterError
from spark_smote.samplers.nesting import NestingWriter, described, read_nested

logger = logging.getLogger(__name__)

ParamMap: TypeAlias = dict[Param[Any], Any]

# CrossValidator and TrainValidationSplit mark their folds with a random number per row, in a
# column named after their uid: the class (or any prefix), 12 hexadecimal digits, "_rand".
_FOLD_DRAW = re.compile(r".+_[0-9a-f]{12}_rand")

_NESTED = ("sampler", "estimator")


@runtime_checkable
class Resampler(Protocol):
    """What `Resampled` asks of a sampler; every sampler of this package has it."""

    uid: str

    def resample(self, df: DataFrame) -> DataFrame:
        """Rows of `df` after resampling: its columns, then any the sampler adds."""
        ...

    def copy(self, extra: ParamMap | None = None) -> "Resampler":
        """The same sampler with those of the `extra` parameters that are its own."""
        ...


def _to_sampler(value: Any) -> Resampler:
    if isinstance(value, type) or not (isinstance(value, Params) and isinstance(value, Resampler)):
        raise ParameterError(
            f"sampler: received {described(value)}; it must be a sampler, that is, Spark ML "
            f"parameters with a method resample(df): for instance SMOTE(labelCol='label', seed=7)"
        )
    return value


def _to_estimator(value: Any) -> Estimator[Any]:
    if isinstance(value, type) or not isinstance(value, Estimator):
        raise ParameterError(
            f"estimator: received {described(value)}; it must be a pyspark.ml.Estimator that is "
            f"not fitted yet: a classifier such as LogisticRegression(), or a Pipeline"
        )
    validator = _validator_in(value)
    if validator is not None:
        kind = type(validator).__name__
        raise ParameterError(
            f"estimator: received {described(value)} with a {kind} in it, whose validation rows "
            f"would be taken from resampled rows; turn it round: "
            f"{kind}(estimator=Resampled(sampler=..., estimator=...), ...)"
        )
    return value


def _validator_in(stage: Any) -> Any:
    """The first thing in `stage` that splits its rows into training and validation, or None."""
    if isinstance(stage, CrossValidator | TrainValidationSplit):
        return stage
    inner: list[Any] = []
    if isinstance(stage, Pipeline) and stage.isDefined(stage.stages):
        inner = stage.getStages()
    elif isinstance(stage, Resampled):
        inner = [stage._given_or_none("estimator")]
    found = (_validator_in(each) for each in inner)
    return next((validator for validator in found if validator is not None), None)


class Resampled(Estimator[Model], MLReadable["Resampled"], MLWritable):
    """Fit an estimator on resampled rows; score with a model that knows nothing of it.

    `fit` resamples the training rows with `sampler`, fits `estimator` on the result and returns
    the model that `estimator` gave. Nothing of the sampler is left in it: scoring keeps the number
    of rows, cross-validation measures on real rows only, and the fitted pipeline is saved, and
    loads where spark_smote is not installed.

    Parameters
    ----------
    sampler : a sampler of this package
        Or any `pyspark.ml.param.Params` with `resample(df)`. Its parameters may stand in a
        parameter grid.
    estimator : pyspark.ml.Estimator
        A classifier, or a `pyspark.ml.Pipeline` where stages are to be fitted on resampled rows
        too. Its parameters may stand in the same grid. A `CrossValidator` or
        `TrainValidationSplit` belongs outside, and is refused here: inside, its folds would be
        cut from resampled rows, and each validation fold would hold near copies of rows trained
        on.

    Raises
    ------
    ParameterError
        Where `sampler` cannot resample or `estimator` cannot fit.

    Notes
    -----
    The inner estimator sees the columns it would see without the sampler, in their order. Columns
    that the sampler adds (`is_synthetic`, provenance) are dropped before it, because `RFormula`
    with ``label ~ .`` and learners that take "all other columns" would learn from them which rows
    are of the minority. The column of random numbers by which `CrossValidator` and
    `TrainValidationSplit` split is dropped before the sampler, which would otherwise measure
    distances along it. A `foldCol` is yours: name it in the sampler's `ignoreCols`.

    The resampled rows are persisted while the inner estimator is fitted, since learners read them
    more than once; where the platform refuses (serverless), fitting goes on without.

    What the model says of its training (`summary`), and its probabilities, are those of resampled
    rows: on real data, the share of the classes is another.

    *Saving.* The unfitted `Resampled`, a `Pipeline` that holds one and every fitted model can be
    saved. A `CrossValidator` or `TrainValidationSplit`, or a model of one, cannot be while its
    grid names parameters of the nested sampler or of the nested estimator: Spark looks for their
    owners among the stages it knows, and raises ``ValueError: ... An extraneous Param was found``.
    A grid over `Resampled.sampler` itself fails too (``RuntimeError``). With an empty grid, or one
    over `Resampled.estimator` or over stages outside, they are saved as usual. The way round is to
    save what matters from such a search::

        best = int(numpy.argmax(search_model.avgMetrics))
        search_model.bestModel.save("model")               # scores anywhere
        pipeline.copy(grid[best]).save("unfitted")         # can be fitted again

    Examples
    --------
    >>> from pyspark.ml import Pipeline
    >>> from pyspark.ml.classification import LogisticRegression
    >>> from pyspark.ml.feature import VectorAssembler
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTE, Resampled
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i % 7), float(i % 11), int(i < 12)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "amount double, age double, label int")
    >>> smote, learner = SMOTE(featuresCol="features", seed=7), LogisticRegression()
    >>> pipeline = Pipeline(stages=[
    ...     VectorAssembler(inputCols=["amount", "age"], outputCol="features"),
    ...     Resampled(sampler=smote, estimator=learner),
    ... ])
    >>> model = pipeline.fit(df, {smote.samplingStrategy: 0.5, learner.regParam: 0.1})
    >>> model.stages[-1].getRegParam()
    0.1
    >>> model.transform(df).count()
    100
    """

    sampler: Param[Any] = Param(
        Params._dummy(),
        "sampler",
        "what resamples the training rows; its own parameters may stand in a grid",
        typeConverter=_to_sampler,
    )
    estimator: Param[Any] = Param(
        Params._dummy(),
        "estimator",
        "what is fitted on the resampled rows: a classifier or a Pipeline",
        typeConverter=_to_estimator,
    )

    def __init__(
        self, *, sampler: Resampler | None = None, estimator: Estimator[Any] | None = None
    ) -> None:
        super().__init__()
        self._set(**_given(sampler=sampler, estimator=estimator))

    def setParams(
        self, *, sampler: Resampler | None = None, estimator: Estimator[Any] | None = None
    ) -> "Resampled":
        """Set both parameters, or the one that is given."""
        return self._set(**_given(sampler=sampler, estimator=estimator))

    def setSampler(self, value: Resampler) -> "Resampled":
        """Set what resamples the training rows."""
        return self._set(sampler=value)

    def getSampler(self) -> Resampler:
        """Get what resamples the training rows."""
        return _to_sampler(self._given_or_none("sampler"))

    def setEstimator(self, value: Estimator[Any]) -> "Resampled":
        """Set what is fitted on the resampled rows."""
        return self._set(estimator=value)

    def getEstimator(self) -> Estimator[Any]:
        """Get what is fitted on the resampled rows."""
        return _to_estimator(self._given_or_none("estimator"))

    def copy(self, extra: ParamMap | None = None) -> "Resampled":
        """Copy with other parameter values, of this object or of those nested in it.

        Parameters
        ----------
        extra : dict of Param to value, optional
            Parameters of this object, of the sampler, of the estimator or, where that is a
            Pipeline, of its stages. Others are ignored, as everywhere in Spark ML.
        """
        that = super().copy(extra)
        for name in _NESTED:
            nested = that._given_or_none(name)
            if nested is not None:
                that._set(**{name: nested.copy(extra)})
        return that

    def _fit(self, dataset: DataFrame) -> Model:
        sampler, estimator = self.getSampler(), self.getEstimator()
        training = _without_fold_draws(dataset)
        resampled = _without_added_columns(sampler.resample(training), training)
        with _persisted(resampled) as rows:
            return cast(Model, estimator.fit(rows))

    def _given_or_none(self, name: str) -> Any:
        return self.getOrDefault(name) if self.isDefined(name) else None

    def write(self) -> MLWriter:
        """Writer of the unfitted estimator: its metadata, the sampler, the inner estimator."""
        nested = {"sampler": self.getSampler(), "estimator": self.getEstimator()}
        return NestingWriter(self, nested)

    @classmethod
    def read(cls) -> "_ResampledReader":
        """Reader of what `write` wrote."""
        return _ResampledReader()


class _ResampledReader(MLReader[Resampled]):
    def load(self, path: str) -> Resampled:
        uid, nested = read_nested(self.sparkSession, path)
        return Resampled(**nested)._resetUid(uid)


def _given(**kwargs: Any) -> dict[str, Any]:
    return {name: value for name, value in kwargs.items() if value is not None}


def _without_fold_draws(dataset: DataFrame) -> DataFrame:
    return dataset.drop(*(name for name in dataset.columns if _FOLD_DRAW.fullmatch(name)))


def _without_added_columns(resampled: DataFrame, training: DataFrame) -> DataFrame:
    present = set(training.columns)
    return resampled.drop(*(name for name in resampled.columns if name not in present))


@contextmanager
def _persisted(rows: DataFrame) -> Iterator[DataFrame]:
    """`rows`, persisted within the block where the platform allows."""
    key = _begin_use(rows)
    try:
        yield rows
    finally:
        if key is not None:
            _end_use(rows, key)


# Spark keeps one cache for all equal plans, and a search that tries several estimators at once has
# equal resamples in several threads: the first to end must not take it away from the others.
_uses_lock = Lock()
_uses: Counter[int] = Counter()


def _begin_use(rows: DataFrame) -> int | None:
    """Persist `rows`; None where that is refused, or is somebody else's doing and to undo."""
    try:
        with _uses_lock:
            key = rows.semanticHash()
            if not _uses[key]:
                if rows.storageLevel != StorageLevel.NONE:
                    return None
                rows.persist()
            _uses[key] += 1
            return key
    except PySparkException as refusal:
        logger.info("Fitting on resampled rows that could not be persisted: %s", refusal)
        return None


def _end_use(rows: DataFrame, key: int) -> None:
    with _uses_lock:
        _uses[key] -= 1
        if not _uses[key]:
            del _uses[key]
            rows.unpersist()

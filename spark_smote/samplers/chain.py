"""Samplers one after the other, as one sampler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pyspark.ml.param import Param, Params
from pyspark.ml.util import MLReadable, MLReader, MLWritable, MLWriter
from pyspark.sql import DataFrame

from spark_smote.errors import ParameterError
from spark_smote.plans.chain_plan import Chained, ChainPlan, chain_plan, unused
from spark_smote.samplers.base import Progress, Sampler
from spark_smote.samplers.nesting import NestingWriter, described, read_nested

ParamMap = dict[Param[Any], Any]


def _to_samplers(value: Any) -> list[Sampler]:
    given = list(value) if isinstance(value, (list, tuple)) else [value]
    if not given:
        raise ParameterError("samplers=[] is empty; give the samplers in the order they act in")
    for each in given:
        if not isinstance(each, Sampler):
            remedy = "list its samplers instead" if isinstance(each, Chain) else "give samplers"
            raise ParameterError(
                f"samplers: received {described(each)}, which is no sampler of this package; "
                f"{remedy}, as in Chain([RandomUnderSampler(), SMOTE()])"
            )
    return given


class Chain(Params, MLReadable["Chain"], MLWritable):
    """Several samplers in turn: each resamples the rows that the one before it left.

    What one sampler adds (`syntheticCol`, provenance) none of the others looks at. In the output,
    `syntheticCol` is true on every row that any of them made.

    Parameters
    ----------
    samplers : list of samplers
        In the order they act in; parameters of each may stand in a parameter grid. `labelCol` and
        `syntheticCol` must be the same in all of them. Provenance is kept where the last one that
        makes rows asks for it, and refused of any before: rows made from new ones would hold that
        of their base rows.

    Raises
    ------
    ParameterError
        For what is no sampler, or samplers that do not fit together.

    Notes
    -----
    The table between two samplers is kept by Spark (memory, then disk) while the plan or its rows
    are in use; platforms that refuse to keep it make it again.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTE, Chain, RandomUnderSampler
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i % 7), float(i % 11), int(i < 12)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "x double, y double, label int")
    >>> both = Chain([RandomUnderSampler(samplingStrategy=0.3), SMOTE(samplingStrategy=0.6)])
    >>> sorted(both.resample(df).groupBy("label").count().collect())
    [Row(label=0, count=40), Row(label=1, count=24)]
    """

    samplers: Param[Any] = Param(
        Params._dummy(), "samplers", "samplers in the order they act in", typeConverter=_to_samplers
    )

    def __init__(self, samplers: Sequence[Sampler] | None = None) -> None:
        super().__init__()
        if samplers is not None:
            self._set(samplers=samplers)

    def setSamplers(self, value: Sequence[Sampler]) -> Chain:
        """Set the samplers."""
        return self._set(samplers=value)

    def getSamplers(self) -> list[Sampler]:
        """Get the samplers."""
        return _to_samplers(self.getOrDefault("samplers") if self.isDefined("samplers") else [])

    def copy(self, extra: ParamMap | None = None) -> Chain:
        """Copy with other parameter values, of the samplers too; others are ignored."""
        that = super().copy(extra)
        if that.isDefined("samplers"):
            that._set(samplers=[each.copy(extra) for each in that.getSamplers()])
        return that

    def plan(self, df: DataFrame, progress: Progress | None = None) -> ChainPlan:
        """Resolve every step, by the jobs each of them needs; write nothing.

        Parameters
        ----------
        df : DataFrame
            The training rows.
        progress : callable, optional
            Given the name of each phase, returns a context manager entered while it lasts.

        Returns
        -------
        ChainPlan
            With `.report` (its `.steps` are those of the samplers), `.steps`, `.synthetic()`,
            `.removed()` and `.resampled()`.

        Raises
        ------
        ParameterError, SchemaError, DataError
        """
        samplers = self.getSamplers()
        names = [f"{number}. {type(each).__name__}" for number, each in enumerate(samplers, 1)]
        return plan_in_turn(
            samplers,
            df,
            progress,
            method=" + ".join(each.method for each in samplers),
            asked={name: each._asked() for name, each in zip(names, samplers, strict=True)},
            resolved={
                "labelCol": samplers[0]._value("labelCol"),
                "syntheticCol": samplers[0]._value("syntheticCol"),
                "seed": samplers[0]._value("seed"),
                **{name: each._resolved() for name, each in zip(names, samplers, strict=True)},
            },
        )

    def resample(self, df: DataFrame) -> DataFrame:
        """The rows of `df` that are left, untouched, and the new ones; see `Sampler.resample`."""
        return self.plan(df).resampled()

    def write(self) -> MLWriter:
        """Writer of the samplers, each in a folder of its own."""
        samplers = enumerate(self.getSamplers())
        return NestingWriter(self, {f"{i}_{each.uid}": each for i, each in samplers})

    @classmethod
    def read(cls) -> _ChainReader:
        """Reader of what `write` wrote."""
        return _ChainReader()


class _ChainReader(MLReader[Chain]):
    def load(self, path: str) -> Chain:
        uid, samplers = read_nested(self.sparkSession, path)
        return Chain(list(samplers.values()))._resetUid(uid)


def plan_in_turn(
    samplers: Sequence[Sampler],
    df: DataFrame,
    progress: Progress | None,
    *,
    method: str,
    asked: dict[str, Any],
    resolved: dict[str, Any],
) -> ChainPlan:
    """Plan each sampler on what the one before it leaves.

    Parameters
    ----------
    method, asked, resolved
        For the report.
    """
    _check_fitting(samplers)
    mark = samplers[0]._value("syntheticCol") or unused("new_rows", df.columns)
    chained = Chained(df, tuple(df.columns), mark)
    for number, sampler in enumerate(samplers, 1):
        step = sampler.following(chained.added)
        own_mark = chained.next_mark
        step._set(syntheticCol=own_mark)
        plan = step.plan(chained.frame, progress=_numbered(progress, number, len(samplers)))
        chained = chained.after(plan, own_mark, last=number == len(samplers))
    return chain_plan(chained, method=method, asked=asked, resolved=resolved)


def _check_fitting(samplers: Sequence[Sampler]) -> None:
    for name in ("labelCol", "syntheticCol"):
        values = list(dict.fromkeys(each._value(name) for each in samplers))
        if len(values) > 1:
            raise ParameterError(
                f"{name} differs among the samplers of a chain: {values}; set it to the same in all"
            )
    naming = [i for i, each in enumerate(samplers) if each._optional("provenance", False)]
    later = [each for each in samplers[naming[0] + 1 :] if each.makes_rows] if naming else []
    if later:
        raise ParameterError(
            f"provenance=True of {type(samplers[naming[0]]).__name__}, after which "
            f"{type(later[0]).__name__} makes rows, which would hold the provenance of their base "
            "rows; set it to False, or let it be the last to make rows"
        )


def _numbered(progress: Progress | None, number: int, steps: int) -> Progress | None:
    if progress is None:
        return None
    announce: Callable[[str], AbstractContextManager[None]] = progress
    return lambda phase: announce(f"step {number} of {steps}: {phase}")

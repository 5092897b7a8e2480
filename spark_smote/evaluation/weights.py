"""Class weights: the effect of random resampling on a weighted learner, at no copy of any row."""

from __future__ import annotations

from typing import Any, Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.errors import DataError, ParameterError, SchemaError
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.profile import profile_table
from spark_smote.plans.records import class_code
from spark_smote.plans.table import ColumnRequest, Table, column_position
from spark_smote.strategy import (
    Ratios,
    Strategy,
    check_strategy,
    oversampling_targets,
    undersampling_targets,
)

TARGETS = {"over-sampling": oversampling_targets, "under-sampling": undersampling_targets}


def classWeights(
    df: DataFrame,
    samplingStrategy: Strategy = "auto",
    *,
    samplingRatios: Ratios | None = None,
    kind: Literal["over-sampling", "under-sampling"] = "over-sampling",
    labelCol: str = "label",
    weightCol: str = "weight",
    inputWeightCol: str | None = None,
) -> DataFrame:
    """Add a column of weights that stand for rows resampled at random.

    A row of class c weighs (rows that class c should have) / (rows it has): as often as a row of
    the class occurs on average after `RandomOverSampler` or `RandomUnderSampler` with the same
    strategy. Where that is a whole number, a learner that minimises a weighted sum over rows finds
    what it finds on each row repeated as often; and it does so without the chance of a draw.
    (Spark's learners with `standardization` and a penalty differ by a term of order 1 / rows: the
    variance that they scale by takes weights for reliabilities, not for counts.)

    Parameters
    ----------
    df : DataFrame
        The training rows. Weights are of no use to rows that a model is tested on.
    samplingStrategy : str, float, dict or callable, default "auto"
        As of the sampler that `kind` names.
    samplingRatios : dict of class to float, optional
        Instead of `samplingStrategy`: rows of the class per row of the largest class
        (over-sampling) or the smallest (under-sampling).
    kind : {"over-sampling", "under-sampling"}, default "over-sampling"
        Whether rows of small classes weigh more than 1, or those of large classes less. Learners
        with a regularisation that is not scaled by the sum of weights tell the two apart.
    labelCol : str, default "label"
        Column that holds the class.
    weightCol : str, default "weight"
        Name of the column that is added.
    inputWeightCol : str, optional
        Weights that rows have already: a row's new weight is the product. Classes are measured in
        rows all the same, as the samplers do.

    Returns
    -------
    DataFrame
        The rows and columns of `df`, untouched, then `weightCol` (double, never null).

    Raises
    ------
    ParameterError, SchemaError
        For what can be decided without reading rows.
    DataError
        For what the rows do not allow, weights that are null or negative among it.

    References
    ----------
    C. Elkan, "The Foundations of Cost-Sensitive Learning", IJCAI 2001, section 2.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import classWeights
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.range(100).selectExpr("id * 0.5D AS x", "id < 20 AS label")
    >>> sorted(classWeights(df, 0.5).select("label", "weight").distinct().collect())
    [Row(label=False, weight=1.0), Row(label=True, weight=2.0)]
    """
    if kind not in TARGETS:
        raise ParameterError(f"kind must be 'over-sampling' or 'under-sampling'; received {kind!r}")
    check_strategy(samplingStrategy, samplingRatios, kind=kind)
    request = ColumnRequest(labelCol, synthetic_col="", looks_at_inputs=False, makes_rows=False)
    table = resolve_columns(df, request)
    _require_free(df, weightCol)
    given = None if inputWeightCol is None else _given_weights(table, inputWeightCol)
    counts = profile_table(table, handle_invalid="error").counts
    targets = TARGETS[kind](counts, strategy=samplingStrategy, ratios=samplingRatios)
    factors = [F.lit(targets[label] / counts[label]) for label in targets]
    factor = F.coalesce(F.array(*factors)[class_code(table, list(targets))], F.lit(1.0))
    weight = factor if given is None else F.coalesce(factor * given, F.lit(0.0))
    return table.frame.select(*table.originals, weight).toDF(*table.schema.names, weightCol)


def _require_free(df: DataFrame, name: Any) -> None:
    if not isinstance(name, str) or not name:
        raise ParameterError(f"weightCol must be the name of a column; received {name!r}")
    same = [column for column in df.columns if column.lower() == name.lower()]
    if same:
        raise SchemaError(
            f"the table already has a column {same[0]!r}, which weightCol={name!r} would add; "
            f"choose another name, and give inputWeightCol={same[0]!r} if it holds weights to be "
            "multiplied"
        )


def _given_weights(table: Table, name: str) -> Column:
    """Weights that rows have, checked."""
    position = column_position(table.schema.names, name, "inputWeightCol")
    kind = table.schema[position].dataType
    if not isinstance(kind, T.NumericType):
        raise SchemaError(
            f"inputWeightCol {name!r} is of type {kind.simpleString()}; weights are numbers: cast "
            "it, or leave it out"
        )
    weight = F.col(f"c{position}").cast("double")
    # NaN is above all numbers for Spark
    usable = F.coalesce((weight >= 0) & (weight < float("inf")), F.lit(False))
    bad = table.frame.filter(~usable).count()
    if bad:
        raise DataError(
            f"inputWeightCol {name!r} is null, negative, NaN or infinite in {bad:,} rows; a weight "
            "is a finite number of 0 or more: mend these rows or drop them"
        )
    return weight

"""SMOTE, then edited nearest neighbours (Batista, Prati, Monard 2004)."""

from __future__ import annotations

from spark_smote.samplers.cleaned import CleanedSMOTE
from spark_smote.samplers.cleaning import Cleaning
from spark_smote.samplers.enn import EditedNearestNeighbours


class SMOTEENN(CleanedSMOTE):
    """Over-sample by SMOTE, then remove the rows that their neighbours speak against.

    Real and new rows of every class are cleaned alike, by their `nNeighbors` nearest rows of any
    class, so that classes end with fewer rows than `samplingStrategy` says, the large one often
    with far fewer; the report counts them, and warns where it turns the balance over. New rows are
    those of `SMOTE`, cleaning is that of `EditedNearestNeighbours` with samplingStrategy="all".

    References
    ----------
    G. E. A. P. A. Batista, R. C. Prati, M. C. Monard, "A Study of the Behavior of Several Methods
    for Balancing Machine Learning Training Data", SIGKDD Explorations 6(1), 2004.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTEENN
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i >= 90)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = SMOTEENN(samplingStrategy=0.5, seed=7).plan(df)
    >>> [step.rows_after for step in plan.report.steps][0]
    135
    >>> plan.resampled().count() == plan.report.rows_after <= 135
    True
    """

    method = "SMOTE-ENN"

    nNeighbors = EditedNearestNeighbours.nNeighbors
    kindSel = EditedNearestNeighbours.kindSel

    def _cleaner(self) -> Cleaning:
        return EditedNearestNeighbours(samplingStrategy="all")

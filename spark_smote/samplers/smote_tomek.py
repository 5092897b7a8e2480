"""SMOTE, then Tomek links (Batista, Prati, Monard 2004)."""

from __future__ import annotations

from spark_smote.samplers.cleaned import CleanedSMOTE
from spark_smote.samplers.cleaning import Cleaning
from spark_smote.samplers.tomek import TomekLinks


class SMOTETomek(CleanedSMOTE):
    """Over-sample by SMOTE, then remove the rows of both classes of every Tomek link.

    Real and new rows are cleaned alike: of each pair of different classes that are nearest to each
    other both go, so that classes end with fewer rows than `samplingStrategy` says; the report
    counts them, and warns where it turns the balance over. New rows are those of `SMOTE`, links
    those of `TomekLinks` with samplingStrategy="all".

    References
    ----------
    G. E. A. P. A. Batista, R. C. Prati, M. C. Monard, "A Study of the Behavior of Several Methods
    for Balancing Machine Learning Training Data", SIGKDD Explorations 6(1), 2004.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTETomek
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i >= 90)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = SMOTETomek(samplingStrategy=0.5, seed=7).plan(df)
    >>> [step.rows_after for step in plan.report.steps][0]
    135
    >>> plan.resampled().count() == plan.report.rows_after <= 135
    True
    """

    method = "SMOTE-Tomek"

    def _cleaner(self) -> Cleaning:
        return TomekLinks(samplingStrategy="all")

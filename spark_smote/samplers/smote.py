"""SMOTE: synthetic minority over-sampling (Chawla, Bowyer, Hall, Kegelmeyer 2002)."""

from __future__ import annotations

from spark_smote.samplers.grouped import InterpolatingWithinGroups
from spark_smote.samplers.params import HasConstraints, HasInterpolatedFeaturesCol


class SMOTE(InterpolatingWithinGroups, HasInterpolatedFeaturesCol, HasConstraints):
    """Over-sample by interpolating between near rows of the same class.

    Each new row lies on the segment from a base row, drawn uniformly in its class, to one of the
    base's k nearest neighbours of the same class, drawn uniformly, at a uniform gap in [0, 1):
    x = x_b + gap * (x_nn - x_b). Neighbours are searched approximately, inside hash buckets;
    the report says how near to exact they are. The same rows, parameters, seed and library
    versions give the same new rows, however the table is partitioned or ordered.

    References
    ----------
    N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority
    Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTE
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i % 7), float(i % 11), int(i < 12)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "x double, y double, label int")
    >>> balanced = SMOTE(samplingStrategy=0.5, seed=7).resample(df)
    >>> balanced.filter("label = 1").count()
    44
    """

    method = "SMOTE"

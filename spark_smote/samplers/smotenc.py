"""SMOTE-NC: over-sampling of tables with nominal and continuous columns (Chawla et al. 2002)."""

from __future__ import annotations

from spark_smote.errors import SchemaError
from spark_smote.plans.table import Table
from spark_smote.samplers.grouped import InterpolatingWithinGroups
from spark_smote.samplers.params import HasConstraints, HasNominalCols


class SMOTENC(InterpolatingWithinGroups, HasNominalCols, HasConstraints):
    """Over-sample rows of numbers and categories, as SMOTE does, but never between categories.

    Numeric columns are interpolated as by `SMOTE`. Nominal ones (strings, booleans, codes) are
    only ever equal or not: each one that differs adds med^2 to the squared distance of two rows,
    med being the median of the numeric columns' standard deviations in the class, in the units of
    the distance (so 1 with `standardize`, unless half of those columns or more are constant). A
    new row takes the level that is most frequent among its base's k neighbours, drawn among ties.
    No level is made up, none is one-hot encoded, and null is a level like any other.

    References
    ----------
    N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority
    Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTENC
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i % 7), "web" if i % 3 else "shop", int(i < 12)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "amount double, channel string, label int")
    >>> balanced = SMOTENC(samplingStrategy=0.5, seed=7).resample(df)
    >>> sorted(r.channel for r in balanced.select("channel").distinct().collect())
    ['shop', 'web']
    """

    method = "SMOTE-NC"

    def _require(self, table: Table) -> None:
        if not table.nominal:
            raise SchemaError(
                f"nominalCols={self._value('nominalCols')!r} names no column of this table, and "
                "SMOTE-NC is for tables with nominal columns; name them, or use SMOTE"
            )

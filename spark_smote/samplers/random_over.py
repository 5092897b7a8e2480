"""Random over-sampling: copies of rows of small classes, exact or with noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spark_smote.plans.movement import Movement
from spark_smote.plans.profile import Profile
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.smoothing import fit_smoothing
from spark_smote.plans.table import ColumnRequest
from spark_smote.results import LabelValue
from spark_smote.samplers.copying import Copying
from spark_smote.samplers.params import (
    HasFeaturesCol,
    HasInputs,
    HasNewRows,
    HasOtherCols,
    HasShrinkage,
)


class RandomOverSampler(Copying, HasShrinkage):
    """Repeat rows of small classes, drawn uniformly with replacement.

    New rows are whole copies, columns of any type included: nothing but the label is looked at.
    With `shrinkage` h they are a smoothed bootstrap (ROSE): to each numeric input is added
    N(0, 1) * h * (4 / ((d + 2) * n_c))^(1 / (d + 4)) * sigma_cj, where the class has n_c rows, d
    inputs and in column j the standard deviation sigma_cj (from a sample of its rows). The same
    rows, parameters, seed and library versions give the same new rows, however the table is
    partitioned or ordered.

    References
    ----------
    G. Menardi, N. Torelli, "Training and assessing classification rules with imbalanced data",
    Data Mining and Knowledge Discovery 28, 2014 (ROSE).

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import RandomOverSampler
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.range(100).selectExpr("id", "concat('row ', id) AS name", "id < 12 AS label")
    >>> balanced = RandomOverSampler(samplingStrategy=0.5, seed=7).resample(df)
    >>> sorted(balanced.groupBy("label", "is_synthetic").count().collect())
    [Row(label=False, is_synthetic=False, count=88),
     Row(label=True, is_synthetic=False, count=12), Row(label=True, is_synthetic=True, count=32)]
    """

    method = "random over-sampling"
    new_rows_are = "duplicate"

    inputCols = HasInputs.inputCols.saying(
        "Numeric columns that get noise. Unset: every numeric column but the label, `idCol` and "
        "`ignoreCols`. Integers are rounded half to even, decimals to their own scale; what is "
        "null, NaN or infinite stays so. Without `shrinkage` not looked at."
    )
    featuresCol = HasFeaturesCol.featuresCol.saying(
        "One vector or array column that gets noise, instead of `inputCols`; its vectors become "
        "dense. Without `shrinkage` not looked at."
    )
    ignoreCols = HasOtherCols.ignoreCols.saying("Numeric columns that get no noise.")
    carryPolicy = HasNewRows.carryPolicy.saying(
        "What new rows hold in columns without noise: nothing, or the base row's value, as where "
        "nothing is said."
    )

    @property
    def _needs(self) -> tuple[str, str] | None:
        shrinkage = self._value("shrinkage")
        if shrinkage is None:
            return None
        need = f"shrinkage={shrinkage} needs the spread of each input"
        return need, "fill them, name other inputCols, or unset shrinkage"

    def _movement(
        self, profile: Profile, labels: Sequence[LabelValue], samples: Sequence[ClassSample]
    ) -> Movement:
        counts = [profile.counts[label] for label in labels]
        shrinkage, seed = self._value("shrinkage"), self._value("seed")
        return fit_smoothing(labels, samples, counts, shrinkage=shrinkage, seed=seed)

    def _columns(self) -> ColumnRequest:
        smooth = self._value("shrinkage") is not None
        return replace(super()._columns(), looks_at_inputs=smooth, copies_rows=True)

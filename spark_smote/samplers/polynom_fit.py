"""Polynomial fitting over-sampling, star topology (Gazzah & Amara 2008)."""

from __future__ import annotations

from collections.abc import Sequence

from spark_smote.plans.movement import Movement
from spark_smote.plans.profile import Profile
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.star import fit_star
from spark_smote.results import LabelValue
from spark_smote.samplers.copying import Copying
from spark_smote.samplers.params import HasFeaturesCol, HasInputs, HasOtherCols


class PolynomFitSMOTE(Copying):
    """Over-sample on the lines between rows of a class and its mean.

    Each new row is x_b + u * (m - x_b): x_b a base row, drawn uniformly in its class with
    replacement, m the mean of the class (of a canonical sample of up to 8,192 distinct rows), and u
    uniform in (0, 1), one for all inputs. The paper's star topology, with places drawn where it
    spaces them evenly. No neighbours are searched, so that it costs as much as copying rows. It
    suits classes that are round: in the middle of a ring it makes rows where none are.

    References
    ----------
    S. Gazzah, N. E. B. Amara, "New Oversampling Approaches Based on Polynomial Fitting for
    Imbalanced Data Sets", IAPR International Workshop on Document Analysis Systems, 2008.
    G. Kovacs, "An empirical comparison and evaluation of minority oversampling techniques on a
    large number of imbalanced datasets", Applied Soft Computing 83, 2019, ranks it first of 85.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import PolynomFitSMOTE
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i % 7), float(i % 11), int(i < 12)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "x double, y double, label int")
    >>> balanced = PolynomFitSMOTE(samplingStrategy=0.5, seed=7).resample(df)
    >>> balanced.filter("label = 1").count()
    44
    """

    method = "Polynomial fitting SMOTE"
    new_rows_are = "star"

    inputCols = HasInputs.inputCols.saying(
        "Numeric columns to interpolate. Unset: every numeric column but the label, `idCol` and "
        "`ignoreCols`. Integers are rounded half to even, decimals to their own scale; what is "
        "null, NaN, infinite or beyond 1e150 in the base row stays so, and a row that holds such "
        "is left out of the mean."
    )
    featuresCol = HasFeaturesCol.featuresCol.adding("New vectors are dense.")
    ignoreCols = HasOtherCols.ignoreCols.saying("Numeric columns that are not interpolated.")

    @property
    def _needs(self) -> tuple[str, str]:
        need = "lines to the mean of a class need the mean of each input"
        return need, "fill them, or name other inputCols"

    def _movement(
        self, profile: Profile, labels: Sequence[LabelValue], samples: Sequence[ClassSample]
    ) -> Movement:
        return fit_star(labels, samples, seed=self._value("seed"))

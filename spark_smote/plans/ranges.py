"""How far the rows of a table reach in each input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats
from spark_smote.kernels.medians import MISSING
from spark_smote.plans.arrow import features_of
from spark_smote.plans.folding import fold_records


@dataclass(frozen=True)
class Ranges:
    """The least and the largest value of each input, shape (d,)."""

    least: Floats
    most: Floats

    def merged(self, other: Ranges) -> Ranges:
        """The range of both."""
        return Ranges(np.minimum(self.least, other.least), np.maximum(self.most, other.most))

    def keeping(self, values: Floats) -> Floats:
        """The nearest values within; NaN stays."""
        return np.clip(values, self.least, self.most)


def ranges_of(records: DataFrame, columns: int) -> Ranges:
    """Those of all rows, but for what they miss.

    Parameters
    ----------
    records : DataFrame
        As `plans.records.class_records` gives them.
    columns : int
        Inputs of a row.
    """

    def enter(pieces: list[Ranges], table: pa.Table) -> list[Ranges]:
        features = features_of(table)
        missing = features == MISSING
        least = np.where(missing, np.inf, features).min(axis=0)
        most = np.where(missing, -np.inf, features).max(axis=0)
        return [pieces[0].merged(Ranges(least, most))]

    nothing = Ranges(np.full(columns, np.inf), np.full(columns, -np.inf))
    return fold_records(records, [nothing], enter)[0]

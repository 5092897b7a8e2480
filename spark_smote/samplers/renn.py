"""Repeated edited nearest neighbours (Tomek 1976)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat

from spark_smote.samplers.checks import whole
from spark_smote.samplers.params import Parameter
from spark_smote.samplers.repeated import RepeatedEditing


class RepeatedEditedNearestNeighbours(RepeatedEditing):
    """Remove rows whose nearest neighbours are of other classes, again and again.

    Each pass is one of `EditedNearestNeighbours`, over what the one before it left. The last pass
    is the one that removes nothing; or after which a class is gone, or a class other than the
    smallest has fewer rows than the smallest had at first, or no more rows are left than neighbours
    are asked; or number `maxIter`. The report says which. Each pass reads, hashes and searches what
    is left anew, and costs about as much as `EditedNearestNeighbours`.

    References
    ----------
    I. Tomek, "An Experiment with the Edited Nearest-Neighbor Rule", IEEE Transactions on Systems,
    Man, and Cybernetics 6(6), 1976.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import RepeatedEditedNearestNeighbours
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i >= 30)) for i in range(40)] + [(33.4, 0), (33.6, 0), (34.5, 0)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = RepeatedEditedNearestNeighbours().plan(df)
    >>> [search.rows for search in plan.report.searches]  # the third pass finds none to remove
    [43, 38, 37]
    >>> plan.report.rows_after
    37
    """

    method = "Repeated edited nearest neighbours"

    maxIter = Parameter("maxIter", "Passes at the most.", 100, whole(1, 1000))

    def _neighbours(self) -> Iterator[int]:
        return repeat(int(self._value("nNeighbors")), int(self._value("maxIter")))

    @property
    def _goes_on_unchanged(self) -> bool:
        return False

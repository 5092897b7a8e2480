"""All k-NN (Tomek 1976)."""

from __future__ import annotations

from collections.abc import Iterator

from spark_smote.samplers.enn import EditedNearestNeighbours
from spark_smote.samplers.repeated import RepeatedEditing


class AllKNN(RepeatedEditing):
    """Remove rows whose nearest neighbours are of other classes: one asked, then two, then more.

    Each pass is one of `EditedNearestNeighbours`, with 1, 2, ..., `nNeighbors` neighbours, over
    what the one before it left. It ends early after a pass by which a class is gone, or a class
    other than the smallest has fewer rows than the smallest had at first, or no more rows are left
    than neighbours are asked; the report says so. Each pass reads, hashes and searches what is left
    anew, and costs about as much as `EditedNearestNeighbours`.

    References
    ----------
    I. Tomek, "An Experiment with the Edited Nearest-Neighbor Rule", IEEE Transactions on Systems,
    Man, and Cybernetics 6(6), 1976.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import AllKNN
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i >= 30)) for i in range(40)] + [(33.5, 0)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> cleaned = AllKNN().resample(df)  # 33.5 lies among rows of class 1
    >>> cleaned.filter("label = 0 and x > 28").count()
    0
    """

    method = "All k-NN"

    nNeighbors = EditedNearestNeighbours.nNeighbors.saying(
        "Neighbours that are asked in the last pass, and the number of passes."
    )

    def _neighbours(self) -> Iterator[int]:
        return iter(range(1, int(self._value("nNeighbors")) + 1))

    @property
    def _goes_on_unchanged(self) -> bool:
        return True

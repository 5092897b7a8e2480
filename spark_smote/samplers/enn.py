"""Edited nearest neighbours (Wilson 1972)."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame

from spark_smote.plans.cleaning import FOUND, Outvoted
from spark_smote.plans.search import Search
from spark_smote.results import LabelValue
from spark_smote.samplers.checks import one_of, whole
from spark_smote.samplers.cleaning import Cleaning
from spark_smote.samplers.params import Parameter


class EditedNearestNeighbours(Cleaning):
    """Remove rows whose nearest neighbours, in the whole table, are of other classes.

    One simultaneous pass: every row of the classes that may lose rows is judged by its
    `nNeighbors` nearest other rows of any class, as the table is before any row goes. Rows of
    equal content are rows: each is a neighbour of the others. Which of two rows at the same
    distance is nearer is decided by a hash of their content. Neighbours are searched
    approximately, inside hash buckets; the report says how near to exact they are.

    References
    ----------
    D. L. Wilson, "Asymptotic Properties of Nearest Neighbor Rules Using Edited Data", IEEE
    Transactions on Systems, Man, and Cybernetics 2, 1972.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import EditedNearestNeighbours
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i >= 30)) for i in range(40)] + [(33.5, 0)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> cleaned = EditedNearestNeighbours().resample(df)  # 33.5 lies among rows of class 1
    >>> cleaned.filter("label = 0 and x > 28").count()
    0
    """

    method = "Edited nearest neighbours"

    nNeighbors = Parameter("nNeighbors", "Neighbours that are asked.", 3, whole(1, 1000))
    kindSel = Parameter(
        "kindSel",
        'A row stays only if "all" of them are of its class; or if the most frequent class among '
        'them is ("mode"; ties to the first class in sorted order).',
        "all",
        one_of("all", "mode"),
    )

    @property
    def _k(self) -> tuple[str, int]:
        return "nNeighbors", int(self._value("nNeighbors"))

    def _remedy(self, targets: Sequence[LabelValue]) -> str:
        others = super()._remedy(targets)
        if self._value("kindSel") == "mode" or self._value("nNeighbors") == 1:
            return others
        return f"kindSel='mode', by which most votes decide, removes fewer. {others}".strip()

    def _found(self, search: Search, targets: Sequence[LabelValue]) -> DataFrame:
        return search.judged(Outvoted(search.metric, self._value("kindSel") == "all"), FOUND)

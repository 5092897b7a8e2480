"""Neighbourhood cleaning rule (Laurikkala 2001)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyspark.sql import DataFrame

from spark_smote.labels import smallest
from spark_smote.plans.cleaning import FOUND, Neighbourhood
from spark_smote.plans.profile import Profile
from spark_smote.plans.search import Search
from spark_smote.results import LabelValue
from spark_smote.samplers.checks import whole
from spark_smote.samplers.params import Parameter
from spark_smote.samplers.sparing import SparingSmallest


class NeighbourhoodCleaningRule(SparingSmallest):
    """Remove rows that their neighbours outvote, and neighbours that outvote the smallest class.

    Of the classes that may lose rows go those whose class is not the most frequent one among their
    `nNeighbors` nearest rows of the table; and where a row of the smallest class is outvoted among
    itself and the nearest `nNeighbors` - 1, all of its `nNeighbors` nearest that are of such a
    class. Classes that tie in a vote are won by the first in sorted order. The smallest class loses
    nothing. Rows of equal content share their fate. Neighbours are searched approximately, inside
    hash buckets; the report says how near to exact they are.

    References
    ----------
    J. Laurikkala, "Improving Identification of Difficult Small Classes by Balancing Class
    Distribution", Conference on Artificial Intelligence in Medicine in Europe, 2001.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import NeighbourhoodCleaningRule
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), 0) for i in range(20)] + [(10.4, 1), (30.0, 1), (31.0, 1), (32.0, 1)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = NeighbourhoodCleaningRule().plan(df)  # 10.4 is outvoted by 9, 10 and 11
    >>> sorted(row.x for row in plan.removed().collect())
    [9.0, 10.0, 11.0]
    """

    method = "Neighbourhood cleaning rule"
    instead = "EditedNearestNeighbours"

    nNeighbors = Parameter("nNeighbors", "Neighbours that are looked at.", 3, whole(1, 1000))

    @property
    def _k(self) -> tuple[str, int]:
        return "nNeighbors", int(self._value("nNeighbors"))

    def _asking(self, profile: Profile, targets: list[LabelValue]) -> list[LabelValue]:
        return [*targets, smallest(profile.counts)]

    def _found(self, search: Search, targets: Sequence[LabelValue]) -> DataFrame:
        may_go = np.array([label in targets for label in search.labels])
        return search.judged(Neighbourhood(search.metric, may_go), FOUND).distinct()

"""SMOTE-N: over-sampling of tables of nominal columns only (Chawla et al. 2002)."""

from __future__ import annotations

from collections.abc import Sequence

from spark_smote.errors import SchemaError
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.labels import in_order
from spark_smote.plans.profile import Profile
from spark_smote.plans.search_notices import level_notices
from spark_smote.plans.table import Table
from spark_smote.plans.value_difference import count_levels, measured_levels
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.interpolation import ByNeighbours
from spark_smote.samplers.params import (
    HasBuckets,
    HasNeighbours,
    HasNewRows,
    HasNominalCols,
    HasOtherCols,
)


class SMOTEN(ByNeighbours, HasNominalCols):
    """Over-sample rows of categories by what is most frequent around them.

    Two levels of a column are as far apart as the classes of their rows differ (value difference
    metric): delta(a, b) = sum over classes of abs(P(class | a) - P(class | b)), with the shares of
    all classes of the table, counted exactly; the squared distance of two rows is the sum of
    delta^2 over the columns. In each column a new row has the level that is most frequent among a
    base row, drawn uniformly in its class, and the base's k nearest neighbours of that class; of
    levels that tie, the first in sorted order. Null is a level like any other, and the first of
    all: it is followed by numbers, times and booleans by value (NaN last), texts and bytes by
    their bytes in UTF-8, arrays and structs by their parts in turn, other types by a hash. No
    level is made up, nothing is one-hot encoded, and no value is invalid.

    References
    ----------
    N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority
    Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002, section 6.2.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTEN
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [("web" if i % 3 else "shop", "abc"[i % 5 % 3], int(i < 12)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "channel string, tariff string, label int")
    >>> balanced = SMOTEN(samplingStrategy=0.5, seed=7).resample(df)
    >>> balanced.filter("label = 1").count()
    44
    """

    method = "SMOTE-N"
    levels_only = True
    phases = ("profile", "sample", "levels", "hash")

    nominalCols = HasNominalCols.nominalCols.adding(
        "At most 131,072 levels each (fewer with more than 8 classes: 1,048,576 / classes, but 256 "
        "at least)."
    )
    ignoreCols = HasOtherCols.ignoreCols.saying(
        "Columns that are not looked at. A numeric column must be named here, in `nominalCols` or "
        "in a dict of `carryPolicy`."
    )
    kNeighbors = HasNeighbours.kNeighbors.saying("Neighbours that vote beside the base.")
    searchQuality = HasBuckets.searchQuality.adding(
        '"exact" compares all rows of a class with each other, which takes as long as the square '
        "of their number: hours beyond a million distinct rows. Classes of more than 4,194,304 of "
        "them (fewer where columns have many levels) are refused."
    )
    provenance = HasNewRows.provenance.adding(
        "Neighbour and gap are null on new rows too: all neighbours of the base have a part in "
        "them."
    )

    def _require(self, table: Table) -> None:
        if not table.nominal:
            raise SchemaError(
                f"nominalCols={self._value('nominalCols')!r} names no column of this table, and "
                "SMOTE-N is for tables of nominal columns; name them, or use SMOTE"
            )

    def _levels(
        self, table: Table, profile: Profile, labels: Sequence[LabelValue], clock: PhaseClock
    ) -> tuple[int | ValueDifference, list[Notice]]:
        if not labels:
            return super()._levels(table, profile, labels, clock)
        classes = in_order(profile.counts)

        def measured() -> tuple[ValueDifference, list[Notice]]:
            counts = count_levels(table, classes)
            notices = level_notices(table, counts, sum(profile.counts.values()))
            return measured_levels(table, counts, classes=len(classes), grown=labels), notices

        found: tuple[ValueDifference, list[Notice]] = clock.run("levels", measured)
        return found

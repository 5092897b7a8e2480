"""SMOTE-N: over-sampling of tables of nominal columns only (Chawla et al. 2002)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark import keyword_only

from spark_smote.errors import SchemaError
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.labels import in_order
from spark_smote.plans.notices import level_notices
from spark_smote.plans.profile import Profile
from spark_smote.plans.table import Table
from spark_smote.plans.value_difference import count_levels, measured_levels
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.interpolation import ByNeighbours
from spark_smote.samplers.params import HasNominalCols, with_accessors


@with_accessors
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

    Parameters
    ----------
    labelCol : str, default "label"
        Column that holds the class: string, boolean, date, whole number or decimal, never null.
    nominalCols : list of str or "auto", default "auto"
        Columns of levels, of any type that can be copied but maps, vectors and variants; "auto"
        takes every string and boolean column that is neither label, id, ignored nor in a dict of
        carryPolicy. At most 131,072 levels each (fewer with more than 8 classes: 1,048,576 /
        classes, but 256 at least).
    ignoreCols : list of str, optional
        Columns that are not looked at. A numeric column must be named here, in `nominalCols` or
        in a dict of `carryPolicy`.
    carryPolicy : {"null", "copy"} or dict of column to policy, optional
        What new rows hold in columns that are not nominal: nothing, or the base row's value.
        Needed where there are such columns.
    samplingStrategy : str, float, dict or callable, default "auto"
        "auto" brings every class up to the largest; a float r in (0, 1] (two classes) brings the
        smaller to r times the larger; a dict gives totals per class; see the README.
    samplingRatios : dict of class to float, optional
        Rows of the class per row of the largest class, instead of `samplingStrategy`.
    kNeighbors : int, default 5
        Neighbours that vote beside the base.
    searchQuality : {"fast", "balanced", "accurate", "exact"}, default "balanced"
        How near to the exact neighbours the search comes: aims for a recall of 0.90, 0.95 or 0.99,
        as foretold from the sample, at a bounded price (the report gives the recall reached).
        "exact" compares all rows of a class with each other, which takes as long as the square of
        their number: hours beyond a million distinct rows. Classes of more than 4,194,304 of them
        (fewer where columns have many levels) are refused.
    hashFamily : {"voronoi", "random_projection"}, default "voronoi"
        How rows are put into buckets.
    distinctNeighbours : bool, default False
        Whether only rows that differ from a base are its neighbours, each counted once. In tables
        where many rows repeat, most new rows are copies else. Recall is not measured then.
    onSmallClass : {"error", "reduce", "duplicate", "skip"}, default "error"
        What to do with a class of at most `kNeighbors` rows.
    syntheticCol : str, default "is_synthetic"
        Added boolean column, true on new rows; "" leaves it out.
    idCol : str, optional
        Column that identifies a row; null on new rows.
    provenance : bool, default False
        Add `base_id`, `neighbour_id` and `gap`, null on originals. Ids are `idCol`'s values, else
        the content key, which originals then carry as `row_key`. Neighbour and gap are null on
        new rows too: all neighbours of the base have a part in them.
    recallQueries : int, default 256
        Rows per class whose neighbours are also searched for exactly, to measure recall; 0 = off.
    seed : int, default 0
        Seed of all random draws.

    Raises
    ------
    ParameterError
        For a value out of range, naming the parameter, the value and the range.

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

    @keyword_only
    def __init__(
        self,
        *,
        labelCol: str | None = None,
        nominalCols: Sequence[str] | str | None = None,
        ignoreCols: Sequence[str] | None = None,
        carryPolicy: str | Mapping[str, str] | None = None,
        samplingStrategy: Any = None,
        samplingRatios: Mapping[Any, float] | None = None,
        kNeighbors: int | None = None,
        searchQuality: str | None = None,
        hashFamily: str | None = None,
        distinctNeighbours: bool | None = None,
        onSmallClass: str | None = None,
        syntheticCol: str | None = None,
        idCol: str | None = None,
        provenance: bool | None = None,
        recallQueries: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.setParams(**self._input_kwargs)

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

"""Tomek links (Tomek 1976)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark import keyword_only
from pyspark.sql import DataFrame

from spark_smote.labels import in_order
from spark_smote.plans.cleaning import linked_rows
from spark_smote.plans.profile import Profile
from spark_smote.plans.search import Search
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.cleaning import Cleaning
from spark_smote.samplers.params import with_accessors


@with_accessors
class TomekLinks(Cleaning):
    """Remove rows that are in a Tomek link: of a pair of different classes, nearest to each other.

    Two rows of different class are a link if no third row, of any class, is strictly closer to
    either. Equally near rows all count, and so do exact duplicates: rows that are equal but for
    their class are links. Both sides are searched; a link whose rows fall into different hash
    buckets counts if both buckets find it. The report says how near to exact the search is.

    Parameters
    ----------
    labelCol : str, default "label"
        Column that holds the class: string, boolean, date, whole number or decimal, never null.
    inputCols : list of str, optional
        Numeric columns to measure distances by. Unset: every numeric column but the label, `idCol`
        and `ignoreCols`.
    featuresCol : str, optional
        One vector or array column to measure distances by, instead of `inputCols`.
    nominalCols : list of str or "auto", optional
        Columns of levels, of any type that can be copied but maps, vectors and variants. Each one
        that differs adds med^2 to a squared distance, med being the median of the numeric columns'
        standard deviations, as in `SMOTENC`. "auto" takes every string and boolean column that
        nothing else is said of. Not with `featuresCol`.
    ignoreCols : list of str, optional
        Numeric columns not to measure distances by.
    samplingStrategy : str or list of classes, default "auto"
        Which classes may lose rows: "auto" and "not minority" = all but the smallest, "majority" =
        the largest, "not majority", "all" (both rows of each link), or the classes themselves.
    searchQuality : {"fast", "balanced", "accurate", "exact"}, default "balanced"
        How near to the exact neighbours the search comes; "exact" compares all rows of the table
        with each other and is refused beyond 131,072 distinct rows.
    hashFamily : {"voronoi", "random_projection"}, default "voronoi"
        How rows are put into buckets.
    standardize : bool, default True
        Measure distances in units of each column's standard deviation in the table (from a
        sample); False = raw Euclidean distance.
    handleInvalid : {"error", "skip", "impute"}, default "error"
        What to do where an input is null, NaN or infinite: fail; keep the row, in no link and
        between none; or search as if it had the column's median (from a sample).
    syntheticCol : str, default "is_synthetic"
        Added boolean column, false on all rows here; "" leaves it out.
    idCol : str, optional
        Column that identifies a row: no input.
    recallQueries : int, default 256
        Rows per class whose neighbours are also searched for exactly, to measure recall;
        0 = off.
    seed : int, default 0
        Seed of the sample and the hash.

    Raises
    ------
    ParameterError
        For a value out of range, naming the parameter, the value and the range.

    References
    ----------
    I. Tomek, "Two Modifications of CNN", IEEE Transactions on Systems, Man, and Cybernetics 6,
    1976.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import TomekLinks
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(0.0, 0), (1.0, 0), (2.0, 0), (2.1, 1), (5.0, 1)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> cleaned = TomekLinks().resample(df)  # 2.0 and 2.1 are a link; class 1 is the smallest
    >>> sorted(row.x for row in cleaned.collect())
    [0.0, 1.0, 2.1, 5.0]
    """

    method = "Tomek links"

    @keyword_only
    def __init__(
        self,
        *,
        labelCol: str | None = None,
        inputCols: Sequence[str] | None = None,
        featuresCol: str | None = None,
        nominalCols: Sequence[str] | str | None = None,
        ignoreCols: Sequence[str] | None = None,
        samplingStrategy: Any = None,
        searchQuality: str | None = None,
        hashFamily: str | None = None,
        standardize: bool | None = None,
        handleInvalid: str | None = None,
        syntheticCol: str | None = None,
        idCol: str | None = None,
        recallQueries: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.setParams(**self._input_kwargs)

    @property
    def _k(self) -> tuple[str, int]:
        return "the search for links", 1

    def _asking(self, profile: Profile, targets: list[LabelValue]) -> list[LabelValue]:
        return list(profile.counts)  # a link needs both sides

    def _found(self, search: Search) -> DataFrame:
        return linked_rows(search)

    def _described(self, rows: Mapping[LabelValue, int]) -> list[Notice]:
        counts = ", ".join(f"{rows[label]:,} of class {label!r}" for label in in_order(rows))
        return [Notice("links", f"Rows in Tomek links: {counts or 'none'}.", "info")]

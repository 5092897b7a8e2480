"""Edited nearest neighbours (Wilson 1972)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark import keyword_only
from pyspark.sql import DataFrame

from spark_smote.plans.cleaning import FOUND, Outvoted
from spark_smote.plans.search import Search
from spark_smote.samplers.cleaning import Cleaning
from spark_smote.samplers.params import Parameter, one_of, whole, with_accessors


@with_accessors
class EditedNearestNeighbours(Cleaning):
    """Remove rows whose nearest neighbours, in the whole table, are of other classes.

    One simultaneous pass: every row of the classes that may lose rows is judged by its
    `nNeighbors` nearest other rows of any class, as the table is before any row goes. Rows of
    equal content are rows: each is a neighbour of the others. Which of two rows at the same
    distance is nearer is decided by a hash of their content. Neighbours are searched
    approximately, inside hash buckets; the report says how near to exact they are.

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
        the largest, "not majority", "all", or the classes themselves.
    nNeighbors : int, default 3
        Neighbours that are asked.
    kindSel : {"all", "mode"}, default "all"
        A row stays only if all of them are of its class; or if the most frequent class among them
        is (ties to the first class in sorted order).
    searchQuality : {"fast", "balanced", "accurate", "exact"}, default "balanced"
        How near to the exact neighbours the search comes; "exact" compares all rows of the table
        with each other and is refused beyond 131,072 distinct rows.
    hashFamily : {"voronoi", "random_projection"}, default "voronoi"
        How rows are put into buckets.
    standardize : bool, default True
        Measure distances in units of each column's standard deviation in the table (from a
        sample); False = raw Euclidean distance.
    handleInvalid : {"error", "skip", "impute"}, default "error"
        What to do where an input is null, NaN or infinite: fail; keep the row, neither judged nor
        anybody's neighbour; or search as if it had the column's median (from a sample).
    syntheticCol : str, default "is_synthetic"
        Added boolean column, false on all rows here; "" leaves it out.
    idCol : str, optional
        Column that identifies a row: no input.
    recallQueries : int, default 256
        Rows per judged class whose neighbours are also searched for exactly, to measure recall;
        0 = off.
    seed : int, default 0
        Seed of the sample and the hash.

    Raises
    ------
    ParameterError
        For a value out of range, naming the parameter, the value and the range.

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

    nNeighbors = Parameter("nNeighbors", "neighbours that are asked, >= 1", 3, whole(1, 1000))
    kindSel = Parameter(
        "kindSel",
        "a row stays if 'all' its neighbours are of its class, or the 'mode' of them is",
        "all",
        one_of("all", "mode"),
    )

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
        nNeighbors: int | None = None,
        kindSel: str | None = None,
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
        return "nNeighbors", int(self._value("nNeighbors"))

    def _found(self, search: Search) -> DataFrame:
        return search.judged(Outvoted(search.metric, self._value("kindSel") == "all"), FOUND)

"""ADASYN: adaptive synthetic sampling (He, Bai, Garcia, Li 2008)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark import keyword_only

from spark_smote.plans.classes import ClassTask, Standing
from spark_smote.results import Notice
from spark_smote.samplers.params import with_accessors
from spark_smote.samplers.standing import ByStanding


@with_accessors
class ADASYN(ByStanding):
    """Over-sample rows the more, the more of their neighbours are of other classes.

    r_i is the share of other classes among the k nearest rows, in the whole table, of row i of the
    class. New rows have row i as their base in proportion to r_i: each as often as its share
    rounded down, then the largest remainders once more, so that the total is exact (where
    remainders are equal, spread evenly, then by a hash of the row's content). Each lies between
    its base and one of the base's k nearest neighbours of the same class, as in `SMOTE`. Both
    searches are approximate, inside hash buckets; the report says how near to exact they are.

    Parameters
    ----------
    labelCol : str, default "label"
        Column that holds the class: string, boolean, date, whole number or decimal, never null.
    inputCols : list of str, optional
        Numeric columns to interpolate. Unset: every numeric column but the label, `idCol` and
        `ignoreCols`. Integers come back as `boundsPolicy` says, decimals in their own scale; no
        value leaves the range its class has in the column.
    featuresCol : str, optional
        One vector or array column to interpolate, instead of `inputCols`. New vectors are dense,
        unless all of the class are sparse: then each has the smaller form, as in Spark's
        `Vector.compressed`.
    nominalCols : list of str or "auto", optional
        Columns of levels, of any type that can be copied but maps, vectors and variants. Each one
        that differs adds med^2 to a squared distance, med being the median of the numeric columns'
        standard deviations, as in `SMOTENC`; new rows take the most frequent level
        around their base. "auto" takes every string and boolean column that
        nothing else is said of. Not with `featuresCol`.
    ignoreCols : list of str, optional
        Numeric columns not to interpolate.
    carryPolicy : {"null", "copy"} or dict of column to policy, optional
        What new rows hold in columns that are not interpolated: nothing, or the base row's value.
        Needed where there are such columns and `featuresCol` is not set.
    boundsPolicy : {"round", "floor"} or dict of column to policy, default "round"
        How integer inputs come back on new rows: rounded half to even, or down. In a dict also
        "double": that column is not rounded, and its type becomes double, on original rows too.
        It is the one case in which the type of a column changes.
    samplingStrategy : str, float, dict or callable, default "auto"
        "auto" brings every class up to the largest; a float r in (0, 1] (two classes) brings the
        smaller to r times the larger; a dict gives totals per class; see the README.
    samplingRatios : dict of class to float, optional
        Rows of the class per row of the largest class, instead of `samplingStrategy`.
    kNeighbors : int, default 5
        Neighbours in the whole table that make up r_i, and neighbours of the same class to choose
        among.
    searchQuality : {"fast", "balanced", "accurate", "exact"}, default "balanced"
        How near to the exact neighbours the search comes: aims for a recall of 0.90, 0.95 or 0.99,
        as foretold from the sample, at a bounded price (the report gives the recall reached).
        "exact" compares all rows of the table with each other and is refused for more than 131,072
        distinct rows.
    hashFamily : {"voronoi", "random_projection"}, default "voronoi"
        How rows are put into buckets.
    distinctNeighbours : bool, default False
        Whether only rows that differ from a base are its neighbours, each counted once. In tables
        where many rows repeat, most new rows are copies else; a bucket of one distinct row gives
        copies all the same, one of fewer than `kNeighbors` others uses those. Recall in the class
        is not measured then; that in the whole table is.
    standardize : bool, default True
        Measure distances in units of each column's standard deviation, in the table where it is
        searched whole and in the class where that is (from samples); False = raw Euclidean
        distance.
    handleInvalid : {"error", "skip", "impute"}, default "error"
        What to do where an input is null, NaN or infinite: fail; leave the row in the output but
        out of the search; or search as if it had the column's median over all classes (from a
        sample). Original rows keep what they hold; a new row misses what its base row misses, and
        takes the base's value where only the neighbour misses it.
    onSmallClass : {"error", "reduce", "duplicate", "skip"}, default "error"
        What to do with a class of at most `kNeighbors` usable rows.
    onNoCandidates : {"error", "warn"}, default "error"
        What to do with a class none of whose rows has a neighbour of another class: fail, or
        leave it as it is and say so in the report.
    syntheticCol : str, default "is_synthetic"
        Added boolean column, true on new rows; "" leaves it out.
    idCol : str, optional
        Column that identifies a row; null on new rows.
    provenance : bool, default False
        Add `base_id`, `neighbour_id` and `gap`, null on originals. Ids are `idCol`'s values, else
        the content key, which originals then carry as `row_key`.
    recallQueries : int, default 256
        Rows per class whose neighbours are also searched for exactly, in the table and in the
        class, to measure recall; 0 = off.
    seed : int, default 0
        Seed of all random draws.

    Raises
    ------
    ParameterError
        For a value out of range, naming the parameter, the value and the range.

    References
    ----------
    H. He, Y. Bai, E. A. Garcia, S. Li, "ADASYN: Adaptive Synthetic Sampling Approach for Imbalanced
    Learning", IEEE International Joint Conference on Neural Networks, 2008.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import ADASYN
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i < 12)) for i in range(60)]  # classes meet between 11 and 12
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = ADASYN(kNeighbors=3, provenance=True, idCol="n", seed=7).plan(
    ...     df.selectExpr("*", "string(x) AS n"))
    >>> sorted(plan.synthetic().groupBy("base_id").count().collect())  # r = 1/3 and 2/3 of 36 rows
    [Row(base_id='10.0', count=12), Row(base_id='11.0', count=24)]
    """

    method = "ADASYN"

    @keyword_only
    def __init__(
        self,
        *,
        labelCol: str | None = None,
        inputCols: Sequence[str] | None = None,
        featuresCol: str | None = None,
        nominalCols: Sequence[str] | str | None = None,
        ignoreCols: Sequence[str] | None = None,
        carryPolicy: str | Mapping[str, str] | None = None,
        boundsPolicy: str | Mapping[str, str] | None = None,
        samplingStrategy: Any = None,
        samplingRatios: Mapping[Any, float] | None = None,
        kNeighbors: int | None = None,
        searchQuality: str | None = None,
        hashFamily: str | None = None,
        distinctNeighbours: bool | None = None,
        standardize: bool | None = None,
        handleInvalid: str | None = None,
        onSmallClass: str | None = None,
        onNoCandidates: str | None = None,
        syntheticCol: str | None = None,
        idCol: str | None = None,
        provenance: bool | None = None,
        recallQueries: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.setParams(**self._input_kwargs)

    @property
    def _looked_at(self) -> tuple[str, int]:
        return "kNeighbors", int(self._value("kNeighbors"))

    def _edges(self, k: int) -> tuple[int, ...]:
        return tuple(range(1, k + 1))

    def _standing(self, rows: tuple[int, ...]) -> Standing:
        return Standing(rows, tuple(range(len(rows))), exact=True)

    def _described(self, task: ClassTask, rows: tuple[int, ...]) -> Notice:
        k = len(rows) - 1
        mean = sum(rank * n for rank, n in enumerate(rows)) / (k * max(sum(rows), 1))
        return Notice(
            "standing",
            f"Class {task.label!r}: {mean:.0%} of the neighbours of its rows are of other classes; "
            f"{rows[0]:,} rows have none such and are no base, {rows[-1]:,} have no other.",
            "info",
        )

    def _missing(self, task: ClassTask, rows: tuple[int, ...]) -> str:
        return (
            f"class {task.label!r}: none of its {task.rows:,} rows has one of another class among "
            f"its {len(rows) - 1} nearest (kNeighbors), so nothing says where to add any; use SMOTE"
        )

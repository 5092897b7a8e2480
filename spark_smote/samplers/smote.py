"""SMOTE: synthetic minority over-sampling (Chawla, Bowyer, Hall, Kegelmeyer 2002)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark import keyword_only

from spark_smote.samplers.grouped import InterpolatingWithinGroups
from spark_smote.samplers.params import HasConstraints, HasFeaturesCol, with_accessors


@with_accessors
class SMOTE(InterpolatingWithinGroups, HasFeaturesCol, HasConstraints):
    """Over-sample by interpolating between near rows of the same class.

    Each new row lies on the segment from a base row, drawn uniformly in its class, to one of the
    base's k nearest neighbours of the same class, drawn uniformly, at a uniform gap in [0, 1):
    x = x_b + gap * (x_nn - x_b). Neighbours are searched approximately, inside hash buckets;
    the report says how near to exact they are. The same rows, parameters, seed and library
    versions give the same new rows, however the table is partitioned or ordered.

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
    ignoreCols : list of str, optional
        Numeric columns not to interpolate.
    carryPolicy : {"null", "copy"} or dict of column to policy, optional
        What new rows hold in columns that are not interpolated: nothing, or the base row's value.
        Needed where there are such columns and `featuresCol` is not set.
    boundsPolicy : {"round", "floor"} or dict of column to policy, default "round"
        How integer inputs come back on new rows: rounded half to even, or down. In a dict also
        "double": that column is not rounded, and its type becomes double, on original rows too.
        It is the one case in which the type of a column changes.
    constraints : list of str, optional
        Conditions in Spark SQL over the columns of the table, by their names (in backticks where
        they hold dots or spaces), that every new row meets as it is written, as in
        ["age >= 18", "end_date >= start_date"]; NULL counts as not met. Rows that fail are drawn
        again from their base row, then from others of the bucket, a bounded number of times; what
        is still missing then is a `DataError`. Real rows are only counted. A condition looks at one
        row by itself: no aggregates, windows, queries, Python functions or random numbers.
    groupCols : list of str, optional
        Resample within each combination of values of these columns, as if it were a table of its
        own: a tenant, a country, a day; null is a value too. Neighbours never cross groups,
        `samplingStrategy` and `onSmallClass` are applied in each of them, and new rows have the
        group of their base. A class that a group lacks, or has enough of, is left there.
        Not together with `constraints`, nor with `handleInvalid="impute"`.
    samplingStrategy : str, float, dict or callable, default "auto"
        "auto" brings every class up to the largest; a float r in (0, 1] (two classes) brings the
        smaller to r times the larger; a dict gives totals per class; see the README.
    samplingRatios : dict of class to float, optional
        Rows of the class per row of the largest class, instead of `samplingStrategy`.
    kNeighbors : int, default 5
        Neighbours to choose among.
    searchQuality : {"fast", "balanced", "accurate", "exact"}, default "balanced"
        How near to the exact neighbours the search comes: aims for a recall of 0.90, 0.95 or 0.99,
        as foretold from the sample, at a bounded price (the report gives the recall reached).
        "exact" compares all rows of a class with each other, which takes as long as the square of
        their number: 3 minutes of one core for 300,000 rows of 28 columns, 10 hours for 4 million.
        Classes of more than 4,194,304 distinct rows (2 GiB of features; 131,072 and 64 MiB with
        `constraints` or within groups) are refused.
    hashFamily : {"voronoi", "random_projection"}, default "voronoi"
        How rows are put into buckets.
    distinctNeighbours : bool, default False
        Whether only rows that differ from a base are its neighbours, each counted once. In tables
        where many rows repeat, most new rows are copies else; a bucket of one distinct row gives
        copies all the same, one of fewer than `kNeighbors` others uses those. Recall is not
        measured then.
    standardize : bool, default True
        Measure distances in units of each column's standard deviation in the class (from a
        sample); False = raw Euclidean distance.
    handleInvalid : {"error", "skip", "impute"}, default "error"
        What to do where an input is null, NaN or infinite: fail; leave the row in the output but
        out of the search; or search as if it had the column's median over all classes (from a
        sample). Original rows keep what they hold; a new row misses what its base row misses, and
        takes the base's value where only the neighbour misses it.
    onSmallClass : {"error", "reduce", "duplicate", "skip"}, default "error"
        What to do with a class of at most `kNeighbors` usable rows.
    syntheticCol : str, default "is_synthetic"
        Added boolean column, true on new rows; "" leaves it out.
    idCol : str, optional
        Column that identifies a row; null on new rows.
    provenance : bool, default False
        Add `base_id`, `neighbour_id` and `gap`, null on originals. Ids are `idCol`'s values, else
        the content key, which originals then carry as `row_key`.
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
    Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTE
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i % 7), float(i % 11), int(i < 12)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "x double, y double, label int")
    >>> balanced = SMOTE(samplingStrategy=0.5, seed=7).resample(df)
    >>> balanced.filter("label = 1").count()
    44
    """

    method = "SMOTE"

    @keyword_only
    def __init__(
        self,
        *,
        labelCol: str | None = None,
        inputCols: Sequence[str] | None = None,
        featuresCol: str | None = None,
        ignoreCols: Sequence[str] | None = None,
        carryPolicy: str | Mapping[str, str] | None = None,
        boundsPolicy: str | Mapping[str, str] | None = None,
        constraints: Sequence[str] | None = None,
        groupCols: Sequence[str] | None = None,
        samplingStrategy: Any = None,
        samplingRatios: Mapping[Any, float] | None = None,
        kNeighbors: int | None = None,
        searchQuality: str | None = None,
        hashFamily: str | None = None,
        distinctNeighbours: bool | None = None,
        standardize: bool | None = None,
        handleInvalid: str | None = None,
        onSmallClass: str | None = None,
        syntheticCol: str | None = None,
        idCol: str | None = None,
        provenance: bool | None = None,
        recallQueries: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.setParams(**self._input_kwargs)

"""SMOTE, then edited nearest neighbours (Batista, Prati, Monard 2004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark import keyword_only

from spark_smote.samplers.cleaned import CleanedSMOTE
from spark_smote.samplers.cleaning import Cleaning
from spark_smote.samplers.enn import EditedNearestNeighbours
from spark_smote.samplers.params import with_accessors


@with_accessors
class SMOTEENN(CleanedSMOTE):
    """Over-sample by SMOTE, then remove the rows that their neighbours speak against.

    Real and new rows of every class are cleaned alike, by their `nNeighbors` nearest rows of any
    class, so that classes end with fewer rows than `samplingStrategy` says, the large one often
    with far fewer; the report counts them, and warns where it turns the balance over. New rows are
    those of `SMOTE`, cleaning is that of `EditedNearestNeighbours` with samplingStrategy="all".

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
    samplingStrategy : str, float, dict or callable, default "auto"
        Rows before cleaning: "auto" brings every class up to the largest; a float r in (0, 1] (two
        classes) brings the smaller to r times the larger; a dict gives totals per class; see the
        README.
    samplingRatios : dict of class to float, optional
        Rows of the class per row of the largest class, instead of `samplingStrategy`.
    kNeighbors : int, default 5
        Neighbours that new rows are made with.
    nNeighbors : int, default 3
        Neighbours that are asked in cleaning.
    kindSel : {"all", "mode"}, default "all"
        A row stays only if all of them are of its class; or if the most frequent class among them
        is (ties to the first class in sorted order).
    searchQuality : {"fast", "balanced", "accurate", "exact"}, default "balanced"
        How near to the exact neighbours the search comes: aims for a recall of 0.90, 0.95 or 0.99,
        as foretold from the sample, at a bounded price (the report gives the recall reached).
        "exact" compares all rows with each other and is refused where the table, with its new rows,
        has more than 131,072 distinct rows (64 MiB of features).
    hashFamily : {"voronoi", "random_projection"}, default "voronoi"
        How rows are put into buckets.
    distinctNeighbours : bool, default False
        Whether only rows that differ from a base are its neighbours, each counted once. In tables
        where many rows repeat, most new rows are copies else; a bucket of one distinct row gives
        copies all the same, one of fewer than `kNeighbors` others uses those. Recall of the search
        for new rows is not measured then; that of cleaning is.
    standardize : bool, default True
        Measure distances in units of each column's standard deviation in the class (from a
        sample); False = raw Euclidean distance.
    handleInvalid : {"error", "skip", "impute"}, default "error"
        What to do where an input is null, NaN or infinite: fail; leave the row in the output but
        out of both searches; or search as if it had the column's median over all classes (from a
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
        Rows per class whose neighbours are also searched for exactly, to measure the recall of
        both searches; 0 = off.
    seed : int, default 0
        Seed of all random draws.

    Raises
    ------
    ParameterError
        For a value out of range, naming the parameter, the value and the range.

    References
    ----------
    G. E. A. P. A. Batista, R. C. Prati, M. C. Monard, "A Study of the Behavior of Several Methods
    for Balancing Machine Learning Training Data", SIGKDD Explorations 6(1), 2004.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTEENN
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i >= 90)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = SMOTEENN(samplingStrategy=0.5, seed=7).plan(df)
    >>> [step.rows_after for step in plan.report.steps][0]
    135
    >>> plan.resampled().count() == plan.report.rows_after <= 135
    True
    """

    method = "SMOTE-ENN"

    nNeighbors = EditedNearestNeighbours.nNeighbors
    kindSel = EditedNearestNeighbours.kindSel

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
        samplingStrategy: Any = None,
        samplingRatios: Mapping[Any, float] | None = None,
        kNeighbors: int | None = None,
        nNeighbors: int | None = None,
        kindSel: str | None = None,
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

    def _cleaner(self) -> Cleaning:
        return EditedNearestNeighbours(samplingStrategy="all")

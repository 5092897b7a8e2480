"""Borderline-SMOTE (Han, Wang, Mao 2005), kind 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyspark import keyword_only

from spark_smote.errors import ParameterError
from spark_smote.kernels.distances import Floats
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.plans.classes import Assignment, ClassTask, Standing
from spark_smote.plans.model import ClassModel, parted_by_key
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.table import Table
from spark_smote.results import Notice
from spark_smote.samplers.params import Parameter, whole, with_accessors
from spark_smote.samplers.standing import ByStanding


@with_accessors
class BorderlineSMOTE(ByStanding):
    """Over-sample the rows of a class that lie on its border, as SMOTE does.

    The `mNeighbors` nearest rows of each row of the class, in the whole table, say how it stands.
    With half of them or more, but not all, of other classes it is in danger; with all of them it
    is noise; else it is safe. New rows lie between rows in danger, drawn uniformly, and one of
    their k nearest neighbours: of the same class, as in `SMOTE` (kind 1 of the paper); or of any
    class, half a step at most towards a row of another class (kind 2). Searches are approximate,
    inside hash buckets; the report says how near to exact they are, and how many rows are in
    danger, noise and safe.

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
    kind : {1, 2}, default 1
        Whether neighbours to choose among are of the same class, or of any.
    kNeighbors : int, default 5
        Neighbours to choose among.
    mNeighbors : int, default 10
        Neighbours in the whole table that say whether a row is in danger.
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
        is not measured then. Kind 1 only, and `mNeighbors` counts rows in any case.
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
        What to do with a class none of whose rows may be a base: fail, or leave it as it is and say
        so in the report.
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
    H. Han, W.-Y. Wang, B.-H. Mao, "Borderline-SMOTE: A New Over-Sampling Method in Imbalanced Data
    Sets Learning", International Conference on Intelligent Computing, 2005.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import BorderlineSMOTE
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i < 12)) for i in range(60)]  # classes meet between 11 and 12
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = BorderlineSMOTE(kNeighbors=3, provenance=True, idCol="n", seed=7).plan(
    ...     df.selectExpr("*", "string(x) AS n"))
    >>> sorted(row.base_id for row in plan.synthetic().select("base_id").distinct().collect())
    ['11.0']
    """

    method = "Borderline-SMOTE"

    kind = Parameter(
        "kind",
        "whether neighbours to choose among are of the same class (1), or of any (2)",
        1,
        whole(1, 2),
    )
    mNeighbors = Parameter(
        "mNeighbors",
        "nearest rows in the whole table that say whether a row is in danger, >= 1",
        10,
        whole(1, 1000),
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
        carryPolicy: str | Mapping[str, str] | None = None,
        boundsPolicy: str | Mapping[str, str] | None = None,
        samplingStrategy: Any = None,
        samplingRatios: Mapping[Any, float] | None = None,
        kNeighbors: int | None = None,
        mNeighbors: int | None = None,
        kind: int | None = None,
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
        return "mNeighbors", int(self._value("mNeighbors"))

    @property
    def _taken(self) -> int:
        return int(self._value("kNeighbors")) if self._value("kind") == 2 else 0

    def _require(self, table: Table) -> None:
        if self._value("kind") == 1:
            return
        if table.nominal:
            raise ParameterError(
                f"nominalCols={self._value('nominalCols')} and kind=2 do not go together: its new "
                "rows may lie between classes, and no paper says which levels they have; use kind=1"
            )
        if self._value("distinctNeighbours"):
            raise ParameterError(
                "distinctNeighbours=True and kind=2 do not go together: its neighbours are those "
                "that the search of the whole table found; use kind=1"
            )

    def _models(
        self,
        assignment: Assignment,
        samples: Sequence[ClassSample],
        nominal: int | ValueDifference,
        medians: Floats | None,
    ) -> list[ClassModel]:
        if self._value("kind") == 1:
            return super()._models(assignment, samples, nominal, medians)
        # neighbours are known by now, so that any rows may share a bucket
        return [
            parted_by_key(sample.features.shape[1], task.rows, medians)
            for task, sample in zip(assignment.tasks, samples, strict=True)
        ]

    def _recall_queries(self) -> int:
        return super()._recall_queries() if self._value("kind") == 1 else 0

    def _edges(self, k: int) -> tuple[int, ...]:
        return -(-k // 2), k

    def _standing(self, rows: tuple[int, ...]) -> Standing:
        return Standing(rows, (0, 1, 0))

    def _described(self, task: ClassTask, rows: tuple[int, ...]) -> Notice:
        safe, danger, noise = rows
        return Notice(
            "standing",
            f"Class {task.label!r}: {danger:,} rows are in danger and new ones start from these; "
            f"{noise:,} are noise, {safe:,} safe.",
            "info",
        )

    def _missing(self, task: ClassTask, rows: tuple[int, ...]) -> str:
        safe, _, noise = rows
        return (
            f"class {task.label!r} has no row in danger among its {task.rows:,} ({safe:,} safe, "
            f"{noise:,} noise with mNeighbors={self._value('mNeighbors')}), so nothing can be "
            "added to it; use SMOTE"
        )

"""The parameters of samplers: one source for names, defaults, ranges and documentation.

`Parameter` is a Spark ML `Param` that also knows its default, its range and what its documentation
says. Values are converted and checked when they are set, so that a bad one fails before any job.
"""

from __future__ import annotations

import copy
from itertools import count
from typing import Any

from pyspark.ml.param import Param, Params

from spark_smote.lsh import FAMILIES
from spark_smote.plans.levels import AUTO
from spark_smote.plans.tuning import QUALITIES
from spark_smote.samplers.checks import (
    Check,
    bounds,
    column,
    column_or_none,
    columns,
    columns_or_auto,
    conditions,
    flag,
    number,
    one_of,
    policy,
    ratios,
    strategy,
    whole,
)

REQUIRED: Any = object()
"""Marks a parameter that has no default and may stay unset."""

_order = count()


class Parameter(Param[Any]):
    """A Spark ML parameter with its default and its check."""

    def __init__(self, name: str, doc: str, default: Any, check: Check) -> None:
        super().__init__(Params._dummy(), name, doc, typeConverter=lambda value: check(name, value))
        self.default = default
        self.kind = check.kind
        self.order = next(_order)

    def adding(self, more: str) -> Parameter:
        """The same parameter of a sampler of which there is more to be said."""
        return self.saying(f"{self.doc} {more}")

    def saying(self, doc: str) -> Parameter:
        """The same parameter of a sampler of which something else is to be said."""
        that = copy.copy(self)
        that.doc = doc
        return that


class HasLabel(Params):
    """What every method takes of columns."""

    labelCol = Parameter(
        "labelCol",
        "Column that holds the class: string, boolean, date, whole number or decimal, never null.",
        "label",
        column,
    )


class HasInputs(Params):
    """Columns that the method looks at."""

    inputCols = Parameter(
        "inputCols",
        "Numeric columns to measure distances by. Unset: every numeric column but the label, "
        "`idCol` and `ignoreCols`.",
        REQUIRED,
        columns,
    )


class HasFeaturesCol(Params):
    """Inputs in one column."""

    featuresCol = Parameter(
        "featuresCol", "One vector or array column, instead of `inputCols`.", REQUIRED, column
    )


class HasInterpolatedFeaturesCol(HasFeaturesCol):
    """Inputs in one column that new rows have too."""

    featuresCol = HasFeaturesCol.featuresCol.adding(
        "New vectors are dense, unless all of the class are sparse: then each has the smaller "
        "form, as in Spark's `Vector.compressed`. Then `carryPolicy` need not be given: other "
        "columns are null on new rows, or copied where they may not be."
    )


class HasNominalCols(Params):
    """Columns of levels."""

    nominalCols = Parameter(
        "nominalCols",
        "Columns of levels, of any type that can be copied but maps, vectors and variants; "
        '"auto" takes every string and boolean column that is neither label, id, ignored nor in a '
        "dict of `carryPolicy`.",
        AUTO,
        columns_or_auto,
    )


class HasLevels(Params):
    """Columns of levels, where any are named."""

    nominalCols = Parameter(
        "nominalCols",
        "Columns of levels, of any type that can be copied but maps, vectors and variants. Each "
        "one that differs adds med^2 to a squared distance, med being the median of the numeric "
        'columns\' standard deviations, as in `SMOTENC`. "auto" takes every string and boolean '
        "column that nothing else is said of. Not with `featuresCol`.",
        (),
        columns_or_auto,
    )


class HasLevelsAround(HasLevels):
    """Columns of levels that new rows have from around their base."""

    nominalCols = HasLevels.nominalCols.adding(
        "New rows take the most frequent level around their base."
    )


class HasOtherCols(Params):
    """Columns that the method does not look at."""

    ignoreCols = Parameter("ignoreCols", "Numeric columns that are no input.", (), columns)
    idCol = Parameter(
        "idCol", "Column that identifies a row: no input, and null on new rows.", REQUIRED, column
    )


class HasNewRows(Params):
    """What new rows hold beside inputs."""

    carryPolicy = Parameter(
        "carryPolicy",
        "What new rows hold in columns that are neither input nor nominal: nothing, or the base "
        "row's value. Needed where there are such columns.",
        REQUIRED,
        policy,
    )
    provenance = Parameter(
        "provenance",
        "Add `base_id`, `neighbour_id` and `gap`, null on originals. Ids are `idCol`'s values, "
        "else the content key, which originals then carry as `row_key`.",
        False,
        flag,
    )


class HasIntegerBounds(Params):
    """How integer inputs come back."""

    boundsPolicy = Parameter(
        "boundsPolicy",
        "How integer inputs come back on new rows: rounded half to even, or down. In a dict also "
        '"double": that column is not rounded, and its type becomes double, on original rows too. '
        "It is the one case in which the type of a column changes.",
        "round",
        bounds,
    )


class HasConstraints(Params):
    """What new rows must be like."""

    constraints = Parameter(
        "constraints",
        "Conditions in Spark SQL over the columns of the table, by their names (in backticks where "
        "they hold dots or spaces), that every new row meets as it is written, as in "
        '["age >= 18", "end_date >= start_date"]; NULL counts as not met. Rows that fail are drawn '
        "again from their base row, then from others of the bucket, a bounded number of times; "
        "what is still missing then is a `DataError`. Real rows are only counted. A condition "
        "looks at one row by itself: no aggregates, windows, queries, Python functions or random "
        "numbers.",
        (),
        conditions,
    )


class HasGroups(Params):
    """Rows resampled within groups."""

    groupCols = Parameter(
        "groupCols",
        "Resample within each combination of values of these columns, as if it were a table of its "
        "own: a tenant, a country, a day; null is a value too. Neighbours never cross groups, "
        "`samplingStrategy` and `onSmallClass` are applied in each of them, and new rows have the "
        "group of their base. A class that a group lacks, or has enough of, is left there. Not "
        'together with `constraints`, nor with `handleInvalid="impute"`.',
        (),
        columns,
    )


class HasOversamplingStrategy(Params):
    """How many rows each class should have."""

    samplingStrategy = Parameter(
        "samplingStrategy",
        '"auto" brings every class up to the largest; a float r in (0, 1] (two classes) brings the '
        "smaller to r times the larger; a dict gives totals per class, and a function of the "
        "counts such a dict; see the README.",
        "auto",
        strategy("over-sampling"),
    )
    samplingRatios = Parameter(
        "samplingRatios",
        "Rows of the class per row of the largest class, instead of `samplingStrategy`.",
        REQUIRED,
        ratios("over-sampling"),
    )


class HasUndersamplingStrategy(Params):
    """How many rows each class should keep."""

    samplingStrategy = Parameter(
        "samplingStrategy",
        '"auto" brings every class down to the smallest; a float r in (0, 1] (two classes) keeps '
        "int(rows of the smaller / r) rows of the larger; a dict gives totals per class, and a "
        "function of the counts such a dict; see the README.",
        "auto",
        strategy("under-sampling"),
    )
    samplingRatios = Parameter(
        "samplingRatios",
        "Rows of the class per row of the smallest class, instead of `samplingStrategy`.",
        REQUIRED,
        ratios("under-sampling"),
    )


class HasCleaningStrategy(Params):
    """Which classes may lose rows."""

    samplingStrategy = Parameter(
        "samplingStrategy",
        'Which classes may lose rows: "auto" and "not minority" = all but the smallest, "majority" '
        '= the largest, "not majority", "all", or the classes themselves.',
        "auto",
        strategy("cleaning"),
    )


class HasShrinkage(Params):
    """Noise on copies."""

    shrinkage = Parameter(
        "shrinkage",
        "h >= 0, the width of the noise: 1 is ROSE's own, 0 none. Unset: no input is looked at.",
        REQUIRED,
        number(0.0),
    )


class HasNeighbours(Params):
    """Which neighbours new rows are made with."""

    kNeighbors = Parameter("kNeighbors", "Neighbours to choose among.", 5, whole(1, 1000))
    distinctNeighbours = Parameter(
        "distinctNeighbours",
        "Whether only rows that differ from a base are its neighbours, each counted once. In "
        "tables where many rows repeat, most new rows are copies else; a bucket of one distinct "
        "row gives copies all the same, one of fewer than `kNeighbors` others uses those. The "
        "recall of such a search is not measured.",
        False,
        flag,
    )
    onSmallClass = Parameter(
        "onSmallClass",
        "What to do with a class of at most `kNeighbors` usable rows.",
        "error",
        one_of("error", "reduce", "duplicate", "skip"),
    )


class HasBuckets(Params):
    """How near rows are found."""

    searchQuality = Parameter(
        "searchQuality",
        "How near to the exact neighbours the search comes: aims for a recall of 0.90, 0.95 or "
        "0.99, as foretold from the sample, at a bounded price (the report gives the recall "
        "reached).",
        "balanced",
        one_of(*QUALITIES),
    )
    hashFamily = Parameter(
        "hashFamily", "How rows are put into buckets.", "voronoi", one_of(*FAMILIES)
    )
    recallQueries = Parameter(
        "recallQueries",
        "Rows per class whose neighbours are also searched for exactly, to measure the recall of "
        "each search; 0 = off.",
        256,
        whole(0, 100_000),
    )


class HasSearch(HasBuckets):
    """How a search by distances of numbers is done."""

    standardize = Parameter(
        "standardize",
        "Measure distances in units of each column's standard deviation (from a sample) among the "
        "rows that are searched: a class, or the table; False = raw Euclidean distance.",
        True,
        flag,
    )


class HasTableSearch(HasSearch):
    """How rows of all classes are searched together."""

    searchQuality = HasSearch.searchQuality.adding(
        '"exact" compares all rows of the table with each other, and is refused for more than '
        "131,072 distinct rows (64 MiB of features)."
    )


class HasInvalid(Params):
    """What becomes of rows that cannot be searched."""

    handleInvalid = Parameter(
        "handleInvalid",
        "What to do where an input is null, NaN or infinite: fail; leave the row in the output but "
        "out of the search; or search as if it had the column's median over all classes (from a "
        "sample).",
        "error",
        one_of("error", "skip", "impute"),
    )


class HasMark(Params):
    """A column that tells new rows."""

    syntheticCol = Parameter(
        "syntheticCol",
        'Added boolean column, true on new rows and false on original ones; "" leaves it out.',
        "is_synthetic",
        column_or_none,
    )


class HasSeed(Params):
    """What every method takes beside columns."""

    seed = Parameter("seed", "Seed of all random draws.", 0, whole(-(1 << 63), (1 << 63) - 1))


SHARED = next(_order)
"""Parameters made before are those of many samplers; made later, of one."""

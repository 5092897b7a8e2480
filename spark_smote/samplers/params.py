"""The parameters of samplers: one source for names, defaults, ranges and documentation.

`Parameter` is a Spark ML `Param` that also knows its default and its range. Values are converted
and checked when they are set, so that a bad one fails before any job.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, TypeVar

from pyspark.ml.param import Param, Params

from spark_smote.errors import ParameterError
from spark_smote.labels import plain
from spark_smote.lsh import FAMILIES
from spark_smote.plans.levels import AUTO
from spark_smote.plans.table import BOUNDS_POLICIES
from spark_smote.plans.tuning import QUALITIES
from spark_smote.strategy import Kind, check_strategy

REQUIRED: Any = object()
"""Marks a parameter that has no default and may stay unset."""

Check = Callable[[str, Any], Any]
"""(name, value) -> the value to keep, or ParameterError."""


class Parameter(Param[Any]):
    """A Spark ML parameter with its default and its check."""

    def __init__(self, name: str, doc: str, default: Any, check: Check) -> None:
        super().__init__(Params._dummy(), name, doc, typeConverter=lambda value: check(name, value))
        self.default = default


def whole(least: int, most: int | None = None) -> Check:
    """An integer of at least `least` (and at most `most`)."""

    def check(name: str, value: Any) -> int:
        bound = f"at least {least}" if most is None else f"from {least} to {most}"
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise ParameterError(f"{name} must be an integer {bound}; received {value!r}")
        number = int(value)
        if number < least or (most is not None and number > most):
            raise ParameterError(f"{name} must be {bound}; received {value!r}")
        return number

    return check


def number(least: float) -> Check:
    """A finite number of at least `least`."""

    def check(name: str, value: Any) -> float:
        real = isinstance(value, Real) and not isinstance(value, bool)
        if not real or not least <= value < math.inf:
            raise ParameterError(f"{name} must be a number of at least {least}; received {value!r}")
        return float(value)

    return check


def one_of(*choices: str) -> Check:
    """One of the given words."""

    def check(name: str, value: Any) -> str:
        if value not in choices:
            raise ParameterError(
                f"{name} must be one of {', '.join(map(repr, choices))}; received {value!r}"
            )
        return str(value)

    return check


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise ParameterError(f"{name} must be True or False; received {value!r}")
    return value


def column(name: str, value: Any) -> str:
    """The name of one column."""
    if not isinstance(value, str) or not value:
        raise ParameterError(f"{name} must be the name of a column; received {value!r}")
    return value


def column_or_none(name: str, value: Any) -> str:
    """The name of one column, or "" for no column."""
    if not isinstance(value, str):
        raise ParameterError(f"{name} must be a column name, or '' for none; received {value!r}")
    return value


def columns(name: str, value: Any) -> list[str]:
    """Names of columns."""
    named = isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
    if not named:
        raise ParameterError(f"{name} must be a list of column names; received {value!r}")
    return list(value)


def _policy(name: str, value: Any) -> str:
    if value not in ("null", "copy"):
        raise ParameterError(f"{name} must be 'null' or 'copy'; received {value!r}")
    return str(value)


def policy(name: str, value: Any) -> str | dict[str, str]:
    """A carry policy, for all columns or per column."""
    if isinstance(value, Mapping):
        return {column(name, key): _policy(f"{name}[{key!r}]", each) for key, each in value.items()}
    return _policy(name, value)


def conditions(name: str, value: Any) -> list[str]:
    """Conditions in SQL."""
    texts = isinstance(value, (list, tuple)) and all(
        isinstance(v, str) and v.strip() for v in value
    )
    if not texts:
        raise ParameterError(
            f"{name} must be a list of SQL conditions, as in ['age >= 18']; received {value!r}"
        )
    if len(set(value)) < len(value):
        raise ParameterError(f"{name} holds a condition twice: {list(value)}; leave one out")
    return list(value)


def columns_or_auto(name: str, value: Any) -> str | list[str]:
    """Names of columns, or `auto`."""
    return AUTO if value == AUTO else columns(name, value)


def bounds(name: str, value: Any) -> str | dict[str, str]:
    """How integer inputs come back, for all or per column; types change by name only."""
    if isinstance(value, Mapping):
        check = one_of(*BOUNDS_POLICIES)
        return {column(name, key): check(f"{name}[{key!r}]", each) for key, each in value.items()}
    if value == "double":
        raise ParameterError(
            f"{name}={value!r} would change the type of columns that nobody named; name them, as "
            f"in {name}={{'age': 'double'}}"
        )
    return str(one_of(*[each for each in BOUNDS_POLICIES if each != "double"])(name, value))


class HasLabel(Params):
    """What every method takes of columns."""

    labelCol = Parameter("labelCol", "column that holds the class", "label", column)
    syntheticCol = Parameter(
        "syntheticCol",
        "column added to tell new rows (true) from original ones; '' leaves it out",
        "is_synthetic",
        column_or_none,
    )


class HasOtherCols(Params):
    """Columns that the method does not look at."""

    ignoreCols = Parameter("ignoreCols", "numeric columns not to interpolate", (), columns)
    idCol = Parameter(
        "idCol",
        "column that identifies a row: null on new rows, named by provenance",
        REQUIRED,
        column,
    )


class HasInputs(HasOtherCols):
    """Columns that the method looks at."""

    inputCols = Parameter(
        "inputCols",
        "numeric columns to interpolate; all but the label, idCol and ignoreCols if unset",
        REQUIRED,
        columns,
    )


class HasNewRows(Params):
    """What new rows hold beside inputs."""

    carryPolicy = Parameter(
        "carryPolicy",
        "what new rows hold in columns that are not interpolated: 'null', 'copy' (the base row's "
        "value), or a dict of column to policy",
        REQUIRED,
        policy,
    )
    provenance = Parameter(
        "provenance", "whether new rows name base row, neighbour and gap", False, flag
    )


class HasGroups(Params):
    """Rows resampled within groups."""

    groupCols = Parameter(
        "groupCols",
        "columns within each of whose combinations of values rows are resampled separately, as in "
        "tenants, countries or days; none if empty",
        (),
        columns,
    )


class HasFeaturesCol(Params):
    """Inputs in one column."""

    featuresCol = Parameter(
        "featuresCol",
        "one vector or array column to interpolate, instead of inputCols",
        REQUIRED,
        column,
    )


class HasNominalCols(Params):
    """Columns of levels."""

    nominalCols = Parameter(
        "nominalCols",
        "columns whose values are levels, of which new rows take the most frequent around them; "
        "'auto' = every string and boolean column that nothing else is said of",
        AUTO,
        columns_or_auto,
    )


class HasLevels(Params):
    """Columns of levels, where any are named."""

    nominalCols = Parameter(
        "nominalCols",
        "columns whose values are levels, that only count as equal or not, as in SMOTENC; 'auto' = "
        "every string and boolean column that nothing else is said of",
        (),
        columns_or_auto,
    )


def strategy(kind: Kind) -> Check:
    """A samplingStrategy for what the sampler does."""

    def check(_name: str, value: Any) -> Any:
        value = _plain_keys(value)
        check_strategy(value, None, kind=kind)
        return value

    return check


def ratios(kind: Kind) -> Check:
    """Ratios of classes for what the sampler does."""

    def check(_name: str, value: Any) -> Any:
        value = _plain_keys(value)
        check_strategy("auto", value, kind=kind)
        return value

    return check


def _plain_keys(value: Any) -> Any:
    """Numbers of numpy as Python's, so that they can be saved."""
    if isinstance(value, Mapping):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return plain(value)


class HasOversamplingStrategy(Params):
    """How many rows each class should have."""

    samplingStrategy = Parameter(
        "samplingStrategy",
        "how many rows each class should have: a word, a ratio (two classes), a dict of class to "
        "rows, or a function of the counts",
        "auto",
        strategy("over-sampling"),
    )
    samplingRatios = Parameter(
        "samplingRatios",
        "dict of class to its rows / rows of the largest class, instead of samplingStrategy",
        REQUIRED,
        ratios("over-sampling"),
    )


class HasShrinkage(Params):
    """Noise on copies."""

    shrinkage = Parameter(
        "shrinkage",
        "width of the noise on numeric inputs, in that of ROSE, >= 0; no input is looked at if "
        "unset",
        REQUIRED,
        number(0.0),
    )


class HasUndersamplingStrategy(Params):
    """How many rows each class should keep."""

    samplingStrategy = Parameter(
        "samplingStrategy",
        "how many rows each class should keep: a word, a ratio (two classes), a dict of class to "
        "rows, or a function of the counts",
        "auto",
        strategy("under-sampling"),
    )
    samplingRatios = Parameter(
        "samplingRatios",
        "dict of class to its rows / rows of the smallest class, instead of samplingStrategy",
        REQUIRED,
        ratios("under-sampling"),
    )


class HasCleaningStrategy(Params):
    """Which classes may lose rows."""

    samplingStrategy = Parameter(
        "samplingStrategy",
        "which classes may lose rows: a word, or a list of classes",
        "auto",
        strategy("cleaning"),
    )


class HasBuckets(Params):
    """How near rows are found."""

    searchQuality = Parameter(
        "searchQuality",
        "how near to the exact neighbours the search comes: " + ", ".join(map(repr, QUALITIES)),
        "balanced",
        one_of(*QUALITIES),
    )
    hashFamily = Parameter(
        "hashFamily",
        "how rows are put into buckets: " + ", ".join(map(repr, FAMILIES)),
        "voronoi",
        one_of(*FAMILIES),
    )
    recallQueries = Parameter(
        "recallQueries",
        "rows whose exact neighbours are searched for too, to measure recall; 0 = not measured",
        256,
        whole(0, 100_000),
    )


class HasSearch(HasBuckets):
    """How a search by distances of numbers is done."""

    standardize = Parameter(
        "standardize",
        "whether distances are in units of each column's standard deviation (else raw)",
        True,
        flag,
    )


class HasNeighbours(HasBuckets):
    """How neighbours to make new rows with are found."""

    kNeighbors = Parameter(
        "kNeighbors", "nearest neighbours to choose among, >= 1", 5, whole(1, 1000)
    )
    distinctNeighbours = Parameter(
        "distinctNeighbours",
        "whether only rows that differ are neighbours, each counted once, so that repeated rows "
        "give new points too",
        False,
        flag,
    )
    onSmallClass = Parameter(
        "onSmallClass",
        "what to do with a class of at most kNeighbors rows: 'error', 'reduce', 'duplicate' or "
        "'skip'",
        "error",
        one_of("error", "reduce", "duplicate", "skip"),
    )


class HasConstraints(Params):
    """What new rows must be like."""

    constraints = Parameter(
        "constraints",
        "conditions in Spark SQL over the columns of the table, by their names, that every new row "
        "meets, as in ['age >= 18', 'end_date >= start_date']; unknown (NULL) is not met",
        (),
        conditions,
    )


class HasIntegerBounds(Params):
    """How integer inputs come back."""

    boundsPolicy = Parameter(
        "boundsPolicy",
        "how integer inputs come back: 'round' (half to even), 'floor' (down), or a dict of column "
        "to 'round', 'floor' or 'double' (the column becomes a double on every row)",
        "round",
        bounds,
    )


class HasInvalid(Params):
    """What becomes of rows that cannot be searched."""

    handleInvalid = Parameter(
        "handleInvalid",
        "rows with null, NaN or infinite inputs: 'error', 'skip' (kept, but neither base nor "
        "neighbour) or 'impute' (searched with the median instead; new rows miss what their base "
        "rows miss)",
        "error",
        one_of("error", "skip", "impute"),
    )


class HasSeed(Params):
    """What every method takes beside columns."""

    seed = Parameter("seed", "seed of all random draws", 0, whole(-(1 << 63), (1 << 63) - 1))


T = TypeVar("T", bound=type[Params])


def with_accessors(cls: T) -> T:
    """Give a sampler class `setX` and `getX` for each of its parameters."""
    for name in dir(cls):
        parameter = getattr(cls, name)
        if isinstance(parameter, Parameter):
            capital = name[0].upper() + name[1:]
            setattr(cls, f"set{capital}", _setter(parameter))
            setattr(cls, f"get{capital}", _getter(parameter))
    return cls


def _setter(parameter: Parameter) -> Callable[[Any, Any], Any]:
    def set_value(self: Any, value: Any) -> Any:
        if value is None:
            self.clear(self.getParam(parameter.name))
            return self
        return self._set(**{parameter.name: value})

    set_value.__doc__ = f"Set {parameter.name} (None unsets it): {parameter.doc}."
    return set_value


def _getter(parameter: Parameter) -> Callable[[Any], Any]:
    def get_value(self: Any) -> Any:
        parameter_here = self.getParam(parameter.name)
        return self.getOrDefault(parameter_here) if self.isDefined(parameter_here) else None

    get_value.__doc__ = f"Value of {parameter.name} (None if unset): {parameter.doc}."
    return get_value

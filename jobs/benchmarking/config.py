"""The YAML of a benchmark: which scenarios, on which tables, with which contenders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spark_smote.config import Scalar, SparkSettings, did_you_mean, parse_value
from spark_smote.errors import ParameterError, PathError

CrossClassKey = Literal["borderline", "adasyn", "enn", "tomek"]
ContenderKey = Literal[
    "spark_smote",
    "spark_smote_recall",
    "smote_nc",
    CrossClassKey,
    "floor",
    "imbalanced_learn",
    "mllib",
]
GeneratedKind = Literal["clustered", "bordering", "gaussian", "duplicates", "wide", "mixed"]
Bar = Annotated[float, Field(gt=0)]
"""A bound that a figure is held to, in the report; nothing fails."""
Rows = Annotated[int, Field(ge=20)]

SMALLEST_CLASS = 20
"""Rows a scaled-down class keeps: more than k neighbours, with some to choose from."""

T = TypeVar("T", bound="_OnTable")

FREE_FORM = "spark.config."
"""Below this key dots are part of the name, as in spark.config.spark.driver.memory."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class GeneratedTable(_Section):
    """A table drawn for the benchmark, of two classes."""

    kind: GeneratedKind
    majority: Rows
    minority: Rows


class ParquetTable(_Section):
    """A table that exists: its numeric columns and its label."""

    kind: Literal["parquet"]
    path: str
    label: str
    classes: list[Scalar] | None = None
    """Rows of other classes are left out; None = every class."""


AnyTable = Annotated[GeneratedTable | ParquetTable, Field(discriminator="kind")]


class _OnTable(_Section):
    table: AnyTable


class SideBySide(_OnTable):
    """Whole jobs on one table."""

    kind: Literal["side_by_side"]
    contenders: list[ContenderKey] = Field(min_length=1)
    alternate: bool = True
    """Whether contenders take turns; if not, each ends its process before the next starts one."""
    search_bar: Bar | None = None
    """Most time to search for the neighbours of a row, in units of SMOTE's."""


class Growth(_Section):
    """The same jobs on tables of one family and several sizes."""

    kind: Literal["growth"]
    table: GeneratedKind
    minority: list[Rows] = Field(min_length=2)
    majority_per_minority: float = Field(gt=1)
    contenders: list[ContenderKey] = Field(min_length=1)
    alternate: bool = True
    """As of `SideBySide`."""
    slope_bar: Bar | None = None
    """Highest exponent of rows in seconds."""


class Quality(_OnTable):
    """Recall against cost, for hash families and search qualities on one table."""

    kind: Literal["quality"]
    hash_families: list[str] = Field(min_length=1)
    search_qualities: list[str] = Field(min_length=1)


class Agreement(_OnTable):
    """How much of what an exact search decides across classes the default one decides too."""

    kind: Literal["agreement"]
    methods: list[CrossClassKey] = Field(min_length=1)
    bar: Bar | None = None
    """Least Jaccard index."""


class JobOnTable(_OnTable):
    """A whole job."""

    contender: ContenderKey


class Ratio(_Section):
    """Two whole jobs, each on a table of its own."""

    kind: Literal["ratio"]
    of: JobOnTable
    to: JobOnTable
    bar: Bar | None = None
    """Most time for the first, in units of the second's."""


Scenario = Annotated[SideBySide | Growth | Quality | Agreement | Ratio, Field(discriminator="kind")]


class BenchmarkConfig(_Section):
    """All scenarios, and what they share."""

    repetitions: int = Field(ge=1)
    """Counted runs of each contender; one more before them warms up."""
    limit_seconds: float = Field(gt=0)
    """A run that takes longer is stopped, and its contender leaves the scenario."""
    max_rows: dict[ContenderKey, int] = {}
    """Contenders that get no table of more rows than this."""
    spark: SparkSettings = SparkSettings()
    scenarios: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Scenario]

    def selected(self, names: Sequence[str]) -> BenchmarkConfig:
        """The configuration with these scenarios only; with all where none is named."""
        for name in names:
            if name not in self.scenarios:
                raise ParameterError(
                    f"--scenario {name!r} is unknown: {did_you_mean(name, self.scenarios)}"
                )
        kept = {key: value for key, value in self.scenarios.items() if not names or key in names}
        return self.model_copy(update={"scenarios": kept})

    def scaled(self, scale: float) -> BenchmarkConfig:
        """The configuration with every generated table `scale` times as large."""
        scaled = {name: _scaled_scenario(value, scale) for name, value in self.scenarios.items()}
        return self.model_copy(update={"scenarios": scaled})


def load_benchmark(path: Path, overrides: Sequence[str] = ()) -> BenchmarkConfig:
    """Read a configuration file and lay `key=value` overrides over it.

    Raises
    ------
    PathError
        The file cannot be read.
    ParameterError
        The file is no YAML mapping, or a key is unknown, missing or has a value it cannot have.
    """
    try:
        values = parse_value(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PathError(
            f"--config {str(path)!r} cannot be read ({error.strerror}): give a YAML file"
        ) from None
    if not isinstance(values, dict):
        raise ParameterError(f"{path}: not a YAML mapping, or not valid YAML")
    for override in overrides:
        _override(values, override)
    try:
        return BenchmarkConfig.model_validate(values)
    except ValidationError as error:
        raise ParameterError("\n".join(map(_explain, error.errors()))) from None


def _scaled_scenario(scenario: Scenario, scale: float) -> Scenario:
    if isinstance(scenario, Growth):
        sizes = [_scaled_rows(rows, scale) for rows in scenario.minority]
        return scenario.model_copy(update={"minority": sizes})
    if isinstance(scenario, Ratio):
        jobs = {"of": scenario.of, "to": scenario.to}
        return scenario.model_copy(
            update={name: _with_scaled_table(job, scale) for name, job in jobs.items()}
        )
    return _with_scaled_table(scenario, scale)


def _with_scaled_table(holder: T, scale: float) -> T:
    """Scenario or job with its table, if generated, scaled."""
    if isinstance(holder.table, ParquetTable):
        return holder
    rows = {"majority": holder.table.majority, "minority": holder.table.minority}
    scaled = {name: _scaled_rows(n, scale) for name, n in rows.items()}
    return holder.model_copy(update={"table": holder.table.model_copy(update=scaled)})


def _scaled_rows(rows: int, scale: float) -> int:
    return max(SMALLEST_CLASS, round(rows * scale))


def _override(values: dict[str, Any], text: str) -> None:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ParameterError(
            f"--set {text!r} is not of the form key=value, as in --set repetitions=1"
        )
    if key.startswith(FREE_FORM):
        path = ["spark", "config", key.removeprefix(FREE_FORM)]
    else:
        path = key.split(".")
    for name in path[:-1]:
        below = values.setdefault(name, {})
        if not isinstance(below, dict):
            raise ParameterError(f"--set {key} cannot be set: {name} is {below!r}, not a section")
        values = below
    values[path[-1]] = parse_value(value)


def _explain(problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"unknown key {key!r}: leave it out"
    if problem["type"] == "missing":
        return f"{key} is missing: add it"
    message = problem["msg"][0].lower() + problem["msg"][1:]
    return f"{key}={problem['input']!r}: {message}"

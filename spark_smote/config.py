"""The YAML of a resample job: what it may say, and what it says.

Precedence: file < named command line options < `--set section.key=value`. A key that no section
knows is an error. The sampler's own parameters (`params`) are checked by the sampler.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from spark_smote.errors import ParameterError, PathError

Scalar = str | bool | int | float


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class InputSettings(_Section):
    """The table to read."""

    path: str = Field(min_length=1)
    format: str | None = None
    """Any format Spark knows by name; None = by the path's ending, else Parquet."""
    options: dict[str, Scalar] = {}
    """Options of Spark's reader for that format."""


class OutputSettings(_Section):
    """The table to write."""

    path: str = Field(min_length=1)
    format: str = "parquet"
    partition_by: list[str] = []
    interleave: bool = False
    """Shuffle, so that every file holds real and synthetic rows alike."""
    target_file_mb: int | None = Field(default=None, ge=1)
    """About this many megabytes per file; None = as many files as Spark has partitions."""
    if_exists: Literal["error", "replace"] = "error"


class ReportSettings(_Section):
    """What is written about the run, beside the table."""

    html: bool = True
    json_: bool = Field(default=True, alias="json")
    portrait: bool = True
    """Pictures of new rows beside real ones; costs a pass over a sample of the output."""
    gallery: bool = False
    """What each method does to a small made-up table: a section of the page, and gallery.png."""


class SparkSettings(_Section):
    """How to start Spark; used only when no session exists yet."""

    master: str | None = None
    """None = every core of this machine."""
    app_name: str = "spark-smote"
    config: dict[str, Scalar] = {}


class ResampleConfig(_Section):
    """A resample job: which table, where to, by which method, with which parameters."""

    input: InputSettings
    output: OutputSettings
    method: str = "smote"
    params: dict[str, Any] = {}
    """Parameters of the sampler by name (`labelCol`, `kNeighbors`, ...)."""
    report: ReportSettings = ReportSettings()
    spark: SparkSettings = SparkSettings()

    def to_yaml(self, *, params: Mapping[str, Any] | None = None) -> str:
        """The configuration as YAML that loads again.

        Parameters
        ----------
        params
            Shown in place of `params`, for instance with the defaults filled in.
        """
        values = self.model_dump(by_alias=True)
        if params is not None:
            values["params"] = dict(params)
        return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)


class InspectConfig(_Section):
    """A table to inspect: the keys of a resample job, so that one file serves both."""

    input: InputSettings
    output: OutputSettings | None = None
    method: str = "smote"
    params: dict[str, Any] = {}
    """Which columns are what, `kNeighbors` and `seed` are used; the others are checked."""
    report: ReportSettings = ReportSettings()
    spark: SparkSettings = SparkSettings()


C = TypeVar("C", ResampleConfig, InspectConfig)


def load_config(
    path: str | Path | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    overrides: Sequence[str] = (),
) -> ResampleConfig:
    """Read a resample job's configuration file and lay the command line's values over it.

    Parameters
    ----------
    path
        A YAML file, or None when everything comes from the command line.
    options
        Values by dotted key, as in `{"output.path": "/data/out"}`; None counts as not given.
    overrides
        `section.key=value` strings; the value is read as JSON, else as YAML.

    Raises
    ------
    PathError
        The file cannot be read.
    ParameterError
        The file is no YAML mapping, or a key is unknown, given twice, missing or has a value it
        cannot have.

    Examples
    --------
    >>> config = load_config(options={"input.path": "in", "output.path": "out"},
    ...                      overrides=["params.kNeighbors=7"])
    >>> config.params
    {'kNeighbors': 7}
    """
    return _loaded(ResampleConfig, path, options, overrides)


def load_inspection(
    path: str | Path | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    overrides: Sequence[str] = (),
) -> InspectConfig:
    """As `load_config`, for an inspection: the same file serves, and needs no output."""
    return _loaded(InspectConfig, path, options, overrides)


def _loaded(
    model: type[C],
    path: str | Path | None,
    options: Mapping[str, Any] | None,
    overrides: Sequence[str],
) -> C:
    values = _read_yaml(Path(path)) if path is not None else {}
    given = {key: value for key, value in (options or {}).items() if value is not None}
    for override in overrides:
        key, value = _parse_override(override)
        if key in given:
            raise ParameterError(
                f"{key} is given twice on the command line ({given[key]!r} and {value!r}): "
                "keep one of them"
            )
        given[key] = value
    for key, value in given.items():
        _put(values, _split_key(key), value)
    source = f" (in {path})" if path is not None else ""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ParameterError(_explain(error, source)) from None


def parse_value(text: str) -> Any:
    """A value typed on the command line: JSON if it is JSON, else YAML, else the text itself.

    Examples
    --------
    >>> [parse_value(t) for t in ("0.25", '{"fraud": 500}', "[a, b]", "auto", "true")]
    [0.25, {'fraud': 500}, ['a', 'b'], 'auto', True]
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except ValueError:
        pass
    try:
        return yaml.load(text, _Loader)  # a subclass of the safe loader
    except yaml.YAMLError:
        return text


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence's end: the known name that looks most like `name`, or all of them.

    Examples
    --------
    >>> did_you_mean("pathh", ["path", "format"])
    "did you mean 'path'?"
    >>> did_you_mean("zzz", ["path", "format"])
    'known: format, path'
    """
    names = sorted(known)
    lower = {n.lower(): n for n in names}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return f"did you mean {lower[near[0]]!r}?" if near else f"known: {', '.join(names)}"


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key written twice and reads 1e-3 as a number."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode) and key_node.tag != "tag:yaml.org,2002:merge":
                if (key_node.tag, key_node.value) in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key_node.value!r} is written twice", key_node.start_mark
                    )
                seen.add((key_node.tag, key_node.value))
        return super().construct_mapping(node, deep)


# YAML 1.1, which PyYAML follows, wants a dot and a sign in an exponent ("1.0e-3").
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d[\d_]*[eE][-+]?\d+$"), list("-+0123456789")
)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise PathError(
            f"--config {str(path)!r} cannot be read ({reason}): give a YAML file"
        ) from None
    try:
        values = yaml.load(text, _Loader)  # a subclass of the safe loader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise ParameterError(f"{path}{where}: not valid YAML: {problem}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ParameterError(
            f"{path}: holds a {type(values).__name__}: it must be a mapping with the keys "
            f"{', '.join(ResampleConfig.model_fields)}"
        )
    return values


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _parse_override(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise ParameterError(
            f"--set {text!r} is not of the form key=value, as in --set params.kNeighbors=7"
        )
    return key.strip(), parse_value(value)


def _split_key(key: str) -> list[str]:
    """Take a dotted key apart; below a free-form section (`spark.config`) dots are its own."""
    parts: list[str] = []
    model: type[BaseModel] | None = ResampleConfig
    rest = key
    while rest:
        if model is None:
            parts.append(rest)
            break
        head, _, rest = rest.partition(".")
        parts.append(head)
        field = model.model_fields.get(head)
        kind = field.annotation if field else None
        model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
    return parts


def _put(values: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        below = values.get(key)
        if below is None:
            below = values[key] = {}
        if not isinstance(below, dict):
            raise ParameterError(
                f"{'.'.join(keys)} cannot be set: {key} is {below!r}, not a section"
            )
        values = below
    values[keys[-1]] = value


def _explain(error: ValidationError, source: str) -> str:
    """One line per problem: key, value, bound, remedy, file."""
    lines = []
    for problem in error.errors():
        place = [str(part) for part in problem["loc"]]
        key = ".".join(place)
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {key!r}: {_meant(place)}")
        elif problem["type"] == "missing":
            lines.append(_explain_missing(key))
        else:
            message = problem["msg"][0].lower() + problem["msg"][1:]
            lines.append(f"{key}={problem['input']!r}: {message}")
    return "\n".join(line + source for line in lines)


def _meant(place: Sequence[str]) -> str:
    if len(place) == 1 and place[0] != place[0].lower():  # camelCase is a parameter's
        return f"parameters of the method are in the section params, as in params.{place[0]}"
    return did_you_mean(place[-1], _keys_at(place[:-1]))


def _explain_missing(key: str) -> str:
    section = key.partition(".")[0]
    if section in {"input", "output"}:
        return (
            f"{section}.path is missing: give {section.upper()} on the command line, "
            f"or {section}.path in a --config file"
        )
    return f"{key} is missing: add it"


def _keys_at(place: Sequence[str]) -> list[str]:
    model: type[BaseModel] = ResampleConfig
    for part in place:
        kind = model.model_fields[part].annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            model = kind
    return [field.alias or name for name, field in model.model_fields.items()]

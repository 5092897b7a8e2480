"""What parameters of samplers may be: each check converts a value, or says what is wrong."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from spark_smote.errors import ParameterError
from spark_smote.labels import plain
from spark_smote.plans.levels import AUTO
from spark_smote.plans.table import BOUNDS_POLICIES
from spark_smote.strategy import Kind, check_strategy


@dataclass(frozen=True)
class Check:
    """What a parameter may be."""

    kind: str
    """As documentation has it: "int", '{"error", "skip"}'."""
    kept: Callable[[str, Any], Any]
    """(name, value) -> the value to keep, or ParameterError."""

    def __call__(self, name: str, value: Any) -> Any:
        """The value to keep."""
        return self.kept(name, value)


def documented_as(kind: str) -> Callable[[Callable[[str, Any], Any]], Check]:
    """A check made of a function."""
    return lambda kept: Check(kind, kept)


def whole(least: int, most: int | None = None) -> Check:
    """An integer of at least `least` (and at most `most`)."""

    @documented_as(
        "int" if least < 0 else f"int >= {least}" if most is None else f"int from {least} to {most}"
    )
    def check(name: str, value: Any) -> int:
        bound = f"at least {least}" if most is None else f"from {least} to {most}"
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise ParameterError(f"{name} must be an integer {bound}; received {value!r}")
        number = int(value)
        if number < least or (most is not None and number > most):
            raise ParameterError(f"{name} must be {bound}; received {value!r}")
        return number

    return check


def number(least: float, most: float | None = None) -> Check:
    """A finite number of at least `least` (and at most `most`)."""
    bounded = most is not None

    @documented_as(f"float from {least:g} to {most:g}" if bounded else f"float >= {least:g}")
    def check(name: str, value: Any) -> float:
        bound = f"from {least} to {most}" if bounded else f"of at least {least}"
        real = isinstance(value, Real) and not isinstance(value, bool)
        if not real or not least <= value < math.inf or (most is not None and value > most):
            raise ParameterError(f"{name} must be a number {bound}; received {value!r}")
        return float(value)

    return check


def number_or_auto(least: float, most: float = math.inf) -> Check:
    """A finite number of at least `least` (and at most `most`), or "auto"."""

    @documented_as(f'float {_bound(least, most)} or "auto"')
    def check(name: str, value: Any) -> float | str:
        if isinstance(value, str) and value == AUTO:
            return AUTO
        real = isinstance(value, Real) and not isinstance(value, bool)
        if not real or not least <= value <= most or value == math.inf:
            raise ParameterError(
                f"{name} must be 'auto' or a number {_bound(least, most)}; received {value!r}"
            )
        return float(value)

    return check


def _bound(least: float, most: float) -> str:
    return f">= {least:g}" if most == math.inf else f"from {least:g} to {most:g}"


def one_of(*choices: str) -> Check:
    """One of the given words."""

    @documented_as("{" + ", ".join(f'"{choice}"' for choice in choices) + "}")
    def check(name: str, value: Any) -> str:
        if value not in choices:
            raise ParameterError(
                f"{name} must be one of {', '.join(map(repr, choices))}; received {value!r}"
            )
        return str(value)

    return check


@documented_as("bool")
def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise ParameterError(f"{name} must be True or False; received {value!r}")
    return value


@documented_as("str")
def column(name: str, value: Any) -> str:
    """The name of one column."""
    if not isinstance(value, str) or not value:
        raise ParameterError(f"{name} must be the name of a column; received {value!r}")
    return value


@documented_as("str")
def column_or_none(name: str, value: Any) -> str:
    """The name of one column, or "" for no column."""
    if not isinstance(value, str):
        raise ParameterError(f"{name} must be a column name, or '' for none; received {value!r}")
    return value


@documented_as("list of str")
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


@documented_as('{"null", "copy"} or dict of column to policy')
def policy(name: str, value: Any) -> str | dict[str, str]:
    """A carry policy, for all columns or per column."""
    if isinstance(value, Mapping):
        return {column(name, key): _policy(f"{name}[{key!r}]", each) for key, each in value.items()}
    return _policy(name, value)


@documented_as("list of str")
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


@documented_as('list of str or "auto"')
def columns_or_auto(name: str, value: Any) -> str | list[str]:
    """Names of columns, or `auto`."""
    return AUTO if isinstance(value, str) and value == AUTO else columns(name, value)


@documented_as('{"round", "floor"} or dict of column to policy')
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


def strategy(kind: Kind) -> Check:
    """A samplingStrategy for what the sampler does."""

    @documented_as(
        "str or list of classes" if kind == "cleaning" else "str, float, dict or callable"
    )
    def check(_name: str, value: Any) -> Any:
        value = _plain_keys(value)
        check_strategy(value, None, kind=kind)
        return value

    return check


def ratios(kind: Kind) -> Check:
    """Ratios of classes for what the sampler does."""

    @documented_as("dict of class to float")
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

"""What a sampler class has of its parameters: accessors, a signature, and their documentation."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from pyspark.ml.param import Params

from spark_smote.samplers.params import REQUIRED, SHARED, Parameter

_RAISES = """\
Raises
------
ParameterError
    For an unknown parameter, or a value out of range, naming the parameter, the value and the
    range.

"""


def parameters_of(cls: type[Params]) -> list[Parameter]:
    """The parameters of a class: first those that it has alone, then those of many."""
    found = [getattr(cls, name, None) for name in dir(cls)]
    declared = [each for each in found if isinstance(each, Parameter)]
    return sorted(declared, key=lambda each: (each.order < SHARED, each.order))


def equip(cls: type[Params]) -> None:
    """Give a class `setX` and `getX` for each parameter, a signature and documentation."""
    parameters = parameters_of(cls)
    for accessor in [make(each) for each in parameters for make in (_setter, _getter)]:
        setattr(cls, accessor.__name__, accessor)
    keyword = inspect.Parameter.KEYWORD_ONLY
    arguments = [
        inspect.Parameter(each.name, keyword, default=None if _unset(each) else each.default)
        for each in parameters
    ]
    cls.__signature__ = inspect.Signature(arguments)  # type: ignore[attr-defined]
    summary, references, rest = inspect.cleandoc(cls.__doc__ or "").partition("References\n---")
    entries = "\n".join(["Parameters\n----------", *map(_entry, parameters)])
    cls.__doc__ = f"{summary}{entries}\n\n{_RAISES}{references}{rest}"


def _unset(parameter: Parameter) -> bool:
    """Whether there is no default to show."""
    return parameter.default is REQUIRED or parameter.default == ()


def _entry(parameter: Parameter) -> str:
    """A parameter as numpydoc has it."""
    default = f'"{parameter.default}"' if isinstance(parameter.default, str) else parameter.default
    head = f"{parameter.name} : {parameter.kind}, " + (
        "optional" if _unset(parameter) else f"default {default}"
    )
    indent = " " * 4
    text = textwrap.fill(
        parameter.doc, 100, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )
    return f"{head}\n{text}"


def _capital(parameter: Parameter) -> str:
    return parameter.name[0].upper() + parameter.name[1:]


def _setter(parameter: Parameter) -> Callable[[Any, Any], Any]:
    def set_value(self: Any, value: Any) -> Any:
        if value is None:
            self.clear(self.getParam(parameter.name))
            return self
        return self._set(**{parameter.name: value})

    set_value.__name__ = f"set{_capital(parameter)}"
    set_value.__doc__ = f"Set {parameter.name} (None unsets it). {parameter.doc}"
    return set_value


def _getter(parameter: Parameter) -> Callable[[Any], Any]:
    def get_value(self: Any) -> Any:
        parameter_here = self.getParam(parameter.name)
        return self.getOrDefault(parameter_here) if self.isDefined(parameter_here) else None

    get_value.__name__ = f"get{_capital(parameter)}"
    get_value.__doc__ = f"Value of {parameter.name} (None if unset). {parameter.doc}"
    return get_value

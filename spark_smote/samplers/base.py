"""What every sampler is: Spark ML parameters, a plan, a resample. Never a Transformer."""

from __future__ import annotations

import difflib
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from platform import python_version
from time import perf_counter
from typing import Any, ClassVar

import numpy
import pandas
import pyarrow
import pyspark
import sklearn
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWriter, MLWritable, MLWriter
from pyspark.sql import DataFrame

import spark_smote
from spark_smote.errors import ParameterError
from spark_smote.plans.levels import AUTO
from spark_smote.plans.profile import Profile
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.table import ColumnRequest, Table
from spark_smote.results import (
    ClassOutcome,
    LabelValue,
    Notice,
    Phase,
    ResampleReport,
    SearchAccuracy,
)
from spark_smote.samplers.interface import equip
from spark_smote.samplers.params import REQUIRED, HasLabel, HasMark, HasSeed, Parameter
from spark_smote.strategy import is_persistable

Progress = Callable[[str], AbstractContextManager[None]]
"""Called with the name of each phase; entered for as long as it lasts."""


class Sampler(HasLabel, HasMark, HasSeed, DefaultParamsReadable["Sampler"], MLWritable):
    """Base of all samplers, whose constructors take their parameters by keyword."""

    makes_rows: ClassVar[bool] = True
    """Whether new rows come; else the method only removes some."""
    levels_only: ClassVar[bool] = False
    """Whether all that it looks at, beside the label, are nominal columns."""
    method: ClassVar[str]
    """Its name in reports."""
    phases: ClassVar[tuple[str, ...]]
    """Names of the phases that planning goes through."""

    _along: tuple[str, ...] = ()
    """Columns that earlier samplers of a chain added."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "method" in vars(cls):
            equip(cls)

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._setDefault(
            **{
                param.name: param.default
                for param in self.params
                if isinstance(param, Parameter) and param.default is not REQUIRED
            }
        )
        self.setParams(**params)

    def __repr__(self) -> str:
        asked = ", ".join(f"{name}={value!r}" for name, value in self._asked().items())
        return f"{type(self).__name__}({asked})"

    @classmethod
    def needs_levels(cls) -> bool:
        """Whether it is for tables with nominal columns only."""
        nominal = getattr(cls, "nominalCols", None)
        return isinstance(nominal, Parameter) and bool(nominal.default == AUTO)

    def plan(self, df: DataFrame, progress: Progress | None = None) -> ResamplePlan:
        """Resolve everything about resampling `df`, by small jobs, and write nothing.

        Parameters
        ----------
        df : DataFrame
            The training rows, and only these: rows that a model is tested on must not be here.
        progress : callable, optional
            Given the name of each phase, returns a context manager entered while it lasts.

        Returns
        -------
        ResamplePlan
            With `.report`, `.synthetic()`, `.removed()` and `.resampled()`.

        Raises
        ------
        ParameterError, SchemaError
            For what can be decided without reading rows.
        DataError
            For what the rows do not allow.
        """
        return self._plan(df, PhaseClock(progress))

    @abstractmethod
    def _plan(self, df: DataFrame, clock: PhaseClock) -> ResamplePlan:
        """What `plan` does, phase by phase."""

    def resample(self, df: DataFrame) -> DataFrame:
        """The rows of `df`, untouched, and the new ones.

        Runs the jobs of `plan` at once, whose argument and errors are these; the rows themselves
        are made when the result is used.

        Returns
        -------
        DataFrame
            The input's columns in order, then `syntheticCol` and what `provenance` adds.
        """
        return self.plan(df).resampled()

    def write(self) -> MLWriter:
        """A writer of these parameters.

        Raises
        ------
        ParameterError
            If samplingStrategy is a function, which cannot be saved.
        """
        saved = self.copy()
        for param, value in list(saved._paramMap.items()):
            if not is_persistable(value):
                raise ParameterError(
                    f"{param.name} is a function ({value!r}), which cannot be saved; save the "
                    "dict it returns instead"
                )
            if isinstance(value, Mapping):  # JSON keeps text keys only; they are matched later
                saved._paramMap[param] = {str(key): each for key, each in value.items()}
        return DefaultParamsWriter(saved)

    def setParams(self, **params: Any) -> Sampler:
        """Set parameters by keyword, as in the constructor; None leaves one as it is.

        Raises
        ------
        ParameterError
            For an unknown parameter, or a value out of range.
        """
        unknown = [name for name in params if not self.hasParam(name)]
        if unknown:
            known = sorted(param.name for param in self.params)
            near = difflib.get_close_matches(unknown[0], known, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else f"it has {', '.join(known)}"
            others = _samplers_with(unknown[0])
            whose = f" (a parameter of {', '.join(others)})" if others else ""
            raise ParameterError(
                f"{type(self).__name__} has no parameter {unknown[0]!r}{whose}; {hint}"
            )
        self._set(**{name: value for name, value in params.items() if value is not None})
        return self

    def _value(self, name: str) -> Any:
        param = self.getParam(name)
        return self.getOrDefault(param) if self.isDefined(param) else None

    def _asked(self) -> dict[str, Any]:
        """Parameters the user set."""
        return {param.name: _shown(value) for param, value in self._paramMap.items()}

    def _resolved(self) -> dict[str, Any]:
        """Every parameter as used; those left unset are absent."""
        return {p.name: _shown(self.getOrDefault(p)) for p in self.params if self.isDefined(p)}

    def _columns(self) -> ColumnRequest:
        inputs, features = self._optional("inputCols", None), self._optional("featuresCol", None)
        if inputs is not None and features is not None:
            raise ParameterError(
                f"inputCols={inputs} and featuresCol={features!r} are both set; unset one of them"
            )
        nominal = self._optional("nominalCols", ())
        if nominal and features is not None:
            raise ParameterError(
                f"nominalCols={nominal} and featuresCol={features!r} are both set, but levels are "
                "columns of their own; name the numeric columns in inputCols"
            )
        return ColumnRequest(
            label_col=self._value("labelCol"),
            input_cols=inputs,
            features_col=features,
            ignore_cols=tuple(self._optional("ignoreCols", ())),
            carry_policy=self._optional("carryPolicy", None),
            bounds_policy=self._optional("boundsPolicy", "round"),
            nominal_cols=nominal if nominal == AUTO else tuple(nominal),
            id_col=self._optional("idCol", None),
            synthetic_col=self._value("syntheticCol"),
            provenance=self._optional("provenance", False),
            group_cols=tuple(self._optional("groupCols", ())),
            interpolates=not self.levels_only,
            makes_rows=self.makes_rows,
            along=self._along,
        )

    def _report(
        self,
        table: Table,
        profile: Profile,
        classes: Sequence[ClassOutcome],
        clock: PhaseClock,
        *,
        accuracy: Sequence[SearchAccuracy] = (),
        notices: Sequence[Notice] = (),
    ) -> ResampleReport:
        """What was asked and resolved, with what the method found."""
        return ResampleReport(
            method=self.method,
            label_col=self._value("labelCol"),
            asked=self._asked(),
            resolved=self._resolved(),
            columns=list(table.roles),
            classes=list(classes),
            accuracy=list(accuracy),
            notices=list(notices),
            phases=clock.phases,
            versions=library_versions(),
            input_fingerprint=profile.fingerprint,
            makes_rows=table.request.makes_rows,
        )

    @staticmethod
    def _outcomes_by_count(
        profile: Profile, targets: Mapping[LabelValue, int], method: str
    ) -> list[ClassOutcome]:
        """What becomes of each class where no neighbours are looked at."""
        return [
            ClassOutcome(
                label=label,
                rows_before=profile.counts[label],
                rows_usable=profile.counts[label],
                rows_after=rows,
                method="untouched" if rows == profile.counts[label] else method,
                k_requested=0,
                k_resolved=0,
            )
            for label, rows in targets.items()
        ]

    def following(self, added: Sequence[str]) -> Sampler:
        """The same sampler for a table to which earlier ones added columns: it looks at none.

        New rows hold what their base rows hold there.
        """
        that = self.copy()
        that._along = tuple(added)
        return that

    def _optional(self, name: str, default: Any) -> Any:
        """Value of a parameter that not every sampler has."""
        return self._value(name) if self.hasParam(name) else default


def _samplers_with(parameter: str) -> list[str]:
    """Names of the samplers that have a parameter of this name."""
    found: list[type[Any]] = [Sampler]
    for each in found:
        found += each.__subclasses__()
    return sorted(
        {
            each.__name__
            for each in found
            if "method" in vars(each) and isinstance(getattr(each, parameter, None), Parameter)
        }
    )


def _silent(_phase: str) -> AbstractContextManager[None]:
    return nullcontext()


class PhaseClock:
    """Times named phases and announces them."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress or _silent
        self.phases: list[Phase] = []

    def run(self, name: str, work: Callable[[], Any]) -> Any:
        """Do the work of a phase."""
        start = perf_counter()
        with self.progress(name):
            result = work()
        self.phases.append(Phase(name, perf_counter() - start))
        return result


def library_versions() -> dict[str, str]:
    """Versions that the rows made may depend on."""
    libraries = (spark_smote, pyspark, numpy, pyarrow, sklearn, pandas)
    return {"python": python_version()} | {each.__name__: each.__version__ for each in libraries}


def _shown(value: Any) -> Any:
    return f"function {getattr(value, '__name__', repr(value))}" if callable(value) else value

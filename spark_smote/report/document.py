"""The report as a JSON document, and back."""

from __future__ import annotations

import json
import math
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from spark_smote.inspected import Inspection
from spark_smote.results import (
    ClassOutcome,
    ColumnDrift,
    ColumnRole,
    ConditionMet,
    CrossClassSearch,
    GroupFate,
    GroupsOutcome,
    LevelDrift,
    NearestReal,
    Notice,
    Phase,
    Plane,
    PointSet,
    Portrait,
    ResampleReport,
    SearchAccuracy,
    TrialDraws,
)

T = TypeVar("T")

_NUMBERS = re.compile(r"\[\n\s+((?:-?[\d.eE+-]+|null)(?:,\n\s+(?:-?[\d.eE+-]+|null))*)\n\s+\]")
"""A list of numbers as `json.dumps` indents it. Text holds no bare line break, so none matches."""


def to_json(report: ResampleReport | Inspection) -> str:
    """A report or an inspection as JSON text, for machines and for people with an editor.

    Figures that JSON cannot hold (infinite, not a number) are null; as a label they are text.

    Examples
    --------
    >>> report = ResampleReport("SMOTE", "label", {}, {"seed": 7}, columns=[], classes=[])
    >>> from_json(to_json(report)) == report
    True
    """
    text = json.dumps(_finite(report.to_dict()), indent=2, ensure_ascii=False, allow_nan=False)
    lists = _NUMBERS.sub(lambda match: "[" + re.sub(r"\n\s+", " ", match[1]) + "]", text)
    return lists + "\n"


def write_json(report: ResampleReport, path: str | Path) -> None:
    """Write the text of `to_json` to a local file."""
    Path(path).write_text(to_json(report), encoding="utf-8")


def from_json(text: str) -> ResampleReport:
    """The report that `to_json` wrote; labels that JSON lacks (dates, decimals) stay text.

    Fields of a later version that this one does not know are left out.
    """
    return _report(json.loads(text))


def _report(data: dict[str, Any]) -> ResampleReport:
    parts = {
        "columns": ColumnRole,
        "classes": ClassOutcome,
        "accuracy": SearchAccuracy,
        "searches": CrossClassSearch,
        "constraints": ConditionMet,
        "trial_draws": TrialDraws,
        "notices": Notice,
        "phases": Phase,
    }
    for name, kind in parts.items():
        data[name] = [_read(kind, part) for part in data.get(name, [])]
    data["steps"] = [_report(step) for step in data.get("steps", [])]
    if data.get("groups") is not None:
        fates = [_read(GroupFate, part) for part in data["groups"]["fates"]]
        data["groups"] = _read(GroupsOutcome, {**data["groups"], "fates": fates})
    if data.get("portrait") is not None:
        data["portrait"] = _portrait(data["portrait"])
    return _read(ResampleReport, data)


def _portrait(data: dict[str, Any]) -> Portrait:
    planes = [
        _read(Plane, {**plane, "points": [_read(PointSet, points) for points in plane["points"]]})
        for plane in data["planes"]
    ]
    nearest = [_read(NearestReal, part) for part in data["nearest"]]
    drift = [_read(ColumnDrift, part) for part in data["drift"]]
    levels = [_read(LevelDrift, part) for part in data.get("levels", [])]
    parts = {"planes": planes, "nearest": nearest, "drift": drift, "levels": levels}
    return _read(Portrait, {**data, **parts})


def _read(kind: type[T], data: dict[str, Any]) -> T:
    known: dict[str, Any] = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in data:
            value = data[field.name]
            if field.type == "float" and value is None:
                value = math.nan
            elif field.type == "list[float]":
                value = [math.nan if number is None else number for number in value]
            known[field.name] = value
    return kind(**known)


def _finite(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _finite(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value) if name == "label" else None
    return value

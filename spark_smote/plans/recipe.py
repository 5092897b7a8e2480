"""All that the workers need which make new rows."""

from __future__ import annotations

from dataclasses import dataclass

from spark_smote.plans.classes import ClassTask
from spark_smote.plans.layout import Layout
from spark_smote.plans.model import ClassModel
from spark_smote.plans.ranges import Ranges


@dataclass(frozen=True)
class Recipe:
    """All that workers need to make the new rows; plain arrays, no session."""

    tasks: tuple[ClassTask, ...]
    models: tuple[ClassModel, ...]
    layout: Layout
    seed: int
    distinct: bool = False
    """Whether only distinct rows are neighbours, each counted once."""
    conditions: tuple[str, ...] = ()
    """SQL that every new row meets; then `plans.redraw.constrained` makes them."""
    ranges: Ranges | None = None
    """What new rows keep to, where they may lie beyond the rows they are made of."""

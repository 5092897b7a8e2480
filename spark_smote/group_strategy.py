"""What a samplingStrategy means within each of many groups (pure Python).

The arithmetic is that of `spark_smote.strategy`, on the counts of one group at a time. What would
be an error for a whole table (a class that is not there, or has more rows than asked for) is usual
for some of many groups: there the class is left as it is, and the report counts how often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spark_smote.errors import DataError
from spark_smote.labels import classes_meant, largest, smallest
from spark_smote.results import LabelValue
from spark_smote.strategy import (
    Counts,
    Ratios,
    Strategy,
    oversampling_targets,
    returned_totals,
)


@dataclass(frozen=True)
class GroupTargets:
    """What was asked for within one group."""

    totals: dict[LabelValue, int]
    """Each of its classes → rows it should have, never fewer than it has."""
    absent: tuple[LabelValue, ...] = ()
    """Classes that rows were asked of, and that the group does not have."""
    ample: tuple[LabelValue, ...] = ()
    """Classes that have more rows already than were asked for."""


@dataclass(frozen=True)
class GroupStrategy:
    """A strategy whose classes are those of the table, to be applied to the counts of its groups.

    Examples
    --------
    >>> strategy = GroupStrategy.of({"ok": 900, "fraud": 30}, {"fraud": 50})
    >>> strategy.targets({"ok": 20, "fraud": 7}).totals
    {'ok': 20, 'fraud': 50}
    >>> strategy.targets({"ok": 20, "other": 7}).absent
    ('fraud',)
    """

    classes: tuple[LabelValue, ...]
    """All classes of the table."""
    strategy: Strategy
    ratios: Ratios | None

    @classmethod
    def of(cls, counts: Counts, strategy: Strategy, ratios: Ratios | None = None) -> GroupStrategy:
        """The strategy for a table with these counts, its classes named as the table has them.

        Raises
        ------
        DataError
            If it names a class that the table does not have, or names one twice; or if the table
            has one class only, or none.
        """
        if len(counts) < 2:
            oversampling_targets(counts)  # raises, with what to do
        if ratios is not None:
            ratios = _named(ratios, counts, "samplingRatios")
        elif isinstance(strategy, Mapping):
            strategy = _named(strategy, counts, "samplingStrategy")
        return cls(tuple(counts), strategy, ratios)

    def targets(self, counts: Counts) -> GroupTargets:
        """Rows that each class of a group with these counts should have.

        Raises
        ------
        ParameterError, DataError
            As `oversampling_targets`, but for classes that are absent or ample; and none for a
            group of one class, which is left as it is.
        """
        rows = dict(counts)
        if len(rows) < 2:
            return GroupTargets(rows)
        if self.ratios is not None:
            reference = rows[largest(rows)]
            totals = {label: int(reference * ratio) for label, ratio in self.ratios.items()}
            kept, targets = _kept(self.ratios, totals, rows)
            if kept:
                targets.totals.update(oversampling_targets(rows, ratios=kept))
            return targets
        strategy = self.strategy
        if callable(strategy):
            known = dict.fromkeys(self.classes, 0) | rows
            totals = _named(returned_totals(strategy, rows), known, "samplingStrategy's result")
            strategy = totals
        if isinstance(strategy, Mapping):
            kept, targets = _kept(strategy, strategy, rows)
            if kept:
                targets.totals.update(oversampling_targets(rows, strategy=kept))
            return targets
        try:
            return GroupTargets(oversampling_targets(rows, strategy=strategy))
        except DataError:
            if isinstance(strategy, str) or len(rows) > 2:
                raise
            return GroupTargets(rows, ample=(smallest(rows),))


def _named(by_class: Mapping[Any, Any], counts: Counts, source: str) -> dict[LabelValue, Any]:
    labels = classes_meant(by_class, counts, source=source)
    return dict(zip(labels, by_class.values(), strict=True))


def _kept(
    given: Mapping[Any, Any], totals: Mapping[Any, int], rows: dict[LabelValue, int]
) -> tuple[dict[Any, Any], GroupTargets]:
    """The part of a request that the group can meet, and what of the rest is to be told."""
    absent = tuple(label for label in totals if label not in rows)
    ample = tuple(label for label, total in totals.items() if total < rows.get(label, 0))
    kept = {k: value for k, value in given.items() if k not in absent and k not in ample}
    return kept, GroupTargets(rows, absent, ample)

"""The recipe of under-sampling methods that rank the rows of a class and keep the first."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pyspark.sql import DataFrame

from spark_smote.plans.notices import (
    kept_invalid_notices,
    removal_notices,
    skipped_notices,
)
from spark_smote.plans.profile import Profile
from spark_smote.plans.ranked import rows_to_keep
from spark_smote.plans.removal import Removal
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.table import Table
from spark_smote.results import (
    ClassOutcome,
    CrossClassSearch,
    LabelValue,
    Notice,
    SearchAccuracy,
)
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.leaving_out import LeavingOut
from spark_smote.samplers.params import HasInvalid, HasUndersamplingStrategy
from spark_smote.strategy import check_strategy, undersampling_targets


@dataclass(frozen=True)
class Ranked:
    """Which rows stay, and by what."""

    removal: Removal
    kept: Mapping[LabelValue, int]
    """Ranked rows of each class that stay."""
    notices: Sequence[Notice]
    searches: Sequence[CrossClassSearch] = ()
    accuracy: Sequence[SearchAccuracy] = ()
    k: int = 0
    buckets: int = 0


class KeepsFirst(LeavingOut, HasUndersamplingStrategy):
    """Rank the rows of classes that are to lose some; the first of each class stay."""

    _outcome: ClassVar[str]
    """What becomes of a class that loses rows, as the report calls it."""

    handleInvalid = HasInvalid.handleInvalid.adding(
        "Rows left out count among those that their class is to keep."
    )

    def _plan(self, df: DataFrame, clock: PhaseClock) -> ResamplePlan:
        """Count the classes, rank the rows of those that are to lose some, and cut."""
        strategy, ratios = self._value("samplingStrategy"), self._value("samplingRatios")
        check_strategy(strategy, ratios, kind="under-sampling")
        table, profile = self._profiled(df, clock)
        targets = undersampling_targets(profile.counts, strategy=strategy, ratios=ratios)
        self._check_targets(profile, targets)
        keep = rows_to_keep(profile, targets)
        found = self._ranked(table, profile, keep, clock) if keep else None
        outcomes = self._outcomes(profile, targets, found)
        report = self._report(
            table,
            profile,
            outcomes,
            clock,
            accuracy=found.accuracy if found else (),
            notices=[
                *(found.notices if found else ()),
                *_count_notices(outcomes),
                *kept_invalid_notices(profile, outcomes),
                *removal_notices(outcomes),
                *skipped_notices(profile),
            ],
        )
        report.searches = list(found.searches) if found else []
        return ResamplePlan(report, table, removal=found.removal if found else None)

    def _check_targets(self, profile: Profile, targets: Mapping[LabelValue, int]) -> None:
        """Refuse numbers of rows that the method does not go with."""

    @abstractmethod
    def _ranked(
        self,
        table: Table,
        profile: Profile,
        keep: Mapping[LabelValue, int],
        clock: PhaseClock,
    ) -> Ranked:
        """Which rows stay of each class, of so many that can be ranked."""

    def _outcomes(
        self, profile: Profile, targets: Mapping[LabelValue, int], found: Ranked | None
    ) -> list[ClassOutcome]:
        outcomes = []
        for label, asked in targets.items():
            rows = profile.counts[label]
            ranked = found is not None and label in found.kept
            if found is not None and ranked:
                rows += found.kept[label] - profile.usable[label]
            outcomes.append(
                ClassOutcome(
                    label=label,
                    rows_before=profile.counts[label],
                    rows_usable=profile.usable[label],
                    rows_after=rows,
                    method=self._outcome if ranked else "untouched",
                    k_requested=self._optional("nNeighbors", 0),
                    k_resolved=found.k if found and ranked else 0,
                    buckets=found.buckets if found and ranked else 0,
                    note="" if rows == asked else self._note(rows, asked),
                )
            )
        return outcomes

    def _note(self, rows: int, asked: int) -> str:
        """Why a class has other than the rows asked for."""
        return f"{asked:,} rows were asked for, and {rows:,} stay that have invalid inputs"


def _count_notices(outcomes: Sequence[ClassOutcome]) -> list[Notice]:
    return [
        Notice("other_count", f"Class {outcome.label!r}: {outcome.note}.")
        for outcome in outcomes
        if outcome.note
    ]

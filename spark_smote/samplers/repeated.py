"""The recipe of cleaning methods that edit what they have edited again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace

from spark_smote.kernels.distances import Floats
from spark_smote.labels import in_order, smallest
from spark_smote.plans.profile import Profile
from spark_smote.plans.removal import without_keys
from spark_smote.plans.table import Table
from spark_smote.results import Notice
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.cleaning import Pass, all_gone
from spark_smote.samplers.enn import EditedNearestNeighbours


class RepeatedEditing(EditedNearestNeighbours):
    """Edit by the nearest neighbours, then edit what is left, until a pass says to stop."""

    @abstractmethod
    def _neighbours(self) -> Iterator[int]:
        """How many neighbours are asked in each pass."""

    @property
    @abstractmethod
    def _goes_on_unchanged(self) -> bool:
        """Whether another pass may find rows after one that found none."""

    def _passes(
        self, table: Table, profile: Profile, medians: Floats | None, clock: PhaseClock
    ) -> list[Pass]:
        passes: list[Pass] = []
        rows, left = table, profile
        for k in self._neighbours():
            if passes and sum(left.usable.values()) <= k:
                break
            found = self._pass(rows, left, k, medians, clock, measured=not passes)
            passes.append(found)
            now = found.left(left)
            changed, left = now.counts != left.counts, now
            if too_few(profile, left) or not (changed or self._goes_on_unchanged):
                break
            rows = replace(table, frame=without_keys(table, all_gone(passes)).kept)
        return passes

    def _described(self, passes: Sequence[Pass]) -> list[Notice]:
        lost = ", ".join(f"{sum(each.lost_rows.values()):,}" for each in passes)
        return [
            Notice(
                "passes",
                f"Rows removed in each of {len(passes)} passes: {lost}. Recall was measured in the "
                "first.",
                "info",
            )
        ]


def too_few(before: Profile, left: Profile) -> bool:
    """Whether a class vanished, or another is smaller now than the smallest one was."""
    rare = smallest(before.counts)
    return any(
        left.counts[label] == 0 or (label != rare and left.counts[label] < before.counts[rare])
        for label in in_order(before.counts)
    )

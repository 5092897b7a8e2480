"""The recipe of cleaning methods that edit what they have edited again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from spark_smote.kernels.distances import Floats
from spark_smote.labels import in_order, smallest
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import cut_off
from spark_smote.plans.removal import Removal, without_keys
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.cleaning import Pass, all_gone, removed_by
from spark_smote.samplers.enn import EditedNearestNeighbours


class RepeatedEditing(EditedNearestNeighbours):
    """Edit by the nearest neighbours, then edit what is left, until a pass says to stop."""

    @abstractmethod
    def _neighbours(self) -> Iterator[int]:
        """How many neighbours are asked in each pass."""

    def _neighbours_after(self, passes: Sequence[Pass]) -> Iterator[int]:
        return islice(self._neighbours(), len(passes), None)

    @property
    @abstractmethod
    def _goes_on_unchanged(self) -> bool:
        """Whether another pass may find rows after one that found none."""

    samplingStrategy = EditedNearestNeighbours.samplingStrategy.adding(
        "Which class is the smallest or largest is looked up anew in each pass."
    )

    def _cleaned(
        self, table: Table, profile: Profile, medians: Floats | None, clock: PhaseClock
    ) -> tuple[list[Pass], Removal]:
        passes: list[Pass] = []
        rows, left = table, profile
        for k in self._neighbours():
            if passes and sum(left.usable.values()) <= k:
                break
            targets = self._targets(left)
            request = self._request(left, targets, k, medians)
            if passes:  # recall is measured, and ids are looked for, in the first alone
                request = replace(request, recall_queries=0, looks_for_ids=False)
            found = self._pass(rows, left, targets, request, clock)
            passes.append(replace(found, found=None, gone=cut_off(found.gone.select("key"))))
            now = found.left(left)
            changed, left = now.counts != left.counts, now
            if too_few(profile, left) or not (changed or self._goes_on_unchanged):
                break
            rows = replace(table, frame=without_keys(table, all_gone(passes)).kept)
        return passes, removed_by(table, passes)

    def _described(self, profile: Profile, left: Profile, passes: Sequence[Pass]) -> list[Notice]:
        lost = [sum(each.lost_rows.values()) for each in passes]
        if few := too_few(profile, left):
            why = f"class {few[0]!r} has {left.counts[few[0]]:,} rows now"
        elif not lost[-1] and not self._goes_on_unchanged:
            why = "nothing changes any more"
        elif (rows := sum(left.usable.values())) <= next(self._neighbours_after(passes), -1):
            why = f"the next pass would ask as many neighbours as the {rows:,} rows left, or more"
        else:
            why = "no further pass was asked for"
        removed = ", ".join(f"{rows:,}" for rows in lost)
        return [
            Notice(
                "passes",
                f"Rows removed in each of {len(passes)} passes: {removed}. It ends here since "
                f"{why}. Recall was measured in the first pass.",
                "info",
            )
        ]


def too_few(before: Profile, left: Profile) -> list[LabelValue]:
    """Classes that vanished, or others than the smallest that are smaller now than that one was."""
    rare = smallest(before.counts)
    return [
        label
        for label in in_order(before.counts)
        if left.counts[label] == 0 or (label != rare and left.counts[label] < before.counts[rare])
    ]

"""The recipe of over-samplers whose new rows are copies, as they are or with their inputs moved."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame

from spark_smote.errors import DataError
from spark_smote.plans.classes import Assignment, assign_classes
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.copying import Copies, copied_rows, draw_copies
from spark_smote.plans.id_like import id_like_notices
from spark_smote.plans.movement import Movement, sample_rows
from spark_smote.plans.notices import target_notices
from spark_smote.plans.profile import Profile, profile_table
from spark_smote.plans.records import class_records
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.sample import ClassSample, sample_classes
from spark_smote.plans.table import ColumnRequest, Table
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.base import PhaseClock, Sampler
from spark_smote.samplers.params import (
    HasFeaturesCol,
    HasInputs,
    HasNewRows,
    HasOtherCols,
    HasOversamplingStrategy,
)
from spark_smote.strategy import check_strategy, oversampling_targets


class Copying(
    Sampler, HasInputs, HasOtherCols, HasFeaturesCol, HasNewRows, HasOversamplingStrategy
):
    """Draw rows with replacement; Spark copies them, so that columns of any type pass through."""

    phases = ("profile", "draw")
    new_rows_are: str
    """What reports call it."""

    provenance = HasNewRows.provenance.adding("Neighbour and gap are null on new rows too.")

    @property
    @abstractmethod
    def _needs(self) -> tuple[str, str] | None:
        """What needs the inputs of a row, and a remedy where they are missing; None = nothing."""

    @abstractmethod
    def _movement(
        self, profile: Profile, labels: Sequence[LabelValue], samples: Sequence[ClassSample]
    ) -> Movement:
        """Where the inputs of new rows of some classes go, where they are needed."""

    def _plan(self, df: DataFrame, clock: PhaseClock) -> ResamplePlan:
        """Count the classes and share out the draws."""
        strategy, ratios = self._value("samplingStrategy"), self._value("samplingRatios")
        check_strategy(strategy, ratios, kind="over-sampling")
        table = resolve_columns(df, self._columns())
        profile: Profile = clock.run("profile", lambda: profile_table(table, handle_invalid="skip"))
        targets = oversampling_targets(profile.counts, strategy=strategy, ratios=ratios)
        # every row may be copied, whatever it misses
        every = replace(profile, usable=profile.counts)
        assignment = assign_classes(every, targets, k=0, on_small_class="error")
        drawn: Copies | None = None
        copies: DataFrame | None = None
        ids: list[Notice] = []
        if assignment.tasks:
            drawn, copies, ids = clock.run("draw", lambda: self._drawn(table, profile, assignment))
        outcomes = self._outcomes_by_count(profile, targets, self.new_rows_are)
        notices = [*target_notices(profile, targets, assignment), *ids]
        report = self._report(table, profile, outcomes, clock, notices=notices)
        return ResamplePlan(report, table, records=drawn.keys if drawn else None, copies=copies)

    def _drawn(
        self, table: Table, profile: Profile, assignment: Assignment
    ) -> tuple[Copies, DataFrame, list[Notice]]:
        movement, ids = None, []
        if self._needs is not None:
            labels = [task.label for task in assignment.tasks]
            needs, remedy = self._needs
            samples = self._samples(table, profile, labels, needs=needs, remedy=remedy)
            ids = id_like_notices(table, samples)
            movement = self._movement(profile, labels, samples)
        drawn = draw_copies(
            table,
            {task.label: task.rows for task in assignment.tasks},
            {task.label: task.new_rows for task in assignment.tasks},
            seed=self._value("seed"),
        )
        return drawn, copied_rows(table, drawn, movement), ids

    def _samples(
        self,
        table: Table,
        profile: Profile,
        labels: Sequence[LabelValue],
        *,
        needs: str,
        remedy: str,
    ) -> list[ClassSample]:
        """Rows of each class that miss no input; what needs them, and a remedy, for the message.

        Raises
        ------
        DataError
            If a class has none.
        """
        complete = {label: profile.complete[label] for label in labels}
        for label, rows in complete.items():
            if rows == 0:
                raise DataError(
                    f"{needs}, but none of the {profile.counts[label]} rows of class {label!r} has "
                    f"all of them; {remedy}"
                )
        wanted = dict.fromkeys(labels, sample_rows(profile.dimensions))
        seed = self._value("seed")
        records = class_records(table, labels)
        found = sample_classes(records, complete, wanted, seed=seed, purpose="spread")
        return [found[label] for label in labels]

    def _columns(self) -> ColumnRequest:
        return replace(super()._columns(), copied_by_spark=True)

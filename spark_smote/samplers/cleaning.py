"""The recipe of cleaning methods: search across classes, judge, leave out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace

from pyspark.sql import DataFrame

from spark_smote.labels import in_order
from spark_smote.plans.cleaning import of_classes, rows_per_class
from spark_smote.plans.notices import (
    accuracy_notices,
    cleaning_notices,
    flat_levels_notices,
    skipped_notices,
)
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.removal import without_keys
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.search import Search, prepare_search
from spark_smote.results import ClassOutcome, LabelValue, Notice
from spark_smote.samplers.across import AcrossClasses
from spark_smote.samplers.base import PhaseClock, Progress
from spark_smote.samplers.params import HasCleaningStrategy
from spark_smote.strategy import check_strategy, cleaning_targets


class Cleaning(AcrossClasses, HasCleaningStrategy):
    """Remove the rows that their neighbours, of all classes, speak against."""

    phases = ("profile", "sample", "hash", "count", "search")

    def plan(self, df: DataFrame, progress: Progress | None = None) -> ResamplePlan:
        """Profile, sample, hash, search once, count what goes; write nothing.

        Parameters
        ----------
        df : DataFrame
            The training rows.
        progress : callable, optional
            Given the name of each phase, returns a context manager entered while it lasts.

        Returns
        -------
        ResamplePlan
            With `.report`, `.removed()` and `.resampled()`.

        Raises
        ------
        ParameterError, SchemaError, DataError
        """
        clock = PhaseClock(progress)
        value = self._value
        check_strategy(value("samplingStrategy"), kind="cleaning")
        table, profile = self._profiled(df, clock)
        targets = cleaning_targets(profile.counts, strategy=value("samplingStrategy"))
        medians = self._medians(table, profile, clock)
        request = self._search_request(self._asking(profile, targets), *self._k, medians)
        search = prepare_search(table, profile, request, clock.run)
        found = KeptRecords(self._found(search))
        rows: dict[LabelValue, int] = clock.run(
            "search", lambda: rows_per_class(search, found.frame)
        )
        gone = of_classes(search, found.frame, targets)
        removal = replace(without_keys(table, gone), decided=found)
        after = {
            label: n - (rows.get(label, 0) if label in targets else 0)
            for label, n in profile.counts.items()
        }
        report = self._report(
            table,
            profile,
            self._outcomes(profile, after, targets, search),
            clock,
            accuracy=search.accuracy,
            notices=[*self._described(rows), *self._notices(profile, after, search)],
        )
        report.searches = [search.extent]
        return ResamplePlan(report, table, removal=removal)

    @property
    @abstractmethod
    def _k(self) -> tuple[str, int]:
        """How many neighbours are looked at, and the parameter that says so."""

    @abstractmethod
    def _found(self, search: Search) -> DataFrame:
        """The rows to remove where their class may lose some (`plans.cleaning.FOUND`)."""

    def _described(self, rows: Mapping[LabelValue, int]) -> list[Notice]:
        """What was found of the classes, where the counts of rows that go do not say it."""
        return []

    def _asking(self, profile: Profile, targets: list[LabelValue]) -> list[LabelValue]:
        """Classes whose rows are judged."""
        return targets

    def _outcomes(
        self,
        profile: Profile,
        after: Mapping[LabelValue, int],
        targets: list[LabelValue],
        search: Search,
    ) -> list[ClassOutcome]:
        return [
            ClassOutcome(
                label=label,
                rows_before=profile.counts[label],
                rows_usable=profile.usable[label],
                rows_after=after[label],
                method="cleaned" if label in targets else "untouched",
                k_requested=self._k[1],
                k_resolved=self._k[1] if label in targets else 0,
                buckets=search.metric.model.buckets if label in targets else 0,
            )
            for label in in_order(profile.counts)
        ]

    def _notices(
        self, profile: Profile, after: Mapping[LabelValue, int], search: Search
    ) -> list[Notice]:
        split = bool((search.metric.model.splits > 1).any())
        return [
            *flat_levels_notices(["the table"] if search.metric.levels_are_flat else []),
            *cleaning_notices(profile.counts, after),
            *skipped_notices(profile),
            *accuracy_notices(search.accuracy, split=split),
        ]

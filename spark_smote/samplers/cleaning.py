"""The recipe of cleaning methods: search across classes, judge, leave out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import ClassVar

from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats
from spark_smote.labels import in_order
from spark_smote.plans.cleaning import of_classes, rows_per_class
from spark_smote.plans.imputing import sampled_medians
from spark_smote.plans.notices import cleaning_notices, kept_invalid_notices, skipped_notices
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.removal import Removal, without_keys
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.search import Search, SearchRequest, prepare_search
from spark_smote.plans.search_notices import accuracy_notices
from spark_smote.plans.table import Table
from spark_smote.results import ClassOutcome, CrossClassSearch, LabelValue, Notice, SearchAccuracy
from spark_smote.samplers.across import AcrossClasses, search_request
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.params import HasCleaningStrategy
from spark_smote.strategy import check_strategy, cleaning_targets


@dataclass(frozen=True)
class Pass:
    """What one search found."""

    found: KeptRecords | None
    """Rows that are spoken against (`plans.cleaning.FOUND`), of whatever class; None where `gone`
    stands on its own."""
    gone: DataFrame
    """Those of them whose class may lose rows."""
    targets: tuple[LabelValue, ...]
    """The classes that may."""
    found_rows: Mapping[LabelValue, int]
    """Rows found of each class."""
    accuracy: tuple[SearchAccuracy, ...]
    extent: CrossClassSearch
    notices: tuple[Notice, ...]
    """Of the columns that are searched by."""
    split: bool
    """Whether buckets were split at random."""

    @property
    def lost_rows(self) -> dict[LabelValue, int]:
        """Rows that each class loses."""
        return {label: self.found_rows.get(label, 0) for label in self.targets}

    def left(self, profile: Profile) -> Profile:
        """The profile of the rows that stay."""
        lost = self.lost_rows
        counts = {label: rows - lost.get(label, 0) for label, rows in profile.counts.items()}
        usable = {label: rows - lost.get(label, 0) for label, rows in profile.usable.items()}
        return replace(profile, counts=counts, usable=usable)


class Cleaning(AcrossClasses, HasCleaningStrategy):
    """Remove the rows that their neighbours, of all classes, speak against."""

    phases: ClassVar[tuple[str, ...]] = ("profile", "sample", "hash", "count", "search")

    def _plan(self, df: DataFrame, clock: PhaseClock) -> ResamplePlan:
        """Profile, then search and judge, once or more often; count what goes."""
        check_strategy(self._value("samplingStrategy"), kind="cleaning")
        table, profile = self._profiled(df, clock)
        self._targets(profile)  # what cannot be done is refused before more work
        medians = sampled_medians(table, profile, clock.run, seed=self._value("seed"))
        passes, removal = self._cleaned(table, profile, medians, clock)
        left = profile
        for each in passes:
            left = each.left(left)
        outcomes = self._outcomes(profile, left, passes)
        notices = [
            *self._described(profile, left, passes),
            *passes[0].notices,
            *cleaning_notices(profile.counts, left.counts, self._remedy(passes[0].targets)),
            *kept_invalid_notices(profile, outcomes),
            *skipped_notices(profile),
            *accuracy_notices(_accuracy(passes), split=any(each.split for each in passes)),
        ]
        report = self._report(
            table, profile, outcomes, clock, accuracy=_accuracy(passes), notices=notices
        )
        report.searches = [each.extent for each in passes]
        return ResamplePlan(report, table, removal=removal)

    def _cleaned(
        self, table: Table, profile: Profile, medians: Floats | None, clock: PhaseClock
    ) -> tuple[list[Pass], Removal]:
        """Every search, one at least, each on what those before it left; and what goes by them."""
        targets = self._targets(profile)
        request = self._request(profile, targets, self._k[1], medians)
        passes = [self._pass(table, profile, targets, request, clock)]
        return passes, removed_by(table, passes)

    def _request(
        self, profile: Profile, targets: list[LabelValue], k: int, medians: Floats | None
    ) -> SearchRequest:
        """A search for the k nearest of each row that is judged."""
        asking = self._asking(profile, targets)
        return search_request(self, asking, self._k[0], k, medians, with_key=True)

    def _pass(
        self,
        table: Table,
        profile: Profile,
        targets: list[LabelValue],
        request: SearchRequest,
        clock: PhaseClock,
    ) -> Pass:
        """Search, and judge by what is found."""
        search = prepare_search(table, profile, request, clock.run)
        return judged(search, self._found(search, targets), targets, clock)

    def _targets(self, profile: Profile) -> list[LabelValue]:
        """Classes that may lose rows."""
        return cleaning_targets(profile.counts, strategy=self._value("samplingStrategy"))

    @property
    @abstractmethod
    def _k(self) -> tuple[str, int]:
        """How many neighbours are looked at, and the parameter that says so."""

    @abstractmethod
    def _found(self, search: Search, targets: Sequence[LabelValue]) -> DataFrame:
        """Each row to remove where its class may lose some (`plans.cleaning.FOUND`)."""

    def _remedy(self, targets: Sequence[LabelValue]) -> str:
        """What makes the method remove fewer rows of these classes, in sentences; or nothing."""
        if len(targets) < 2:
            return ""
        return (
            f"samplingStrategy of {type(self).__name__} can leave such a class out; where it "
            "cleans after SMOTE, put both in a Chain for that."
        )

    def _described(self, profile: Profile, left: Profile, passes: Sequence[Pass]) -> list[Notice]:
        """What was found of the classes, where the counts of rows that go do not say it."""
        return []

    def _asking(self, profile: Profile, targets: list[LabelValue]) -> list[LabelValue]:
        """Classes whose rows are judged."""
        return targets

    def _outcomes(
        self, profile: Profile, left: Profile, passes: Sequence[Pass]
    ) -> list[ClassOutcome]:
        targets = {label for each in passes for label in each.targets}
        return [
            ClassOutcome(
                label=label,
                rows_before=profile.counts[label],
                rows_usable=profile.usable[label],
                rows_after=left.counts[label],
                method="cleaned" if label in targets else "untouched",
                k_requested=self._k[1],
                k_resolved=self._k[1] if label in targets else 0,
                buckets=passes[0].extent.buckets if label in targets else 0,
            )
            for label in in_order(profile.counts)
        ]


def judged(
    search: Search, found: DataFrame, targets: Sequence[LabelValue], clock: PhaseClock
) -> Pass:
    """What a search found (`plans.cleaning.FOUND`), kept and counted."""
    kept = KeptRecords(found)
    return Pass(
        kept,
        of_classes(search, kept.frame, targets),
        tuple(targets),
        clock.run("search", lambda: rows_per_class(search, kept.frame)),
        search.accuracy,
        search.extent,
        search.notices,
        bool((search.metric.model.splits > 1).any()),
    )


def removed_by(
    table: Table, passes: Sequence[Pass], partly: Mapping[int, int] | None = None
) -> Removal:
    """What goes by some passes; of rows with the keys `partly` so many occurrences stay."""
    decided = tuple(each.found for each in passes if each.found)
    return replace(without_keys(table, all_gone(passes), partly), decided=decided)


def all_gone(passes: Sequence[Pass]) -> DataFrame:
    """The rows that go by any of some passes: `key bigint`."""
    keys = [each.gone.select("key") for each in passes]
    return reduce(DataFrame.union, keys)


def _accuracy(passes: Sequence[Pass]) -> list[SearchAccuracy]:
    return [found for each in passes for found in each.accuracy]

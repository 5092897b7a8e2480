"""The recipe of interpolating samplers that can take each group of rows by itself."""

from __future__ import annotations

from pyspark.sql import DataFrame

from spark_smote.errors import ParameterError
from spark_smote.group_strategy import GroupStrategy
from spark_smote.labels import in_order
from spark_smote.plans.groups.large import GroupSettings, hashed_large, large_strata
from spark_smote.plans.groups.plan import GroupedPlan
from spark_smote.plans.groups.quotas import Rules, stratum_fates
from spark_smote.plans.groups.reporting import (
    buckets_by_class,
    group_notices,
    group_outcomes,
    groups_outcome,
    large_notices,
    pooled_accuracy,
)
from spark_smote.plans.groups.summary import labels_with, refuse_impossible, summarise
from spark_smote.plans.groups.tasks import SmallStrata, grouped_records, ids_in_groups
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.search_notices import nominal_notices
from spark_smote.plans.table import Table
from spark_smote.plans.tuning import QUALITIES
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.interpolation import Interpolating
from spark_smote.samplers.params import HasBuckets, HasGroups


class InterpolatingWithinGroups(Interpolating, HasGroups):
    """Count every class of every group, then sample, hash and make rows within each."""

    searchQuality = HasBuckets.searchQuality.adding(
        '"exact" compares all rows of a class with each other, which takes as long as the square '
        "of their number: 3 minutes of one core for 300,000 rows of 28 columns, 10 hours for 4 "
        "million. Classes of more than 4,194,304 distinct rows (2 GiB of features; 131,072 and 64 "
        "MiB with `constraints` or within groups) are refused."
    )

    def _plan(self, df: DataFrame, clock: PhaseClock) -> ResamplePlan:
        """Profile, summarise groups, then as without them, for large strata only."""
        if not self._value("groupCols"):
            return super()._plan(df, clock)
        table, profile = self._profiled(df, clock)
        rules, settings = self._rules(profile), self._settings(table, profile)
        fates = KeptRecords(stratum_fates(table, rules))
        classes = len(rules.labels)
        summary = clock.run(
            "groups", lambda: summarise(fates.frame, classes, most_rows=settings.most_rows)
        )
        refuse_impossible(summary, rules, quality=self._value("searchQuality"))
        receiving = labels_with(summary, rules.labels)
        records, ids = None, []
        if receiving:
            packed = grouped_records(table, rules.labels, receiving, summary.bits)
            records = KeptRecords(packed)
            ids = clock.run(
                "sample", lambda: ids_in_groups(table, packed, summary, rules, settings.seed)
            )
        large = large_strata(summary, rules.labels, vectors=table.vectors)
        found = clock.run("hash", lambda: hashed_large(records, large, settings))
        outcomes = group_outcomes(profile, summary, rules, buckets_by_class(large, found.models))
        accuracy = pooled_accuracy(found.accuracy, outcomes, measured=settings.recall_queries > 0)
        notices = [
            *ids,
            *group_notices(table, profile, summary, rules),
            *nominal_notices(large.tasks, found.models),
            *large_notices(found.accuracy, large),
        ]
        report = self._report(table, profile, outcomes, clock, accuracy=accuracy, notices=notices)
        report.groups = groups_outcome(table, summary, rules)
        small = SmallStrata.of(table, rules.labels, summary, large.strata, settings)
        return GroupedPlan(
            report, table, found.recipe, records, small=small, large=large, fates=fates
        )

    def _rules(self, profile: Profile) -> Rules:
        counts = {label: profile.counts[label] for label in in_order(profile.counts)}
        strategy = GroupStrategy.of(counts, **self._strategy)
        k, on_small_class = self._value("kNeighbors"), self._value("onSmallClass")
        return Rules(tuple(counts), strategy, k, on_small_class)

    def _settings(self, table: Table, profile: Profile) -> GroupSettings:
        return GroupSettings(
            quality=QUALITIES[self._value("searchQuality")],
            hash_family=self._value("hashFamily"),
            standardize=self._value("standardize"),
            seed=self._value("seed"),
            dimensions=profile.dimensions,
            nominal=len(table.nominal),
            distinct=self._value("distinctNeighbours"),
            recall_queries=self._recall_queries(),
        )

    def _table(self, df: DataFrame) -> Table:
        table = super()._table(df)
        if table.groups and self._handle_invalid == "impute":
            raise ParameterError(
                f"handleInvalid='impute' takes medians over the whole table, and groupCols="
                f"{self._value('groupCols')} resamples groups that know nothing of each other; "
                "fill missing inputs first (pyspark.ml.feature.Imputer), or use 'skip'"
            )
        if table.groups and self._conditions:
            raise ParameterError(
                f"constraints={self._value('constraints')} with groupCols="
                f"{self._value('groupCols')} is not supported: new rows of groups are not drawn "
                "again; leave one of the two out"
            )
        return table

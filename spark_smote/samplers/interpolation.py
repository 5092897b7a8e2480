"""The recipe of over-samplers that interpolate between a row and its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.labels import in_order
from spark_smote.plans.candidates import Candidates
from spark_smote.plans.classes import Assignment, assign_classes
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.conditions import (
    check_conditions,
    condition_notices,
    conditions_of_real_rows,
    refuse_impossible_conditions,
)
from spark_smote.plans.counting import (
    Asked,
    Tally,
    accuracy_by_class,
    count_buckets,
    measured_accuracy,
    queries_each,
)
from spark_smote.plans.id_like import id_like_notices
from spark_smote.plans.imputing import missing_marked, nothing_missing, sampled_medians
from spark_smote.plans.layout import lay_out
from spark_smote.plans.model import ClassModel, divided, measured, sample_rows
from spark_smote.plans.notices import plan_notices
from spark_smote.plans.profile import Profile, profile_table
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.records import KeptRecords, class_records
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.sample import ClassSample, sample_classes
from spark_smote.plans.search_notices import accuracy_notices, exact_notices, nominal_notices
from spark_smote.plans.table import Table
from spark_smote.plans.trial_draws import tried_out
from spark_smote.plans.tuning import QUALITIES
from spark_smote.results import (
    ClassOutcome,
    ConditionMet,
    LabelValue,
    Notice,
    TrialDraws,
)
from spark_smote.samplers.base import PhaseClock, Sampler
from spark_smote.samplers.params import (
    HasBuckets,
    HasInputs,
    HasIntegerBounds,
    HasInvalid,
    HasNeighbours,
    HasNewRows,
    HasOtherCols,
    HasOversamplingStrategy,
    HasSearch,
)
from spark_smote.strategy import check_strategy, oversampling_targets


@dataclass(frozen=True)
class Hashed:
    """Of each class that receives rows: a sample, where its rows go, and how many go where."""

    samples: list[ClassSample]
    models: list[ClassModel]
    tallies: list[Tally]
    notices: list[Notice]


class ByNeighbours(
    Sampler, HasOtherCols, HasNewRows, HasOversamplingStrategy, HasNeighbours, HasBuckets
):
    """Profile, sample, hash, count, then search, draw and make rows in one task per bucket."""

    phases: ClassVar[tuple[str, ...]] = ("profile", "sample", "hash")
    among: ClassVar[str] = "its class"
    """Where neighbours to interpolate with are searched, in the words of `SearchAccuracy`."""

    def _plan(self, df: DataFrame, clock: PhaseClock) -> ResamplePlan:
        """Profile, sample, fit the hash, count buckets and share out quotas."""
        table, profile = self._profiled(df, clock)
        constraints = self._constraints_of_real_rows(table, clock)
        targets = oversampling_targets(profile.counts, **self._strategy)
        k, on_small_class = self._value("kNeighbors"), self._value("onSmallClass")
        assignment = assign_classes(profile, targets, k=k, on_small_class=on_small_class)
        medians, found = None, Candidates(None, assignment)
        if assignment.tasks:
            medians = sampled_medians(table, profile, clock.run, seed=self._value("seed"))
            found = self._candidates(table, profile, assignment, medians, clock).receiving()
        records, assignment = found.records, found.assignment
        hashed = self._hashed(table, profile, found, medians, clock)
        recipe, trial = self._recipe(table, found, hashed, clock)
        each = measured_accuracy(
            assignment.tasks, hashed.models, hashed.tallies, self._recall_queries()
        )
        within = [replace(own, among=self.among) for own in accuracy_by_class(each)]
        accuracy = [*found.accuracy, *within]
        notices = [
            *found.notices,
            *plan_notices(
                table,
                profile,
                targets,
                assignment,
                hashed.samples,
                standardize=self._optional("standardize", True),
                distinct=recipe.distinct,
            ),
            *hashed.notices,
            *condition_notices(constraints, trial),
            *nominal_notices(assignment.tasks, hashed.models),
            *exact_notices(assignment.tasks, hashed.models, hashed.samples),
            *accuracy_notices(accuracy, split=_split_at_random(hashed.models)),
        ]
        outcomes = self._outcomes(profile, assignment, hashed.models)
        report = self._report(table, profile, outcomes, clock, accuracy=accuracy, notices=notices)
        report.searches = list(found.searches)
        report.constraints, report.trial_draws = constraints, trial
        return ResamplePlan(report, table, recipe, records)

    @property
    def _conditions(self) -> tuple[str, ...]:
        return tuple(self._optional("constraints", ()))

    def _constraints_of_real_rows(self, table: Table, clock: PhaseClock) -> list[ConditionMet]:
        conditions = self._conditions
        if not conditions:
            return []
        met: list[ConditionMet] = clock.run(
            "constraints", lambda: conditions_of_real_rows(table, conditions)
        )
        return met

    def _hashed(
        self,
        table: Table,
        profile: Profile,
        found: Candidates,
        medians: Floats | None,
        clock: PhaseClock,
    ) -> Hashed:
        samples, ids = self._sampled(table, profile, found, medians, clock)
        labels = [task.label for task in found.assignment.tasks]
        nominal, notices = self._levels(table, profile, labels, clock)
        if isinstance(nominal, ValueDifference):
            samples = [replace(s, features=nominal.numbered(s.features)) for s in samples]
        models, tallies = clock.run(
            "hash",
            lambda: self._counted(found, samples, nominal, medians),
        )
        return Hashed(samples, models, tallies, [*ids, *notices])

    def _recipe(
        self, table: Table, found: Candidates, hashed: Hashed, clock: PhaseClock
    ) -> tuple[Recipe, list[TrialDraws]]:
        """What workers need, after draws within the sample where rows must meet constraints."""
        tasks, records = found.assignment.tasks, found.records
        counts = [tally.counts for tally in hashed.tallies]
        recipe = Recipe(
            tasks,
            tuple(hashed.models),
            lay_out(tasks, hashed.models, counts),
            self._value("seed"),
            self._value("distinctNeighbours"),
            self._conditions,
            found.ranges,
        )
        if not recipe.conditions or records is None:
            return recipe, []
        trial, recipe = clock.run(
            "trial", lambda: tried_out(table, recipe, records.frame, hashed.samples, counts)
        )
        whole = [sample.complete for sample in hashed.samples]
        refuse_impossible_conditions(recipe.conditions, trial, whole)
        return recipe, trial

    @property
    def _strategy(self) -> dict[str, Any]:
        """What was asked for, as functions of `spark_smote.strategy` take it."""
        return {
            "strategy": self._value("samplingStrategy"),
            "ratios": self._value("samplingRatios"),
        }

    def _profiled(self, df: DataFrame, clock: PhaseClock) -> tuple[Table, Profile]:
        """What can be refused without reading a row, then one scan."""
        check_strategy(**self._strategy, kind="over-sampling")
        table = self._table(df)
        check_conditions(table, self._conditions)
        profile: Profile = clock.run(
            "profile", lambda: profile_table(table, handle_invalid=self._handle_invalid)
        )
        return nothing_missing(table, profile), profile

    def _candidates(
        self,
        table: Table,
        profile: Profile,
        assignment: Assignment,
        medians: Floats | None,
        clock: PhaseClock,
    ) -> Candidates:
        """The rows of the classes that receive new ones, and which of them may be bases."""
        labels = [task.label for task in assignment.tasks]
        return Candidates(KeptRecords(class_records(table, labels)), assignment)

    def _table(self, df: DataFrame) -> Table:
        """The table by roles of its columns, refused where they do not fit the method."""
        table = resolve_columns(df, self._columns())
        self._require(table)
        return missing_marked(table) if self._handle_invalid == "impute" else table

    @property
    def _handle_invalid(self) -> str:
        """Where nothing is interpolated, no row is invalid."""
        return str(self._optional("handleInvalid", "error"))

    def _levels(
        self,
        table: Table,
        profile: Profile,
        labels: Sequence[LabelValue],
        clock: PhaseClock,
    ) -> tuple[int | ValueDifference, list[Notice]]:
        """How many columns are nominal, or the metric of their levels, and what is to be known."""
        return len(table.nominal), []

    def _recall_queries(self) -> int:
        """How many neighbourhoods are checked: those of distinct rows cannot be, so far."""
        return 0 if self._value("distinctNeighbours") else int(self._value("recallQueries"))

    def _require(self, table: Table) -> None:
        """Refuse a table that another method is for."""

    def _sampled(
        self,
        table: Table,
        profile: Profile,
        found: Candidates,
        medians: Floats | None,
        clock: PhaseClock,
    ) -> tuple[list[ClassSample], list[Notice]]:
        """A sample of each class that receives rows, nothing missing in it; columns like ids."""
        if found.samples:
            return list(found.samples), []
        samples: list[ClassSample] = clock.run(
            "sample", lambda: self._samples(found.records, profile, found.assignment)
        )
        ids = id_like_notices(table, samples)
        untold = [each for each in ids if each not in found.notices]  # by what chose bases
        return [sample.completed(medians) for sample in samples], untold

    def _samples(
        self, records: KeptRecords | None, profile: Profile, assignment: Assignment
    ) -> list[ClassSample]:
        if records is None:
            return []
        quality = QUALITIES[self._value("searchQuality")]
        sampled = sample_classes(
            records.frame,
            {task.code: task.rows for task in assignment.tasks},
            {
                task.code: sample_rows(
                    task.rows, profile.dimensions, quality, classes=len(assignment.tasks)
                )
                for task in assignment.tasks
            },
            seed=self._value("seed"),
            purpose="sample",
        )
        return [sampled[task.code] for task in assignment.tasks]

    def _counted(
        self,
        found: Candidates,
        samples: Sequence[ClassSample],
        nominal: int | ValueDifference,
        medians: Floats | None,
    ) -> tuple[list[ClassModel], list[Tally]]:
        if found.records is None:
            return [], []
        tasks = found.assignment.tasks
        queries = queries_each(tasks, self._recall_queries())
        return count_buckets(
            found.records.frame,
            tasks,
            self._models(found, samples, nominal, medians),
            samples,
            asked=[Asked.of(sample, queries) for sample in samples],
            quality=QUALITIES[self._value("searchQuality")],
        )

    def _models(
        self,
        found: Candidates,
        samples: Sequence[ClassSample],
        nominal: int | ValueDifference,
        medians: Floats | None,
    ) -> list[ClassModel]:
        """Where the rows of each class go."""
        standardize = self._optional("standardize", True)
        return [
            divided(
                found.single
                or measured(sample, standardize=standardize, nominal=nominal, medians=medians),
                sample,
                f"class {task.label!r}",
                task.k,
                quality=QUALITIES[self._value("searchQuality")],
                hash_family=self._value("hashFamily"),
                seed=self._value("seed"),
                in_parts=task.ranked is None and not self._conditions,
            )
            for task, sample in zip(found.assignment.tasks, samples, strict=True)
        ]

    def _outcomes(
        self, profile: Profile, assignment: Assignment, models: Sequence[ClassModel]
    ) -> list[ClassOutcome]:
        by_class = assignment.by_class
        outcomes = []
        for label in in_order(profile.counts):
            grown = [task for task in by_class.get(label, ()) if task.new_rows]
            task = grown[0] if grown else None
            rows = profile.counts[label]
            outcomes.append(
                ClassOutcome(
                    label=label,
                    rows_before=rows,
                    rows_usable=profile.usable[label],
                    rows_after=rows + sum(each.new_rows for each in grown),
                    method=task.method if task else "untouched",
                    k_requested=self._value("kNeighbors"),
                    k_resolved=task.k if task else 0,
                    buckets=sum(models[each.code].buckets for each in grown),
                    note=task.note if task else assignment.skipped.get(label, ""),
                )
            )
        return outcomes


class Interpolating(ByNeighbours, HasInputs, HasSearch, HasIntegerBounds, HasInvalid):
    """New rows lie between numeric rows of a class."""

    inputCols = HasInputs.inputCols.saying(
        "Numeric columns to interpolate, and to measure distances by. Unset: every numeric column "
        "but the label, `idCol` and `ignoreCols`. Integers come back as `boundsPolicy` says, "
        "decimals in their own scale; no value leaves the range its class has in the column."
    )
    handleInvalid = HasInvalid.handleInvalid.adding(
        "Original rows keep what they hold; a new row misses what its base row misses, and takes "
        "the base's value where only the neighbour misses it."
    )


def _split_at_random(models: Sequence[ClassModel]) -> bool:
    """Whether a bucket of a hash family was too full; parts that search nothing do not count."""
    return any(model.family is not None and (model.splits > 1).any() for model in models)

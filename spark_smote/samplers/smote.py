"""SMOTE: synthetic minority over-sampling (Chawla, Bowyer, Hall, Kegelmeyer 2002)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyspark import keyword_only
from pyspark.sql import DataFrame

from spark_smote.labels import in_order
from spark_smote.plans.classes import Assignment, assign_classes
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.counting import count_buckets, measured_accuracy
from spark_smote.plans.layout import lay_out
from spark_smote.plans.model import ClassModel, fit_class, sample_rows
from spark_smote.plans.notices import accuracy_notices, plan_notices, refuse_id_like
from spark_smote.plans.profile import Profile, profile_table
from spark_smote.plans.records import KeptRecords, class_records
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.sample import ClassSample, sample_classes
from spark_smote.plans.synthesise import Recipe
from spark_smote.plans.tuning import QUALITIES
from spark_smote.results import ClassOutcome, ResampleReport
from spark_smote.samplers.base import PhaseClock, Progress, Sampler, library_versions
from spark_smote.samplers.params import (
    HasIntegerBounds,
    HasNeighbours,
    HasOversamplingStrategy,
    with_accessors,
)
from spark_smote.strategy import check_strategy, oversampling_targets


@with_accessors
class SMOTE(Sampler, HasOversamplingStrategy, HasNeighbours, HasIntegerBounds):
    """Over-sample by interpolating between near rows of the same class.

    Each new row lies on the segment from a base row, drawn uniformly in its class, to one of the
    base's k nearest neighbours of the same class, drawn uniformly, at a uniform gap in [0, 1):
    x = x_b + gap * (x_nn - x_b). Neighbours are searched approximately, inside hash buckets;
    the report says how near to exact they are. The same rows, parameters, seed and library
    versions give the same new rows, however the table is partitioned or ordered.

    Parameters
    ----------
    labelCol : str, default "label"
        Column that holds the class: string, boolean, date or whole number, never null.
    inputCols : list of str, optional
        Numeric columns to interpolate. Unset: every numeric column but the label, `idCol` and
        `ignoreCols`. Integers come back as `boundsPolicy` says, decimals in their own scale; no
        value leaves the range its class has in the column.
    featuresCol : str, optional
        One vector or array column to interpolate, instead of `inputCols`. New vectors are dense,
        unless all of the class are sparse: then each has the smaller form, as in Spark's
        `Vector.compressed`.
    ignoreCols : list of str, optional
        Numeric columns not to interpolate.
    carryPolicy : {"null", "copy"} or dict of column to policy, optional
        What new rows hold in columns that are not interpolated: nothing, or the base row's value.
        Needed where there are such columns and `featuresCol` is not set.
    boundsPolicy : {"round", "floor"} or dict of column to policy, default "round"
        How integer inputs come back on new rows: rounded half to even, or down. In a dict also
        "double": that column is not rounded, and its type becomes double, on original rows too.
        It is the one case in which the type of a column changes.
    samplingStrategy : str, float, dict or callable, default "auto"
        "auto" brings every class up to the largest; a float r in (0, 1] (two classes) brings the
        smaller to r times the larger; a dict gives totals per class; see the README.
    samplingRatios : dict of class to float, optional
        Rows of the class per row of the largest class, instead of `samplingStrategy`.
    kNeighbors : int, default 5
        Neighbours to choose among.
    searchQuality : {"fast", "balanced", "accurate", "exact"}, default "balanced"
        How near to the exact neighbours the search comes: aims for a recall of 0.90, 0.95 or 0.99,
        as foretold from the sample, at a bounded price (the report gives the recall reached).
        "exact" compares all rows of a class with each other and is refused for classes of more
        than 131,072 distinct rows.
    hashFamily : {"voronoi", "random_projection"}, default "voronoi"
        How rows are put into buckets.
    standardize : bool, default True
        Measure distances in units of each column's standard deviation in the class (from a
        sample); False = raw Euclidean distance.
    handleInvalid : {"error", "skip"}, default "error"
        What to do where an input is null, NaN or infinite: fail, or leave the row in the output
        but out of the search.
    onSmallClass : {"error", "reduce", "duplicate", "skip"}, default "error"
        What to do with a class of at most `kNeighbors` usable rows.
    syntheticCol : str, default "is_synthetic"
        Added boolean column, true on new rows; "" leaves it out.
    idCol : str, optional
        Column that identifies a row; null on new rows.
    provenance : bool, default False
        Add `base_id`, `neighbour_id` and `gap`, null on originals. Ids are `idCol`'s values, else
        the content key, which originals then carry as `row_key`.
    recallQueries : int, default 256
        Rows per class whose neighbours are also searched for exactly, to measure recall; 0 = off.
    seed : int, default 0
        Seed of all random draws.

    Raises
    ------
    ParameterError
        For a value out of range, naming the parameter, the value and the range.

    References
    ----------
    N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority
    Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SMOTE
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i % 7), float(i % 11), int(i < 12)) for i in range(100)]
    >>> df = spark.createDataFrame(rows, "x double, y double, label int")
    >>> balanced = SMOTE(samplingStrategy=0.5, seed=7).resample(df)
    >>> balanced.filter("label = 1").count()
    44
    """

    @keyword_only
    def __init__(
        self,
        *,
        labelCol: str | None = None,
        inputCols: Sequence[str] | None = None,
        featuresCol: str | None = None,
        ignoreCols: Sequence[str] | None = None,
        carryPolicy: str | Mapping[str, str] | None = None,
        boundsPolicy: str | Mapping[str, str] | None = None,
        samplingStrategy: Any = None,
        samplingRatios: Mapping[Any, float] | None = None,
        kNeighbors: int | None = None,
        searchQuality: str | None = None,
        hashFamily: str | None = None,
        standardize: bool | None = None,
        handleInvalid: str | None = None,
        onSmallClass: str | None = None,
        syntheticCol: str | None = None,
        idCol: str | None = None,
        provenance: bool | None = None,
        recallQueries: int | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.setParams(**self._input_kwargs)

    def plan(self, df: DataFrame, progress: Progress | None = None) -> ResamplePlan:
        """Profile, sample, fit the hash, count buckets and share out quotas; write nothing.

        Parameters
        ----------
        df : DataFrame
            The training rows.
        progress : callable, optional
            Given the name of each phase, returns a context manager entered while it lasts.

        Returns
        -------
        ResamplePlan
            With `.report`, `.synthetic()` and `.resampled()`.

        Raises
        ------
        ParameterError, SchemaError, DataError
        """
        clock = PhaseClock(progress)
        value = self._value
        strategy, ratios = value("samplingStrategy"), value("samplingRatios")
        check_strategy(strategy, ratios, kind="over-sampling")
        table = resolve_columns(df, self._columns())

        profile: Profile = clock.run(
            "profile", lambda: profile_table(table, handle_invalid=value("handleInvalid"))
        )
        table = replace(table, all_valid=profile.all_usable)
        targets = oversampling_targets(profile.counts, strategy=strategy, ratios=ratios)
        assignment = assign_classes(
            profile, targets, k=value("kNeighbors"), on_small_class=value("onSmallClass")
        )
        labels = [task.label for task in assignment.tasks]
        records = KeptRecords(class_records(table, labels)) if labels else None
        samples: list[ClassSample] = clock.run(
            "sample", lambda: self._samples(records, profile, assignment)
        )
        refuse_id_like(table, samples)
        models, tallies = clock.run("hash", lambda: self._counted(records, assignment, samples))
        layout = lay_out(assignment.tasks, models, [tally.counts for tally in tallies])
        accuracy = measured_accuracy(assignment.tasks, models, tallies, value("recallQueries"))
        notices = plan_notices(
            table,
            profile,
            targets,
            assignment,
            samples,
            standardize=value("standardize"),
        )
        report = ResampleReport(
            method="SMOTE",
            label_col=value("labelCol"),
            asked=self._asked(),
            resolved=self._resolved(),
            columns=list(table.roles),
            classes=self._outcomes(profile, assignment, models),
            accuracy=accuracy,
            notices=notices
            + accuracy_notices(accuracy, split=any((model.splits > 1).any() for model in models)),
            phases=clock.phases,
            versions=library_versions(),
            input_fingerprint=profile.fingerprint,
        )
        recipe = Recipe(assignment.tasks, tuple(models), layout, value("seed"))
        return ResamplePlan(report, table, recipe, records)

    def _samples(
        self, records: KeptRecords | None, profile: Profile, assignment: Assignment
    ) -> list[ClassSample]:
        if records is None:
            return []
        quality = QUALITIES[self._value("searchQuality")]
        sampled = sample_classes(
            records.frame,
            {task.label: task.rows for task in assignment.tasks},
            {
                task.label: sample_rows(
                    task.rows, profile.dimensions, quality, classes=len(assignment.tasks)
                )
                for task in assignment.tasks
            },
            seed=self._value("seed"),
            purpose="sample",
        )
        return [sampled[task.label] for task in assignment.tasks]

    def _counted(
        self,
        records: KeptRecords | None,
        assignment: Assignment,
        samples: Sequence[ClassSample],
    ) -> tuple[list[ClassModel], list[Any]]:
        if records is None:
            return [], []
        quality = QUALITIES[self._value("searchQuality")]
        models = [
            fit_class(
                sample,
                task.label,
                task.k,
                quality=quality,
                hash_family=self._value("hashFamily"),
                standardize=self._value("standardize"),
                seed=self._value("seed"),
            )
            for task, sample in zip(assignment.tasks, samples, strict=True)
        ]
        return count_buckets(
            records.frame,
            assignment.tasks,
            models,
            samples,
            quality=quality,
            recall_queries=self._value("recallQueries"),
        )

    def _outcomes(
        self, profile: Profile, assignment: Assignment, models: Sequence[ClassModel]
    ) -> list[ClassOutcome]:
        tasks = {task.label: task for task in assignment.tasks}
        outcomes = []
        for label in in_order(profile.counts):
            task = tasks.get(label)
            rows = profile.counts[label]
            outcomes.append(
                ClassOutcome(
                    label=label,
                    rows_before=rows,
                    rows_usable=profile.usable[label],
                    rows_after=rows + (task.new_rows if task else 0),
                    method=task.method if task else "untouched",
                    k_requested=self._value("kNeighbors"),
                    k_resolved=task.k if task else 0,
                    buckets=models[task.code].buckets if task else 0,
                    note=task.note if task else assignment.skipped.get(label, ""),
                )
            )
        return outcomes

"""Random over-sampling: copies of rows of small classes, exact or with noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyspark import keyword_only
from pyspark.sql import DataFrame

from spark_smote.errors import DataError
from spark_smote.plans.classes import Assignment, assign_classes
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.copying import Copies, copied_rows, draw_copies
from spark_smote.plans.notices import refuse_id_like, target_notices
from spark_smote.plans.profile import Profile, profile_table
from spark_smote.plans.records import class_records
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.sample import sample_classes
from spark_smote.plans.smoothing import Smoothing, fit_smoothing, sample_rows
from spark_smote.plans.table import ColumnRequest, Table
from spark_smote.results import ClassOutcome, LabelValue
from spark_smote.samplers.base import PhaseClock, Progress, Sampler
from spark_smote.samplers.params import (
    HasFeaturesCol,
    HasInputs,
    HasNewRows,
    HasOversamplingStrategy,
    HasShrinkage,
    with_accessors,
)
from spark_smote.strategy import check_strategy, oversampling_targets


@with_accessors
class RandomOverSampler(
    Sampler, HasInputs, HasFeaturesCol, HasNewRows, HasOversamplingStrategy, HasShrinkage
):
    """Repeat rows of small classes, drawn uniformly with replacement.

    New rows are whole copies, columns of any type included: nothing but the label is looked at.
    With `shrinkage` h they are a smoothed bootstrap (ROSE): to each numeric input is added
    N(0, 1) * h * (4 / ((d + 2) * n_c))^(1 / (d + 4)) * sigma_cj, where the class has n_c rows, d
    inputs and in column j the standard deviation sigma_cj (from a sample of its rows). The same
    rows, parameters, seed and library versions give the same new rows, however the table is
    partitioned or ordered.

    Parameters
    ----------
    labelCol : str, default "label"
        Column that holds the class: string, boolean, date, whole number or decimal, never null.
    inputCols : list of str, optional
        Numeric columns that get noise. Unset: every numeric column but the label, `idCol` and
        `ignoreCols`. Integers are rounded half to even, decimals to their own scale; what is null,
        NaN or infinite stays so. Without `shrinkage` not looked at.
    featuresCol : str, optional
        One vector or array column that gets noise, instead of `inputCols`; its vectors become
        dense. Without `shrinkage` not looked at.
    ignoreCols : list of str, optional
        Numeric columns that get no noise.
    carryPolicy : {"null", "copy"} or dict of column to policy, optional
        What new rows hold in columns without noise: nothing, or the base row's value, as where
        nothing is said.
    samplingStrategy : str, float, dict or callable, default "auto"
        "auto" brings every class up to the largest; a float r in (0, 1] (two classes) brings the
        smaller to r times the larger; a dict gives totals per class; see the README.
    samplingRatios : dict of class to float, optional
        Rows of the class per row of the largest class, instead of `samplingStrategy`.
    shrinkage : float, optional
        h >= 0, the width of the noise: 1 is ROSE's own, 0 none. Unset: no input is looked at.
    syntheticCol : str, default "is_synthetic"
        Added boolean column, true on new rows; "" leaves it out.
    idCol : str, optional
        Column that identifies a row; null on new rows.
    provenance : bool, default False
        Add `base_id`, `neighbour_id` and `gap`, null on originals; the last two are null on new
        rows too. Ids are `idCol`'s values, else the content key, which originals then carry as
        `row_key`.
    seed : int, default 0
        Seed of all random draws.

    Raises
    ------
    ParameterError
        For a value out of range, naming the parameter, the value and the range.

    References
    ----------
    G. Menardi, N. Torelli, "Training and assessing classification rules with imbalanced data",
    Data Mining and Knowledge Discovery 28, 2014 (ROSE).

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import RandomOverSampler
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.range(100).selectExpr("id", "concat('row ', id) AS name", "id < 12 AS label")
    >>> balanced = RandomOverSampler(samplingStrategy=0.5, seed=7).resample(df)
    >>> sorted(balanced.groupBy("label", "is_synthetic").count().collect())
    [Row(label=False, is_synthetic=False, count=88),
     Row(label=True, is_synthetic=False, count=12), Row(label=True, is_synthetic=True, count=32)]
    """

    method = "random over-sampling"
    phases = ("profile", "draw")

    @keyword_only
    def __init__(
        self,
        *,
        labelCol: str | None = None,
        inputCols: Sequence[str] | None = None,
        featuresCol: str | None = None,
        ignoreCols: Sequence[str] | None = None,
        carryPolicy: str | Mapping[str, str] | None = None,
        samplingStrategy: Any = None,
        samplingRatios: Mapping[Any, float] | None = None,
        shrinkage: float | None = None,
        syntheticCol: str | None = None,
        idCol: str | None = None,
        provenance: bool | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.setParams(**self._input_kwargs)

    def plan(self, df: DataFrame, progress: Progress | None = None) -> ResamplePlan:
        """Count the classes and share out the draws; write nothing.

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
        if assignment.tasks:
            drawn, copies = clock.run("draw", lambda: self._drawn(table, profile, assignment))
        outcomes = [
            ClassOutcome(
                label=label,
                rows_before=profile.counts[label],
                rows_usable=profile.counts[label],
                rows_after=rows,
                method="duplicate" if rows > profile.counts[label] else "untouched",
                k_requested=0,
                k_resolved=0,
            )
            for label, rows in targets.items()
        ]
        notices = target_notices(profile, targets, assignment)
        report = self._report(table, profile, outcomes, clock, notices=notices)
        return ResamplePlan(report, table, records=drawn.keys if drawn else None, copies=copies)

    def _drawn(
        self, table: Table, profile: Profile, assignment: Assignment
    ) -> tuple[Copies, DataFrame]:
        seed = self._value("seed")
        smoothing = None
        if self._value("shrinkage") is not None:
            smoothing = self._smoothing(table, profile, [task.label for task in assignment.tasks])
        drawn = draw_copies(
            table,
            {task.label: task.rows for task in assignment.tasks},
            {task.label: task.new_rows for task in assignment.tasks},
            seed=seed,
        )
        return drawn, copied_rows(table, drawn, smoothing)

    def _smoothing(self, table: Table, profile: Profile, labels: Sequence[LabelValue]) -> Smoothing:
        complete = {label: profile.complete[label] for label in labels}
        for label, rows in complete.items():
            if rows == 0:
                raise DataError(
                    f"shrinkage={self._value('shrinkage')} needs the spread of each input, but "
                    f"none of the {profile.counts[label]} rows of class {label!r} has all of them; "
                    "fill them, name other inputCols, or unset shrinkage"
                )
        wanted = dict.fromkeys(labels, sample_rows(profile.dimensions))
        seed = self._value("seed")
        found = sample_classes(
            class_records(table, labels), complete, wanted, seed=seed, purpose="spread"
        )
        samples = [found[label] for label in labels]
        refuse_id_like(table, samples)
        counts = [profile.counts[label] for label in labels]
        shrinkage = self._value("shrinkage")
        return fit_smoothing(labels, samples, counts, shrinkage=shrinkage, seed=seed)

    def _columns(self) -> ColumnRequest:
        smooth = self._value("shrinkage") is not None
        return replace(super()._columns(), looks_at_inputs=smooth, copied_by_spark=True)

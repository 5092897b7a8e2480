"""Random under-sampling: rows of large classes are left out at random."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import DataFrame

from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.drawing import draw_rows
from spark_smote.plans.notices import removal_notices
from spark_smote.plans.profile import Profile, profile_table
from spark_smote.plans.removal import Removal
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.table import ColumnRequest
from spark_smote.samplers.base import PhaseClock, Sampler
from spark_smote.samplers.params import HasUndersamplingStrategy
from spark_smote.strategy import check_strategy, undersampling_targets


class RandomUnderSampler(Sampler, HasUndersamplingStrategy):
    """Leave out rows of large classes, drawn uniformly without replacement.

    Every class keeps exactly the rows asked for, whatever the columns hold: none but the label is
    looked at. Each occurrence of equal rows counts as a row. The same rows, parameters, seed and
    library versions keep the same rows, however the table is partitioned or ordered.

    References
    ----------
    H. He, E. A. Garcia, "Learning from Imbalanced Data", IEEE Transactions on Knowledge and Data
    Engineering 21(9), 2009, section 3.1.1.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import RandomUnderSampler
    >>> spark = SparkSession.builder.getOrCreate()
    >>> df = spark.range(100).selectExpr("id", "concat('row ', id) AS name", "id < 12 AS label")
    >>> balanced = RandomUnderSampler(samplingStrategy=0.5, seed=7).resample(df)
    >>> sorted(balanced.groupBy("label").count().collect())
    [Row(label=False, count=24), Row(label=True, count=12)]
    """

    makes_rows = False
    syntheticCol = Sampler.syntheticCol.saying(
        'Added boolean column, false on all rows, as other samplers add it; "" leaves it out.'
    )
    method = "random under-sampling"
    phases = ("profile", "draw")

    def _plan(self, df: DataFrame, clock: PhaseClock) -> ResamplePlan:
        """Count the classes and draw the rows that stay."""
        strategy, ratios = self._value("samplingStrategy"), self._value("samplingRatios")
        check_strategy(strategy, ratios, kind="under-sampling")
        table = resolve_columns(df, self._columns())
        profile: Profile = clock.run(
            "profile", lambda: profile_table(table, handle_invalid="error")
        )
        targets = undersampling_targets(profile.counts, strategy=strategy, ratios=ratios)
        fewer = {c: rows for c, rows in targets.items() if rows < profile.counts[c]}
        seed = self._value("seed")
        removal: Removal | None = (
            clock.run("draw", lambda: draw_rows(table, fewer, seed=seed, purpose="random under"))
            if fewer
            else None
        )
        outcomes = self._outcomes_by_count(profile, targets, "drawn")
        report = self._report(table, profile, outcomes, clock, notices=removal_notices(outcomes))
        return ResamplePlan(report, table, removal=removal)

    def _columns(self) -> ColumnRequest:
        return replace(super()._columns(), looks_at_inputs=False)

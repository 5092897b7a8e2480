"""Cleaning methods that remove nothing of the smallest class."""

from __future__ import annotations

from typing import ClassVar

from pyspark.sql import DataFrame

from spark_smote.errors import DataError, ParameterError
from spark_smote.labels import smallest
from spark_smote.plans.profile import Profile
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.results import LabelValue
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.cleaning import Cleaning


class SparingSmallest(Cleaning):
    """Clean classes other than the smallest, and refuse to be asked for that one."""

    instead: ClassVar[str]
    """A sampler that would remove rows of it, for messages."""

    samplingStrategy = Cleaning.samplingStrategy.saying(
        'Which classes may lose rows: "auto" and "not minority" = all but the smallest, "majority" '
        "= the largest, or the classes themselves, the smallest not among them."
    )

    def _plan(self, df: DataFrame, clock: PhaseClock) -> ResamplePlan:
        if self._value("samplingStrategy") == "all":
            raise ParameterError(
                "samplingStrategy='all' includes the smallest class, of which this method removes "
                f"nothing: leave it 'auto', or use {self.instead}"
            )
        return super()._plan(df, clock)

    def _targets(self, profile: Profile) -> list[LabelValue]:
        targets = super()._targets(profile)
        if (rare := smallest(profile.counts)) in targets:
            raise DataError(
                f"samplingStrategy={self._value('samplingStrategy')!r} names class {rare!r}, the "
                "smallest, of which this method removes nothing: name others, or use "
                f"{self.instead}"
            )
        return targets

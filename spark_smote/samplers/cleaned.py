"""SMOTE, then a cleaning method over real and new rows together."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

from pyspark.sql import DataFrame

from spark_smote.plans.chain_plan import ChainPlan
from spark_smote.samplers.base import PhaseClock, Sampler
from spark_smote.samplers.chain import plan_in_turn
from spark_smote.samplers.cleaning import Cleaning
from spark_smote.samplers.interpolation import Interpolating
from spark_smote.samplers.params import (
    HasBuckets,
    HasInterpolatedFeaturesCol,
    HasNeighbours,
    HasOversamplingStrategy,
)
from spark_smote.samplers.smote import SMOTE

S = TypeVar("S", bound=Sampler)


class CleanedSMOTE(Interpolating, HasInterpolatedFeaturesCol):
    """SMOTE and a cleaning method in turn, under the parameters of both."""

    phases = (*SMOTE.phases, *Cleaning.phases)

    samplingStrategy = HasOversamplingStrategy.samplingStrategy.adding(
        "Counts are those before cleaning."
    )
    kNeighbors = HasNeighbours.kNeighbors.saying("Neighbours that new rows are made with.")
    searchQuality = HasBuckets.searchQuality.adding(
        '"exact" compares all rows with each other and is refused where the table, with its new '
        "rows, has more than 131,072 distinct rows (64 MiB of features)."
    )

    def _plan(self, df: DataFrame, clock: PhaseClock) -> ChainPlan:
        """Resolve what SMOTE makes and what is removed then."""
        return plan_in_turn(
            [self._alike(SMOTE()), self._alike(self._cleaner())],
            df,
            clock.progress,
            method=self.method,
            asked=self._asked(),
            resolved=self._resolved(),
        )

    @abstractmethod
    def _cleaner(self) -> Cleaning:
        """What cleans, with the parameters that are not to be those of this sampler."""

    def _alike(self, sampler: S) -> S:
        """A sampler with the values that are set here of all parameters it leaves unset."""
        given: dict[str, Any] = {
            param.name: self.getOrDefault(param)
            for param in self.params
            if self.isSet(param) and sampler.hasParam(param.name) and not sampler.isSet(param.name)
        }
        sampler._set(**given)
        return sampler

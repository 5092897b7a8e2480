"""SMOTE, then a cleaning method over real and new rows together."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

from pyspark.sql import DataFrame

from spark_smote.plans.chain_plan import ChainPlan
from spark_smote.samplers.base import Progress, Sampler
from spark_smote.samplers.chain import plan_in_turn
from spark_smote.samplers.cleaning import Cleaning
from spark_smote.samplers.interpolation import Interpolating
from spark_smote.samplers.params import HasFeaturesCol
from spark_smote.samplers.smote import SMOTE

S = TypeVar("S", bound=Sampler)


class CleanedSMOTE(Interpolating, HasFeaturesCol):
    """SMOTE and a cleaning method in turn, under the parameters of both."""

    phases = (*SMOTE.phases, *Cleaning.phases)

    def plan(self, df: DataFrame, progress: Progress | None = None) -> ChainPlan:
        """Resolve what SMOTE makes and what is removed then; write nothing.

        Parameters
        ----------
        df : DataFrame
            The training rows.
        progress : callable, optional
            Given the name of each phase, returns a context manager entered while it lasts.

        Returns
        -------
        ChainPlan
            With `.report` (its `.steps` are those of both methods), `.synthetic()`, `.removed()`
            and `.resampled()`.

        Raises
        ------
        ParameterError, SchemaError, DataError
        """
        return plan_in_turn(
            [self._alike(SMOTE()), self._alike(self._cleaner())],
            df,
            progress,
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

"""What methods share that remove rows by what a search across classes finds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.imputing import missing_marked, sampled_medians
from spark_smote.plans.profile import Profile, profile_table
from spark_smote.plans.search import SearchRequest
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue
from spark_smote.samplers.base import PhaseClock, Sampler
from spark_smote.samplers.params import (
    HasFeaturesCol,
    HasInputs,
    HasInvalid,
    HasLevels,
    HasSearch,
)


class AcrossClasses(Sampler, HasInputs, HasSearch, HasFeaturesCol, HasLevels, HasInvalid):
    """Search across classes, then leave out rows."""

    makes_rows = False

    def _profiled(self, df: DataFrame, clock: PhaseClock) -> tuple[Table, Profile]:
        """The columns by role, and the rows counted."""
        invalid = self._value("handleInvalid")
        table = resolve_columns(df, self._columns())
        table = missing_marked(table) if invalid == "impute" else table
        profile: Profile = clock.run(
            "profile", lambda: profile_table(table, handle_invalid=invalid)
        )
        if profile.complete == profile.counts:  # nothing to skip and nothing to impute
            table = replace(table, stand_ins=(), all_valid=True)
        return table, profile

    def _medians(self, table: Table, profile: Profile, clock: PhaseClock) -> Floats | None:
        """What the search takes missing inputs for; None where none is missing."""
        if not table.stand_ins:
            return None
        medians: Floats = clock.run(
            "medians", lambda: sampled_medians(table, profile, seed=self._value("seed"))
        )
        return medians

    def _search_request(
        self, asking: Collection[LabelValue], k_name: str, k: int, medians: Floats | None
    ) -> SearchRequest:
        """A search for the k nearest rows of each row of some classes."""
        value = self._value
        return SearchRequest(
            asking=asking,
            k=k,
            k_name=k_name,
            quality=value("searchQuality"),
            hash_family=value("hashFamily"),
            standardize=value("standardize"),
            seed=value("seed"),
            recall_queries=value("recallQueries"),
            medians=medians,
            with_key=True,
        )

"""A plan whose groups are resampled one by one."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame

from spark_smote.plans.groups.large import LargeStrata, large_records
from spark_smote.plans.groups.tasks import SmallStrata, synthesise_small
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.synthesise import no_rows, synthesise


@dataclass(frozen=True, repr=False, kw_only=True)
class GroupedPlan(ResamplePlan):
    """A resample within groups; its recipe is that of the large strata."""

    small: SmallStrata
    large: LargeStrata
    fates: KeptRecords
    """Quotas of all strata."""

    def _new_rows(self) -> DataFrame:
        if self.records is None or self.recipe is None:
            return no_rows(self.table)
        records = self.records.frame
        parts = []
        if self.small.tasks:
            parts.append(synthesise_small(self.table, self.small, records, self.fates.frame))
        if self.large.tasks:
            own = large_records(records, self.large)
            parts.append(synthesise(self.table, self.recipe, own))
        return parts[0].union(parts[1]) if len(parts) == 2 else parts[0]

    @property
    def kept(self) -> list[KeptRecords]:
        """What Spark keeps for these rows, while somebody holds on to it."""
        return [*super().kept, self.fates]

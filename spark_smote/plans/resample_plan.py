"""What `plan(df)` returns: everything resolved, nothing written yet."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame

from spark_smote.plans.records import KeptRecords
from spark_smote.plans.synthesise import Recipe, synthesise, with_originals
from spark_smote.plans.table import Table
from spark_smote.results import ResampleReport


@dataclass(frozen=True, repr=False)
class ResamplePlan:
    """A resample with counts, quotas and hash model resolved.

    Both DataFrames are lazy, and give the same rows each time they are run.
    """

    report: ResampleReport
    """What was asked, what was resolved, what was measured and what to beware of."""
    table: Table
    recipe: Recipe
    records: KeptRecords | None
    """The rows that new ones are made of; None where no class receives any."""

    def __repr__(self) -> str:
        before, after = self.report.rows_before, self.report.rows_after
        return f"ResamplePlan({self.report.method}: {before:,} -> {after:,} rows)"

    def synthetic(self) -> DataFrame:
        """The new rows only, in the columns of the input (and of `provenance`, if asked for)."""
        names = [field.name for field in self.table.schema]
        new = self._new_rows()
        return self._made(new.toDF(*names, *new.columns[len(names) :]))

    def resampled(self) -> DataFrame:
        """The original rows, untouched, and the new ones."""
        return self._made(with_originals(self.table, self._new_rows()))

    def _new_rows(self) -> DataFrame:
        return synthesise(self.table, self.recipe, self.records.frame if self.records else None)

    def _made(self, frame: DataFrame) -> DataFrame:
        return self.records.lend(frame) if self.records else frame

"""What `plan(df)` returns: everything resolved, nothing written yet."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame

from spark_smote.plans.recipe import Recipe
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.redraw import constrained
from spark_smote.plans.removal import Removal
from spark_smote.plans.synthesise import no_rows, synthesise, with_originals
from spark_smote.plans.table import Table, opaque
from spark_smote.results import ResampleReport


@dataclass(frozen=True, repr=False)
class ResamplePlan:
    """A resample with counts, quotas and hash model resolved.

    Its DataFrames are lazy, and give the same rows each time they are run.
    """

    report: ResampleReport
    """What was asked, what was resolved, what was measured and what to beware of."""
    table: Table
    recipe: Recipe | None = None
    """How new rows are interpolated; None for a method that does not."""
    records: KeptRecords | None = None
    """What new rows are made of; None where no class receives any."""
    removal: Removal | None = None
    """Which original rows stay; None where all do."""
    copies: DataFrame | None = None
    """New rows that are copies, under neutral names."""

    def __repr__(self) -> str:
        before, after = self.report.rows_before, self.report.rows_after
        return f"ResamplePlan({self.report.method}: {before:,} -> {after:,} rows)"

    def synthetic(self) -> DataFrame:
        """The new rows only, in the columns of the input (and of `provenance`, if asked for)."""
        names = self.table.schema.names
        new = self._new_rows()
        return self._made(new.toDF(*names, *new.columns[len(names) :]))

    def removed(self) -> DataFrame:
        """The original rows that go, in the columns of the input."""
        nothing = self.table.frame.filter("false")
        rows = self.removal.removed if self.removal else nothing
        return self._made(opaque(rows).toDF(*self.table.schema.names))

    def resampled(self) -> DataFrame:
        """The original rows that stay, untouched, and the new ones.

        Its columns may be those of the input, as after `union`: join the two by names of columns,
        or under an alias.
        """
        kept = self.removal.kept if self.removal else None
        return self._made(with_originals(self.table, kept, self._new_rows()))

    def _new_rows(self) -> DataFrame:
        if self.copies is not None:
            return self.copies
        if self.recipe is None:
            return no_rows(self.table)
        records = self.records.frame if self.records else None
        make = constrained if self.recipe.conditions else synthesise
        return make(self.table, self.recipe, records)

    @property
    def kept(self) -> list[KeptRecords]:
        """What Spark keeps for these rows, while somebody holds on to it."""
        decided = self.removal.decided if self.removal else ()
        return [*([self.records] if self.records else []), *decided]

    def _made(self, frame: DataFrame) -> DataFrame:
        for kept in self.kept:
            frame = kept.lend(frame)
        return frame

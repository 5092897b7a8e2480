"""What methods share that look at rows and leave some out."""

from __future__ import annotations

from pyspark.sql import DataFrame

from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.imputing import missing_marked, nothing_missing
from spark_smote.plans.profile import Profile, profile_table
from spark_smote.plans.table import Table
from spark_smote.samplers.base import PhaseClock, Sampler
from spark_smote.samplers.params import HasFeaturesCol, HasInputs, HasInvalid, HasOtherCols


class LeavingOut(Sampler, HasInputs, HasOtherCols, HasFeaturesCol, HasInvalid):
    """Judge rows by their inputs; new ones are not made."""

    makes_rows = False

    idCol = HasOtherCols.idCol.saying("Column that identifies a row: no input.")
    syntheticCol = Sampler.syntheticCol.saying(
        'Added boolean column, false on all rows here; "" leaves it out.'
    )

    def _profiled(self, df: DataFrame, clock: PhaseClock) -> tuple[Table, Profile]:
        """The columns by role, and the rows counted."""
        invalid = self._value("handleInvalid")
        table = resolve_columns(df, self._columns())
        table = missing_marked(table) if invalid == "impute" else table
        profile: Profile = clock.run(
            "profile", lambda: profile_table(table, handle_invalid=invalid)
        )
        return nothing_missing(table, profile), profile

"""What methods share that search across classes."""

from __future__ import annotations

from collections.abc import Collection

from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.imputing import missing_marked, nothing_missing
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
    HasOtherCols,
    HasTableSearch,
)


class AcrossClasses(
    Sampler, HasInputs, HasOtherCols, HasTableSearch, HasFeaturesCol, HasLevels, HasInvalid
):
    """Search across classes, then leave out rows: the recipe of `Cleaning` and `NearMiss`."""

    makes_rows = False

    idCol = HasOtherCols.idCol.saying("Column that identifies a row: no input.")
    syntheticCol = Sampler.syntheticCol.saying(
        'Added boolean column, false on all rows here; "" leaves it out.'
    )
    recallQueries = HasTableSearch.recallQueries.saying(
        "Rows of each class that asks whose neighbours are also searched for exactly, to measure "
        "recall (four times as many in all at the most); 0 = off."
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


def search_request(
    sampler: Sampler,
    asking: Collection[LabelValue],
    k_name: str,
    k: int,
    medians: Floats | None,
    *,
    with_key: bool = False,
) -> SearchRequest:
    """A search for the k nearest rows of each row of some classes, with a sampler's parameters.

    Parameters
    ----------
    k_name : str
        The parameter that says k, for messages.
    medians : (c,) array or None
        What the search takes missing inputs for.
    with_key : bool
        Whether judges are given the content key of each row.
    """
    value = sampler._value
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
        with_key=with_key,
    )

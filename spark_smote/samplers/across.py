"""What methods share that search across classes."""

from __future__ import annotations

from collections.abc import Collection

from spark_smote.kernels.distances import Floats
from spark_smote.plans.search import SearchRequest
from spark_smote.results import LabelValue
from spark_smote.samplers.base import Sampler
from spark_smote.samplers.leaving_out import LeavingOut
from spark_smote.samplers.params import HasLevels, HasTableSearch


class AcrossClasses(LeavingOut, HasTableSearch, HasLevels):
    """Search across classes, then leave out rows: the recipe of `Cleaning` and `NearMiss`."""

    recallQueries = HasTableSearch.recallQueries.saying(
        "Rows of each class that asks whose neighbours are also searched for exactly, to measure "
        "recall (four times as many in all at the most); 0 = off."
    )


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

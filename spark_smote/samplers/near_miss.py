"""NearMiss (Mani & Zhang 2003)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Floats
from spark_smote.labels import smallest
from spark_smote.plans.cleaning import rows_per_class
from spark_smote.plans.imputing import sampled_medians
from spark_smote.plans.near_miss import Ranking, ranked_rows, shortlisted
from spark_smote.plans.profile import Profile
from spark_smote.plans.ranked import keeping_first
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.removal import Removal
from spark_smote.plans.search import Search, prepare_search
from spark_smote.plans.search_notices import accuracy_notices
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, Notice, SearchAccuracy
from spark_smote.samplers.across import AcrossClasses, search_request
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.checks import whole
from spark_smote.samplers.params import HasSearch, Parameter
from spark_smote.samplers.ranked import KeepsFirst, Ranked


class NearMiss(KeepsFirst, AcrossClasses):
    """Keep the rows of large classes that lie nearest to the smallest one.

    Rows of the smallest class are the references, and all of them stay. Version 1 keeps, of each
    class that is to lose rows, those with the smallest mean distance to their `nNeighbors` nearest
    references; version 2 those with the smallest mean distance to their `nNeighbors` farthest
    references, which compares each row with all of them. Version 3 lists the `nNeighbors` rows of
    the class that are nearest to each reference, and keeps of these the ones with the largest mean
    distance to their `nNeighbors` nearest references: fewer rows than asked for, if fewer are
    listed, and the report says so.

    Each occurrence of equal rows counts as a row; which of two rows at the same mean distance stays
    is decided by a hash of their content. Up to 8,192 distinct references (4,096 to 131,072, as
    `searchQuality` says) the search is exact; more are searched in hash buckets, and the report
    says how near to exact that is.

    References
    ----------
    I. Mani, J. Zhang, "kNN approach to unbalanced data distributions: a case study involving
    information extraction", ICML workshop on learning from imbalanced datasets, 2003.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import NearMiss
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i >= 36)) for i in range(40)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> balanced = NearMiss().resample(df)  # the references are 36 to 39
    >>> sorted(row.x for row in balanced.filter("label = 0").collect())
    [32.0, 33.0, 34.0, 35.0]
    """

    method = "NearMiss"
    _outcome = "nearest"
    phases = ("profile", "sample", "hash", "count", "search")

    version = Parameter(
        "version",
        "Which rows stay: those nearest to their nearest references (1), those nearest to their "
        "farthest ones (2), or of those nearest to each reference the farthest (3).",
        1,
        whole(1, 3),
    )
    nNeighbors = Parameter(
        "nNeighbors",
        "References whose distances are averaged; in version 3 also rows that each of them lists.",
        3,
        whole(1, 1000),
    )
    searchQuality = HasSearch.searchQuality.adding(
        '"exact", as version 2 in any case, compares each row with every reference, and is refused '
        "for more than 131,072 distinct references (64 MiB of features)."
    )
    standardize = HasSearch.standardize.saying(
        "Measure distances in units of each column's standard deviation in the table (from a "
        "sample); False = raw Euclidean distance."
    )
    handleInvalid = KeepsFirst.handleInvalid.adding("They are no references.")

    def _check_targets(self, profile: Profile, targets: Mapping[LabelValue, int]) -> None:
        reference = smallest(profile.counts)
        if targets[reference] < profile.counts[reference]:
            raise DataError(
                f"samplingStrategy or samplingRatios asks for {targets[reference]} rows of class "
                f"{reference!r}, which has {profile.counts[reference]}; as the smallest it is what "
                "the others are measured by, and stays whole: leave it out, or reduce it first "
                "(RandomUnderSampler)"
            )

    def _ranked(
        self, table: Table, profile: Profile, keep: Mapping[LabelValue, int], clock: PhaseClock
    ) -> Ranked:
        reference = smallest(profile.counts)
        medians = sampled_medians(table, profile, clock.run, seed=self._value("seed"))
        searches = self._searches(table, profile, reference, keep, medians, clock)
        search, listing = searches[0], searches[1:]
        version = self._value("version")
        ranking = Ranking(search.metric, farthest=version == 2, descending=version == 3)
        listed = shortlisted(listing) if listing else None
        ranked = KeptRecords(ranked_rows(ranking, search, listed))

        def cut() -> tuple[Removal, dict[LabelValue, int]]:
            kept = dict(keep)
            if listed is not None:
                there = rows_per_class(search, ranked.frame)
                kept = {label: min(rows, there.get(label, 0)) for label, rows in keep.items()}
            removal = keeping_first(table, search.labels, ranked, kept, profile.usable)
            return removal, kept

        removal, kept = clock.run("search", cut)
        accuracy = [found for each in searches for found in each.accuracy]
        return Ranked(
            removal,
            kept,
            _notices(reference, search, accuracy),
            searches=[each.extent for each in searches],
            accuracy=accuracy,
            k=self._value("nNeighbors"),
            buckets=search.metric.model.buckets,
        )

    def _searches(
        self,
        table: Table,
        profile: Profile,
        reference: LabelValue,
        keep: Mapping[LabelValue, int],
        medians: Floats | None,
        clock: PhaseClock,
    ) -> list[Search]:
        """The search for references; then, where these list rows of each class, for those."""
        version, k = self._value("version"), self._value("nNeighbors")
        request = search_request(self, list(keep), "nNeighbors", k, medians, with_key=True)
        if version == 2:
            request = replace(
                request, quality="exact", exact_by="version=2", instead="use version=1"
            )
        request = replace(request, among=reference)
        searches = [prepare_search(table, profile, request, clock.run)]
        for label in keep if version == 3 else ():
            listing = replace(request, asking=[reference], among=label)
            records = searches[0].records
            searches.append(prepare_search(table, profile, listing, clock.run, records))
        return searches

    def _note(self, rows: int, asked: int) -> str:
        if rows < asked:
            return f"{asked:,} rows were asked for, and the references list {rows:,} (version=3)"
        return super()._note(rows, asked)


def _notices(
    reference: LabelValue, search: Search, accuracy: Sequence[SearchAccuracy]
) -> list[Notice]:
    return [
        Notice(
            "not_a_sample",
            f"The rows kept are chosen by their distance to class {reference!r}, and are no "
            "sample of their classes: outliers of that class decide which stay, and "
            "probabilities learned from them say little. Compare with RandomUnderSampler.",
            "info",
        ),
        *search.notices,
        *accuracy_notices(accuracy, split=False),
    ]

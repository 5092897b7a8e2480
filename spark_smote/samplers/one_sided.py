"""One-sided selection (Kubat & Matwin 1997)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spark_smote.kernels.distances import Floats
from spark_smote.labels import smallest
from spark_smote.plans.cleaning import FOUND
from spark_smote.plans.condensing import Redundant, drawn_seeds
from spark_smote.plans.profile import Profile
from spark_smote.plans.removal import Removal
from spark_smote.plans.search import Search, prepare_search
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.checks import whole
from spark_smote.samplers.cleaning import Cleaning, Pass, judged, removed_by
from spark_smote.samplers.params import HasInvalid, HasSearch, Parameter
from spark_smote.samplers.sparing import SparingSmallest
from spark_smote.samplers.tomek import TomekLinks


class OneSidedSelection(SparingSmallest, TomekLinks):
    """Remove rows that add nothing to a few seeds of their class, then those in Tomek links.

    Of each class that may lose rows `nSeeds` are drawn at random. Its other rows are redundant, and
    go, where a seed is nearer than every row of the smallest class; those with a row of the
    smallest class as near or nearer stay, and so do the seeds. Then, of what is left, those rows of
    these classes go that are in a Tomek link. The smallest class loses nothing. Which rows are
    redundant, and how many, hangs on the seeds: no number of rows is promised.

    It is condensed in this one pass only. Condensed nearest neighbours, which add row after row to
    what they compare with, have to look at one row at a time, and are not offered.

    Seeds are drawn uniformly among the rows of a class that can be searched, each occurrence of
    equal rows counting as a row: those that equal a seed, and are none themselves, are redundant.
    Up to 8,192 distinct rows of the smallest class (4,096 to 131,072, as `searchQuality` says) the
    first search is exact. More are searched in hash buckets, which may miss the nearest, so that
    some rows too many go; the report says how near to exact both searches are.

    References
    ----------
    M. Kubat, S. Matwin, "Addressing the Curse of Imbalanced Training Sets: One-Sided Selection",
    International Conference on Machine Learning, 1997.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import OneSidedSelection
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(i / 10, 0) for i in range(40)] + [(8.0, 0), (9.9, 0)]  # a heap, and two more
    >>> rows += [(10.0 + i / 2, 1) for i in range(4)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = OneSidedSelection().plan(df)  # the seed is of the heap; 9.9 and 10.0 are a link
    >>> sorted(row.x for row in plan.resampled().collect() if row.x > 4)
    [8.0, 10.0, 10.5, 11.0, 11.5]
    >>> plan.report.rows_after
    6
    """

    method = "One-sided selection"
    instead = "TomekLinks"
    phases = (*Cleaning.phases[:-1], "draw", "search", *Cleaning.phases[1:])

    nSeeds = Parameter(
        "nSeeds",
        "Rows drawn of each class that may lose some, to stand for it. A class of no more rows "
        "than that loses none but those in links.",
        1,
        whole(1, 1000),
    )
    searchQuality = HasSearch.searchQuality.adding(
        '"exact" compares each row with every one of the smallest class, then all rows that are '
        "left with each other, and is refused for more than 131,072 distinct ones of either (64 "
        "MiB of features)."
    )
    standardize = HasSearch.standardize.saying(
        "Measure distances in units of each column's standard deviation (from a sample) in the "
        "table, and for links in what is left of it by then; False = raw Euclidean distance."
    )
    handleInvalid = HasInvalid.handleInvalid.adding("Rows left out are no seeds, either.")

    def _cleaned(
        self, table: Table, profile: Profile, medians: Floats | None, clock: PhaseClock
    ) -> tuple[list[Pass], Removal]:
        """Condense, then look for links in what is left."""
        targets = self._targets(profile)
        request = self._request(profile, targets, 1, medians)
        rare = replace(request, asking=targets, among=smallest(profile.counts), mutual=False)
        search = prepare_search(table, profile, rare, clock.run)
        condensing, condensed = self._condensed(table, profile, search, targets, clock)
        rest, left = replace(table, frame=condensed.kept), condensing.left(profile)
        linking = self._pass(rest, left, targets, replace(request, looks_for_ids=False), clock)
        return [condensing, linking], condensed.then(removed_by(rest, [linking]))

    def _condensed(
        self,
        table: Table,
        profile: Profile,
        search: Search,
        targets: Sequence[LabelValue],
        clock: PhaseClock,
    ) -> tuple[Pass, Removal]:
        """Without the redundant rows."""
        most, usable = self._value("nSeeds"), profile.usable
        wanted = {label: min(most, usable[label]) for label in targets if usable[label]}
        seed = self._value("seed")
        seeds = clock.run("draw", lambda: drawn_seeds(table, search, wanted, seed=seed))
        found = search.judged(Redundant(search.metric, seeds), FOUND)
        condensing = judged(search, found, targets, clock)
        return condensing, removed_by(table, [condensing], seeds.among(condensing.gone))

    def _described(self, profile: Profile, left: Profile, passes: Sequence[Pass]) -> list[Notice]:
        condensing, linking = passes
        redundant = ", ".join(
            f"{rows:,} of class {label!r}" for label, rows in condensing.lost_rows.items()
        )
        rare, rest = smallest(profile.counts), sum(condensing.left(profile).usable.values())
        return [
            Notice(
                "condensed",
                f"Rows removed since a seed of their class is nearer than class {rare!r}: "
                f"{redundant}. These hang on which rows are drawn as seeds (seed, nSeeds). Links "
                f"are looked for in the {rest:,} rows left then.",
                "info",
            ),
            *super()._described(profile, left, [linking]),
        ]

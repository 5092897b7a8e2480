"""Tomek links (Tomek 1976)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats
from spark_smote.labels import in_order
from spark_smote.plans.cleaning import linked_rows
from spark_smote.plans.profile import Profile
from spark_smote.plans.search import Search, SearchRequest
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.cleaning import Cleaning, Pass


class TomekLinks(Cleaning):
    """Remove rows that are in a Tomek link: of a pair of different classes, nearest to each other.

    Two rows of different class are a link if no third row, of any class, is strictly closer to
    either. Equally near rows all count, and so do exact duplicates: rows that are equal but for
    their class are links. Both sides are searched; a link whose rows fall into different hash
    buckets counts if both buckets find it. The search aims for a quarter of the misses that
    `searchQuality` allows, as it takes both sides to be found; the report says how near to exact
    it is.

    References
    ----------
    I. Tomek, "Two Modifications of CNN", IEEE Transactions on Systems, Man, and Cybernetics 6,
    1976.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import TomekLinks
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(0.0, 0), (1.0, 0), (2.0, 0), (2.1, 1), (5.0, 1)]
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> cleaned = TomekLinks().resample(df)  # 2.0 and 2.1 are a link; class 1 is the smallest
    >>> sorted(row.x for row in cleaned.collect())
    [0.0, 1.0, 2.1, 5.0]
    """

    method = "Tomek links"

    samplingStrategy = Cleaning.samplingStrategy.adding('With "all" both rows of each link go.')

    @property
    def _k(self) -> tuple[str, int]:
        return "the search for links", 1

    def _request(
        self, profile: Profile, targets: list[LabelValue], k: int, medians: Floats | None
    ) -> SearchRequest:
        return replace(super()._request(profile, targets, k, medians), mutual=True)

    def _asking(self, profile: Profile, targets: list[LabelValue]) -> list[LabelValue]:
        return list(profile.counts)  # a link needs both sides

    def _found(self, search: Search, targets: Sequence[LabelValue]) -> DataFrame:
        return linked_rows(search)

    def _described(self, profile: Profile, left: Profile, passes: Sequence[Pass]) -> list[Notice]:
        rows = passes[0].found_rows
        counts = ", ".join(f"{rows[label]:,} of class {label!r}" for label in in_order(rows))
        return [Notice("links", f"Rows in Tomek links: {counts or 'none'}.", "info")]

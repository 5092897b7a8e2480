"""The columns of the report's tables: which figures, under which titles, in which form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

MIB = 1024**2

Format = Callable[[float], str]
Columns = Mapping[str, tuple[str, Format]]
"""By figure, its title and its form."""


def decimals(places: int) -> Format:
    """Numbers with so many decimals.

    Examples
    --------
    >>> decimals(1)(1234.56)
    '1,234.6'
    """
    return lambda number: f"{number:,.{places}f}"


def as_mib(places: int) -> Format:
    """Bytes as mebibytes."""
    return lambda size: decimals(places)(size / MIB)


def as_seconds(number: float) -> str:
    """Hundredths below ten seconds, tenths above."""
    return decimals(2 if number < 10 else 1)(number)


RESOURCES: Columns = {
    "new_rows": ("new rows", decimals(0)),
    "removed_rows": ("rows removed", decimals(0)),
    "rows_per_second": ("output rows/s", decimals(0)),
    "shuffled_bytes": ("shuffled MiB", as_mib(1)),
    "largest_task_over_mean": ("largest task / mean", decimals(1)),
    "jvm_peak_bytes": ("JVM MiB", as_mib(0)),
    "worker_peak_bytes": ("largest worker MiB", as_mib(0)),
    "workers_peak_bytes": ("all workers MiB", as_mib(0)),
    "process_peak_bytes": ("own process MiB", as_mib(0)),
}
ROWS: Columns = {
    "recall": ("recall@5", decimals(3)),
    "distance_ratio": ("distance ratio", decimals(3)),
    "copies_share": ("copies of real rows", decimals(3)),
    "search_alone_seconds": ("search and make new rows s", as_seconds),
}
SEARCHES: Columns = {
    "search_seconds": ("search s", as_seconds),
    "queried_rows": ("rows queried", decimals(0)),
    "search_us_per_row": ("us per queried row", decimals(2)),
    "buckets": ("buckets", decimals(0)),
    "largest_bucket": ("largest bucket", decimals(0)),
}
AGREEMENTS: Columns = {
    "agreement": ("agreement (Jaccard)", decimals(4)),
    "decided": ("approximate", decimals(0)),
    "decided_exactly": ("exact", decimals(0)),
    "decided_by_both": ("in common", decimals(0)),
    "queried_rows": ("rows judged", decimals(0)),
    "buckets": ("buckets", decimals(0)),
    "largest_bucket": ("largest bucket", decimals(0)),
    "recall": ("recall@k", decimals(3)),
    "seconds": ("median s to plan", as_seconds),
    "exact_seconds": ("exactly s", as_seconds),
}

"""How finely a class is cut into buckets, and how many copies rows near a boundary get.

Chosen from the class's sample: whatever promises the recall that `searchQuality` aims for at the
least cost per row.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from spark_smote.kernels.distances import Floats
from spark_smote.kernels.streams import seed_int32
from spark_smote.lsh import FitSettings, HashFamily
from spark_smote.lsh.expected_recall import ExpectedNeighbours

ROWS_PER_BUCKET = (1_024, 2_048, 4_096, 8_192, 16_384)
"""Home rows per bucket to choose from; below a thousand, hashing costs as much as it saves."""

FEWEST_COPIES = 1.5
COPIES_STEP = 0.25
"""Mean copies per row that are tried."""

MISSED_IN_TRUTH = 1.25
"""Neighbours missed per neighbour foretold to be missed, to be on the safe side: the foretold
recall is within 0.015 of the real one, to either side."""

MOST_BUCKETS = 2_048
"""Hashing costs as many distances per row as there are buckets; past this they grow instead."""

LARGEST_BUCKET = 131_072
"""Distinct rows (home and spill) a bucket may hold; fuller ones are split by key."""

BYTES_PER_BUCKET = 64 << 20
"""The same bound for wide rows, in bytes of their features."""

MOST_EXACT_PARTS = 32
"""Parts of a class that is searched exactly: its rows are sent to each, and on local disk there. At
28 columns that is 4,194,304 rows, 30 GB in the shuffle and some 10 hours of one core."""

FEWEST_SAMPLE_ROWS = 4
"""A bucket is opened only where this many sample rows fall into it."""


@dataclass(frozen=True)
class SearchQuality:
    """What a `searchQuality` means."""

    recall: float
    """Share of the true neighbours aimed for: buckets grow until the sample promises it."""
    one_bucket_rows: int
    """Classes of up to this many distinct rows are searched exactly, in one bucket."""
    copies: float
    """Most buckets that a row may be sent to on average, in larger ones."""
    most_copies: int
    most_rows_per_bucket: int
    """Buckets do not grow beyond this, whatever the recall."""
    approximate: bool = True
    """Whether rows of larger classes are compared with some others only; if not, with all."""

    @property
    def of_pairs(self) -> SearchQuality:
        """For what two rows must find in each other: a quarter as many may be missed.

        Half of it is for the other row; half, since twice to three times as many nearest rows are
        missed as are foretold to be, where the nearest alone counts.
        """
        return replace(self, recall=1 - (1 - self.recall) / 4)


QUALITIES = {
    "fast": SearchQuality(0.90, 4_096, 2.5, 8, 2_048),
    "balanced": SearchQuality(0.95, 8_192, 4.0, 12, 8_192),
    "accurate": SearchQuality(0.99, 16_384, 6.0, 24, 16_384),
    "exact": SearchQuality(1.0, 131_072, 1.0, 1, 131_072, approximate=False),
}


def largest_bucket(dimensions: int, quality: SearchQuality) -> int:
    """Distinct rows a bucket may hold at this width."""
    bound = max(LARGEST_BUCKET, quality.one_bucket_rows)
    return max(256, min(bound, BYTES_PER_BUCKET // (8 * dimensions)))


def rows_in_one_bucket(dimensions: int, quality: SearchQuality) -> int:
    """Distinct rows of a class up to which it is searched exactly, in one bucket."""
    return min(quality.one_bucket_rows, largest_bucket(dimensions, quality))


def bucket_count(rows: int, rows_per_bucket: int) -> int:
    """Buckets that so many rows are divided into."""
    return min(-(-rows // rows_per_bucket), MOST_BUCKETS)


def cheapest_family(
    points: Floats,
    rows: int,
    kind: type[HashFamily],
    quality: SearchQuality,
    k: int,
    *,
    seed: int,
    asking: float = 1.0,
) -> HashFamily:
    """The cheapest hash that promises the recall aimed for; else the dearest one allowed.

    Parameters
    ----------
    points : float64, shape (m, d)
        The sample in scaled coordinates.
    rows : int
        Distinct rows of the class.
    asking : float
        Share of them whose neighbours are searched for.
    """
    dimensions = points.shape[1]
    ladder = copies_to_try(quality)
    expected = ExpectedNeighbours.of(points, rows, k)
    reaching: dict[float, HashFamily] = {}
    failing: dict[float, HashFamily] = {}
    for buckets in buckets_to_try(rows, dimensions, quality):
        costs = [
            cost_per_row(dimensions, buckets, rows / buckets, copies, asking) for copies in ladder
        ]
        if costs[0] >= min(reaching, default=math.inf):
            continue
        settings = FitSettings(
            buckets=buckets,
            copies=ladder[0],
            most_copies=quality.most_copies,
            fewest_rows=FEWEST_SAMPLE_ROWS,
            seed=seed_int32(seed, "hash"),
        )
        spilling = kind.fit(points, settings).spilling(points, settings)
        place = bisect_left(ladder, quality.recall, key=partial(_promised, expected, spilling))
        found = reaching if place < len(ladder) else failing
        place = min(place, len(ladder) - 1)
        found[costs[place]] = spilling(ladder[place])
    return reaching[min(reaching)] if reaching else failing[max(failing)]


def _promised(
    expected: ExpectedNeighbours, spilling: Callable[[float], HashFamily], copies: float
) -> float:
    return 1 - MISSED_IN_TRUTH * (1 - expected.recall(spilling(copies)))


def buckets_to_try(rows: int, dimensions: int, quality: SearchQuality) -> list[int]:
    """Numbers of buckets, most first."""
    most = largest_bucket(dimensions, quality) / (2 * quality.copies)
    sizes = [size for size in ROWS_PER_BUCKET if size <= min(quality.most_rows_per_bucket, most)]
    counts = {max(2, bucket_count(rows, size)) for size in sizes or [max(1, int(most))]}
    return sorted(counts, reverse=True)


def copies_to_try(quality: SearchQuality) -> list[float]:
    """Mean copies per row, fewest first."""
    steps = round((quality.copies - FEWEST_COPIES) / COPIES_STEP)
    return [FEWEST_COPIES + COPIES_STEP * step for step in range(steps + 1)]


def cost_per_row(
    dimensions: int, buckets: int, rows_per_bucket: float, copies: float, asking: float = 1.0
) -> float:
    """Microseconds of one core to hash, move and search a row, about; only its order matters.

    Hashing measures the distance to every centroid, twice (once to count), and more closely to
    those in whose cells a copy may go; moving is paid per copy, from sender to bucket; searching
    measures the distance to every row of the bucket, copies included, for the share of rows that
    ask. Constants are timings on one core, of kernels and of whole tasks for moving.
    """
    distance = 0.4e-3 + 0.04e-3 * dimensions
    hashing = 2 * (0.4 + 0.65 * copies + 1.25 * distance * buckets)
    moving = (1.8 + 0.15 * dimensions) * copies
    searching = 2.0 + 1.15 * distance * rows_per_bucket * copies
    return hashing + moving + asking * searching


def exact_core_hours(rows: int, asked: float, dimensions: int) -> float:
    """Hours of one core, about, to compare so many rows of a class with all of its rows.

    Timed on one core: 1.0 ns per pair of 4 columns, 1.8 of 28, 3.8 of 100, 38 of 1,000.
    """
    nanoseconds = 0.9 + 0.037 * dimensions
    return rows * asked * nanoseconds / 3.6e12

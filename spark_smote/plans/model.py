"""Step 2, on the driver: scale and hash model of each class, fitted on its canonical sample."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.medians import filled
from spark_smote.kernels.metric import LevelMetric
from spark_smote.kernels.mixing import mix
from spark_smote.kernels.nominal import LevelPlaces, Nominal
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.lsh import FAMILIES, HashFamily
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.tuning import (
    MOST_EXACT_PARTS,
    ROWS_PER_BUCKET,
    SearchQuality,
    bucket_count,
    cheapest_family,
    exact_core_hours,
    rows_in_one_bucket,
)

SAMPLE_ROWS_PER_BUCKET = 32
LEAST_SAMPLE = 4_096
ROWS_PARTED = 16_384
"""Rows per bucket where any rows may share one."""
SAMPLE_BYTES = 128 << 20
"""Memory the driver spends on the features of all samples together."""


@dataclass(frozen=True)
class BucketCounts:
    """What was counted in each bucket of a class, arrays of shape (buckets,)."""

    home_rows: Ints
    """Rows that may be a base there."""
    all_rows: Ints
    """Home and spill rows."""
    distinct_rows: Ints
    """Estimated distinct rows among them (equal rows travel and are searched as one)."""
    by_rank: Ints | None = None
    """Home rows of each rank, shape (buckets, ranks), where their weights differ."""


@dataclass(frozen=True)
class ClassModel:
    """Where a row of one class goes: a pure function of its key and features."""

    center: Floats
    scale: Floats
    """Unit of distance of each column that is interpolated, shape (c,)."""
    family: HashFamily | None
    """None where the whole class is searched exactly."""
    splits: Ints
    """How many parts each of the family's buckets is split into by key, shape (family.buckets,)."""
    nominal: LevelMetric | None = None
    """What the columns after those add to a squared distance."""
    places: LevelPlaces | ValueDifference | None = None
    """Where their levels lie for the hash family."""
    medians: Floats | None = None
    """What the search takes missing inputs for, shape (c,)."""
    everywhere: bool = False
    """Whether every row is found from every bucket, as exact search beyond one bucket needs."""

    @property
    def inverse_scale(self) -> Floats:
        """One over the unit of each column that is interpolated, shape (c,)."""
        inverse: Floats = 1.0 / self.scale
        return inverse

    @property
    def width(self) -> int:
        """Numbers that the search holds of a row, nominal columns included."""
        return len(self.center) + (self.nominal.width if self.nominal else 0)

    @property
    def buckets(self) -> int:
        """Number of buckets, parts of split ones counted each."""
        return int(self.splits.sum())

    def searched(self, features: Floats) -> Floats:
        """Features as the search sees them, nothing missing."""
        if isinstance(self.nominal, ValueDifference):
            return self.nominal.numbered(features)
        return features if self.medians is None else filled(features, self.medians)

    def scaled(self, features: Floats) -> Floats:
        """Features in the coordinates that the hash family sees."""
        columns = len(self.center)
        scaled: Floats = (features[:, :columns] - self.center) * self.inverse_scale
        if self.places is None:
            return scaled
        return np.concatenate([scaled, self.places(features[:, columns:])], axis=1)

    def place(self, features: Floats, keys: Ints) -> tuple[Ints, Ints, Ints]:
        """Home bucket of each row, then the rows and buckets of its search-only copies."""
        mixed = mix(keys.view(np.uint64))
        if self.family is None:
            none = np.zeros(0, dtype=np.int64)
            return self._part(np.zeros(len(keys), dtype=np.int64), mixed), none, none
        points = self.scaled(features)
        home, rows, buckets = self.family.place(points)
        return self._part(home, mixed), rows, self._part(buckets, mixed[rows])

    def _part(self, buckets: Ints, mixed: npt.NDArray[np.uint64]) -> Ints:
        first = np.cumsum(self.splits) - self.splits
        ways = self.splits[buckets].astype(np.uint64)
        # not the lowest bits: by those the sketch of distinct keys picks its register
        return first[buckets] + ((mixed >> np.uint64(16)) % ways).astype(np.int64)

    def refined(self, counts: BucketCounts, *, fewest: int, most: int) -> ClassModel | None:
        """A better model where a bucket holds too few or too many rows; None where none does.

        A bucket whose home rows cannot find `fewest` - 1 others is closed, its rows going to the
        next best; one of more than `most` distinct rows is split by key.
        """
        if self.family is None:
            return None
        owner = np.repeat(np.arange(len(self.splits)), self.splits)
        starved = np.unique(owner[(counts.home_rows > 0) & (counts.all_rows < fewest)])
        starved = starved[: len(self.splits) - 1]
        if len(starved):
            family = self.family.without(starved)
            return replace(self, family=family, splits=np.ones(family.buckets, dtype=np.int64))
        fullest = np.zeros(len(self.splits), dtype=np.int64)
        np.maximum.at(fullest, owner, counts.distinct_rows)
        if fullest.max() <= most:
            return None
        ways = np.where(fullest > most, -(-2 * fullest // most), 1)
        return replace(self, splits=self.splits * ways)


def parted_by_key(width: int, rows: int, medians: Floats | None = None) -> ClassModel:
    """A model for rows that need not find each other: buckets of any rows, by their key."""
    parts = np.array([max(1, -(-rows // ROWS_PARTED))])
    return ClassModel(np.zeros(width), np.ones(width), None, parts, medians=medians)


def sample_rows(rows: int, dimensions: int, quality: SearchQuality, *, classes: int) -> int:
    """How many sample rows a class of this size deserves, within its share of the budget."""
    wanted = max(LEAST_SAMPLE, quality.one_bucket_rows // 8)
    if rows > quality.one_bucket_rows:
        wanted = max(wanted, SAMPLE_ROWS_PER_BUCKET * bucket_count(rows, ROWS_PER_BUCKET[0]))
    return min(wanted, max(SAMPLE_BYTES // (8 * dimensions * classes), 256))


def fit_class(
    sample: ClassSample,
    searched: str,
    k: int,
    *,
    quality: SearchQuality,
    hash_family: str,
    standardize: bool,
    seed: int,
    nominal: int | ValueDifference = 0,
    medians: Floats | None = None,
    in_parts: bool = True,
) -> ClassModel:
    """Scale and hash of one class from its sample.

    The unit of distance is each column's standard deviation (population form) in the sample, or 1
    where distances are raw or the column is constant. The last `nominal` columns hold codes of
    levels; each that differs adds the square of the median of the other columns' standard
    deviations, in their units. With a metric of levels for `nominal` all columns hold numbers of
    levels. Nothing is missing in the sample; in other rows `medians` stand for what is.

    Parameters
    ----------
    searched : str
        The class or classes in words, for messages.
    in_parts : bool
        Whether an exact search may be shared by several tasks.

    Raises
    ------
    DataError
        If the class must be searched exactly and is too large for that.
    """
    columns = nominal.columns if isinstance(nominal, ValueDifference) else nominal
    values, codes = np.split(sample.features, [sample.features.shape[1] - columns], axis=1)
    weights = sample.multiplicity / sample.multiplicity.sum()
    center = (values * weights[:, None]).sum(axis=0)
    spread = np.sqrt((((values - center) ** 2) * weights[:, None]).sum(axis=0))
    varies = (values != values[0]).any(axis=0) & (spread > 0)
    scale = np.where(varies, spread, 1.0) if standardize else np.ones(len(center))
    single = ClassModel(center, scale, None, np.ones(1, dtype=np.int64), medians=medians)
    if isinstance(nominal, ValueDifference):
        single = replace(single, nominal=nominal, places=nominal)
    elif nominal:
        weight = float(np.median(np.where(varies, spread / scale, 0.0))) ** 2
        single = replace(
            single,
            nominal=Nominal(nominal, weight),
            places=LevelPlaces.of(codes, sample.multiplicity, weight),
        )
    one_bucket = rows_in_one_bucket(single.width, quality)
    if sample.distinct_rows <= one_bucket:
        return single
    if not quality.approximate:
        most = MOST_EXACT_PARTS if in_parts else 1
        parts = exact_parts(searched, sample.distinct_rows, single.width, one_bucket, most)
        return replace(single, splits=np.array([parts]), everywhere=True)
    points = single.scaled(sample.features)
    family = cheapest_family(points, sample.distinct_rows, FAMILIES[hash_family], quality, k, seed)
    return replace(single, family=family, splits=np.ones(family.buckets, dtype=np.int64))


def exact_parts(
    searched: str, rows: int, width: int, rows_per_part: int, most: int = MOST_EXACT_PARTS
) -> int:
    """How many parts rows are divided into that are all compared with each other.

    Raises
    ------
    DataError
        If there are too many rows for that.
    """
    parts = -(-rows // rows_per_part)
    if parts > most:
        raise DataError(
            f"searchQuality='exact' compares all rows searched with each other, for up to "
            f"{most * rows_per_part:,} distinct rows of {width} features; {searched} has about "
            f"{rows:,}, which would take some {exact_core_hours(rows, rows, width):,.1f} hours of "
            "one core; use 'accurate', whose recall the report gives"
        )
    return parts

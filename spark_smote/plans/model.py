"""Step 2, on the driver: scale and hash model of each class, fitted on its canonical sample."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.kernels.medians import filled
from spark_smote.kernels.metric import LevelMetric
from spark_smote.kernels.mixing import mix
from spark_smote.kernels.moments import moments
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
    largest_bucket,
    rows_in_one_bucket,
)

SAMPLE_ROWS_PER_BUCKET = 32
LEAST_SAMPLE = 4_096
ROWS_PARTED = 16_384
"""Rows per bucket where any rows may share one."""
ROWS_ASKING = 65_536
"""Rows per bucket where each is compared with the same others: a slice of work."""
SAMPLE_BYTES = 128 << 20
"""Memory the driver spends on the features of all samples together."""

FEWEST_SAMPLED = 16_384
"""Rows that all samples together may have, however wide; 256 of each class at the most."""


@dataclass(frozen=True)
class BucketCounts:
    """What was counted in each bucket of a class, arrays of shape (buckets,)."""

    home_rows: Ints
    """Rows that may be a base there."""
    all_rows: Ints
    """Home and spill rows that are searched."""
    distinct_rows: Ints
    """Estimated distinct rows, those that only ask included (equal rows travel and are searched as
    one)."""
    by_rank: Ints | None = None
    """Home rows of each rank, shape (buckets, ranks), where their weights differ."""


@dataclass(frozen=True)
class Parties:
    """Whose rows ask and whose are searched, by rank, where no row is both."""

    asking: Flags
    found: Flags
    rows_asking: int

    @property
    def present(self) -> Flags:
        """Ranks whose rows are needed at all."""
        present: Flags = self.asking | self.found
        return present


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
    parties: Parties | None = None
    """None where all rows are searched, and so may be those that ask."""

    @property
    def levels_are_flat(self) -> bool:
        """Whether there are nominal columns, and none of them counts."""
        return isinstance(self.nominal, Nominal) and self.nominal.weight == 0

    @property
    def itself(self) -> int:
        """How often a row that asks is among the rows searched."""
        return int(self.parties is None)

    @property
    def exact(self) -> bool:
        """Whether every row that asks is compared with all rows searched."""
        return self.family is None or self.buckets == 1

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

    def place(
        self, features: Floats, keys: Ints, found: Flags | bool = True
    ) -> tuple[Ints, Ints, Ints]:
        """Home bucket of each row, then the rows and buckets of its search-only copies.

        Where there are `parties`, rows that are searched (`found`) are copied to every part of
        their buckets, and rows that ask to none.
        """
        mixed = mix(keys.view(np.uint64))
        home, rows, buckets = self._placed(features)
        if self.parties is None:
            return self._part(home, mixed), rows, self._part(buckets, mixed[rows])
        searched = np.broadcast_to(found, len(keys))
        copied, own = searched[rows], np.flatnonzero(searched)
        rows = np.concatenate([own, rows[copied]])
        buckets = np.concatenate([home[own], buckets[copied]])
        times = self.splits[buckets]
        before = np.repeat(np.cumsum(times) - times, times)
        rows = np.repeat(rows, times)
        parts = np.repeat(self._first_parts[buckets], times) + np.arange(len(rows)) - before
        at_home = self._part(home, mixed)
        away = parts != at_home[rows]
        return at_home, rows[away], parts[away]

    def _placed(self, features: Floats) -> tuple[Ints, Ints, Ints]:
        """The same by the family's buckets, whatever parts they are split into."""
        if self.family is None:
            none = np.zeros(0, dtype=np.int64)
            return np.zeros(len(features), dtype=np.int64), none, none
        home, rows, buckets = self.family.place(self.scaled(features))
        return home, rows, buckets

    @property
    def _first_parts(self) -> Ints:
        """Number of the first part of each of the family's buckets."""
        first: Ints = np.cumsum(self.splits) - self.splits
        return first

    def _part(self, buckets: Ints, mixed: npt.NDArray[np.uint64]) -> Ints:
        ways = self.splits[buckets].astype(np.uint64)
        # not the lowest bits: by those the sketch of distinct keys picks its register
        return self._first_parts[buckets] + ((mixed >> np.uint64(16)) % ways).astype(np.int64)

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
        if self.parties is not None and (self.splits[fullest > most] > 1).any():
            # every part holds all rows searched, so these are what is too many
            raise DataError(
                f"so many rows of the class searched lie near each other that a part of them, with "
                f"the rows compared with it, exceeds {most:,} distinct rows; draw fewer of them "
                "first (RandomUnderSampler)"
            )
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
    fewest = min(256, max(16, FEWEST_SAMPLED // classes))
    return min(wanted, max(SAMPLE_BYTES // (8 * dimensions * classes), fewest))


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
    asking: float = 1.0,
) -> ClassModel:
    """Scale (see `measured`) and hash of one class from its sample.

    Parameters
    ----------
    searched : str
        The class or classes in words, for messages.
    in_parts : bool
        Whether an exact search may be shared by several tasks.
    asking : float
        Share of the rows whose neighbours are searched for.

    Raises
    ------
    DataError
        If the class must be searched exactly and is too large for that.
    """
    return divided(
        measured(sample, standardize=standardize, nominal=nominal, medians=medians),
        sample,
        searched,
        k,
        quality=quality,
        hash_family=hash_family,
        seed=seed,
        in_parts=in_parts,
        asking=asking,
    )


def divided(
    single: ClassModel,
    sample: ClassSample,
    searched: str,
    k: int,
    *,
    quality: SearchQuality,
    hash_family: str,
    seed: int,
    in_parts: bool = True,
    asking: float = 1.0,
) -> ClassModel:
    """Hash of one class from its sample, distances being those that `single` tells.

    Parameters and errors as of `fit_class`.
    """
    one_bucket = rows_in_one_bucket(single.width, quality)
    if sample.distinct_rows <= one_bucket:
        return single
    if not quality.approximate:
        most = MOST_EXACT_PARTS if in_parts else 1
        parts = exact_parts(searched, sample.distinct_rows, single.width, one_bucket, most)
        return replace(single, splits=np.array([parts]), everywhere=True)
    return _hashed(
        single, sample, k, asking=asking, quality=quality, hash_family=hash_family, seed=seed
    )


def fit_references(
    whole: ClassModel,
    references: ClassSample,
    k: int,
    *,
    parties: Parties,
    quality: SearchQuality,
    hash_family: str,
    seed: int,
) -> ClassModel:
    """Hash of one class that other rows are to find their nearest in, each comparing alone.

    Few rows are all sent to every part of those that ask; more are hashed, and the cells of the
    hash that too many rows ask in are parted alike.

    Parameters
    ----------
    whole : ClassModel
        What tells distances.
    references : ClassSample
        Of the class that is searched; not too large for an exact search, where that is asked for.
    """
    model = replace(whole, parties=parties)
    if references.distinct_rows <= rows_in_one_bucket(model.width, quality):
        each = min(ROWS_ASKING, largest_bucket(model.width, quality))
        return replace(model, splits=np.array([max(1, -(-parties.rows_asking // each))]))
    return _hashed(
        model, references, k, asking=1.0, quality=quality, hash_family=hash_family, seed=seed
    )


def measured(
    sample: ClassSample,
    *,
    standardize: bool,
    nominal: int | ValueDifference = 0,
    medians: Floats | None = None,
) -> ClassModel:
    """Scale of rows from a sample of them, all in one bucket.

    The unit of distance is each column's standard deviation (population form) in the sample, or 1
    where distances are raw or the column is constant. The last `nominal` columns hold codes of
    levels; each that differs adds the square of the median of the other columns' standard
    deviations, in their units. With a metric of levels for `nominal` all columns hold numbers of
    levels. Nothing is missing in the sample; in other rows `medians` stand for what is.
    """
    columns = nominal.columns if isinstance(nominal, ValueDifference) else nominal
    values, codes = np.split(sample.features, [sample.features.shape[1] - columns], axis=1)
    center, spread = moments(values, sample.multiplicity)
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
    return single


def _hashed(
    single: ClassModel,
    sample: ClassSample,
    k: int,
    *,
    asking: float,
    quality: SearchQuality,
    hash_family: str,
    seed: int,
) -> ClassModel:
    points = single.scaled(sample.features)
    rows, kind = sample.distinct_rows, FAMILIES[hash_family]
    family = cheapest_family(points, rows, kind, quality, k, seed=seed, asking=asking)
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

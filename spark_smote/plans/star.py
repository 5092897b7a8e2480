"""Copies moved towards the mean of their class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_smote.kernels.moments import moments
from spark_smote.kernels.streams import seed_int64
from spark_smote.plans.movement import Movement, per_class
from spark_smote.plans.sample import ClassSample
from spark_smote.results import LabelValue


@dataclass(frozen=True)
class Star(Movement):
    """The mean of each input of each class, and lines from it to every row."""

    centres: tuple[tuple[float, ...], ...]
    """Per class, per feature."""

    def moved(self, value: Column, feature: int | Column) -> Column:
        """A number between a row and the centre: as far along for all inputs of the row."""
        centre = per_class(self.centres, feature)
        between = value + self.uniform(0, 0) * (centre - value)
        # the sum may be rounded to beyond its ends
        return F.greatest(F.least(between, F.greatest(value, centre)), F.least(value, centre))


def fit_star(labels: Sequence[LabelValue], samples: Sequence[ClassSample], *, seed: int) -> Star:
    """The star of each class, from a sample of its rows."""
    centres = []
    for sample in samples:
        mean, _ = moments(sample.features, sample.multiplicity)
        least, most = sample.features.min(axis=0), sample.features.max(axis=0)
        centres.append(tuple(mean.clip(least, most).tolist()))
    salts = tuple(seed_int64(seed, "line", repr(label)) for label in labels)
    return Star(salts, tuple(centres))

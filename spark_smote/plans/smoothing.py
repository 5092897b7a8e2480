"""Noise on copies: a smoothed bootstrap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_smote.kernels.moments import moments
from spark_smote.kernels.streams import seed_int64
from spark_smote.plans.movement import Movement, per_class
from spark_smote.plans.sample import ClassSample
from spark_smote.results import LabelValue


@dataclass(frozen=True)
class Smoothing(Movement):
    """The standard deviation of the noise on each input of each class."""

    widths: tuple[tuple[float, ...], ...]
    """Per class, per feature."""

    def moved(self, value: Column, feature: int | Column) -> Column:
        """A number with its noise."""
        return value + per_class(self.widths, feature) * self._normal(feature)

    def _normal(self, feature: int | Column) -> Column:
        """A standard normal number per row and feature (Box and Muller 1958)."""
        radius = F.sqrt(-2.0 * F.log(self.uniform(feature, 0)))
        return radius * F.cos(2.0 * math.pi * self.uniform(feature, 1))


def bandwidth(rows: int, dimensions: int) -> float:
    """What ROSE multiplies a column's standard deviation with, for a class of so many rows.

    Examples
    --------
    >>> round(bandwidth(100, 2), 4)
    0.4642
    """
    return math.pow(4.0 / ((dimensions + 2) * rows), 1.0 / (dimensions + 4))


def fit_smoothing(
    labels: Sequence[LabelValue],
    samples: Sequence[ClassSample],
    rows: Sequence[int],
    *,
    shrinkage: float,
    seed: int,
) -> Smoothing:
    """The noise of each class, from a sample of its rows."""
    widths = []
    for sample, count in zip(samples, rows, strict=True):
        _, spread = moments(sample.features, sample.multiplicity)
        constant = (sample.features == sample.features[0]).all(axis=0)
        scale = shrinkage * bandwidth(count, sample.features.shape[1])
        widths.append(tuple(np.where(constant, 0.0, scale * spread).tolist()))
    salts = tuple(seed_int64(seed, "noise", repr(label)) for label in labels)
    return Smoothing(salts, tuple(widths))

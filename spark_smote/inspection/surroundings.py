"""Whose rows lie around those of a class: queries from the sample, neighbours from the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame

from spark_smote.inspected import Surroundings
from spark_smote.inspection.literature import BORDERLINE, SAFE
from spark_smote.inspection.sampled import Sampled
from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.kernels.nearest import farthest
from spark_smote.kernels.neighbourhood import Neighbours, Queries, contrasts
from spark_smote.kernels.nominal import Nominal
from spark_smote.plans.neighbourhood import look_around

MOST_QUERIES = 1_024
MOST_PER_CLASS = 256
FEWEST_PER_CLASS = 8
YARDSTICKS = 1_000
"""Sampled rows that the mean distance is taken to."""


@dataclass(frozen=True)
class Found:
    """The queries of all classes but the largest, and what lies around them."""

    usable: Sampled
    """Sampled rows whose inputs are all finite; its values are these, then levels."""
    asked: Ints
    """Which of these rows are queries."""
    neighbours: Neighbours
    distinct: tuple[int, ...]
    """Usable rows of each class that differ in an input or a level."""
    inverse_scale: Floats
    nominal: Nominal | None
    """What levels add to a squared distance, where there are any."""

    def around(self, code: int) -> Surroundings | None:
        """What lies around a class; None where no row of it was asked about."""
        own = self.usable.codes[self.asked] == code
        met = self.neighbours.codes[own]
        others = (met >= 0).sum(axis=1)
        if not len(met) or not others.all():
            return None
        share = (met == code).sum(axis=1) / others
        times = self.usable.times[self.asked][own]

        def part(rows: Floats | Flags) -> float:
            return float(np.average(rows, weights=times))

        return Surroundings(
            queries=int(times.sum()),
            other_share=1 - part(share),
            safe=part(share > SAFE),
            borderline=part((share > BORDERLINE) & (share <= SAFE)),
            rare=part((share > 0) & (share <= BORDERLINE)),
            outlier=part(share == 0),
        )

    def contrast(self) -> float | None:
        """Nearest / mean distance, median over the queries; None where it cannot be told."""
        usable = self.usable
        nearest = self.neighbours.squared[:, :1].ravel()
        if not len(nearest) or not np.isfinite(nearest).all():
            return None
        classes = [np.flatnonzero(usable.codes == code) for code in np.unique(usable.codes)]
        picked = [rows[: -(-YARDSTICKS // len(classes))] for rows in classes]
        # fewer sampled rows stand for as many rows of the table
        weights = [
            usable.weights[few] * usable.weights[rows].sum() / usable.weights[few].sum()
            for few, rows in zip(picked, classes, strict=True)
        ]
        ratios = contrasts(
            usable.values[self.asked],
            nearest,
            usable.values[np.concatenate(picked)],
            np.concatenate(weights),
            self.inverse_scale,
            self.nominal,
        )
        known = ratios[np.isfinite(ratios)]
        return float(np.median(known)) if len(known) else None


def look_around_classes(
    records: DataFrame,
    sampled: Sampled,
    *,
    inputs: Sequence[int],
    levels: Sequence[int],
    judged: Sequence[int],
    classes: int,
    k: int,
) -> Found:
    """Search around sampled rows of some classes, among all rows of the table.

    Parameters
    ----------
    records : DataFrame
        What `sampled` was sampled from.
    inputs : sequence of int
        Columns of the table that distances look at, in standard deviations.
    levels : sequence of int
        Nominal columns; with the inputs, at least one. Each that differs adds the square of the
        median over the inputs of 1, or 0 for constant ones, as in SMOTE-NC; without inputs, 1. By
        value difference, which looks at the class, a row would lie among its own too often.
    judged : sequence of int
        Codes of the classes whose surroundings are asked for.
    """
    usable = sampled.complete(inputs, levels)
    spreads = np.array([sampled.spread(i) for i in inputs])
    inverse_scale = 1 / np.where(spreads > 0, spreads, 1.0)
    weight = float(np.median(spreads > 0)) ** 2 if len(inputs) else 1.0
    nominal = Nominal(len(levels), weight) if levels else None
    each = min(MOST_PER_CLASS, max(FEWEST_PER_CLASS, MOST_QUERIES // max(len(judged), 1)))
    chosen = [np.flatnonzero(usable.codes == code)[:each] for code in judged]
    asked = np.concatenate([np.zeros(0, dtype=np.int64), *chosen])
    points = usable.values[asked]
    queries = Queries(
        points,
        usable.keys[asked],
        usable.codes[asked],
        farthest(points, usable.values, k + 1, inverse_scale, nominal),
    )
    around = look_around(
        records,
        queries,
        k=k,
        classes=classes,
        compared=sampled.places(usable.positions),
        inverse_scale=inverse_scale,
        nominal=nominal,
    )
    distinct = tuple(each.count for each in around.distinct)
    neighbours = around.neighbours.without(queries)
    return Found(usable, asked, neighbours, distinct, inverse_scale, nominal)

"""Exact neighbours of sampled rows in the whole table, whatever their class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from spark_smote.kernels.distances import Floats
from spark_smote.kernels.mixing import mix_rows
from spark_smote.kernels.neighbourhood import Neighbours, Passing, Queries, pass_by
from spark_smote.kernels.nominal import Nominal
from spark_smote.kernels.tally import Distinct
from spark_smote.plans.arrow import features_of, integers_of
from spark_smote.plans.folding import fold_records


@dataclass(frozen=True)
class Around:
    """What one reading of the records found."""

    neighbours: Neighbours
    distinct: tuple[Distinct, ...]
    """Usable rows of each class that differ in an input or a level."""

    def merged(self, other: Around) -> Around:
        """Both in one; the order of merging does not matter."""
        pairs = zip(self.distinct, other.distinct, strict=True)
        return Around(
            self.neighbours.merged(other.neighbours), tuple(a.merged(b) for a, b in pairs)
        )


def look_around(
    records: DataFrame,
    queries: Queries,
    *,
    k: int,
    classes: int,
    compared: Sequence[int],
    inverse_scale: Floats,
    nominal: Nominal | None,
) -> Around:
    """Search the k nearest rows of each query, and count the distinct rows of each class.

    Parameters
    ----------
    records : DataFrame
        `plans.records.class_records` of all classes, from a `plans.survey.packed_table`.
    compared : sequence of int
        Which of its values distances look at: inputs, then levels.
    inverse_scale : float64, shape (inputs,)
        One over the unit of each input; rows that miss one of these are passed over.
    nominal : Nominal or None
        What the levels add to a squared distance, where there are any; one that is missing is a
        level too.
    """
    places = list(compared)

    def enter(pieces: list[Around], table: pa.Table) -> list[Around]:
        (seen,) = pieces
        points = features_of(table)[:, places]
        usable = np.flatnonzero(np.isfinite(points[:, : len(inverse_scale)]).all(axis=1))
        names = ("key", "class", "multiplicity")
        rows = Passing(points, *(integers_of(table, name) for name in names)).taken(usable)
        words = mix_rows(rows.points)
        return [
            Around(
                pass_by(seen.neighbours, queries, rows, inverse_scale, nominal),
                tuple(d.entered(words[rows.codes == c]) for c, d in enumerate(seen.distinct)),
            )
        ]

    unseen = tuple(Distinct.unseen() for _ in range(classes))
    start = Around(Neighbours.unseen(len(queries.points), k), unseen)
    return fold_records(records, [start], enter)[0]

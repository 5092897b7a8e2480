"""Squared distances of rows of numbers and levels, and bounds of them."""

from __future__ import annotations

from spark_smote.kernels.distances import Floats, Ints, paired_squared_distances
from spark_smote.kernels.lower_bounds import LowerBounds
from spark_smote.kernels.nominal import Nominal
from spark_smote.kernels.value_difference import DifferenceBounds, SummedBounds, ValueDifference

FEW_CLASSES = 3
"""Classes up to which places tell best how near levels are; measured on 8,192 rows of 10 columns of
levels with random shares."""

LevelMetric = Nominal | ValueDifference
"""What columns of levels add to a squared distance."""


def squared_distances(
    left: Floats,
    left_ids: Ints,
    right: Floats,
    right_ids: Ints,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
) -> Floats:
    """Squared distance of each pair of rows, in a fixed order of operations.

    Parameters
    ----------
    left, right : float64, shape (n, d) and (m, d)
    left_ids, right_ids : int64, shape (p,)
        Which row of `left` and of `right` each pair joins.
    inverse_scale : float64, shape (c,)
        One over the unit of each of the first c columns.
    nominal : Nominal or ValueDifference, optional
        What the others add.

    Returns
    -------
    float64, shape (p,)
    """
    squared = paired_squared_distances(left, left_ids, right, right_ids, inverse_scale)
    if nominal is not None:
        squared += nominal.paired(left, left_ids, right, right_ids)
    return squared


def lower_bounds(
    points: Floats, inverse_scale: Floats, nominal: LevelMetric | None = None
) -> LowerBounds:
    """Bounds from any rows to fixed points, by the metric of their nominal columns."""
    if isinstance(nominal, ValueDifference):
        few = nominal.classes <= FEW_CLASSES
        return DifferenceBounds(points, nominal) if few else SummedBounds(points, nominal)
    return LowerBounds(points, inverse_scale, nominal)

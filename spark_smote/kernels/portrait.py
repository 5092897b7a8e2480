"""From sampled rows to the data of pictures: planes, and drift of each column.

The arrays are canonical samples (seeded, in canonical order), so "the first rows" is a random
choice that does not change from run to run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from sklearn.decomposition import PCA

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.results import (
    ColumnDrift,
    LabelValue,
    NearestReal,
    Plane,
    PointSet,
    Portrait,
)

POINTS_PER_CLASS = 400
"""Points drawn of one class and kind: more is a blot, and every one is stored in the report."""

CONTEXT_POINTS = 1_200
"""Points drawn of all classes without new rows together: the ground the others stand on."""

FEWEST_POINTS = 25
"""However many classes there are, each one shows this many of its rows."""

NEAR_COPY = 0.95
"""Columns correlated beyond this show the same thing twice: a plane of both is a line."""

SAME_LOADING = 1e-6
"""Loadings this close count as equal: their last bits depend on the processor."""

Projection = Callable[[Floats], tuple[Floats, Floats]]
Rows = Mapping[LabelValue, Floats]


def portrait(
    real: Rows,
    synthetic: Rows,
    *,
    columns: Sequence[str],
    scale: Floats,
    nearest: Sequence[NearestReal],
) -> Portrait:
    """What new rows look like beside real ones.

    Parameters
    ----------
    real : mapping of label to float64, shape (n, d)
        Sampled real rows of every class, canonical order, finite.
    synthetic : mapping of label to float64, shape (m, d)
        Sampled new rows of the classes that have any.
    columns : sequence of str, length d
    scale : float64, shape (d,)
        Standard deviation of each column; a column with 0 does not count in the components.
    nearest : sequence of NearestReal
        Measured by the search; handed on.

    Returns
    -------
    Portrait
        Planes: the two principal components of the standardised real rows, and the two columns
        that best tell the classes with new rows from the others. Where one column varies, the
        plane of its values and their cumulative share instead; where none does, no plane.

    Examples
    --------
    >>> rows = {"ok": np.array([[0.0, 1.0], [1.0, 3.0]]), "fraud": np.array([[5.0, 2.0]])}
    >>> new = {"fraud": np.array([[5.0, 2.0]])}
    >>> seen = portrait(rows, new, columns=["a", "b"], scale=np.ones(2), nearest=[])
    >>> [(plane.x_name, plane.y_name) for plane in seen.planes][1]
    ('a', 'b')
    """
    real = {label: rows for label, rows in real.items() if len(rows)}
    synthetic = {label: rows for label, rows in synthetic.items() if len(rows)}
    return Portrait(
        planes=_planes(real, synthetic, columns, scale),
        nearest=list(nearest),
        drift=[
            column_drift
            for label in synthetic
            if label in real
            for column_drift in _drift(label, real[label], synthetic[label], columns)
        ],
        sampled_real=sum(map(len, real.values())),
        sampled_synthetic=sum(map(len, synthetic.values())),
    )


def _planes(real: Rows, synthetic: Rows, columns: Sequence[str], scale: Floats) -> list[Plane]:
    if not real:
        return []
    rows = np.concatenate(list(real.values()))
    varied = np.flatnonzero((rows != rows[0]).any(axis=0))
    if len(varied) == 0:
        return []
    if len(varied) == 1:
        return [_cumulative_plane(real, synthetic, columns, int(varied[0]))]
    planes = _component_planes(rows, real, synthetic, scale)
    if len(real) > 1:
        x, y = _most_separating(rows, real, synthetic, varied)
        title = "Two most separating columns"
        points = _point_sets(real, synthetic, lambda part: (part[:, x], part[:, y]))
        planes.append(Plane(title, columns[x], columns[y], points))
    return planes


# --- planes ---


def _component_planes(rows: Floats, real: Rows, synthetic: Rows, scale: Floats) -> list[Plane]:
    counts = np.isfinite(scale) & (scale > 0)
    inverse_scale = np.where(counts, 1 / np.where(counts, scale, 1.0), 0.0)
    standardised = rows * inverse_scale
    if not (standardised != standardised[0]).any():
        return []
    components = PCA(n_components=2, svd_solver="full").fit(standardised)
    loadings = components.components_ * _signs(components.components_)[:, None]

    def project(part: Floats) -> tuple[Floats, Floats]:
        placed = (part * inverse_scale - components.mean_) @ loadings.T
        return placed[:, 0], placed[:, 1]

    x_name, y_name = (
        f"principal component {i} ({ratio:.0%} of variance)"
        for i, ratio in enumerate(components.explained_variance_ratio_, start=1)
    )
    points = _point_sets(real, synthetic, project)
    return [Plane("Two principal components", x_name, y_name, points)]


def _signs(loadings: Floats) -> Floats:
    """Signs that make the first of the largest loadings of each component positive."""
    size = np.abs(loadings)
    largest = size >= size.max(axis=1, keepdims=True) * (1 - SAME_LOADING)
    first = largest.argmax(axis=1)
    return np.where(loadings[np.arange(len(loadings)), first] < 0, -1.0, 1.0)


def _most_separating(rows: Floats, real: Rows, synthetic: Rows, varied: Ints) -> tuple[int, int]:
    """The two columns in which classes with new rows differ most from all other rows.

    The measure is the two-sample Kolmogorov-Smirnov statistic of one class against the rest,
    averaged over the classes. Unlike the area under the ROC curve it also sees a class that
    sits in the middle of another. Ties go to the first column.
    """
    judged = [label for label in real if label in synthetic] or list(real)
    starts = np.cumsum([0, *map(len, real.values())])
    separation = np.zeros(rows.shape[1])
    for i, label in enumerate(real):
        if label in judged:
            rest = np.delete(rows, np.s_[starts[i] : starts[i + 1]], axis=0)
            for j in varied:
                separation[j] += _ks(real[label][:, j], rest[:, j])
    first = int(varied[separation[varied].argmax()])
    others = varied[varied != first]
    # Divided by its largest value, no column is too large to be squared.
    centred = rows / np.maximum(np.abs(rows).max(axis=0), np.finfo(np.float64).tiny)
    centred -= centred.mean(axis=0)
    spread = np.sqrt((centred[:, others] ** 2).sum(axis=0) * (centred[:, first] ** 2).sum())
    correlation = np.abs(centred[:, others].T @ centred[:, first]) / np.where(spread, spread, 1)
    distinct = others[correlation <= NEAR_COPY]
    choice = distinct if len(distinct) else others
    return first, int(choice[separation[choice].argmax()])


def _cumulative_plane(real: Rows, synthetic: Rows, columns: Sequence[str], column: int) -> Plane:
    def project(part: Floats) -> tuple[Floats, Floats]:
        values = part[:, column]
        return values, np.searchsorted(np.sort(values), values, side="right") / len(values)

    points = _point_sets(real, synthetic, project)
    title = "The one column that varies"
    return Plane(title, columns[column], "share of rows at or below", points)


def _point_sets(real: Rows, synthetic: Rows, project: Projection) -> list[PointSet]:
    context = max(1, sum(label not in synthetic for label in real))
    per_class = POINTS_PER_CLASS * 6 // max(6, len(synthetic))
    placed = []
    for kind, classes in (("real", real), ("synthetic", synthetic)):
        for label, rows in classes.items():
            shown = per_class if label in synthetic else CONTEXT_POINTS // context
            x, y = project(rows)
            kept = slice(max(FEWEST_POINTS, shown))
            placed.append((label, kind, x[kept], y[kept]))
    x_decimals = _decimals(np.concatenate([x for _, _, x, _ in placed]))
    y_decimals = _decimals(np.concatenate([y for _, _, _, y in placed]))
    return [
        PointSet(label, kind, np.round(x, x_decimals).tolist(), np.round(y, y_decimals).tolist())
        for label, kind, x, y in placed
    ]


def _decimals(values: Floats) -> int:
    """Decimals that keep a hundred-thousandth of the span: what a picture cannot show is noise."""
    span = float(values.max() - values.min())
    return min(300, 5 - math.floor(math.log10(span))) if 0 < span < math.inf else 0


# --- drift ---


def _drift(
    label: LabelValue, real: Floats, synthetic: Floats, columns: Sequence[str]
) -> list[ColumnDrift]:
    real_mean, real_std = _mean_and_std(real)
    synthetic_mean, synthetic_std = _mean_and_std(synthetic)
    return [
        ColumnDrift(
            label=label,
            column=column,
            real_mean=float(real_mean[j]),
            synthetic_mean=float(synthetic_mean[j]),
            real_std=float(real_std[j]),
            synthetic_std=float(synthetic_std[j]),
            ks_statistic=_ks(real[:, j], synthetic[:, j]),
        )
        for j, column in enumerate(columns)
    ]


def _mean_and_std(rows: Floats) -> tuple[Floats, Floats]:
    # The mean of a thousand times 0.1 is not 0.1, so a constant column would seem to drift.
    constant = (rows == rows[0]).all(axis=0)
    return (
        np.where(constant, rows[0], rows.mean(axis=0)),
        np.where(constant, 0.0, rows.std(axis=0)),
    )


def _ks(left: Floats, right: Floats) -> float:
    """The two-sample Kolmogorov-Smirnov statistic.

    Not scipy's `ks_2samp`, which cannot be asked for the statistic without a p-value, and divides
    by zero for that where there is one row on each side.
    """
    left, right = np.sort(left), np.sort(right)
    places = np.concatenate([left, right])
    left_share = np.searchsorted(left, places, side="right") / len(left)
    right_share = np.searchsorted(right, places, side="right") / len(right)
    return float(np.abs(left_share - right_share).max())

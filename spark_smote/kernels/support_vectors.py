"""Support vector machines: which rows of a class lie at its border with another, or beyond it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from sklearn.svm import SVC

from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.kernels.moments import moments

TOLERANCE = 1e-3
"""What the solver leaves of the conditions that hold at the optimum, and so what a support vector
may lie beyond its margin: scikit-learn's default. A tenth of it took 12 s instead of 1 on 4,096
rows of classes that overlap and are 10 to 1."""

ENTRIES_AT_ONCE = 1 << 17
"""Values of the kernel held at once: 1 MiB, which stays in the processor's cache."""


@dataclass(frozen=True)
class SampledClass:
    """Rows of a class that a machine is fitted on."""

    features: Floats
    """Distinct rows, shape (m, d)."""
    times: Ints
    """How often each occurs in the table, shape (m,)."""
    rows: int
    """Of the whole class."""

    @property
    def rate(self) -> float:
        """Share of the rows of the class that is here; 1 exactly if all are."""
        return int(self.times.sum()) / self.rows


@dataclass(frozen=True)
class Boundary:
    """What tells two classes apart: f(x) = sum_i c_i exp(-gamma |x - s_i|^2) + b."""

    classes: tuple[int, int]
    """The class where f < 0, and the one where f > 0."""
    support: Ints
    """Which points of the machine are s_i, shape (s,)."""
    coefficients: Floats
    """Shape (s,)."""
    intercept: float


@dataclass(frozen=True)
class Machine:
    """Boundaries between pairs of classes, one against one."""

    center: Floats
    """What is taken off each column before it is scaled, shape (d,)."""
    inverse_scale: Floats
    gamma: float
    points: Floats
    """Scaled rows that the machine was fitted on, shape (m, d)."""
    boundaries: tuple[Boundary, ...]

    def support_vectors(self, features: Floats, classes: Ints) -> Flags:
        """Whether rows are support vectors of their class, against at least one of the others.

        At the optimum those are the rows with y f(x) <= 1, y being -1 or 1 by class: they lie on
        the margin of their class, in it, or on the wrong side. So f tells it of rows that the
        machine was not fitted on, too. What is found does not depend on which rows are asked about
        together: sums whose last bits could decide are done again in a fixed order.

        Parameters
        ----------
        features : float64, shape (n, d)
        classes : int64, shape (n,)
        """
        points = _scaled(features, self.center, self.inverse_scale)
        found = np.zeros(len(points), dtype=bool)
        for boundary in self.boundaries:
            for side, sign in zip(boundary.classes, (-1.0, 1.0), strict=True):
                asked = np.flatnonzero((classes == side) & ~found)
                found[asked] = self._inside(points[asked], boundary, sign)
        return found

    def _inside(self, points: Floats, boundary: Boundary, sign: float) -> Flags:
        """Whether sign * f(x) <= 1, to within the tolerance.

        Distances by a matrix product, |x|^2 + |s|^2 - 2 xs, off by less than
        4 eps (d + 8) (|x|^2 + |s|^2), as are those in a fixed order; an exponential is off by no
        more than gamma times that. Rows nearer to the limit than that allows are looked at again.
        """
        support = self.points[boundary.support]
        middle = support.mean(axis=0)
        around = support - middle
        lengths = (around * around).sum(axis=1)
        spread = self.gamma * 4 * (points.shape[1] + 8)
        size = np.abs(boundary.coefficients).sum() + abs(boundary.intercept)
        unit = float(np.finfo(np.float64).eps) * size
        inside = np.zeros(len(points), dtype=bool)
        step = max(16, ENTRIES_AT_ONCE // len(support))
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(points), step):
                moved = points[start : start + step] - middle
                own = (moved * moved).sum(axis=1)
                squared = moved @ (-2.0 * around.T)
                squared += own[:, None]
                squared += lengths
                values = sign * (self._kernel(squared) @ boundary.coefficients + boundary.intercept)
                doubt = unit * (spread * (own + lengths.max()) + len(support) + 16)
                inside[start : start + step] = values <= 1 + TOLERANCE
                # not a number is in doubt, too
                for row in np.flatnonzero(~(np.abs(values - (1 + TOLERANCE)) > doubt)) + start:
                    value = sign * self._in_order(points[row], support, boundary)
                    inside[row] = value <= 1 + TOLERANCE
        return inside

    def _kernel(self, squared: Floats) -> Floats:
        """Of squared distances, which are overwritten."""
        squared *= -self.gamma
        np.minimum(squared, 0.0, out=squared)
        return np.exp(squared, out=squared)

    def _in_order(self, point: Floats, support: Floats, boundary: Boundary) -> float:
        """The f of one point; its sum is exact before it is rounded."""
        squared = np.zeros(len(support))
        for column, value in zip(np.ascontiguousarray(support.T), point, strict=True):
            away = column - value
            away *= away
            squared += away
        terms = self._kernel(squared) * boundary.coefficients
        return math.fsum(terms) + boundary.intercept


def fit_machine(
    sampled: Sequence[SampledClass], asking: Sequence[bool], center: Floats, inverse_scale: Floats
) -> Machine:
    """Machines as scikit-learn's `SVC` fits them (radial kernel, gamma="scale", C=1), one per pair.

    Where a class is not here whole, its rows stand for the others: those of a pair count in the
    proportion of the whole classes, each of the smaller one as one row. That is the machine of a
    table thinned out until the smaller class is what is here of it. On whole classes it is the
    machine of the table.

    Parameters
    ----------
    sampled : sequence of SampledClass
        Every class of the table, each with a row at least.
    asking : sequence of bool
        Classes whose support vectors are asked for; other pairs are not fitted.
    center, inverse_scale : float64, shape (d,)
        Columns are scaled as (x - center) * inverse_scale.
    """
    parts = [_scaled(each.features, center, inverse_scale) for each in sampled]
    points = np.concatenate(parts)
    ends = np.cumsum([len(part) for part in parts])
    places = [np.arange(end - len(part), end) for end, part in zip(ends, parts, strict=True)]
    gamma = _gamma(points, np.concatenate([each.times / each.rate for each in sampled]))
    boundaries = []
    for pair in combinations(range(len(sampled)), 2):
        if not (asking[pair[0]] or asking[pair[1]]):
            continue
        rate = min((sampled[c].rows, sampled[c].rate) for c in pair)[1]
        rows = np.concatenate([places[c] for c in pair])
        weights = [sampled[c].times * (rate / sampled[c].rate) for c in pair]
        sides = np.repeat([0, 1], [len(each) for each in weights])
        solver = SVC(C=1.0, kernel="rbf", gamma=gamma, tol=TOLERANCE)
        solver.fit(points[rows], sides, sample_weight=np.concatenate(weights))
        boundaries.append(
            Boundary(
                pair,
                rows[solver.support_],
                solver.dual_coef_[0].astype(np.float64),
                float(solver.intercept_[0]),
            )
        )
    return Machine(center, inverse_scale, gamma, points, tuple(boundaries))


def _scaled(features: Floats, center: Floats, inverse_scale: Floats) -> Floats:
    scaled: Floats = (features - center) * inverse_scale
    return scaled


def _gamma(points: Floats, weights: Floats) -> float:
    """One over the columns and the variance of all entries, as `gamma="scale"` has it."""
    columns = points.shape[1]
    _, spread = moments(points.reshape(-1, 1), np.repeat(weights, columns))
    variance = float(spread[0]) ** 2
    return 1.0 / (columns * variance) if variance else 1.0

"""How probable a row's own class is to a classifier that has not seen it (Smith et al. 2014)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.medians import MISSING
from spark_smote.kernels.mixing import mix, mix_rows
from spark_smote.kernels.streams import seed_int32, sub_seed
from spark_smote.kernels.threads import one_thread

ROWS_PER_LEAF = 20
"""Rows that a leaf of a tree holds at least: this many, or of few rows a hundredth."""


@dataclass(frozen=True)
class OutOfFold:
    """One classifier per fold, fitted on the rows of the other folds.

    Equal rows fall into the same fold, whatever their class.
    """

    models: tuple[HistGradientBoostingClassifier | int, ...]
    """A number where the rows of the other folds are all of that class."""
    salt: int

    @classmethod
    def fit(
        cls, features: Floats, classes: Ints, weights: Floats, *, folds: int, seed: int
    ) -> OutOfFold:
        """Fit gradient-boosted trees on all rows but those of one fold, for each fold.

        Parameters
        ----------
        features : float64, shape (n, d)
            `MISSING` where a value is not known. The order of the rows is part of the result.
        classes : int, shape (n,)
        weights : float64, shape (n,)
            How many rows of the table each stands for.
        """
        salt = sub_seed(seed, "folds")
        of_rows = cls(tuple(range(folds)), salt).folds(features)
        models = []
        with one_thread():
            for fold in range(folds):
                others = of_rows != fold
                given = _known(features[others]), classes[others], weights[others]
                models.append(_fitted(*given, seed_int32(seed, "trees", fold)))
        return cls(tuple(models), salt)

    def folds(self, features: Floats) -> Ints:
        """The fold of each row, shape (n,)."""
        words = mix(mix_rows(features + 0.0) ^ np.uint64(self.salt & 0xFFFFFFFFFFFFFFFF))
        return (words % np.uint64(len(self.models))).astype(np.int64)

    def hardness(self, features: Floats, classes: Ints) -> Floats:
        """One minus the probability of each row's own class, shape (n,), in [0, 1].

        The number of a row does not depend on which others are given with it.
        """
        hard = np.ones(len(features))
        folds = self.folds(features)
        for fold, model in enumerate(self.models):
            rows = np.flatnonzero(folds == fold)
            if len(rows):
                hard[rows] = 1.0 - _probability(model, _known(features[rows]), classes[rows])
        return np.clip(hard, 0.0, 1.0)


def _fitted(
    features: Floats, classes: Ints, weights: Floats, seed: int
) -> HistGradientBoostingClassifier | int:
    there = np.unique(classes)
    if len(there) < 2:
        return int(there[0]) if len(there) else -1
    trees = HistGradientBoostingClassifier(
        min_samples_leaf=max(1, min(ROWS_PER_LEAF, len(classes) // 100)),
        early_stopping=False,
        random_state=seed,
    )
    return trees.fit(features, classes, sample_weight=weights / weights.mean())


def _probability(
    model: HistGradientBoostingClassifier | int, features: Floats, classes: Ints
) -> Floats:
    """Of each row's own class; 0 for one that the model does not know."""
    if isinstance(model, int):
        return np.equal(classes, model).astype(np.float64)
    place = np.minimum(np.searchsorted(model.classes_, classes), len(model.classes_) - 1)
    scores = np.ascontiguousarray(model.decision_function(features).T)
    if scores.ndim == 1:
        scores = np.stack([np.zeros(len(features)), scores])
    own = scores[place, np.arange(len(classes))]
    # class by class: added up at once, the last bits would differ with the number of rows
    total = np.zeros(len(classes))
    with np.errstate(over="ignore"):
        for score in scores:
            total += np.exp(score - own)
    known: Floats = np.where(model.classes_[place] == classes, 1.0 / total, 0.0)
    return known


def _known(features: Floats) -> Floats:
    return np.where(features == MISSING, np.nan, features)

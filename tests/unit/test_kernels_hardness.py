"""Hardness: one classifier per fold, none asked about a row that it was fitted on."""

import numpy as np
import pytest
from imblearn.under_sampling import InstanceHardnessThreshold
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from spark_smote.kernels.hardness import OutOfFold
from spark_smote.kernels.medians import MISSING


@pytest.fixture(autouse=True)
def _one_thread():
    """As in workers: several wait for each other longer than they work."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def rows():
    """Three classes that overlap, in four columns, with values missing and rows repeated."""
    random = np.random.default_rng(5)
    classes = random.choice(3, 700, p=[0.6, 0.3, 0.1])
    features = random.normal(size=(700, 4)) + 0.8 * classes[:, None]
    features[::9, 2] = MISSING
    features[500:600], classes[500:550] = features[:100], classes[:50]
    return features, classes, random.uniform(0.5, 3.0, 700)


def test_hardness_is_what_a_classifier_fitted_on_other_rows_says(rows):
    features, classes, weights = rows
    models = OutOfFold.fit(features, classes, weights, folds=4, seed=3)
    folds = models.folds(features)
    known = np.where(features == MISSING, np.nan, features)
    expected = np.empty(len(features))
    for fold in range(4):
        inside = folds == fold
        trees = HistGradientBoostingClassifier(early_stopping=False, min_samples_leaf=5)
        trees.fit(known[~inside], classes[~inside], weights[~inside] / np.mean(weights[~inside]))
        probabilities = trees.predict_proba(known[inside])
        expected[inside] = 1 - probabilities[np.arange(inside.sum()), classes[inside]]

    found = models.hardness(features, classes)
    assert np.bincount(folds, minlength=4).min() > 100
    assert found == pytest.approx(expected, abs=1e-9)
    alone = [models.hardness(features[i : i + 1], classes[i : i + 1])[0] for i in range(0, 700, 35)]
    assert np.array_equal(alone, found[::35])


def test_hardness_of_a_row_does_not_depend_on_its_batch_with_many_classes():
    random = np.random.default_rng(6)
    classes = np.repeat(np.arange(11), 40)
    features = random.normal(size=(440, 3)) + classes[:, None]
    models = OutOfFold.fit(features, classes, np.ones(440), folds=2, seed=4)
    together = models.hardness(features, classes)

    for rows in (1, 3, 7):
        parts = [slice(start, start + rows) for start in range(0, 84, rows)]
        alone = [models.hardness(features[part], classes[part]) for part in parts]
        assert np.array_equal(np.concatenate(alone), together[: 84 // rows * rows])


def test_equal_rows_share_a_fold_whatever_their_class_and_the_sign_of_a_zero(rows):
    features, classes, weights = rows
    models = OutOfFold.fit(features, classes, weights, folds=2, seed=1)

    assert np.array_equal(models.folds(features[:100]), models.folds(features[500:600]))
    assert np.array_equal(models.folds(np.zeros((1, 4))), models.folds(-np.zeros((1, 4))))
    other = OutOfFold.fit(features, classes, weights, folds=2, seed=2)
    assert not np.array_equal(models.folds(features), other.folds(features))


def test_class_that_only_one_fold_holds_is_hard_there():
    features = np.arange(40.0)[:, None]
    classes = np.zeros(40, dtype=np.int64)
    classes[7] = 1
    models = OutOfFold.fit(features, classes, np.ones(40), folds=3, seed=0)
    fold = models.folds(features[7:8])[0]

    assert models.models[fold] == 0  # all it was fitted on
    assert models.hardness(features[7:8], classes[7:8])[0] == 1.0
    same = np.flatnonzero((models.folds(features) == fold) & (classes == 0))
    assert np.array_equal(models.hardness(features[same], classes[same]), np.zeros(len(same)))


def test_rows_left_out_are_those_of_imbalanced_learn_on_the_same_folds(monkeypatch):
    """But for rows whose probability is that of the last one left out."""
    random = np.random.default_rng(11)
    classes = np.repeat([0, 1], [900, 150])
    features = random.normal(size=(1050, 3)) + classes[:, None]
    models = OutOfFold.fit(features, classes, np.ones(1050), folds=5, seed=8)
    folds = models.folds(features)

    class OurFolds:
        def __init__(self, **given):
            assert given["n_splits"] == 5

        def split(self, X, y, groups=None):
            return [(np.flatnonzero(folds != f), np.flatnonzero(folds == f)) for f in range(5)]

        def get_n_splits(self, *given):
            return 5

    module = "imblearn.under_sampling._prototype_selection._instance_hardness_threshold"
    monkeypatch.setattr(f"{module}.StratifiedKFold", OurFolds)
    trees = HistGradientBoostingClassifier(early_stopping=False, min_samples_leaf=8)
    reference = InstanceHardnessThreshold(estimator=trees, sampling_strategy={0: 400}, cv=5)
    reference.fit_resample(features, classes)
    theirs = np.isin(np.arange(1050), reference.sample_indices_)

    hard = models.hardness(features, classes)
    hard[classes == 1] = 0.0
    last = np.sort(hard[classes == 0])[399]
    assert np.array_equal((hard <= last)[abs(hard - last) > 1e-9], theirs[abs(hard - last) > 1e-9])
    assert (abs(hard - last) <= 1e-9).sum() < 5

"""Which rows new ones are made of: long lists are made in blocks of bases."""

import numpy as np
import pytest

from spark_smote.kernels.bucket import BucketRows, neighbourhoods
from spark_smote.kernels.nominal import Nominal
from spark_smote.plans import parents
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.layout import Slice
from spark_smote.plans.model import ClassModel
from spark_smote.plans.recipe import Recipe


@pytest.mark.parametrize("distinct", [False, True])
def test_lists_made_in_blocks_are_those_made_at_once(monkeypatch, distinct):
    random = np.random.default_rng(4)
    features = np.concatenate(
        [random.normal(size=(60, 2)), random.integers(0, 3, (60, 2)) * 1.0], axis=1
    )
    times = random.integers(1, 4, 60)
    rows = BucketRows(np.arange(60), features, times, np.ones(60, dtype=bool))
    model = ClassModel(np.zeros(2), np.ones(2), None, np.ones(1, dtype=np.int64), Nominal(2, 1.0))
    task = ClassTask(0, "a", 60, 500, "smote", 7)
    recipe = Recipe((task,), (model,), None, 3, distinct)
    around = neighbourhoods(rows, model.inverse_scale, model.nominal)
    at_once = parents.parents_of(rows, around, recipe, Slice(0, 0, 0, 500))
    monkeypatch.setattr(parents, "ENTRIES_AT_ONCE", 49 * 11)
    in_blocks = parents.parents_of(rows, around, recipe, Slice(0, 0, 0, 500))

    np.testing.assert_array_equal(in_blocks.neighbours, at_once.neighbours)
    np.testing.assert_array_equal(in_blocks.levels, at_once.levels)
    assert len(np.unique(at_once.levels)) > 10

import numpy as np
import pytest

from spark_smote.plans.id_like import all_differ, nearly_all_differ


def once(values):
    return np.asarray(values, dtype=float), np.ones(len(values), dtype=np.int64)


@pytest.mark.parametrize("rows", [50, 200, 5_000])
@pytest.mark.parametrize("numbers_per_row", [1, 5, 10, 100])
def test_drawn_numbers_are_rarely_taken_for_ids(rows, numbers_per_row):
    rng = np.random.default_rng(rows + numbers_per_row)
    draws = [rng.integers(0, rows * numbers_per_row, rows) for _ in range(100)]

    assert sum(nearly_all_differ(*once(d)) for d in draws if not all_differ(*once(d))) <= 10


@pytest.mark.parametrize("apart", [1, 10**6])
def test_ids_of_which_a_few_repeat_are_told(apart):
    """Numbers one after the other, and numbers so far apart that none repeats by chance."""
    ids = np.arange(200) * apart

    assert nearly_all_differ(*once([*ids, *ids[:10]]))
    assert not nearly_all_differ(*once([*ids, *ids[:40]]))
    assert not nearly_all_differ(*once(ids[:20]))


def test_rows_are_counted_as_often_as_they_occur():
    values, times = once(range(100))

    assert all_differ(values, times)
    times[0] = 2
    assert not all_differ(values, times)
    assert nearly_all_differ(values, times)

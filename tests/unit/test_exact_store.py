"""Rows of a class on disk: in whatever portions they arrive, they are those of one bucket."""

import numpy as np
import pyarrow as pa
import pytest

from spark_smote.kernels.bucket import canonical_rows, distinct_points, neighbourhoods
from spark_smote.kernels.medians import MISSING
from spark_smote.kernels.mixing import mix, mix_rows
from spark_smote.kernels.nominal import Nominal
from spark_smote.plans import exact
from spark_smote.plans.arrow import feature_lists, features_of, unpacked
from spark_smote.plans.model import ClassModel

K, PARTS = 4, 3


def records_of(features, names, times):
    """Equal features under several names are rows that differ."""
    words = mix_rows(features) ^ mix(names.astype(np.uint64))
    return pa.table(
        {
            "class": pa.array(np.zeros(len(features)), pa.int32()),
            "key": pa.array(mix(words).view(np.int64)),
            "features": feature_lists(features),
            "multiplicity": pa.array(times),
            "id": pa.array([f"row {name}" for name in names]),
        }
    )


@pytest.fixture(params=["plain", "nominal", "imputed"])
def model(request):
    units, splits = np.array([1.0, 0.5, 2.0]), np.array([PARTS])
    more = {
        "plain": {},
        "nominal": {"nominal": Nominal(1, 0.4)},
        "imputed": {"medians": np.array([0.0, 1.0, 2.0])},
    }[request.param]
    return ClassModel(np.zeros(3), units, None, splits, everywhere=True, **more)


@pytest.fixture
def rows(model):
    random = np.random.default_rng(3)
    features = random.integers(0, 5, size=(2_000, model.width)) * 0.5
    if model.medians is not None:
        features[random.random(features.shape) < 0.1] = MISSING
    return records_of(features, random.integers(0, 3, 2_000), random.integers(1, 4, 2_000))


@pytest.fixture
def stored(model, rows, monkeypatch, tmp_path):
    """The class as a part of it sees it, after arriving twice over, in portions and shuffled."""
    monkeypatch.setattr(exact, "BYTES_HELD", 20_000)
    monkeypatch.setattr(exact, "ROWS_PER_BLOCK", 70)
    monkeypatch.setenv("SPARK_LOCAL_DIRS", f"/nowhere,{tmp_path}")
    twice = pa.concat_tables([rows, rows])
    twice = twice.take(pa.array(np.random.default_rng(4).permutation(twice.num_rows)))
    with exact.RowStore(model) as store:
        for start in range(0, twice.num_rows, 333):
            store.add(twice.slice(start, 333))
        yield store.whole_class(1)
    assert list(tmp_path.iterdir()) == [], "files were left behind"


@pytest.fixture
def bucket(model, rows):
    """The same in memory."""
    keys, features = rows["key"].to_numpy(), features_of(rows)
    home = model.place(features, keys)[0] == 1
    found, sources = canonical_rows(keys, features, 2 * rows["multiplicity"].to_numpy(), home)
    return found, rows["id"].take(pa.array(sources))


def test_rows_are_those_of_a_bucket_in_canonical_order(model, stored, bucket):
    rows, ids = bucket
    np.testing.assert_array_equal(stored.rows.keys, rows.keys)
    np.testing.assert_array_equal(stored.rows.multiplicity, rows.multiplicity)
    np.testing.assert_array_equal(stored.rows.home, rows.home)
    assert 0 < rows.home.sum() < len(rows.keys)
    point_of, first_of_point = distinct_points(model.searched(rows.features))
    np.testing.assert_array_equal(stored.around.point_of, point_of)
    np.testing.assert_array_equal(stored.around.first_of_point, first_of_point)

    some = np.random.default_rng(5).permutation(len(rows.keys))[:150]
    records = stored.records(some)
    assert records["id"].to_pylist() == ids.take(pa.array(some)).to_pylist()
    np.testing.assert_array_equal(features_of(records), rows.features[some])


def test_neighbours_are_those_of_a_bucket(model, stored, bucket):
    rows, _ = bucket
    seen = exact.BucketRows(rows.keys, model.searched(rows.features), rows.multiplicity, rows.home)
    around = neighbourhoods(seen, model.inverse_scale, model.nominal)
    bases = np.flatnonzero(rows.home)
    stored.search(np.unique(around.point_of[bases]), 30)
    found = stored.around
    np.testing.assert_array_equal(found.lists(bases, 30), around.lists(bases, 30))
    np.testing.assert_array_equal(found.distinct_lists(bases, 7), around.distinct_lists(bases, 7))
    np.testing.assert_array_equal(found.codes(bases), around.codes(bases))


def test_rows_of_features_alone_are_stored_as_well(model, rows):
    with exact.RowStore(model) as store:
        store.add(rows.drop_columns(["id"]))
        whole = store.whole_class(1)
        found = features_of(whole.records(np.arange(50)))
    order = np.argsort(rows["key"].to_numpy(), kind="stable")
    expected = features_of(rows)[order][np.diff(rows["key"].to_numpy()[order], prepend=-1) != 0]
    np.testing.assert_array_equal(found, expected[:50])


def test_points_whose_mixes_agree_stay_apart(model, rows, monkeypatch):
    # every row gets one first word; the second tells them apart
    flat = np.zeros
    calls = iter(range(10**6))
    true = exact.mix_rows
    monkeypatch.setattr(
        exact,
        "mix_rows",
        lambda x: flat(len(x), np.uint64) if next(calls) % 2 == 0 else true(x),
    )
    with exact.RowStore(model) as store:
        store.add(rows)
        points = store.whole_class(0).around.points
    assert points == len(np.unique(model.searched(features_of(rows)), axis=0))


def test_a_stream_is_followed_by_enough_empty_rows_and_reaches_every_task(rows, monkeypatch):
    monkeypatch.setattr(exact, "BYTES_PER_COPY", 40_000)
    batches = list(exact.copies(rows, np.array([7, 9], dtype=np.int32)))
    assert len(batches) > 2
    for key in (7, 9):
        streams = [
            payload
            for batch in batches
            for where, payload in zip(
                batch["partition"].to_pylist(), batch["records"].to_pylist(), strict=True
            )
            if where == key
        ]
        sent = [unpacked(pa.py_buffer(stream)) for stream in streams if stream]
        assert pa.concat_tables(sent).equals(rows)
        assert sum(map(len, streams)) < 2 * exact.BYTES_PER_SPARK_ROW * len(streams)

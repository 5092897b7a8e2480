"""The rows that NearMiss keeps, held against brute force and against imbalanced-learn."""

from collections import Counter

import numpy as np
import pytest
from imblearn.under_sampling import NearMiss as Reference
from pyspark.sql import functions as F
from sklearn.neighbors import NearestNeighbors

from spark_smote import NearMiss
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.table import ColumnRequest
from tests import cross_oracles
from tests.cross_oracles import as_table

EXACT = {"standardize": False, "searchQuality": "exact"}


def content_keys(df):
    """The content key of each distinct row."""
    table = resolve_columns(df, ColumnRequest("label"))
    keyed = table.frame.select(F.array(*table.frame.columns).alias("row"), table.key.alias("key"))
    return {tuple(row.row): row.key for row in keyed.collect()}


@pytest.mark.parametrize(("version", "partitions"), [(1, 3), (2, 1), (3, 8)])
def test_rows_kept_are_those_of_brute_force(spark_table, version, partitions):
    """Of points on a grid, most of which tie with others, many rows alike."""
    given = cross_oracles.on_a_grid(21)
    df = spark_table(as_table(*given), partitions)
    features, classes, times = cross_oracles.canonical(*given)
    rows = list(map(tuple, np.column_stack([features, classes]).tolist()))
    keys = content_keys(df)
    k = 4 if version == 2 else 3
    kept = cross_oracles.near_miss(
        features, classes, times, [keys[row] for row in rows], 33, k=k, version=version
    )
    expected = Counter(dict(zip(rows, kept.tolist(), strict=True)))

    sampler = NearMiss(version=version, nNeighbors=k, samplingStrategy={1: 33, 2: 33}, **EXACT)
    plan = sampler.plan(df)
    found = plan.resampled().drop("is_synthetic").toPandas().to_numpy(np.float64)
    gone = plan.removed().toPandas().to_numpy(np.float64)
    assert Counter(map(tuple, found.tolist())) == +expected
    everything = Counter(map(tuple, np.column_stack(given).tolist()))
    assert Counter(map(tuple, gone.tolist())) == everything - expected
    assert ((kept > 0) & (kept < times)).any()  # some rows stay in part


@pytest.mark.filterwarnings("ignore:The number of the samples to be selected is larger")
@pytest.mark.parametrize("version", [1, 3])
def test_rows_kept_of_several_classes_are_those_of_imbalanced_learn(spark_table, version):
    random = np.random.default_rng(version)
    classes = random.choice(4, 900, p=[0.1, 0.2, 0.3, 0.4])
    features = random.normal(size=(900, 5)) + 0.5 * classes[:, None]
    reference = Reference(version=version)
    reference.fit_resample(features, classes)

    table = as_table(features, classes).assign(n=np.arange(900))
    plan = NearMiss(version=version, ignoreCols=["n"], **EXACT).plan(spark_table(table, 3))
    kept = plan.resampled().select("n").toPandas()["n"]
    assert sorted(kept) == sorted(reference.sample_indices_)
    counted = Counter(classes[kept])
    assert {c.label: c.rows_after for c in plan.report.classes} == counted
    assert (len(set(counted.values())) == 1) == (version == 1)


@pytest.mark.parametrize(("name", "version"), [("mammography", 1), ("phoneme", 2)])
def test_rows_kept_of_published_tables_are_those_of_imbalanced_learn(
    spark_table, real_table, name, version
):
    """But for rows that are as far as the last one that stays, of which either may."""
    table = real_table(name)
    classes = np.unique(table["label"], return_inverse=True)[1].astype(np.int64)
    features = table.drop(columns="label").to_numpy(np.float64)
    rare = np.bincount(classes).argmin()
    reference = Reference(version=version, sampling_strategy=0.5)
    reference.fit_resample(features, classes)
    theirs = np.isin(np.arange(len(classes)), reference.sample_indices_)

    df = spark_table(as_table(features, classes).assign(n=np.arange(len(classes))))
    sampler = NearMiss(version=version, samplingStrategy=0.5, ignoreCols=["n"], **EXACT)
    ours = np.isin(np.arange(len(classes)), sampler.resample(df).select("n").toPandas()["n"])

    own = features[classes == rare]
    away = NearestNeighbors(n_neighbors=len(own), algorithm="brute").fit(own).kneighbors(features)
    means = (away[0][:, :3] if version == 1 else away[0][:, -3:]).mean(axis=1)
    last = means[theirs & (classes != rare)].max()
    tied = np.isclose(means, last, rtol=1e-9, atol=0) & (classes != rare)
    assert ours.sum() == theirs.sum() == 3 * len(own)
    np.testing.assert_array_equal(ours[~tied], theirs[~tied])
    print(f"{(ours != theirs).sum()} of {len(ours)} rows differ, {tied.sum()} tied")

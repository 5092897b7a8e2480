"""What the approximate search decides across classes is nearly what the exact one decides."""

from dataclasses import replace

import pytest
from benchmarking.agreement import extent, in_common
from benchmarking.config import GeneratedTable
from benchmarking.datasets import write_generated
from benchmarking.ours import sampler

from spark_smote.plans import tuning


@pytest.fixture(scope="module")
def table(spark, tmp_path_factory):
    wanted = GeneratedTable(kind="clustered", majority=3_000, minority=1_500)
    made = write_generated(tmp_path_factory.mktemp("clustered") / "in", wanted)
    return spark.read.parquet(made.folder).cache()


@pytest.fixture
def small_buckets(monkeypatch):
    """A few thousand rows are divided as some hundred thousand are else."""
    monkeypatch.setitem(
        tuning.QUALITIES, "balanced", replace(tuning.QUALITIES["balanced"], one_bucket_rows=256)
    )
    monkeypatch.setattr(tuning, "ROWS_PER_BUCKET", (256,))


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("borderline", {}),
        ("enn", {"samplingStrategy": "all"}),
        ("tomek", {"samplingStrategy": "all"}),
    ],
)
def test_many_buckets_decide_nearly_what_one_does(table, small_buckets, method, params):
    found = sampler(method, recallQueries=0, **params).plan(table)
    exact = sampler(method, recallQueries=0, searchQuality="exact", **params).plan(table)
    common = in_common(found, exact)
    print(method, common, extent(found))

    assert extent(found)["buckets"] >= 8
    assert extent(found)["largest_bucket"] < 1_500
    assert extent(exact)["buckets"] == 1
    assert common["decided_exactly"] > 300
    assert 0.95 <= common["agreement"] < 1

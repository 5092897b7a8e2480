"""What the approximate search decides across classes is nearly what the exact one decides."""

import pytest
from benchmarking.agreement import agreement
from benchmarking.config import GeneratedTable
from benchmarking.datasets import write_generated


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    wanted = GeneratedTable(kind="clustered", majority=3_000, minority=1_500)
    return write_generated(tmp_path_factory.mktemp("clustered") / "in", wanted).folder


@pytest.mark.parametrize(
    ("method", "judged", "fewest"),
    [("borderline", 1_500, 0.95), ("enn", 4_500, 0.95), ("tomek", 4_500, 0.975)],
)
def test_many_buckets_decide_nearly_what_one_does(
    spark, folder, small_buckets, monkeypatch, method, judged, fewest
):
    monkeypatch.setattr("benchmarking.agreement.RECALL_QUERIES", 64)
    found = agreement(spark, folder, "", method=method, compare=True)()
    print(method, found)

    assert found["queried_rows"] == judged
    assert found["buckets"] >= 8
    assert found["largest_bucket"] < 1_500
    assert found["decided_exactly"] > 300
    assert found["recall"] < 1
    assert fewest <= found["agreement"] < 1

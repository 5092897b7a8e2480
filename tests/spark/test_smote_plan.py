"""What runs, and what a session looks like afterwards."""

import re
from contextlib import contextmanager

import pytest
from py4j.java_gateway import GatewayClient

from spark_smote import SMOTE, EditedNearestNeighbours, RandomUnderSampler
from tests.tables import contents, fingerprint, mixed_sizes, mixed_sizes_sampler, points, settings

MOST_CALLS = 40
"""Per column; several hundred where each step of an expression is a call."""


@pytest.fixture(scope="module")
def from_files(spark, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("plan") / "rows.parquet")
    table = mixed_sizes(spark)
    table.repartition(3).write.parquet(path)
    return spark.read.parquet(path)


@pytest.fixture(scope="module")
def plan(from_files):
    return mixed_sizes_sampler("voronoi").plan(from_files)


@pytest.mark.parametrize("adaptive", ["true", "false"])
def test_new_rows_take_one_shuffle_and_originals_none(spark, plan, capsys, adaptive):
    def physical(df):
        df.explain()
        return capsys.readouterr().out

    with settings(spark, {"spark.sql.adaptive.enabled": adaptive}):
        synthetic, resampled = physical(plan.synthetic()), physical(plan.resampled())

    assert len(re.findall(r"\bExchange\b", synthetic)) == 1
    assert len(re.findall(r"\bExchange\b", resampled)) == 1
    for word in ("BroadcastExchange", "Join", "Sort", "ArrowEvalPython", "BatchEvalPython"):
        assert word not in resampled
    assert len(re.findall(r"\bMapInArrow\b", resampled)) == 3  # pack, send, then search and make
    originals = resampled[: resampled.index("Exchange")].split("MapInArrow")[0]
    assert "Union" in originals


def test_only_the_rows_of_classes_that_grow_are_sent(spark, plan):
    """The class that grows is far smaller here than the table."""
    sent = plan.synthetic()._jdf.queryExecution().optimizedPlan().toString()

    assert "Filter" in sent[sent.index("MapInArrow") :]


def test_session_is_left_as_it_was(spark, from_files):
    def state():
        chosen = sorted(tuple(row) for row in spark.sql("SET").collect())
        persisted = set(spark.sparkContext._jsc.getPersistentRDDs().keySet())
        views = [table.name for table in spark.catalog.listTables()]
        return chosen, persisted, views

    cached = points(spark, {"1": 9, "0": 20}).persist()
    cached.count()
    before = state()
    other = from_files.repartition(5)  # Spark takes the records of equal plans for one
    output = mixed_sizes_sampler("random_projection").resample(other)
    assert fingerprint(output)[0] == 3 * 9_300
    del output  # Spark keeps what its rows are made of until then
    assert SMOTE(seed=1).resample(cached).count() == 40
    with pytest.raises(ValueError, match="lable"):
        SMOTE(labelCol="lable").resample(cached)

    assert state() == before
    assert cached.is_cached
    cached.unpersist()
    assert spark.range(3).count() == 3


def test_progress_wraps_each_phase_and_the_report_times_it(spark):
    seen = []

    @contextmanager
    def progress(name):
        seen.append(f"{name} starts")
        yield
        seen.append(f"{name} ends")

    table = points(spark, {"1": 9, "0": 20})
    plan = SMOTE().plan(table, progress=progress)

    assert seen == [f"{p} {w}" for p in ("profile", "sample", "hash") for w in ("starts", "ends")]
    assert [phase.name for phase in plan.report.phases] == ["profile", "sample", "hash"]
    assert all(phase.seconds >= 0 for phase in plan.report.phases)


def test_recall_is_measured_per_class_unless_switched_off(spark, plan):
    found = {a.label: a for a in plan.report.accuracy}

    assert set(found) == {"a", "b"}
    assert found["a"].exact
    assert not found["b"].exact
    assert found["b"].queries == 32
    print(f"recall {found['b'].recall:.3f}, distance ratio {found['b'].distance_ratio:.4f}")
    assert found["b"].recall >= 0.9
    assert 1 <= found["b"].distance_ratio < 1.05
    unmeasured = SMOTE(recallQueries=0).plan(points(spark, {"1": 9, "0": 20}))
    assert unmeasured.report.accuracy == []


def test_fingerprint_tells_contents_and_schema_apart_and_nothing_else(spark):
    table = points(spark, {"1": 9, "0": 20}, partitions=4)

    def found(df):
        return SMOTE().plan(df).report.input_fingerprint

    original = found(table)
    assert found(table.orderBy("x").coalesce(1)) == original
    assert found(table.withColumnRenamed("x", "z")) != original
    assert found(table.union(table.limit(2))) != original


def test_resample_equals_what_its_plan_gives(spark):
    table = points(spark, {"1": 9, "0": 20})
    sampler = SMOTE(seed=4)

    assert contents(sampler.resample(table)) == contents(sampler.plan(table).resampled())


@pytest.mark.parametrize(
    "sampler",
    [SMOTE(recallQueries=0), EditedNearestNeighbours(recallQueries=0), RandomUnderSampler()],
    ids=repr,
)
def test_few_calls_into_the_jvm_are_made_for_a_column(spark, monkeypatch, sampler):
    """Plans of wide tables took half a minute for building expressions, call by call."""
    calls = 0
    send = GatewayClient.send_command

    def counted(self, *args, **kwargs):
        nonlocal calls
        calls += 1
        return send(self, *args, **kwargs)

    def calls_for(columns):
        nonlocal calls
        each = [f"id * {i}.5D % 9 AS x{i}" for i in range(columns)]
        table = spark.range(200).selectExpr(*each, "int(id % 9 = 0) AS label")
        calls = 0
        _ = sampler.plan(table).resampled().schema
        return calls

    monkeypatch.setattr(GatewayClient, "send_command", counted)
    assert calls_for(2) > 0  # among them what is looked up once
    assert calls_for(42) - calls_for(2) < 40 * MOST_CALLS

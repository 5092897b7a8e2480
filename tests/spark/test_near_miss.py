"""NearMiss: who stays, what is refused, and what the report says of it."""

import numpy as np
import pytest
from pyspark.sql import functions as F

from spark_smote import NearMiss
from spark_smote.errors import DataError, ParameterError
from spark_smote.plans import cut, model
from spark_smote.plans import search as search_module
from tests.tables import contents, counts, points, uniform


def line(spark, values):
    """Rows `(x, label)` in one partition."""
    return spark.createDataFrame(values, "x double, label string").coalesce(1)


def kept(df, label="a"):
    return sorted(row.x for row in df.filter(F.col("label") == label).collect())


@pytest.fixture(scope="module")
def far_and_near(spark):
    """Class a at 0 to 9 and 100 to 109, c at 50; the references, b, at 10 to 12."""
    values = [(float(i), "a") for i in (*range(10), *range(100, 110))]
    return line(spark, values + [(10.0, "b"), (11.0, "b"), (12.0, "b")] + [(50.0, "c")] * 4)


def test_every_class_keeps_what_was_asked_for(far_and_near):
    plan = NearMiss(samplingStrategy={"a": 5, "c": 0}).plan(far_and_near)

    assert kept(plan.resampled()) == [5.0, 6.0, 7.0, 8.0, 9.0]
    assert counts(plan.resampled()) == {"a": 5, "b": 3}
    outcomes = {c.label: (c.method, c.rows_after, c.k_resolved) for c in plan.report.classes}
    assert outcomes == {"a": ("nearest", 5, 3), "b": ("untouched", 3, 0), "c": ("nearest", 0, 3)}
    said = {notice.code: notice.message for notice in plan.report.notices}
    assert "distance to class 'b'" in said["not_a_sample"]
    assert "19 of 27 rows" in said["rows_removed"]
    assert [(a.among, a.exact) for a in plan.report.accuracy] == [("class 'b'", True)] * 2


def test_version_3_may_keep_fewer_and_says_so(far_and_near):
    of_one_class_each = far_and_near.repartitionByRange(3, "label")
    plan = NearMiss(version=3, nNeighbors=2, samplingStrategy={"a": 5}).plan(of_one_class_each)

    assert kept(plan.resampled()) == [8.0, 9.0]  # what each of the references lists
    (outcome,) = [c for c in plan.report.classes if c.label == "a"]
    assert outcome.rows_after == 2
    assert outcome.note == "5 rows were asked for, and the references list 2 (version=3)"
    assert [n for n in plan.report.notices if n.code == "other_count" and "list 2" in n.message]
    # all 20 rows of a among the references, then these among those
    assert [(s.queried, s.rows) for s in plan.report.searches] == [(20, 3), (3, 20)]


def test_nothing_is_searched_where_no_row_goes(far_and_near):
    plan = NearMiss(samplingStrategy={"a": 20}).plan(far_and_near)

    assert contents(plan.resampled().drop("is_synthetic")) == contents(far_and_near)
    assert [phase.name for phase in plan.report.phases] == ["profile"]


def test_rows_that_cannot_be_searched_stay_among_those_to_keep(spark):
    values = [(float(i), "a") for i in range(8)] + [(None, "a")] * 2
    values += [(9.0, "b"), (10.0, "b"), (11.0, "b"), (None, "b")]
    table = line(spark, [*values, *[(float(i), "c") for i in range(4)], *[(None, "c")] * 2])
    sampler = NearMiss(handleInvalid="skip", samplingStrategy={"a": 4, "c": 1})
    plan = sampler.plan(table)

    assert counts(plan.resampled()) == {"a": 4, "b": 4, "c": 2}
    assert {6.0, 7.0, None} == {r.x for r in plan.resampled().filter("label = 'a'").collect()}
    notes = {c.label: c.note for c in plan.report.classes}
    assert notes == {
        "a": "",
        "b": "",
        "c": "1 rows were asked for, and 2 stay that have invalid inputs",
    }
    filled = sampler.copy({sampler.handleInvalid: "impute"}).plan(table)
    assert {c.label: c.rows_after for c in filled.report.classes} == {"a": 4, "b": 4, "c": 1}


def test_levels_that_differ_count_as_in_smote_nc(spark):
    random = np.random.default_rng(6)
    features, levels = random.normal(size=(250, 3)), random.integers(0, 4, (250, 2))
    own = np.arange(250) < 40
    rows = [
        (*map(float, values), "pqr"[a] if a < 3 else None, bool(b > 1), number, number >= 40)
        for number, (values, (a, b)) in enumerate(zip(features, levels, strict=True))
    ]
    schema = "x double, y double, z double, s string, t boolean, n int, label boolean"
    sampler = NearMiss(nominalCols=["s", "t"], ignoreCols=["n"], standardize=False)
    plan = sampler.plan(spark.createDataFrame(rows, schema).repartition(3))

    codes = np.column_stack([levels[:, 0], levels[:, 1] > 1])
    away = ((features[:, None] - features[own][None]) ** 2).sum(axis=2)
    away += np.median(features.std(axis=0)) ** 2 * (codes[:, None] != codes[own][None]).sum(axis=2)
    means = np.sort(np.sqrt(away), axis=1)[:, :3].mean(axis=1)
    means[own] = 0
    stay = {row.n for row in plan.resampled().select("n").collect()}
    assert stay == set(np.argsort(means, kind="stable")[:80].tolist())


def test_what_cannot_be_done_is_refused(far_and_near, monkeypatch):
    with pytest.raises(DataError, match="2 rows of class 'b', which has 3.*stays whole"):
        NearMiss(samplingStrategy={"b": 2}).plan(far_and_near)
    with pytest.raises(DataError, match="nNeighbors=4 needs 4 usable rows.*'b'.*to 3 or less"):
        NearMiss(nNeighbors=4).plan(far_and_near)
    with pytest.raises(ParameterError, match="version must be from 1 to 3; received 4"):
        NearMiss(version=4)
    monkeypatch.setattr(search_module, "rows_in_one_bucket", lambda width, quality: 2)
    with pytest.raises(DataError, match="version=2 compares.*'b', for up to 2.*use version=1"):
        NearMiss(version=2).plan(far_and_near)
    with pytest.raises(DataError, match="searchQuality='exact'.*about 3; use 'accurate'"):
        NearMiss(searchQuality="exact").plan(far_and_near)


def test_class_without_usable_references_is_named(spark):
    table = line(spark, [(float(i), "a") for i in range(6)] + [(None, "b")] * 3)
    with pytest.raises(DataError, match="class 'b'.*no usable row, of 3; fill"):
        NearMiss(handleInvalid="skip").plan(table)


def test_rows_asking_in_parts_are_ranked_as_together(spark, monkeypatch):
    table = points(spark, {"'a'": 400, "'b'": 50}, f"{uniform(1)} AS x", f"{uniform(2)} AS y")
    together = NearMiss().plan(table)
    monkeypatch.setattr(model, "ROWS_ASKING", 60)
    parted = NearMiss().plan(table)

    assert {c.label: c.buckets for c in parted.report.classes} == {"a": 7, "b": 0}
    assert contents(parted.resampled()) == contents(together.resampled())


def test_the_cut_is_found_in_steps_whatever_ties(spark, monkeypatch):
    monkeypatch.setattr(cut, "MOST_LISTED", 6)
    random = np.random.default_rng(5)
    rows = [
        (
            int(code),
            int(random.integers(0, 4)) << 40,
            int(random.integers(-(2**62), 2**62)),
            n % 4 + 1,
        )
        for code in (0, 2)
        for n in range(60)
    ]
    frame = spark.createDataFrame(rows, "class int, word bigint, key bigint, multiplicity bigint")
    wanted = [int(random.integers(1, 140)), 0, int(random.integers(1, 140))]
    found = cut.cut_rows(frame, wanted, most=300)

    stay = {(row["class"], row.key) for row in frame.filter(found.whole).collect()}
    partly = dict(found.partly)
    for code in (0, 2):
        left = wanted[code]
        for _, _, key, times in sorted(row for row in rows if row[0] == code):
            taken = min(times, left)
            assert ((code, key) in stay) == (taken == times)
            assert partly.pop(key, 0) == (taken if taken < times else 0)
            left -= taken
    assert not partly


@pytest.mark.slow
def test_many_references_are_searched_in_buckets_and_the_report_says_how_nearly(spark):
    table = points(
        spark,
        {"'a'": 24_000, "'b'": 10_000},
        *[f"{uniform(j)} AS x{j}" for j in range(6)],
        "id AS n",
        partitions=3,
    )
    sampler = NearMiss(ignoreCols=["n"], searchQuality="fast", samplingStrategy=0.8)
    plan = sampler.plan(table)
    found = {r.n for r in plan.resampled().select("n").collect()}
    exact = sampler.copy({sampler.searchQuality: "exact"}).resample(table)
    truth = {r.n for r in exact.select("n").collect()}
    (accuracy,) = plan.report.accuracy
    print(f"recall {accuracy.recall:.3f}; {len(found ^ truth) / 2:.0f} of 12,500 rows differ")

    assert len(found) == len(truth) == 22_500
    assert len(found ^ truth) < 0.1 * 25_000
    assert not accuracy.exact
    assert 0.85 < accuracy.recall < 0.99
    assert (accuracy.queries, accuracy.among) == (256, "class 'b'")
    again = sampler.resample(table.repartition(5).sortWithinPartitions(F.desc("x0")))
    assert {r.n for r in again.select("n").collect()} == found

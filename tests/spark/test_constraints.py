"""New rows meet every constraint, in exact numbers, and are else what the method makes."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import functions as F

from spark_smote import SMOTE, SMOTENC
from spark_smote.errors import DataError, ParameterError, SchemaError
from spark_smote.kernels.redraws import best_draws
from spark_smote.plans import redraw
from tests.tables import (
    BATCH_ROWS,
    CARRIED,
    classes,
    clustered,
    contents,
    counts,
    points,
    settings,
    uniform,
    unreadable,
    vector_column,
)

SIZES = {"'rare'": 300, "'mid'": 40, "'common'": 900}
CONDITIONS = [
    "`a.b` > `w ``x`",  # half of the naive rows break this one
    "n % 2 = 0 -- even",  # and half of the others this
    "tag <> 't1'",
    "day < date'2020-03-25'",
    "wide.inner IS NOT NULL",
]


def table(spark, partitions=3):
    return classes(
        spark,
        SIZES,
        f"{clustered(1)} AS `a.b`",
        f"{clustered(2)} AS `w ``x`",
        f"cast(40 * {uniform(5)} AS smallint) AS n",
        "concat('t', id % 5) AS tag",
        "date_add(date'2020-01-01', cast(id % 100 AS int)) AS day",
        "named_struct('inner', nullif(id % 7, 3)) AS wide",
        partitions=partitions,
    )


def sampler(**params):
    given = {"idCol": "id", "carryPolicy": "copy", "seed": 3, "provenance": True}
    return SMOTE(**{**given, "constraints": CONDITIONS, "recallQueries": 0, **params})


def meets(row):
    return (
        row["a.b"] > row["w `x"]
        and row["n"] % 2 == 0
        and row["tag"] != "t1"
        and str(row["day"]) < "2020-03-25"
        and row["wide"]["inner"] is not None
    )


def new_ones(rows):
    return [row for row in rows if row["is_synthetic"]]


@pytest.fixture(scope="module")
def done(spark):
    plan = sampler().plan(table(spark))
    return plan, plan.resampled().collect()


def test_every_new_row_meets_every_constraint_and_counts_are_exact(spark, done):
    _, rows = done

    assert Counter(row.label for row in rows) == {"rare": 900, "mid": 900, "common": 900}
    new = new_ones(rows)
    assert all(map(meets, new))
    real = Counter(repr(tuple(r)[:8]) for r in rows if not r["is_synthetic"])
    assert real == Counter(repr(tuple(r)) for r in table(spark).collect())
    assert not all(meets(row) for row in rows if not row["is_synthetic"])
    naive = new_ones(sampler(constraints=[]).resample(table(spark)).collect())
    broken = [row for row in naive if not row["a.b"] > row["w `x"]]
    assert len(broken) > 0.4 * len(naive)


def test_new_rows_are_still_those_that_the_method_makes(spark, done):
    _, rows = done
    base = {row.id: row for row in rows if not row["is_synthetic"]}
    for row in new_ones(rows):
        left, right = base[row.base_id], base[row.neighbour_id]
        assert left.label == right.label == row.label
        assert (left.tag, left.day, left.wide) == (row.tag, row.day, row.wide)
        for name in ("a.b", "w `x"):
            at = left[name] + row.gap * (right[name] - left[name])
            assert row[name] == pytest.approx(at, abs=1e-9)
        assert row["n"] == round(left["n"] + row.gap * (right["n"] - left["n"]))


def test_naive_rows_that_meet_the_constraints_are_kept(spark, done):
    naive = new_ones(sampler(constraints=[]).resample(table(spark)).collect())
    kept = Counter(map(repr, filter(meets, naive)))

    assert kept
    assert not kept - Counter(map(repr, new_ones(done[1])))


@pytest.mark.parametrize(("partitions", "batch"), [(1, 10_000), (8, 10_000), (3, 37)])
def test_rows_do_not_depend_on_partitions_nor_on_batches(spark, done, partitions, batch):
    with settings(spark, {BATCH_ROWS: str(batch)}):
        found = contents(sampler().resample(table(spark, partitions)))

    assert found == Counter(map(repr, done[1]))


def test_bases_that_can_pass_are_used_alike(spark):
    plan = sampler(
        constraints=["tag NOT IN ('t0', 't1', 't2')"],
        samplingStrategy={"rare": 8_000},
    ).plan(table(spark))
    used = Counter(row.base_id for row in plan.synthetic().select("base_id").collect())

    assert len(used) == 300 * 2 / 5
    expected = 7_700 / 120
    squared = sum((n - expected) ** 2 for n in used.values()) / expected
    print(f"chi-squared per degree of freedom: {squared / 119:.2f}")
    assert squared / 119 < 1.6  # 1 on average where all are drawn by chance alone


def test_many_buckets_and_slices_give_exact_counts(spark, monkeypatch):
    big = points(
        spark, {"'rare'": 9_000, "'common'": 14_000}, f"{clustered(1)} AS x", f"{clustered(2)} AS y"
    )
    monkeypatch.setattr("spark_smote.plans.layout.ROWS_PER_SLICE", 101)
    given = {"seed": 1, "recallQueries": 0, "searchQuality": "fast", "provenance": True}
    plan = SMOTE(constraints=["x > y"], **given).plan(big)
    found = plan.resampled()

    assert plan.report.classes[1].buckets > 3
    assert counts(found) == {"rare": 14_000, "common": 14_000}
    assert found.filter("is_synthetic AND NOT x > y").isEmpty()
    used = found.filter("is_synthetic").groupBy("base_id").count().collect()
    assert max(row["count"] for row in used) < 12  # 5,000 from about 4,500 rows that can pass
    assert len(used) > 2_000


def test_buckets_that_cannot_serve_leave_their_quota_to_others(spark):
    big = points(
        spark,
        {"'rare'": 9_000, "'common'": 14_000},
        f"{clustered(1)} AS x",
        f"{clustered(2)} AS y",
        "id % 3 AS code",
    )
    given = {"ignoreCols": ["code"], "carryPolicy": "copy", "searchQuality": "fast", "seed": 1}
    plan = SMOTE(**given, recallQueries=0, constraints=["x > 12 AND code = 1"]).plan(big)
    new = plan.synthetic()

    assert new.count() == 5_000
    assert new.filter("NOT (x > 12 AND code = 1)").isEmpty()
    quotas = Counter()
    for part in (part for parts in plan.recipe.layout.slices for part in parts):
        quotas[part.bucket] += part.quota
    assert len(quotas) < plan.report.classes[1].buckets
    (trial,) = plan.report.trial_draws
    assert 0.2 * trial.bases_met < trial.met / 8 < trial.bases_met < trial.bases / 3


def test_the_report_counts_real_rows_that_break_them_and_trial_draws(done, spark):
    plan, _ = done
    report = plan.report
    told = {(each.condition, each.label): each for each in report.constraints}
    rows = table(spark).withColumnRenamed("a.b", "ab")
    half = rows.filter("label = 'rare' AND NOT ab > `w ``x`").count()

    assert len(told) == len(CONDITIONS) * 3
    assert (told[CONDITIONS[0], "rare"].rows, told[CONDITIONS[0], "rare"].unmet) == (300, half)
    assert (told[CONDITIONS[2], "mid"].unmet, told[CONDITIONS[2], "mid"].unknown) == (8, 0)
    assert {each.label for each in report.trial_draws} == {"rare", "mid"}
    for each in report.trial_draws:
        assert 0 < each.met <= min(each.met_each) <= each.draws
        assert each.met_each[2] == pytest.approx(0.8 * each.draws, rel=0.1)
    notices = [n for n in report.notices if n.code == "constraint_broken_by_real_rows"]
    assert len(notices) == len(CONDITIONS)
    assert f"{half} of 300 of class 'rare'" in notices[0].message
    assert "constraints" in str(report)


def test_unknown_counts_as_not_met(spark):
    rows = points(
        spark, {"1": 60, "0": 90}, f"{uniform(1)} AS x", "IF(id % 3 = 0, NULL, id % 3) AS code"
    )
    plan = SMOTE(ignoreCols=["code"], carryPolicy="copy", constraints=["code < 9"]).plan(rows)
    told = {each.label: each for each in plan.report.constraints}

    assert plan.synthetic().filter("code IS NULL").count() == 0
    assert (told[1].unmet, told[1].unknown, told[0].unknown) == (20, 20, 30)
    assert "OR ... IS NULL" in " ".join(n.message for n in plan.report.notices)
    accepting = SMOTE(
        ignoreCols=["code"], carryPolicy="copy", constraints=["code < 9 OR code IS NULL"]
    )
    assert accepting.plan(rows).synthetic().filter("code IS NULL").count() > 0


def test_rows_are_judged_as_they_are_written(spark):
    rows = points(
        spark,
        {"1": 50, "0": 90},
        f"cast(10 * {uniform(1)} AS int) AS n",
        f"cast(10 * {uniform(2)} AS decimal(3,1)) AS d",
    )
    written = ["n = 4", "d * 10 % 2 = 0"]  # n is between 3.5 and 4.5 before it is rounded
    new = SMOTE(inputCols=["n", "d"], constraints=written, kNeighbors=12).plan(rows).synthetic()
    assert {(row.n, int(row.d * 10) % 2) for row in new.collect()} == {(4, 0)}
    policy = {"n": "double"}
    unrounded = SMOTE(
        inputCols=["n", "d"], constraints=["n % 1 <> 0"], boundsPolicy=policy
    ).resample(rows)
    assert unrounded.filter("is_synthetic AND n = floor(n)").count() == 0


def test_levels_are_drawn_again_too(spark):
    rows = points(
        spark,
        {"'rare'": 120, "'common'": 300},
        f"{clustered(1)} AS x",
        "concat('l', id % 4) AS level",
        "id % 3 = 0 AS flag",
    )
    plan = SMOTENC(constraints=["level <> 'l0'", "flag OR level = 'l2'"], kNeighbors=4).plan(rows)
    new = plan.synthetic().collect()
    naive = SMOTENC(kNeighbors=4).plan(rows).synthetic().collect()
    kept = Counter(row for row in naive if row.level != "l0" and (row.flag or row.level == "l2"))

    assert len(new) == 180
    assert kept
    assert not kept - Counter(new)
    assert {(row.level, row.flag) for row in new} == {
        ("l1", True), ("l2", True), ("l3", True), ("l2", False),
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["dense", "sparse", "array"])
def test_packed_inputs_and_every_carried_type_pass_through(spark, kind):
    vector = {
        "dense": vector_column("id", "-id", "id % 3", "1", "2"),
        "sparse": F.expr("1").alias("features"),
        "array": F.expr("array(id, -id, id % 3)").alias("features"),
    }[kind]
    if kind == "sparse":
        sparse = F.udf(lambda i: Vectors.sparse(9, [0, 4], [float(i), 1.0]), VectorUDT())
        vector = sparse("id").alias("features")
    kinds = CARRIED if kind == "dense" else {"a.b": CARRIED["a.b"]}
    carried = [F.expr(sql).alias(name) for name, sql in kinds.items()]
    rows = spark.range(0, 60, 1, 3).select(
        vector, *carried, F.expr("int(id < 20)").alias("label"), F.expr("id AS number")
    )
    given = {"featuresCol": "features", "carryPolicy": "copy", "seed": 2, "recallQueries": 0}
    plan = SMOTE(**given, constraints=["number % 2 = 0", "`a.b` IS NOT NULL OR true"]).plan(rows)
    naive = SMOTE(**given).plan(rows).synthetic()
    new = plan.synthetic()

    assert new.schema == naive.schema
    assert new.count() == 20
    even = contents(naive.filter("number % 2 = 0"))
    assert even
    assert not even - contents(new)
    assert new.filter("number % 2 <> 0").count() == 0


def test_duplicated_classes_take_the_rows_that_pass(spark):
    rows = points(spark, {"1": 4, "0": 50}, "id * 1D AS x", "id AS code")
    given = {"ignoreCols": ["code"], "carryPolicy": "copy", "onSmallClass": "duplicate"}
    new = SMOTE(**given, constraints=["code % 2 = 1"]).plan(rows).synthetic()
    assert Counter(row.code for row in new.collect()).keys() == {1, 3}
    assert new.count() == 46
    with pytest.raises(Exception, match=r"class 1 is 46 short of the 46.*'code > 9' by"):
        SMOTE(**given, constraints=["code > 9"]).resample(rows).collect()


def test_missing_inputs_are_null_when_judged(spark):
    rows = points(
        spark, {"1": 60, "0": 90}, "IF(id % 4 = 0, NULL, id * 1D) AS x", f"{uniform(2)} AS y"
    )
    given = {"handleInvalid": "impute", "recallQueries": 0}
    assert (
        SMOTE(**given, constraints=["x >= 0"]).plan(rows).synthetic().filter("x IS NULL").isEmpty()
    )
    either = SMOTE(**given, constraints=["x >= 0 OR x IS NULL"]).plan(rows).synthetic()
    assert not either.filter("x IS NULL").isEmpty()


def test_without_constraints_the_plan_of_spark_is_the_same(spark, monkeypatch):
    monkeypatch.setattr(redraw, "constrained", None)
    monkeypatch.setattr("spark_smote.plans.resample_plan.constrained", None)
    plan = sampler(constraints=[]).plan(table(spark))

    assert plan.synthetic().count() == 1_460
    assert plan.report.constraints == plan.report.trial_draws == []
    assert not {"constraints", "trial"} & {phase.name for phase in plan.report.phases}


def test_impossible_constraints_are_refused_when_planned(spark):
    with pytest.raises(DataError, match=r"none of 2,400 draws .* class 'rare' .*'t9'\" by 0"):
        sampler(constraints=["n >= 0", "tag = 't9'"]).plan(table(spark))


def test_constraints_too_seldom_met_fail_by_name_and_number(spark, monkeypatch):
    """As where fewer draws than tell were made when planning."""
    monkeypatch.setattr("spark_smote.plans.conditions.DRAWS_THAT_TELL", 1 << 60)
    plan = sampler(constraints=["n >= 0", "tag = 't9'"]).plan(table(spark))
    (seldom,) = [n for n in plan.report.notices if n.code == "constraints_seldom_met"]
    assert "0 of 2,400 in class 'rare'" in seldom.message
    with pytest.raises(Exception, match="spark_smote.errors.DataError: constraints: class ") as e:
        plan.resampled().collect()
    said = str(e.value)
    assert "short of the 860 new rows" in said or "short of the 600 new rows" in said
    assert "\"tag = 't9'\" by" in said
    assert "'n >= 0' by" not in said
    assert "samplingStrategy" in said


REFUSED = {
    "syntax": (ParameterError, "x >", ["Syntax error", "WHERE"]),
    "two in one": (ParameterError, "x > 1; x > 2", ["Syntax error"]),
    "two by brackets of others": (ParameterError, "x > 0) OR (x > 2", ["Syntax error"]),
    "half a condition": (ParameterError, "x > 1 AND", ["Syntax error"]),
    "unknown column": (SchemaError, "xx > 1", ["'xx'", "it has 'x'"]),
    "name that needs backticks": (SchemaError, "a.b > 1", ["'a.b'", "backticks"]),
    "unknown function": (ParameterError, "nosuch(x) > 1", ["`nosuch`"]),
    "no boolean": (ParameterError, "x + 1", ["boolean", "end_date >= start_date"]),
    "null": (ParameterError, "NULL", ["boolean"]),
    "aggregate": (ParameterError, "x > avg(x)", ["aggregates", "one row"]),
    "count": (ParameterError, "count(*) > 1", ["aggregates"]),
    "window": (ParameterError, "row_number() OVER (ORDER BY x) > 1", ["other rows"]),
    "random": (ParameterError, "x > rand()", ["deterministic"]),
    "place": (ParameterError, "monotonically_increasing_id() > 1", ["deterministic"]),
    "query": (ParameterError, "x > (SELECT 1)", ["query"]),
    "query for membership": (ParameterError, "x IN (SELECT 1)", ["query"]),
    "existence": (ParameterError, "EXISTS (SELECT 1)", ["query"]),
    "generator": (ParameterError, "explode(array(true))", ["several rows"]),
    "output column": (SchemaError, "is_synthetic", ["'is_synthetic'"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_condition_on_a_row_is_refused_without_reading_one(spark, case):
    kind, condition, words = REFUSED[case]
    rows = unreadable(spark, "id * 1D AS x", "1D AS `a.b`")
    with pytest.raises(kind) as caught:
        SMOTE(constraints=["x > 0", condition]).plan(rows)
    said = str(caught.value)
    assert type(caught.value) is kind
    assert said.startswith(f"constraints: {condition!r}")
    assert [word for word in words if word not in said] == []
    assert "\n" not in said
    assert "SQLSTATE" not in said


def test_functions_of_python_are_refused(spark):
    spark.udf.register("is_fine", lambda x: True, "boolean")
    with pytest.raises(ParameterError, match="'is_fine.x.' calls a Python function"):
        SMOTE(constraints=["is_fine(x)"]).plan(unreadable(spark, "id * 1D AS x"))


def test_names_that_differ_in_case_only_are_refused_where_they_are_one(spark):
    rows = unreadable(spark, "id * 1D AS x", "id * 1D AS X")
    with pytest.raises(SchemaError, match="'x > 1'.*case.*rename"):
        SMOTE(constraints=["x > 1"]).plan(rows)


def test_a_condition_that_fails_on_a_real_row_is_an_error_of_the_data(spark):
    rows = points(spark, {"1": 30, "0": 60}, "id * 1D AS x")
    with pytest.raises(DataError, match=r"constraints .*'1 / x > 0'.*Division by zero"):
        SMOTE(constraints=["1 / x > 0"]).plan(rows)


def test_draws_that_are_held_are_bounded_without_a_change_of_what_is_chosen():
    random = np.random.default_rng(0)
    draws = pa.table(
        {
            "place": random.integers(0, 40, 500),
            "try": random.integers(1, 20, 500),
            "of": np.full(500, 500),
            "short": np.full(500, 25),
            "met": [[bool(each)] for each in random.random(500) < 0.7],
        }
    )
    at_once, in_parts = redraw._SecondRound(), redraw._SecondRound()
    at_once.enter(draws, 30)
    for start in range(0, 500, 23):
        in_parts.enter(draws.slice(start, 23), 30)
        assert sum(map(len, in_parts.held)) <= 2 * 25
    columns = ["place", "try"]
    rows = draws.filter(pc.list_element(draws["met"], 0))
    best = best_draws(rows["place"].to_numpy(), rows["try"].to_numpy(), 30, 25)
    expected = rows.take(best).select(columns)
    assert in_parts.best(30, 25).select(columns).equals(expected)
    assert at_once.best(30, 25).select(columns).equals(expected)
    assert (in_parts.seen, list(in_parts.unmet)) == (500, list(at_once.unmet))

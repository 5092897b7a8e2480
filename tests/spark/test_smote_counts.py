"""Every class ends with exactly the rows planned, also where classes are tiny, equal or huge."""

from collections import Counter

import pytest
from pyspark.sql import functions as F

from spark_smote import SMOTE
from spark_smote.errors import DataError
from tests.tables import classes, contents, counts, points, uniform

TWO = {"0": 60, "1": 13}
MANY = {"'a'": 20, "'b'": 45, "'c'": 45, "'d'": 7}

FORMS = {
    "auto": (TWO, {"samplingStrategy": "auto"}, {0: 60, 1: 60}),
    "float": (TWO, {"samplingStrategy": 0.33}, {0: 60, 1: 13 + int(60 * 0.33 - 13)}),
    "float one": (TWO, {"samplingStrategy": 1.0}, {0: 60, 1: 60}),
    "ratio beyond one": (TWO, {"samplingRatios": {"1": 1.55}}, {0: 60, 1: 93}),
    "auto, four classes": (MANY, {}, {"a": 45, "b": 45, "c": 45, "d": 45}),
    "minority": (MANY, {"samplingStrategy": "minority"}, {"a": 20, "b": 45, "c": 45, "d": 45}),
    "not minority": (
        MANY,
        {"samplingStrategy": "not minority"},
        {"a": 45, "b": 45, "c": 45, "d": 7},
    ),
    "not majority": (MANY, {"samplingStrategy": "not majority"}, dict.fromkeys("abcd", 45)),
    "all": (MANY, {"samplingStrategy": "all"}, dict.fromkeys("abcd", 45)),
    "dict, also beyond the largest": (
        MANY,
        {"samplingStrategy": {"a": 21, "c": 101}},
        {"a": 21, "b": 45, "c": 101, "d": 7},
    ),
    "dict with the text of integers": (
        TWO,
        {"samplingStrategy": {"1": 14, "0": 60}},
        {0: 60, 1: 14},
    ),
    "callable": (
        MANY,
        {"samplingStrategy": lambda counts: {k: 2 * n for k, n in counts.items() if n < 30}},
        {"a": 40, "b": 45, "c": 45, "d": 14},
    ),
    "ratios": (
        MANY,
        {"samplingRatios": {"a": 0.5, "d": 0.34}},
        {"a": 22, "b": 45, "c": 45, "d": 15},
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_counts_are_exact_for_every_form_of_strategy(spark, form):
    sizes, params, expected = FORMS[form]
    plan = SMOTE(recallQueries=0, **params).plan(points(spark, sizes))

    assert counts(plan.resampled()) == expected
    assert {c.label: c.rows_after for c in plan.report.classes} == expected
    assert plan.report.rows_after == sum(expected.values())


TINY = {"'one'": 1, "'k'": 5, "'more'": 6, "'most'": 30}


def tiny(spark):
    return classes(spark, TINY, "id * 1D AS x", "id * id * 1D AS y")


@pytest.mark.parametrize(
    ("on_small_class", "methods", "neighbours", "added"),
    [
        ("reduce", ("duplicate", "smote"), 4, 29),
        ("duplicate", ("duplicate", "duplicate"), 0, 29),
        ("skip", ("untouched", "untouched"), 0, 0),
    ],
)
def test_classes_of_one_row_k_rows_and_one_more(spark, on_small_class, methods, neighbours, added):
    sampler = SMOTE(idCol="id", onSmallClass=on_small_class, provenance=True)
    plan = sampler.plan(tiny(spark))
    outcomes = {c.label: c for c in plan.report.classes}
    new = plan.synthetic().collect()
    parents = {label: {r.neighbour_id for r in new if r.label == label} for label in outcomes}

    assert (
        Counter(r.label for r in new)
        == Counter({"one": added, "k": added and 25, "more": 24}) - Counter()
    )
    assert (outcomes["one"].method, outcomes["k"].method) == methods
    assert outcomes["k"].k_requested == 5
    assert outcomes["k"].k_resolved == neighbours
    assert outcomes["one"].k_resolved == 0
    assert all(outcomes[label].note for label in ("one", "k"))
    assert (outcomes["more"].method, outcomes["more"].k_resolved) == ("smote", 5)
    assert parents["more"] == set(range(6, 12))
    assert parents["one"] <= {None}  # a copy has no neighbour
    if methods[1] == "smote":
        assert parents["k"] == set(range(1, 6))
    for row in new:
        if outcomes[row.label].method == "duplicate":
            assert (row.x, row.gap, row.neighbour_id) == (row.base_id, None, None)
        else:
            assert row.base_id != row.neighbour_id


@pytest.mark.parametrize(("rows", "remedies"), [(1, ("skip",)), (5, ("4", "reduce"))])
def test_a_class_of_k_rows_or_fewer_is_an_error_by_default(spark, rows, remedies):
    table = points(spark, {"'rare'": rows, "'common'": 30})
    with pytest.raises(DataError, match=rf"'rare'.*{rows} .*kNeighbors.*5") as caught:
        SMOTE().plan(table)

    for remedy in (*remedies, "onSmallClass", "duplicate"):
        assert remedy in str(caught.value)


def test_skipped_class_is_reported_and_its_rows_stay(spark):
    plan = SMOTE(onSmallClass="skip", idCol="id").plan(tiny(spark))

    skipped = [n.message for n in plan.report.notices if n.code == "class_skipped"]
    assert len(skipped) == 2
    assert counts(plan.resampled()) == {"one": 1, "k": 5, "more": 30, "most": 30}


def test_class_in_one_partition_among_empty_ones_of_which_one_column_is_constant(spark):
    spread = points(spark, {"1": 9, "0": 80}, "id * 1D AS x", "7.1D AS y", "-3 AS n", partitions=9)
    holes = spread.filter("label = 1 OR x >= 40")
    assert holes.rdd.getNumPartitions() == 9
    output = SMOTE(seed=1).resample(holes)
    new = output.filter("is_synthetic").collect()

    assert counts(output) == {0: 49, 1: 49}
    assert {(row.y, row.n) for row in new} == {(7.1, -3)}
    assert 0 <= min(row.x for row in new) < max(row.x for row in new) <= 8


def test_new_rows_between_equal_rows_equal_them(spark):
    table = points(
        spark,
        {"1": 40, "0": 90},
        "IF(id < 40, 0.1D, id) AS x",
        "IF(id < 40, 3, id % 9) AS n",
        partitions=3,
    )
    plan = SMOTE().plan(table)

    assert {(r.x, r.n) for r in plan.synthetic().collect()} == {(0.1, 3)}
    assert counts(plan.resampled()) == {0: 90, 1: 90}
    assert "duplicates" in {notice.code for notice in plan.report.notices}


def heavy_plan(spark):
    """20,000 rows of which 9 in 10 are equal; 20,000 on one point, told apart by a name."""
    equal = "id % 10 != 0 OR id >= 20000"
    table = classes(
        spark,
        {"'repeated'": 20_000, "'flat'": 20_000, "'rest'": 20_400},
        f"IF({equal}, 1.5D, {uniform(1)}) AS x",
        f"IF({equal}, 2.5D, {uniform(2)}) AS y",
        "IF(id >= 20000 AND id < 40000, concat('n', id), '') AS name",
        partitions=4,
    ).drop("id")
    return SMOTE(carryPolicy="copy", seed=1, recallQueries=20).plan(table)


@pytest.fixture(scope="module")
def heavy(spark):
    plan = heavy_plan(spark)
    return plan, plan.synthetic().cache()


def test_heavy_duplication_keeps_counts_exact_and_is_told(heavy):
    plan, new = heavy

    assert counts(new) == {"repeated": 400, "flat": 400}
    told = [n.message for n in plan.report.notices if n.code == "duplicates"]
    assert len(told) == 2
    at_point = new.filter("x = 1.5 AND y = 2.5").groupBy("label").count().collect()
    copies = {row["label"]: row["count"] for row in at_point}
    assert copies["flat"] == 400
    assert 320 <= copies["repeated"] < 400  # nine in ten, give or take five deviations


def test_equal_inputs_that_no_hash_can_divide_are_split_all_the_same(spark, monkeypatch):
    monkeypatch.setattr("spark_smote.plans.tuning.LARGEST_BUCKET", 8_192)
    plan = heavy_plan(spark)
    names = plan.synthetic().filter("label = 'flat'").select("name")

    assert {c.label: c.buckets for c in plan.report.classes}["flat"] > 1
    assert names.distinct().count() > 350


def test_classes_on_the_same_points_stay_apart(spark):
    table = points(spark, {"1": 40, "0": 40, "2": 400})
    table = table.withColumn("x", F.lit(1.0)).withColumn("y", F.lit(2.0))
    plan = SMOTE(carryPolicy="null").plan(table)

    assert counts(plan.synthetic()) == {1: 360, 0: 360}


def test_hundreds_of_columns(spark):
    columns = [f"{uniform(i)} AS column_{i}" for i in range(200)]
    plan = SMOTE(recallQueries=5).plan(points(spark, {"1": 40, "0": 80}, *columns))
    new = plan.synthetic().collect()

    assert len(new) == 40
    assert {len(row) for row in new} == {201}
    assert all(0 <= value < 1 for row in new for value in row[:200])


def test_a_few_rows_make_a_great_many(spark):
    table = classes(spark, {"1": 260, "0": 300})
    plan = SMOTE(samplingStrategy={1: 300_000}, idCol="id", provenance=True).plan(table)
    new = plan.synthetic()
    found = (
        new.groupBy("base_id")
        .count()
        .agg(F.count("*").alias("bases"), F.min("count"), F.max("count"), F.sum("count"))
    )
    bases, fewest, most, total = found.first()

    assert total == 300_000 - 260
    assert bases == 260
    expected = total / 260
    assert fewest > expected - 6 * expected**0.5
    assert most < expected + 6 * expected**0.5
    # Parts of the work draw from streams of their own.
    assert new.select("gap").distinct().count() > 299_700
    assert "many_new_per_real" in {notice.code for notice in plan.report.notices}


def invalid(spark):
    odd = (
        "CASE WHEN id IN (3, 70) THEN NULL WHEN id = 4 THEN double('NaN') WHEN id = 5 "
        "THEN double('-Infinity') ELSE id * 1D END"
    )
    return classes(spark, {"1": 20, "0": 60}, f"{odd} AS `x.1`", "id % 3 AS n")


def test_invalid_rows_can_be_kept_out_of_the_search_but_stay(spark):
    table = invalid(spark)
    sampler = SMOTE(handleInvalid="skip", idCol="id", provenance=True, kNeighbors=16)
    plan = sampler.plan(table)
    output = plan.resampled()
    new = output.filter("is_synthetic").collect()
    outcome = next(c for c in plan.report.classes if c.label == 1)

    assert counts(output) == {0: 60, 1: 60}
    assert (outcome.rows_before, outcome.rows_usable) == (20, 17)
    parents = {row.base_id for row in new} | {row.neighbour_id for row in new}
    assert parents == set(range(20)) - {3, 4, 5}
    assert all(0 <= row["x.1"] <= 19 for row in new)
    originals = output.filter("NOT is_synthetic").select("id", "`x.1`", "n", "label")
    assert contents(originals) == contents(table)
    assert "invalid_skipped" in {notice.code for notice in plan.report.notices}


@pytest.mark.parametrize(
    ("sizes", "says"), [({"7": 30}, r"one class only.*7.*30"), ({"7": 0}, "no rows")]
)
def test_one_class_or_none_is_an_error(spark, sizes, says):
    table = points(spark, sizes or {"7": 0})
    with pytest.raises(DataError, match=says):
        SMOTE().plan(table)

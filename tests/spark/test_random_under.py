"""Random under-sampling: exact counts, every row as likely as any other, and no row changed."""

from collections import Counter

import numpy as np
import pytest
from imblearn.under_sampling import RandomUnderSampler as Reference
from pyspark.sql import functions as F
from pyspark.sql import types as T
from scipy.stats import chi2

from spark_smote import RandomUnderSampler
from spark_smote.errors import DataError
from spark_smote.plans import cut, drawing
from spark_smote.plans.drawing import Draw
from tests.tables import contents, counts, points

TWO = {"0": 60, "1": 13}
MANY = {"'a'": 20, "'b'": 45, "'c'": 45, "'d'": 7}

FORMS = {
    "auto": (TWO, "auto"),
    "float": (TWO, 0.33),
    "auto, four classes": (MANY, "auto"),
    "majority": (MANY, "majority"),
    "not majority": (MANY, "not majority"),
    "all": (MANY, "all"),
    "dict": (MANY, {"a": 3, "c": 44, "d": 7}),
    "callable": (MANY, lambda counts: {label: n // 2 for label, n in counts.items() if n > 30}),
}


@pytest.mark.parametrize("form", FORMS)
def test_counts_are_those_of_imbalanced_learn_for_every_form_of_strategy(spark, form):
    sizes, strategy = FORMS[form]
    table = points(spark, sizes)
    labels = np.array([row.label for row in table.select("label").collect()])
    # its functions are given the labels instead of their counts
    theirs = (lambda y: strategy(Counter(y.tolist()))) if callable(strategy) else strategy
    _, kept = Reference(sampling_strategy=theirs).fit_resample(labels[:, None], labels)
    plan = RandomUnderSampler(samplingStrategy=strategy).plan(table)

    assert counts(plan.resampled()) == Counter(kept.tolist())
    assert {c.label: c.rows_after for c in plan.report.classes} == Counter(kept.tolist())


def test_ratios_are_of_the_smallest_class_and_a_class_may_go_altogether(spark):
    table = points(spark, MANY)

    assert counts(RandomUnderSampler(samplingRatios={"a": 2, "b": 3.5}).resample(table)) == {
        "a": 14, "b": 24, "c": 45, "d": 7,
    }  # fmt: skip
    assert counts(RandomUnderSampler(samplingStrategy={"b": 0, "c": 1}).resample(table)) == {
        "a": 20, "c": 1, "d": 7,
    }  # fmt: skip
    alone = RandomUnderSampler(samplingStrategy={"b": 0}).resample(table)
    assert counts(alone) == {"a": 20, "c": 45, "d": 7}


def test_more_rows_than_a_class_has_cannot_be_kept(spark):
    with pytest.raises(DataError, match="'d', which has 7.*adds no rows.*7 or fewer"):
        RandomUnderSampler(samplingStrategy={"d": 8}).plan(points(spark, MANY))


def test_each_row_is_kept_or_removed_and_rows_without_twins_are_told_by_themselves(spark):
    table = points(spark, {"'a'": 500, "'b'": 40}, "id AS n", "IF(id % 3 = 0, NULL, id / 7D) AS x")
    plan = RandomUnderSampler(seed=1).plan(table)
    output = plan.resampled()
    told = output._jdf.queryExecution().executedPlan().toString()

    assert contents(output.drop("is_synthetic")) + contents(plan.removed()) == contents(table)
    assert counts(plan.removed()) == {"a": 460}
    assert "Exchange" not in told
    assert "Python" not in told


def repetitive(spark, partitions):
    """90 % of class a are one row, some of its rows come twice to nine times, the others once."""
    value = "CASE WHEN id < 1800 THEN -1 WHEN id < 1900 THEN id % 25 ELSE id END"
    sizes = {"'a'": 2_000, "'b'": 200, "'c'": 300}
    table = points(spark, sizes, f"{value} AS n", "IF(id < 1900, 's', concat('s', id)) AS s")
    return table.repartition(partitions).sortWithinPartitions(F.rand(partitions))


@pytest.fixture(scope="module")
def drawn(spark):
    return contents(RandomUnderSampler(seed=3).resample(repetitive(spark, 1)))


@pytest.mark.parametrize("partitions", [3, 8])
def test_rows_drawn_among_many_equal_ones_do_not_depend_on_partitions(spark, drawn, partitions):
    table = repetitive(spark, partitions)
    plan = RandomUnderSampler(seed=3).plan(table)

    assert contents(plan.resampled()) == drawn
    assert contents(plan.resampled().drop("is_synthetic")) + contents(plan.removed()) == contents(
        table
    )


def test_every_occurrence_of_equal_rows_counts_as_a_row(drawn):
    kept = Counter()
    for row, times in drawn.items():
        kept[row.partition("label='")[2][0]] += times
        kept["-1"] += times * ("n=-1," in row)

    assert (kept["a"], kept["b"], kept["c"]) == (200, 200, 200)
    assert 160 <= kept["-1"] <= 196  # 180, give or take four deviations
    assert max(times for row, times in drawn.items() if "label='b'" in row) == 1


def keys_of(spark, seeds, multiplicities):
    """The same distinct rows, once for each of many seeds, in the place of classes."""
    rows = [
        (code, 7 * key, -key, times)
        for code in range(seeds)
        for key, times in enumerate(multiplicities)
    ]
    schema = "class int, key bigint, twin bigint, rows bigint"
    return spark.createDataFrame(rows, schema).cache()


def drawn_of(keys, seeds, wanted, repeats):
    salts = Draw(tuple(drawing.seed_int64(seed, "random under", "'a'") for seed in range(seeds)))
    words = drawing._words(keys, salts, repeats)
    draw = drawing._resolved(salts, words, [wanted] * seeds)
    takes = draw.takes(*map(F.col, ("class", "key", "twin", "occurrence")))
    return words, words.filter(takes)


def test_every_row_is_drawn_as_often_as_any_other_over_many_seeds(spark):
    seeds, wanted = 1_000, 10
    multiplicities = [1] * 20 + [2] * 5 + [3] * 2 + [14]
    rows = sum(multiplicities)
    _, taken = drawn_of(keys_of(spark, seeds, multiplicities), seeds, wanted, 14)
    found = taken.groupBy("key", "occurrence").count().toPandas()["count"].to_numpy()
    expected = seeds * wanted / rows
    # each count is a sum over seeds of draws without replacement
    spread = expected * (1 - wanted / rows) * rows / (rows - 1)
    p = chi2.sf(((found - expected) ** 2 / spread).sum(), rows - 1)

    print(f"chi-square over {rows} rows and {seeds} seeds: p = {p:.3f}")
    assert len(found) == rows
    assert found.sum() == seeds * wanted
    assert p > 1e-3


@pytest.mark.parametrize("few", [1, 40, 99])
def test_words_that_tie_are_settled_and_counted_in_small_steps(spark, monkeypatch, few):
    """Words of three bits: most are shared; the driver sees two counts and ten words at once."""
    word = Draw.word
    monkeypatch.setattr(Draw, "word", lambda *row: F.shiftleft(F.shiftright(word(*row), 61), 58))
    monkeypatch.setattr(cut, "COUNTS_AT_ONCE", 8)
    monkeypatch.setattr(cut, "MOST_LISTED", 10)
    multiplicities = [1] * 50 + [5] * 10
    words, taken = drawn_of(keys_of(spark, 2, multiplicities), 2, few, 5)
    row = ("class", "word", "key", "twin", "occurrence")
    for code in range(2):
        every = sorted(map(tuple, words.filter(F.col("class") == code).select(*row).collect()))
        found = sorted(map(tuple, taken.filter(F.col("class") == code).select(*row).collect()))
        assert found == every[:few]


def test_values_that_cannot_be_inputs_are_no_hindrance(spark):
    """Nulls, NaN, longs beyond doubles, a decimal of 38 digits, maps: none is looked at."""
    table = points(
        spark,
        {"'a'": 30, "'b'": 9},
        "IF(id % 2 = 0, NULL, double('NaN')) AS x",
        "9007199254740993 + id AS big",
        "cast('12345678901234567890123456789012345678' AS decimal(38, 0)) AS wide",
        "map('k', array(id)) AS m",
    )
    output = RandomUnderSampler(syntheticCol="").resample(table)

    assert output.schema == table.schema
    assert isinstance(output.schema["m"].dataType, T.MapType)
    assert not contents(output) - contents(table)
    assert counts(output) == {"a": 9, "b": 9}


def test_the_report_says_how_many_rows_are_left_out(spark):
    report = RandomUnderSampler(seed=2).plan(points(spark, {"'a'": 90, "'b'": 10})).report
    said = {notice.code: notice.message for notice in report.notices}

    assert "80 of 100 rows (80.0%)" in said["rows_removed"]
    assert "90 -> 10 rows of class a; 80 removed" in str(report)
    assert "neighbour" not in str(report).replace("searches no neighbours", "")
    assert report.resolved == {
        "labelCol": "label", "samplingStrategy": "auto", "seed": 2, "syntheticCol": "is_synthetic",
    }  # fmt: skip


def test_ratios_that_turn_the_balance_over_are_warned_of(spark):
    table = points(spark, {"'a'": 90, "'b'": 10, "'c'": 40})
    few, even = (
        RandomUnderSampler(samplingRatios={"a": ratio}).plan(table).report for ratio in (0.5, 1.0)
    )
    (said,) = [n.message for n in few.notices if n.code == "balance_turned"]
    assert "Class 'a' (90 rows before, 5 now) becomes smaller than class 'b' (10)" in said
    assert "balance_turned" not in {n.code for n in even.notices}


def test_variants_that_read_alike_are_not_taken_for_each_other(spark):
    table = spark.sql(
        "select 0 as label, cast(date'2024-01-01' as variant) as v union all "
        "select 0, cast('2024-01-01' as variant) union all select 0, cast('2024-01-01' as variant) "
        "union all select 1, cast(1 as variant)"
    )
    plan = RandomUnderSampler(samplingStrategy={0: 2}).plan(table)

    both = plan.resampled().drop("is_synthetic").unionAll(plan.removed())
    kinds = both.groupBy("label", F.expr("schema_of_variant(v)").alias("kind")).count()
    assert {tuple(row) for row in kinds.collect()} == {
        (0, "DATE", 1),
        (0, "STRING", 2),
        (1, "BIGINT", 1),
    }

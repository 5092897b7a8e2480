"""Random over-sampling: exact counts, every row as likely as any other, whole copies or noise."""

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler as Reference
from pyspark.ml.linalg import DenseVector
from pyspark.sql import functions as F
from scipy.stats import chi2, kstest

from spark_smote import RandomOverSampler
from spark_smote.errors import DataError, SchemaError
from spark_smote.plans import copying
from tests.tables import (
    AWKWARD_LABEL,
    ML_ATTRIBUTES,
    awkward,
    classes,
    clustered,
    contents,
    counts,
    plain_texts,
    points,
    uniform,
    vector_column,
)

TWO = {"0": 60, "1": 13}
MANY = {"'a'": 20, "'b'": 45, "'c'": 45, "'d'": 7}

FORMS = {
    "auto": (MANY, "auto"),
    "float": (TWO, 0.33),
    "minority": (MANY, "minority"),
    "not minority": (MANY, "not minority"),
    "dict": (MANY, {"a": 21, "c": 101, "d": 7}),
    "callable": (MANY, lambda counts: {label: 3 * n for label, n in counts.items() if n < 30}),
}


@pytest.mark.parametrize("form", FORMS)
def test_counts_are_those_of_imbalanced_learn_for_every_form_of_strategy(spark, form):
    sizes, strategy = FORMS[form]
    table = points(spark, sizes)
    labels = np.array([row.label for row in table.select("label").collect()])
    # its functions are given other things and return other things than its dicts hold
    theirs = strategy
    if callable(strategy):
        theirs = strategy(Counter(labels.tolist()))
    _, kept = Reference(sampling_strategy=theirs).fit_resample(labels[:, None], labels)
    plan = RandomOverSampler(samplingStrategy=strategy).plan(table)

    assert counts(plan.resampled()) == Counter(kept.tolist())
    assert {c.label: c.rows_after for c in plan.report.classes} == Counter(kept.tolist())


def test_new_rows_are_whole_copies_whatever_their_columns_hold(spark):
    """Among them types that Python workers cannot be sent."""
    table = awkward(spark).withColumn("months", F.expr("interval '1' month * length(`the id`)"))
    plan = RandomOverSampler(labelCol=AWKWARD_LABEL, seed=1).plan(table)
    width = len(table.columns)
    texts = Counter(row.text for row in plain_texts(table, width).collect())
    new = Counter(row.text for row in plain_texts(plan.synthetic(), width).collect())
    output = plan.resampled()
    real = output.filter("NOT is_synthetic")

    assert sum(new.values()) == 46 - 14
    assert set(new) <= set(texts)
    assert len(new) > 5
    assert Counter(row.text for row in plain_texts(real, width).collect()) == texts
    assert output.schema.fields[:width] == table.schema.fields == plan.synthetic().schema.fields


def repetitive(spark, partitions):
    """Class b: one row 90 times, five rows twice, 100 rows once."""
    value = "CASE WHEN id < 90 THEN -1 WHEN id < 100 THEN id % 5 ELSE id END"
    table = points(spark, {"'b'": 200, "'c'": 30, "'a'": 20_200}, f"{value} AS n")
    return table.repartition(partitions).sortWithinPartitions(F.rand(partitions))


@pytest.fixture(scope="module", params=[65_536, 16], ids=["one bucket", "many buckets"])
def drawn(request, spark):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "ROWS_PER_BUCKET", request.param)
        plans = [RandomOverSampler(seed=5).plan(repetitive(spark, n)) for n in (1, 3, 8)]
        return [contents(plan.synthetic()) for plan in plans]


def test_copies_do_not_depend_on_partitions(drawn):
    assert drawn[0] == drawn[1] == drawn[2]
    assert Counter(row[-3] for row in drawn[0].elements()) == {"b": 20_000, "c": 20_170}


def test_every_occurrence_is_drawn_as_often_as_any_other(drawn):
    """Draws of one row are binomial, so their squared deviations add up to a chi-square."""
    own = {row: times for row, times in drawn[0].items() if "'b'" in row}
    number = {row: int(row.partition("n=")[2].partition(",")[0]) for row in own}
    shares = np.array([90 if n == -1 else 2 if n < 5 else 1 for n in number.values()]) / 200
    found, expected = np.array(list(own.values())), 20_000 * shares
    p = chi2.sf(((found - expected) ** 2 / expected).sum(), len(own) - 1)

    print(f"chi-square over {len(own)} distinct rows: p = {p:.3f}")
    assert len(own) == 106
    assert p > 1e-3


def test_another_class_draws_from_another_stream(spark):
    twins = classes(spark, {"'p'": 60, "'q'": 60, "'r'": 200}, "id % 60 AS n").drop("id")
    new = RandomOverSampler(seed=1).plan(twins).synthetic().collect()
    drawn = {label: Counter(r.n for r in new if r.label == label) for label in "pq"}

    assert drawn["p"] != drawn["q"]


@pytest.mark.parametrize("named", [True, False], ids=["by id", "by content key"])
def test_provenance_names_the_base_row_and_nothing_else(spark, named):
    table = classes(spark, {"1": 10, "0": 40})
    asked = {"idCol": "id"} if named else {}
    output = RandomOverSampler(provenance=True, seed=2, **asked).resample(table)
    new = output.filter("is_synthetic").collect()
    key = "id" if named else "row_key"
    originals = {row[key]: row for row in output.filter("NOT is_synthetic").collect()}

    assert len(new) == 30
    for row in new:
        base = originals[row.base_id]
        assert (row.x, row.y, row.label) == (base.x, base.y, base.label)
        assert (row.neighbour_id, row.gap) == (None, None)
        assert row.id == (None if named else base.id)


def test_columns_are_null_where_the_policy_says_so(spark):
    table = points(spark, {"1": 10, "0": 20}, "id * 1D AS x", "nullif(id, -1) AS t", "id AS u")
    new = RandomOverSampler(carryPolicy={"t": "null"}).plan(table).synthetic().collect()

    assert {row.t for row in new} == {None}
    assert all(row.u == row.x for row in new)
    with pytest.raises(SchemaError, match="carryPolicy 'null' for 'u'.*may not be null.*'copy'"):
        RandomOverSampler(carryPolicy={"u": "null"}).plan(table)


NUMBERS = {
    "x": clustered(1),
    "y": f"IF(id % 10 = 0, NULL, 100 * {uniform(2)})",
    "same": "7.5D",
    "n": f"cast(1000 * {uniform(3)} AS int)",
    "money": f"cast(100 * {uniform(4)} AS decimal(9, 2))",
    "edge": "cast(IF(id % 2 = 0, 127, -128) AS tinyint)",
    "top": "cast(IF(id % 2 = 0, 99.99, -99.99) AS decimal(4, 2))",
    "single": f"float({uniform(5)})",
}
ROWS, NEW = 400, 6_000


@pytest.fixture(scope="module")
def smoothed(spark):
    columns = [f"{sql} AS {name}" for name, sql in NUMBERS.items()]
    sizes = {"'few'": ROWS, "'many'": ROWS + NEW}
    table = classes(spark, sizes, *columns, "concat('s', id) AS s")
    sampler = RandomOverSampler(shrinkage=0.8, idCol="id", provenance=True, seed=4)
    return table, sampler, sampler.plan(table).resampled().toPandas()


def steps_of(rows):
    """New rows less their bases, in the bandwidth of ROSE, and what that is, by column."""
    real = rows[~rows.is_synthetic].set_index("id")
    new = rows[rows.is_synthetic]
    own = real[real.label == "few"]
    complete = own.dropna(subset=list(NUMBERS))
    bases = own.loc[new.base_id]
    d = len(NUMBERS)
    bandwidth = 0.8 * (4 / ((d + 2) * ROWS)) ** (1 / (d + 4))
    steps, widths = {}, {}
    for name in NUMBERS:
        widths[name] = bandwidth * complete[name].astype(float).to_numpy().std()
        steps[name] = new[name].astype(float).to_numpy() - bases[name].astype(float).to_numpy()
    return new, bases, steps, widths


def test_noise_is_normal_in_the_bandwidth_of_rose(smoothed):
    _, _, rows = smoothed
    new, bases, steps, widths = steps_of(rows)
    for name in ("x", "y", "single", "n", "money"):
        seen = steps[name][~np.isnan(steps[name])] / widths[name]
        p = kstest(seen, "norm").pvalue
        print(f"{name}: width {widths[name]:.4g}, KS p = {p:.3f}")
        assert p > 1e-3, name
    assert abs(np.corrcoef(steps["x"], steps["n"])[0, 1]) < 0.06  # four deviations
    assert len(new) == NEW
    assert (new.s.to_numpy() == bases.s.to_numpy()).all()


def test_noise_leaves_what_has_no_spread_or_is_missing_and_no_type_is_left(smoothed):
    table, sampler, rows = smoothed
    new, bases, _, _ = steps_of(rows)
    output = sampler.plan(table).resampled()

    assert set(new.same) == {7.5}
    assert (new.y.isna().to_numpy() == bases.y.isna().to_numpy()).all()
    assert output.schema.fields[: len(table.columns)] == table.schema.fields
    assert {value.as_tuple().exponent for value in new.money} == {-2}
    assert new.edge.between(-128, 127).all()
    assert set(new.edge) >= {-128, 127}
    assert new.top.between(Decimal("-99.99"), Decimal("99.99")).all()
    assert {Decimal("-99.99"), Decimal("99.99")} <= set(new.top)


def test_noise_does_not_depend_on_partitions(spark, smoothed):
    table, sampler, rows = smoothed
    arranged = table.repartition(8, "n").sortWithinPartitions(F.desc("x"))
    other = sampler.plan(arranged).resampled().toPandas()

    found = [sorted(each.to_csv(index=False).splitlines()) for each in (rows, other)]
    assert found[0] == found[1]


def test_no_shrinkage_is_no_noise_and_another_seed_other_noise(spark):
    table = points(spark, {"1": 20, "0": 50})
    plain = RandomOverSampler(shrinkage=0, seed=1).plan(table).synthetic()
    other = [RandomOverSampler(shrinkage=1, seed=s).plan(table).synthetic() for s in (1, 2)]
    one, two = ({row.x for row in made.collect()} for made in other)

    assert set(contents(plain)) <= set(contents(table))
    assert len(one) == len(two) == 30
    assert not one & two


def test_vectors_and_arrays_get_noise_in_every_place(spark):
    table = classes(spark, {"1": 30, "0": 90}, "id AS u").select(
        "id",
        vector_column("u", "IF(u % 2 = 0, 0, -u)"),
        F.expr("array(cast(u AS smallint), 5S) AS shorts"),
        "label",
    )
    sampler = RandomOverSampler(featuresCol="features", shrinkage=1, idCol="id", provenance=True)
    plan = sampler.plan(table)
    new = plan.synthetic().collect()
    shorts = sampler.copy({sampler.featuresCol: "shorts"}).plan(table).synthetic()

    assert plan.resampled().schema["features"] == table.schema["features"]
    assert plan.synthetic().schema["features"].metadata == ML_ATTRIBUTES
    for row in new:
        base = np.array([row.base_id, 0 if row.base_id % 2 == 0 else -row.base_id])
        assert type(row.features) is DenseVector
        assert (row.features.toArray() != base).all()
        assert list(row.shorts) == [row.base_id, 5]
    assert shorts.schema["shorts"] == table.schema["shorts"]
    moved = [list(row.shorts) for row in shorts.collect()]
    assert {second for _, second in moved} == {5}
    assert len({first for first, _ in moved}) > 20


def test_noise_needs_inputs_with_a_spread(spark):
    words = points(spark, {"1": 9, "0": 20}, "concat('s', id) AS s")
    empty = points(spark, {"1": 9, "0": 20}, "IF(id < 9, NULL, 1D) AS x")
    codes = points(spark, {"1": 60, "0": 90}, "id * 1D AS x", "id AS code")

    with pytest.raises(SchemaError, match="no numeric column"):
        RandomOverSampler(shrinkage=1).plan(words)
    with pytest.raises(DataError, match=r"shrinkage=1.0.*none of the 9 rows of class 1.*unset"):
        RandomOverSampler(shrinkage=1).plan(empty)
    with pytest.raises(DataError, match="'code' is different in each of 60 sampled rows"):
        RandomOverSampler(shrinkage=1).plan(codes)
    assert counts(RandomOverSampler().resample(empty)) == {0: 20, 1: 20}


def test_where_nothing_is_to_be_added_nothing_is(spark):
    table = points(spark, {"1": 10, "0": 10})
    plan = RandomOverSampler(samplingStrategy={1: 10}, provenance=True).plan(table)

    assert plan.synthetic().count() == 0
    assert counts(plan.resampled()) == {0: 10, 1: 10}
    assert "Nothing to change" in str(plan.report)


def test_arrays_that_hold_nulls_in_other_places_are_other_rows(spark):
    rows = [
        (1, [None, 1.0, 2.0]),
        (1, [1.0, None, 2.0]),
        (1, [1.0, 2.0, None]),
        (1, [1.0, 1.0, 2.0]),
    ]
    table = spark.createDataFrame(
        [*rows, *[(0, [0.0, 0.0, float(i)]) for i in range(40)]], "label int, f array<double>"
    )
    sampler = RandomOverSampler(featuresCol="f", shrinkage=0.5, seed=2)
    copied = sampler.plan(table).synthetic().collect()

    holes = {tuple(value is None for value in row.f) for row in copied}
    assert len(copied) == 36
    assert holes == {tuple(value is None for value in f) for _, f in rows}


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_zeros_of_either_sign_are_copied_as_they_are(spark, partitions):
    rows = [(1, -0.0, 1.0), (1, 0.0, 1.0), *[(0, float(i), 2.0) for i in range(30)]]
    table = spark.createDataFrame(rows, "label int, x double, y double").repartition(partitions)
    plan = RandomOverSampler(shrinkage=0.0, seed=5).plan(table)
    expected = RandomOverSampler(shrinkage=0.0, seed=5).plan(table.coalesce(1)).synthetic()

    assert contents(plan.synthetic()) == contents(expected)
    assert {str(row.x) for row in plan.synthetic().collect()} == {"0.0", "-0.0"}

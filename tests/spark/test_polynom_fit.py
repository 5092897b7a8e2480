"""Over-sampling on the lines between rows of a class and its mean."""

from types import SimpleNamespace

import numpy as np
import pytest
from pyspark.ml.linalg import DenseVector, Vectors, VectorUDT
from pyspark.sql import functions as F
from pyspark.sql import types as T
from scipy.stats import chi2, kstest
from threadpoolctl import threadpool_limits

from spark_smote import SMOTE, PolynomFitSMOTE, RandomOverSampler
from spark_smote.errors import DataError, SchemaError
from spark_smote.plans.smoothing import fit_smoothing
from spark_smote.plans.star import fit_star
from tests.tables import classes, contents, counts, points, uniform, vector_column

ROWS, NEW = 300, 6_000

NUMBERS = {
    "x": f"10D * {uniform(1)}",
    "y": f"IF(id % 25 = 3, NULL, {uniform(2)} - 1000)",
    "single": f"float({uniform(3)})",
    "n": f"cast(1000 * {uniform(4)} AS int)",
    "money": f"cast(100 * {uniform(5)} AS decimal(7, 2))",
    "same": "7.5D",
}


@pytest.fixture(scope="module")
def made(spark):
    columns = [f"{sql} AS {name}" for name, sql in NUMBERS.items()]
    table = classes(spark, {"'few'": ROWS, "'many'": ROWS + NEW}, *columns, "concat('s', id) AS s")
    sampler = PolynomFitSMOTE(idCol="id", provenance=True, carryPolicy="copy", seed=4)
    return table, sampler, sampler.plan(table).resampled().toPandas()


def of_few(rows):
    """New rows, their bases, and the mean of the class over rows that miss nothing."""
    real = rows[~rows.is_synthetic & (rows.label == "few")].set_index("id")
    new = rows[rows.is_synthetic]
    numbers = real[list(NUMBERS)].astype(float)
    return new, real.loc[new.base_id], numbers.dropna().mean()


def test_each_new_row_lies_on_the_line_from_its_base_to_the_mean_of_the_class(made):
    _, _, rows = made
    new, bases, mean = of_few(rows)
    gaps = (new.x.to_numpy() - bases.x.to_numpy()) / (mean.x - bases.x.to_numpy())

    assert len(new) == NEW
    assert gaps.min() >= 0
    assert gaps.max() <= 1
    for name, step in {"y": 0, "single": 1e-6, "n": 1, "money": 0.01, "same": 0}.items():
        base = bases[name].astype(float).to_numpy()
        expected = base + gaps * (mean[name] - base)
        off = np.abs(new[name].astype(float).to_numpy() - expected)
        assert np.nanmax(off) <= step / 2 + 1e-9, name
    p = kstest(gaps, "uniform").pvalue
    print(f"places along the lines: KS p = {p:.3f}")
    assert p > 1e-3


def test_every_row_of_the_class_is_as_likely_a_base_as_any_other(made):
    _, _, rows = made
    new, _, _ = of_few(rows)
    drawn = np.bincount(new.base_id.astype(int), minlength=ROWS)
    statistic = ((drawn - NEW / ROWS) ** 2 / (NEW / ROWS)).sum()
    p = chi2.sf(statistic, ROWS - 1)
    print(f"draws per base: chi-squared p = {p:.3f}")
    assert len(drawn) == ROWS
    assert p > 1e-3


def test_what_is_missing_or_carried_is_that_of_the_base_and_no_type_changes(made):
    _, _, rows = made
    new, bases, _ = of_few(rows)
    assert (new.y.isna().to_numpy() == bases.y.isna().to_numpy()).all()
    assert new.y.isna().any()
    assert (new.s.to_numpy() == bases.s.to_numpy()).all()
    assert new.neighbour_id.isna().all()
    assert new.gap.isna().all()
    assert {value.as_tuple().exponent for value in new.money} == {-2}


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_rows_do_not_depend_on_partitions(made, partitions):
    table, sampler, rows = made
    arranged = table.repartition(partitions, "n").sortWithinPartitions(F.desc("x"))
    output = sampler.plan(arranged).resampled()
    found = [sorted(each.to_csv(index=False).splitlines()) for each in (rows, output.toPandas())]
    assert found[0] == found[1]
    assert output.schema.fields[: len(table.columns)] == table.schema.fields


def test_a_class_of_one_row_is_copied_and_one_seed_is_not_another(spark):
    table = points(spark, {"1": 1, "2": 20, "0": 50})
    one, two = (PolynomFitSMOTE(seed=seed).plan(table) for seed in (1, 2))
    alone = contents(one.synthetic().filter("label = 1"))

    assert counts(one.resampled()) == {0: 50, 1: 50, 2: 50}
    assert set(alone) == set(contents(table.filter("label = 1")))
    mine, theirs = (
        {r.x for r in each.synthetic().filter("label = 2").collect()} for each in (one, two)
    )
    assert len(mine) == 30
    assert not mine & theirs


def test_vectors_and_arrays_move_in_every_place_by_the_same_share(spark):
    table = classes(spark, {"1": 30, "0": 90}, "id AS u").select(
        "id",
        vector_column("u", "IF(u % 2 = 0, 0, -u)"),
        F.expr("array(u * 1D, 5D) AS pair"),
        "label",
    )
    sampler = PolynomFitSMOTE(featuresCol="features", idCol="id", provenance=True)
    plan = sampler.plan(table)
    own = np.array([[i, 0 if i % 2 == 0 else -i] for i in range(30)], dtype=float)
    mean = own.mean(axis=0)

    assert plan.resampled().schema["features"] == table.schema["features"]
    for row in plan.synthetic().collect():
        assert type(row.features) is DenseVector
        base, new = own[row.base_id], row.features.toArray()
        shares = (new - base) / (mean - base)
        assert shares[0] == pytest.approx(shares[1], abs=1e-9)
    pairs = sampler.copy({sampler.featuresCol: "pair"}).plan(table).synthetic().collect()
    assert {row.pair[1] for row in pairs} == {5.0}
    assert len({row.pair[0] for row in pairs}) == 60


@pytest.mark.parametrize(
    "sampler",
    [
        PolynomFitSMOTE(featuresCol="f", seed=1),
        RandomOverSampler(featuresCol="f", shrinkage=1.0, seed=1),
        SMOTE(featuresCol="f", handleInvalid="skip", onSmallClass="reduce", seed=1),
    ],
)
def test_rows_without_a_vector_or_of_another_length_are_copied_or_left_as_they_are(spark, sampler):
    schema = T.StructType().add("f", VectorUDT()).add("label", "integer")
    rows = [(Vectors.dense(float(i), 1.0), int(i < 8)) for i in range(30)]
    table = spark.createDataFrame([*rows, (None, 1), (None, 0)], schema)
    made = sampler.plan(table)

    assert counts(made.resampled()) == {0: 23, 1: 23}
    assert made.resampled().filter("f IS NULL AND NOT is_synthetic").count() == 2
    if not isinstance(sampler, SMOTE):
        lists = [([float(i), 1.0], int(i < 2)) for i in range(30)]
        ragged = spark.createDataFrame(
            [*lists, ([float("nan"), 2.0, 9.0], 1)], "f array<double>, label int"
        )
        found = sampler.plan(ragged).synthetic().collect()
        assert {row.f[2] for row in found if len(row.f) == 3} == {9.0}
        assert len(found) == 25


def test_the_mean_does_not_depend_on_how_many_threads_add_up():
    random = np.random.default_rng(1)
    for columns in (60, 100):
        features = random.normal(size=(8_192, columns))
        times = random.integers(1, 4, 8_192)
        sample = SimpleNamespace(features=features, multiplicity=times)
        found = []
        for threads in (1, 2):
            with threadpool_limits(threads):
                smooth = fit_smoothing([1], [sample], [9_000], shrinkage=1.0, seed=1)
                found.append((fit_star([1], [sample], seed=1), smooth))
        assert found[0] == found[1]


def test_what_cannot_be_done_is_refused_with_a_remedy(spark):
    words = points(spark, {"1": 9, "0": 20}, "concat('s', id) AS s", "id * 1D AS x")
    empty = points(spark, {"1": 9, "0": 20}, "IF(id < 9, NULL, 1D) AS x")

    with pytest.raises(SchemaError, match="carryPolicy says nothing of.*'s'"):
        PolynomFitSMOTE().plan(words)
    with pytest.raises(DataError, match="mean of each input, but none of the 9 rows of class 1"):
        PolynomFitSMOTE().plan(empty)

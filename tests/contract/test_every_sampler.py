"""What every sampler keeps to, present and future: one checklist over the registry."""

from collections import Counter

import pytest
from pyspark.ml import Estimator, Transformer
from pyspark.sql import functions as F

from spark_smote.errors import DataError, SchemaError
from spark_smote.samplers import REGISTRY, OneSidedSelection, Sampler
from spark_smote.samplers.across import AcrossClasses
from spark_smote.samplers.cleaned import CleanedSMOTE
from tests.contract.fitting import METHODS, has, needs_levels
from tests.tables import clustered, contents, counts, points, uniform

CLEANS_BY_DRAWS = CleanedSMOTE, OneSidedSelection
"""What these clean away depends on what was drawn; others that search across classes and only
remove rows draw nothing."""

SIZES = {"'a'": 130, "'b'": 40, "'c'": 60}


@pytest.fixture(scope="module")
def table(spark):
    return points(
        spark,
        SIZES,
        f"{clustered(1)} AS x",
        f"cast(50 * {uniform(2)} AS int) AS n",
        f"float({uniform(3)}) AS f",
        "IF(id % 7 = 0, NULL, concat('level ', id % 4)) AS s",
        partitions=3,
    )


def decided(method):
    """What is said of columns that the sampler would leave over."""
    if has(method, "nominalCols") and not has(method, "inputCols"):
        return {"nominalCols": ["n", "s"], "ignoreCols": ["x", "f"], "carryPolicy": "copy"}
    if needs_levels(method) or not has(method, "carryPolicy"):
        return {}
    anywhere = {"clusterBalanceThreshold": 0.0} if has(method, "clusterBalanceThreshold") else {}
    return {"carryPolicy": "copy", **anywhere}


@pytest.fixture(scope="module", params=METHODS)
def done(request, table):
    """A sampler, its plan and the rows that came out."""
    sampler = REGISTRY[request.param](seed=11, **decided(request.param))
    plan = sampler.plan(table)
    return sampler, plan, plan.resampled().collect()


@pytest.mark.parametrize("method", METHODS)
def test_is_a_sampler_and_neither_transformer_nor_estimator(method, spark):
    assert issubclass(REGISTRY[method], Sampler)
    assert not issubclass(REGISTRY[method], (Transformer, Estimator))
    assert not hasattr(REGISTRY[method], "transform")


def test_counts_are_those_the_report_plans(done):
    _, plan, rows = done

    found = Counter(row.label for row in rows)
    planned = {c.label: c.rows_after for c in plan.report.classes}
    assert found == Counter(planned)
    assert {c.label: c.rows_before for c in plan.report.classes} == {"a": 130, "b": 40, "c": 60}
    assert plan.report.rows_after == len(rows)
    assert plan.report.rows_after != plan.report.rows_before


def test_original_rows_and_columns_are_untouched(done, table):
    _, plan, rows = done
    output = plan.resampled()
    width = len(table.columns)
    real = Counter(repr(tuple(r)[:width]) for r in rows if not r["is_synthetic"])
    given = Counter(repr(tuple(r)) for r in table.collect())

    assert output.columns == [*table.columns, "is_synthetic"]
    assert output.schema.fields[:width] == table.schema.fields
    assert real + Counter(repr(tuple(r)) for r in plan.removed().collect()) == given


def test_new_rows_are_told_apart_and_reported(done):
    _, plan, rows = done
    new = Counter(r.label for r in rows if r["is_synthetic"])

    assert contents(plan.synthetic()) == Counter(
        repr(type(r)(**{k: v for k, v in r.asDict().items() if k != "is_synthetic"}))
        for r in rows
        if r["is_synthetic"]
    )
    assert new == {c.label: c.new_rows for c in plan.report.classes if c.new_rows}


@pytest.mark.parametrize("partitions", [1, 8])  # the table has 3
def test_output_does_not_depend_on_partitions_and_order(done, table, partitions):
    sampler, _, rows = done
    arranged = table.repartition(partitions, "n").sortWithinPartitions(F.desc("x"))

    assert contents(sampler.resample(arranged)) == Counter(map(repr, rows))


def test_another_seed_gives_other_rows_of_the_same_number(done, table):
    sampler, _, rows = done
    other = sampler.copy({sampler.seed: 12}).resample(table)

    if not isinstance(sampler, CLEANS_BY_DRAWS):
        assert Counter(r.label for r in other.collect()) == Counter(r.label for r in rows)
    if not isinstance(sampler, AcrossClasses) or isinstance(sampler, CLEANS_BY_DRAWS):
        assert contents(other) != Counter(map(repr, rows))


def test_survives_being_saved(done, table, tmp_path):
    sampler, _, rows = done
    sampler.save(str(tmp_path / "saved"))
    loaded = type(sampler).load(str(tmp_path / "saved"))

    assert loaded.extractParamMap() == sampler.extractParamMap()
    assert contents(loaded.resample(table)) == Counter(map(repr, rows))


@pytest.mark.parametrize("method", [m for m in METHODS if has(m, "groupCols")])
def test_each_group_is_balanced_by_itself(method, table):
    grouped = table.withColumn("g", F.expr("nullif(pmod(xxhash64(x), 2), 1)"))
    output = REGISTRY[method](groupCols=["g"], seed=4, **decided(method)).resample(grouped)
    before = {(r.g, r.label): r["count"] for r in grouped.groupBy("g", "label").count().collect()}
    largest = {g: max(n for (of, _), n in before.items() if of == g) for g in (0, None)}

    found = {(r.g, r.label): r["count"] for r in output.groupBy("g", "label").count().collect()}
    assert found == {(g, label): largest[g] for g, label in before}


@pytest.mark.parametrize("method", METHODS)
def test_refuses_what_no_method_can_do(method, spark, table):
    sampler = REGISTRY[method](**decided(method))
    with pytest.raises(SchemaError, match="labelCol.*'klass'"):
        sampler.copy({sampler.labelCol: "klass"}).plan(table)
    with pytest.raises(DataError, match="no rows"):
        sampler.plan(table.filter("x > 1000"))
    with pytest.raises(DataError, match="one class"):
        sampler.plan(table.filter("label = 'a'"))
    with pytest.raises(DataError, match="'label' is null in 40 rows"):
        sampler.plan(table.withColumn("label", F.expr("nullif(label, 'b')")))
    assert counts(table) == {"a": 130, "b": 40, "c": 60}

"""Over-samplers that choose bases by the classes around them: what is refused, and what is said."""

import pytest
from pyspark.sql import functions as F

from spark_smote import ADASYN, SVMSMOTE, BorderlineSMOTE
from spark_smote.errors import DataError, ParameterError
from tests import cross_oracles
from tests.tables import clustered, contents, counts, points, uniform

BOTH = [BorderlineSMOTE, ADASYN]
ALL = [*BOTH, SVMSMOTE]


@pytest.fixture(scope="module")
def apart(spark):
    """Class a is far from the others, b and c overlap."""
    return points(
        spark,
        {"'a'": 30, "'b'": 60, "'c'": 150},
        f"{uniform(1)} + IF(id < 30, 1000, 0) AS x",
        f"{uniform(2)} AS y",
    )


@pytest.mark.parametrize("sampler", BOTH)
def test_class_far_from_all_others_is_an_error_that_names_the_remedies(apart, sampler):
    with pytest.raises(DataError, match="class 'a'.*30.*use SMOTE, or set onNoCandidates='warn'"):
        sampler().plan(apart)


@pytest.mark.parametrize("sampler", BOTH)
def test_class_far_from_all_others_is_left_alone_if_that_is_allowed(apart, sampler):
    plan = sampler(onNoCandidates="warn").plan(apart)

    assert counts(plan.resampled()) == {"a": 30, "b": 150, "c": 150}
    (left,) = [c for c in plan.report.classes if c.label == "a"]
    assert left.method == "untouched"
    assert left.rows_after == 30
    assert "onNoCandidates='warn'" in left.note
    assert [n for n in plan.report.notices if n.code == "class_skipped" and "'a'" in n.message]
    assert not any("'a'" in n.message for n in plan.report.notices if n.code == "balanced_fully")


@pytest.mark.parametrize("sampler", BOTH)
def test_nothing_is_added_where_no_class_has_candidates(spark, apart, sampler):
    two = apart.filter("label <> 'b'")
    plan = sampler(onNoCandidates="warn", provenance=True).plan(two)

    assert plan.synthetic().count() == 0
    assert contents(plan.resampled().select(*two.columns)) == contents(two)


@pytest.mark.parametrize("sampler", ALL)
def test_small_classes_are_dealt_with_as_smote_does(spark, sampler):
    table = points(spark, {"'a'": 3, "'b'": 40, "'c'": 60}, f"{uniform(1)} AS x")
    with pytest.raises(DataError, match="class 'a' has 3 usable row"):
        sampler().plan(table)
    for policy, method, rows in (("duplicate", "duplicate", 60), ("skip", "untouched", 3)):
        plan = sampler(onSmallClass=policy).plan(table)
        (found,) = [c for c in plan.report.classes if c.label == "a"]
        assert (found.method, found.rows_after) == (method, rows)
        assert counts(plan.resampled())["a"] == rows


@pytest.mark.parametrize("sampler", ALL)
def test_rows_with_missing_inputs_are_searched_with_the_median(spark, sampler):
    x = f"IF(id % 7 = 0, NULL, {uniform(1)} + IF(id < 50, 0.4, 0)) AS x"
    table = points(spark, {"'a'": 50, "'b'": 150}, x, f"{uniform(2)} AS y")
    plan = sampler(handleInvalid="impute").plan(table)
    new = plan.synthetic()

    assert counts(plan.resampled()) == {"a": 150, "b": 150}
    assert 0 < new.filter("x IS NULL").count() < 100
    assert sampler(handleInvalid="skip").resample(table).filter("is_synthetic").count() == 100


@pytest.mark.parametrize("sampler", BOTH)
def test_levels_count_in_both_searches_and_new_rows_have_those_around_their_base(spark, sampler):
    table = points(
        spark,
        {"'a'": 60, "'b'": 200},
        f"{uniform(1)} AS x",
        f"{uniform(2)} AS y",
        "IF(id < 60 AND id % 4 > 0, 'rare', IF(id % 9 = 0, NULL, 'usual')) AS kind",
    )
    plan = sampler(nominalCols=["kind"], provenance=True).plan(table)
    new = plan.synthetic().toPandas()
    bases = plan.resampled().filter("NOT is_synthetic").toPandas().set_index("row_key")

    assert len(new) == 140
    assert set(new["kind"].dropna()) <= {"rare", "usual"}
    # rows of class a with a kind of their own have few neighbours of class b, so are bases seldom
    usual = (bases.loc[new["base_id"].astype("int64"), "kind"] != "rare").mean()
    assert usual > 0.5
    without = sampler(carryPolicy="copy", provenance=True).plan(table).synthetic().toPandas()
    other = (bases.loc[without["base_id"].astype("int64"), "kind"] != "rare").mean()
    assert other < 0.5


@pytest.mark.parametrize("sampler", BOTH)
def test_levels_beside_packed_features_are_refused(sampler):
    with pytest.raises(ParameterError, match="nominalCols.*featuresCol.*inputCols"):
        sampler(nominalCols=["kind"], featuresCol="v").plan(None)


def test_m_is_checked_against_the_rows_of_the_table(spark):
    table = points(spark, {"'a'": 6, "'b'": 10}, f"{uniform(1)} AS x")
    with pytest.raises(DataError, match="mNeighbors=16 needs 17 usable rows.*has 16.*15 or less"):
        BorderlineSMOTE(mNeighbors=16).plan(table)


def test_kind_2_refuses_what_it_has_no_meaning_for(spark):
    table = points(spark, {"'a'": 20, "'b'": 60}, f"{uniform(1)} AS x", "string(id % 3) AS s")
    with pytest.raises(ParameterError, match="nominalCols.*kind=2.*use kind=1"):
        BorderlineSMOTE(kind=2, nominalCols=["s"]).plan(table)
    with pytest.raises(ParameterError, match="distinctNeighbours.*kind=2.*use kind=1"):
        BorderlineSMOTE(kind=2, carryPolicy="copy", distinctNeighbours=True).plan(table)


def test_kind_2_misses_what_its_bases_miss_whoever_the_neighbours_are(spark):
    x = f"IF(id % 7 = 0, NULL, {uniform(1)}) AS x"
    table = points(spark, {"'a'": 50, "'b'": 150}, x, f"{uniform(2)} AS y")
    plan = BorderlineSMOTE(kind=2, handleInvalid="impute", onSmallClass="duplicate").plan(table)
    new = plan.synthetic().collect()

    assert len(new) == 100
    assert 0 < sum(row.x is None for row in new) < 60
    assert all(0 <= row.y <= 1 and (row.x is None or 0 <= row.x <= 1) for row in new)


@pytest.mark.parametrize("sampler", ALL)
def test_many_buckets_give_the_planned_rows_and_nearly_the_same_standing(
    spark, small_buckets, sampler
):
    table = points(
        spark,
        {"'a'": 2_000, "'b'": 3_000},
        *[f"{clustered(j)} + {uniform(j + 10)} AS x{j}" for j in range(3)],
        "nullif(id, -1) AS n",
        partitions=3,
    )
    sampler = sampler(idCol="n", provenance=True, seed=5)
    plan = sampler.plan(table)
    exact = sampler.copy({sampler.searchQuality: "exact"}).plan(table)
    found, truth = (cross_oracles.ranks_of(each, 5_000)[:2_000] for each in (plan, exact))
    off = (found != truth).mean()
    print(f"{off:.2%} of rows stand otherwise than by an exact search")

    assert off < 0.05
    assert counts(plan.resampled()) == {"a": 3_000, "b": 3_000}
    measured = {a.among: a for a in plan.report.accuracy}
    assert measured.keys() == {"its class", "all classes"}
    assert all(a.recall > 0.9 and (a.exact or a.queries == 256) for a in measured.values())
    assert not measured["all classes"].exact
    assert {a.label for a in plan.report.accuracy} == {"a"}
    moved = table.repartition(5).sortWithinPartitions(F.desc("x0"))
    assert contents(sampler.plan(moved).synthetic()) == contents(plan.synthetic())

"""K-means SMOTE: what is refused, what is said, and what becomes of small, odd and large tables."""

from collections import Counter

import numpy as np
import pytest
from pyspark.sql import functions as F

from spark_smote import KMeansSMOTE
from spark_smote.errors import DataError, ParameterError, SchemaError
from spark_smote.plans import clusters
from tests.tables import contents, counts, points, uniform, vector_column


@pytest.fixture(scope="module")
def table(spark):
    """Classes a and b share two islands, in one of which a has two thirds; c is rare everywhere."""
    island = "IF(id < 40 OR id BETWEEN 60 AND 79, 100, 0)"
    return points(
        spark,
        {"'a'": 60, "'b'": 160, "'c'": 6},
        f"{island} + {uniform(1)} AS x",
        f"{uniform(2)} AS y",
        partitions=2,
    )


@pytest.fixture(scope="module")
def two(table):
    return table.filter("label <> 'c'")


def apart(**params):
    """The sampler, with clusters that are the two islands."""
    return KMeansSMOTE(numClusters=2, standardize=False, **params)


def notice(plan, code):
    return " ".join(n.message for n in plan.report.notices if n.code == code)


def test_class_too_rare_in_every_cluster_is_an_error_that_names_threshold_and_remedies(two):
    said = (
        "class 'a' is too rare in each of the 2 clusters.*more than k=2 of its 60 rows.*0.6667 at "
        r"most \(40 of 60 rows\).*clusterBalanceThreshold=0.7 asks for 0.7.*lower that.*numClusters"
        ".*SMOTE"
    )
    with pytest.raises(DataError, match=said):
        apart(clusterBalanceThreshold=0.7).plan(two)
    plan = apart(clusterBalanceThreshold=2 / 3).plan(two)
    assert counts(plan.resampled()) == {"a": 160, "b": 160}
    assert plan.synthetic().filter("x < 100").count() == 0
    said = "1 of 2 clusters: 100 new rows are made of the 40 that lie there, of its 60"
    assert said in notice(plan, "clusters_used")


def test_class_of_few_rows_in_every_cluster_is_an_error_that_names_remedies(spark, table):
    said = "none of the 2 clusters holds more than k=6 of the .* rows of class 'c'.*at most 6"
    with pytest.raises(DataError, match="class 'c'.*clusterBalanceThreshold='auto' asks for 0.30"):
        apart().plan(table)
    with pytest.raises(DataError, match=said + ".*lower numClusters or kNeighbors.*SMOTE"):
        apart(kNeighbors=6).plan(table.union(spark.range(1).selectExpr("100D", "0.5D", "'c'")))


def test_automatic_threshold_is_half_of_the_share_of_all_new_rows(table):
    # a receives 20 rows and c 60: 0.125 and 0.375; c has 6 of 166
    sampler = apart(samplingStrategy={"a": 80, "c": 66}, kNeighbors=1)
    with pytest.raises(DataError, match="class 'c'.*0.0361.? at most.*'auto' asks for 0.375"):
        sampler.plan(table)
    plan = sampler.copy({sampler.samplingStrategy: {"a": 660, "c": 50}}).plan(
        table.filter("x >= 100 OR label = 'c' OR y < 0.3")
    )
    assert counts(plan.resampled())["c"] == 50


def test_one_cluster_has_no_threshold_and_all_rows_of_a_class_are_bases(two):
    plan = KMeansSMOTE(numClusters=1, clusterBalanceThreshold=1.0, provenance=True).plan(two)
    bases = [row.base_id for row in plan.synthetic().collect()]
    assert len(bases) == 100
    assert 40 < len(set(bases)) <= 60
    with pytest.raises(DataError, match="asks for 1"):
        apart(clusterBalanceThreshold=1.0).plan(two)


def test_exponent_0_shares_rows_out_by_their_number_alone(two):
    sampler = apart(clusterBalanceThreshold=0.0, densityExponent=0.0, samplingStrategy={"a": 90})
    plan = sampler.plan(two)
    # 1/40 to 1/20
    assert plan.synthetic().filter("x >= 100").count() == 10
    assert plan.synthetic().filter("x < 100").count() == 20
    assert "20 from 20, 10 from 40" in notice(plan, "clusters_used")
    assert not notice(plan, "crowded_cluster")
    crowded = sampler.copy({sampler.samplingStrategy: {"a": 460}}).plan(two)
    assert "13 new rows per real one" in notice(crowded, "crowded_cluster")


def test_clusters_whose_share_is_no_row_are_not_searched(two):
    one, three = (
        apart(
            clusterBalanceThreshold=0.0,
            densityExponent=0.0,
            provenance=True,
            samplingStrategy={"a": target},
        )
        for target in (61, 63)
    )
    plan = one.plan(two)
    (a, _) = plan.report.classes
    assert (a.rows_added, a.buckets) == (1, 1)
    assert three.plan(two).report.classes[0].buckets == 2

    (new,) = plan.synthetic().collect()
    real = plan.resampled().filter("NOT is_synthetic AND label = 'a'").toPandas()
    parents = real[real["row_key"].astype(str).isin([str(new.base_id), str(new.neighbour_id)])]
    assert new.x < 100
    assert (parents["x"] < 100).sum() == len(parents) == 2
    assert contents(one.plan(two.repartition(5)).synthetic()) == contents(plan.synthetic())


def test_report_has_one_outcome_and_one_accuracy_for_each_class(two):
    plan = apart(clusterBalanceThreshold=0.0, densityExponent=0.0).plan(two)

    (a, b) = plan.report.classes
    assert (a.label, a.method, a.rows_before, a.rows_after, a.k_resolved) == (
        "a", "smote", 60, 160, 2
    )  # fmt: skip
    assert a.buckets == 2
    assert b.method == "untouched"
    (accuracy,) = plan.report.accuracy
    assert (accuracy.label, accuracy.k, accuracy.exact) == ("a", 2, True)
    assert accuracy.among == "its cluster"
    assert notice(plan, "clusters").startswith("2 clusters were fitted on all 220 usable rows")
    assert notice(plan, "balanced_fully").startswith("Class 'a' is")
    assert [phase.name for phase in plan.report.phases] == list(KMeansSMOTE.phases)


def test_small_classes_are_dealt_with_as_smote_does(table):
    asked = {"clusterBalanceThreshold": 0.0}
    with pytest.raises(DataError, match="class 'c' has 6 usable row.*kNeighbors=6"):
        apart(kNeighbors=6, **asked).plan(table)
    real = {(row.x, row.y) for row in table.collect()}
    for policy, method, new in (
        ("duplicate", "duplicate", 154),
        ("skip", "untouched", 0),
        ("reduce", "smote", 154),
    ):
        plan = apart(kNeighbors=6, onSmallClass=policy, **asked).plan(table)
        (found,) = [c for c in plan.report.classes if c.label == "c"]
        assert (found.method, found.rows_added) == (method, new)
        rows = plan.synthetic().collect()
        assert Counter(row.label for row in rows) == +Counter(a=100, c=new)
        copies = [row for row in rows if row.label == "c" and (row.x, row.y) in real]
        assert len(copies) == (154 if policy == "duplicate" else 0)


def test_fewer_distinct_rows_than_clusters_give_as_many_clusters(spark):
    table = points(
        spark, {"'a'": 12, "'b'": 30}, "(id % 3) * IF(id < 12, 1, -1) AS x", "double(id % 2) AS y"
    ).withColumn("x", F.expr("double(x)"))
    plan = KMeansSMOTE(numClusters=50, kNeighbors=1).plan(table)
    assert "(numClusters=50, but there are no more distinct rows)" in notice(plan, "clusters")
    # each point is a cluster, and new rows are copies
    real = {tuple(row) for row in table.filter("label = 'a'").select("x", "y").collect()}
    assert {tuple(row) for row in plan.synthetic().select("x", "y").collect()} <= real
    assert counts(plan.resampled()) == {"a": 30, "b": 30}


def test_rows_with_missing_inputs_are_clustered_with_the_median_or_not_at_all(two):
    holed = two.withColumn("y", F.expr("IF(y < 0.2, NULL, y)"))
    asked = {"clusterBalanceThreshold": 0.0, "densityExponent": 0.0}
    with pytest.raises(DataError, match="'y'"):
        apart(**asked).plan(holed)
    new = apart(handleInvalid="impute", **asked).plan(holed).synthetic()
    assert new.count() == 100
    assert 0 < new.filter("y IS NULL").count() < 60
    plan = apart(handleInvalid="skip", **asked).plan(holed)
    assert plan.synthetic().filter("y >= 0.2").count() == 100
    usable = two.filter("y >= 0.2").count()
    assert f"all {usable} usable rows" in notice(plan, "clusters")


def test_inputs_may_come_as_vectors(two):
    packed = two.select(vector_column("x", "y"), "label")
    new = apart(featuresCol="features").plan(packed).synthetic().collect()
    assert len(new) == 100
    assert all(100 <= row.features[0] <= 101 and 0 <= row.features[1] <= 1 for row in new)


def test_ids_are_refused_by_all_rows_not_by_those_of_a_cluster(spark):
    """150 of 300 numbers occur twice, none twice in a cluster of a class."""
    sizes = {"'a'": 150, "'b'": 300}
    both = "IF(id < 75 OR id BETWEEN 150 AND 299, 1000D, 0D) AS x"
    twice = points(spark, sizes, both, "id % 75 AS n", f"{uniform(3)} AS y")
    asked = {"clusterBalanceThreshold": 0.0}
    assert apart(**asked).plan(twice).report.rows_after == 600
    once = points(spark, sizes, both, "nullif(id, -1) AS n", f"{uniform(3)} AS y")
    with pytest.raises(DataError, match="'n' is different in each of 450 sampled rows"):
        apart(**asked).plan(once)


def test_what_it_does_not_know_is_refused_before_any_job(spark, two):
    for unknown in ("nominalCols", "groupCols", "constraints"):
        with pytest.raises(ParameterError, match=f"KMeansSMOTE has no parameter '{unknown}'"):
            KMeansSMOTE(**{unknown: ["x"]})
    words = two.withColumn("word", F.lit("w"))
    with pytest.raises(SchemaError, match="word.*nominalCols of SMOTENC"):
        KMeansSMOTE().plan(words)


def test_clusters_and_distances_from_samples_do_not_depend_on_partitions(two, monkeypatch):
    monkeypatch.setattr(clusters, "ROWS_CLUSTERED", 50)
    monkeypatch.setattr("spark_smote.plans.clusters.ROWS_COMPARED", 15)
    monkeypatch.setattr("spark_smote.plans.cluster_notices.ROWS_COMPARED", 15)
    sampler = apart(clusterBalanceThreshold=0.0, densityExponent=1.0, seed=5)
    plan = sampler.plan(two)
    assert "fitted on 50 distinct rows of all 220 usable rows" in notice(plan, "clusters")
    assert "by distances of 15 sampled rows at most in each" in notice(plan, "clusters_used")
    assert counts(plan.resampled()) == {"a": 160, "b": 160}
    in_far = plan.synthetic().filter("x >= 100").count()
    assert 25 <= in_far <= 42  # 33 where both are as wide
    assert plan.synthetic().filter("x BETWEEN 1 AND 100").count() == 0
    for partitions in (1, 8):
        arranged = two.repartition(partitions).sortWithinPartitions(F.desc("y"))
        assert contents(sampler.plan(arranged).synthetic()) == contents(plan.synthetic())


@pytest.mark.slow
def test_large_clusters_are_divided_into_buckets_and_new_rows_stay_within_them(spark):
    table = points(
        spark,
        {"'a'": 21_000, "'b'": 24_000},
        f"100 * (id % 2) + 9 * {uniform(1)} AS x",
        f"9 * {uniform(2)} AS y",
        f"9 * {uniform(3)} AS z",
        partitions=3,
    )
    sampler = apart(clusterBalanceThreshold=0.3, densityExponent=0.0, provenance=True)
    plan = sampler.plan(table)

    (a, _) = plan.report.classes
    (accuracy,) = plan.report.accuracy
    print(f"{a.buckets} buckets, recall {accuracy.recall:.3f} of {accuracy.queries}")
    assert a.buckets >= 4
    assert not accuracy.exact
    assert accuracy.queries == 256
    assert accuracy.recall > 0.9
    rows = plan.resampled().toPandas()
    assert Counter(rows["label"]) == {"a": 24_000, "b": 24_000}
    real, new = rows[~rows["is_synthetic"]], rows[rows["is_synthetic"]]
    side = real.set_index("row_key")["x"] < 50
    sides = [side[new[name].astype("int64")].to_numpy() for name in ("base_id", "neighbour_id")]
    assert 1_490 < sides[0].sum() < 1_510
    np.testing.assert_array_equal(*sides)

"""groupCols: each group is resampled as if it were a table of its own."""

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from pyspark.ml.linalg import DenseVector, SparseVector, Vectors
from pyspark.sql import functions as F

from spark_smote import SMOTE, SMOTENC
from spark_smote.errors import DataError, ParameterError, SchemaError
from spark_smote.plans.arrow import unpacked
from spark_smote.plans.tuning import QUALITIES
from spark_smote.report.document import from_json, to_json
from tests import oracles
from tests.tables import contents, counts, fingerprint, settings, uniform, unreadable

K = 3


def table_of(spark, groups, *columns, partitions=3):
    """A table of `{SQL of the group: {label: rows}}`, with `id`, `x`, `y`, `g`, `label`."""
    cases, labels, end = "", "", 0
    for group, sizes in groups.items():
        for label, rows in sizes.items():
            end += rows
            cases += f" WHEN id < {end} THEN {group}"
            labels += f" WHEN id < {end} THEN '{label}'"
    chosen = columns or (f"{uniform(1)} AS x", f"10 * {uniform(2)} AS y")
    rows = spark.range(0, end, 1, partitions)
    return rows.selectExpr(
        "nullif(id, -1) AS id", *chosen, f"CASE{cases} END AS g", f"CASE{labels} END AS label"
    )


MIXED = {
    "'de'": {"rare": 30, "common": 90},
    "'fr'": {"rare": 70, "common": 12},  # the other way round
    "NULL": {"rare": 8, "middle": 20, "common": 41},
    "'null'": {"rare": 9, "common": 10},
    "''": {"common": 25},  # one class
    "'li'": {"rare": 2, "common": 17},  # too few
}


def by_group(df):
    found = defaultdict(dict)
    for row in df.groupBy("g", "label").count().collect():
        found[row.g][row.label] = row["count"]
    return dict(found)


@pytest.fixture(scope="module")
def mixed(spark):
    return table_of(spark, MIXED).cache()


@pytest.fixture(scope="module")
def done(mixed):
    sampler = SMOTE(
        groupCols=["g"], kNeighbors=K, onSmallClass="reduce", idCol="id", provenance=True, seed=5
    )
    plan = sampler.plan(mixed)
    return sampler, plan, plan.resampled().collect()


def test_every_group_has_the_counts_it_has_when_resampled_alone(done, mixed):
    sampler, plan, rows = done
    found = by_group(plan.resampled())
    for group in [None, "de", "fr", "null", "li"]:
        alone = mixed.filter(F.col("g").eqNullSafe(group))
        expected = sampler.copy({sampler.groupCols: [], sampler.carryPolicy: "copy"}).resample(
            alone
        )
        assert found[group] == counts(expected)
    assert found[""] == {"common": 25}
    assert Counter(row.label for row in rows) == {
        c.label: c.rows_after for c in plan.report.classes
    }


def test_parents_are_neighbours_in_group_and_class_and_the_row_lies_between(done):
    _, _, rows = done
    real = {row.id: row for row in rows if not row.is_synthetic}
    strata = defaultdict(list)
    for row in real.values():
        strata[row.g, row.label].append(row.id)
    allowed = {}
    for ids in strata.values():
        points = np.array([(real[i].x, real[i].y) for i in ids])
        width = min(K, len(ids) - 1)
        if width:
            near, _ = oracles.nearest_others(points, width, 1 / oracles.population_unit(points))
            allowed.update({i: {ids[j] for j in near[n]} for n, i in enumerate(ids)})
    seen = set()
    for row in rows:
        if not row.is_synthetic:
            continue
        base, other = real[row.base_id], real[row.neighbour_id]
        assert (row.g, row.label) == (base.g, base.label) == (other.g, other.label)
        assert row.neighbour_id in allowed[row.base_id]
        assert row.x == pytest.approx(base.x + row.gap * (other.x - base.x))
        assert row.y == pytest.approx(base.y + row.gap * (other.y - base.y))
        seen.add((row.g, row.label))
    assert seen == {
        ("de", "rare"), ("fr", "common"), (None, "rare"), (None, "middle"), ("null", "rare"),
        ("li", "rare"),
    }  # fmt: skip


def test_originals_are_untouched_and_the_report_counts_groups(done, mixed):
    _, plan, rows = done
    real = Counter(repr(tuple(row)[:5]) for row in rows if not row.is_synthetic)
    assert real == Counter(repr(tuple(row)) for row in mixed.collect())
    groups = plan.report.groups
    assert (groups.columns, groups.groups, groups.resampled, groups.large) == (["g"], 6, 5, 0)
    fates = {(f.label, f.fate): (f.groups, f.examples) for f in groups.fates}
    assert fates["rare", "reduced"] == (1, ["g='li'"])
    assert fates["common", "alone"] == (1, ["g=''"])
    assert fates["rare", "resampled"][0] == 3
    assert sum(f.new_rows for f in groups.fates) == plan.report.rows_after - plan.report.rows_before
    assert next(c for c in plan.report.columns if c.name == "g").role == "group"
    codes = {notice.code for notice in plan.report.notices}
    assert {"groups_reduced", "groups_alone", "tiny_class"} <= codes
    assert from_json(to_json(plan.report)) == plan.report
    assert "receives rows in 4 of the 5 groups" in str(plan.report)


@pytest.mark.parametrize("partitions", [1, 3, 8])
def test_rows_do_not_depend_on_partitions(spark, done, mixed, partitions):
    sampler, plan, rows = done
    arranged = mixed.repartition(partitions, "y").sortWithinPartitions(F.desc("x"))
    with settings(spark, {"spark.sql.shuffle.partitions": str(partitions)}):
        other = sampler.plan(arranged)
        assert contents(other.resampled()) == Counter(map(repr, rows))
    assert other.report.groups == plan.report.groups
    assert other.report.notices == plan.report.notices


def test_rows_of_a_group_do_not_depend_on_other_groups(done, mixed):
    sampler, _, rows = done
    for kept in ("g = 'de'", "g IS NULL OR g = 'fr'"):
        wanted = contents(mixed.filter(kept).select("id"))
        fewer = sampler.plan(mixed.filter(kept)).synthetic().collect()
        expected = Counter(
            repr(tuple(row)[:5] + tuple(row)[6:])
            for row in rows
            if row.is_synthetic and f"Row(id={row.base_id})" in wanted
        )
        assert Counter(repr(tuple(row)) for row in fewer) == expected


def test_equal_groups_draw_from_streams_of_their_own(spark):
    place = "(id % 60)"
    table = table_of(
        spark, {"1": {"a": 20, "b": 40}, "2": {"a": 20, "b": 40}},
        f"sqrt({place}) AS x", f"sin({place}) AS y",
    )  # fmt: skip
    new = SMOTE(groupCols=["g"], provenance=True, idCol="id").plan(table).synthetic().collect()
    gaps = {g: {row.gap for row in new if row.g == g} for g in (1, 2)}
    assert len(gaps[1]) == len(gaps[2]) == 20
    assert not gaps[1] & gaps[2]


@pytest.fixture
def small_buckets(monkeypatch):
    """Strata of more than 256 rows are large, and divided."""
    monkeypatch.setitem(QUALITIES, "fast", replace(QUALITIES["fast"], one_bucket_rows=256))


LARGE = {
    "1": {"rare": 4_000, "common": 5_000},
    "2": {"rare": 40, "common": 90},
    "3": {"rare": 900, "common": 400},
}


def large_table(spark, partitions=3, **more):
    return table_of(
        spark, LARGE | more, f"{uniform(1)} AS x", f"10 * {uniform(2)} AS y", partitions=partitions
    )


def test_large_and_small_strata_together(spark, small_buckets):
    table = large_table(spark).cache()
    sampler = SMOTE(groupCols=["g"], searchQuality="fast", idCol="id", provenance=True, seed=9)
    plan = sampler.plan(table)
    assert [task.rows for task in plan.large.tasks].count(4_000) == 1
    assert {(t.label, t.rows) for t in plan.large.tasks} == {("rare", 4_000), ("common", 400)}
    assert max(model.buckets for model in plan.recipe.models) > 1
    assert plan.report.groups.large == 2
    assert by_group(plan.resampled()) == {
        1: {"rare": 5_000, "common": 5_000},
        2: {"rare": 90, "common": 90},
        3: {"rare": 900, "common": 900},
    }
    accuracy = {found.label: found for found in plan.report.accuracy}
    assert accuracy["rare"].queries >= 8
    assert accuracy["rare"].recall > 0.8
    rows = plan.resampled().collect()
    real = {row.id: row for row in rows if not row.is_synthetic}
    for row in rows:
        if row.is_synthetic:
            base, other = real[row.base_id], real[row.neighbour_id]
            assert (row.g, row.label) == (base.g, base.label) == (other.g, other.label)
    expected = fingerprint(plan.resampled())
    for partitions in (1, 8):
        assert fingerprint(sampler.resample(large_table(spark, partitions))) == expected
    fewer = sampler.plan(table.filter("g = 1"))
    assert fingerprint(fewer.synthetic()) == fingerprint(plan.synthetic().filter("g = 1"))


@pytest.mark.parametrize("unmeasured", [{"recallQueries": 0}, {"distinctNeighbours": True}])
def test_large_strata_are_planned_where_recall_is_not_measured(spark, small_buckets, unmeasured):
    sampler = SMOTE(groupCols=["g"], searchQuality="fast", **unmeasured)
    report = sampler.plan(large_table(spark).drop("id")).report
    assert {outcome.rows_after for outcome in report.classes} == {5_000 + 90 + 900}
    assert not [notice for notice in report.notices if notice.code == "low_recall"]


def test_more_large_strata_than_the_driver_bears_are_refused(spark, small_buckets, monkeypatch):
    monkeypatch.setattr("spark_smote.plans.groups.summary.MOST_LARGE", 1)
    sampler = SMOTE(groupCols=["g"], searchQuality="fast", ignoreCols=["id"], carryPolicy="copy")
    with pytest.raises(DataError, match="2 classes within groups are too large.*finer groups"):
        sampler.plan(large_table(spark))


def test_ten_thousand_groups(spark):
    rows = spark.range(0, 120_000, 1, 4).selectExpr(
        "id % 12000 AS tenant", f"{uniform(1)} AS x", f"{uniform(2)} AS y",
        "IF(id < 36000, 1, 0) AS label",
    )  # fmt: skip
    sampler = SMOTE(groupCols=["tenant"], onSmallClass="reduce", carryPolicy="copy", seed=1)
    plan = sampler.plan(rows)
    assert plan.report.groups.groups == plan.report.groups.resampled == 12_000
    balanced = plan.resampled().persist()
    found = balanced.groupBy("tenant").pivot("label", [0, 1]).count()
    assert found.filter("`0` = 7 AND `1` = 7").count() == 12_000
    assert len(to_json(plan.report)) < 20_000  # no list of all groups
    # no new row leaves the box of its group
    reach = (
        rows.filter("label = 1")
        .groupBy("tenant")
        .agg(F.min("x").alias("least"), F.max("x").alias("most"))
    )
    new = balanced.filter("is_synthetic")
    outside = new.join(reach, "tenant").filter("x < least OR x > most")
    assert outside.count() == 0
    balanced.unpersist()


@pytest.mark.parametrize("strategy", [{"rare": 33}, lambda _: {"rare": 33}])
def test_totals_hold_in_each_group_that_can_meet_them(mixed, strategy):
    sampler = SMOTE(
        groupCols=["g"], samplingStrategy=strategy, idCol="id", onSmallClass="skip", kNeighbors=K
    )
    plan = sampler.plan(mixed)
    found = by_group(plan.resampled())
    assert {g: sizes.get("rare") for g, sizes in found.items()} == {
        "de": 33, "fr": 70, None: 33, "null": 33, "": None, "li": 2,
    }  # fmt: skip
    fates = {(f.label, f.fate): f.groups for f in plan.report.groups.fates}
    assert fates["rare", "ample"] == 1
    assert fates["rare", "skipped"] == 1


def test_ratios_and_floats_are_those_of_each_group(mixed):
    ratio = SMOTE(groupCols=["g"], samplingRatios={"rare": 0.5}, idCol="id", kNeighbors=1)
    found = by_group(ratio.resample(mixed))
    assert {g: sizes.get("rare") for g, sizes in found.items()} == {
        "de": 45, "fr": 70, None: 20, "null": 9, "": None, "li": 8,
    }  # fmt: skip
    two = mixed.filter("g IS NOT NULL")
    half = SMOTE(groupCols=["g"], samplingStrategy=0.5, idCol="id", kNeighbors=1)
    found = by_group(half.resample(two))
    assert found["de"] == {"rare": 45, "common": 90}
    assert found["fr"] == {"rare": 70, "common": 35}
    assert found["null"] == {"rare": 9, "common": 10}
    with pytest.raises(DataError, match="1 group, for instance in g=null: .*two classes"):
        half.plan(mixed)


def test_small_classes_of_groups(mixed):
    def planned(**params):
        return SMOTE(groupCols=["g"], idCol="id", kNeighbors=K, **params).plan(mixed)

    with pytest.raises(DataError, match="'rare' of group g='li' has 2 usable.*onSmallClass"):
        planned()
    assert by_group(planned(onSmallClass="skip").resampled())["li"] == {"rare": 2, "common": 17}
    copies = planned(onSmallClass="duplicate", provenance=True).synthetic().filter("g = 'li'")
    assert copies.count() == 15
    assert copies.filter("gap IS NOT NULL OR neighbour_id IS NOT NULL").count() == 0
    assert copies.select("x", "y").distinct().count() == 2


@pytest.mark.parametrize(
    "group",
    [
        "id % 2 = 0",
        "cast(id % 2 AS decimal(9, 2))",
        "date_add(date'2024-02-28', cast(id % 2 AS int))",
        "timestamp_micros(id % 2)",
        "unhex(lpad(hex(id % 2), 4, '0'))",
        "IF(id % 2 = 0, double('NaN'), IF(id % 4 = 1, -0.0D, 0.0D))",
        "array(id % 2, NULL)",
        "named_struct('a', IF(id % 2 = 0, 1, NULL), 'b', IF(id % 2 = 0, NULL, 1))",
        "make_dt_interval(id % 2)",
    ],
)
def test_groups_of_any_type(spark, group):
    table = spark.range(0, 120, 1, 2).selectExpr(
        f"{uniform(1)} AS x", f"{group} AS g", "IF(id < 30, 'a', 'b') AS label"
    )
    plan = SMOTE(groupCols=["g"]).plan(table)
    assert plan.report.groups.groups == 2
    assert plan.report.groups.resampled == 2
    assert plan.resampled().schema["g"] == table.schema["g"]
    assert [c for _, c in sorted(counts(plan.resampled()).items())] == [90, 90]
    found = plan.resampled().groupBy("g", "label").count().collect()
    assert {row["count"] for row in found} == {45}


def test_several_group_columns_are_one_identity(spark):
    table = spark.range(0, 400, 1, 2).selectExpr(
        f"{uniform(1)} AS x", "IF(id % 2 = 0, 'a', NULL) AS `g.1`",
        "IF(id % 2 = 0, NULL, 'a') AS `g 2`", "IF(id < 100, 1, 0) AS label",
    )  # fmt: skip
    plan = SMOTE(groupCols=["g.1", "g 2"]).plan(table)
    assert plan.report.groups.groups == 2
    assert any("g.1='a', g 2=null" in e for f in plan.report.groups.fates for e in f.examples)
    found = plan.resampled().groupBy("`g.1`", "g 2", "label").count().collect()
    assert len(found) == 4
    assert {row["count"] for row in found} == {150}


def test_nominal_columns_and_distinct_neighbours_stay_within_groups(spark):
    table = table_of(
        spark, {"1": {"a": 20, "b": 50}, "2": {"a": 30, "b": 45}},
        f"{uniform(1, 'id % 35')} AS x", "concat('level ', id div 70, id % 3) AS s",
    ).drop("id")  # fmt: skip
    sampler = SMOTENC(groupCols=["g"], distinctNeighbours=True, provenance=True, seed=2)
    plan = sampler.plan(table)
    rows = plan.resampled().collect()
    levels = {g: {r.s for r in rows if r.g == g and not r.is_synthetic} for g in (1, 2)}
    assert levels[1] != levels[2]
    new = [r for r in rows if r.is_synthetic]
    assert len(new) == 45
    assert all(r.s in levels[r.g] for r in new)
    assert all(r.base_id != r.neighbour_id for r in new)
    assert contents(sampler.resample(table.repartition(7))) == Counter(map(repr, rows))


def test_invalid_rows_are_skipped_and_counted_in_their_group(spark):
    table = table_of(
        spark, {"1": {"a": 12, "b": 50}, "2": {"a": 12, "b": 45}}, "nullif(id, 3) * 1D AS x"
    )
    sampler = SMOTE(groupCols=["g"], idCol="id", handleInvalid="skip", provenance=True)
    plan = sampler.plan(table)
    assert by_group(plan.resampled()) == {1: {"a": 50, "b": 50}, 2: {"a": 45, "b": 45}}
    used = {row.base_id for row in plan.synthetic().collect()}
    assert 3 not in used
    strict = SMOTE(groupCols=["g"], idCol="id", kNeighbors=11, handleInvalid="skip")
    with pytest.raises(DataError, match="'a' of group g=1 has 11 usable"):
        strict.plan(table)


def test_vectors_are_stored_as_those_of_their_own_group(spark):
    rows = []
    for i in range(80):
        vector = Vectors.sparse(8, {i % 3: 1.0 + i, 5: 2.0 + i % 4})
        group = i % 2
        rows.append((vector if group else Vectors.dense(vector.toArray()), group, int(i < 20)))
    table = spark.createDataFrame(rows, ["v", "g", "label"])
    new = SMOTE(groupCols=["g"], featuresCol="v").plan(table).synthetic().collect()
    assert len(new) == 40
    assert {(row.g, type(row.v)) for row in new} == {(0, DenseVector), (1, SparseVector)}


def test_nothing_to_add_in_any_group(spark):
    table = table_of(spark, {"1": {"a": 9, "b": 9}, "2": {"a": 5}})
    plan = SMOTE(groupCols=["g"], idCol="id").plan(table)
    assert plan.synthetic().count() == 0
    assert contents(plan.resampled().drop("is_synthetic")) == contents(table)
    assert plan.report.groups.resampled == 0


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"groupCols": ["G"]}, ("groupCols", "'G'", "did you mean 'g'")),
        ({"groupCols": ["g", "g"]}, ("groupCols", "twice")),
        ({"groupCols": ["label"]}, ("groupCols", "labelCol", "choose one")),
        ({"groupCols": ["x"], "inputCols": ["x"]}, ("groupCols", "inputCols", "choose one")),
        ({"groupCols": ["n"], "idCol": "n"}, ("groupCols", "idCol", "choose one")),
        ({"groupCols": ["g"], "carryPolicy": {"g": "null"}}, ("carryPolicy", "'g'", "group")),
        ({"groupCols": ["m"]}, ("groupCols", "'m'", "map<string,int>", "cast")),
        ({"groupCols": ["y"]}, ("groupCols", "'y'", "interval month", "cast")),
    ],
)
def test_what_cannot_be_a_group_is_refused_before_rows_are_read(spark, params, words):
    table = unreadable(
        spark, "id * 1D AS x", "nullif(id, 1) AS n", "'a' AS g", "map('a', 1) AS m",
        "interval '1' month AS y",
    )  # fmt: skip
    with pytest.raises(SchemaError) as caught:
        SMOTE(**{"carryPolicy": "null"} | params).plan(table)
    missing = [word for word in words if word not in str(caught.value)]
    assert not missing, caught.value


def test_a_nominal_column_is_no_group_and_a_group_no_nominal_column(spark):
    table = unreadable(spark, "id * 1D AS x", "'a' AS g", "'b' AS s")
    with pytest.raises(SchemaError, match="groupCols and in nominalCols"):
        SMOTENC(groupCols=["g"], nominalCols=["g", "s"]).plan(table)
    readable = table.withColumn("label", F.expr("id")) if "id" in table.columns else None
    assert readable is None


def test_medians_of_the_whole_table_are_refused(spark):
    table = unreadable(spark, "id * 1D AS x", "'a' AS g")
    with pytest.raises(ParameterError, match="impute.*groupCols=\\['g'\\].*'skip'"):
        SMOTE(groupCols=["g"], handleInvalid="impute").plan(table)


def test_ids_among_the_inputs_are_refused_as_in_a_whole_table(spark):
    table = table_of(spark, {"1": {"a": 60, "b": 90}, "2": {"a": 60, "b": 90}})
    with pytest.raises(DataError, match="'id' is different in each of 120 sampled rows"):
        SMOTE(groupCols=["g"]).plan(table)


def test_a_class_that_is_rare_in_few_groups_is_not_sent_whole(spark):
    sizes = {str(g): {"rare": 8, "common": 40} for g in range(40)}
    table = table_of(spark, sizes | {"99": {"rare": 30, "common": 7}})
    plan = SMOTE(groupCols=["g"], idCol="id").plan(table)
    sent = [unpacked(pa.py_buffer(bytes(r.records))) for r in plan.records.frame.collect()]
    assert sum(part.num_rows for part in sent) == 40 * 8 + 7

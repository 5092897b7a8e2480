"""The same rows, parameters and seed give the same new rows, bit for bit, however they come."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from spark_smote import SMOTE
from tests.tables import (
    BATCH_ROWS,
    classes,
    contents,
    fingerprint,
    mixed_sizes,
    mixed_sizes_sampler,
    settings,
)

FAMILIES = ["voronoi", "random_projection"]

WAYS = {
    "3 partitions, shuffled, batches of 333, AQE off": (
        lambda df: df.repartition(3, F.xxhash64("x")).sortWithinPartitions(F.xxhash64("y")),
        {BATCH_ROWS: "333", "spark.sql.adaptive.enabled": "false"},
    ),
    "8 partitions, descending, other session": (
        lambda df: df.repartition(8).sortWithinPartitions(F.desc("x")),
        {
            BATCH_ROWS: "333",
            "spark.sql.adaptive.enabled": "true",
            "spark.sql.ansi.enabled": "false",
            "spark.sql.session.timeZone": "America/New_York",
            "spark.sql.shuffle.partitions": "3",
        },
    ),
}

IN_ANOTHER_PROCESS = """
import json, sys
from pyspark.sql import SparkSession
from tests.tables import fingerprint, mixed_sizes, mixed_sizes_sampler

builder = SparkSession.builder.master("local[1]").config("spark.driver.memory", "1g")
for key, value in {
    "spark.driver.host": "localhost", "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4", "spark.log.level": "ERROR",
}.items():
    builder = builder.config(key, value)
spark = builder.getOrCreate()
found = {
    family: fingerprint(mixed_sizes_sampler(family).resample(mixed_sizes(spark)))
    for family in ("voronoi", "random_projection")
}
print("found", json.dumps(found))
spark.stop()
"""


@pytest.fixture(scope="module", params=FAMILIES)
def reference(request, spark):
    """One way: a single partition in its own order, batches of 10,000 rows, AQE on."""
    with settings(spark, {BATCH_ROWS: "10000", "spark.sql.adaptive.enabled": "true"}):
        plan = mixed_sizes_sampler(request.param).plan(mixed_sizes(spark))
        output = plan.resampled()
        return request.param, plan, fingerprint(output)


@pytest.fixture(scope="module")
def found_by_one_core():
    answer = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert answer.returncode == 0, answer.stderr[-3000:]
    line = next(line for line in answer.stdout.splitlines() if line.startswith("found "))
    return json.loads(line.removeprefix("found "))


def test_the_table_has_a_class_in_one_bucket_and_one_in_several(reference):
    outcomes = {c.label: c for c in reference[1].report.classes}

    assert outcomes["a"].buckets == 1
    assert outcomes["b"].buckets > 1
    assert outcomes["z"].method == "untouched"
    assert reference[2][0] == 3 * 9_300


@pytest.mark.parametrize("way", WAYS)
def test_output_does_not_depend_on_how_the_rows_come(spark, reference, way):
    family, plan, expected = reference
    arranged, session = WAYS[way]
    with settings(spark, session):
        other = mixed_sizes_sampler(family).plan(arranged(mixed_sizes(spark)))
        assert fingerprint(other.resampled()) == expected

    assert other.report.input_fingerprint == plan.report.input_fingerprint
    assert other.report.classes == plan.report.classes


def test_one_core_in_another_process_gives_the_same_rows(reference, found_by_one_core):
    family, _, expected = reference

    assert found_by_one_core[family] == expected


def test_a_plan_gives_the_same_rows_each_time(spark, reference):
    _, plan, expected = reference
    with settings(spark, {BATCH_ROWS: "4000"}):
        assert fingerprint(plan.resampled()) == expected


def test_a_class_in_buckets_does_not_depend_on_other_classes(spark, reference):
    family, plan, _ = reference
    alone = mixed_sizes_sampler(family).plan(mixed_sizes(spark).filter("label != 'a'"))

    assert fingerprint(alone.synthetic()) == fingerprint(plan.synthetic().filter("label = 'b'"))


def twins(spark):
    """Classes p and q lie on the very same points; r is an onlooker."""
    place = "(id % 100)"
    return classes(
        spark,
        {"'p'": 100, "'q'": 100, "'r'": 250},
        f"sqrt({place}) AS x",
        f"sin({place}) AS y",
    )


@pytest.fixture(scope="module")
def draws(spark):
    """New rows of the twins by class: (base, neighbour, gap, x, y), ids made comparable."""

    def drawn(df, **changed):
        sampler = SMOTE(idCol="id", provenance=True, recallQueries=0, **{"seed": 7} | changed)
        rows = sampler.plan(df).synthetic().collect()
        found = {"p": [], "q": []}
        for row in rows:
            pair = (row.base_id % 100, row.neighbour_id % 100)
            found[row.label].append((*pair, row.gap, row.x, row.y))
        return {label: sorted(found[label]) for label in found}

    return drawn


@pytest.fixture(scope="module")
def drawn(spark, draws):
    return draws(twins(spark))


def test_classes_on_the_same_points_draw_from_different_streams(drawn):
    assert len(drawn["p"]) == len(drawn["q"]) == 150
    gaps = {label: {gap for _, _, gap, *_ in drawn[label]} for label in drawn}
    assert not gaps["p"] & gaps["q"]
    bases = {label: [base for base, *_ in drawn[label]] for label in drawn}
    assert bases["p"] != bases["q"]
    assert len(gaps["p"]) == 150  # nor does a stream repeat itself


@pytest.mark.parametrize("seed", [8, -7, 1 << 62])
def test_another_seed_draws_from_another_stream(spark, draws, drawn, seed):
    other = draws(twins(spark).filter("label != 'q'"), seed=seed)

    assert not {row[2] for row in other["p"]} & {row[2] for row in drawn["p"]}
    assert [row[0] for row in other["p"]] != [row[0] for row in drawn["p"]]


def test_a_class_does_not_depend_on_other_classes(spark, draws, drawn):
    assert draws(twins(spark).filter("label != 'q'"))["p"] == drawn["p"]


def test_provenance_does_not_change_the_rows(spark, drawn):
    plain = SMOTE(idCol="id", seed=7, recallQueries=0).plan(twins(spark)).synthetic()

    assert sorted((r.x, r.y) for r in plain.filter("label = 'p'").collect()) == sorted(
        row[3:] for row in drawn["p"]
    )


@pytest.mark.parametrize(
    "differing",
    [
        "named_struct('t', timestamp_micros(1600000000000000 + {n}))",
        "array(timestamp_ntz'2020-01-01 00:00:00' + make_dt_interval(0, 0, 0, 0.000001 * {n}))",
        "map(cast(concat('k', {n}) AS binary), 1)",
        "named_struct('x', 0D * ({n} % 2 * 2 - 1), 'n', {n} div 2)",
    ],
    ids=[
        "timestamps in a struct",
        "timestamps in an array",
        "binary map keys",
        "zeros in a struct",
    ],
)
def test_rows_that_differ_only_deep_inside_are_told_apart(spark, differing):
    """Rows told apart wrongly are not interchangeable, so the order of arrival would show."""
    sizes = {"1": 40, "0": 100}
    hidden = differing.format(n="(id % 4)")
    table = classes(spark, sizes, "id div 4 * 1D AS x", f"{hidden} AS hidden")
    sampler = SMOTE(carryPolicy="copy", seed=3, recallQueries=0, provenance=True)
    one = sampler.plan(table.drop("id"))
    other = sampler.plan(table.orderBy(F.desc("id")).coalesce(1).drop("id"))

    keys = one.resampled().filter("label = 1 AND NOT is_synthetic").select("row_key").distinct()
    assert keys.count() == 40
    assert contents(one.synthetic()) == contents(other.synthetic())

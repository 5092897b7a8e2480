"""SVM-SMOTE: what is refused, where new rows may lie, and what is said."""

import pytest
from pyspark.sql import functions as F

from spark_smote import SVMSMOTE
from spark_smote.errors import DataError, ParameterError
from spark_smote.plans.classes import ClassTask
from tests.tables import contents, counts, points, uniform


@pytest.fixture(scope="module")
def surrounded(spark):
    """Each row of class a lies alone among many of class b."""
    x = "IF(id < 12, id * 10D, 10D * (id % 12) + (id % 17 - 8) / 100D) AS x"
    return points(spark, {"'a'": 12, "'b'": 240}, x)


def test_class_of_noise_alone_is_an_error_that_names_the_remedies(surrounded):
    with pytest.raises(
        DataError,
        match="'a': 12 of its 12 rows are support vectors, all .* noise .mNeighbors=10.*use SMOTE",
    ):
        SVMSMOTE().plan(surrounded)


def test_class_of_noise_alone_is_left_as_it_is_if_that_is_allowed(surrounded):
    plan = SVMSMOTE(onNoCandidates="warn").plan(surrounded)

    assert contents(plan.resampled().drop("is_synthetic")) == contents(surrounded)
    (left,) = [c for c in plan.report.classes if c.label == "a"]
    assert (left.method, left.rows_after) == ("untouched", 12)
    assert "onNoCandidates='warn'" in left.note


def test_all_new_rows_lead_outwards_where_no_support_vector_is_in_danger(spark):
    table = points(
        spark,
        {"'a'": 40, "'b'": 160},
        f"{uniform(1)} + IF(id < 40, 9, 0) AS x",
        f"{uniform(2)} AS y",
    )
    plan = SVMSMOTE(provenance=True, outStep=1.0, seed=2).plan(table)
    gaps = [row.gap for row in plan.synthetic().select("gap").collect()]

    assert len(gaps) == 120
    assert -1 < min(gaps) < -0.9
    assert max(gaps) <= 0
    (said,) = [n.message for n in plan.report.notices if n.code == "standing"]
    assert "0 are in danger, and 0 new rows" in said
    assert "and 120 new rows lead from these away" in said
    (crowd,) = [n.message for n in plan.report.notices if n.code == "many_new_per_real"]
    assert "per real one that they are made of" in crowd  # 40 rows, few of them support vectors


@pytest.mark.parametrize(
    ("rows", "totals"),
    [((3, 0, 2, 9), (100, 0, 0, 0)), ((0, 3, 2, 9), (0, 100, 0, 0))],
)
def test_a_kind_of_base_that_is_missing_leaves_its_new_rows_to_the_other(rows, totals):
    task = ClassTask(0, "a", sum(rows), 100, "smote", 5)
    assert SVMSMOTE()._standing(task, rows).totals == totals


def test_fraction_of_rows_in_danger_is_drawn_for_each_class_and_seed():
    tasks = [ClassTask(0, label, 14, 1000, "smote", 5) for label in range(400)]
    standings = [SVMSMOTE(seed=1)._standing(task, (3, 3, 2, 6)) for task in tasks]
    shares = [standing.totals[1] for standing in standings]

    assert all(sum(standing.totals) == 1000 for standing in standings)
    # Beta(10, 10): mean 1/2, standard deviation 0.109
    assert abs(sum(shares) / 400 - 500) < 4 * 109 / 20
    assert min(shares) < 350 < 650 < max(shares)
    other = SVMSMOTE(seed=2)._standing(tasks[0], (3, 3, 2, 6))
    assert other.totals != standings[0].totals


def test_new_rows_leave_the_range_of_their_class_but_not_that_of_the_table(spark):
    """Class a lies in a corner; a byte has no room beyond it, b neither below 0."""
    table = points(
        spark,
        {"'a'": 60, "'b'": 300},
        f"cast(IF(id < 60, 127 - id % 3, 127 * {uniform(1)}) AS tinyint) AS b",
        f"float(IF(id < 60, 2 + {uniform(2)}, 3 * {uniform(2)})) AS f",
        f"IF(id < 60, {uniform(3)} - 4, 4 * {uniform(3)} - 4) AS x",
    )
    output = SVMSMOTE(seed=5, kNeighbors=8).resample(table)
    ends = [each(c).alias(f"{each.__name__}_{c}") for c in "bfx" for each in (F.min, F.max)]
    before, new, old = (
        rows.agg(*ends).first()
        for rows in (table, output.filter("is_synthetic"), table.filter("label = 'a'"))
    )

    assert output.schema["b"].dataType == table.schema["b"].dataType
    assert counts(output) == {"a": 300, "b": 300}
    for c in "bfx":
        assert before[f"min_{c}"] <= new[f"min_{c}"]
        assert new[f"max_{c}"] <= before[f"max_{c}"]
    assert new["min_f"] < old["min_f"]
    assert new["max_b"] == 127


def test_values_out_of_range_and_levels_are_refused(spark):
    with pytest.raises(ParameterError, match="outStep must be a number from 0.0 to 1.0.*1.5"):
        SVMSMOTE(outStep=1.5)
    with pytest.raises(ParameterError, match="outStep.*-0.1"):
        SVMSMOTE(outStep=-0.1)
    with pytest.raises(ParameterError, match="no parameter 'nominalCols'"):
        SVMSMOTE(nominalCols=["s"])
    table = points(spark, {"'a'": 6, "'b'": 10}, f"{uniform(1)} AS x")
    with pytest.raises(DataError, match="mNeighbors=16 needs 17 usable rows"):
        SVMSMOTE(mNeighbors=16).plan(table)


def test_larger_tables_are_judged_by_a_sample_that_the_report_tells(spark):
    table = points(
        spark,
        {"'a'": 300, "'b'": 5_000},
        f"{uniform(1)} + IF(id < 300, 0.7, 0) AS x",
        f"{uniform(2)} AS y",
        partitions=3,
    )
    sampler = SVMSMOTE(samplingStrategy=0.2, seed=1)
    plan = sampler.plan(table)
    said = {n.code: n.message for n in plan.report.notices}

    assert counts(plan.resampled()) == {"a": 1000, "b": 5000}
    assert "a sample of 4,096 of 5,300 rows" in said["machine"]
    moved = table.repartition(5).sortWithinPartitions(F.desc("x"))
    assert contents(sampler.plan(moved).synthetic()) == contents(plan.synthetic())

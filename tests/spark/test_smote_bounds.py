"""Integers and decimals stay within the range of their class and of their type."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote import SMOTE
from spark_smote.errors import ParameterError, SchemaError
from tests.tables import classes, contents, points, uniform, unreadable

INTEGERS = {
    "tinyint": (-(2**7), 2**7 - 1),
    "smallint": (-(2**15), 2**15 - 1),
    "int": (-(2**31), 2**31 - 1),
    "bigint": (-(2**53), 2**53),
}
DECIMALS = {
    "decimal(1,0)": (9, 0),
    "decimal(5,2)": (99999, 2),
    "decimal(15,0)": (10**15 - 1, 0),
    "decimal(15,15)": (10**15 - 1, 15),
    "decimal(38,20)": (10**15 - 1, 6),
}


def column(kind):
    """Values of a column: of its whole range, most often near an end of it."""
    if kind in INTEGERS:
        least, most = INTEGERS[kind]
        return st.one_of(
            st.sampled_from([least, least + 1, -1, 0, 1, most - 1, most]),
            st.integers(least, most),
            st.integers(most - 3, most),
        )
    most, scale = DECIMALS[kind]
    return st.one_of(st.sampled_from([-most, most - 1, most]), st.integers(-most, most)).map(
        lambda units: Decimal(units).scaleb(-scale)
    )


KINDS = [*INTEGERS, *DECIMALS]
ROW = st.tuples(*[column(kind) for kind in KINDS])


@settings(
    max_examples=6,
    phases=[Phase.generate],  # each example is a handful of jobs: too dear to shrink
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(rows=st.lists(ROW, min_size=8, max_size=12), policy=st.sampled_from(["round", "floor"]))
def test_no_value_leaves_the_range_of_its_class_and_type(spark, rows, policy):
    schema = ", ".join(f"c{i} {kind}" for i, kind in enumerate(KINDS)) + ", label int"
    zeros = (*([0] * len(INTEGERS)), *([Decimal(0)] * len(DECIMALS)))
    table = spark.createDataFrame(
        [(*row, 1) for row in rows] + [(*zeros, 0)] * 40, schema
    ).coalesce(1)
    inputs = [f"c{i}" for i in range(len(KINDS))]
    sampler = SMOTE(inputCols=inputs, boundsPolicy=policy, kNeighbors=3, recallQueries=0)
    plan = sampler.plan(table)
    new = plan.synthetic().collect()

    assert len(new) == 40 - len(rows)
    assert plan.synthetic().dtypes == table.dtypes
    for i in range(len(KINDS)):
        of_class = [row[i] for row in rows]
        assert all(min(of_class) <= row[i] <= max(of_class) for row in new), KINDS[i]


@pytest.fixture(scope="module")
def table(spark):
    return classes(
        spark,
        {"1": 30, "0": 90},
        f"cast(100 * {uniform(1)} AS int) AS n",
        f"cast(100 * {uniform(2)} AS bigint) AS m",
        f"cast(100 * {uniform(3)} AS smallint) AS k",
        f"{uniform(4)} AS x",
    ).withMetadata("m", {"unit": "s"})


def test_integers_come_back_as_the_policy_of_their_column_says(table):
    policy = {"n": "floor", "m": "double"}
    sampler = SMOTE(idCol="id", boundsPolicy=policy, provenance=True, seed=1)
    plan = sampler.plan(table)
    output = plan.resampled()
    rows = output.collect()
    base = {row.id: row for row in rows if not row.is_synthetic}
    new = [row for row in rows if row.is_synthetic]

    assert [f.dataType.simpleString() for f in output.schema][:6] == [
        "bigint", "int", "double", "smallint", "double", "int",
    ]  # fmt: skip
    assert output.schema["m"].metadata == {"unit": "s"}
    assert plan.synthetic().dtypes[:6] == output.dtypes[:6]
    assert contents(table.withColumn("m", F.col("m").cast("double"))) == contents(
        output.filter("NOT is_synthetic").select(table.columns)
    )
    for row in new:
        one, other = base[row.base_id], base[row.neighbour_id]
        exact = {c: one[c] + row.gap * (other[c] - one[c]) for c in ("n", "m", "k")}
        assert row.n == int(exact["n"])
        assert row.m == pytest.approx(exact["m"], rel=1e-12)
        assert row.k == round(exact["k"])
    assert any(row.m != int(row.m) for row in new)
    roles = {role.name: role.reason for role in plan.report.columns}
    assert "double on all rows" in roles["m"]
    assert "rounded down" in roles["n"]
    assert "boundsPolicy" not in roles["k"] + roles["x"]


def test_type_of_a_double_column_is_the_same_where_no_row_is_added(table):
    sampler = SMOTE(idCol="id", boundsPolicy={"m": "double"}, samplingStrategy={1: 30})
    plan = sampler.plan(table)

    assert plan.synthetic().schema["m"].dataType == T.DoubleType()
    assert plan.resampled().schema["m"].dataType == T.DoubleType()
    assert plan.resampled().count() == 120


@pytest.mark.parametrize("policy", ["round", "floor", "double"])
def test_arrays_of_integers_follow_the_policy_too(spark, policy):
    table = points(spark, {"1": 9, "0": 20}, "array(cast(id AS int), cast(id % 3 AS int)) AS v")
    sampler = SMOTE(featuresCol="v", boundsPolicy={"v": policy}, kNeighbors=3, seed=2)
    plan = sampler.plan(table)
    values = [value for row in plan.synthetic().collect() for value in row.v]

    kind = T.DoubleType() if policy == "double" else T.IntegerType()
    may_be_null = table.schema["v"].dataType.containsNull
    assert plan.resampled().schema["v"].dataType == T.ArrayType(kind, may_be_null)
    assert all(0 <= value <= 8 for value in values)
    assert any(value != int(value) for value in values) == (policy == "double")


def test_a_type_changes_only_where_a_column_is_named():
    with pytest.raises(ParameterError, match=r"boundsPolicy='double'.*name them.*'age': 'double'"):
        SMOTE(boundsPolicy="double")


@pytest.mark.parametrize(
    ("named", "words"),
    [("x", "'x' \\(double\\).*not an integer input"), ("nn", "'nn'.*did you mean 'n'")],
)
def test_a_policy_for_what_is_no_integer_input_is_refused(spark, named, words):
    table = unreadable(spark, "id * 1D AS x", "id AS n")
    with pytest.raises(SchemaError, match=f"boundsPolicy names.*{words}"):
        SMOTE(boundsPolicy={named: "floor"}).plan(table)

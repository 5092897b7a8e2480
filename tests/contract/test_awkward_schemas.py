"""Every sampler works on awkward schemas, or says in one message what to do."""

from collections import Counter

import pytest
from pyspark.sql import functions as F

from spark_smote.errors import SparkSmoteError
from spark_smote.plans.columns import resolve_columns
from spark_smote.plans.table import ColumnRequest
from spark_smote.samplers import REGISTRY
from tests.contract.fitting import fitting, params_for, with_levels
from tests.contract.schemas import ACCEPTED, REFUSED
from tests.tables import plain_texts, settings


def sampler_of(method, params, table):
    return REGISTRY[method](**params_for(method, {"seed": 4, "recallQueries": 0, **params}, table))


@pytest.mark.parametrize(("method", "case"), fitting(ACCEPTED))
def test_counts_schema_and_originals_are_kept_whatever_the_schema(spark, method, case):
    given = ACCEPTED[case]
    with settings(spark, given.settings):
        table = with_levels(method, given.table(spark))
        plan = sampler_of(method, given.params, table).plan(table)
        output = plan.resampled()
        width = len(table.columns)
        label = table.columns.index("label")
        # one row = the label, whether it is new, and all of the given columns as text
        rows = plain_texts(output, width, label, len(output.columns) - 1).collect()
        originals = Counter(row.text for row in plain_texts(table, width).collect())
        gone = Counter(row.text for row in plain_texts(plan.removed(), width).collect())

        assert output.columns == [*table.columns, "is_synthetic"]
        assert output.schema.fields[:width] == table.schema.fields
        assert plan.synthetic().dtypes == table.dtypes
        never_null = {i for i, f in enumerate(table.schema) if not f.nullable}

    planned = {c.label: c.rows_after for c in plan.report.classes}
    assert Counter(row[0] for row in rows) == Counter(planned)
    real = Counter(row.text for row in rows if not row[1])
    assert real + gone == originals
    assert plan.report.rows_after != plan.report.rows_before
    assert not any(row.nulls[i] for row in rows for i in never_null)


@pytest.mark.parametrize(("method", "case"), fitting(REFUSED))
def test_what_cannot_be_done_is_refused_in_one_clear_message(spark, method, case):
    given = REFUSED[case]
    table = with_levels(method, given.table(spark))
    sampler = sampler_of(method, given.params, table)
    with pytest.raises(SparkSmoteError) as caught:
        sampler.plan(table)
    message = str(caught.value)

    assert type(caught.value) is given.error
    missing = [word for word in given.words if word not in message]
    assert not missing, f"{message!r} does not say {missing}"


def test_columns_of_a_table_of_2000_are_resolved_without_a_job(spark):
    numbers = [F.lit(1.0).alias(f"n.{i}") for i in range(1999)]
    table = spark.range(3).select(F.raise_error(F.lit("read")).cast("int").alias("label"), *numbers)
    resolved = resolve_columns(table, ColumnRequest(label_col="label"))

    assert resolved.inputs == tuple(range(1, 2000))
    assert [role.role for role in resolved.roles] == ["label"] + ["input"] * 1999

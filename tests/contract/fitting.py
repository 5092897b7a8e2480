"""What a sampler needs beside what a test of all samplers gives it."""

import pytest
from pyspark.sql import functions as F

from spark_smote.samplers import REGISTRY


def has(method, parameter):
    """Whether the sampler of this name takes a parameter."""
    return hasattr(REGISTRY[method], parameter)


def with_levels(method, table):
    """The table, with a nominal column where the sampler works on such only."""
    return table.withColumn("a level", F.lit("one")) if has(method, "nominalCols") else table


def params_for(method, params):
    """The parameters, with those that the sampler needs too; skips what it does not take."""
    if "featuresCol" in params and not has(method, "featuresCol"):
        pytest.skip(f"{method} takes its inputs in columns of their own: it has no featuresCol")
    return {**params, **({"nominalCols": ["a level"]} if has(method, "nominalCols") else {})}

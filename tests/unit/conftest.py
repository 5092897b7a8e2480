"""Unit tests need no Spark, and must not start one by accident."""

import pytest


@pytest.fixture(autouse=True)
def no_spark_session(monkeypatch):
    """Make every way to a session fail."""
    from pyspark.sql import SparkSession

    def refuse(*args, **kwargs):
        raise AssertionError("a test in tests/unit started Spark: move it to tests/spark")

    monkeypatch.setattr(SparkSession.Builder, "getOrCreate", refuse)
    monkeypatch.setattr("pyspark.java_gateway.launch_gateway", refuse)
    monkeypatch.setattr("pyspark.core.context.launch_gateway", refuse, raising=False)


@pytest.fixture(scope="session")
def spark():
    raise AssertionError("a test in tests/unit asked for Spark: move it to tests/spark")

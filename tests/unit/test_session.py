"""What is said when Spark cannot start, and whose settings and sessions are left alone."""

import stat

import pytest

from spark_smote.config import SparkSettings
from spark_smote.errors import SparkSmoteError
from spark_smote.session import spark_session

PLATFORM_VARIABLES = ("SPARK_REMOTE", "PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION")


class Builder:
    """Stands in for `SparkSession.builder`: notes settings, starts nothing."""

    def __init__(self):
        self.settings = {}
        self.started = Session()

    def appName(self, name):
        return self.config("spark.app.name", name)

    def config(self, key, value):
        self.settings[key] = value
        return self

    def getOrCreate(self):
        return self.started


class Session:
    stopped = False

    def stop(self):
        self.stopped = True


@pytest.fixture
def builder(monkeypatch):
    for name in PLATFORM_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    builder = Builder()
    monkeypatch.setattr("pyspark.sql.SparkSession.builder", builder)
    return builder


@pytest.fixture
def fake_java(monkeypatch, tmp_path):
    """Install a java that prints the version given, or fails if given none."""

    def _install(version):
        java = tmp_path / "bin" / "java"
        java.parent.mkdir(exist_ok=True)
        line = f"echo 'openjdk version \"{version}\" 2020-01-01' >&2" if version else "exit 1"
        java.write_text(f"#!/bin/sh\n{line}\n")
        java.chmod(java.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    return _install


def test_without_java_one_line_says_what_to_install(builder, monkeypatch, tmp_path):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SparkSmoteError) as raised, spark_session():
        pass

    assert "no Java found" in str(raised.value)
    assert "install Java 17 or later, or point JAVA_HOME at one" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == 4


def test_a_java_home_without_java_is_named(builder, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    with pytest.raises(SparkSmoteError, match=f"no Java found.*JAVA_HOME={tmp_path}"):
        spark_session().__enter__()


@pytest.mark.parametrize(("version", "shown"), [("1.8.0_402", "8"), ("11.0.2", "11")])
def test_a_java_that_is_too_old_is_named_with_its_version(builder, fake_java, version, shown):
    fake_java(version)

    with pytest.raises(SparkSmoteError, match=f"is version {shown}, pyspark 4.* needs 17 or later"):
        spark_session().__enter__()


def test_a_java_that_does_not_run_is_named(builder, fake_java):
    fake_java(None)

    with pytest.raises(SparkSmoteError, match="java does not run: install Java 17"):
        spark_session().__enter__()


def test_a_session_of_our_own_has_laptop_settings_and_is_stopped(builder, fake_java):
    fake_java("21.0.1")

    settings = SparkSettings(app_name="x", config={"spark.ui.enabled": True})
    with spark_session(settings) as spark:
        assert spark is builder.started
        assert not spark.stopped

    assert spark.stopped
    assert builder.settings["spark.master"] == "local[*]"
    assert builder.settings["spark.app.name"] == "x"
    assert builder.settings["spark.ui.enabled"] == "true"  # what the user says wins
    assert builder.settings["spark.driver.bindAddress"] == "127.0.0.1"


def test_a_cluster_is_not_given_laptop_settings(builder, fake_java):
    fake_java("17.0.1")

    with spark_session(SparkSettings(master="yarn")):
        pass

    assert builder.settings == {"spark.master": "yarn", "spark.app.name": "spark-smote"}


def test_an_existing_session_is_used_as_it_is_and_left_running(builder, monkeypatch, caplog):
    existing = Session()
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: existing)

    with spark_session(SparkSettings(config={"spark.sql.ansi.enabled": False})) as spark:
        assert spark is existing

    assert not existing.stopped
    assert builder.settings == {}
    assert "are not used: a Spark session exists already" in caplog.text


def test_under_spark_submit_master_and_settings_are_the_platforms(builder, monkeypatch):
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "12345")

    with spark_session() as spark:
        assert builder.settings == {}

    assert spark.stopped


def test_databricks_keeps_its_session(builder, monkeypatch):
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.0")

    with spark_session() as spark:
        assert builder.settings == {}

    assert not spark.stopped


def test_spark_remote_needs_no_java_and_takes_only_what_the_user_asked(builder, monkeypatch):
    monkeypatch.setenv("SPARK_REMOTE", "sc://host:15002")
    monkeypatch.setenv("JAVA_HOME", "/nowhere")

    with spark_session(SparkSettings(config={"spark.sql.shuffle.partitions": 8})):
        assert builder.settings == {"spark.sql.shuffle.partitions": "8"}


def test_a_session_that_does_not_start_is_one_line(builder, fake_java, monkeypatch):
    fake_java("17.0.1")

    def fail():
        raise RuntimeError("Java gateway process exited\nand fifty lines more")

    monkeypatch.setattr(builder, "getOrCreate", fail)

    with pytest.raises(
        SparkSmoteError, match=r"^Spark does not start: Java gateway process exited$"
    ):
        spark_session().__enter__()

"""A Spark session: the one that is there, or one of our own for a laptop.

A session that exists (a notebook, spark-submit, Databricks, Spark Connect) keeps its settings and
is never stopped; one that was started here is stopped at the end.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from spark_smote.config import SparkSettings
from spark_smote.errors import SparkSmoteError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

JAVA_NEEDED = {3: 8, 4: 17}
"""Oldest Java for each major version of pyspark."""

_LOGGING = Path(__file__).with_name("log4j2.properties").resolve()

log = logging.getLogger(__name__)


@contextmanager
def spark_session(settings: SparkSettings | None = None) -> Iterator[SparkSession]:
    """Yield the active session, or start one and stop it afterwards.

    Parameters
    ----------
    settings
        Master, name and configuration of a session that is started here. Where one exists or the
        platform starts it (spark-submit, Databricks, `SPARK_REMOTE`), master and name are the
        platform's.

    Raises
    ------
    SparkSmoteError
        pyspark or Java is missing, Java is too old, or the session does not start.
    """
    settings = settings or SparkSettings()
    require_pyspark()
    from pyspark.sql import SparkSession

    existing = SparkSession.getActiveSession()
    if existing is not None:
        _warn_of_unused(settings, "a Spark session exists already")
        yield existing
        return
    spark = _start(settings)
    try:
        yield spark
    finally:
        if "DATABRICKS_RUNTIME_VERSION" not in os.environ:
            spark.stop()


def require_pyspark() -> None:
    """Fail in one line where pyspark is missing, which this package leaves to the platform."""
    if find_spec("pyspark") is None:
        raise SparkSmoteError(
            "pyspark is not installed: pip install 'spark-smote[spark]', "
            "or run where the platform brings it"
        )


def _start(settings: SparkSettings) -> SparkSession:
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    if "DATABRICKS_RUNTIME_VERSION" in os.environ or "PYSPARK_GATEWAY_PORT" in os.environ:
        _warn_of_unused(settings, "the platform starts the session")
    elif os.environ.get("SPARK_REMOTE"):
        _warn_of_unused(SparkSettings(master=settings.master), "SPARK_REMOTE names the server")
        for key, value in settings.config.items():
            builder = builder.config(key, _as_spark(value))
    else:
        _require_java()
        builder = builder.appName(settings.app_name)
        for key, value in {**_laptop_settings(settings), **settings.config}.items():
            builder = builder.config(key, _as_spark(value))
    master = os.environ.get("SPARK_REMOTE") or settings.master or "local"
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers as the driver
    try:
        return builder.getOrCreate()
    except (PySparkException, RuntimeError) as error:
        first_line = str(error).strip().splitlines()[0]
        raise SparkSmoteError(f"Spark does not start: {first_line}") from error


def _laptop_settings(settings: SparkSettings) -> dict[str, str | int | bool | float]:
    master = settings.master or "local[*]"
    if not master.startswith("local"):
        return {"spark.master": master}
    return {
        "spark.master": master,
        # Driver and executors are one process here, and its default of 1 GB is little.
        "spark.driver.memory": f"{_driver_gigabytes()}g",
        # Spark's default of 200 is for clusters; small tasks cost more than they carry.
        "spark.sql.shuffle.partitions": max(4, 2 * (os.cpu_count() or 1)),
        # A host name that does not resolve (VPN, no network) keeps Spark from starting.
        "spark.driver.host": "localhost",
        "spark.driver.bindAddress": "127.0.0.1",
        # Dates without a zone (CSV) mean the same on every machine.
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": False,
        # Failures arrive as exceptions; Spark's log would bury them in stack traces.
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}",
        # The command line shows progress of its own.
        "spark.ui.showConsoleProgress": False,
    }


def _driver_gigabytes() -> int:
    """Half of the machine's memory, between 1 and 8 GB: Python workers need the other half."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return 2
    return min(8, max(1, memory // (2 * 1024**3)))


def _as_spark(value: str | bool | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _warn_of_unused(settings: SparkSettings, reason: str) -> None:
    given = settings.model_dump(exclude_defaults=True)
    if given:
        log.warning("spark settings %s are not used: %s", given, reason)


def _require_java() -> None:
    """Fail in one line where Spark's launcher would fail in fifty."""
    import pyspark

    needed = JAVA_NEEDED.get(int(pyspark.__version__.split(".")[0]), 17)
    remedy = f"install Java {max(needed, 17)} or later, or point JAVA_HOME at one"
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home, "bin", "java"))) if home else shutil.which("java")
    where = f"JAVA_HOME={home}" if home else "JAVA_HOME is not set and PATH has no java"
    if java is None:
        raise SparkSmoteError(f"no Java found ({where}): {remedy}")
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr + answer.stdout)
    if version is None:
        raise SparkSmoteError(f"{java} does not run: {remedy}")
    if int(version[1]) < needed:
        raise SparkSmoteError(
            f"{java} is version {version[1]}, pyspark {pyspark.__version__} needs {needed} "
            f"or later: {remedy}"
        )

"""One Spark session for all tests, and for the doctests in the package."""

import os
import sys

import pytest
from hypothesis import settings

# For all JVMs that tests start. A quarter of the time went into optimising code that runs once or
# twice, and a tenth into compiling anew what no longer fitted the cache (48 MiB where nothing is
# optimised).
os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"

settings.register_profile("unhurried", deadline=None)  # machines may be busy
settings.load_profile("unhurried")


def _remember(owner: type, found: type) -> None:
    """Have py4j look each name up once, not in every call.

    Before each `F.col` it asks the JVM what `functions` is and what `col` is in it, and the JVM
    searches all of Spark's archives: a tenth of the time of these tests.
    """
    look_up = owner.__getattr__

    def remembering(self, name):
        value = look_up(self, name)
        if isinstance(value, found):
            vars(self)[name] = value
        return value

    owner.__getattr__ = remembering


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """A local session as small as tests can be, that leaves nothing behind."""
    from py4j.java_gateway import JavaClass, JavaMember, JVMView
    from pyspark.sql import SparkSession

    _remember(JVMView, JavaClass)
    _remember(JavaClass, JavaMember)
    scratch = tmp_path_factory.mktemp("spark")
    # Workers must be the Python that runs the tests, not the first one in PATH.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.master": "local[2]",  # two tasks at once: enough to show what order could break
        "spark.driver.memory": "1g",  # continuous integration machines are small
        "spark.driver.host": "localhost",  # works where the host name does not resolve
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",  # no port to be taken by another run
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",  # more than tasks at once, far fewer than 200
        "spark.sql.session.timeZone": "UTC",  # the same timestamps on every machine
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.driver.extraJavaOptions": f"-XX:+UseSerialGC -Dderby.system.home={scratch}",
        "spark.local.dir": str(scratch),
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.appName("spark-smote tests")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(autouse=True)
def _doctests_share_the_session(request):
    """Give examples that get or create a session this one, not one with Spark's defaults."""
    dtest = getattr(request.node, "dtest", None)
    if dtest and any("SparkSession" in example.source for example in dtest.examples):
        request.getfixturevalue("spark")

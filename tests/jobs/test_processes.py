"""The ways in as processes of their own: the installed command, spark-submit, Spark Connect."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sysconfig.get_path("scripts"))
FITTING = ("--label", "label", "--carry", "null", "--strategy", "0.5", "--seed", "7")
SMALL = ("--set", "spark.config.spark.driver.memory=1g", "--set", "spark.master=local[2]")


def _environment(**more):
    # Without the session of the tests, of which spark-submit would otherwise become a client.
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("SPARK_", "PYSPARK_")) and key != "PYTHONPATH"
    }
    return {**inherited, **more}


def _run(*command, **environment):
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env=_environment(**environment),
        timeout=300,
        check=False,
    )


def _counts(folder):
    table = pq.read_table(folder)
    return Counter(zip(table["label"].to_pylist(), table["is_synthetic"].to_pylist(), strict=True))


EXPECTED = {("common", False): 300, ("rare", False): 40, ("rare", True): 110}


def test_the_installed_command_rebalances_a_table(source, tmp_path):
    out = tmp_path / "out"

    done = _run(SCRIPTS / "spark-smote", "resample", source, out, *FITTING, *SMALL)

    assert done.returncode == 0, done.stderr
    assert _counts(out) == EXPECTED
    assert f"{out}/_spark_smote/report.html" in done.stdout
    assert "INFO write ..." in done.stderr
    for noise in ("WARN ", "ERROR ", "Exception", "\tat "):
        assert noise not in done.stderr


def test_the_installed_command_inspects_a_table(source, tmp_path):
    page = tmp_path / "page.html"

    done = _run(
        *(SCRIPTS / "spark-smote", "inspect", source, "--label", "label"),
        *("--json", "--html", page, *SMALL),
    )

    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert {c["label"]: c["rows"] for c in document["classes"]} == {"common": 300, "rare": 40}
    assert "</html>" in page.read_text(encoding="utf-8")
    assert "INFO search ..." in done.stderr
    for noise in ("WARN ", "ERROR ", "Exception", "\tat "):
        assert noise not in done.stderr


def test_bad_rows_are_one_line_and_exit_code_3(tmp_path):
    source = tmp_path / "one_class.parquet"
    pq.write_table(pa.table({"x": [1.0, 2.0, 3.0], "label": ["a", "a", "a"]}), source)

    done = _run(
        *(sys.executable, "-m", "spark_smote", "resample", source, tmp_path / "out"),
        *("--label", "label", *SMALL),
    )

    assert done.returncode == 3, done.stderr
    assert done.stderr.splitlines()[-1].startswith("error: ")
    assert "\tat " not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_configuration_is_found_without_starting_spark(tmp_path):
    done = _run(
        *(SCRIPTS / "spark-smote", "resample", "in", "out", "--set", "params=7"),
        JAVA_HOME=str(tmp_path),
    )

    assert done.returncode == 2
    assert done.stderr.startswith("error: params=7: ")


def test_without_java_the_command_says_what_to_install(source, tmp_path):
    done = _run(
        *(SCRIPTS / "spark-smote", "resample", source, tmp_path / "out", *FITTING),
        JAVA_HOME=str(tmp_path),
    )

    assert done.returncode == 4
    assert "install Java 17 or later" in done.stderr.splitlines()[-1]


def test_ctrl_c_exits_with_130_and_leaves_nothing(source, tmp_path):
    out = tmp_path / "out"
    command = [SCRIPTS / "spark-smote", "resample", source, out, *FITTING, *SMALL]
    process = subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    with process:
        for line in process.stderr:
            if "profile ..." in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
        code = process.wait(timeout=120)

    assert code == 130, rest
    assert "Traceback" not in rest
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def _spark_submit(script, *args):
    return _run(
        *(SCRIPTS / "spark-submit", "--master", "local[2]", "--driver-memory", "1g"),
        *("--conf", "spark.ui.enabled=false", ROOT / "jobs" / script, *args),
        PYSPARK_PYTHON=sys.executable,
    )


def test_spark_submit_does_the_same_as_the_command(source, tmp_path):
    out = tmp_path / "out"

    done = _spark_submit("resample.py", source, out, *FITTING)

    assert done.returncode == 0, done.stderr
    assert _counts(out) == EXPECTED
    assert f"{out}/_spark_smote/report.html" in done.stdout


def test_spark_submit_inspects_a_table(source):
    done = _spark_submit("inspect_table.py", source, "--label", "label")

    assert done.returncode == 0, done.stderr
    assert "340 rows in 2 classes: 7.5 of class common to each of class rare" in done.stdout


def test_spark_submit_passes_exit_code_and_message_on(source, tmp_path):
    done = _spark_submit(
        "resample.py", source, tmp_path / "out", "--label", "klass", "--carry", "null"
    )

    assert done.returncode == 2, done.stderr
    said = done.stdout + done.stderr  # spark-submit sends both streams of Python to stdout
    error = next(line for line in said.splitlines() if line.startswith("error: "))
    assert "'klass'" in error


@pytest.mark.slow
def test_the_command_works_over_spark_connect(source, tmp_path):
    out = tmp_path / "out"

    done = _run(
        *(SCRIPTS / "spark-smote", "resample", source, out, *FITTING), SPARK_REMOTE="local[2]"
    )

    assert done.returncode == 0, done.stderr
    assert _counts(out) == EXPECTED

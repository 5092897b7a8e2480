"""Errors in one line with their exit code; progress by phase."""

import io
import logging
import time

import pytest
from pyspark.errors import AnalysisException, PySparkException
from rich.console import Console
from rich.text import Text
from typer.testing import CliRunner

from spark_smote.cli import app
from spark_smote.console import explain, phase_progress
from spark_smote.errors import DataError, OutputError, ParameterError, PathError, SchemaError

WORKER_FAILED = """
  An exception was thrown from the Python worker. Please see the stack trace below.
Traceback (most recent call last):
  File "/x/pyspark/worker.py", line 4207, in invoke_udf
    func, profiler = read_udfs()
{line}

JVM stacktrace:
org.apache.spark.api.python.PythonException
\tat org.apache.spark.api.python.BasePythonRunner.handle(PythonRunner.scala:1)
"""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ParameterError("p"), 2),
        (SchemaError("p"), 2),
        (PathError("p"), 2),
        (DataError("p"), 3),
        (OutputError("p"), 4),
    ],
)
def test_our_own_errors_speak_for_themselves(error, code):
    assert explain(error) == ("p", code)


def test_an_error_of_ours_that_a_worker_raised_keeps_message_and_exit_code():
    line = "spark_smote.errors.DataError: column 'amount' holds 3 NaN"

    message, code = explain(PySparkException(WORKER_FAILED.format(line=line)))

    assert message == "column 'amount' holds 3 NaN"
    assert code == 3


@pytest.mark.parametrize(
    ("error", "essential"),
    [
        (
            PySparkException(WORKER_FAILED.format(line="ModuleNotFoundError: No module named 'x'")),
            "ModuleNotFoundError: No module named 'x'",
        ),
        (
            AnalysisException(
                "[TABLE_NOT_FOUND] No table `t`. SQLSTATE: 42P01\n\nJVM stacktrace:\na\n\tat b(c)"
            ),
            "No table `t`.",
        ),
        (KeyError("x"), "KeyError: 'x'"),
        (MemoryError(), "MemoryError"),
        (ValueError("first\nsecond"), "ValueError: first"),
    ],
)
def test_other_errors_are_reduced_to_the_essential_line(error, essential):
    assert explain(error) == (essential, 4)


class ConnectSession:
    """A session without a status tracker."""

    @property
    def sparkContext(self):
        raise AttributeError("not over Spark Connect")


class Session:
    """A session with two stages running."""

    @property
    def sparkContext(self):
        return self

    def statusTracker(self):
        return self

    def getActiveStageIds(self):
        return [1, 2]

    def getStageInfo(self, stage):
        class Info:
            numTasks, numCompletedTasks = 10, 3

        return Info if stage == 1 else None  # the second is over meanwhile


@pytest.mark.parametrize("spark", [Session(), ConnectSession()])
def test_a_terminal_sees_a_bar_with_the_phase(spark, monkeypatch):
    monkeypatch.setattr("spark_smote.console._POLL_SECONDS", 0.01)
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=100)

    with phase_progress(spark, phases=2, stderr=terminal) as progress:
        with progress("profile"):
            time.sleep(0.3)
        with progress("write"):
            pass

    assert "profile" in shown.getvalue()
    assert "1 of 2" in shown.getvalue()
    assert ("3/10 tasks" in shown.getvalue()) == isinstance(spark, Session)


def test_more_phases_than_expected_are_counted_on():
    shown = io.StringIO()
    terminal = Console(file=shown, force_terminal=True, width=100)

    with phase_progress(ConnectSession(), phases=1, stderr=terminal) as progress:
        for name in ("search", "search"):
            with progress(name):
                time.sleep(0.3)

    assert "1 of 1" in shown.getvalue()
    assert "2 of" not in shown.getvalue()


def test_elsewhere_phases_are_log_lines(caplog):
    with (
        caplog.at_level(logging.INFO, logger="spark_smote"),
        phase_progress(Session(), phases=1, stderr=Console(file=io.StringIO())) as progress,
        progress("hash"),
    ):
        pass

    assert caplog.messages[0] == "hash ..."
    assert caplog.messages[1].startswith("hash done in ")


def test_a_phase_that_fails_lets_its_error_through():
    terminal = Console(file=io.StringIO(), force_terminal=True)

    with (
        pytest.raises(DataError),
        phase_progress(Session(), phases=1, stderr=terminal) as progress,
        progress("profile"),
    ):
        raise DataError("one class")


def test_help_shows_lists_in_brackets():
    shown = CliRunner().invoke(app, ["resample", "--help"], env={"COLUMNS": "300"}).stdout

    text = Text.from_ansi(shown).plain  # some terminals and CI services get colours
    assert "JSON {class: rows}, or for methods that clean [class, ...];" in text

"""What Spark's exceptions say, without their stack traces.

The same failure arrives as a `PySparkException` or as a bare `Py4JJavaError`, depending on where
in the JVM it was raised and on the version; the bracketed condition in the text is what they
share.
"""

from __future__ import annotations

import re

from spark_smote import errors
from spark_smote.errors import SparkSmoteError

_CONDITION = re.compile(r"\[[A-Z][A-Z0-9_.]+\] ?(.*)")
_PYTHON_ERROR = re.compile(
    r"^\s*((?:[a-zA-Z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit)\b: .+)$", re.M
)
_OURS = re.compile(r"spark_smote\.errors\.(\w+): (.+)")
_LONGEST = 400


def has_condition(error: BaseException, *conditions: str) -> bool:
    """Whether Spark raised one of these error conditions (or a sub-condition of one).

    >>> has_condition(ValueError("[PATH_NOT_FOUND] Path does not exist"), "PATH_NOT_FOUND")
    True
    """
    text = str(error)
    return any(f"[{condition}" in text for condition in conditions)


def summary(error: BaseException) -> str:
    r"""The one line of a Spark failure that says what went wrong.

    An exception of Python code in a worker comes before Spark's own words about it.

    >>> summary(ValueError("An error occurred while calling o6.load.\n: java.io.IOException: gone"))
    'java.io.IOException: gone'
    """
    text = str(error)
    raised = _PYTHON_ERROR.findall(text) if "Traceback (most recent call last)" in text else []
    condition = _CONDITION.search(text)
    if raised:
        line = raised[-1]
    elif condition is not None and condition[1]:
        line = condition[1]
    else:
        lines = [line.strip(" :\t") for line in text.splitlines()]
        spoken = [line for line in lines if line and "An error occurred while calling" not in line]
        line = spoken[0] if spoken else type(error).__name__
    line = re.sub(r" SQLSTATE: \w+$", "", line.strip())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + " ..."


def raised_in_worker(error: BaseException) -> SparkSmoteError | None:
    """What this package raised in a Python worker; None where that is not behind the failure.

    >>> raised_in_worker(RuntimeError("Traceback ... spark_smote.errors.DataError: too few rows"))
    DataError('too few rows')
    """
    ours = _OURS.search(str(error))
    kind = getattr(errors, ours[1], None) if ours else None
    return kind(ours[2].strip()) if ours and kind else None

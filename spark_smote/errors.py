"""What callers can catch.

Every message names the parameter or column, the value received, the bound and the remedy.
`exit_code` is what the command line returns for it.
"""


class SparkSmoteError(Exception):
    """Base of every error this package raises on purpose."""

    exit_code = 4


class ParameterError(SparkSmoteError, ValueError):
    """A parameter is out of range or contradicts another; decidable without reading rows."""

    exit_code = 2


class SchemaError(SparkSmoteError, ValueError):
    """The table's columns do not fit what was asked; decidable without reading rows."""

    exit_code = 2


class PathError(SparkSmoteError, ValueError):
    """A path cannot be read, or an output path would endanger the input."""

    exit_code = 2


class DataError(SparkSmoteError, ValueError):
    """The rows themselves do not allow what was asked."""

    exit_code = 3


class OutputError(SparkSmoteError, RuntimeError):
    """Writing, verifying or publishing an output failed; the earlier output is intact."""

    exit_code = 4

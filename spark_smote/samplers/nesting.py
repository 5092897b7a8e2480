"""Saving what holds other objects with parameters, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import pyspark
from pyspark.ml.util import DefaultParamsReader, DefaultParamsWriter, MLWritable, MLWriter
from pyspark.sql import SparkSession
from pyspark.sql.utils import is_remote

from spark_smote.errors import ParameterError


class NestingWriter(MLWriter):
    """Writes `metadata/` and a folder per nested object, as OneVsRest does with its classifier."""

    def __init__(self, instance: Any, nested: Mapping[str, Any]) -> None:
        super().__init__()
        self.instance = instance
        self.nested = nested

    def saveImpl(self, path: str) -> None:
        """Write to a path that does not exist yet."""
        for name, value in self.nested.items():
            if not isinstance(value, MLWritable):
                raise ParameterError(
                    f"{name}: {described(value)} cannot be saved, since it is no "
                    f"pyspark.ml.util.MLWritable; save the fitted model instead, or give a "
                    f"{name} that can be saved"
                )
        # A sampler may refuse to be saved (a callable samplingStrategy): nested objects go first,
        # so that nothing is left behind that looks like a saved whole.
        for name, value in self.nested.items():
            writer = cast(MLWritable, value).write()
            writer.session(self.sparkSession).save(folder_of(path, name))
        DefaultParamsWriter.saveMetadata(
            self.instance,
            path,
            metadata_access(self.sparkSession),
            extraMetadata={"nested": list(self.nested)},
            paramMap={},
        )

    def _handleOverwrite(self, path: str) -> None:
        if not is_remote():
            super()._handleOverwrite(path)
            return
        # Spark's own writer reaches for the JVM here, which a Connect client does not have.
        from pyspark.ml.connect.readwrite import RemoteMLWriter

        RemoteMLWriter.handleOverwrite(path, True)


def read_nested(session: SparkSession, path: str) -> tuple[str, dict[str, Any]]:
    """The uid of what `NestingWriter` wrote, and the nested objects by name, in their order."""
    access = metadata_access(session)
    metadata = DefaultParamsReader.loadMetadata(path, access)
    nested: dict[str, Any] = {
        name: DefaultParamsReader.loadParamsInstance(folder_of(path, name), access)
        for name in metadata["nested"]
    }
    return metadata["uid"], nested


def metadata_access(session: SparkSession) -> Any:
    """What this pyspark reads and writes ML metadata with.

    3.5 wants the SparkContext; 4.x takes the session too, which is all that Connect has.
    """
    is_before_4 = int(pyspark.__version__.split(".")[0]) < 4
    return session.sparkContext if is_before_4 else session


def folder_of(path: str, name: str) -> str:
    """Where a nested object is."""
    return f"{path.rstrip('/')}/{name}"


def described(value: Any) -> str:
    """A value that a parameter cannot take, for a message."""
    if isinstance(value, type):
        return f"the class {value.__name__} rather than an instance of it"
    return "nothing" if value is None else f"{value!r} of type {type(value).__name__}"

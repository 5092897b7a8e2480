"""Tables in and out: read, write beside, verify, publish, manifest."""

from spark_smote.io.manifest import ClassRows, DataFile, read_manifest
from spark_smote.io.output import WriteResult, check_output, planned_rows, write_output
from spark_smote.io.paths import check_overlap
from spark_smote.io.publish import recover
from spark_smote.io.read import read_table
from spark_smote.io.write import Layout, check_layout, measured_bytes_per_row

__all__ = [
    "ClassRows",
    "DataFile",
    "Layout",
    "WriteResult",
    "check_layout",
    "check_output",
    "check_overlap",
    "measured_bytes_per_row",
    "planned_rows",
    "read_manifest",
    "read_table",
    "recover",
    "write_output",
]

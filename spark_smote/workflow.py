"""A resample job from configuration to published table, and the inspection of its input.

Mend what a killed run left → read → plan → write beside and verify → look at the written rows →
report → publish.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql.types import BooleanType, StructField, StructType

from spark_smote.config import InspectConfig, ResampleConfig, did_you_mean
from spark_smote.errors import ParameterError, PathError, SparkSmoteError
from spark_smote.gallery import methods_shown
from spark_smote.inspection.inspect import PHASES, inspect
from spark_smote.io import (
    Layout,
    WriteResult,
    check_layout,
    check_output,
    measured_bytes_per_row,
    planned_rows,
    read_table,
    recover,
    write_output,
)
from spark_smote.plans.levels import AUTO
from spark_smote.plans.notices import portrait_notices
from spark_smote.plans.portrait import portrait_of
from spark_smote.report import gallery_png, text_summary, to_html, to_json
from spark_smote.results import Phase, ResampleReport
from spark_smote.samplers import REGISTRY, Sampler

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spark_smote.inspected import Inspection
    from spark_smote.plans.resample_plan import ResamplePlan

log = logging.getLogger(__name__)

Progress = Callable[[str], AbstractContextManager[None]]

REPORT_FOLDER = "_spark_smote"
"""Within the output; Spark's readers do not look into it."""

INSPECTED_PARAMS = (
    "labelCol",
    "inputCols",
    "nominalCols",
    "ignoreCols",
    "idCol",
    "kNeighbors",
    "seed",
)
"""A sampler's parameters that an inspection takes too."""

INSPECTION_PHASES = ("read", *PHASES)


@dataclass(frozen=True)
class Finished:
    """What a job did, or in a dry run would do."""

    config: ResampleConfig
    report: ResampleReport
    written: WriteResult | None
    """None in a dry run."""

    @property
    def resolved_yaml(self) -> str:
        """The configuration with every default filled in, as YAML that loads again."""
        return self.config.to_yaml(params=self.report.resolved)

    def summary(self) -> str:
        """What happened, for people."""
        lines = [text_summary(self.report), ""]
        if self.written is None:
            return "\n".join([*lines, "dry run: nothing was written"])
        size = self.written.bytes / 1024**2
        count = len(self.written.files)
        files = f", {count} file{'s' * (count > 1)}, {size:,.1f} MB" if count else ""
        lines.append(f"table:  {self.written.target} ({self.written.rows:,} rows{files})")
        if self.written.format != "table":
            folder = f"{self.written.target}/{REPORT_FOLDER}"
            name = "report.html" if self.config.report.html else "manifest.json"
            lines.append(f"report: {folder}/{name}")
        return "\n".join(lines)


def phases_of(config: ResampleConfig, *, dry_run: bool) -> list[str]:
    """Names of the phases that `run_resample` will enter, in order."""
    kind = REGISTRY.get(config.method)
    planning = ["read", *(kind.phases if kind else ())]
    if config.params.get("groupCols"):
        planning.insert(2, "groups")
    if config.params.get("constraints"):
        planning = [*planning[:2], "constraints", *planning[2:], "trial"]
    if config.params.get("handleInvalid") == "impute":
        planning.append("medians")
    if dry_run:
        return planning
    if config.output.format.lower() == "table":
        return [*planning, "write"]
    return [*planning, "write", "verify", "report", "publish"]


def run_resample(
    config: ResampleConfig,
    *,
    spark: SparkSession,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> Finished:
    """Run a resample job.

    Parameters
    ----------
    config
        The job.
    spark
        The session to run it in; its settings stay as they are.
    progress
        Called with each phase's name, entered around it.
    dry_run
        Stop after planning: small jobs run, nothing is written.

    Raises
    ------
    ParameterError, SchemaError, PathError
        Before heavy work.
    DataError
        The rows do not allow what was asked.
    OutputError
        Writing, verifying or publishing failed; an earlier output is intact.
    """
    sampler = build_sampler(config)
    _require_libraries(config)
    timer = _Timer(progress)
    with timer.phase("read"):
        if not dry_run:
            _mend(config)
        df = _read(config, spark)
        layout = _layout(config, sampler)
        _check_output(config, sampler, df, layout)
    plan = sampler.plan(df, progress=timer.progress)
    if dry_run:
        return Finished(config, plan.report, None)
    written = _write(config, plan, layout, timer)
    for note in written.notes:
        log.warning("%s", note)
    plan.report.phases = timer.phases()
    return Finished(config, plan.report, written)


def run_inspection(
    config: InspectConfig,
    *,
    spark: SparkSession,
    progress: Progress | None = None,
    html: str | Path | None = None,
) -> Inspection:
    """Inspect a table.

    Parameters
    ----------
    config
        The table, and the parameters that say which columns are what.
    spark
        The session to run it in; its settings stay as they are.
    progress
        Called with each phase's name, entered around it.
    html
        Local file to write a page to.

    Raises
    ------
    ParameterError, SchemaError, PathError
        Before heavy work.
    DataError
        The rows cannot be inspected.
    """
    sampler = build_sampler(config)
    given = {p.name: sampler.getOrDefault(p) for p in sampler.params if sampler.isDefined(p)}
    if "featuresCol" in given:
        raise ParameterError(
            f"params.featuresCol={given['featuresCol']!r}: a packed column cannot be inspected; "
            "inspect the table it was made of, or name inputCols"
        )
    if html is not None:
        _require_page(Path(html))
    enter = progress or (lambda _: nullcontext())
    with enter("read"):
        df = _read(config, spark)
    known = {name: given[name] for name in INSPECTED_PARAMS if name in given}
    if known.get("nominalCols") == AUTO:  # text and booleans, which an inspection finds by itself
        del known["nominalCols"]
    inspection = inspect(df, progress=progress, **known)
    if html is not None:
        Path(html).write_text(inspection.to_html(), encoding="utf-8")
    return inspection


def _require_page(path: Path) -> None:
    """Miss what a page needs now rather than after the work."""
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise PathError(
            f"--html {str(path)!r} cannot be written: name a file in a folder that exists"
        )
    try:
        import_module("spark_smote.report.inspection_page")
    except ModuleNotFoundError as error:
        raise SparkSmoteError(
            f"--html needs {error.name}: pip install 'spark-smote[report]', or go without"
        ) from None


def build_sampler(config: ResampleConfig | InspectConfig) -> Sampler:
    """The sampler that a configuration names, with its parameters set.

    Raises
    ------
    ParameterError
        The method or a parameter is unknown, or a value is out of range.
    """
    kind: Any = REGISTRY.get(config.method)
    if kind is None:
        raise ParameterError(
            f"method={config.method!r} is unknown: {did_you_mean(config.method, REGISTRY)}"
        )
    known = {param.name for param in kind().params}
    for name in config.params:
        if name not in known:
            raise ParameterError(
                f"params.{name} is no parameter of method {config.method!r}: "
                f"{did_you_mean(name, known)}"
            )
    sampler: Sampler = kind(**_without_nulls(config.params))
    return sampler


def _without_nulls(params: dict[str, Any]) -> dict[str, Any]:
    """YAML's null means "not given", but as a carry policy, where it is the policy "null"."""
    given = {name: value for name, value in params.items() if value is not None}
    if "carryPolicy" in params:
        policy = params["carryPolicy"]
        if isinstance(policy, dict):
            given["carryPolicy"] = {
                key: "null" if value is None else value for key, value in policy.items()
            }
        elif policy is None:
            given["carryPolicy"] = "null"
    return given


class _Timer:
    """Runs phases within the caller's progress, and notes how long they took."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress or (lambda _: nullcontext())
        self._seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        with self._progress(name):
            yield
        self._seconds[name] = self._seconds.get(name, 0.0) + time.monotonic() - start

    @property
    def progress(self) -> Progress:
        return self.phase

    def phases(self) -> list[Phase]:
        return [Phase(name, seconds) for name, seconds in self._seconds.items()]


def _require_libraries(config: ResampleConfig) -> None:
    """Miss the libraries of the report's pictures now rather than after hours of work."""
    for key, wanted in (("html", config.report.html), ("gallery", config.report.gallery)):
        if not wanted:
            continue
        try:
            import_module("spark_smote.report.page")
        except ModuleNotFoundError as error:
            raise SparkSmoteError(
                f"report.{key} needs {error.name}: pip install 'spark-smote[report]', "
                f"or go without: --set report.{key}=false"
            ) from None


def _mend(config: ResampleConfig) -> None:
    if config.output.format.lower() == "table":
        return
    for done in recover(config.output.path):
        log.warning("%s", done)


def _read(config: ResampleConfig | InspectConfig, spark: SparkSession) -> DataFrame:
    source = config.input
    return read_table(spark, source.path, format=source.format, options=source.options)


def _check_output(config: ResampleConfig, sampler: Sampler, df: DataFrame, layout: Layout) -> None:
    is_table = (config.input.format or "").lower() == "table"
    check_output(
        config.output.path,
        source=None if is_table else config.input.path,
        format=config.output.format,
        if_exists=config.output.if_exists,
        spark=df.sparkSession,
    )
    names = [sampler.getOrDefault("syntheticCol")]
    added = [StructField(name, BooleanType()) for name in names if name and name not in df.columns]
    check_layout(StructType([*df.schema.fields, *added]), layout)


def _layout(config: ResampleConfig, sampler: Sampler) -> Layout:
    return Layout(
        partition_by=tuple(config.output.partition_by),
        target_file_mb=config.output.target_file_mb,
        interleave=config.output.interleave,
        seed=sampler.getOrDefault("seed"),
        bytes_per_row=measured_bytes_per_row(config.input.path),
    )


def _write(
    config: ResampleConfig, plan: ResamplePlan, layout: Layout, timer: _Timer
) -> WriteResult:
    report = plan.report

    def report_files(rows: DataFrame) -> dict[str, str | bytes]:
        report.phases = timer.phases()
        files: dict[str, str | bytes] = {}
        if config.report.portrait:
            report.portrait = portrait_of(rows, plan)
            if report.portrait is not None:
                report.notices += portrait_notices(report.portrait)
        if config.report.json_:
            files["report.json"] = to_json(report)
        gallery = methods_shown(rows.sparkSession) if config.report.gallery else []
        if gallery:
            files["gallery.png"] = gallery_png(gallery)
        if config.report.html:
            files["report.html"] = to_html(report, gallery)
        return files

    return write_output(
        plan.resampled(),
        config.output.path,
        expected=planned_rows(report.classes),
        label_col=report.label_col,
        synthetic_col=report.resolved["syntheticCol"],
        format=config.output.format,
        layout=layout,
        if_exists=config.output.if_exists,
        about={
            "asked": config.model_dump(by_alias=True),
            "resolved": report.resolved,
            "versions": report.versions,
            "input": {
                "path": config.input.path,
                "format": config.input.format,
                "fingerprint": report.input_fingerprint,
            },
        },
        extra_files=report_files,
        progress=timer.progress,
    )

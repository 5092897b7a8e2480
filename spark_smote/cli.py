"""The command line: `spark-smote resample`, `spark-smote inspect`, `spark-smote demo`.

Results go to stdout; progress, log and errors to stderr. Exit codes: 0 done, 2 decidable without
reading rows, 3 the data's content, 4 runtime, 130 interrupted.
"""

from __future__ import annotations

import logging
import sys
import traceback as stack
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.logging import RichHandler

from spark_smote import __version__
from spark_smote.config import (
    InspectConfig,
    ResampleConfig,
    load_config,
    load_inspection,
    parse_value,
)
from spark_smote.console import explain, phase_progress, was_interrupted
from spark_smote.session import require_pyspark, spark_session

if TYPE_CHECKING:
    from spark_smote.inspected import Inspection
    from spark_smote.workflow import Finished

INTERRUPTED = 130

METHODS = (
    "smotenc, smoten, borderline, svmsmote, kmeans_smote, adasyn, polynomfit, enn, renn, allknn, "
    "ncr, tomek, oss, nearmiss, iht, smote_tomek, smote_enn, random_over or random_under"
)
"""Names of methods beside smote: to look them up would load pyspark."""

app = typer.Typer(
    name="spark-smote",
    help="Rebalance the classes of a table too big for one machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

InputPath = Annotated[
    str | None, typer.Argument(metavar="INPUT", help="Table to read: file, folder or URI.")
]
Label = Annotated[str | None, typer.Option(help="Column with the classes.")]
Neighbours = Annotated[int | None, typer.Option("--k", help="Neighbours of a row (kNeighbors).")]
IdColumn = Annotated[
    str | None,
    typer.Option("--id", metavar="COLUMN", help="Column that identifies a row."),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="COLUMN", help="Column that no distance looks at (repeatable)."),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any other setting (repeatable)."),
]
InputFormat = Annotated[str | None, typer.Option(help="Format of INPUT for Spark.")]
InputOption = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY=VALUE", help="Option of Spark's reader (repeatable)."),
]
TraceBack = Annotated[bool, typer.Option("--traceback", help="Show where an error came from.")]


def run() -> None:
    """Entry point of the command and of `jobs/resample.py`."""
    app()


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"spark-smote {__version__}")
        raise typer.Exit


@app.callback()
def _options_of_all_commands(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", is_eager=True, callback=_show_version),
    ] = False,
) -> None:
    pass


@app.command()
def resample(
    input_path: InputPath = None,
    output_path: Annotated[
        str | None, typer.Argument(metavar="OUTPUT", help="Folder to write the new table to.")
    ] = None,
    *,
    config: Annotated[
        Path | None, typer.Option(help="YAML file with any of these settings and more.")
    ] = None,
    label: Label = None,
    method: Annotated[
        str | None, typer.Option(help=f"How to resample: smote, as unless said, {METHODS}.")
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            help='auto, a ratio (0.25), a word ("not majority"), JSON {class: rows}, or for '
            "methods that clean \\[class, ...]; ratios of several classes: "
            "--set 'params.samplingRatios={class: 0.25, ...}'."
        ),
    ] = None,
    k: Neighbours = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same rows.")] = None,
    id_column: IdColumn = None,
    ignore: Ignore = None,
    group: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Column within whose values to resample (repeatable)."),
    ] = None,
    carry: Annotated[
        str | None,
        typer.Option(help="Columns that are not interpolated, on new rows: null, copy or JSON."),
    ] = None,
    constraint: Annotated[
        list[str] | None,
        typer.Option(metavar="SQL", help="Condition that every new row meets (repeatable)."),
    ] = None,
    settings: Settings = None,
    input_format: InputFormat = None,
    input_option: InputOption = None,
    output_format: Annotated[str | None, typer.Option(help="Format of OUTPUT.")] = None,
    partition_by: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Column to partition OUTPUT by (repeatable)."),
    ] = None,
    interleave: Annotated[
        bool | None, typer.Option(help="Mix real and new rows in every file.")
    ] = None,
    target_file_mb: Annotated[int | None, typer.Option(help="Megabytes per file, about.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace OUTPUT even if others wrote it.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show settings and plan, write nothing.")
    ] = False,
    traceback: TraceBack = False,
) -> None:
    """Read INPUT, rebalance its classes, write OUTPUT and a report."""
    with _one_line_errors(show_traceback=traceback):
        given: dict[str, Any] = {
            "input.path": input_path,
            "input.format": input_format,
            "output.path": output_path,
            "output.format": output_format,
            "output.partition_by": partition_by or None,
            "output.interleave": interleave,
            "output.target_file_mb": target_file_mb,
            "output.if_exists": "replace" if replace else None,
            "method": method,
            "params.labelCol": label,
            "params.samplingStrategy": None if strategy is None else parse_value(strategy),
            "params.kNeighbors": k,
            "params.seed": seed,
            "params.idCol": id_column,
            "params.ignoreCols": ignore or None,
            "params.constraints": constraint or None,
            "params.groupCols": group or None,
            "params.carryPolicy": carry if carry in (None, "null") else parse_value(carry),
        }
        more = [f"input.options.{option}" for option in input_option or []]
        job = load_config(config, options=given, overrides=[*more, *(settings or [])])
        finished = _run(job, dry_run=dry_run)
        if dry_run:
            typer.echo(finished.resolved_yaml)
        typer.echo(finished.summary())


@app.command()
def inspect(
    input_path: InputPath = None,
    *,
    config: Annotated[
        Path | None, typer.Option(help="YAML file of a resample job, or with its input alone.")
    ] = None,
    label: Label = None,
    k: Neighbours = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same sample.")] = None,
    id_column: IdColumn = None,
    ignore: Ignore = None,
    settings: Settings = None,
    input_format: InputFormat = None,
    input_option: InputOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page to this local file too.")
    ] = None,
    traceback: TraceBack = False,
) -> None:
    """Read INPUT and say whether and how to resample it; nothing is written but the page."""
    with _one_line_errors(show_traceback=traceback):
        given: dict[str, Any] = {
            "input.path": input_path,
            "input.format": input_format,
            "params.labelCol": label,
            "params.kNeighbors": k,
            "params.seed": seed,
            "params.idCol": id_column,
            "params.ignoreCols": ignore or None,
        }
        more = [f"input.options.{option}" for option in input_option or []]
        job = load_inspection(config, options=given, overrides=[*more, *(settings or [])])
        found = _inspect(job, html=html)
        typer.echo(found.to_json() if json else str(found), nl=not json)
        if html is not None and not json:
            typer.echo(f"\npage: {html}")


@app.command()
def demo(
    *,
    rows: Annotated[int, typer.Option(help="Transactions to make up.")] = 100_000,
    output: Annotated[Path, typer.Option(help="Folder for tables and report.")] = Path(
        "demo_output"
    ),
    seed: Annotated[int, typer.Option(help="Same seed, same table.")] = 7,
    gallery: Annotated[
        bool, typer.Option("--gallery", help="Show too what each method does to a small table.")
    ] = False,
    traceback: TraceBack = False,
) -> None:
    """Make up a table of card transactions, rebalance it and write a report."""
    from spark_smote.demo import FRAUD_SHARE, demo_config, write_transactions

    with _one_line_errors(show_traceback=traceback):
        job = demo_config(output, gallery=gallery)
        write_transactions(Path(job.input.path), rows=rows, seed=seed)
        typer.echo(f"{rows:,} card transactions, {FRAUD_SHARE:.0%} of them fraud: {job.input.path}")
        typer.echo(_run(job, dry_run=False).summary())


def _run(job: ResampleConfig, *, dry_run: bool) -> Finished:
    require_pyspark()
    from spark_smote.workflow import build_sampler, phases_of, run_resample

    build_sampler(job)  # what is wrong with it is said before Spark starts, which takes seconds
    stderr = Console(stderr=True)
    with _logging_to(stderr), spark_session(job.spark) as spark:
        expected = len(phases_of(job, dry_run=dry_run))
        with phase_progress(spark, phases=expected, stderr=stderr) as progress:
            return run_resample(job, spark=spark, progress=progress, dry_run=dry_run)


def _inspect(job: InspectConfig, *, html: Path | None) -> Inspection:
    require_pyspark()
    from spark_smote.workflow import INSPECTION_PHASES, build_sampler, run_inspection

    build_sampler(job)
    stderr = Console(stderr=True)
    with _logging_to(stderr), spark_session(job.spark) as spark:
        phases = len(INSPECTION_PHASES)
        with phase_progress(spark, phases=phases, stderr=stderr) as progress:
            return run_inspection(job, spark=spark, progress=progress, html=html)


@contextmanager
def _logging_to(stderr: Console) -> Iterator[None]:
    """Phases and their times as log lines; in a terminal the bar shows them, warnings stay."""
    logger = logging.getLogger("spark_smote")
    before = logger.level, logger.propagate
    if stderr.is_terminal:
        handler: logging.Handler = RichHandler(console=stderr, show_path=False, show_time=False)
        logger.setLevel(logging.WARNING)
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    logger.propagate = False
    # py4j logs to the root logger, with a stack trace, what it raises as well.
    silent = logging.NullHandler()
    logging.getLogger().addHandler(silent)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(silent)
        logger.removeHandler(handler)
        logger.level, logger.propagate = before


@contextmanager
def _one_line_errors(*, show_traceback: bool) -> Iterator[None]:
    try:
        yield
    except typer.Exit:
        raise
    except (Exception, KeyboardInterrupt) as error:
        if show_traceback:
            stack.print_exc()
        if was_interrupted(error):
            sys.stderr.write("interrupted\n")
            raise typer.Exit(INTERRUPTED) from error
        message, code = explain(error)
        sys.stderr.write(f"error: {message}\n")
        raise typer.Exit(code) from error

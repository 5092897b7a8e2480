"""Whole jobs side by side: Parquet in, rebalanced Parquet out, as seconds and as ratios.

python jobs/benchmark.py --config conf/benchmark.yaml [--scenario NAME] [--scale 0.01]

Contenders: `spark_smote`, with recall measured and without; our other samplers that search for
neighbours; the floor, random over-sampling by Spark's own functions; imbalanced-learn's SMOTE on
one machine; and SMOTE as it is usually built, on MLlib's locality-sensitive hashing. Other
scenarios show growth, recall against cost, and how much of what an exact search decides across
classes the default one decides too. Writes `benchmark.md`, `benchmark.csv` and a PNG file per
scenario. A contender that fails or takes too long is reported, and the rest goes on.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from benchmarking.config import BenchmarkConfig, load_benchmark
from benchmarking.document import markdown, write_csv
from benchmarking.plots import write_plot
from benchmarking.scenarios import Run, run_scenario

from spark_smote.errors import SparkSmoteError


def main(
    *,
    config: Annotated[Path, typer.Option(help="YAML file with the scenarios.")] = Path(
        "conf/benchmark.yaml"
    ),
    output: Annotated[Path, typer.Option(help="Folder for the figures.")] = Path(
        "benchmark_output"
    ),
    scenario: Annotated[
        list[str] | None, typer.Option(help="Run this scenario only; may be repeated.")
    ] = None,
    scale: Annotated[float, typer.Option(min=0, help="Multiplies rows of generated tables.")] = 1.0,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="key=value over the file; may be repeated.")
    ] = None,
) -> None:
    """Time every contender in every scenario and write the figures down."""
    try:
        settings = load_benchmark(config, overrides or []).selected(scenario or []).scaled(scale)
    except SparkSmoteError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    output.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    for name, chosen in settings.scenarios.items():
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
            found = run_scenario(name, chosen, settings, Path(work), _say)
        if any(not run.failure for run in found):
            write_plot(output / f"{name}.png", name, chosen, found)
        runs += found
        _write(output, settings, runs)  # after each scenario: an interruption loses one at most
    typer.echo((output / "benchmark.md").read_text(encoding="utf-8"))


def _write(output: Path, settings: BenchmarkConfig, runs: list[Run]) -> None:
    write_csv(output / "benchmark.csv", runs)
    (output / "benchmark.md").write_text(markdown(settings, runs), encoding="utf-8")


def _say(message: str) -> None:
    typer.echo(message, err=True)


if __name__ == "__main__":
    typer.run(main)

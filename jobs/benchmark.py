"""Whole jobs side by side in one run: Parquet in, rebalanced Parquet out, as ratios.

Contenders: `spark_smote`; the floor, a random over-sampler written with Spark's own functions
(read, `explode` duplicates, write: no neighbours, no Python); and imbalanced-learn's SMOTE on one
machine (pandas in, Parquet out). They alternate within one Spark session whose start is not
counted, on a generated table of clustered rows. Run `python jobs/benchmark.py --help`.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import typer
from imblearn import over_sampling
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from spark_smote import SMOTE
from spark_smote.config import SparkSettings
from spark_smote.session import spark_session

COLUMNS = 28
RANK = 8
CLUSTERS = 40
ROWS_PER_FILE = 200_000

Contender = Callable[[SparkSession, str, str], None]


def clustered_rows(rows: int, *, seed: int) -> np.ndarray:
    """Rows in clusters of rank 8 in 28 columns, shape (rows, 28)."""
    shape = np.random.default_rng(1)
    axes = shape.normal(size=(CLUSTERS, RANK, COLUMNS))
    centres = 3 * shape.normal(size=(CLUSTERS, COLUMNS))
    random = np.random.default_rng(seed)
    cluster = random.integers(0, CLUSTERS, rows)
    out = centres[cluster] + 0.1 * random.normal(size=(rows, COLUMNS))
    inner = random.normal(size=(rows, RANK))
    for c in range(CLUSTERS):
        out[cluster == c] += inner[cluster == c] @ axes[c]
    return out


def write_table(folder: str, majority: int, minority: int) -> None:
    """Generate the input, a file per 200,000 rows."""
    Path(folder).mkdir(parents=True)
    number = 0
    for label, total in ((0, majority), (1, minority)):
        for start in range(0, total, ROWS_PER_FILE):
            size = min(ROWS_PER_FILE, total - start)
            values = clustered_rows(size, seed=number + 100)
            columns = {f"v{i:02d}": values[:, i] for i in range(COLUMNS)}
            table = pa.table(columns | {"label": np.full(size, label, dtype=np.int32)})
            pq.write_table(table, f"{folder}/part-{number:05d}.parquet")
            number += 1


def ours(spark: SparkSession, source: str, target: str) -> None:
    """`SMOTE` with its defaults, recall measurement included."""
    SMOTE(seed=7).resample(spark.read.parquet(source)).write.parquet(target)


def floor(spark: SparkSession, source: str, target: str) -> None:
    """Random over-sampling to the same number of rows."""
    df = spark.read.parquet(source)
    counts = {row["label"]: row["count"] for row in df.groupBy("label").count().collect()}
    copies = counts[0] // counts[1] - 1
    minority = df.filter("label = 1")
    repeated = minority.withColumn("copy", F.explode(F.sequence(F.lit(1), F.lit(copies))))
    real = df.withColumn("is_synthetic", F.lit(False))
    new = repeated.drop("copy").withColumn("is_synthetic", F.lit(True))
    real.union(new).write.parquet(target)


def single_machine(_: SparkSession, source: str, target: str) -> None:
    """imbalanced-learn on one machine."""
    df = pd.read_parquet(source)
    features, labels = over_sampling.SMOTE(random_state=7).fit_resample(
        df.drop(columns="label"), df["label"]
    )
    features.assign(label=labels).to_parquet(target)


CONTENDERS: dict[str, Contender] = {
    "spark_smote": ours,
    "random over-sampling (Spark)": floor,
    "imbalanced-learn": single_machine,
}


def main(
    majority: Annotated[int, typer.Option(help="Rows of the larger class.")] = 1_000_000,
    minority: Annotated[int, typer.Option(help="Rows of the smaller class.")] = 200_000,
    repetitions: Annotated[int, typer.Option(help="Counted runs of each; one more warms up.")] = 3,
    memory: Annotated[str, typer.Option(help="Spark driver memory.")] = "4g",
) -> None:
    """Time every contender and print a Markdown table."""
    seconds: dict[str, list[float]] = {name: [] for name in CONTENDERS}
    settings = SparkSettings(app_name="benchmark", config={"spark.driver.memory": memory})
    with spark_session(settings) as spark, tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/input"
        write_table(source, majority, minority)
        for repetition in range(repetitions + 1):
            for name, run in CONTENDERS.items():
                target = f"{folder}/output"
                start = time.perf_counter()
                run(spark, source, target)
                if repetition:  # the first round warms up
                    seconds[name].append(time.perf_counter() - start)
                shutil.rmtree(target, ignore_errors=True)
                Path(target).unlink(missing_ok=True)
    base = statistics.median(seconds["random over-sampling (Spark)"])
    typer.echo(f"{majority:,} + {minority:,} rows x {COLUMNS} to 1:1, {repetitions} runs each\n")
    typer.echo("| contender | median s | min-max s | ratio to the floor |\n|---|---|---|---|")
    for name, runs in seconds.items():
        middle = statistics.median(runs)
        spread = f"{min(runs):.1f}-{max(runs):.1f}"
        typer.echo(f"| {name} | {middle:.1f} | {spread} | {middle / base:.2f} |")


if __name__ == "__main__":
    typer.run(main)

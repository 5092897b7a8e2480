"""python jobs/benchmark.py as a process of its own, on tables of some thousand rows."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
OURS, SINGLE_MACHINE, FLOOR = "spark_smote", "imbalanced-learn", "random over-sampling (Spark)"
CLEANING = "Edited nearest neighbours"


def _benchmark(*args):
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("SPARK_", "PYSPARK_"))  # the session of the tests is not its own
    }
    return subprocess.run(
        [sys.executable, str(ROOT / "jobs" / "benchmark.py"), *map(str, args)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )


def _rows(folder):
    with (folder / "benchmark.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_contenders_run_side_by_side_and_over_samplers_write_equally_many_rows(tmp_path):
    out = tmp_path / "out"

    done = _benchmark(
        *("--config", ROOT / "conf" / "benchmark.yaml", "--scenario", "clustered"),
        *("--scale", "0.003", "--set", "repetitions=1", "--output", out),
        # 5 new rows to 2 and some: no whole multiple.
        *("--set", "scenarios.clustered.table.majority=700000"),
        *("--set", "scenarios.clustered.contenders=[spark_smote, floor, imbalanced_learn, enn]"),
        *("--set", "spark.config.spark.driver.memory=1g", "--set", "spark.master=local[2]"),
        *("--set", "spark.config.spark.sql.shuffle.partitions=4"),
    )

    assert done.returncode == 0, done.stderr
    runs = {row["contender"]: row for row in _rows(out)}
    cleaning = runs.pop(CLEANING)
    assert set(runs) == {OURS, FLOOR, SINGLE_MACHINE}
    for run in runs.values():
        assert run["failure"] == ""
        assert float(run["new_rows"]) == 2100 - 600
        assert float(run["output_rows"]) == 2 * 2100
        assert float(run["seconds"]) > 0
        assert float(run["process_peak_bytes"]) > 50e6
    for name in (OURS, FLOOR):
        assert float(runs[name]["jvm_peak_bytes"]) > 100e6
        assert float(runs[name]["shuffled_bytes"]) > 0
        assert float(runs[name]["largest_task_over_mean"]) >= 1
    assert float(runs[OURS]["worker_peak_bytes"]) > 20e6
    assert float(runs[OURS]["workers_peak_bytes"]) >= float(runs[OURS]["worker_peak_bytes"])
    assert float(runs[OURS]["search_alone_seconds"]) > 0
    assert float(runs[OURS]["phase_write"]) < float(runs[OURS]["seconds"])
    assert float(runs[OURS]["queried_rows"]) == 600
    assert float(cleaning["queried_rows"]) == 2100
    assert 0 < float(cleaning["removed_rows"]) == 2700 - float(cleaning["output_rows"])
    for run in (runs[OURS], cleaning):
        seconds = float(run["search_us_per_row"]) * float(run["queried_rows"]) / 1e6
        assert seconds == pytest.approx(float(run["search_seconds"]))
    assert float(runs[FLOOR]["copies_share"]) == 1
    assert float(runs[FLOOR]["ratio_to_floor"]) == 1
    assert float(runs[OURS]["copies_share"]) == 0
    assert (out / "clustered.png").stat().st_size > 1000
    assert (out / "benchmark.md").read_text(encoding="utf-8").strip() == done.stdout.strip()


TABLES = """
repetitions: 1
limit_seconds: {limit}
scenarios:
  absent:
    kind: side_by_side
    table: {{kind: parquet, path: {folder}/absent.parquet, label: label}}
    contenders: [imbalanced_learn]
  poor:
    kind: side_by_side
    table: {{kind: parquet, path: {folder}/poor.parquet, label: label}}
    contenders: [imbalanced_learn]
  fine:
    kind: side_by_side
    table: {{kind: gaussian, majority: 200, minority: 50}}
    contenders: [imbalanced_learn]
"""


@pytest.fixture
def tables(tmp_path):
    """Writes a configuration of three scenarios: no table, too few rows, and a good one."""
    pq.write_table(
        pa.table({"x": [*range(20)], "label": [0] * 18 + [1] * 2}), tmp_path / "poor.parquet"
    )

    def write(*, limit):
        path = tmp_path / "benchmark.yaml"
        path.write_text(TABLES.format(limit=limit, folder=tmp_path), encoding="utf-8")
        return path

    return write


def test_what_fails_is_reported_and_the_rest_goes_on(tables, tmp_path):
    done = _benchmark("--config", tables(limit=600), "--output", tmp_path / "out")

    assert done.returncode == 0, done.stderr
    absent, poor, fine = _rows(tmp_path / "out")
    assert absent["failure"].endswith("absent.parquet is not there")
    assert poor["failure"].startswith("ValueError: ")
    assert poor["failure"] in done.stdout
    assert fine["failure"] == ""
    assert float(fine["new_rows"]) == 150
    assert not (tmp_path / "out" / "poor.png").exists()


def test_a_contender_that_takes_too_long_is_reported(tables, tmp_path):
    done = _benchmark(
        *("--config", tables(limit=1e-6), "--scenario", "fine", "--output", tmp_path / "out")
    )

    assert done.returncode == 0, done.stderr
    (run,) = _rows(tmp_path / "out")
    assert run["failure"] == "took longer than 1e-06 s"
    assert run["failure"] in done.stdout


def test_an_unknown_scenario_is_one_line_and_exit_code_2():
    done = _benchmark("--scenario", "smal")

    assert done.returncode == 2
    assert done.stderr == "error: --scenario 'smal' is unknown: did you mean 'small'?\n"

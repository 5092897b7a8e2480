"""A small table, and the command line run on it in this process, on the shared session."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from spark_smote.cli import app

COMMON, RARE = 300, 40


def small_table(*, common=COMMON, rare=RARE, seed=1):
    """Two classes in two numeric columns, with a name that cannot be interpolated."""
    rng = np.random.default_rng(seed)
    n = common + rare
    return pa.table(
        {
            "name": [f"row {i}" for i in range(n)],
            "height": np.r_[rng.normal(0, 1, common), rng.normal(3, 0.5, rare)],
            "weight": np.r_[rng.normal(0, 1, common), rng.normal(2, 0.7, rare)].astype(np.float32),
            "visits": rng.integers(0, 9, n).astype(np.int32),
            "label": ["common"] * common + ["rare"] * rare,
        }
    )


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in" / "table.parquet"
    path.parent.mkdir()
    pq.write_table(small_table(), path)
    return path


@pytest.fixture
def cli(spark):
    """Run a command in this process."""
    runner = CliRunner()

    def _run(*args):
        return runner.invoke(app, [str(arg) for arg in args], catch_exceptions=False)

    return _run

"""What tests of any kind may ask for: published tables, classes in many buckets."""

import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

NAMED = os.environ.get("SPARK_SMOTE_TEST_DATA")
REAL_TABLES = Path(NAMED or Path(__file__).resolve().parents[1].parent / "shared" / "data")


@pytest.fixture
def real_table():
    """A published table, where it is at hand: the project does not redistribute any.

    Without them nothing goes untested: generated tables with ties and duplicates are held to the
    same oracle. Real ones add distributions that nobody thought of. Skipped is only where there
    are none at all, as for whoever clones the project; a table that is missing among others, or
    from a folder that was named, is an error.
    """

    def read(name: str) -> pd.DataFrame:
        path = REAL_TABLES / f"{name}.parquet"
        if not NAMED and not any(REAL_TABLES.glob("*.parquet")):
            pytest.skip(
                "published tables are not shipped with the project; name a folder that holds "
                f"{path.name} in SPARK_SMOTE_TEST_DATA (generated tables are held to the same "
                "oracle in any case)"
            )
        return pd.read_parquet(path)

    return read


@pytest.fixture
def small_buckets(monkeypatch):
    """A few thousand rows are divided as some hundred thousand are else."""
    from spark_smote.plans import tuning

    balanced = replace(tuning.QUALITIES["balanced"], one_bucket_rows=256)
    monkeypatch.setitem(tuning.QUALITIES, "balanced", balanced)
    monkeypatch.setattr(tuning, "ROWS_PER_BUCKET", (256,))

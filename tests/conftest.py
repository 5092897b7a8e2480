"""Published tables, for tests of any kind."""

import os
from pathlib import Path

import pandas as pd
import pytest

NAMED = os.environ.get("SPARK_SMOTE_TEST_DATA")
REAL_TABLES = Path(NAMED or Path(__file__).resolve().parents[1].parent / "shared" / "data")


@pytest.fixture
def real_table():
    """A published table, where it is at hand: the project does not redistribute any.

    Without them nothing goes untested: generated tables with ties and duplicates are held to the
    same oracle. Real ones add distributions that nobody thought of. Whoever names their folder is
    told by an error of a table that is not in it.
    """

    def read(name: str) -> pd.DataFrame:
        path = REAL_TABLES / f"{name}.parquet"
        if not NAMED and not path.exists():
            pytest.skip(
                f"published tables are not shipped with the project, and {path} is not there; name "
                "the folder that holds it in SPARK_SMOTE_TEST_DATA (generated tables are held to "
                "the same oracle in any case)"
            )
        return pd.read_parquet(path)

    return read

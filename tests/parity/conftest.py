"""Tables on disk, and the new rows of a plan in memory."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def spark_table(spark, tmp_path):
    """A pandas table as a Spark table of so many partitions, its rows in another order."""

    def read(frame: pd.DataFrame, partitions: int = 2):
        path = tmp_path / f"table_{len(list(tmp_path.iterdir()))}.parquet"
        frame.sample(frac=1.0, random_state=partitions).to_parquet(path, index=False)
        return spark.read.parquet(str(path)).repartition(partitions)

    return read


@pytest.fixture
def new_rows():
    """The new rows of a plan: inputs as one matrix, bases and neighbours as row numbers."""

    def collect(plan, inputs):
        frame = plan.synthetic().select(*inputs, "base_id", "neighbour_id", "gap").toPandas()
        return (
            frame[inputs].to_numpy(np.float64),
            frame["base_id"].to_numpy(np.int64),
            frame["neighbour_id"].to_numpy(np.int64),
            frame["gap"].to_numpy(np.float64),
        )

    return collect

"""How much of what an exact search decides the approximate one decides too, by method.

Both plans are the sampler's own: who weighs how much as a base, which rows it removes. Spark
compares them; nothing is decided here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from benchmarking.measure import Afterwards, Figures
from benchmarking.ours import RECALL_QUERIES, accuracy_of, sampler, searches_across
from spark_smote.plans.arrow import integers_of, ranks_of
from spark_smote.plans.records import streamed
from spark_smote.plans.resample_plan import ResamplePlan

WEIGHT = "weight"


def agreement(
    spark: SparkSession, source: str, _: str, *, method: str, compare: bool
) -> Afterwards:
    """Plan with the default search; where asked, afterwards compare with the exact one.

    Cleaning methods may remove rows of every class here, so that all of them are judged.
    """
    table = spark.read.parquet(source)
    queries = RECALL_QUERIES if compare else 0
    chosen = sampler(method, recallQueries=queries)
    if not chosen.makes_rows:
        chosen.setParams(samplingStrategy="all")
    found = chosen.plan(table)

    def afterwards() -> Figures:
        if not compare:
            return {}
        start = time.perf_counter()
        exact = chosen.copy().setParams(searchQuality="exact", recallQueries=0).plan(table)
        seconds = {"exact_seconds": time.perf_counter() - start}
        divided = searches_across(found.report)
        return seconds | divided | accuracy_of(found.report) | in_common(found, exact)

    return afterwards


def in_common(found: ResamplePlan, exact: ResamplePlan) -> Figures:
    """Jaccard index of what two plans decided: common / found by either.

    Of weights, the sum of the smaller ones / the sum of the larger ones, which for sets of rows is
    the same.
    """
    ours, theirs = decided(found), decided(exact)
    keys = [name for name in ours.columns if name != WEIGHT]
    one = ours.groupBy(keys).agg(F.sum(WEIGHT).alias("one"))
    other = theirs.groupBy(keys).agg(F.sum(WEIGHT).alias("other"))
    weights = F.coalesce("one", F.lit(0)), F.coalesce("other", F.lit(0))
    sums = [*weights, F.least(*weights), F.greatest(*weights)]
    (row,) = one.join(other, keys, "full").agg(*map(F.sum, sums)).collect()
    found_weight, exact_weight, both, either = (float(total or 0) for total in row)
    return {
        "decided": found_weight,
        "decided_exactly": exact_weight,
        "decided_by_both": both,
        "agreement": both / either if either else 1.0,
    }


def decided(plan: ResamplePlan) -> DataFrame:
    """What a plan decided of each row: by what tells rows apart, its `weight`; equal rows add up.

    The rows that it removes, 1 each; or else the rows of the classes that grow, each with what it
    weighs as a base.
    """
    if plan.removal is not None:
        return plan.removed().withColumn(WEIGHT, F.lit(1))
    return _bases(plan)


def _bases(plan: ResamplePlan) -> DataFrame:
    """One row = a row that was judged: `class int, key bigint, weight bigint`."""
    if plan.recipe is None or plan.records is None:
        raise ValueError(f"{plan.report.method} chooses no bases")
    weights = np.array([task.standing.weights for task in plan.recipe.tasks])  # by class and rank

    def weigh(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for records in streamed(batches):
            codes, times = integers_of(records, "class"), integers_of(records, "multiplicity")
            columns = {
                "class": pa.array(codes, pa.int32()),
                "key": pa.array(integers_of(records, "key"), pa.int64()),
                WEIGHT: pa.array(times * weights[codes, ranks_of(records)], pa.int64()),
            }
            yield pa.RecordBatch.from_pydict(columns)

    return plan.records.frame.mapInArrow(weigh, "class int, key bigint, weight bigint")

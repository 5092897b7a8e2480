"""ADASYN: adaptive synthetic sampling (He, Bai, Garcia, Li 2008)."""

from __future__ import annotations

from spark_smote.plans.classes import ClassTask, Standing
from spark_smote.results import Notice
from spark_smote.samplers.params import HasLevelsAround, HasNeighbours
from spark_smote.samplers.standing import ByStanding


class ADASYN(ByStanding, HasLevelsAround):
    """Over-sample rows the more, the more of their neighbours are of other classes.

    r_i is the share of other classes among the k nearest rows, in the whole table, of row i of the
    class. New rows have row i as their base in proportion to r_i: each as often as its share
    rounded down, then the largest remainders once more, so that the total is exact (where
    remainders are equal, spread evenly, then by a hash of the row's content). Each lies between
    its base and one of the base's k nearest neighbours of the same class, as in `SMOTE`. Both
    searches are approximate, inside hash buckets; the report says how near to exact they are.

    References
    ----------
    H. He, Y. Bai, E. A. Garcia, S. Li, "ADASYN: Adaptive Synthetic Sampling Approach for Imbalanced
    Learning", IEEE International Joint Conference on Neural Networks, 2008.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import ADASYN
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i < 12)) for i in range(60)]  # classes meet between 11 and 12
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = ADASYN(kNeighbors=3, provenance=True, idCol="n", seed=7).plan(
    ...     df.selectExpr("*", "string(x) AS n"))
    >>> sorted(plan.synthetic().groupBy("base_id").count().collect())  # r = 1/3 and 2/3 of 36 rows
    [Row(base_id='10.0', count=12), Row(base_id='11.0', count=24)]
    """

    method = "ADASYN"

    kNeighbors = HasNeighbours.kNeighbors.saying(
        "Neighbours in the whole table that make up r_i, and neighbours of the same class to "
        "choose among."
    )

    @property
    def _looked_at(self) -> tuple[str, int]:
        return "kNeighbors", int(self._value("kNeighbors"))

    def _edges(self, k: int) -> tuple[int, ...]:
        return tuple(range(1, k + 1))

    def _standing(self, task: ClassTask, rows: tuple[int, ...]) -> Standing:
        return Standing(rows, tuple(range(len(rows))), exact=True)

    def _described(self, task: ClassTask, rows: tuple[int, ...]) -> Notice:
        k = len(rows) - 1
        mean = sum(rank * n for rank, n in enumerate(rows)) / (k * max(sum(rows), 1))
        return Notice(
            "standing",
            f"Class {task.label!r}: {mean:.0%} of the neighbours of its rows are of other classes; "
            f"{rows[0]:,} rows have none such and are no base, {rows[-1]:,} have no other.",
            "info",
        )

    def _missing(self, task: ClassTask, rows: tuple[int, ...]) -> str:
        return (
            f"class {task.label!r}: none of its {task.rows:,} rows has one of another class among "
            f"its {len(rows) - 1} nearest (kNeighbors), so nothing says where to add any; use SMOTE"
        )

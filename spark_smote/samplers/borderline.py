"""Borderline-SMOTE (Han, Wang, Mao 2005), kind 1."""

from __future__ import annotations

from collections.abc import Sequence

from spark_smote.errors import ParameterError
from spark_smote.kernels.distances import Floats
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.plans.candidates import Candidates
from spark_smote.plans.classes import ClassTask, Standing
from spark_smote.plans.model import ClassModel, parted_by_key
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.table import Table
from spark_smote.results import Notice
from spark_smote.samplers.checks import whole
from spark_smote.samplers.params import HasLevelsAround, HasNeighbours, Parameter
from spark_smote.samplers.standing import ByDanger


class BorderlineSMOTE(ByDanger, HasLevelsAround):
    """Over-sample the rows of a class that lie on its border, as SMOTE does.

    The `mNeighbors` nearest rows of each row of the class, in the whole table, say how it stands.
    With half of them or more, but not all, of other classes it is in danger; with all of them it
    is noise; else it is safe. New rows lie between rows in danger, drawn uniformly, and one of
    their k nearest neighbours: of the same class, as in `SMOTE` (kind 1 of the paper); or of any
    class, half a step at most towards a row of another class (kind 2). Searches are approximate,
    inside hash buckets; the report says how near to exact they are, and how many rows are in
    danger, noise and safe.

    References
    ----------
    H. Han, W.-Y. Wang, B.-H. Mao, "Borderline-SMOTE: A New Over-Sampling Method in Imbalanced Data
    Sets Learning", International Conference on Intelligent Computing, 2005.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import BorderlineSMOTE
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i < 12)) for i in range(60)]  # classes meet between 11 and 12
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = BorderlineSMOTE(kNeighbors=3, provenance=True, idCol="n", seed=7).plan(
    ...     df.selectExpr("*", "string(x) AS n"))
    >>> sorted(row.base_id for row in plan.synthetic().select("base_id").distinct().collect())
    ['11.0']
    """

    method = "Borderline-SMOTE"

    kind = Parameter(
        "kind",
        "Whether neighbours to choose among are of the same class (1), or of any (2).",
        1,
        whole(1, 2),
    )
    inputCols = ByDanger.inputCols.adding("With kind 2 the range is that of the table.")
    distinctNeighbours = HasNeighbours.distinctNeighbours.adding(
        "Kind 1 only, and `mNeighbors` counts rows in any case."
    )

    @property
    def _taken(self) -> int:
        return int(self._value("kNeighbors")) if self._value("kind") == 2 else 0

    def _require(self, table: Table) -> None:
        if self._value("kind") == 1:
            return
        if table.nominal:
            raise ParameterError(
                f"nominalCols={self._value('nominalCols')} and kind=2 do not go together: its new "
                "rows may lie between classes, and no paper says which levels they have; use kind=1"
            )
        if self._value("distinctNeighbours"):
            raise ParameterError(
                "distinctNeighbours=True and kind=2 do not go together: its neighbours are those "
                "that the search of the whole table found; use kind=1"
            )

    def _models(
        self,
        found: Candidates,
        samples: Sequence[ClassSample],
        nominal: int | ValueDifference,
        medians: Floats | None,
    ) -> list[ClassModel]:
        if self._value("kind") == 1:
            return super()._models(found, samples, nominal, medians)
        # neighbours are known by now, so that any rows may share a bucket
        return [
            parted_by_key(sample.features.shape[1], task.rows, medians)
            for task, sample in zip(found.assignment.tasks, samples, strict=True)
        ]

    def _recall_queries(self) -> int:
        return super()._recall_queries() if self._value("kind") == 1 else 0

    def _standing(self, task: ClassTask, rows: tuple[int, ...]) -> Standing:
        return Standing(rows, (0, 1, 0))

    def _described(self, task: ClassTask, rows: tuple[int, ...]) -> Notice:
        safe, danger, noise = rows
        return Notice(
            "standing",
            f"Class {task.label!r}: {danger:,} rows are in danger and new ones start from these; "
            f"{noise:,} are noise, {safe:,} safe (mNeighbors={self._value('mNeighbors')}).",
            "info",
        )

    def _missing(self, task: ClassTask, rows: tuple[int, ...]) -> str:
        safe, _, noise = rows
        return (
            f"class {task.label!r} has no row in danger among its {task.rows:,} ({safe:,} safe, "
            f"{noise:,} noise with mNeighbors={self._value('mNeighbors')}), so nothing can be "
            "added to it; use SMOTE"
        )

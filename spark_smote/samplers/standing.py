"""The recipe of over-samplers that choose bases by how they stand among the other classes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Floats
from spark_smote.plans.classes import Assignment, ClassTask, Standing
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.search import prepare_search
from spark_smote.plans.search_notices import flat_levels_notices
from spark_smote.plans.standing import ranked_records, rows_per_rank
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.across import search_request
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.checks import one_of
from spark_smote.samplers.interpolation import Candidates, Interpolating
from spark_smote.samplers.params import (
    HasInterpolatedFeaturesCol,
    HasLevels,
    HasTableSearch,
    Parameter,
)


class ByStanding(Interpolating, HasTableSearch, HasInterpolatedFeaturesCol, HasLevels):
    """Search the neighbours of each row of the classes in the whole table, then as SMOTE does."""

    onNoCandidates = Parameter(
        "onNoCandidates",
        "What to do with a class none of whose rows may be a base: fail, or leave it as it is and "
        "say so in the report.",
        "error",
        one_of("error", "warn"),
    )
    nominalCols = HasLevels.nominalCols.adding(
        "New rows take the most frequent level around their base."
    )

    phases = ("profile", "sample", "hash", "count", "search", "sample", "hash")

    @property
    @abstractmethod
    def _looked_at(self) -> tuple[str, int]:
        """How many neighbours in the whole table are looked at, and the parameter that says so."""

    @property
    def _taken(self) -> int:
        """How many of the nearest neighbours in the whole table new rows may be made with; 0 =
        neighbours are searched in the class.
        """
        return 0

    @abstractmethod
    def _edges(self, k: int) -> tuple[int, ...]:
        """Numbers of neighbours of other classes at which a row's rank rises."""

    @abstractmethod
    def _standing(self, rows: tuple[int, ...]) -> Standing:
        """Which ranks are bases, given the rows of each."""

    @abstractmethod
    def _described(self, task: ClassTask, rows: tuple[int, ...]) -> Notice:
        """What was found of a class."""

    @abstractmethod
    def _missing(self, task: ClassTask, rows: tuple[int, ...]) -> str:
        """Why no row of a class may be a base, and what to do."""

    def _candidates(
        self,
        table: Table,
        profile: Profile,
        assignment: Assignment,
        medians: Floats | None,
        clock: PhaseClock,
    ) -> Candidates:
        if not assignment.tasks:
            return Candidates(None, assignment)
        tasks = assignment.tasks
        k_name, k = self._looked_at
        taken = self._taken
        request = search_request(
            self,
            [task.label for task in tasks],
            k_name if k >= taken else "kNeighbors",
            max(k, taken),
            medians,
        )
        search = prepare_search(table, profile, request, clock.run)
        edges = self._edges(k)
        records = KeptRecords(ranked_records(search, tasks, edges, k, taken))
        ranked = clock.run(
            "search", lambda: rows_per_rank(records.frame, len(tasks), len(edges) + 1)
        )
        decided, skipped, notices = self._decided(tasks, ranked)
        notices += flat_levels_notices(["the table"] if search.metric.levels_are_flat else [])
        return Candidates(
            records,
            Assignment(tuple(decided), {**assignment.skipped, **skipped}),
            search.accuracy,
            tuple(notices),
            (search.extent,),
        )

    def _decided(
        self, tasks: Sequence[ClassTask], ranked: Sequence[tuple[int, ...]]
    ) -> tuple[list[ClassTask], dict[LabelValue, str], list[Notice]]:
        """Tasks with their bases; classes without any receive nothing, where that is allowed."""
        decided: list[ClassTask] = []
        skipped: dict[LabelValue, str] = {}
        notices: list[Notice] = []
        for task, rows in zip(tasks, ranked, strict=True):
            if task.method == "duplicate":  # too few rows to choose among
                everyone = Standing(rows, (1,) * len(rows))
                decided.append(replace(task, ranked=everyone))
                continue
            standing = self._standing(rows)
            notices.append(self._described(task, rows))
            if standing.bases:
                decided.append(replace(task, ranked=standing))
                continue
            missing = self._missing(task, rows)
            if self._value("onNoCandidates") == "error":
                raise DataError(f"{missing}, or set onNoCandidates='warn' to leave it as it is")
            skipped[task.label] = f"left as it is (onNoCandidates='warn'): {missing}"
            everyone = Standing(rows, (1,) * len(rows))
            decided.append(replace(task, new_rows=0, ranked=everyone))
        return decided, skipped, notices

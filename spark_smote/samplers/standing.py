"""The recipe of over-samplers that choose bases by how they stand among the other classes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Floats
from spark_smote.plans.border import Border
from spark_smote.plans.candidates import Candidates
from spark_smote.plans.classes import Assignment, ClassTask, Standing
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.search import Search, prepare_search
from spark_smote.plans.standing import Ranking, ranked_records, rows_per_rank
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.across import search_request
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.checks import one_of, whole
from spark_smote.samplers.interpolation import Interpolating
from spark_smote.samplers.params import (
    HasInterpolatedFeaturesCol,
    HasTableSearch,
    Parameter,
)


class ByStanding(Interpolating, HasTableSearch, HasInterpolatedFeaturesCol):
    """Search the neighbours of each row of the classes in the whole table, then as SMOTE does."""

    onNoCandidates = Parameter(
        "onNoCandidates",
        "What to do with a class none of whose rows may be a base: fail, or leave it as it is and "
        "say so in the report.",
        "error",
        one_of("error", "warn"),
    )

    phases: ClassVar[tuple[str, ...]] = (
        "profile",
        "sample",
        "hash",
        "count",
        "search",
        "sample",
        "hash",
    )

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

    def _border(self, search: Search, profile: Profile, clock: PhaseClock) -> Border | None:
        """What tells which rows are looked at, and how far new ones may lie beyond them; None = all
        rows of the classes are, and new ones lie between them.
        """
        return None

    @abstractmethod
    def _edges(self, k: int) -> tuple[int, ...]:
        """Numbers of neighbours of other classes at which a row's rank rises."""

    @abstractmethod
    def _standing(self, task: ClassTask, rows: tuple[int, ...]) -> Standing:
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
        border = self._border(search, profile, clock)
        machine = border.machine if border else None
        ranking = Ranking.of(search, tasks, self._edges(k), k, taken=taken, machine=machine)
        records = KeptRecords(ranked_records(search, ranking))
        ranked = clock.run(
            "search", lambda: rows_per_rank(records.frame, len(tasks), ranking.ranks)
        )
        decided, skipped, notices = self._decided(tasks, ranked)
        notices += [border.notice] if border else []
        return Candidates(
            records,
            Assignment(tuple(decided), {**assignment.skipped, **skipped}),
            search.accuracy,
            (*notices, *search.notices),
            (search.extent,),
            ranges=border.ranges if border else None,
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
            standing = self._standing(task, rows)
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


class ByDanger(ByStanding):
    """Rows are in danger, noise or safe, by their `mNeighbors` nearest in the whole table."""

    mNeighbors = Parameter(
        "mNeighbors",
        "Neighbours in the whole table that say whether a row is in danger.",
        10,
        whole(1, 1000),
    )

    @property
    def _looked_at(self) -> tuple[str, int]:
        return "mNeighbors", int(self._value("mNeighbors"))

    def _edges(self, k: int) -> tuple[int, ...]:
        return -(-k // 2), k

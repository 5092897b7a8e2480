"""What is to happen to each class: how many new rows, by which method, with which k."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from spark_smote.errors import DataError
from spark_smote.plans.profile import Profile
from spark_smote.results import LabelValue

MOST_NEW_ROWS = 20_000_000_000
"""Per class; the driver keeps a few dozen bytes for each 65,536 of them."""


Fate = Literal["resampled", "reduced", "duplicated", "skipped", "refused", "empty"]
"""What becomes of a class that is to receive rows; `empty` has no usable row."""


@dataclass(frozen=True)
class Standing:
    """Which rows of a class are bases, by the `rank` that their records carry."""

    rows: tuple[int, ...]
    """Usable rows of each rank 0, 1, ..."""
    weights: tuple[int, ...]
    """What a row of each rank weighs; 0 = never a base."""
    exact: bool = False
    """Whether each row is a base in proportion to its weight, to within one new row; else bases are
    drawn uniformly from the rows that weigh anything."""
    totals: tuple[int, ...] = ()
    """New rows whose base is of each rank, where that is not left to chance."""
    steps: tuple[float, ...] = ()
    """What the gaps of those are multiplied with; negative = away from the neighbour."""

    @property
    def bases(self) -> int:
        """Rows that may be a base."""
        return sum(n for n, weight in zip(self.rows, self.weights, strict=True) if weight)

    @property
    def parts(self) -> int:
        """How many counts there are where bases are counted."""
        return max(1, *(part + 1 for part in self.counted))

    @property
    def counted(self) -> tuple[int, ...]:
        """Which count a row of each rank enters where bases are counted; -1 = none."""
        return tuple(
            -1 if not weight else rank if self.exact or self.totals else 0
            for rank, weight in enumerate(self.weights)
        )


@dataclass(frozen=True)
class ClassTask:
    """One class that receives new rows."""

    code: int
    """Stands for the label inside the plans: 0, 1, ... among the classes that receive rows."""
    label: LabelValue
    rows: int
    """Usable rows: those that may be a base or a neighbour."""
    new_rows: int
    method: str
    """`smote` or `duplicate`."""
    k: int
    """Neighbours as resolved; 0 for `duplicate`."""
    note: str = ""
    storage: str = "array"
    """How new rows leave the workers: as `array`, or as vectors, `dense` or `sparse`."""
    ranked: Standing | None = None
    """Who may be a base; None = every usable row alike."""
    group: tuple[int, ...] = ()
    """Identity of the group or cluster the rows are of, where these are resampled separately."""

    @property
    def standing(self) -> Standing:
        """Who may be a base."""
        return self.ranked or Standing((self.rows,), (1,))

    @property
    def stream(self) -> tuple[str | int, ...]:
        """What its random streams are keyed by, beside the seed."""
        return (*self.group, repr(self.label))


@dataclass(frozen=True)
class Assignment:
    """Every class's fate."""

    tasks: tuple[ClassTask, ...]
    skipped: dict[LabelValue, str]
    """Classes left as they are although rows were asked for, and why."""

    @property
    def by_class(self) -> dict[LabelValue, list[ClassTask]]:
        """The tasks of each class that receives rows: several where its clusters do."""
        found: dict[LabelValue, list[ClassTask]] = {}
        for task in self.tasks:
            found.setdefault(task.label, []).append(task)
        return found


def assign_classes(
    profile: Profile, targets: Mapping[LabelValue, int], *, k: int, on_small_class: str
) -> Assignment:
    """Resolve method and k per class; small classes as `onSmallClass` says.

    Raises
    ------
    DataError
        If a class has no usable row, or at most k and `on_small_class` is `error`.
    """
    tasks: list[ClassTask] = []
    skipped: dict[LabelValue, str] = {}
    for label, target in targets.items():
        new_rows = target - profile.counts[label]
        if new_rows == 0:
            continue
        refuse_too_many(label, profile.counts[label], new_rows)
        rows = profile.usable[label]
        fate, resolved = small_class_fate(rows, k, on_small_class)
        method, note = "smote", ""
        if fate == "skipped":
            skipped[label] = f"left as it is (onSmallClass='skip'): {rows} usable rows <= k={k}"
            continue
        if fate in ("refused", "empty"):
            raise DataError(_too_small(label, profile, k))
        if fate == "duplicated":
            method = "duplicate"
            note = f"duplicated (onSmallClass={on_small_class!r}): {rows} usable rows <= k={k}"
        elif fate == "reduced":
            note = f"k reduced from {k} to {resolved}: {rows} usable rows"
        storage = profile.storage.get(label, "array")
        tasks.append(ClassTask(len(tasks), label, rows, new_rows, method, resolved, note, storage))
    return Assignment(tuple(tasks), skipped)


def refuse_too_many(label: LabelValue, rows: int, new_rows: int) -> None:
    """Refuse to make more new rows of a class than its quotas can be kept for."""
    if new_rows > MOST_NEW_ROWS:
        raise DataError(
            f"samplingStrategy or samplingRatios asks for {new_rows:,} new rows of class "
            f"{label!r} ({rows:,} rows); the most is {MOST_NEW_ROWS:,}"
        )


def small_class_fate(rows: int, k: int, on_small_class: str) -> tuple[Fate, int]:
    """What becomes of a class of so many usable rows that is to receive new ones, and its k."""
    if rows > k:
        return "resampled", k
    if on_small_class == "skip":
        return "skipped", 0
    if rows == 0:
        return "empty", 0
    if on_small_class == "error":
        return "refused", 0
    if on_small_class == "duplicate" or rows == 1:
        return "duplicated", 0
    return "reduced", rows - 1


def _too_small(label: LabelValue, profile: Profile, k: int) -> str:
    rows = profile.usable[label]
    small = f"class {label!r} has {rows} usable row(s)"
    if rows == 0:
        return (
            f"{small}, of {profile.counts[label]}: nothing can be made from it; fill its "
            "missing values, or leave the class alone with onSmallClass='skip'"
        )
    if rows == 1:
        return (
            f"{small}, but kNeighbors={k} needs at least {k + 1}, and a single row has "
            "no neighbour at all; set onSmallClass to 'duplicate' or 'reduce' (copies "
            "of that row) or to 'skip' (leave the class alone)"
        )
    return (
        f"{small}, but kNeighbors={k} needs at least {k + 1}; set kNeighbors to "
        f"{rows - 1} or less, or onSmallClass to 'reduce' (k becomes "
        f"{rows - 1}), 'duplicate' (random over-sampling for this class) or 'skip'"
    )

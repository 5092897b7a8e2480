"""The rows that new ones may be made of, as a method has chosen them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress

import numpy as np

from spark_smote.plans.classes import Assignment
from spark_smote.plans.model import ClassModel
from spark_smote.plans.ranges import Ranges
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.sample import ClassSample
from spark_smote.results import CrossClassSearch, Notice, SearchAccuracy


@dataclass(frozen=True)
class Candidates:
    """Rows that new ones may be made of."""

    records: KeptRecords | None
    """As `plans.records.class_records` packs them; None where no class receives rows."""
    assignment: Assignment
    accuracy: tuple[SearchAccuracy, ...] = ()
    """Of the search that chose bases."""
    notices: tuple[Notice, ...] = ()
    searches: tuple[CrossClassSearch, ...] = ()
    """That same search, if there was one."""
    samples: tuple[ClassSample, ...] = ()
    """Of the rows of each task, where they are taken already."""
    single: ClassModel | None = None
    """What tells distances in all classes alike; None = each by its own rows."""
    ranges: Ranges | None = None
    """What new rows keep to, where they may lie beyond the rows they are made of."""

    def receiving(self) -> Candidates:
        """Without the classes, or parts of classes, that turned out to receive nothing."""
        tasks = self.assignment.tasks
        receives = np.array([task.new_rows > 0 for task in tasks])
        if self.records is None or receives.all():
            return self
        codes = np.where(receives, np.cumsum(receives) - 1, -1)
        left = [replace(task, code=int(codes[task.code])) for task in tasks if task.new_rows]
        return replace(
            self,
            records=self.records.of_classes(codes) if left else None,
            assignment=replace(self.assignment, tasks=tuple(left)),
            samples=tuple(compress(self.samples, receives)),
        )

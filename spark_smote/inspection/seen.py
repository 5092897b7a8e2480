"""What was read of a table: what findings, figures and advice are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import types as T

from spark_smote.inspection.roles import Role
from spark_smote.inspection.sampled import Sampled
from spark_smote.kernels.one_hot import one_hot_groups
from spark_smote.kernels.tally import Tally
from spark_smote.results import LabelValue


@dataclass(frozen=True)
class Sizes:
    """Rows of each class, in sorted order of the labels."""

    counts: Mapping[LabelValue, int]
    usable: Mapping[LabelValue, int]
    """Of these, rows whose inputs are all finite numbers."""

    @property
    def labels(self) -> list[LabelValue]:
        """A class's code is its place here."""
        return list(self.counts)

    @property
    def largest(self) -> LabelValue:
        """The first of several."""
        return max(self.labels, key=self.counts.__getitem__)

    @property
    def others(self) -> list[LabelValue]:
        """All but the largest."""
        return [label for label in self.labels if label != self.largest]

    @property
    def rare_first(self) -> list[LabelValue]:
        """By size."""
        return sorted(self.labels, key=self.counts.__getitem__)


@dataclass(frozen=True)
class Seen:
    """The columns of a table, the sizes of its classes, and the sample."""

    schema: T.StructType
    roles: Sequence[Role]
    tallies: Sequence[Tally]
    sizes: Sizes
    sampled: Sampled

    def of_role(self, *names: str) -> list[int]:
        """Positions of the columns with one of these roles."""
        return [i for i, role in enumerate(self.roles) if role.name in names]

    def name(self, position: int) -> str:
        """Of the column."""
        return str(self.schema[position].name)

    def is_number(self, position: int) -> bool:
        """Whether a column holds quantities."""
        return isinstance(self.schema[position].dataType, T.NumericType)

    def is_flag(self, position: int) -> bool:
        """Whether a column of numbers holds 0 and 1, and nothing else."""
        tally = self.tallies[position]
        both = (tally.low, tally.high) == (0.0, 1.0)
        return self.is_number(position) and both and tally.zeros_and_ones == tally.present

    def one_hot_groups(self) -> list[list[int]]:
        """Groups of 0/1 columns of which exactly one is 1 in every sampled row."""
        flags = [i for i in self.of_role("input") if self.is_flag(i)]
        hot = self.sampled.values[:, self.sampled.places(flags)] == 1
        return [[flags[j] for j in group] for group in one_hot_groups(hot)]

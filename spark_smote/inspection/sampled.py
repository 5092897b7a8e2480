"""The canonical sample of all classes, by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.plans.sample import ClassSample
from spark_smote.results import LabelValue

MOST_ROWS = 20_000
"""Of all classes together."""
MOST_PER_CLASS = 2_000
FEWEST_PER_CLASS = 20
MOST_VALUES = 8 << 20
"""Of all rows together: 64 MiB."""


def rows_wanted(classes: int, columns: int) -> int:
    """Rows to sample of each class."""
    affordable = min(MOST_ROWS // classes, MOST_VALUES // (classes * max(columns, 1)))
    return max(FEWEST_PER_CLASS, min(MOST_PER_CLASS, affordable))


@dataclass(frozen=True)
class Sampled:
    """Distinct sampled rows, class by class, within a class in canonical order."""

    positions: tuple[int, ...]
    """Which column of the table each column of `values` is."""
    values: Floats
    """Infinite where missing, shape (n, len(positions))."""
    keys: Ints
    codes: Ints
    """Class of each row, 0, 1, ... in sorted order of the labels."""
    times: Ints
    """How many sampled rows each one stands for."""
    weights: Floats
    """How many rows of the table each one stands for."""

    @classmethod
    def of(
        cls,
        samples: Mapping[LabelValue, ClassSample],
        rows: Mapping[LabelValue, int],
        positions: Sequence[int],
    ) -> Sampled:
        """The samples of all classes, in one; `rows` are those of the whole table."""
        parts = list(samples.values())
        return cls(
            positions=tuple(positions),
            values=np.concatenate([part.features for part in parts]),
            keys=np.concatenate([part.keys for part in parts]),
            codes=np.repeat(np.arange(len(parts)), [len(part.keys) for part in parts]),
            times=np.concatenate([part.multiplicity for part in parts]),
            weights=np.concatenate(
                [
                    part.multiplicity * (rows[label] / part.multiplicity.sum())
                    for label, part in samples.items()
                ]
            ),
        )

    def complete(self, inputs: Sequence[int], levels: Sequence[int]) -> Sampled:
        """The rows in which no input is missing, with inputs and columns of levels only."""
        values = self.values[:, self.places([*inputs, *levels])]
        kept = np.isfinite(values[:, : len(inputs)]).all(axis=1)
        return Sampled(
            (*inputs, *levels),
            np.ascontiguousarray(values[kept]),
            self.keys[kept],
            self.codes[kept],
            self.times[kept],
            self.weights[kept],
        )

    def column(self, position: int) -> Floats:
        """The values of one column of the table."""
        values: Floats = self.values[:, self.positions.index(position)]
        return values

    def places(self, positions: Sequence[int]) -> list[int]:
        """Where columns of the table are among the values."""
        return [self.positions.index(position) for position in positions]

    def spread(self, position: int) -> float:
        """Standard deviation of a column's finite values, each class weighing as in the table."""
        values = self.column(position)
        held = np.isfinite(values)
        values, weights = values[held], self.weights[held]
        if not len(values) or (values == values[0]).all():
            return 0.0
        mean = np.average(values, weights=weights)
        return float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))

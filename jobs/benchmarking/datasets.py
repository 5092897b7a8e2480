"""The tables: drawn by numpy from fixed seeds, or taken from a file, with the classes mixed.

Every contender reads the same folder of Parquet files: numeric columns (and, in one table, strings)
and `label`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads
import pyarrow.parquet as pq

from benchmarking.config import GeneratedTable, ParquetTable

COLUMNS = 28
RANK = 8
CLUSTERS = 40
LEVEL_COLUMNS = 8
BLUR = 1.0
"""Of the border between classes, in a column whose standard deviation is about 4."""
WIDE_COLUMNS = 1_000
EQUAL_SHARE = 0.9
ROWS_PER_FILE = 200_000
LABEL = "label"


@dataclass(frozen=True)
class Table:
    """A folder of Parquet files and what is in it."""

    folder: str
    kind: str
    majority: int
    """Rows of the largest class."""
    minority: int
    """Rows of all others."""
    columns: int
    """Without the label."""

    @property
    def rows(self) -> int:
        """Rows of all classes."""
        return self.majority + self.minority

    def __str__(self) -> str:
        return f"{self.kind}, {self.majority:,} + {self.minority:,} rows x {self.columns:,}"


def clustered_rows(rows: int, *, seed: int, columns: int = COLUMNS) -> np.ndarray:
    """Rows in clusters of rank 8, shape (rows, columns)."""
    shape = np.random.default_rng(1)
    axes = shape.normal(size=(CLUSTERS, RANK, columns))
    centres = 3 * shape.normal(size=(CLUSTERS, columns))
    random = np.random.default_rng(seed)
    cluster = random.integers(0, CLUSTERS, rows)
    out = centres[cluster] + 0.1 * random.normal(size=(rows, columns))
    inner = random.normal(size=(rows, RANK))
    for c in range(CLUSTERS):
        out[cluster == c] += inner[cluster == c] @ axes[c]
    return out


def gaussian_rows(rows: int, *, seed: int) -> np.ndarray:
    """Rows without structure, the hardest to search: N(0, 1), shape (rows, 28)."""
    return np.random.default_rng(seed).normal(size=(rows, COLUMNS))


def duplicate_rows(rows: int, *, seed: int) -> np.ndarray:
    """Clustered rows of which 90 % are one and the same, shape (rows, 28)."""
    out = clustered_rows(rows, seed=seed)
    equal = np.random.default_rng([seed, 1]).random(rows) < EQUAL_SHARE
    out[equal] = clustered_rows(1, seed=1)
    return out


def wide_rows(rows: int, *, seed: int) -> np.ndarray:
    """Rows of rank 8 with noise, shape (rows, 1000)."""
    axes = np.random.default_rng(1).normal(size=(RANK, WIDE_COLUMNS))
    random = np.random.default_rng(seed)
    noise = 0.1 * random.normal(size=(rows, WIDE_COLUMNS))
    return random.normal(size=(rows, RANK)) @ axes + noise


def numbers_of_mixed_rows(rows: int, *, seed: int) -> np.ndarray:
    """Clustered rows, shape (rows, 20)."""
    return clustered_rows(rows, seed=seed, columns=COLUMNS - LEVEL_COLUMNS)


def levels_of_mixed_rows(rows: int, *, seed: int) -> np.ndarray:
    """Levels of those rows, 2 to 30 in a column: two rows in three have that of their cluster.

    Codes, shape (rows, 8).
    """
    levels = np.linspace(2, 30, LEVEL_COLUMNS).astype(int)
    usual = np.random.default_rng(2).integers(0, levels, (CLUSTERS, LEVEL_COLUMNS))
    cluster = np.random.default_rng(seed).integers(0, CLUSTERS, rows)  # as `clustered_rows` has it
    random = np.random.default_rng([seed, 2])
    has_usual = random.random((rows, LEVEL_COLUMNS)) < 2 / 3
    return np.where(has_usual, usual[cluster], random.integers(0, levels, (rows, LEVEL_COLUMNS)))


def anywhere(values: np.ndarray, rare: int, random: np.random.Generator) -> np.ndarray:
    """Which rows are of the minority: any, so that classes lie everywhere alike."""
    return random.choice(len(values), rare, replace=False)


def beyond_a_border(values: np.ndarray, rare: int, random: np.random.Generator) -> np.ndarray:
    """Which rows are of the minority: those that lie highest in the first column, give or take.

    So most of them are among their like, and some at a border, on either side of it.
    """
    blurred = values[:, 0] + BLUR * random.normal(size=len(values))
    return np.argsort(blurred, kind="stable")[len(values) - rare :]


@dataclass(frozen=True)
class _Family:
    draw: Callable[..., np.ndarray]
    columns: int = COLUMNS
    levels: Callable[..., np.ndarray] | None = None
    """Codes of levels, of columns that follow those numbers."""
    minority: Callable[[np.ndarray, int, np.random.Generator], np.ndarray] = anywhere


_FAMILIES = {
    "clustered": _Family(clustered_rows),
    "bordering": _Family(clustered_rows, minority=beyond_a_border),
    "gaussian": _Family(gaussian_rows),
    "duplicates": _Family(duplicate_rows),
    "wide": _Family(wide_rows, WIDE_COLUMNS),
    "mixed": _Family(numbers_of_mixed_rows, levels=levels_of_mixed_rows),
}


def write_generated(folder: Path, table: GeneratedTable) -> Table:
    """Draw a table, a file per 200,000 rows of 28 columns (fewer rows of wider ones)."""
    family = _FAMILIES[table.kind]
    folder.mkdir(parents=True)
    total = table.majority + table.minority
    files = -(-total * family.columns // (ROWS_PER_FILE * COLUMNS))
    random = np.random.default_rng(5)
    for number in range(files):
        rows = _share(total, number, files)
        rare = _share(table.minority, number, files)
        values = family.draw(rows, seed=100 + number)
        columns = {f"v{i:02d}": each for i, each in enumerate(values.T)}
        if family.levels is not None:
            levels = family.levels(rows, seed=100 + number)
            columns |= {f"s{i}": np.char.mod("level %d", each) for i, each in enumerate(levels.T)}
        labels = np.zeros(rows, dtype=np.int32)
        labels[family.minority(values, rare, random)] = 1
        pq.write_table(pa.table(columns | {LABEL: labels}), folder / f"part-{number:05d}.parquet")
    return Table(str(folder), table.kind, table.majority, table.minority, family.columns)


def copy_parquet(folder: Path, table: ParquetTable) -> Table:
    """Numeric columns and the label of a table that exists, its classes restricted."""
    source = pads.dataset(table.path)
    numeric = [
        field.name
        for field in source.schema
        if field.name != table.label
        and (pa.types.is_integer(field.type) or pa.types.is_floating(field.type))
    ]
    wanted = None if table.classes is None else pc.field(table.label).isin(table.classes)
    columns = {name: pc.field(name) for name in numeric} | {LABEL: pc.field(table.label)}
    scanner = source.scanner(columns=columns, filter=wanted, use_threads=False)
    pads.write_dataset(
        scanner,
        folder,
        format="parquet",
        max_rows_per_file=ROWS_PER_FILE,
        max_rows_per_group=ROWS_PER_FILE,
        use_threads=False,
    )
    counts = Counter(pads.dataset(folder).to_table(columns=[LABEL])[LABEL].to_pylist())
    largest = max(counts.values())
    return Table(
        str(folder), Path(table.path).name, largest, counts.total() - largest, len(numeric)
    )


def _share(total: int, number: int, parts: int) -> int:
    """Rows of one part when they are dealt out evenly."""
    return total * (number + 1) // parts - total * number // parts

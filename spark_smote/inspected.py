"""What the inspection of a table found: plain data, no rendering, no Spark.

`Inspection.to_dict()` is the JSON document that `spark-smote inspect --json` prints.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from spark_smote.results import LabelValue, plain_data


@dataclass(frozen=True)
class InspectedColumn:
    """One column: what it would be to a resample, and what it holds."""

    name: str
    type: str
    """The Spark SQL type, as in `decimal(10,2)`."""
    role: str
    """`input`, `nominal`, `carried`, `label`, `id` or `ignored`."""
    reason: str
    nulls: int | None = None
    """Exact; this and what follows is None where it does not apply or cannot be looked into."""
    nans: int | None = None
    infinities: int | None = None
    distinct: int | None = None
    """Distinct values: exact below 1,024, else estimated with a standard error of 3 %."""
    low: float | None = None
    high: float | None = None
    """Exact, of the finite numbers."""
    spread: float | None = None
    """Standard deviation of the finite numbers, from the sample."""
    separation: float | None = None
    """The largest area under the ROC curve of this column alone, one class against all others,
    from the sample: 0.5 says nothing, 1 says all."""
    separates: LabelValue | None = None
    """The class for which it is the largest."""


@dataclass(frozen=True)
class Surroundings:
    """Whose rows lie around sampled rows of a class: the k nearest in the whole table, exactly."""

    queries: int
    """Distinct rows whose neighbours were searched for, each counted as often as it occurs."""
    other_share: float
    """Share of rows of other classes among all their neighbours."""
    safe: float
    borderline: float
    rare: float
    outlier: float
    """Shares of the queries whose neighbours are mostly, partly, hardly and not of their class."""


@dataclass(frozen=True)
class InspectedClass:
    """One class."""

    label: LabelValue
    rows: int
    usable_rows: int
    """Rows whose inputs are all finite numbers."""
    distinct_rows: int
    """Usable rows that differ in an input or a level: exact below 1,024, else estimated (3 %)."""
    surroundings: Surroundings | None = None
    """None for the largest class, and where nothing could be searched."""


@dataclass(frozen=True)
class Finding:
    """Something about the table that a resample or a model would suffer from, with its figure."""

    code: str
    message: str
    columns: tuple[str, ...] = ()
    severity: str = "warning"
    """`warning` or `info`."""
    source: str = ""
    """Where the threshold comes from."""


@dataclass(frozen=True)
class Advice:
    """What to try first for a class, and why."""

    label: LabelValue
    method: str
    """`nothing`, `collect more rows`, `class weights`, `threshold`, `random over-sampling`,
    `SMOTE`, `SMOTE-NC`, `SMOTE-N` or `Borderline-SMOTE`."""
    reason: str
    then: tuple[str, ...] = ()
    """What to compare it with, or to try next."""
    source: str = ""


@dataclass(frozen=True)
class Inspection:
    """What a table holds, what to beware of, and what to try first."""

    label_col: str
    rows: int
    columns: list[InspectedColumn]
    classes: list[InspectedClass]
    """In sorted order of the labels."""
    k: int
    findings: list[Finding] = field(default_factory=list)
    advice: list[Advice] = field(default_factory=list)
    """One per class but the largest, smallest class first."""
    contrast: float | None = None
    """Distance to the nearest row / mean distance to all rows, median over the queries; towards 1
    distances mean nothing. None where nothing was searched."""
    sampled_rows: int = 0
    approximate: list[str] = field(default_factory=list)
    """Which figures are not exact, and how near they are."""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def imbalance_ratio(self) -> float:
        """Rows of the largest class / rows of the smallest."""
        counts = [c.rows for c in self.classes]
        return max(counts) / min(counts)

    def to_dict(self) -> dict[str, Any]:
        """The inspection as JSON-ready data (labels that JSON lacks become strings)."""
        document: dict[str, Any] = plain_data(asdict(self))
        return document | {"imbalance_ratio": self.imbalance_ratio}

    def to_json(self) -> str:
        """The inspection as JSON text."""
        from spark_smote.report import to_json

        return to_json(self)

    def to_html(self) -> str:
        """The inspection as one self-contained page (needs the extra `spark-smote[report]`)."""
        from spark_smote.report import inspection_html

        return inspection_html(self)

    def __str__(self) -> str:
        """The inspection as plain text."""
        from spark_smote.report import inspection_text

        return inspection_text(self)

    def _repr_html_(self) -> str:
        """Notebook display."""
        from spark_smote.report import inspection_notebook

        return inspection_notebook(self)

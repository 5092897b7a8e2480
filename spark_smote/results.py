"""What a plan and a finished resample found: plain data, no rendering, no Spark.

`ResampleReport.to_dict()` is the JSON document that is written beside every output.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

LabelValue = str | int | float | bool | Decimal | date


@dataclass(frozen=True)
class ColumnRole:
    """What a column is to the resample, and why."""

    name: str
    type: str
    """The Spark SQL type, as in `decimal(10,2)`."""
    role: str
    """`input`, `nominal`, `label`, `carried`, `id` or `ignored`."""
    reason: str
    policy: str | None = None
    """For columns that are not interpolated: `null`, `copy` or `noise` on new rows."""


@dataclass(frozen=True)
class ClassOutcome:
    """One class: what it had, what was planned, and with which resolved parameters."""

    label: LabelValue
    rows_before: int
    rows_usable: int
    """Rows that may be a base or a neighbour: fewer than `rows_before` where invalid ones are
    skipped."""
    rows_after: int
    method: str
    """What was done: `smote`, `duplicate`, ..., or `untouched`."""
    k_requested: int
    k_resolved: int
    buckets: int = 0
    note: str = ""
    """Why the resolved figure is not the one asked for; empty when it is."""
    rows_synthetic: int | None = None
    """New rows among `rows_after`, where some were made and others removed; None = what they
    exceed `rows_before` by."""

    @property
    def rows_added(self) -> int:
        """New rows; below 0 where more are removed."""
        return self.rows_after - self.rows_before

    @property
    def new_rows(self) -> int:
        """New rows among `rows_after`."""
        return max(0, self.rows_added) if self.rows_synthetic is None else self.rows_synthetic

    @property
    def rows_removed(self) -> int:
        """Original rows that are no longer among `rows_after`."""
        return self.rows_before + self.new_rows - self.rows_after


@dataclass(frozen=True)
class GroupFate:
    """What became of a class in some of the groups."""

    label: LabelValue
    fate: str
    """`resampled`, `reduced`, `duplicated` or `skipped` (as `onSmallClass` says of few rows),
    `untouched` (no rows were asked for), `ample` (it had more than asked for), `absent` (it was
    named, and the group lacks it) or `alone` (it is the only class of the group)."""
    groups: int
    new_rows: int
    examples: list[str]
    """A few of these groups."""


@dataclass(frozen=True)
class GroupsOutcome:
    """Groups that were resampled one by one: counts and examples, whatever their number."""

    columns: list[str]
    groups: int
    resampled: int
    """Groups in which some class receives rows."""
    large: int
    """Classes within groups that were divided into buckets, and searched approximately."""
    fates: list[GroupFate]


@dataclass(frozen=True)
class SearchAccuracy:
    """How near the approximate neighbours of one class are to the exact ones."""

    label: LabelValue
    k: int
    queries: int
    recall: float
    """Share of the exact k nearest neighbours that the search found, in [0, 1]."""
    distance_ratio: float
    """Mean distance to the neighbours found / to the exact ones; 1.0 is exact."""
    exact: bool
    """True where every row was compared with all that is searched (one bucket, or
    `searchQuality="exact"`), so that the search is exact by construction."""
    among: str = "its class"
    """Where neighbours were searched: `its class`, `its cluster` (in its class), `all classes`."""


@dataclass(frozen=True)
class CrossClassSearch:
    """A search for the neighbours that rows of some classes have among all, or in another class."""

    rows: int
    """Usable rows among which neighbours were searched."""
    queried: int
    """Rows whose neighbours were searched for."""
    buckets: int
    """Parts they were divided into; in one, the search is exact."""
    largest_bucket: int
    """Rows of the fullest of them, of either kind, copies of rows near its boundary included."""


@dataclass(frozen=True)
class ConditionMet:
    """One of `constraints` in one class: how many real rows break it."""

    condition: str
    label: LabelValue
    rows: int
    """Real rows of the class."""
    unmet: int
    """Of these, rows for which the condition is false or unknown (NULL)."""
    unknown: int
    """Of these, rows for which it is unknown."""


@dataclass(frozen=True)
class TrialDraws:
    """New rows of one class that were drawn within a sample: how many meet the constraints."""

    label: LabelValue
    bases: int
    """Sampled rows, each drawn from several times."""
    bases_met: int
    """Of these, rows one of whose draws met all constraints."""
    draws: int
    met: int
    """Draws that meet all of them."""
    met_each: list[int]
    """Draws that meet each of them."""


@dataclass(frozen=True)
class Notice:
    """Something a user should know, with the figure that says so."""

    code: str
    message: str
    severity: str = "warning"
    """`warning` or `info`."""


@dataclass(frozen=True)
class Phase:
    """Wall-clock seconds of one step."""

    name: str
    seconds: float


@dataclass(frozen=True)
class PointSet:
    """Points of one class and kind in a plane."""

    label: LabelValue
    kind: str
    """`real` or `synthetic`; in a gallery also `removed`, and `real` rows are those that stay."""
    x: list[float]
    y: list[float]


@dataclass(frozen=True)
class Plane:
    """Sampled rows in two dimensions."""

    title: str
    x_name: str
    y_name: str
    points: list[PointSet]


@dataclass(frozen=True)
class NearestReal:
    """Distances from sampled rows to the nearest real row, in standard deviations."""

    label: LabelValue
    synthetic: list[float]
    """From sampled new rows to the nearest real row of their class."""
    real: list[float]
    """From sampled real rows to the nearest other real row of their class: the yardstick."""
    copies_share: float
    """Share of all new rows that equal a real row in every input column."""


@dataclass(frozen=True)
class ColumnDrift:
    """One input column of one class: real rows against new rows (on samples)."""

    label: LabelValue
    column: str
    real_mean: float
    synthetic_mean: float
    real_std: float
    synthetic_std: float
    ks_statistic: float
    """Two-sample Kolmogorov-Smirnov statistic, in [0, 1]; 0 = same distribution."""


@dataclass(frozen=True)
class LevelDrift:
    """One nominal column of one class: levels of real rows against those of new ones (counted)."""

    label: LabelValue
    column: str
    total_variation: float
    """Half the sum, over the levels, of the differences of their shares, in [0, 1]: the share of
    new rows that would need another level for both to be the same."""
    real_levels: int
    """Levels that occur among the real rows of the class."""
    synthetic_levels: int
    """Levels that occur among its new rows."""


@dataclass(frozen=True)
class Portrait:
    """What the new rows look like beside the real ones, on canonical samples."""

    planes: list[Plane]
    nearest: list[NearestReal]
    drift: list[ColumnDrift]
    sampled_real: int
    sampled_synthetic: int
    levels: list[LevelDrift] = field(default_factory=list)
    """Of nominal columns; not from samples."""


@dataclass(frozen=True)
class MethodShown:
    """One panel of a gallery: a small table of two columns after a method."""

    method: str
    summary: str
    """What the method does, in a sentence."""
    parameters: dict[str, Any]
    """Those that are not at their defaults."""
    classes: list[ClassOutcome]
    points: list[PointSet]
    """Every row of the table and every new row."""


@dataclass
class ResampleReport:
    """What was asked, what was resolved, what was measured and what to beware of."""

    method: str
    label_col: str
    asked: dict[str, Any]
    """Parameters as the user gave them (only those that were given)."""
    resolved: dict[str, Any]
    """Every parameter as used, defaults included."""
    columns: list[ColumnRole]
    classes: list[ClassOutcome]
    accuracy: list[SearchAccuracy] = field(default_factory=list)
    searches: list[CrossClassSearch] = field(default_factory=list)
    """Across classes; those within a class are told of by its outcome."""
    constraints: list[ConditionMet] = field(default_factory=list)
    """Of each of `constraints`, in each class."""
    trial_draws: list[TrialDraws] = field(default_factory=list)
    """Where there are constraints, of each class that receives rows."""
    notices: list[Notice] = field(default_factory=list)
    phases: list[Phase] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    input_fingerprint: str = ""
    """Order-free hash of schema and content of the input; equal for equal tables."""
    makes_rows: bool = True
    """Whether the method makes new rows, so that columns have something to hold on them."""
    steps: list[ResampleReport] = field(default_factory=list)
    """Of a chain, the report of each of its samplers, in their order."""
    groups: GroupsOutcome | None = None
    """None where the table was resampled as a whole."""
    portrait: Portrait | None = None
    """Filled in once rows exist to look at (after a job wrote its output)."""

    @property
    def rows_before(self) -> int:
        """Rows of the table."""
        return sum(c.rows_before for c in self.classes)

    @property
    def rows_after(self) -> int:
        """Rows of the result."""
        return sum(c.rows_after for c in self.classes)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data (labels that JSON lacks become strings)."""
        document: dict[str, Any] = plain_data(asdict(self))
        return document

    def __str__(self) -> str:
        """The report as plain text."""
        from spark_smote.report import text_summary

        return text_summary(self)

    def _repr_html_(self) -> str:
        """Notebook display."""
        from spark_smote.report import notebook_html

        return notebook_html(self)


def plain_data(value: Any) -> Any:
    """Dataclasses as dicts already, with keys, dates and decimals as JSON can hold them."""
    if isinstance(value, dict):
        return {
            k if isinstance(k, str) else str(plain_data(k)): plain_data(v) for k, v in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain_data(v) for v in value]
    if isinstance(value, (Decimal, date, datetime)):
        return str(value)
    return value

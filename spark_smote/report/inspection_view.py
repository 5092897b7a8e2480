"""What an inspection says, in words and in rows of tables: no markup here."""

from __future__ import annotations

from spark_smote.inspected import Advice, InspectedClass, InspectedColumn, Inspection, Surroundings
from spark_smote.report import wording

CLASS_HEADS = (
    "class",
    "rows",
    "usable",
    "distinct",
    "others near",
    "safe",
    "border",
    "rare, outlier",
)
COLUMN_HEADS = ("column", "type", "role", "missing", "distinct", "from", "to", "tells", "why")
FIGURES_OF_COLUMNS = range(3, 8)


_AROUND = (
    "Others near: share of other classes among the {k} nearest rows of sampled rows. Safe, border, "
    "rare, outlier: sampled rows with mostly, partly, hardly and no neighbours of their own class "
    "(Napierala & Stefanowski 2016)."
)
_TELLS = (
    "Tells: area under the ROC curve of the column alone, one class against all others; 0.5 says "
    "nothing."
)


def headline(inspection: Inspection) -> str:
    """How imbalanced the table is, in one sentence."""
    sizes = sorted(inspection.classes, key=lambda c: c.rows)
    smallest, largest = sizes[0], sizes[-1]
    ratio = wording.imbalance([c.rows for c in sizes])
    return (
        f"{wording.rows(inspection.rows)} in {len(sizes)} classes: {ratio} of class "
        f"{wording.literal(largest.label)} to each of class {wording.literal(smallest.label)}"
    )


def rare_first(inspection: Inspection) -> list[InspectedClass]:
    """Classes as shown: the smallest first."""
    return sorted(inspection.classes, key=lambda c: c.rows)


def advice_sentence(advice: Advice) -> str:
    """What to try first, why, and what next."""
    text = f"{advice.method}. {advice.reason[0].upper()}{advice.reason[1:]}."
    if advice.then:
        text += f" Compare with: {', '.join(advice.then)}."
    return text


def class_row(found: InspectedClass) -> tuple[str, ...]:
    """One class under `CLASS_HEADS`."""
    return (
        wording.literal(found.label),
        wording.count(found.rows),
        wording.count(found.usable_rows),
        wording.count(found.distinct_rows),
        *_shares(found.surroundings),
    )


def _shares(around: Surroundings | None) -> tuple[str, ...]:
    if around is None:
        return (wording.ABSENT,) * 4
    shares = around.other_share, around.safe, around.borderline, around.rare + around.outlier
    return tuple(map(wording.share, shares))


def column_row(column: InspectedColumn) -> tuple[str, ...]:
    """One column under `COLUMN_HEADS`."""
    missing = sum(n or 0 for n in (column.nulls, column.nans, column.infinities))
    return (
        wording.literal(column.name),
        column.type,
        column.role,
        wording.count(missing),
        wording.ABSENT if column.distinct is None else wording.count(column.distinct),
        _bound(column.low),
        _bound(column.high),
        wording.ABSENT if column.separation is None else f"{column.separation:.2f}",
        column.reason,
    )


def _bound(number: float | None) -> str:
    if number is None:
        return wording.ABSENT
    whole = number.is_integer() and abs(number) < 1e15
    return f"{number:,.0f}" if whole else wording.figure(number, 4)


def notes(inspection: Inspection) -> list[str]:
    """What the figures mean."""
    said = [_AROUND.format(k=inspection.k), _TELLS]
    if inspection.contrast is not None:
        said.append(
            f"The nearest row is {inspection.contrast:.2f} times as far as rows are on average; "
            "towards 1, distances mean nothing (Beyer et al. 1999)."
        )
    return [*said, *inspection.approximate]

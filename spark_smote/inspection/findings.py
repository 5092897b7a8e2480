"""What to beware of in the columns and classes of a table, each with the figure that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from spark_smote.inspected import Finding, InspectedClass, InspectedColumn
from spark_smote.inspection import literature as lit
from spark_smote.inspection.sampled import Sampled
from spark_smote.inspection.seen import Seen
from spark_smote.kernels.sentinels import sentinels
from spark_smote.plans.id_like import all_differ
from spark_smote.plans.notices import DUPLICATED, WIDEST_SCALES
from spark_smote.plans.survey import can_be_looked_into
from spark_smote.plans.table import INTEGER_TYPES

LISTED = 10
"""Columns that a message names; `Finding.columns` has them all."""


def column_findings(seen: Seen, columns: Sequence[InspectedColumn]) -> list[Finding]:
    """Everything that one column after the other gives rise to."""
    return [
        *_missing(seen),
        *_constant(seen),
        *_ids(seen),
        *_inexact(seen),
        *_leaks(columns),
        *_sentinels(seen),
        *_scales(seen, columns),
        *_refused_as_id(seen),
        *_unknown_types(seen),
    ]


def _listed(named: Iterable[tuple[str, str]]) -> str:
    """Columns with a figure each; of many, the first ten."""
    shown = [f"{name!r} ({figure})" if figure else repr(name) for name, figure in named]
    more = len(shown) - LISTED
    return ", ".join(shown[:LISTED]) + (f" and {more} more" if more > 0 else "")


def _missing(seen: Seen) -> list[Finding]:
    bad = {
        i: gone
        for i in seen.of_role("input", "nominal")
        if (gone := (t := seen.tallies[i]).nulls + t.nans + t.infinities)
    }
    if not bad:
        return []
    figures = (
        (seen.name(i), f"{n:,} rows, {100 * n / seen.tallies[i].rows:.2g}%") for i, n in bad.items()
    )
    return [
        Finding(
            "missing_values",
            f"Null, NaN or infinite: {_listed(figures)}. Fill them (on training rows only), or "
            "let such rows be neither base nor neighbour (handleInvalid='skip'), or be searched as "
            "if they had the median ('impute').",
            tuple(map(seen.name, bad)),
        )
    ]


def _constant(seen: Seen) -> list[Finding]:
    same = [i for i in seen.of_role("input", "nominal") if seen.tallies[i].distinct_values <= 1]
    empty = [i for i in seen.of_role("ignored") if seen.tallies[i].nulls == seen.tallies[i].rows]
    if not same and not empty:
        return []
    figures = [(seen.name(i), "1 value") for i in same] + [
        (seen.name(i), "all null") for i in empty
    ]
    return [
        Finding(
            "constant_columns",
            f"The same in every row: {_listed(figures)}. They tell nothing; drop them.",
            tuple(name for name, _ in figures),
        )
    ]


def _ids(seen: Seen) -> list[Finding]:
    ids = [i for i in seen.of_role("id") if seen.roles[i].reason != "named by idCol"]
    if not ids:
        return []
    figures = [(seen.name(i), f"{seen.tallies[i].distinct_values:,} values") for i in ids]
    return [
        Finding(
            "id_like",
            f"Different in (about) every row: {_listed(figures)}. An id must be neither "
            "interpolated nor learned from: name it in idCol or ignoreCols.",
            tuple(name for name, _ in figures),
        )
    ]


def _inexact(seen: Seen) -> list[Finding]:
    lost = {i: n for i in range(len(seen.roles)) if (n := seen.tallies[i].lost)}
    lost = {i: n for i, n in lost.items() if seen.roles[i].name in ("input", "carried")}
    if not lost:
        return []
    figures = ((seen.name(i), f"{n:,} values") for i, n in lost.items())
    return [
        Finding(
            "beyond_double",
            f"Beyond what a double holds exactly: {_listed(figures)}. Such columns are refused as "
            "inputs: rescale them, or put them into ignoreCols.",
            tuple(map(seen.name, lost)),
        )
    ]


def _leaks(columns: Sequence[InspectedColumn]) -> list[Finding]:
    return [
        Finding(
            "leak",
            f"Column {c.name!r} alone tells class {c.separates!r} from all others: area under the "
            f"ROC curve {c.separation:.3f} in the sample ({lit.LEAK} or more is flagged). If it is "
            "known only after the outcome, drop it: nothing else about the model will be true.",
            (c.name,),
            source=lit.LEAKS,
        )
        for c in columns
        if c.separation is not None and c.separation >= lit.LEAK
    ]


def _sentinels(seen: Seen) -> list[Finding]:
    found = []
    for i in seen.of_role("input"):
        values = seen.sampled.column(i)
        held = np.isfinite(values)
        markers = sentinels(values[held], seen.sampled.times[held])
        others = values[held & ~np.isin(values, markers)]
        for marker in markers:
            share = seen.sampled.weights[values == marker].sum() / seen.sampled.weights.sum()
            found.append(
                Finding(
                    "sentinel",
                    f"Column {seen.name(i)!r} is {marker:,.15g} in about {share:.1%} of the rows, "
                    f"far from its other values ({others.min():,.6g} to {others.max():,.6g} in the "
                    "sample): a marker rather than a quantity? New rows would lie between it and "
                    "the others. Make it null, or a 0/1 column of its own.",
                    (seen.name(i),),
                )
            )
    return found


def _scales(seen: Seen, columns: Sequence[InspectedColumn]) -> list[Finding]:
    spreads = {i: columns[i].spread or 0.0 for i in seen.of_role("input")}
    varied = [i for i, spread in spreads.items() if spread > 0]
    if len(varied) < 2:
        return []
    widest, narrowest = max(varied, key=spreads.__getitem__), min(varied, key=spreads.__getitem__)
    ratio = spreads[widest] / spreads[narrowest]
    if ratio <= WIDEST_SCALES:
        return []
    return [
        Finding(
            "scales",
            f"Column {seen.name(widest)!r} spreads {ratio:,.0f} times as wide as "
            f"{seen.name(narrowest)!r}: leave standardize on, else it decides distances alone.",
            (seen.name(widest), seen.name(narrowest)),
            "info",
        )
    ]


def _refused_as_id(seen: Seen) -> list[Finding]:
    """Whole numbers that are no ids but differ in every sampled row of a class."""
    refused = [
        seen.name(i)
        for i in seen.of_role("input")
        if isinstance(seen.schema[i].dataType, INTEGER_TYPES)
        and seen.roles[i].reason != "named by inputCols"
        and _all_differ(seen.sampled, i)
    ]
    if not refused:
        return []
    return [
        Finding(
            "refused_as_id",
            "Different in every sampled row of a class: "
            f"{_listed((name, '') for name in refused)}. A resample takes that for an id unless "
            "inputCols names it.",
            tuple(refused),
            "info",
        )
    ]


def _all_differ(sampled: Sampled, position: int) -> bool:
    values = sampled.column(position)
    classes = [sampled.codes == code for code in range(int(sampled.codes.max()) + 1)]
    return any(all_differ(values[own], sampled.times[own]) for own in classes)


def _unknown_types(seen: Seen) -> list[Finding]:
    unknown = [i for i, f in enumerate(seen.schema) if not can_be_looked_into(f.dataType)]
    if not unknown:
        return []
    figures = ((seen.name(i), seen.schema[i].dataType.simpleString()[:40]) for i in unknown)
    return [
        Finding(
            "not_inspected",
            f"Only nulls were counted: {_listed(figures)}. Inspect the columns they were made of.",
            tuple(map(seen.name, unknown)),
            "info",
        )
    ]


def flag_findings(
    seen: Seen, groups: Sequence[Sequence[int]], broken: Sequence[int]
) -> list[Finding]:
    """0/1 columns: groups of which one is hot in (nearly) every row, and others.

    Parameters
    ----------
    groups : sequence of sequences of int
        One-hot groups in the sample.
    broken : sequence of int
        Rows of the table in which not exactly one of the group is hot.
    """
    found = []
    for group, rows in zip(groups, broken, strict=True):
        names = [seen.name(i) for i in group]
        total = seen.tallies[group[0]].rows
        where = "in every row" if not rows else f"in all but {rows:,} of {total:,} rows"
        found.append(
            Finding(
                "one_hot",
                f"Columns {_listed((name, '') for name in names)}: exactly one of the "
                f"{len(names)} is 1 {where}. Interpolation makes none or two of them 1: put the "
                "category back into one nominal column (SMOTE-NC).",
                tuple(names),
            )
        )
    grouped = {i for group in groups for i in group}
    flags = [seen.name(i) for i in seen.of_role("input") if seen.is_flag(i) and i not in grouped]
    if flags:
        found.append(
            Finding(
                "zero_one",
                f"Only 0 and 1: {_listed((name, '') for name in flags)}. They are interpolated and "
                "rounded (or left between, if not integers): name them in nominalCols (SMOTE-NC).",
                tuple(flags),
                "info",
            )
        )
    return found


def class_findings(
    classes: Sequence[InspectedClass], compared: int, contrast: float | None
) -> list[Finding]:
    """What the rows of the classes give rise to."""
    found = []
    repeated = [
        (str(c.label), f"{c.distinct_rows:,} of {c.usable_rows:,} usable rows differ")
        for c in classes
        if c.distinct_rows < (1 - DUPLICATED) * c.usable_rows
    ]
    if repeated:
        found.append(
            Finding(
                "duplicates",
                f"Rows repeat each other in every input and nominal column in class "
                f"{_listed(repeated)}. New rows between equal rows are copies: remove duplicates "
                "first.",
            )
        )
    unusable = [
        (str(c.label), f"{c.usable_rows:,} of {c.rows:,} rows")
        for c in classes
        if c.usable_rows < c.rows / 2
    ]
    if unusable:
        found.append(
            Finding(
                "few_usable",
                f"Less than half the rows have all inputs in class {_listed(unusable)}: what is "
                "said of neighbours holds for these only.",
            )
        )
    if contrast is not None and contrast >= lit.CONTRAST:
        found.append(
            Finding(
                "distances",
                f"The nearest row is {contrast:.2f} times as far as rows are on average, with "
                f"{compared} input and nominal columns ({lit.CONTRAST} or more is flagged): "
                "distances mean little. Select or combine columns first.",
                source=lit.MEANINGLESS,
            )
        )
    return found

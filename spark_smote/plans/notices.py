"""What a user should know before trusting the result, each with the figure that says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from spark_smote.kernels.bucket import distinct_points
from spark_smote.labels import smallest
from spark_smote.plans.classes import Assignment
from spark_smote.plans.profile import Profile
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.table import Table
from spark_smote.results import ClassOutcome, LabelValue, Notice, Portrait

MOST_NEW_PER_REAL = 10
FEWEST_ROWS = 10
"""Below this the neighbourhood of a class cannot be told from chance."""
WIDEST_SCALES = 100.0
"""Ratio of column spreads beyond which raw distances are decided by the widest column."""
DUPLICATED = 0.1
NEAR_SHARE = 0.5
"""New rows whose median distance to a real row is less than this share of the real rows' own."""
MOST_OF_MINORITY = 0.2
"""Share of the smallest class that cleaning may remove without a word."""
MOST_OF_A_CLASS = 0.5
"""The same of any other."""
MOST_INVALID = 0.1
"""Share of rows with invalid inputs that a class may be left with without a word."""


def plan_notices(
    table: Table,
    profile: Profile,
    targets: Mapping[LabelValue, int],
    assignment: Assignment,
    samples: Sequence[ClassSample],
    *,
    standardize: bool,
    distinct: bool,
) -> list[Notice]:
    """Notices that the plan of an interpolating method gives rise to."""
    notices = target_notices(profile, targets, assignment)
    for label, tasks in assignment.by_class.items():
        if profile.usable[label] < FEWEST_ROWS:
            notices.append(
                Notice(
                    "tiny_class",
                    f"Class {label!r} has {profile.usable[label]} usable rows; with fewer than "
                    f"{FEWEST_ROWS} its neighbourhoods are chance. Consider collecting more, "
                    f"class weights, or leaving it alone.",
                )
            )
        if note := tasks[0].note:
            notices.append(Notice("small_class", f"Class {label!r}: {note}.", "info"))
    for label, note in assignment.skipped.items():
        notices.append(Notice("class_skipped", f"Class {label!r}: {note}."))
    notices += skipped_notices(profile)
    for label, rows in profile.usable.items():
        holed = rows - profile.complete.get(label, rows)
        if holed > 0:
            notices.append(
                Notice(
                    "imputed",
                    f"Class {label!r}: {holed:,} of {rows:,} rows miss inputs (null, NaN or "
                    f"infinite). The search takes those for the median; new rows miss what their "
                    f"base rows miss.",
                    "info",
                )
            )
    notices += nominal_features_notices(table)
    for label, tasks in assignment.by_class.items():
        own = [samples[task.code] for task in tasks]
        notices += _sample_notices(table, label, own, standardize=standardize, distinct=distinct)
    return notices


def target_notices(
    profile: Profile, targets: Mapping[LabelValue, int], assignment: Assignment
) -> list[Notice]:
    """What is to be known of so many new rows, however they are made."""
    largest = max(profile.counts.values())
    grown = {
        label: (sum(task.new_rows for task in tasks), sum(task.standing.bases for task in tasks))
        for label, tasks in assignment.by_class.items()
    }
    full = [label for label, (new, _) in grown.items() if new and targets[label] >= largest]
    return [*balanced_notices(full, classes=len(profile.counts)), *crowded_notices(grown)]


def balanced_notices(full: Sequence[LabelValue], *, classes: int) -> list[Notice]:
    """Classes as large as the largest are more than is needed, as a rule."""
    if not full:
        return []
    remedy = "samplingStrategy=0.25 to 0.43" if classes == 2 else "samplingRatios of 0.25 to 0.43"
    return [
        Notice(
            "balanced_fully",
            f"{_named(full)} brought to the size of the largest class or beyond it. Try 1:4 "
            f"to 3:7 first ({remedy}): it distorts predicted probabilities less and often "
            f"ranks as well.",
        )
    ]


def crowded_notices(rows: Mapping[LabelValue, tuple[int, int]]) -> list[Notice]:
    """Many new rows for each real one they are made of; `rows` are both, per class."""
    crowded = {
        label: new / real for label, (new, real) in rows.items() if new > MOST_NEW_PER_REAL * real
    }
    if not crowded:
        return []
    figures = ", ".join(f"{times:,.0f} in class {label!r}" for label, times in crowded.items())
    return [
        Notice(
            "many_new_per_real",
            f"Synthetic rows per real one that they are made of: {figures}. Beyond "
            f"{MOST_NEW_PER_REAL} they add weight, not information.",
        )
    ]


def skipped_notices(profile: Profile) -> list[Notice]:
    """Rows that the search does not see."""
    by_class = {label: rows - profile.usable[label] for label, rows in profile.counts.items()}
    skipped = sum(by_class.values())
    if not skipped:
        return []
    rare = smallest(profile.counts)
    of_rare = f"{by_class[rare]:,} of the {profile.counts[rare]:,} rows of class {rare!r}"
    return [
        Notice(
            "invalid_skipped",
            f"{skipped:,} rows have null, NaN or infinite inputs, among them {of_rare}: kept in "
            f"the output, but not looked at (handleInvalid='skip').",
        )
    ]


def cleaning_notices(
    before: Mapping[LabelValue, int], after: Mapping[LabelValue, int], remedy: str
) -> list[Notice]:
    """What the removal of rows did to the classes.

    Parameters
    ----------
    before, after : mapping of label to rows
        Every class.
    remedy : str
        What makes the method remove fewer rows, in sentences; empty if nothing does.
    """
    notices = []
    rare = smallest(before)
    lost = 1 - after[rare] / before[rare]
    if lost > MOST_OF_MINORITY:
        notices.append(
            Notice(
                "minority_removed",
                f"Class {rare!r}, the smallest, loses {lost:.0%} of its {before[rare]:,} rows.",
            )
        )
    halved = [
        f"{label!r} ({1 - after[label] / rows:.0%} of {rows:,} rows)"
        for label, rows in before.items()
        if label != rare and 0 < after[label] < (1 - MOST_OF_A_CLASS) * rows
    ]
    if halved:
        named = ", ".join(halved[:10])
        notices.append(
            Notice(
                "most_of_class_removed",
                f"More than half of the rows of a class are removed: {named}. A model learns the "
                f"class from the others.",
            )
        )
    gone = [label for label, rows in after.items() if not rows]
    if gone:
        notices.append(Notice("class_removed", f"{_named(gone)} removed altogether."))
    if notices and remedy:
        notices.append(Notice("removing_fewer", remedy, "info"))
    return [*notices, *turned_notices(before, after)]


def turned_notices(
    before: Mapping[LabelValue, int], after: Mapping[LabelValue, int]
) -> list[Notice]:
    """A class that is rarer now than the rarest of before, as `cleaning_notices` takes them."""
    rare, now = smallest(before), smallest(after)
    if now == rare or not 0 < after[now] < after[rare]:
        return []
    return [
        Notice(
            "balance_turned",
            f"Class {now!r} ({before[now]:,} rows before, {after[now]:,} now) becomes smaller "
            f"than class {rare!r} ({after[rare]:,}), which was the smallest.",
        )
    ]


def kept_invalid_notices(profile: Profile, classes: Sequence[ClassOutcome]) -> list[Notice]:
    """Rows that cannot be judged all stay, and may become a part so large that it tells a class."""
    told = []
    for outcome in classes:
        invalid = outcome.rows_before - profile.usable[outcome.label]
        if outcome.rows_after < outcome.rows_before and invalid:
            now = invalid / max(outcome.rows_after, 1)
            if now > MOST_INVALID and now > 2 * invalid / outcome.rows_before:
                told.append(
                    f"{invalid:,} of the {outcome.rows_after:,} rows of class {outcome.label!r} "
                    f"({now:.0%}; {invalid / outcome.rows_before:.1%} before)"
                )
    if not told:
        return []
    return [
        Notice(
            "invalid_kept",
            f"Rows with null, NaN or infinite inputs all stay and make up {', '.join(told)}: a "
            "model may learn the class from what is missing. Use handleInvalid='impute', or fill "
            "or drop them first.",
        )
    ]


def removal_notices(classes: Sequence[ClassOutcome]) -> list[Notice]:
    """Rows that a model will not see, and classes that so few are left of that chance decides."""
    before = sum(c.rows_before for c in classes)
    removed = sum(max(0, -c.rows_added) for c in classes)
    if not removed:
        return []
    notices = turned_notices(
        {c.label: c.rows_before for c in classes}, {c.label: c.rows_after for c in classes}
    )
    notices += [
        Notice(
            "rows_removed",
            f"{removed:,} of {before:,} rows ({removed / before:.1%}) are left out: a model learns "
            f"from the others alone, and its probabilities are those of their class shares. Class "
            f"weights use all rows.",
            "info",
        )
    ]
    tiny = [f"{c.label!r} ({c.rows_after})" for c in classes if c.rows_after < FEWEST_ROWS]
    if tiny:
        notices.append(
            Notice(
                "tiny_class",
                f"Fewer than {FEWEST_ROWS} rows are left of class {', '.join(tiny[:10])}: what a "
                f"model learns of it is chance.",
            )
        )
    return notices


def portrait_notices(portrait: Portrait) -> list[Notice]:
    """What the written rows give rise to: copies, and nearness to real rows."""
    notices = []
    near: list[str] = []
    for found in portrait.nearest:
        if found.copies_share > 0:
            notices.append(
                Notice(
                    "exact_copies",
                    f"Class {found.label!r}: {found.copies_share:.1%} of the new rows equal a "
                    f"real row in every {'input' if found.synthetic else 'nominal'} column.",
                    "warning" if found.copies_share > DUPLICATED else "info",
                )
            )
        if found.real and found.synthetic:
            real, new = float(np.median(found.real)), float(np.median(found.synthetic))
            if new < NEAR_SHARE * real:
                near.append(f"{found.label!r} ({new:.2g} against {real:.2g})")
    if near:
        notices.append(
            Notice(
                "near_real_rows",
                f"New rows lie nearer to real rows than these to each other (median distances in "
                f"standard deviations): class {', '.join(near)}. Where rows are people, synthetic "
                f"rows are not anonymous.",
            )
        )
    return notices


def nominal_features_notices(table: Table) -> list[Notice]:
    """Category codes inside a vector, which its ML metadata gives away."""
    if not table.packed:
        return []
    attributes = table.schema[table.inputs[0]].metadata.get("ml_attr", {}).get("attrs", {})
    nominal = [str(each.get("name", each.get("idx"))) for each in attributes.get("nominal", [])]
    if not nominal:
        return []
    return [
        Notice(
            "nominal_features",
            f"featuresCol {table.input_names[0]!r} holds category codes {nominal[:10]}, which are "
            f"interpolated like quantities: new rows get codes between categories. Leave them out "
            f"of the vector, or one-hot encode them, knowing that new rows mix indicators.",
        )
    ]


def _named(labels: Sequence[LabelValue]) -> str:
    shown = ", ".join(repr(label) for label in labels[:10])
    more = f" and {len(labels) - 10} more" if len(labels) > 10 else ""
    return f"Class {shown} is" if len(labels) == 1 else f"Classes {shown}{more} are"


def _sample_notices(
    table: Table,
    label: LabelValue,
    samples: Sequence[ClassSample],
    *,
    standardize: bool,
    distinct: bool,
) -> list[Notice]:
    notices = []
    features = np.concatenate([sample.features for sample in samples])
    rows = sum(int(sample.multiplicity.sum()) for sample in samples)
    points = len(distinct_points(features)[1])
    if rows - points > DUPLICATED * rows:
        remedy = (
            "only rows that differ are neighbours (distinctNeighbours), so that new rows "
            "are copies only where no other is near."
            if distinct
            else "new rows between equal rows are exact copies. Consider removing duplicates "
            "first, or distinctNeighbours=True."
        )
        notices.append(
            Notice(
                "duplicates",
                f"Class {label!r}: {1 - points / rows:.0%} of {rows:,} sampled rows repeat "
                f"another in every input column; {remedy}",
                "info" if distinct else "warning",
            )
        )
    if not standardize and len(table.inputs) > 1:
        spread = features[:, : len(table.inputs)].std(axis=0)
        varied = np.flatnonzero(spread > 0)
        if len(varied) > 1:
            widest, narrowest = varied[spread[varied].argmax()], varied[spread[varied].argmin()]
            ratio = spread[widest] / spread[narrowest]
            if ratio > WIDEST_SCALES:
                notices.append(
                    Notice(
                        "unscaled_inputs",
                        f"Class {label!r}: with standardize off, column "
                        f"{table.input_names[widest]!r} spreads {ratio:,.0f} times as wide as "
                        f"{table.input_names[narrowest]!r} and decides the distances alone.",
                    )
                )
    return notices

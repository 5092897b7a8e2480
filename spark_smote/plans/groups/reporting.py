"""What a report says of groups: per class and fate, counted, with a few examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from spark_smote.plans.counting import pooled
from spark_smote.plans.groups.large import LargeStrata
from spark_smote.plans.groups.quotas import FATES, Rules
from spark_smote.plans.groups.summary import Summary
from spark_smote.plans.model import ClassModel
from spark_smote.plans.notices import (
    FEWEST_ROWS,
    balanced_notices,
    crowded_notices,
    nominal_features_notices,
    skipped_notices,
)
from spark_smote.plans.profile import Profile
from spark_smote.plans.search_notices import LOW_RECALL
from spark_smote.plans.table import Table
from spark_smote.results import (
    ClassOutcome,
    GroupFate,
    GroupsOutcome,
    LabelValue,
    Notice,
    SearchAccuracy,
)

TOLD = {
    "alone": "is the only class, so it is left as it is",
    "absent": "is missing, though rows of it were asked for",
    "ample": "has more rows than were asked for, so it is left as it is",
    "skipped": "has kNeighbors rows or fewer, so it is left as it is (onSmallClass='skip')",
    "reduced": "has kNeighbors rows or fewer, so k is its rows - 1 (onSmallClass='reduce')",
    "duplicated": "has too few rows for neighbours, so they are copied",
}
"""Fates that a user should know of, as they are told."""


def groups_outcome(table: Table, summary: Summary, rules: Rules) -> GroupsOutcome:
    """All groups in a few figures."""
    fates = [
        GroupFate(
            label=label,
            fate=fate,
            groups=int(summary.strata[code, place]),
            new_rows=int(summary.new_rows[code, place]),
            examples=_examples(summary, code, fate),
        )
        for code, label in enumerate(rules.labels)
        for place, fate in enumerate(FATES)
        if summary.strata[code, place]
    ]
    columns = [table.schema[i].name for i in table.groups]
    return GroupsOutcome(columns, summary.groups, summary.receiving, summary.large_strata, fates)


def _examples(summary: Summary, code: int, fate: str) -> list[str]:
    rows = summary.examples.get((code, FATES.index(fate)), ())
    return [row["name"] for *_, row in rows]


def group_outcomes(
    profile: Profile, summary: Summary, rules: Rules, models: Mapping[LabelValue, int]
) -> list[ClassOutcome]:
    """Each class over all groups; `models` says how many buckets its large strata have."""
    outcomes = []
    for code, label in enumerate(rules.labels):
        fates = dict(zip(FATES, summary.strata[code].tolist(), strict=True))
        searched = fates["resampled"] + fates["reduced"]
        small = searched + fates["duplicated"] - _large_of(summary, code)
        rows = profile.counts[label]
        outcomes.append(
            ClassOutcome(
                label=label,
                rows_before=rows,
                rows_usable=profile.usable[label],
                rows_after=rows + int(summary.new_rows[code].sum()),
                method="smote" if searched else "duplicate" if fates["duplicated"] else "untouched",
                k_requested=rules.k,
                k_resolved=rules.k if fates["resampled"] else 0,
                buckets=small + models.get(label, 0),
                note=_note(fates),
            )
        )
    return outcomes


def _large_of(summary: Summary, code: int) -> int:
    return sum(row["class"] == code for *_, row in summary.large)


def _note(fates: Mapping[str, int]) -> str:
    """In how many groups a class receives rows, and how."""
    receiving = fates["resampled"] + fates["reduced"] + fates["duplicated"]
    present = sum(fates.values()) - fates["absent"]
    parts = [f"receives rows in {receiving:,} of the {present:,} groups that have it"]
    parts += [f"k reduced in {fates['reduced']:,}"] if fates["reduced"] else []
    parts += [f"duplicated in {fates['duplicated']:,}"] if fates["duplicated"] else []
    return "; ".join(parts)


def group_notices(table: Table, profile: Profile, summary: Summary, rules: Rules) -> list[Notice]:
    """What the quotas of all groups give rise to."""
    figures = zip(rules.labels, summary.figures.tolist(), strict=True)
    full = [label for label, (_, whole, _) in figures if whole]
    added = summary.new_rows.sum(axis=1).tolist()
    crowded = {
        label: (new, usable)
        for label, new, (_, _, usable) in zip(
            rules.labels, added, summary.figures.tolist(), strict=True
        )
    }
    notices = balanced_notices(full, classes=len(rules.labels)) + crowded_notices(crowded)
    for code, (label, (tiny, _, _)) in enumerate(
        zip(rules.labels, summary.figures.tolist(), strict=True)
    ):
        if tiny:
            notices.append(
                Notice(
                    "tiny_class",
                    f"Class {label!r} receives rows from fewer than {FEWEST_ROWS} usable ones in "
                    f"{_groups(tiny)}; neighbourhoods are chance there. Consider coarser groups.",
                )
            )
        for fate, told in TOLD.items():
            groups = int(summary.strata[code, FATES.index(fate)])
            if groups:
                named = "; ".join(_examples(summary, code, fate))
                severity = "warning" if fate == "skipped" else "info"
                message = f"Class {label!r} {told}: in {_groups(groups)}, as in {named}."
                notices.append(Notice(f"groups_{fate}", message, severity))
    return notices + skipped_notices(profile) + nominal_features_notices(table)


def _groups(number: int) -> str:
    return f"{number:,} group{'s' * (number > 1)}"


def buckets_by_class(large: LargeStrata, models: Sequence[ClassModel]) -> dict[LabelValue, int]:
    """Buckets of the large strata of each class."""
    found: dict[LabelValue, int] = {}
    for task, model in zip(large.tasks, models, strict=True):
        found[task.label] = found.get(task.label, 0) + model.buckets
    return found


def pooled_accuracy(
    found: Sequence[SearchAccuracy], outcomes: Sequence[ClassOutcome], *, measured: bool
) -> list[SearchAccuracy]:
    """Accuracy per class over its large strata; exact where it has none.

    Parameters
    ----------
    found : sequence of SearchAccuracy
        One for each large stratum that is searched.
    """
    accuracy = []
    for outcome in outcomes:
        if not measured or outcome.method != "smote":
            continue
        k = outcome.k_resolved or outcome.k_requested
        exact = SearchAccuracy(outcome.label, k, 0, 1.0, 1.0, True)
        own = [each for each in found if each.label == outcome.label]
        accuracy.append(replace(pooled([exact, *own]), k=k))
    return accuracy


def large_notices(found: Sequence[SearchAccuracy], large: LargeStrata) -> list[Notice]:
    """Large strata whose search misses many neighbours, behind a mean that does not.

    Parameters
    ----------
    found : sequence of SearchAccuracy
        Of each large stratum that is searched; empty where it is not measured.
    """
    if not found:
        return []
    named = [n for task, n in zip(large.tasks, large.names, strict=True) if task.method == "smote"]
    low = [pair for pair in zip(found, named, strict=True) if pair[0].recall < LOW_RECALL]
    if not low:
        return []
    worst, name = min(low, key=lambda pair: pair[0].recall)
    return [
        Notice(
            "low_recall",
            f"In {len(low):,} of {len(found):,} large classes within groups the search found less "
            f"than {LOW_RECALL:.0%} of the exact nearest neighbours; least, {worst.recall:.0%}, in "
            f"class {worst.label!r} of group {name}. searchQuality='accurate' finds more at more "
            f"cost.",
        )
    ]

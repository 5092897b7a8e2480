"""Rows of some classes in an order of their own, of which the first so many stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spark_smote.plans.cleaning import FOUND
from spark_smote.plans.cut import cut_rows
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.removal import Removal, in_classes, keeping_keys
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue

RANKED = f"{FOUND}, word bigint"
"""`FOUND`, and what orders the rows of a class: those with the smallest words stay."""


def rows_to_keep(profile: Profile, targets: Mapping[LabelValue, int]) -> dict[LabelValue, int]:
    """Of each class that loses rows, how many of those that can be ranked stay.

    Rows that cannot be ranked stay, and count among those that the class is to keep.
    """
    keep = {}
    for label, rows in targets.items():
        unusable = profile.counts[label] - profile.usable[label]
        if (wanted := max(0, rows - unusable)) < profile.usable[label]:
            keep[label] = wanted
    return keep


def keeping_first(
    table: Table,
    labels: Sequence[LabelValue],
    ranked: KeptRecords,
    keep: Mapping[LabelValue, int],
    usable: Mapping[LabelValue, int],
) -> Removal:
    """The first rows of each class stay, so many; rows that are not ranked all do.

    Parameters
    ----------
    labels : sequence of label
        What the classes 0, 1, ... of the ranked rows are.
    ranked : KeptRecords
        As `RANKED` has them, of the classes of `keep`; occurrences of a row may be parted.
    keep : mapping of label to rows
        Of those that are ranked.
    usable : mapping of label to rows
        How many can be ranked.
    """
    wanted = [keep.get(label, 0) for label in labels]
    cut = cut_rows(ranked.frame, wanted, most=sum(usable[label] for label in keep))
    among = in_classes(table, list(keep))
    if not table.all_valid:
        among = among & table.valid
    return keeping_keys(table, among, ranked.frame.filter(cut.whole), cut.partly, ranked)

"""The figures of every column."""

from __future__ import annotations

import numpy as np

from spark_smote.inspected import InspectedColumn
from spark_smote.inspection.seen import Seen
from spark_smote.kernels.separation import separation
from spark_smote.plans.survey import can_be_looked_into, is_numeric
from spark_smote.results import LabelValue


def describe_columns(seen: Seen) -> list[InspectedColumn]:
    """What is to be known of every column."""
    return [_described(seen, position) for position in range(len(seen.schema))]


def _described(seen: Seen, position: int) -> InspectedColumn:
    field, role, tally = seen.schema[position], seen.roles[position], seen.tallies[position]
    sampled = position in seen.sampled.positions and role.name != "label"
    number = seen.is_number(position) and role.name != "label"
    some = number and tally.low <= tally.high
    apart, label = _most_apart(seen, position) if sampled else (None, None)
    return InspectedColumn(
        name=field.name,
        type=field.dataType.simpleString(),
        role=role.name,
        reason=role.reason,
        nulls=tally.nulls,
        nans=tally.nans if number else None,
        infinities=tally.infinities if number else None,
        distinct=tally.distinct_values if can_be_looked_into(field.dataType) else None,
        low=tally.low if some else None,
        high=tally.high if some else None,
        spread=seen.sampled.spread(position) if some and sampled else None,
        separation=apart,
        separates=label,
    )


def _most_apart(seen: Seen, position: int) -> tuple[float | None, LabelValue | None]:
    """How far a column tells one class from all others, and which; the smaller class of equals."""
    sampled, labels = seen.sampled, seen.sizes.labels
    areas = separation(
        sampled.column(position),
        sampled.codes,
        sampled.times,
        sampled.weights,
        len(labels),
        ranked=is_numeric(seen.schema[position].dataType),
    )
    # two classes are told apart equally well, up to the last bits
    known = {
        label: round(float(areas[labels.index(label)]), 9)
        for label in seen.sizes.rare_first
        if np.isfinite(areas[labels.index(label)])
    }
    if not known:
        return None, None
    best = max(known, key=known.__getitem__)
    return known[best], best

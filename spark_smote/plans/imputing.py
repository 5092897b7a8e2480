"""What the search takes missing inputs for: the median of the whole table, from a sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spark_smote.errors import SchemaError
from spark_smote.kernels.distances import Floats
from spark_smote.kernels.medians import MISSING, weighted_medians
from spark_smote.labels import in_order
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import class_records
from spark_smote.plans.sample import sample_classes, weights_of
from spark_smote.plans.search import Run
from spark_smote.plans.table import Table

MOST_SAMPLED = 40_000
"""Rows of all classes together."""

FEWEST_PER_CLASS = 50


def missing_marked(table: Table) -> Table:
    """The table with a marker for each missing input, so that no row is invalid.

    Raises
    ------
    SchemaError
        If the inputs come packed.
    """
    if table.packed:
        raise SchemaError(
            f"handleInvalid='impute' is for inputs in columns of their own, and featuresCol "
            f"{table.request.features_col!r} packs them; name inputCols, or fill the columns "
            "before they are packed (pyspark.ml.feature.Imputer)"
        )
    return replace(table, stand_ins=(MISSING,) * len(table.inputs))


def nothing_missing(table: Table, profile: Profile) -> Table:
    """The table without those markers, if its rows turn out to have all their inputs."""
    if profile.complete == profile.counts:
        return replace(table, stand_ins=(), all_valid=True)
    return table


def sampled_medians(table: Table, profile: Profile, run: Run, *, seed: int) -> Floats | None:
    """The median of each input over all classes, of what is there; 0 where nothing is.

    From a canonical sample of each class, weighted as the classes are large. None where nothing is
    missing.
    """
    if not table.stand_ins:
        return None
    medians: Floats = run("medians", lambda: _sampled_medians(table, profile, seed=seed))
    return medians


def _sampled_medians(table: Table, profile: Profile, *, seed: int) -> Floats:
    labels = in_order(profile.counts)  # weights are added up in this order
    each = max(FEWEST_PER_CLASS, MOST_SAMPLED // len(labels))
    sampled = sample_classes(
        class_records(table, labels),
        {label: profile.usable[label] for label in labels},
        dict.fromkeys(labels, each),
        seed=seed,
        purpose="medians",
    )
    parts = list(sampled.values())
    values = np.concatenate([part.features[:, : len(table.inputs)] for part in parts])
    return weighted_medians(values, weights_of(parts, [profile.counts[each] for each in labels]))

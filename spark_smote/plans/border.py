"""Where classes meet: a support vector machine, fitted on a sample of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.support_vectors import Machine, SampledClass, fit_machine
from spark_smote.plans.ranges import Ranges, ranges_of
from spark_smote.plans.sample import sample_classes, shared_budget
from spark_smote.plans.search import Search
from spark_smote.results import LabelValue, Notice

MOST_SAMPLED = 4_096
"""Distinct rows, all classes together, that a machine is fitted on."""

SAMPLED_BYTES = 16 << 20
"""Of their features, which every task receives."""


@dataclass(frozen=True)
class Border:
    """What tells support vectors, and where new rows beyond them end."""

    machine: Machine
    ranges: Ranges
    notice: Notice


def find_border(
    search: Search, usable: Mapping[LabelValue, int], *, standardize: bool, seed: int
) -> Border:
    """Fit a machine on a sample of the rows that are searched, by the metric of the search.

    Tables of up to `MOST_SAMPLED` rows are taken whole; of larger ones each class gives the same
    number of distinct rows, or all of them if it has fewer.
    """
    model, frame = search.metric.model, search.records.frame
    columns = len(model.center)
    sizes = {label: usable[label] for label in search.labels}
    most = min(MOST_SAMPLED, SAMPLED_BYTES // (8 * columns))
    samples = sample_classes(
        frame, sizes, shared_budget(sizes, most), seed=seed, purpose="machine", by="rank"
    )
    sampled = [
        SampledClass(model.searched(sample.features), sample.multiplicity, sizes[label])
        for label, sample in samples.items()
    ]
    center = model.center if standardize else np.zeros(columns)
    machine = fit_machine(sampled, search.asking, center, model.inverse_scale)
    fitted, rows = len(machine.points), sum(sizes.values())
    whole = all(sample.complete for sample in samples.values())
    table = "all rows of the table" if whole else f"a sample of {fitted:,} of {rows:,} rows"
    notice = Notice("machine", f"Support vectors are those of a machine fitted on {table}.", "info")
    return Border(machine, ranges_of(frame, columns), notice)

"""What the new rows look like beside the real ones: samples and one scan, once rows exist."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.nearest import Nearness, farthest, pass_by
from spark_smote.kernels.portrait import portrait
from spark_smote.plans.arrow import features_of, integers_of
from spark_smote.plans.folding import fold_records
from spark_smote.plans.level_shares import level_drift
from spark_smote.plans.records import class_records, usable_rows
from spark_smote.plans.resample_plan import ResamplePlan
from spark_smote.plans.sample import ClassSample, sample_classes
from spark_smote.plans.table import Table
from spark_smote.results import ClassOutcome, LabelValue, NearestReal, Portrait

MOST_SAMPLED = 20_000
"""Rows of all classes together that the driver samples, of either kind."""

MOST_PER_CLASS = 2_000
FEWEST_PER_CLASS = 50

MOST_QUERIES = 8_000
"""Sampled rows of all classes together whose nearest real row is searched for."""


def portrait_of(written: DataFrame, plan: ResamplePlan) -> Portrait | None:
    """Look at the rows a plan has produced.

    Parameters
    ----------
    written : DataFrame
        The plan's result, best read back from where it was written (else it is made again).
    plan : ResamplePlan

    Returns
    -------
    Portrait or None
        None where the method makes no rows, or looks at no column, or where the synthetic column
        was left out, so that new rows cannot be told apart.
    """
    synthetic_col = plan.table.request.synthetic_col
    looked_at = plan.table.inputs or plan.table.nominal
    if not (synthetic_col and looked_at and plan.report.makes_rows):
        return None
    report = plan.report
    seed = report.resolved["seed"]
    grown = [c for c in report.classes if c.new_rows > 0]
    written_new = _new_rows(written, plan.table, synthetic_col)
    levels = level_drift(plan.table, written_new, [c.label for c in grown])
    copies = _copies(plan.table, written_new, grown)
    if not plan.table.inputs:
        return Portrait([], _copies_alone(grown, copies), [], 0, 0, levels)
    # levels have no place in pictures, and what is missing has that of the search
    table = replace(plan.table, nominal=(), stand_ins=_medians(plan))
    new = replace(table, frame=written_new.frame, all_valid=False)
    usable = [c for c in report.classes if c.rows_usable > 0]
    real = sample_classes(
        class_records(table, [c.label for c in usable]),
        {c.label: c.rows_usable for c in usable},
        _wanted(usable),
        seed=seed,
        purpose="portrait of real rows",
    )
    made = sample_classes(
        class_records(new, [c.label for c in grown]),
        {c.label: c.new_rows for c in grown},
        _wanted(grown),
        seed=seed,
        purpose="portrait of new rows",
    )
    scale = _pooled_scale([real[c.label] for c in usable], [c.rows_usable for c in usable])
    seen = portrait(
        {label: _repeated(sample) for label, sample in real.items()},
        {label: _repeated(sample) for label, sample in made.items()},
        columns=_names(table, len(scale)),
        scale=scale,
        nearest=_nearest_real(table, grown, real, made, copies),
    )
    return replace(seen, levels=levels)


def _copies_alone(grown: Sequence[ClassOutcome], copies: Mapping[int, int]) -> list[NearestReal]:
    """Where nothing is interpolated there are no distances in standard deviations."""
    return [
        NearestReal(c.label, [], [], copies.get(code, 0) / c.new_rows)
        for code, c in enumerate(grown)
    ]


def _medians(plan: ResamplePlan) -> tuple[float, ...]:
    """What missing inputs are shown as; 0 where nothing was searched, so no medians are known."""
    models = plan.recipe.models if plan.recipe else ()
    medians = [tuple(model.medians.tolist()) for model in models if model.medians is not None]
    return medians[0] if medians else (0.0,) * len(plan.table.stand_ins)


def _new_rows(written: DataFrame, table: Table, synthetic_col: str) -> Table:
    """The new rows among the written ones, under the neutral names of the table."""
    places = {name: place for place, name in enumerate(written.columns)}
    neutral = written.toDF(*[f"w{place}" for place in range(len(places))])
    columns = [
        F.col(f"w{places[field.name]}").alias(f"c{i}") for i, field in enumerate(table.schema)
    ]
    frame = neutral.filter(F.col(f"w{places[synthetic_col]}")).select(*columns)
    return replace(table, frame=frame, all_valid=False)


def _wanted(classes: Sequence[ClassOutcome]) -> dict[LabelValue, int]:
    share = MOST_SAMPLED // max(len(classes), 1)
    each = max(FEWEST_PER_CLASS, min(MOST_PER_CLASS, share))
    return {c.label: each for c in classes}


def _occurrences(times: Ints, most: int) -> Ints:
    """Which of the sampled distinct rows to show, each as often as it occurs, `most` in all."""
    ends = np.cumsum(times)
    shown = min(int(ends[-1]), most)
    places = (2 * np.arange(shown) + 1) * ends[-1] // (2 * shown)
    chosen: Ints = np.searchsorted(ends, places, side="right")
    return chosen


def _repeated(sample: ClassSample) -> Floats:
    repeated: Floats = sample.features[_occurrences(sample.multiplicity, MOST_PER_CLASS)]
    return repeated


def _names(table: Table, dimensions: int) -> list[str]:
    if not table.packed:
        return table.input_names
    return [f"{table.input_names[0]}[{i}]" for i in range(dimensions)]


def _pooled_scale(samples: Sequence[ClassSample], rows: Sequence[int]) -> Floats:
    """Standard deviation of each column over all classes, each weighing as many rows as it has."""
    weights = np.array(rows) / sum(rows)
    means = np.array([np.average(s.features, axis=0, weights=s.multiplicity) for s in samples])
    squares = np.array([np.average(s.features**2, axis=0, weights=s.multiplicity) for s in samples])
    mean = weights @ means
    spread: Floats = np.sqrt(np.maximum(weights @ squares - mean**2, 0.0))
    return spread


def _class_scale(sample: ClassSample) -> Floats:
    spread = sample.features.std(axis=0)
    inverse: Floats = 1.0 / np.where(spread > 0, spread, 1.0)
    return inverse


def _copies(table: Table, new: Table, grown: Sequence[ClassOutcome]) -> dict[int, int]:
    """New rows that equal a real row of their class in every feature, counted by class code.

    Counted rather than sampled: copies crowd on few points, which a sample of distinct rows easily
    misses. One shuffle of a hash per distinct point and partition.
    """
    if not grown:
        return {}
    labels = [c.label for c in grown]
    points = [
        usable_rows(source, labels).select(
            "class", F.xxhash64("features").alias("point"), F.lit(made).alias("made")
        )
        for source, made in ((table, 0), (new, 1))
    ]
    # one row = a point of a class, and how many new rows lie on it
    met = (
        points[0]
        .union(points[1])
        .groupBy("class", "point")
        .agg(F.sum("made").alias("made"), F.min("made").alias("least"))
    )
    counted = met.filter("least = 0").groupBy("class").agg(F.sum("made").alias("made"))
    return {row["class"]: int(row["made"]) for row in counted.collect()}


def _nearest_real(
    table: Table,
    grown: Sequence[ClassOutcome],
    real: dict[LabelValue, ClassSample],
    made: dict[LabelValue, ClassSample],
    copies: Mapping[int, int],
) -> list[NearestReal]:
    """Distances from sampled new rows, and from sampled real rows, to the nearest real row."""
    if not grown:
        return []
    labels = [c.label for c in grown]
    each = max(10, MOST_QUERIES // (2 * len(labels)))
    new_rows = [made[label].features[:each] for label in labels]
    real_rows = [real[label].features[:each] for label in labels]
    scales = [_class_scale(real[label]) for label in labels]
    queries = [np.concatenate(pair) for pair in zip(new_rows, real_rows, strict=True)]
    limits = [
        farthest(asked, real[label].features, 2, scale)
        for asked, label, scale in zip(queries, labels, scales, strict=True)
    ]

    def enter(seen: list[Nearness], records: pa.Table) -> list[Nearness]:
        codes, points = integers_of(records, "class"), features_of(records)
        times = integers_of(records, "multiplicity")
        for code in np.unique(codes):
            own = codes == code
            seen[code] = pass_by(
                seen[code], queries[code], limits[code], points[own], times[own], scales[code]
            )
        return seen

    start = [Nearness.unseen(len(rows)) for rows in queries]
    passed = fold_records(class_records(table, labels), start, enter)
    found = []
    for code, (label, nearness, rows) in enumerate(zip(labels, passed, new_rows, strict=True)):
        distances = np.sqrt(nearness.squared)
        near_new = distances[: len(rows), 0]
        near_real = distances[len(rows) :, 1]  # the nearest is the row itself
        new_times = made[label].multiplicity[: len(rows)]
        real_times = real[label].multiplicity[: len(near_real)]
        near_real = near_real[_occurrences(real_times, each)]
        found.append(
            NearestReal(
                label=label,
                synthetic=near_new[_occurrences(new_times, each)].tolist(),
                real=near_real[np.isfinite(near_real)].tolist(),
                copies_share=copies.get(code, 0) / grown[code].new_rows,
            )
        )
    return found

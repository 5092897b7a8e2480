"""What each method does, to look at: one small made-up table of two columns after all of them.

The table has one size, 600 rows, whatever anybody's data are: here alone are whole tables
collected.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from spark_smote.results import ClassOutcome, MethodShown, PointSet
from spark_smote.samplers import REGISTRY, Sampler

VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "borderline": {"The same, with steps towards rows of other classes too.": {"kind": 2}},
    "nearmiss": {
        "Keep those nearest to the farthest rows of the smallest class.": {"version": 2},
        "Keep the farthest of those around each row of the smallest class.": {"version": 3},
    },
    "random_over": {"Repeat rows of small classes with noise around each.": {"shrinkage": 0.3}},
}
"""Parameters that make another method of one, and what it does then: shown beside its defaults."""

AT_ONCE = 4
"""Methods at the same time. On so few rows they wait for Spark more than for a core: on 2 cores
eleven took 13 s one by one, 8 s two at a time and 6 s four at a time, once Spark was warm."""

MAJORITY, MINORITY = "majority", "minority"

SEED = 7

Points = NDArray[np.float64]
Row = tuple[float, float, str]


def small_table() -> list[Row]:
    """The table: `x, y` and the class.

    A round majority; a minority along a crescent that overlaps with it, in a small cluster far
    from it, and a few rows in its midst, where one takes them for noise.
    """
    rng = np.random.default_rng(SEED)
    majority = rng.normal((0, 0), (1.15, 0.95), (430, 2)), rng.normal((2.2, 0.9), 0.6, (50, 2))
    angle = rng.uniform(-0.9, 1.9, 90)
    crescent = (2.7, 2.4) * np.column_stack([np.cos(angle), np.sin(angle)]) + (0.2, 0.0)
    minority = (
        crescent + rng.normal(0, 0.22, (90, 2)),
        rng.normal((-2.6, -2.0), (0.32, 0.25), (20, 2)),
        rng.normal((-0.5, 0.0), (0.7, 0.6), (10, 2)),
    )
    return [*_labelled(majority, MAJORITY), *_labelled(minority, MINORITY)]


def _labelled(parts: Sequence[Points], label: str) -> list[Row]:
    return [(float(x), float(y), label) for x, y in np.concatenate(parts)]


def methods_shown(
    spark: SparkSession, registry: Mapping[str, type[Sampler]] = REGISTRY
) -> list[MethodShown]:
    """The small table as it is, then after each method that takes a table of numbers alone.

    Methods are those of the registry, with their defaults, and `VARIANTS`. First come those that
    only add rows, then those that do both, then those that only remove some.

    Parameters
    ----------
    spark : SparkSession
        Runs some dozens of small jobs.
    registry : mapping of method name to sampler
        All of them, or some.
    """
    rows = small_table()
    df = spark.createDataFrame(rows, "x double, y double, label string").coalesce(1)
    wanted = [
        (kind().setParams(seed=SEED, **parameters), summary)
        for method, kind in registry.items()
        if not kind.needs_levels()
        for summary, parameters in {_summary(kind): {}, **VARIANTS.get(method, {})}.items()
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        shown = list(pool.map(lambda each: _after(each[0], each[1], df, rows), wanted))
    return [_as_it_is(rows), *sorted(shown, key=_adds_or_removes)]


def _as_it_is(rows: list[Row]) -> MethodShown:
    labels = [label for _, _, label in rows]
    classes = [
        ClassOutcome(label, n, n, n, "untouched", 0, 0)
        for label in (MAJORITY, MINORITY)
        for n in (labels.count(label),)
    ]
    summary = "Two classes that overlap, a small cluster, and noise."
    return MethodShown("The table as it is", summary, {}, classes, _points(rows, "real"))


def _summary(kind: type[Sampler]) -> str:
    """The first sentence of a sampler's documentation."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def _after(sampler: Sampler, summary: str, df: DataFrame, rows: list[Row]) -> MethodShown:
    plan = sampler.plan(df)
    result = plan.resampled().collect()
    new = [(row.x, row.y, row.label) for row in result if row.is_synthetic]
    kept = {(row.x, row.y, row.label) for row in result if not row.is_synthetic}
    gone = [row for row in rows if row not in kept]
    asked = {p.name: sampler.getOrDefault(p) for p in sampler.params if sampler.isSet(p)}
    return MethodShown(
        method=plan.report.method,
        summary=summary,
        parameters={name: value for name, value in asked.items() if name != "seed"},
        classes=plan.report.classes,
        points=[
            *_points(list(kept), "real"),
            *_points(new, "synthetic"),
            *_points(gone, "removed"),
        ],
    )


def _points(rows: list[Row], kind: str) -> list[PointSet]:
    return [
        PointSet(label, kind, [row[0] for row in own], [row[1] for row in own])
        for label in (MAJORITY, MINORITY)
        if (own := sorted(row for row in rows if row[2] == label))
    ]


def _adds_or_removes(shown: MethodShown) -> tuple[bool, bool]:
    kinds = {points.kind for points in shown.points}
    return "removed" in kinds, "synthetic" not in kinds

"""What a user should know of clusters, each with the figure that says so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spark_smote.plans.classes import Assignment, ClassTask
from spark_smote.plans.clusters import ROWS_COMPARED, Clusters
from spark_smote.plans.notices import MOST_NEW_PER_REAL
from spark_smote.plans.sample import ClassSample
from spark_smote.results import Notice

MOST_NAMED = 10
"""Clusters of a class that are named."""


def no_valid_cluster(
    task: ClassTask, clusters: Clusters, threshold: float, *, asked: float | str
) -> str:
    """Why a class can receive rows in no cluster, and what to do.

    Parameters
    ----------
    threshold : float
        The share it would need, which `asked` for clusterBalanceThreshold resolves to.
    """
    held, shares = clusters.of_class(task.label), clusters.shares(task.label)
    enough = held > task.k
    if not enough.any():
        return (
            f"none of the {len(held)} clusters holds more than k={task.k} of the {task.rows:,} "
            f"rows of class {task.label!r} (at most {held.max()}), so none can be added to it; "
            f"lower numClusters or kNeighbors, or use SMOTE"
        )
    best = int(np.where(enough, shares, -1.0).argmax())
    return (
        f"class {task.label!r} is too rare in each of the {len(held)} clusters: of those with more "
        f"than k={task.k} of its {task.rows:,} rows, its share is {shares[best]:.4g} at most "
        f"({held[best]:,} of {clusters.rows[best].sum():,} rows), and clusterBalanceThreshold="
        f"{asked!r} asks for {threshold:.4g}; lower that, try another numClusters (in many small "
        f"clusters shares differ more), or use SMOTE"
    )


def cluster_notices(
    shared: Assignment, samples: Sequence[ClassSample], clusters: Clusters, *, asked: int
) -> list[Notice]:
    """How rows were clustered, and in which clusters each class receives rows.

    Parameters
    ----------
    samples : sequence of ClassSample
        Of the rows of each task.
    asked : int
        Clusters that were to be found.
    """
    rows, found = int(clusters.rows.sum()), clusters.model.buckets
    some = "" if clusters.sample.complete else f"{len(clusters.sample.keys):,} distinct rows of "
    fewer = f" (numClusters={asked}, but there are no more distinct rows)" if found < asked else ""
    notices = [
        Notice(
            "clusters",
            f"{found} clusters{fewer} were fitted on {some}all {rows:,} usable rows; every row "
            f"belongs to the nearest centre.",
            "info",
        ),
        *clusters.notices,
    ]
    for parts in shared.by_class.values():
        if parts[0].group:
            notices += _class_notices(parts, [samples[part.code] for part in parts], clusters)
    return notices


def _class_notices(
    parts: Sequence[ClassTask], samples: Sequence[ClassSample], clusters: Clusters
) -> list[Notice]:
    label = parts[0].label
    rows, new_rows = sum(part.rows for part in parts), sum(part.new_rows for part in parts)
    first = sorted(parts, key=lambda part: -part.new_rows)[:MOST_NAMED]
    quotas = ", ".join(f"{part.new_rows:,} from {part.rows:,}" for part in first)
    more = f" and in {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
    whole = all(sample.complete and len(sample.keys) <= ROWS_COMPARED for sample in samples)
    estimated = len(parts) > 1 and not whole
    how = f", by distances of {ROWS_COMPARED:,} sampled rows at most in each" if estimated else ""
    notices = [
        Notice(
            "clusters_used",
            f"Class {label!r} is frequent enough in {len(parts)} of {clusters.model.buckets} "
            f"clusters: {new_rows:,} new rows are made of the {rows:,} that lie there, of its "
            f"{clusters.of_class(label).sum():,}. New rows from real ones, by cluster: "
            f"{quotas}{more}{how}.",
            "info",
        )
    ]
    most = max(part.new_rows / part.rows for part in parts)
    if len(parts) > 1 and most > MOST_NEW_PER_REAL:
        notices.append(
            Notice(
                "crowded_cluster",
                f"Class {label!r}: {most:,.0f} new rows per real one in one of its clusters. "
                f"Beyond {MOST_NEW_PER_REAL} they add weight, not information. A lower "
                f"densityExponent shares them out more evenly.",
            )
        )
    return notices

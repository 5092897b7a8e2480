"""K-means SMOTE: SMOTE within clusters (Douzas, Bacao, Last 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Floats
from spark_smote.plans.candidates import Candidates
from spark_smote.plans.classes import Assignment, ClassTask
from spark_smote.plans.cluster_notices import cluster_notices, no_valid_cluster
from spark_smote.plans.clusters import (
    Clusters,
    class_parts,
    cluster_records,
    find_clusters,
    shared_out,
)
from spark_smote.plans.levels import AUTO
from spark_smote.plans.profile import Profile
from spark_smote.plans.records import KeptRecords
from spark_smote.plans.sample import ClassSample
from spark_smote.plans.table import Table
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.checks import number_or_auto, whole
from spark_smote.samplers.interpolation import Interpolating
from spark_smote.samplers.params import HasInterpolatedFeaturesCol, HasSearch, Parameter


class KMeansSMOTE(Interpolating, HasInterpolatedFeaturesCol):
    """Over-sample within clusters where a class is frequent, and the more where it is sparse.

    The rows of all classes are clustered by k-means. A class receives rows in the clusters in which
    its share reaches a threshold and which hold more than k of its rows, in proportion to
    d^e / n, d being the mean distance of two of its n rows in the cluster and e the density
    exponent. Within each, new rows are made as by `SMOTE`, so that both parents are rows of one
    cluster. Rows of the class elsewhere stay as they are and have no part in new ones.

    Centres are the means that k-means (one start by k-means++, up to 300 iterations) finds on all
    rows, or on a canonical sample of 32,768 distinct ones; then every row belongs to the
    nearest centre, and rows are counted exactly. d is exact for up to 2,048 distinct rows, else an
    estimate from so many (both fewer in wide tables, or many clusters). Distances are measured
    alike throughout: to centres, for d, and to neighbours.

    References
    ----------
    G. Douzas, F. Bacao, F. Last, "Improving imbalanced learning through a heuristic oversampling
    method based on k-means and SMOTE", Information Sciences 465, 2018. Thresholds and automatic
    values are those of imbalanced-learn, whose threshold is a share where the paper has a ratio,
    and whose exponent depends on n where the paper's is the number of columns.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import KMeansSMOTE
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(i % 4 + 9.0 * (i < 15), i % 3 + 0.0, int(i < 20)) for i in range(90)]
    >>> df = spark.createDataFrame(rows, "x double, y double, label int")
    >>> new = KMeansSMOTE(numClusters=2, seed=7).plan(df).synthetic()
    >>> new.count(), new.filter("x < 9").count()  # five rows of class 1 lie among those of class 0
    (50, 0)
    """

    method = "K-means SMOTE"
    phases = ("profile", "cluster", "sample", "hash")
    among = "its cluster"

    kNeighbors = Parameter(
        "kNeighbors", "Neighbours of the same class and cluster to choose among.", 2, whole(1, 1000)
    )
    numClusters = Parameter(
        "numClusters",
        "Clusters to look for among the rows of all classes; at most as many as there are distinct "
        "rows.",
        8,
        whole(1, 1024),
    )
    clusterBalanceThreshold = Parameter(
        "clusterBalanceThreshold",
        "Share of the class among the rows of a cluster, from which on it receives rows there. "
        '"auto": half of the share that the class has of all new rows asked for, so 0.5 where one '
        "class alone receives any. With `numClusters` 1 it does not count.",
        AUTO,
        number_or_auto(0.0, 1.0),
    )
    densityExponent = Parameter(
        "densityExponent",
        "e, how much sparse clusters are preferred: 0 = by the number of rows alone, fewer rows "
        'receiving more. "auto": 0.16 * log_1.6(n)^1.8, n being the rows of the class in the '
        "cluster: 20 for 1,000 of them, 70 for a million, so that of large clusters one may "
        "receive nearly all new rows.",
        AUTO,
        number_or_auto(0.0),
    )
    searchQuality = HasSearch.searchQuality.adding(
        '"exact" compares all rows of a class in a cluster with each other; more than 4,194,304 '
        "distinct ones (2 GiB of features) are refused."
    )
    standardize = HasSearch.standardize.saying(
        "Cluster, and measure distances, in units of each column's standard deviation over all "
        "rows (from a sample); False = raw Euclidean distance."
    )

    def _candidates(
        self,
        table: Table,
        profile: Profile,
        assignment: Assignment,
        medians: Floats | None,
        clock: PhaseClock,
    ) -> Candidates:
        clusters: Clusters = clock.run(
            "cluster",
            lambda: find_clusters(
                table,
                profile,
                clusters=self._value("numClusters"),
                standardize=self._value("standardize"),
                medians=medians,
                seed=self._value("seed"),
            ),
        )
        parts = self._parts(assignment, clusters)
        records = KeptRecords(cluster_records(table, parts, clusters))
        unshared = Assignment(tuple(parts), assignment.skipped)
        samples = [
            sample.completed(medians)
            for sample in clock.run("sample", lambda: self._samples(records, profile, unshared))
        ]
        shared = self._shared(unshared, samples, clusters)
        asked = self._value("numClusters")
        return Candidates(
            records,
            shared,
            notices=tuple(cluster_notices(shared, samples, clusters, asked=asked)),
            samples=tuple(samples),
            single=clusters.single,
        )

    def _parts(self, assignment: Assignment, clusters: Clusters) -> list[ClassTask]:
        """The rows of each class in each valid cluster; of a class that is copied, all rows."""
        wanted = sum(task.new_rows for task in assignment.tasks)
        parts: list[ClassTask] = []
        for task in assignment.tasks:
            if task.method == "duplicate":  # too few rows to choose clusters by
                parts.append(replace(task, code=len(parts)))
                continue
            threshold = self._threshold(task.new_rows / wanted)
            frequent = clusters.shares(task.label) >= threshold
            valid = np.flatnonzero(frequent & (clusters.of_class(task.label) > task.k))
            if not len(valid):
                asked = self._value("clusterBalanceThreshold")
                raise DataError(no_valid_cluster(task, clusters, threshold, asked=asked))
            parts += class_parts(task, clusters, valid, len(parts))
        return parts

    def _threshold(self, share: float) -> float:
        """The least share in a cluster of a class that has this share of all new rows."""
        asked = self._value("clusterBalanceThreshold")
        if self._value("numClusters") == 1:
            return 0.0
        return share / 2 if asked == AUTO else float(asked)

    def _shared(
        self,
        unshared: Assignment,
        samples: Sequence[ClassSample],
        clusters: Clusters,
    ) -> Assignment:
        """The new rows of each class, shared out among its parts."""
        asked = self._value("densityExponent")
        exponent = None if asked == AUTO else float(asked)
        tasks: list[ClassTask] = []
        for parts in unshared.by_class.values():
            own = [samples[part.code] for part in parts]
            tasks += shared_out(parts, own, clusters, exponent)
        return replace(unshared, tasks=tuple(tasks))

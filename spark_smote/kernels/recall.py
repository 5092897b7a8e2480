"""Measuring an approximate search: what it reaches against what is there.

Rows stream past a fixed set of queries. For each query the nearest rows are kept twice: among all
rows, and among those that share its bucket, which is all that a search of the bucket can find.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.nearest import distance_blocks, entered, nearer, smallest

TIE = 1e-9
"""Relative difference in squared distance below which two neighbours are equally near."""


@dataclass(frozen=True)
class Nearest:
    """Squared distances, ascending, from each query to its nearest rows, itself included.

    Shape (q, k + 1) each; inf where fewer rows have passed.
    """

    anywhere: Floats
    in_bucket: Floats

    @classmethod
    def unseen(cls, queries: int, k: int) -> Nearest:
        """Before any row has passed."""
        return cls(np.full((queries, k + 1), np.inf), np.full((queries, k + 1), np.inf))

    def merged(self, other: Nearest) -> Nearest:
        """The nearest of both; the order of merging does not matter."""
        return Nearest(
            smallest(self.anywhere, other.anywhere), smallest(self.in_bucket, other.in_bucket)
        )


def observe(
    seen: Nearest,
    queries: Floats,
    query_buckets: Ints,
    points: Floats,
    *,
    multiplicity: Ints,
    member_rows: Ints,
    member_buckets: Ints,
) -> Nearest:
    """Let rows pass the queries.

    Parameters
    ----------
    queries : float64, shape (q, d)
    query_buckets : int64, shape (q,)
        Home bucket of each query.
    points : float64, shape (n, d)
        Rows, in the same scaled coordinates.
    multiplicity : int64, shape (n,)
    member_rows, member_buckets : int64, shape (p,)
        Which rows are in which buckets, home and spill.
    """
    asked, bucket_of_query = np.unique(query_buckets, return_inverse=True)
    index = np.searchsorted(asked, member_buckets)
    known = (index < len(asked)) & (asked[np.minimum(index, len(asked) - 1)] == member_buckets)
    shares = np.zeros((len(asked), len(points)), dtype=bool)
    shares[index[known], member_rows[known]] = True
    times = np.minimum(multiplicity, seen.anywhere.shape[1])
    for part, distances in distance_blocks(queries, points):
        shared = shares[:, part][bucket_of_query]
        shared &= distances < seen.in_bucket[:, -1:]
        query_ids, row_ids = np.nonzero(shared)
        seen = Nearest(
            entered(seen.anywhere, distances, nearer(distances, seen.anywhere), times[part]),
            entered(seen.in_bucket, distances, (query_ids, row_ids), times[part]),
        )
    return seen


def accuracy(nearest: Nearest) -> tuple[float, float]:
    """Recall@k and distance ratio (found / exact mean distance), each query itself left out."""
    exact, found = nearest.anywhere[:, 1:], nearest.in_bucket[:, 1:]
    radius = exact[:, -1:] * (1 + TIE) + np.finfo(np.float64).tiny
    recall = float((found <= radius).mean())
    reachable = np.isfinite(found)
    exact_mean = float(np.sqrt(exact[reachable]).mean()) if reachable.any() else 0.0
    found_mean = float(np.sqrt(found[reachable]).mean()) if reachable.any() else 0.0
    return recall, found_mean / exact_mean if exact_mean > 0 else 1.0

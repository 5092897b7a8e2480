"""How far rows are from a class of references, by the nearest of them or by the farthest; which
references are near, and to which rows other ones are nearer.
"""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.kernels.knn import k_farthest, k_nearest
from spark_smote.kernels.metric import LevelMetric

ENTRIES_AT_ONCE = 1 << 20
"""References listed at once: 8 MiB an array."""


def mean_distances(
    queries: Floats,
    references: Floats,
    times: Ints,
    k: int,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
    *,
    farthest: bool = False,
) -> Floats:
    """Mean distance of each query to its k nearest references, or farthest ones.

    Parameters
    ----------
    queries, references : float64, shape (q, d) and (n, d)
    times : int64, shape (n,)
        How often each reference occurs, each occurrence counting; k or more together.
    k : int
    inverse_scale : float64, shape (c,)
        One over the unit of each of the first c columns.
    nominal : Nominal, optional
        What the others add to a squared distance.
    farthest : bool

    Returns
    -------
    float64, shape (q,)
        Not negative, and the same bit for bit whatever other queries there are.
    """
    search, width = k_farthest if farthest else k_nearest, min(k, len(references))
    out = np.empty(len(queries))
    step = max(1, ENTRIES_AT_ONCE // k)
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        ids, squared = search(queries[part], references, width, inverse_scale, nominal=nominal)
        each = first_occurrences(times[ids], k)
        listed = np.repeat(np.sqrt(squared).ravel(), each.ravel()).reshape(-1, k)
        total = np.zeros(len(listed))
        for column in listed.T:  # in a fixed order
            total += column
        out[part] = total / k
    return out


def shortlist(
    queries: Floats,
    references: Floats,
    times: Ints,
    k: int,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
) -> Ints:
    """References that are among the k nearest of some query, ascending; as `mean_distances`."""
    width = min(k, len(references))
    listed = np.zeros(len(references), dtype=bool)
    step = max(1, ENTRIES_AT_ONCE // k)
    for start in range(0, len(queries), step):
        part = queries[start : start + step]
        ids, _ = k_nearest(part, references, width, inverse_scale, nominal=nominal)
        listed[ids[first_occurrences(times[ids], k) > 0]] = True
    return np.flatnonzero(listed)


def nearer_to(
    seeds: Floats,
    queries: Floats,
    references: Floats,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
) -> Flags:
    """Whether each query is nearer to some seed than to every reference; False where they tie.

    Parameters
    ----------
    seeds : float64, shape (s, d)
        One or more.
    queries, references, inverse_scale, nominal
        As in `mean_distances`.

    Returns
    -------
    bool, shape (q,)
    """
    _, to_seed = k_nearest(queries, seeds, 1, inverse_scale, nominal=nominal)
    _, to_reference = k_nearest(queries, references, 1, inverse_scale, nominal=nominal)
    nearer: Flags = (to_seed < to_reference)[:, 0]
    return nearer


def first_occurrences(times: Ints, k: int) -> Ints:
    """How many of the first k occurrences are of each entry of a list.

    >>> first_occurrences(np.array([[1, 3, 2], [5, 1, 1]]), 3).tolist()
    [[1, 2, 0], [3, 0, 0]]
    """
    before = np.cumsum(times, axis=1) - times
    each: Ints = np.clip(k - before, 0, times)
    return each

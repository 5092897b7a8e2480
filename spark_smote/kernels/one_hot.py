"""Groups of 0/1 columns of which exactly one is 1 in every row."""

from __future__ import annotations

import numpy as np

from spark_smote.kernels.distances import Flags, Ints

MOST_STEPS = 2_000
"""Of the search for one group, before it is given up."""


def one_hot_groups(hot: Flags) -> list[list[int]]:
    """Disjoint groups of columns that share the rows among them: an exact cover.

    Each column, in order, is the start of a group if others complete it, nearer columns first
    (Knuth 2000, "Dancing links", algorithm X).

    Parameters
    ----------
    hot : bool, shape (n, b)
        Distinct rows suffice. A column without a 1, or with nothing else, belongs to no group.

    Examples
    --------
    >>> one_hot_groups(np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 0]], dtype=bool))
    [[0, 1, 2]]
    """
    patterns = np.unique(hot, axis=0)
    used: set[int] = {int(j) for j in np.flatnonzero(patterns.all(axis=0) | ~patterns.any(axis=0))}
    overlap = (patterns.T.astype(np.int64) @ patterns.astype(np.int64)) > 0
    groups = []
    for start in range(patterns.shape[1]):
        if start in used:
            continue
        group = _completed(patterns, overlap, start, used)
        if group:
            groups.append(group)
            used.update(group)
    return groups


def _completed(patterns: Flags, overlap: Flags, start: int, used: set[int]) -> list[int]:
    """The columns of an exact cover that holds `start`; empty if there is none."""
    nearest = np.argsort(np.abs(np.arange(patterns.shape[1]) - start), kind="stable")
    allowed = np.array([j for j in nearest if j > start and j not in used], dtype=np.int64)
    trail: list[tuple[list[int], Ints]] = [([start], allowed)]
    for _ in range(MOST_STEPS):
        if not trail:
            return []
        chosen, candidates = trail.pop()
        uncovered = np.flatnonzero(~patterns[:, chosen].any(axis=1))
        if not len(uncovered):
            return sorted(chosen)
        candidates = candidates[~overlap[candidates][:, chosen].any(axis=1)]
        fitting = candidates[patterns[uncovered[0], candidates]]
        trail += [([*chosen, int(j)], candidates) for j in fitting[::-1]]
    return []

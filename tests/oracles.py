"""Slow, obvious references to hold the package's results against.

Nothing here is shared with the package, but for `one_process_smote`, which runs its kernels over a
pandas table in one process: that one says that Spark changes nothing about the result.
"""

from fractions import Fraction

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from spark_smote.kernels.bucket import canonical_rows, chosen_neighbours, draw
from spark_smote.kernels.interpolate import interpolate
from spark_smote.kernels.mixing import mix, mix_rows
from spark_smote.kernels.streams import stream

ROWS_PER_STREAM = 65_536


def squared_distance(left, right, inverse_scale) -> float:
    """One pair, one Python float at a time."""
    total = 0.0
    for a, b, unit in zip(left.tolist(), right.tolist(), inverse_scale.tolist(), strict=True):
        step = (a - b) * unit
        total += step * step
    return total


def squared_distances(left, right, inverse_scale) -> np.ndarray:
    """All pairs, summed column after column as in `squared_distance`."""
    total = np.zeros((len(left), len(right)))
    for j, unit in enumerate(inverse_scale):
        step = (left[:, j][:, None] - right[:, j][None, :]) * unit
        total += step * step
    return total


def nearest_others(points, k, inverse_scale) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest other points of every point, by distance, ties by index."""
    distances = squared_distances(points, points, inverse_scale)
    ids = np.empty((len(points), k), dtype=np.int64)
    for i in range(len(points)):
        others = [j for j in range(len(points)) if j != i]
        ids[i] = sorted(others, key=lambda j: (distances[i, j], j))[:k]
    return ids, np.take_along_axis(distances, ids, axis=1)


def smote_list(features, multiplicity, base, k, inverse_scale) -> list[int]:
    """The k nearest rows of one occurrence of row `base`, every other occurrence counted.

    Rows equal to the base come first, then by distance; ties go to the point (the distinct
    features) whose first row comes first, and within a point to the earlier row.
    """
    first_row_of_point: dict[tuple[float, ...], int] = {}
    for row, values in enumerate(features.tolist()):
        first_row_of_point.setdefault(tuple(values), row)
    occurrences = [row for row, times in enumerate(multiplicity) for _ in range(times)]
    occurrences.remove(base)  # one of them is the row itself

    def rank(row):
        equal = bool((features[row] == features[base]).all())
        distance = squared_distance(features[base], features[row], inverse_scale)
        return not equal, distance, first_row_of_point[tuple(features[row].tolist())], row

    return sorted(occurrences, key=rank)[:k]


def shares_by_fractions(total: int, weights) -> list[int]:
    """Hamilton's method in exact fractions: floors, then the largest remainders, ties first."""
    whole = sum(int(w) for w in weights)
    if whole == 0:
        return [0] * len(weights)
    ideal = [Fraction(total) * int(w) / whole for w in weights]
    shares = [int(share) for share in ideal]
    while sum(shares) < total:
        remainders = [want - has for want, has in zip(ideal, shares, strict=True)]
        shares[remainders.index(max(remainders))] += 1
    return shares


def neighbour_distances(points, k) -> np.ndarray:
    """Distances of every row to its k nearest other rows, itself left out by identity."""
    search = NearestNeighbors(n_neighbors=k, algorithm="kd_tree").fit(points)
    return search.kneighbors()[0]


def population_unit(features) -> np.ndarray:
    """Each column's population standard deviation, 1 where it is constant."""
    spread = features.std(axis=0)
    return np.where((features == features[0]).all(axis=0), 1.0, spread)


def one_process_smote(
    table: pd.DataFrame, inputs: list[str], *, label, new_rows: int, k: int, seed: int, model
) -> pd.DataFrame:
    """SMOTE for one class of a table in memory, bucket by bucket, without Spark.

    Parameters
    ----------
    table : pandas.DataFrame
        The rows of the class: `inputs`, which are all they hold, and `id`.
    model : ClassModel
        Where rows go, and the units of distance.
    """
    features = table[inputs].to_numpy(np.float64) + 0.0
    keys = mix(mix_rows(features)).view(np.int64)
    ids = table["id"].to_numpy()
    home, spill_rows, spill_buckets = model.place(features, keys)
    quotas = shares_by_fractions(new_rows, np.bincount(home, minlength=model.buckets))
    parts = []
    for bucket, quota in enumerate(quotas):
        members = np.concatenate(
            [np.flatnonzero(home == bucket), spill_rows[spill_buckets == bucket]]
        )
        if model.everywhere:
            members = np.arange(len(keys))
        if not quota:
            continue
        ones = np.ones(len(members), dtype=np.int64)
        rows, merged_from = canonical_rows(
            keys[members], features[members], ones, home[members] == bucket
        )
        sources = members[merged_from]
        for number, start in enumerate(range(0, quota, ROWS_PER_STREAM)):
            size = min(ROWS_PER_STREAM, quota - start)
            drawn = draw(rows, size, k, stream(seed, "draw", repr(label), bucket, number))
            near = chosen_neighbours(rows, drawn.base_ids, drawn.slots, k, model.inverse_scale)
            new = interpolate(rows.features[drawn.base_ids], rows.features[near], drawn.gaps)
            part = pd.DataFrame(new, columns=inputs)
            part["base_id"] = ids[sources[drawn.base_ids]]
            part["neighbour_id"] = ids[sources[near]]
            part["gap"] = drawn.gaps
            parts.append(part)
    return pd.concat(parts, ignore_index=True)

"""Slow, obvious references for methods that look across classes.

The order that decides between equally near rows: by point (rows of equal features) in the order of
the point's first row, then by row; rows are ordered by key, a mix of features and class.
"""

from collections import Counter
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.svm import SVC

from spark_smote.kernels.mixing import mix, mix_rows
from spark_smote.plans.arrow import unpacked
from tests import oracles


def as_table(features, classes):
    """Rows as a table of `x0, x1, ..., label`."""
    names = [f"x{j}" for j in range(features.shape[1])]
    return pd.DataFrame(features, columns=names).assign(label=classes)


def left(df):
    """Rows of a result, counted, without the column that tells new ones apart."""
    rows = df.drop("is_synthetic").toPandas().to_numpy(np.float64)
    return Counter(map(tuple, rows.tolist()))


def canonical(features, classes):
    """Distinct rows in canonical order: features, classes and how often each occurs.

    Keys are those of a table that holds its inputs and its label only.
    """
    held = Counter(map(tuple, np.column_stack([features, classes]).tolist()))
    rows = np.array(list(held))
    values, codes = rows[:, :-1] + 0.0, rows[:, -1].astype(np.int64)
    words = mix(mix(mix_rows(values)) ^ mix(codes.view(np.uint64)))
    order = np.argsort(words.view(np.int64))
    times = np.array(list(held.values()))
    return values[order], codes[order], times[order]


def voted(features, classes, times, k, inverse_scale):
    """Classes of the k nearest other rows of each distinct row."""
    return np.array(
        [
            classes[oracles.smote_list(features, times, row, k, inverse_scale)]
            for row in range(len(features))
        ]
    )


def stays(own, votes, kind):
    """Whether a row survives edited nearest neighbours."""
    if kind == "all":
        return all(vote == own for vote in votes)
    return mode(votes) == own


def mode(votes):
    """The most frequent class, ties to the first."""
    counts = Counter(np.asarray(votes).tolist())
    return min(counts, key=lambda label: (-counts[label], label))


def edited_again(features, classes, times, asked, kind, *, until_unchanged):
    """Which distinct rows pass after pass leaves, `asked[p]` neighbours in each, all classes alike.

    A class with fewer rows than the smallest had at first ends it, and so does one that is gone.
    Returns a mask, and how many passes there were.
    """
    rows_of = np.bincount(classes, weights=times)
    rare = rows_of.argmin()
    here = np.arange(len(classes))
    passes = 0
    for k in asked:
        passes += 1
        own = classes[here]
        votes = voted(features[here], own, times[here], k, np.ones(features.shape[1]))
        kept = [stays(label, ballots, kind) for label, ballots in zip(own, votes, strict=True)]
        unchanged, here = all(kept), here[kept]
        left = np.bincount(classes[here], weights=times[here], minlength=len(rows_of))
        others = np.delete(left, rare)
        if (left == 0).any() or (others < rows_of[rare]).any():
            break
        if unchanged and until_unchanged:
            break
    return np.isin(np.arange(len(classes)), here), passes


def neighbourhood_cleaned(features, classes, times, k):
    """Which distinct rows the neighbourhood cleaning rule leaves; all classes but the smallest go.

    Rows are those of `canonical`.
    """
    rare = np.bincount(classes, weights=times).argmin()
    gone = set()
    for row, own in enumerate(classes):
        near = oracles.smote_list(features, times, row, k, np.ones(features.shape[1]))
        if own != rare and mode(classes[near]) != own:
            gone.add(row)
        if own == rare and mode([own, *classes[near[:-1]]]) != own:
            gone.update(other for other in near if classes[other] != rare)
    return ~np.isin(np.arange(len(classes)), sorted(gone))


def nearest_others(features, inverse_scale, rows_at_once=500):
    """Squared distance from each row to the nearest other row, by identity."""
    out = np.empty(len(features))
    for start in range(0, len(features), rows_at_once):
        part = np.arange(start, min(start + rows_at_once, len(features)))
        away = oracles.squared_distances(features[part], features, inverse_scale)
        away[np.arange(len(part)), part] = np.inf
        out[part] = away.min(axis=1)
    return out


def in_tomek_link(features, classes, inverse_scale, rows_at_once=500):
    """Whether each row has a row of another class, and no third row is closer to either."""
    nearest = nearest_others(features, inverse_scale)
    out = np.zeros(len(features), dtype=bool)
    for start in range(0, len(features), rows_at_once):
        part = np.arange(start, min(start + rows_at_once, len(features)))
        away = oracles.squared_distances(features[part], features, inverse_scale)
        linked = (away == nearest[part][:, None]) & (away == nearest[None, :])
        linked &= classes[part][:, None] != classes[None, :]
        out[part] = linked.any(axis=1)
    return out


def on_a_grid(seed, rows=300, levels=5, columns=2, classes=3):
    """Rows full of ties and duplicates, in classes of unequal size."""
    random = np.random.default_rng(seed)
    features = random.integers(0, levels, (rows, columns)) * 1.0
    features[rows // 2 :] += random.integers(0, 3, (rows - rows // 2, columns)) * 0.25
    drawn = random.choice(
        classes, rows, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2)
    )
    return features, drawn.astype(np.int64)


def in_regions(seed, rows=400):
    """The same, its classes mostly apart, so that a machine has something to tell."""
    random = np.random.default_rng(seed)
    features = random.integers(0, 10, (rows, 2)) * 1.0
    features[rows // 2 :] += random.integers(0, 3, (rows - rows // 2, 2)) * 0.25
    regions = np.digitize(features[:, 0] + features[:, 1] / 2, [4.0, 7.5])
    drawn = np.where(random.random(rows) < 0.1, random.integers(0, 3, rows), regions)
    return features, drawn.astype(np.int64)


def support_vectors(features, classes, times):
    """Which distinct rows are support vectors of a machine of all rows, one class against one.

    And which are none, but lie so near to the margin that they are taken for some.
    """
    each = np.repeat(np.arange(len(times)), times)
    gamma = 1 / (features.shape[1] * features[each].var())
    found, near = np.zeros((2, len(times)), dtype=bool)
    for pair in combinations(np.unique(classes), 2):
        rows = each[np.isin(classes[each], pair)]
        machine = SVC(gamma=gamma, tol=1e-6).fit(features[rows], classes[rows])
        found[rows[machine.support_]] = True
        margin = machine.decision_function(features[rows])
        margin *= np.where(classes[rows] == machine.classes_[1], 1, -1)
        near[rows[margin < 1.0015]] = True
    return found, near & ~found


def ranks_of(plan, rows):
    """The rank that each row was given, by its number; -1 where it was not judged."""
    ranks = np.full(rows, -1)
    for row in plan.records.frame.collect():
        table = unpacked(pa.py_buffer(row.records))
        ranks[table.column("id").to_numpy()] = table.column("rank").to_numpy()
    return ranks


def mean_of_first(distances, k, *, farthest):
    """Mean of the k smallest distances of each row, or the largest, added up one by one."""
    ordered = np.sort(distances, axis=1)
    if farthest:
        ordered = ordered[:, ::-1]
    total = np.zeros(len(ordered))
    for j in range(k):
        total = total + ordered[:, j]
    return total / k


def one_sided(features, classes, seeds, inverse_scale):
    """Which rows one-sided selection leaves; `seeds` are those drawn of classes that lose some."""
    own = features[classes == np.bincount(classes).argmin()]
    losing = np.unique(classes[seeds])
    kept = np.ones(len(classes), dtype=bool)
    for label in losing:
        drawn = np.intersect1d(seeds, np.flatnonzero(classes == label))
        others = np.setdiff1d(np.flatnonzero(classes == label), drawn)
        to_seed = oracles.squared_distances(features[others], features[drawn], inverse_scale)
        to_rare = oracles.squared_distances(features[others], own, inverse_scale)
        kept[others] = to_rare.min(axis=1) <= to_seed.min(axis=1)
    here = np.flatnonzero(kept)
    linked = in_tomek_link(features[here], classes[here], inverse_scale)
    kept[here[linked & np.isin(classes[here], losing)]] = False
    return kept


def listed(queries, rows, times, k):
    """Which rows, that occur so often, are among the k nearest of some query; ties by number."""
    found = set()
    for away in oracles.squared_distances(queries, rows, np.ones(rows.shape[1])):
        left = k
        for row in sorted(range(len(rows)), key=lambda r: (away[r], r)):
            if left > 0:
                found.add(row)
            left -= times[row]
    return sorted(found)


def near_miss(features, classes, times, keys, wanted, *, k, version):
    """How often each distinct row stays; class 0 is the smallest, the others keep `wanted` rows.

    Rows come in canonical order; equally far ones go by their content key.
    """
    stays = times.copy()
    own = np.repeat(features[classes == 0], times[classes == 0], axis=0)
    for label in range(1, classes.max() + 1):
        rows = np.flatnonzero(classes == label)
        squared = oracles.squared_distances(features[rows], own, np.ones(features.shape[1]))
        means = mean_of_first(np.sqrt(squared), k, farthest=version == 2)
        order = {row: (mean, keys[row]) for row, mean in zip(rows, means, strict=True)}
        stays[rows] = 0
        if version == 3:
            near = listed(features[classes == 0], features[rows], times[rows], k)
            order = {rows[i]: (-order[rows[i]][0], keys[rows[i]]) for i in near}
        left = wanted
        for row in sorted(order, key=order.get):
            stays[row] = min(times[row], left)
            left -= stays[row]
    return stays

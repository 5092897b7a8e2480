"""K-means SMOTE against brute force in clusters known beforehand, and against imbalanced-learn."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import KMeansSMOTE as Reference
from sklearn.base import BaseEstimator

from spark_smote import KMeansSMOTE
from spark_smote.kernels.mixing import mix, mix_rows
from spark_smote.plans.clusters import find_clusters
from spark_smote.samplers.base import PhaseClock
from tests import oracles

INPUTS = ["x0", "x1"]
CENTRES = np.array([[0.0, 0.0], [400.0, 0.0], [0.0, 600.0], [400.0, 700.0], [-700.0, 100.0]])
HELD = {  # rows of classes 0, 1 and 2 around each centre
    0: (150, 2, 4),
    1: (30, 40, 0),
    2: (40, 12, 30),
    3: (2, 2, 18),  # two rows of class 1: no more than k
    4: (100, 30, 3),
}
WIDTHS = (3, 5, 12, 8, 4)


def islands():
    """Clusters that no k-means could miss, full of ties and duplicates inside."""
    random = np.random.default_rng(12)
    parts = []
    for island, sizes in HELD.items():
        for label, rows in enumerate(sizes):
            points = CENTRES[island] + random.integers(0, WIDTHS[island], (rows, 2))
            part = pd.DataFrame(points, columns=INPUTS)
            parts.append(part.assign(label=label, island=island))
    return pd.concat(parts, ignore_index=True)


def exponent_of(asked, rows):
    return 0.16 * math.log(rows, 1.6) ** 1.8 if asked == "auto" else asked


def expected_quotas(frame, unit, label, new_rows, total, *, threshold, exponent, k):
    """New rows of each island, from the definition."""
    least = Fraction(new_rows, 2 * total) if threshold == "auto" else threshold
    sparsity = {}
    for island, rows in frame.groupby("island"):
        own = rows.loc[rows["label"] == label, INPUTS].to_numpy()
        if len(own) <= k or Fraction(len(own), len(rows)) < least:
            continue
        away = np.sqrt(oracles.squared_distances(own, own, 1 / unit))
        mean = away[np.triu_indices(len(own), 1)].mean()
        sparsity[island] = mean ** exponent_of(exponent, len(own)) / len(own)
    shares = oracles.shares_by_fractions(
        new_rows, [round(each / max(sparsity.values()) * 2**53) for each in sparsity.values()]
    )
    return dict(zip(sparsity, shares, strict=True))


def distinct(rows):
    """Distinct rows in canonical order, and how often each occurs."""
    held = Counter(map(tuple, rows.tolist()))
    points = np.array(list(held))
    order = np.argsort(mix(mix_rows(points)).view(np.int64))
    return points[order], np.array(list(held.values()))[order]


@pytest.mark.parametrize(
    ("threshold", "exponent", "standardize", "partitions"),
    [(0.1, 0.0, True, 1), ("auto", 1.5, False, 3), (0.05, "auto", False, 8)],
)
def test_new_rows_lie_in_valid_clusters_as_many_as_these_are_sparse(
    spark_table, threshold, exponent, standardize, partitions
):
    frame = islands()
    totals = {1: 1_086, 2: 500}
    sampler = KMeansSMOTE(
        numClusters=5,
        clusterBalanceThreshold=threshold,
        densityExponent=exponent,
        standardize=standardize,
        samplingStrategy=totals,
        provenance=True,
        seed=3,
    )
    plan = sampler.plan(spark_table(frame.drop(columns="island"), partitions))
    rows = plan.resampled().toPandas()
    at = {row.row_key: (row.x0, row.x1) for row in rows[~rows["is_synthetic"]].itertuples()}
    island_of = {(r.x0, r.x1): r.island for r in frame.itertuples()}
    unit = oracles.population_unit(frame[INPUTS].to_numpy()) if standardize else np.ones(2)
    new = rows[rows["is_synthetic"]].astype({"base_id": "int64", "neighbour_id": "int64"})
    added = {label: total - int((frame["label"] == label).sum()) for label, total in totals.items()}
    for label, expected in added.items():
        own = new[new["label"] == label]
        found = Counter(island_of[at[key]] for key in own["base_id"])
        assert found == +Counter(
            expected_quotas(
                frame,
                unit,
                label,
                expected,
                sum(added.values()),
                threshold=threshold,
                exponent=exponent,
                k=2,
            )
        )
        assert found.total() == expected

    pools, lists = {}, {}
    for label, island in (
        new.assign(i=[island_of[at[key]] for key in new["base_id"]])[["label", "i"]]
        .drop_duplicates()
        .itertuples(index=False)
    ):
        inside = frame[(frame["label"] == label) & (frame["island"] == island)]
        pools[label, island] = distinct(inside[INPUTS].to_numpy())
    for row in new.itertuples():
        base, neighbour = at[row.base_id], at[row.neighbour_id]
        pool = row.label, island_of[base]
        points, times = pools[pool]
        place = [tuple(p) for p in points.tolist()].index(base)
        if (pool, place) not in lists:
            near = oracles.smote_list(points, times, place, 2, 1 / unit)
            lists[pool, place] = {tuple(p) for p in points[near].tolist()}
        assert neighbour in lists[pool, place]
        step = np.array(base) + row.gap * (np.array(neighbour) - base)
        np.testing.assert_allclose([row.x0, row.x1], step, rtol=1e-12, atol=1e-12)


class Known(BaseEstimator):
    """Clusters found elsewhere, as the reference takes them."""

    def __init__(self, places=None, n_clusters=1):
        self.places = places
        self.n_clusters = n_clusters

    def fit(self, X):
        return self

    def predict(self, X):
        return self.places

    def fit_predict(self, X):
        return self.places


class Counting(Reference):
    """The reference, with how many rows it makes of which."""

    def _make_samples(self, X, y_dtype, y_type, nn_data, nn_num, n_samples, *more):
        made.append((y_type, X, n_samples, nn_num))
        return super()._make_samples(X, y_dtype, y_type, nn_data, nn_num, n_samples, *more)


made = []


@pytest.mark.parametrize(("threshold", "exponent"), [("auto", "auto"), (0.1, 2.0)])
def test_clusters_and_shares_are_those_of_imbalanced_learn(spark_table, threshold, exponent):
    """Given the same clusters. The reference rounds the rows of each up, and misses the total."""
    random = np.random.default_rng(5)
    centres = random.normal(0, 2.0, (9, 3))
    which = random.integers(0, 9, 900)
    features = centres[which] + random.normal(size=(900, 3)) * (0.3 + 0.2 * which[:, None])
    label = np.where(random.random(900) < (0.05 + 0.09 * (which % 5)), 1 + which % 2, 0)
    names = ["x0", "x1", "x2"]
    frame = pd.DataFrame(features, columns=names).assign(label=label, n=np.arange(900))
    sampler = KMeansSMOTE(
        clusterBalanceThreshold=threshold,
        densityExponent=exponent,
        numClusters=7,
        idCol="n",
        provenance=True,
        seed=9,
    )
    df = spark_table(frame, 3)
    plan = sampler.plan(df)
    table, profile = sampler._profiled(df, PhaseClock(None))
    clusters = find_clusters(
        table, profile, clusters=7, standardize=True, medians=None, seed=sampler.getSeed()
    )
    unit = oracles.population_unit(features)
    centroids = clusters.model.family.centroids * unit + features.mean(axis=0)
    places = oracles.squared_distances(features, centroids, 1 / unit).argmin(axis=1)
    counted = [[((places == i) & (label == c)).sum() for c in range(3)] for i in range(7)]
    np.testing.assert_array_equal(clusters.rows, counted)

    made.clear()
    Counting(
        cluster_balance_threshold=threshold,
        density_exponent=exponent,
        kmeans_estimator=Known(places, 7),
        random_state=0,
    ).fit_resample(features / unit, label)
    new = plan.synthetic().select("label", "base_id", "neighbour_id").toPandas().astype(int)
    found = Counter(zip(new["label"], places[new["base_id"]], strict=True))
    row_of = {tuple(row): i for i, row in enumerate((features / unit).tolist())}
    by_reference = {}
    for of, own, rows, near in made:
        ids = np.array([row_of[tuple(row)] for row in own.tolist()])
        by_reference[of, places[ids[0]]] = rows
        pairs = {(ids[i], ids[j]) for i, neighbours in enumerate(near) for j in neighbours}
        drawn = new[np.isin(new["base_id"], ids)]
        assert set(zip(drawn["base_id"], drawn["neighbour_id"], strict=True)) <= pairs
    assert len({of for of, _ in by_reference}) == 2
    assert len(by_reference) > 3
    assert set(found) <= set(by_reference)
    short = {key: rows - found[key] for key, rows in by_reference.items()}
    assert set(short.values()) <= {0, 1}
    for of in (1, 2):
        assert (
            sum(n for (c, _), n in found.items() if c == of)
            == (label == 0).sum() - (label == of).sum()
        )

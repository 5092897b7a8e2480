"""Support vectors by the sign and size of a machine's decision function."""

import math
from dataclasses import replace

import numpy as np
import pytest
from sklearn.svm import SVC

from spark_smote.kernels.support_vectors import SampledClass, fit_machine
from tests import cross_oracles

RAW = np.zeros(2), np.ones(2)


def fitted(features, classes, times, rows=None, asking=None):
    """A machine of distinct rows, raw; `rows` are those of the whole classes."""
    codes = np.unique(classes)
    sampled = [
        SampledClass(
            features[classes == c],
            times[classes == c],
            int(times[classes == c].sum()) if rows is None else rows[c],
        )
        for c in codes
    ]
    return fit_machine(sampled, [True] * len(codes) if asking is None else asking, *RAW)


def two_clouds(seed, small, large):
    random = np.random.default_rng(seed)
    classes = np.repeat([0, 1], [small, large])
    features = random.normal(size=(small + large, 2)) + classes[:, None] * [1.6, 0.8]
    return features, classes, np.ones(small + large, dtype=np.int64)


def value_by_hand(machine, boundary, point):
    """f of one point, one Python float at a time."""
    total = []
    for place, coefficient in zip(boundary.support, boundary.coefficients, strict=True):
        away = math.dist(machine.points[place], (point - machine.center) * machine.inverse_scale)
        total.append(coefficient * math.exp(-machine.gamma * away * away))
    return math.fsum(total) + boundary.intercept


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_the_whole_table_are_the_support_vectors_of_scikit_learn(seed):
    """Three classes, ties and duplicates; but for rows nearer to the margin than can be told."""
    table = cross_oracles.canonical(*cross_oracles.in_regions(seed))
    features, classes, _ = table
    found = fitted(*table).support_vectors(features, classes)

    sure, perhaps = cross_oracles.support_vectors(*table)
    np.testing.assert_array_equal(found[~perhaps], sure[~perhaps])
    assert perhaps.mean() < 0.03
    assert 0.2 < sure.mean() < 0.8


def test_only_pairs_with_a_class_that_asks_are_fitted():
    table = cross_oracles.canonical(*cross_oracles.in_regions(1))
    machine = fitted(*table, asking=[False, True, False])

    assert [boundary.classes for boundary in machine.boundaries] == [(0, 1), (1, 2)]


def test_other_rows_are_judged_as_a_machine_of_scikit_learn_judges_them():
    features, classes, times = two_clouds(3, 100, 300)
    others = np.random.default_rng(4).normal(size=(2000, 2)) * 2
    machine = SVC(gamma="scale").fit(features, classes)
    values = machine.decision_function(others)

    for code, sign in ((0, -1), (1, 1)):
        margin = sign * values
        asked = np.full(len(others), code)
        found = fitted(features, classes, times).support_vectors(others, asked)
        clear = np.abs(margin - 1.001) > 1e-4
        np.testing.assert_array_equal(found[clear], margin[clear] <= 1.001)
        assert clear.mean() > 0.99
        assert 0.2 < found.mean() < 0.95


def test_scaled_columns_are_what_the_machine_sees():
    features, classes, times = two_clouds(5, 60, 200)
    wide = features * [1000.0, 1e-4] + [1e5, 3.0]
    sampled = [
        SampledClass(wide[classes == c], times[classes == c], n) for c, n in ((0, 60), (1, 200))
    ]
    machine = fit_machine(sampled, [True, False], np.array([1e5, 3.0]), np.array([1e-3, 1e4]))

    found = machine.support_vectors(wide, classes)
    expected = fitted(features, classes, times).support_vectors(features, classes)
    assert (found == expected).mean() > 0.995  # scaling rounds


def test_sampled_rows_count_in_the_proportion_of_the_classes():
    """The smaller class whole, each row of the other standing for 10."""
    features, classes, times = two_clouds(6, 80, 150)
    machine = fitted(features, classes, times, rows={0: 80, 1: 1500})
    weights = np.where(classes == 1, 10.0, 1.0)
    middle = np.average(features, weights=np.repeat(weights[:, None], 2, axis=1))
    variance = np.average((features - middle) ** 2, weights=np.repeat(weights[:, None], 2, axis=1))

    assert machine.gamma == pytest.approx(1 / (2 * variance))
    reference = SVC(gamma=1 / (2 * variance)).fit(features, classes, weights)
    (boundary,) = machine.boundaries
    found = [value_by_hand(machine, boundary, point) for point in features[::5]]
    np.testing.assert_allclose(found, reference.decision_function(features[::5]), atol=2e-4)
    unweighted = SVC(gamma=1 / (2 * variance)).fit(features, classes)
    assert np.abs(unweighted.decision_function(features[::5]) - found).max() > 0.1


def test_smaller_class_counts_as_its_sample_where_both_are_sampled():
    features, classes, times = two_clouds(6, 80, 150)
    thinned = fitted(features, classes, times, rows={0: 800, 1: 15_000})
    whole = fitted(features, classes, times, rows={0: 80, 1: 1500})

    (boundary,), (same,) = thinned.boundaries, whole.boundaries
    points = features[::7]
    np.testing.assert_allclose(
        [value_by_hand(thinned, boundary, point) for point in points],
        [value_by_hand(whole, same, point) for point in points],
        atol=1e-4,
    )


def test_machine_of_a_sample_comes_near_to_that_of_the_whole_table():
    features, classes, times = two_clouds(7, 1000, 4000)
    whole = fitted(features, classes, times)
    random = np.random.default_rng(8)
    kept = np.sort(np.append(np.arange(1000), 1000 + random.permutation(4000)[:1000]))
    part = fitted(features[kept], classes[kept], times[kept], rows={0: 1000, 1: 4000})
    own = features[:1000], classes[:1000]
    agree = (whole.support_vectors(*own) == part.support_vectors(*own)).mean()
    flat = fitted(features[kept], classes[kept], times[kept])
    without = (whole.support_vectors(*own) == flat.support_vectors(*own)).mean()
    print(f"{agree:.1%} agree, {without:.1%} were all rows of the sample to count alike")

    assert agree > 0.9
    assert agree > without


def at_the_limit(machine, inside, outside):
    """Two neighbouring points of a line, of which one is a support vector and the other is none."""
    for _ in range(200):
        middle = inside + (outside - inside) / 2
        if (middle == inside).all() or (middle == outside).all():
            break
        found = machine.support_vectors(middle[None], np.zeros(1, dtype=np.int64))[0]
        inside, outside = (middle, outside) if found else (inside, middle)
    return inside, outside


def test_what_is_found_of_a_row_does_not_depend_on_the_others_asked_about():
    features, classes, times = two_clouds(9, 120, 200)
    machine = fitted(features, classes, times)
    own = np.flatnonzero(classes == 0)
    found = machine.support_vectors(features[own], classes[own])
    pairs = zip(features[own[found]][:20], features[own[~found]][:20], strict=False)
    edges = np.concatenate([at_the_limit(machine, *pair) for pair in pairs])
    expected = np.tile([True, False], len(edges) // 2)

    random = np.random.default_rng(1)
    for rows in (1, 2, 7, 33, 1000, 5000):
        given = random.integers(0, len(edges), rows)
        answers = machine.support_vectors(edges[given], np.zeros(rows, dtype=np.int64))
        np.testing.assert_array_equal(answers, expected[given])


def test_rows_far_from_all_others_are_judged_by_the_intercept():
    features, classes, times = two_clouds(2, 40, 60)
    machine = fitted(features, classes, times)
    far = np.array([[1e150, -1e150], [1e300, 0.0], [-1e9, 1e9]])
    (boundary,) = machine.boundaries

    for code, sign in ((0, -1.0), (1, 1.0)):
        found = machine.support_vectors(far, np.full(3, code))
        assert found.tolist() == [sign * boundary.intercept <= 1.001] * 3
    tilted = replace(boundary, intercept=-1.5)
    tilted = replace(machine, boundaries=(tilted,))
    assert not tilted.support_vectors(far, np.zeros(3, dtype=np.int64)).any()
    assert tilted.support_vectors(far, np.ones(3, dtype=np.int64)).all()

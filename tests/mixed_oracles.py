"""Slow, obvious references for SMOTE-NC and SMOTE-N: one loop per sentence of their definition.

Nothing here is shared with the package. Conventions:

- A row of SMOTE-NC is its continuous values, float64 (n, d), and its nominal codes, integers
  (n, f): which integer stands for which level does not matter, null is one more level.
- A row of SMOTE-N is a sequence of levels: strings, numbers, booleans, or null (None or NaN, which
  are one and the same level).
- `k` is the number asked of the search, after any rule for small classes.
- Rows are excluded by identity: a row is not its own neighbour, another row equal to it is.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence

import numpy as np
import pandas as pd

Row = Sequence[Hashable]
Tables = Sequence[dict[Hashable, np.ndarray]]


# ---- SMOTE-NC: the distance ------------------------------------------------------------------


def spreads(continuous) -> list[float]:
    """Each column's population standard deviation, whatever the order of the rows.

    Sums are exact (`math.fsum`): mean = sum / n, then the root of sum((x - mean)^2) / n. A constant
    column has spread 0.0 exactly, also where rounding of its mean would say otherwise.
    """
    found = []
    for column in np.asarray(continuous, dtype=np.float64).T.tolist():
        if min(column) == max(column):
            found.append(0.0)
            continue
        mean = math.fsum(column) / len(column)
        found.append(math.sqrt(math.fsum((x - mean) ** 2 for x in column) / len(column)))
    return found


def unit_of_nominal(continuous, *, standardize) -> float:
    """Median over continuous columns of the spread in one class; two middle ones are averaged.

    With `standardize`, of the spreads of the standardised columns: 1.0 exactly for a column that
    varies, 0.0 for a constant one (whose unit of distance is 1, so that it stays constant). The
    result is then 1.0, 0.5 or 0.0. 0.0 means that nominal columns add nothing to a distance.

    Parameters
    ----------
    continuous : array (n, d), d >= 1
        The rows of one class, in the units of the table.
    """
    found = spreads(continuous)
    if standardize:
        found = [1.0 if spread > 0 else 0.0 for spread in found]
    return float(np.median(found))


def mixed_squared_distance(
    continuous_left, codes_left, continuous_right, codes_right, inverse_scale, med
) -> float:
    """One pair of rows, one Python float at a time; same operations as the function below."""
    total = 0.0
    for a, b, unit in zip(
        continuous_left.tolist(), continuous_right.tolist(), inverse_scale, strict=True
    ):
        step = (a - b) * float(unit)
        total += step * step
    differing = sum(a != b for a, b in zip(codes_left.tolist(), codes_right.tolist(), strict=True))
    return total + float(med * med) * differing


def mixed_squared_distances(
    continuous_left, codes_left, continuous_right, codes_right, inverse_scale, med
) -> np.ndarray:
    """Squared distance of every row on the left to every row on the right, (n, m).

    All in float64, in this order, so that two implementations of it agree to the last bit:

    1. total = 0.0
    2. for each continuous column, from the first: step = (a - b) * inverse_scale; then
       total = total + step * step, rounded after the product and after the sum (no fused
       multiply-add)
    3. differing = how many nominal columns differ, counted as an integer
    4. total = total + (med * med) * differing: med is squared first, multiplied once, added once
    """
    total = np.zeros((len(continuous_left), len(continuous_right)))
    for j, unit in enumerate(inverse_scale):
        step = (continuous_left[:, j][:, None] - continuous_right[:, j][None, :]) * unit
        total += step * step
    differing = np.zeros(total.shape, dtype=np.int64)
    for j in range(codes_left.shape[1]):
        differing += codes_left[:, j][:, None] != codes_right[:, j][None, :]
    return total + float(med * med) * differing


# ---- SMOTE-NC: the neighbours ----------------------------------------------------------------


def nearest_others(distances, k) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest other rows of every row, ties by index: their ids and distances, (n, k).

    Row i is left out of its own list by identity, whatever else is at distance 0 of it.
    """
    ids = np.empty((len(distances), k), dtype=np.int64)
    for i in range(len(distances)):
        others = [j for j in range(len(distances)) if j != i]
        ids[i] = sorted(others, key=lambda j: (distances[i, j], j))[:k]
    return ids, np.take_along_axis(distances, ids, axis=1)


def mixed_nearest_others(continuous, codes, k, inverse_scale, med) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest other rows by `mixed_squared_distances`, ties by index: ids and distances.

    No two rows may be equal in continuous values and codes together (where rows repeat, see
    `neighbour_list_with_multiplicity`).
    """
    if len(set(_points(continuous, codes))) < len(continuous):
        raise ValueError("rows repeat: use neighbour_list_with_multiplicity")
    distances = mixed_squared_distances(continuous, codes, continuous, codes, inverse_scale, med)
    return nearest_others(distances, k)


def neighbour_list_with_multiplicity(
    continuous, codes, multiplicity, base, k, inverse_scale, med
) -> list[int]:
    """The k nearest rows of one occurrence of row `base`, every other occurrence counted.

    Row i occurs `multiplicity[i]` times. The base's row stands in the list up to
    multiplicity[base] - 1 times, any other row up to multiplicity times; the list has k entries,
    fewer only if there are fewer occurrences.

    Rows equal to the base (in continuous values and in codes) come first, even if rows with other
    codes are at distance 0 too, as they are where med is 0. Then by distance; ties go to the point
    (the distinct continuous values and codes) whose first row comes first, and within a point to
    the earlier row.
    """
    points = _points(continuous, codes)

    def distance(row):
        return mixed_squared_distance(
            continuous[base], codes[base], continuous[row], codes[row], inverse_scale, med
        )

    return _list_with_multiplicity(points, multiplicity, base, k, distance)


def _list_with_multiplicity(
    points: list[tuple], multiplicity, base: int, k: int, distance: Callable[[int], float]
) -> list[int]:
    first_row_of_point: dict[tuple, int] = {}
    for row, point in enumerate(points):
        first_row_of_point.setdefault(point, row)
    occurrences = [row for row, times in enumerate(multiplicity) for _ in range(times)]
    occurrences.remove(base)  # one of them is the row itself

    def rank(row):
        return points[row] != points[base], distance(row), first_row_of_point[points[row]], row

    return sorted(occurrences, key=rank)[:k]


def _points(continuous, codes) -> list[tuple]:
    """Rows as tuples that are equal where the rows are; -0.0 equals 0.0."""
    return [(*a, *b) for a, b in zip(continuous.tolist(), codes.tolist(), strict=True)]


# ---- The nominal values of a new row ---------------------------------------------------------


def mode_candidates(neighbour_codes) -> set:
    """The levels tied for most frequent among one column's codes of the k neighbours of a base.

    The base's own code is not among them, unless another row that equals it is a neighbour. Each
    level counts as often as it occurs, whatever the distances. In SMOTE-NC the level of a new row
    is one of these, each with the same probability, drawn per new row and per column.
    """
    counts = Counter(np.asarray(neighbour_codes).tolist())
    return {level for level, count in counts.items() if count == max(counts.values())}


def mode_with_base(values: Sequence[Row]) -> list:
    """Per feature, the most frequent level among a base and its k neighbours (k + 1 rows).

    A tie goes to the first of the tied levels in sorted order. Null (None, NaN) is a level and
    sorts before all others; strings sort by code point, numbers by value, False before True.
    """
    new_row = []
    for column in zip(*values, strict=True):
        levels = {_level(value) for value in column}
        counts = Counter(_level(value) for value in column)
        tied = [level for level in levels if counts[level] == max(counts.values())]
        new_row.append(sorted(tied, key=sort_key)[0])
    return new_row


def sort_key(level):
    """Sorts levels of one column: null first, then by value."""
    level = _level(level)
    return (False, False) if level is None else (True, level)


def _level(value):
    """Null under one name, so that it equals itself."""
    return None if pd.isna(value) else value


def possible_modes(certain, tied, places, *, first_wins=False) -> set:
    """The levels a new row can have where several rows compete for the last of the k places.

    `certain` are one column's levels of the rows that vote in any case, `tied` those of the rows
    equally far away, of which some `places` vote. The result is the union, over every choice of
    `places` of them, of the levels tied for most frequent; with `first_wins`, of the first of
    these in sorted order. With no more tied rows than places there is one choice only.

    A level does best if as many as possible of its own tied rows are chosen: it can win if the
    places left over can be filled without another level passing it.
    """
    certain = Counter(_level(value) for value in certain)
    tied = Counter(_level(value) for value in tied)
    places = min(places, tied.total())
    found = set()
    for level in {*certain, *tied}:
        own = min(places, tied[level])
        count = certain[level] + own
        room = 0
        passed = count == 0
        for other in {*certain, *tied} - {level}:
            wins_ties = first_wins and sort_key(other) < sort_key(level)
            most = count - 1 if wins_ties else count
            passed = passed or certain[other] > most
            room += min(tied[other], most - certain[other])
        if not passed and room >= places - own:
            found.add(level)
    return found


# ---- SMOTE-N: the value difference metric ----------------------------------------------------


def level_probabilities(column, labels, classes) -> dict[Hashable, np.ndarray]:
    """P(class | level) of one nominal column: a vector over `classes` for each level.

    The number of rows with this level and class, divided by the number of rows with this level.
    Column and labels are those of the whole table, all classes, not only the one to be enlarged.
    `classes` is every class that occurs, in the order in which differences will be summed. Null
    is a level, under the key None.
    """
    rows_of: dict[Hashable, list] = {}
    for value, label in zip(column, labels, strict=True):
        rows_of.setdefault(_level(value), []).append(label)
    return {
        level: np.array([labels_of.count(c) / len(labels_of) for c in classes])
        for level, labels_of in rows_of.items()
    }


def value_difference_distances(
    rows_left: Sequence[Row], rows_right: Sequence[Row], tables: Tables
) -> np.ndarray:
    """Value difference of every row on the left to every row on the right, (n, m).

    The sum over features f of delta_f^2, where delta_f = sum over classes c of
    |P_f(c | a) - P_f(c | b)|; `tables` holds one result of `level_probabilities` per feature. In
    float64, in this order: classes from the first to the last, the square, features from the first
    to the last. Different rows can be at distance 0: levels with the same probabilities.
    """
    total = np.zeros((len(rows_left), len(rows_right)))
    for i, left in enumerate(rows_left):
        for j, right in enumerate(rows_right):
            for a, b, table in zip(left, right, tables, strict=True):
                delta = 0.0
                for p, q in zip(table[_level(a)].tolist(), table[_level(b)].tolist(), strict=True):
                    delta += abs(p - q)
                total[i, j] += delta * delta
    return total


def value_difference_nearest_others(
    rows: Sequence[Row], k, tables: Tables
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest other rows by value difference, ties by index: ids and distances, (n, k).

    Rows may repeat: each is another row, at distance 0.
    """
    return nearest_others(value_difference_distances(rows, rows, tables), k)


def value_difference_list_with_multiplicity(
    rows: Sequence[Row], multiplicity, base, k, tables: Tables
) -> list[int]:
    """`neighbour_list_with_multiplicity` by value difference.

    Rows equal to the base in every level come first, even if rows with other levels are at
    distance 0 too.
    """
    points = [tuple(_level(value) for value in row) for row in rows]
    distances = value_difference_distances([rows[base]], rows, tables)[0]
    return _list_with_multiplicity(points, multiplicity, base, k, lambda row: distances[row])


# ---- Checks of new rows ----------------------------------------------------------------------


def voters(distances, base, k, slack=0.0) -> tuple[list[int], list[int], int]:
    """Who is among the k nearest other rows of `base`, however ties are broken.

    Returns the rows nearer than the k-th, those as far as the k-th, and how many of the latter
    belong to the k. Distances that differ from the k-th by no more than `slack` times it count as
    equal to it, for where they were rounded in another order.
    """
    others = [row for row in range(len(distances)) if row != base]
    if len(others) < k:
        raise ValueError(f"{k} neighbours asked of a class of {len(distances)} rows")
    limit = sorted(distances[row] for row in others)[k - 1]
    certain = [row for row in others if distances[row] < limit - slack * limit]
    tied = [row for row in others if abs(distances[row] - limit) <= slack * limit]
    return certain, tied, k - len(certain)


def check_smotenc_rows(
    new_rows,
    base_ids,
    neighbour_ids,
    gaps,
    class_rows,
    *,
    k,
    inverse_scale,
    med,
    stored_as=None,
    tolerance=0.0,
    slack=0.0,
    neighbour_lists=None,
) -> None:
    """Raise AssertionError, with the number of the row, unless SMOTE-NC could have made each row.

    1. 0 <= gap < 1.
    2. The neighbour is one of the k nearest others of the base. Where several rows compete for the
       last places, any of them will do. It may carry the id of the base itself, or of a row equal
       to a near one, if rows repeat: equal rows are interchangeable.
    3. Continuous values are base + gap * (neighbour - base), not beyond either of the two, as the
       column stores them, to within `tolerance`.
    4. Each nominal value is among the levels tied for most frequent among the k nearest others of
       the base, the base left out by identity. Where several rows compete for the last places, any
       choice of them will do, for each column by itself (`possible_modes`).

    Parameters
    ----------
    new_rows, class_rows : (continuous, codes)
        Arrays (m, d) and (m, f) of the new rows, (n, d) and (n, f) of every row of the class that
        may be a neighbour, repeated rows repeated. Codes mean the same levels in both.
    base_ids, neighbour_ids : arrays of m row numbers in `class_rows`
    gaps : array of m
    k, inverse_scale, med
        As resolved: the k that was searched for, one over the unit of each continuous column (ones
        without `standardize`), the distance between two levels.
    stored_as : sequence of d dtypes, optional
        What columns hold. Integers are rounded half to even, float32 is cast. Default: float64.
    tolerance : float or array (d,)
        Absolute, in units of the table. Half a unit in the last place for decimals.
    slack : float
        Relative, of squared distances that count as tied; see `voters`.
    neighbour_lists : sequence of n lists, optional
        Use these as each base's k nearest, in place of a search among `class_rows`: for instance
        those of `mixed_nearest_others`, or of an approximate search. Nominal values must then be
        among their `mode_candidates`. Only lists of rows that occur in `base_ids` are looked at.
    """
    (new, new_codes), (continuous, codes) = new_rows, class_rows
    points = _points(continuous, codes)
    checked: dict[int, tuple[set, list[set]]] = {}
    for row, (base, neighbour, gap) in enumerate(zip(base_ids, neighbour_ids, gaps, strict=True)):
        assert 0 <= gap < 1, f"row {row}: gap {gap}"
        if base not in checked:
            if neighbour_lists is None:
                distances = mixed_squared_distances(
                    continuous[[base]], codes[[base]], continuous, codes, inverse_scale, med
                )[0]
                certain, tied, places = voters(distances, base, k, slack)
            else:
                certain, tied, places = list(neighbour_lists[base]), [], 0
                assert len(certain) == k, f"row {row}: {len(certain)} neighbours of base {base}"
            checked[base] = (
                {points[voter] for voter in (*certain, *tied)},
                [possible_modes(c[certain], c[tied], places) for c in codes.T],
            )
        near, levels = checked[base]
        assert points[neighbour] in near, f"row {row}: {neighbour} is not near its base {base}"
        expected = between(continuous[base], continuous[neighbour], gap, stored_as)
        off = np.flatnonzero(~(np.abs(new[row] - expected) <= tolerance))
        assert not len(off), f"row {row}: columns {off} are {new[row][off]}, not {expected[off]}"
        for column, (value, allowed) in enumerate(
            zip(new_codes[row].tolist(), levels, strict=True)
        ):
            assert value in allowed, (
                f"row {row}: nominal column {column} is {value}, its base {base} allows {allowed}"
            )


def between(one, other, gap, stored_as=None) -> np.ndarray:
    """One + gap * (other - one), not beyond either of them, as columns of `stored_as` hold it."""
    expected = one + gap * (other - one)
    expected = np.clip(expected, np.minimum(one, other), np.maximum(one, other))
    for column, dtype in enumerate(stored_as or []):
        if np.issubdtype(dtype, np.integer):
            expected[column] = np.rint(expected[column])
        else:
            expected[column] = np.asarray(expected[column]).astype(dtype)
    return expected


def check_smoten_rows(
    new_rows: Sequence[Row], base_ids, class_rows: Sequence[Row], *, k, tables: Tables, slack=1e-12
) -> None:
    """Raise AssertionError, with the number of the row, unless SMOTE-N could have made each row.

    Each level is that of `mode_with_base` over the base and its k nearest others; where several
    rows compete for the last places, any choice of them will do, for each feature by itself.

    Parameters
    ----------
    new_rows, class_rows : sequences of rows
        The new rows, and every row of the class, repeated rows repeated.
    base_ids : sequence of row numbers in `class_rows`
    tables : one per feature
        Results of `level_probabilities` over the table, all classes.
    slack : float
        As in `voters`. Distances are sums of fractions of counts, so ties are common and rounding
        must not decide them.
    """
    checked: dict[int, list[set]] = {}
    for row, (new, base) in enumerate(zip(new_rows, base_ids, strict=True)):
        if base not in checked:
            distances = value_difference_distances([class_rows[base]], class_rows, tables)[0]
            certain, tied, places = voters(distances, base, k, slack)
            checked[base] = [
                possible_modes(
                    [column[voter] for voter in (base, *certain)],
                    [column[voter] for voter in tied],
                    places,
                    first_wins=True,
                )
                for column in zip(*class_rows, strict=True)
            ]
        for column, (value, allowed) in enumerate(zip(new, checked[base], strict=True)):
            assert _level(value) in allowed, (
                f"row {row}: feature {column} is {value!r}, its base {base} allows {allowed}"
            )

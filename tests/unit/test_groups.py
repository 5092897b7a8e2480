"""Strata of groups: identities, filters, fates, and a summary that no order changes."""

import functools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_smote.errors import DataError
from spark_smote.group_strategy import GroupStrategy
from spark_smote.plans.arrow import feature_lists
from spark_smote.plans.groups.large import GroupSettings
from spark_smote.plans.groups.quotas import FATES, FATES_SCHEMA, Rules, group_fates
from spark_smote.plans.groups.strata import Strata, empty_filter, let_pass, passing
from spark_smote.plans.groups.summary import (
    EXAMPLES,
    MOST_LARGE,
    NEW_ROWS_OF_SMALL,
    Summary,
    refuse_impossible,
    summary_of,
)
from spark_smote.plans.groups.tasks import SmallStrata, new_rows_of
from spark_smote.plans.layout import lay_out
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.tuning import QUALITIES

KEYS = st.integers(-3, 3)
IDENTITIES = st.lists(st.tuples(KEYS, KEYS, st.integers(0, 2)), max_size=40)
COLUMNS = [field.split()[0] for field in FATES_SCHEMA.split(", ")]


def strata(identities):
    columns = np.array(identities, dtype=np.int64).reshape(-1, 3).T
    return Strata(*columns)


@given(IDENTITIES, IDENTITIES)
def test_a_stratum_is_found_among_known_ones_by_all_of_its_identity(asked, known):
    known = sorted(set(known))
    found = strata(asked).places_in(strata(known))
    assert found.tolist() == [known.index(each) if each in known else -1 for each in asked]


@given(IDENTITIES)
def test_the_order_is_that_of_the_identities(identities):
    ordered = [identities[i] for i in strata(identities).order]
    assert ordered == sorted(identities)


def test_a_filter_lets_all_of_its_strata_pass_and_few_others():
    random = np.random.default_rng(0)
    keys = random.integers(-(2**63), 2**63 - 1, size=(2, 100_000))
    both = Strata(keys[0], keys[1], np.arange(100_000) % 3)
    chosen = np.arange(100_000) < 50_000
    bits = let_pass(empty_filter(), both.taken(chosen))
    passed = passing(bits, both)
    assert passed[chosen].all()
    print(f"others that pass: {passed[~chosen].mean():.4f}")
    assert passed[~chosen].mean() < 0.01


def counted(*classes, name="g=1"):
    """Classes of a group: (code, rows, usable)."""
    return [
        {"class": code, "rows": rows, "usable": usable, "dense": 0, "name": name}
        for code, rows, usable in classes
    ]


def rules(strategy="auto", *, k=5, on_small_class="reduce", ratios=None):
    counts = {"a": 500, "b": 300, "c": 40}
    return Rules(("a", "b", "c"), GroupStrategy.of(counts, strategy, ratios), k, on_small_class)


def fates(classes, rules):
    """{class: (new rows, k, fate)}."""
    return {
        rules.labels[row[0]]: (row[3], row[4], FATES[row[5]]) for row in group_fates(classes, rules)
    }


@pytest.mark.parametrize(
    ("on_small_class", "usable", "expected"),
    [
        ("error", 6, (14, 5, "resampled")),
        ("error", 5, (0, 0, "refused")),
        ("error", 0, (0, 0, "empty")),
        ("reduce", 5, (14, 4, "reduced")),
        ("reduce", 1, (14, 0, "duplicated")),
        ("reduce", 0, (0, 0, "empty")),
        ("duplicate", 5, (14, 0, "duplicated")),
        ("skip", 5, (0, 0, "skipped")),
        ("skip", 0, (0, 0, "skipped")),
    ],
)
def test_a_small_class_of_a_group_meets_the_fate_it_would_meet_in_a_table(
    on_small_class, usable, expected
):
    found = fates(counted((0, 20, 20), (1, 6, usable)), rules(on_small_class=on_small_class))
    assert found == {"a": (0, 0, "untouched"), "b": expected}


def test_what_a_group_cannot_be_asked_for_is_told_by_its_fate():
    assert fates(counted((1, 9, 9)), rules()) == {"b": (0, 0, "alone")}
    asked = rules({"a": 30, "b": 5, "c": 8})
    assert fates(counted((0, 20, 20), (1, 7, 7)), asked) == {
        "a": (10, 5, "resampled"),
        "b": (0, 0, "ample"),
        "c": (0, 0, "absent"),
    }
    failed = group_fates(counted((0, 9, 9), (1, 9, 9), (2, 5, 5)), rules(0.5))
    assert len(failed) == 1
    assert FATES[failed[0][5]] == "failed"
    assert "g=1: samplingStrategy=0.5 is a ratio of two classes" in failed[0][-1]
    boundless = group_fates(counted((0, 20, 20), (1, 7, 7)), rules({"b": 10**19}))
    assert FATES[boundless[0][5]] == "failed"
    assert "the most is 20,000,000,000" in boundless[0][-1]


def test_parts_of_a_class_are_counted_together():
    """0.0 and -0.0 are one group by two names."""
    whole = counted((0, 20, 20), (1, 8, 7))
    parts = [*counted((1, 3, 3), (0, 20, 20)), *counted((1, 5, 4), name="g=-0.0")]
    assert [row[:-1] for row in group_fates(parts, rules())] == [
        row[:-1] for row in group_fates(whole, rules())
    ]


def batch(groups, rules):
    """Fates of groups as workers hand them out; a group is (key, its classes)."""
    rows = [
        (key, key % 7, *row)
        for key, classes in groups
        for row in group_fates(counted(*classes, name=f"g={key}"), rules)
    ]
    return pa.table({name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)})


GROUPS = st.lists(
    st.tuples(
        st.integers(-50, 50),
        st.dictionaries(st.integers(0, 2), st.integers(1, 30), min_size=1).map(
            lambda counts: [(code, rows, rows) for code, rows in counts.items()]
        ),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda group: group[0],
)


def summed(tables, most_rows):
    parts = [summary_of(t, 3, most_rows) for t in tables]
    return functools.reduce(Summary.merged, parts, Summary.unseen(3))


def plain(summary):
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(summary).items()
    }


@given(GROUPS, st.randoms(use_true_random=False))
def test_a_summary_does_not_depend_on_how_the_groups_come(groups, random):
    shuffled = list(groups)
    random.shuffle(shuffled)
    cut = random.randrange(len(shuffled) + 1)
    tables = [batch(part, rules()) for part in (shuffled[:cut], shuffled[cut:]) if part]
    assert plain(summed(tables, 12)) == plain(summed([batch(groups, rules())], 12))


@given(GROUPS)
def test_a_summary_counts_what_the_fates_say(groups):
    asked = rules()
    rows = [
        (key, *row)
        for key, classes in groups
        for row in group_fates(counted(*classes, name=f"g={key}"), asked)
    ]
    found = summed([batch(groups, asked)], most_rows=12)
    cells = Counter((row[1], row[6]) for row in rows)
    assert {
        (c, f): int(found.strata[c, f])
        for c in range(3)
        for f in range(len(FATES))
        if found.strata[c, f]
    } == cells
    assert found.new_rows.sum() == sum(row[4] for row in rows)
    assert found.groups == len(groups)
    assert found.receiving == len({row[0] for row in rows if row[4]})
    receiving = [row for row in rows if row[4]]
    large = [row for row in receiving if row[3] > 12]
    assert found.large_strata == len(found.large) == len(large)
    small = [row for row in receiving if row[3] <= 12]
    assert found.small == (len(small), sum(r[3] for r in small), sum(r[4] for r in small))
    for cell, examples in found.examples.items():
        held = sorted(row[0] for row in rows if (row[1], row[6]) == cell)
        assert [group for group, *_ in examples] == held[:EXAMPLES]


def test_many_new_rows_make_a_stratum_large():
    table = batch([(1, [(0, NEW_ROWS_OF_SMALL + 8, 9), (1, 7, 7)])], rules())
    assert summed([table], 100).large_strata == 1


def test_errors_name_a_group_its_class_its_rows_how_many_and_remedies():
    strict = rules(on_small_class="error")
    groups = [(key, [(0, 20, 20), (1, 3, 3)]) for key in range(7)]
    with pytest.raises(DataError) as raised:
        refuse_impossible(summed([batch(groups, strict)], 12), strict, quality="fast")
    message = str(raised.value)
    for part in ("'b'", "g=0", "3 usable", "kNeighbors=5", "7 classes", "onSmallClass"):
        assert part in message
    for remedy in ("'reduce'", "'duplicate'", "'skip'"):
        assert remedy in message

    empty = [(1, [(0, 20, 20), (1, 3, 0)])]
    with pytest.raises(DataError, match="'b' of group g=1 has 0 usable.*'skip'"):
        refuse_impossible(summed([batch(empty, rules())], 12), rules(), quality="fast")

    three = [(1, [(0, 20, 20), (1, 3, 3), (2, 4, 4)])]
    with pytest.raises(DataError, match="1 group, for instance in g=1: .*samplingRatios"):
        refuse_impossible(summed([batch(three, rules(0.5))], 12), rules(0.5), quality="fast")

    many = [(key, [(0, 30, 30), (1, 20, 20)]) for key in range(MOST_LARGE + 1)]
    with pytest.raises(DataError, match=f"513 classes.*'b' of group g=0.*20 rows.*{MOST_LARGE}"):
        refuse_impossible(summed([batch(many, rules())], 12), rules(), quality="fast")


def task_of(sizes, new_rows=9):
    """Records and quotas of strata of class "b", `{group: rows}`, and what workers need."""
    random = np.random.default_rng(3)
    group = np.repeat(list(sizes), list(sizes.values()))
    ones = np.ones(len(group), dtype=np.int64)
    points = np.abs(np.sin(group * 100 + np.arange(len(group)))).reshape(-1, 1)
    records = pa.table(
        {
            "class": pa.array(ones, pa.int32()),
            "key": group * 1_000 + random.permutation(len(group)),
            "features": feature_lists(points),
            "group": group,
            "check": -group,
            "multiplicity": ones,
        }
    )
    count = len(sizes)
    quotas = {
        "group": list(sizes),
        "check": [-key for key in sizes],
        "class": [1] * count,
        "usable": list(sizes.values()),
        "new_rows": [new_rows] * count,
        "k": [3] * count,
        "fate": [FATES.index("resampled")] * count,
        "dense": [False] * count,
    }
    return records, pa.table(quotas)


def small_strata():
    none = np.zeros(0, dtype=np.int64)
    settings = GroupSettings(QUALITIES["fast"], "voronoi", True, 5, 1, 0, False, 0)
    recipe = Recipe((), (), lay_out((), (), ()), 5, False)
    return SmallStrata(("a", "b"), 1, Strata(none, none, none), settings, recipe, False, "array")


def made(parts, quotas):
    batches = list(new_rows_of(parts, quotas, small_strata()))
    return [tuple(row["features"]) for b in batches for row in b.to_pylist()]


def test_a_stratum_makes_the_same_rows_whatever_shares_its_task():
    records, quotas = task_of({4: 30, 9: 12, 11: 7})
    together = made([records], quotas)
    assert len(together) == 27
    shuffled = records.take(pa.array(np.random.default_rng(1).permutation(len(records))))
    assert made([shuffled.slice(0, 20), shuffled.slice(20)], quotas.slice(1, 1)) == together[9:18]
    reversed_ = quotas.take(pa.array([2, 0, 1]))
    assert made([shuffled], reversed_) == together


def test_a_table_that_changed_since_it_was_counted_is_told():
    records, quotas = task_of({4: 30, 9: 12})
    with pytest.raises(RuntimeError, match="12 usable rows when they were counted and 11 when"):
        made([records.slice(0, 41)], quotas)
    with pytest.raises(RuntimeError, match="30 usable rows when they were counted and 0 when"):
        made([], quotas)

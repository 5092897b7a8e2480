"""SMOTE and then cleaning: what goes is what a search over real and new rows together says."""

from collections import Counter

import numpy as np
import pytest
from imblearn.combine import SMOTEENN as ReferenceENN
from imblearn.under_sampling import EditedNearestNeighbours, TomekLinks
from pyspark.sql import functions as F

from spark_smote import SMOTE, SMOTEENN, SMOTETomek
from spark_smote.report import wording
from spark_smote.samplers import REGISTRY
from tests.tables import (
    AWKWARD_ID,
    AWKWARD_INPUTS,
    AWKWARD_LABEL,
    awkward,
    classes,
    plain_texts,
    settings,
    uniform,
)

QUIET = {"recallQueries": 0, "standardize": False}


@pytest.fixture(scope="module")
def table(spark):
    """Three classes that overlap; no two rows are equal."""
    x, y = f"{uniform(1)} + id div 300", f"{uniform(2)} * 2"
    return classes(spark, {"'a'": 300, "'b'": 120, "'c'": 60}, f"{x} AS x", f"{y} AS y")


METHODS = {
    "smote_enn": (SMOTEENN, EditedNearestNeighbours(sampling_strategy="all", kind_sel="all")),
    "smote_tomek": (SMOTETomek, TomekLinks(sampling_strategy="all")),
}


@pytest.fixture(scope="module", params=METHODS)
def done(request, table):
    sampler, reference = METHODS[request.param]
    plan = sampler(idCol="id", provenance=True, seed=3, **QUIET).plan(table)
    return plan, plan.resampled().toPandas(), reference


def test_what_is_left_is_what_imbalanced_learn_leaves_of_the_same_rows(done):
    """Its cleaning, given the rows that SMOTE made here: the very same rows stay."""
    plan, left, reference = done
    before = plan.steps[0].resampled().toPandas()
    reference.fit_resample(before[["x", "y"]].to_numpy(), before.label.to_numpy())
    expected = before.iloc[reference.sample_indices_]

    assert 0 < len(before) - len(expected) < len(before) / 2
    found = sorted(map(tuple, left[["x", "y", "label", "is_synthetic"]].to_numpy()))
    assert found == sorted(map(tuple, expected[["x", "y", "label", "is_synthetic"]].to_numpy()))


def test_the_headline_and_a_warning_count_real_rows_that_went(done):
    plan, left, _ = done
    new, real = int(left.is_synthetic.sum()), int((~left.is_synthetic).sum())
    said = wording.headline(plan.report)
    of_rare = int((~left.is_synthetic & (left.label == "c")).sum())
    warned = [n.message for n in plan.report.notices if n.code == "minority_removed"]

    assert f"{new} synthetic, {480 - real} removed" in said
    assert bool(warned) == (of_rare < 0.8 * 60)
    assert all(f"loses {60 - of_rare} of its 60 real rows" in message for message in warned)


def test_the_step_before_cleaning_is_smote(done, table):
    """New rows are as many as SMOTE makes, and lie between rows of their class."""
    plan, left, _ = done
    step = plan.report.steps[0]
    before = plan.steps[0].synthetic().toPandas()
    by_id = table.toPandas().set_index("id")
    base, neighbour = by_id.loc[before.base_id], by_id.loc[before.neighbour_id]

    assert {c.label: c.rows_after for c in step.classes} == dict.fromkeys("abc", 300)
    np.testing.assert_allclose(
        before.x.to_numpy(), base.x + before.gap.to_numpy() * (neighbour.x.to_numpy() - base.x)
    )
    new = left[left.is_synthetic]
    assert set(map(tuple, new[["x", "y", "base_id"]].to_numpy())) <= set(
        map(tuple, before[["x", "y", "base_id"]].to_numpy())
    )


def test_rows_of_each_class_are_reported_real_and_new_ones_apart(done, table):
    plan, left, _ = done
    real = Counter(left[~left.is_synthetic].label)
    new = Counter(left[left.is_synthetic].label)
    gone = Counter(row.label for row in plan.removed().collect())

    for c in plan.report.classes:
        assert (c.rows_after - c.new_rows, c.new_rows) == (real[c.label], new[c.label])
        assert c.rows_before == real[c.label] + gone[c.label]
        assert f"step 2 removed {300 - c.rows_after}" in c.note or c.rows_after == 300
        told = f"{gone[c.label]} of the rows removed were real" in c.note
        assert told == (c.new_rows > 0 and c.rows_after < 300)
    assert "Step 2, " in str(plan.report)


def test_a_balance_that_cleaning_turns_over_is_warned_of(spark):
    """Rows of the large class, one apart, of which 17 have dense heaps of the other beside them."""
    place = "IF(id < 200, id * 1D, 0.5D + id % 15 + 0.001D * id)"
    table = classes(spark, {"'many'": 200, "'few'": 90}, f"{place} AS x")
    plan = SMOTEENN(idCol="id", **QUIET).plan(table)
    told = {notice.code: notice.message for notice in plan.report.notices}

    assert told["balance_turned"] == (
        "Class 'few', the smallest of 90 rows, has 200 now, more than class 'many', which was the "
        "largest: 183 of 200."
    )


def test_columns_of_every_kind_pass_through_both_steps(spark):
    with settings(spark, {"spark.sql.caseSensitive": "true"}):
        table = awkward(spark).withColumnRenamed("gap", "void")
        plan = SMOTETomek(
            labelCol=AWKWARD_LABEL,
            inputCols=AWKWARD_INPUTS,
            carryPolicy="copy",
            idCol=AWKWARD_ID,
            provenance=True,
            recallQueries=0,
        ).plan(table)
        output, width = plan.resampled(), len(table.columns)
        real = output.filter("NOT is_synthetic")
        texts = [plain_texts(df, width).collect() for df in (table, real, plan.removed())]

        assert output.schema.fields[:width] == table.schema.fields
        assert output.columns[width:] == ["is_synthetic", "base_id", "neighbour_id", "gap"]
    given, kept, gone = (Counter(row.text for row in rows) for rows in texts)
    assert kept + gone == given


@pytest.mark.parametrize("method", METHODS)
def test_parameters_reach_both_steps(method, table):
    asked = {"kNeighbors": 3, "searchQuality": "exact", "ignoreCols": ["id"], "seed": 8}
    more = {"nNeighbors": 2, "kindSel": "mode"} if method == "smote_enn" else {}
    plan = REGISTRY[method](carryPolicy="copy", **asked, **more).plan(table)
    smote, cleaning = plan.report.steps

    assert smote.resolved["kNeighbors"] == 3
    assert cleaning.resolved["samplingStrategy"] == "all"
    assert all(cleaning.resolved[name] == value for name, value in more.items())
    for step in (smote, cleaning):
        assert (step.resolved["searchQuality"], step.resolved["seed"]) == ("exact", 8)
    assert plan.report.asked == {**asked, **more, "carryPolicy": "copy"}
    assert plan.report.resolved["samplingStrategy"] == "auto"


def test_new_rows_are_those_of_smote_alone(table):
    """Cleaning takes some of them; the others are the very same."""
    alone = SMOTE(idCol="id", seed=3, **QUIET).plan(table).synthetic()
    left = SMOTETomek(idCol="id", seed=3, **QUIET).plan(table).synthetic()

    assert left.select("x", "y", "label").exceptAll(alone.select("x", "y", "label")).count() == 0
    assert 0 < left.count() < alone.count()


def test_the_reference_leaves_about_as_many(table):
    """The random draws differ, so sizes are compared, not rows."""
    rows = table.toPandas()
    _, kept = ReferenceENN(random_state=0).fit_resample(rows[["x", "y"]], rows.label)
    plan = SMOTEENN(idCol="id", **QUIET).plan(table)

    for c in plan.report.classes:
        assert c.rows_after == pytest.approx(Counter(kept)[c.label], rel=0.15), c.label
    assert plan.resampled().agg(F.count("*")).first()[0] == plan.report.rows_after

"""What an inspection finds in published tables, held to one process where there is an oracle."""

import json

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from spark_smote import inspect


def the(found, code):
    return [finding for finding in found.findings if finding.code == code]


@pytest.fixture
def inspected(spark_table, real_table):
    def look(name, **given):
        frame = real_table(name)
        return frame, inspect(spark_table(frame), **given)

    return look


def test_adult_has_a_marker_in_capital_gain_and_categories(inspected):
    frame, found = inspected("adult")

    (marker,) = the(found, "sentinel")
    assert marker.columns == ("capital_gain",)
    assert "is 99,999 in about 0.5% of the rows" in marker.message
    columns = {c.name: c for c in found.columns}
    assert columns["workclass"].nulls == frame["workclass"].isna().sum() == 2_799
    assert columns["fnlwgt"].role == "input"
    assert sum(c.role == "nominal" for c in found.columns) == 8
    assert not the(found, "leak")
    assert found.advice[0].method == "threshold"
    assert "SMOTE-NC" in found.advice[0].then


def test_bank_marketing_has_a_marker_in_pdays(inspected):
    _, found = inspected("bank_marketing")

    (marker,) = the(found, "sentinel")
    assert marker.columns == ("pdays",)
    assert "is 999 in about 96." in marker.message
    assert found.advice[0].method == "SMOTE-NC"
    assert found.advice[0].then == ("class weights", "threshold")
    assert found.imbalance_ratio == pytest.approx(36_548 / 4_640)


def test_diabetes_readmission_has_an_id_two_constants_and_scattered_rows(inspected):
    _, found = inspected("diabetes_readmission")

    assert the(found, "constant_columns")[0].columns == ("examide", "citoglipton")
    assert the(found, "id_like")[0].columns == ("encounter_id",)
    assert "'weight' (98,569 rows, 97%)" in the(found, "missing_values")[0].message
    assert {a.label: a.method for a in found.advice} == {"<30": "class weights", ">30": "threshold"}


def test_churn_modelling_has_ids_and_flags(inspected):
    _, found = inspected("churn_modelling")

    assert the(found, "id_like")[0].columns == ("row_number", "customer_id")
    assert the(found, "zero_one")[0].columns == ("has_cr_card", "is_active_member")
    assert {c.name: c.role for c in found.columns}["surname"] == "carried"


def test_one_hot_columns_of_a_real_category_are_one_group(spark_table, real_table):
    frame = real_table("churn_modelling")
    for country in sorted(frame["geography"].unique()):
        frame[f"geography={country}"] = (frame["geography"] == country).astype(int)

    (group,) = the(inspect(spark_table(frame)), "one_hot")

    assert group.columns == ("geography=France", "geography=Germany", "geography=Spain")


def test_shuttle_has_classes_of_every_size(inspected):
    _, found = inspected("shuttle")

    assert [a.label for a in found.advice][:2] == ["Bpv Close", "Bpv Open"]
    assert {f.columns[0] for f in the(found, "leak")} >= {"a1", "a7"}
    assert [c.rows for c in found.classes] == [10, 13, 3_267, 50, 171, 8_903, 45_586]
    json.loads(found.to_json())


def test_neighbours_in_mammography_are_those_of_one_process(inspected):
    frame, found = inspected("mammography")
    inputs = [c.name for c in found.columns if c.role == "input"]
    points = frame[inputs].to_numpy() / [c.spread for c in found.columns if c.role == "input"]
    rare = frame["label"].to_numpy() == "1"

    search = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(points)
    _, ids = search.kneighbors(points[rare])
    # all 260 rows are queries; ties between rows of both classes, if any, are few
    shares = []
    for row, near in zip(np.flatnonzero(rare), ids, strict=True):
        others = [i for i in near if i != row][:5]
        shares.append(np.mean(~rare[others]))

    around = {c.label: c for c in found.classes}["1"].surroundings
    assert around.queries == 260
    assert around.other_share == pytest.approx(np.mean(shares), abs=0.005)
    assert around.safe == pytest.approx(np.mean(np.array(shares) < 0.3), abs=0.01)
    assert around.outlier == pytest.approx(np.mean(np.array(shares) == 1), abs=0.01)
    assert {c.label: c.distinct_rows for c in found.classes}["1"] == 254


@pytest.mark.parametrize("name", ["adult", "shuttle"])
def test_nothing_depends_on_partitions_of_a_real_table(spark_table, real_table, name):
    frame = real_table(name)

    found = [inspect(spark_table(frame, partitions)) for partitions in (1, 3, 8)]

    assert found[0] == found[1] == found[2]

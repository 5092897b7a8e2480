"""What to try first, as a decision table."""

import pytest

from spark_smote.inspected import InspectedClass, Surroundings
from spark_smote.inspection.advice import Circumstances, advise

LARGEST = 100_000
SAFE = Surroundings(256, 0.1, safe=0.9, borderline=0.05, rare=0.03, outlier=0.02)
DISPUTED = Surroundings(256, 0.5, safe=0.3, borderline=0.4, rare=0.2, outlier=0.1)
SCATTERED = Surroundings(256, 0.9, safe=0.1, borderline=0.2, rare=0.3, outlier=0.4)


def found(rows, *, distinct=None, around=SAFE):
    return InspectedClass("rare", rows, rows, rows if distinct is None else distinct, around)


def table(*, inputs=8, nominal=0, contrast=0.2, k=5):
    return Circumstances(LARGEST, k, inputs, nominal, contrast)


@pytest.mark.parametrize(
    ("found", "table", "method", "figures"),
    [
        (found(70_000), table(), "nothing", ["70,000 rows", "41%"]),
        (found(66_667), table(), "nothing", ["40%"]),
        (found(66_000), table(), "threshold", ["66,000 rows", "40%", "SMOTE"]),
        (found(25_000), table(), "threshold", ["20%"]),
        (found(24_000), table(), "SMOTE", ["19%", "24,000", "95%"]),
        (found(2_000), table(), "SMOTE", ["2%"]),
        (found(2_000), table(nominal=3), "SMOTE-NC", ["8 numeric and 3 nominal"]),
        (
            found(2_000, around=DISPUTED),
            table(),
            "Borderline-SMOTE",
            ["Borderline-SMOTE, as 40%"],
        ),
        (found(2_000, around=DISPUTED), table(nominal=1), "SMOTE-NC", ["1 nominal"]),
        (found(2_000, around=SCATTERED), table(), "class weights", ["70%", "40% none"]),
        (
            found(2_000),
            table(contrast=0.8),
            "class weights",
            ["0.80 times", "8 input and nom"],
        ),
        (found(2_000), table(contrast=0.74), "SMOTE", []),
        (found(2_000, around=None), table(contrast=None), "SMOTE", []),
        (
            found(2_000, around=None),
            table(inputs=0, nominal=4, contrast=None),
            "SMOTE-N",
            ["4 nom", "SMOTEN"],
        ),
        (
            found(2_000, distinct=4),
            table(inputs=0, nominal=1),
            "SMOTE-N",
            ["2%", "4 distinct", "95%"],
        ),
        (found(2_000, around=SCATTERED), table(inputs=0, nominal=4), "class weights", ["70%"]),
        (found(9), table(inputs=0, nominal=4), "class weights", ["9 usable"]),
        (found(2_000, around=None), table(inputs=0, contrast=None), "class weights", ["copies"]),
        (found(900), table(), "class weights", ["0.89%", "1:10", "SMOTE"]),
        (found(9), table(), "class weights", ["9 distinct", "below the 10", "k=5"]),
        (found(20), table(k=20), "class weights", ["20 distinct", "below the 21", "k=20"]),
        (found(900, distinct=5), table(), "collect more rows", ["5 distinct"]),
        (found(900, distinct=6), table(), "class weights", ["6 distinct"]),
        (found(70_000, around=SCATTERED), table(contrast=0.9), "nothing", []),
    ],
)
def test_the_first_rule_that_applies_decides_and_names_its_figures(found, table, method, figures):
    advice = advise(found, table)

    assert advice.method == method, advice
    assert advice.label == "rare"
    assert advice.source
    for figure in figures:
        assert figure in advice.reason


def test_whatever_changes_rows_is_compared_with_what_does_not():
    for around in (SAFE, DISPUTED):
        advice = advise(found(2_000, around=around), table())
        assert {"class weights", "threshold"} <= set(advice.then)

"""What to try first for a class: a decision table over a few figures, the first rule first."""

from __future__ import annotations

from dataclasses import dataclass

from spark_smote.inspected import Advice, InspectedClass, Surroundings
from spark_smote.inspection import literature as lit

COSTLESS = ("class weights", "threshold")
"""What changes no row and is to be compared with in any case."""


@dataclass(frozen=True)
class Circumstances:
    """What holds for the table as a whole."""

    largest_rows: int
    k: int
    inputs: int
    nominal: int
    contrast: float | None

    def share(self, found: InspectedClass) -> float:
        """Rows of a class among its own and those of the largest."""
        return found.rows / (found.rows + self.largest_rows)


def advise(found: InspectedClass, table: Circumstances) -> Advice:
    """What to try first for one class, and why; the first rule that applies decides."""
    for rule in (_not_needed, _no_columns, _too_few, _scattered, _no_distances):
        advice = rule(found, table)
        if advice is not None:
            return advice
    return _by_imbalance(found, table)


def _not_needed(found: InspectedClass, table: Circumstances) -> Advice | None:
    share = table.share(found)
    if share < lit.BALANCED:
        return None
    against = f"{found.rows:,} rows against {table.largest_rows:,} are {share:.0%} of both"
    return Advice(
        found.label,
        "nothing",
        f"{against}: at 60:40 or nearer, classes are learned with little disturbance from their "
        "sizes, and resampling would distort probabilities for nothing",
        source=lit.LITTLE_HARM,
    )


def _too_few(found: InspectedClass, table: Circumstances) -> Advice | None:
    # where all columns are nominal, rows repeat as a matter of course, and each has a vote
    known, kind = (
        (found.distinct_rows, "distinct usable") if table.inputs else (found.usable_rows, "usable")
    )
    rows = f"{known:,} {kind} rows"
    if known <= lit.FEWEST_NEIGHBOURS:
        return Advice(
            found.label,
            "collect more rows",
            f"{rows}: no method can tell what the class looks like; class weights meanwhile",
            ("class weights",),
            lit.RARITY,
        )
    if known < lit.FEWEST_ROWS or known <= table.k:
        least = max(lit.FEWEST_ROWS, table.k + 1)
        return Advice(
            found.label,
            "class weights",
            f"{rows}, below the {least} that k={table.k} neighbours need to say anything of a "
            "neighbourhood; random over-sampling does the same by rows",
            ("random over-sampling", "collect more rows"),
            lit.SMOTE,
        )
    return None


def _no_columns(found: InspectedClass, table: Circumstances) -> Advice | None:
    if table.inputs or table.nominal:
        return None
    return Advice(
        found.label,
        "class weights",
        "no column to interpolate or to compare: new rows could only be copies",
        ("threshold", "random over-sampling"),
        lit.BASELINES,
    )


def _scattered(found: InspectedClass, _: Circumstances) -> Advice | None:
    around = found.surroundings
    if around is None or around.rare + around.outlier < lit.SCATTERED:
        return None
    return Advice(
        found.label,
        "class weights",
        f"{around.rare + around.outlier:.0%} of its sampled rows have at most three in ten "
        f"neighbours of their own class ({around.outlier:.0%} none): rows between them would lie "
        "among the other classes",
        ("threshold", "random over-sampling"),
        lit.TYPES,
    )


def _no_distances(found: InspectedClass, table: Circumstances) -> Advice | None:
    if table.contrast is None or table.contrast < lit.CONTRAST:
        return None
    return Advice(
        found.label,
        "class weights",
        f"the nearest row is {table.contrast:.2f} times as far as rows are on average "
        f"({table.inputs + table.nominal} input and nominal columns): neighbours are hardly nearer "
        "than strangers; select or combine columns before any method that looks at neighbours",
        ("threshold", "random over-sampling"),
        lit.MEANINGLESS,
    )


def _by_imbalance(found: InspectedClass, table: Circumstances) -> Advice:
    method, apt, source = _kind_of_smote(found.surroundings, table)
    share = table.share(found)
    sizes = f"{found.rows:,} rows against {table.largest_rows:,} ({100 * share:.2g}% of both)"
    if share >= lit.MILD:
        return Advice(
            found.label,
            "threshold",
            f"{sizes} are mildly imbalanced: a threshold or class weights usually do; {apt} if not",
            ("class weights", method),
            lit.BANDS,
        )
    if share < lit.EXTREME:
        return Advice(
            found.label,
            "class weights",
            f"{sizes} are extremely imbalanced: all the way to 1:1, over 99 in 100 rows of the "
            f"class would be made up; then {apt}, to a ratio of 1:10 or so",
            ("threshold", method),
            lit.BANDS,
        )
    return Advice(
        found.label,
        method,
        f"{sizes}, enough rows ({found.distinct_rows:,} distinct){_together(found)}: {apt}; "
        "try 1:4 to 3:7 before 1:1",
        COSTLESS,
        source,
    )


def _together(found: InspectedClass) -> str:
    around = found.surroundings
    if around is None:
        return ""
    share = around.safe + around.borderline
    return f", {share:.0%} of those sampled with a third or more of their neighbours of their own"


def _kind_of_smote(around: Surroundings | None, table: Circumstances) -> tuple[str, str, str]:
    """The kind, why in a clause, and its source."""
    if not table.inputs:
        return "SMOTE-N", f"SMOTE-N (SMOTEN), for {table.nominal} nominal columns", lit.SMOTE_NC
    if table.nominal:
        mixed = f"SMOTE-NC, for {table.inputs} numeric and {table.nominal} nominal columns"
        return "SMOTE-NC", mixed, lit.SMOTE_NC
    if around is not None and around.borderline >= lit.DISPUTED:
        clause = (
            "Borderline-SMOTE, as "
            f"{around.borderline:.0%} of its sampled rows lie on the border to other classes"
        )
        return "Borderline-SMOTE", clause, lit.BORDERLINE_SMOTE
    return "SMOTE", "SMOTE", lit.SMOTE

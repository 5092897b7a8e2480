"""Numbers and sentences: how figures read, the same in a page, a notebook and a terminal."""

from __future__ import annotations

import json
import math
import unicodedata
from statistics import median
from typing import TYPE_CHECKING, Any

from spark_smote.results import (
    ClassOutcome,
    ColumnRole,
    LevelDrift,
    MethodShown,
    NearestReal,
    ResampleReport,
)

if TYPE_CHECKING:
    from spark_smote.report.view import Constraint

_DIRECTION_MARKS = frozenset(
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Characters that reorder the text around them."""

MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"

ABSENT = "\N{EN DASH}"
"""In place of a figure that was not measured."""

GOOD_RECALL = 0.98
"""At a recall@5 of 0.99, gradient boosting and logistic regression scored as with exact neighbours
to within the noise between seeds; below this the sentence claims nothing."""


def literal(value: Any) -> str:
    r"""A label or name as text: what cannot be seen is spelled out, what is empty is quoted.

    Examples
    --------
    >>> literal(1), literal("a\x1b[31mb"), literal("")
    ('1', 'a\\x1b[31mb', '""')
    """
    text = str(value)
    shown = "".join(
        character.encode("unicode_escape", "surrogatepass").decode()
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or character in _DIRECTION_MARKS
        else character
        for character in text
    )
    return f'"{shown}"' if shown != shown.strip() or not shown else shown


def setting(value: Any) -> str:
    """A parameter's value: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return literal(value)
    return literal(json.dumps(value, ensure_ascii=False, default=str))


def count(number: int) -> str:
    """Rows, with thousands separators.

    >>> count(283301)
    '283,301'
    """
    return f"{number:,}"


def rows(number: int) -> str:
    """Rows with their unit.

    >>> rows(1), rows(2500)
    ('1 row', '2,500 rows')
    """
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def figure(number: float, digits: int = 3) -> str:
    """A measured number to some significant digits.

    >>> figure(0.52341), figure(12345.678), figure(1.5e-9), figure(0.0)
    ('0.523', '12,346', '1.5e-09', '0')
    """
    if not math.isfinite(number):
        return ABSENT
    if number == 0:
        return "0"
    if not 1e-4 <= abs(number) < 1e9:
        return f"{number:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    return f"{number:,.{decimals}f}"


def share(fraction: float) -> str:
    """A part of the whole in percent, never rounded to none or to all.

    >>> share(0.5), share(0.0312), share(0.00002), share(0.9999), share(1.0)
    ('50%', '3.1%', '<0.1%', '>99.9%', '100%')
    """
    if not math.isfinite(fraction):
        return ABSENT
    percent = 100 * fraction
    if 0 < percent < 0.1:
        return "<0.1%"
    if 99.9 < percent < 100:
        return ">99.9%"
    return f"{percent:.1f}".removesuffix(".0") + "%"


def recall(fraction: float) -> str:
    """Recall to three decimals, never rounded up to a perfect one.

    >>> recall(0.98765), recall(0.9999), recall(1.0)
    ('0.988', '0.999', '1.000')
    """
    if not math.isfinite(fraction):
        return ABSENT
    return f"{min(fraction, 0.999) if fraction < 1 else 1.0:.3f}"


def ratio(number: float) -> str:
    """A ratio near 1.

    >>> ratio(1.0), ratio(1.01234)
    ('1.000', '1.012')
    """
    return f"{number:,.3f}" if math.isfinite(number) else ABSENT


def seconds(number: float) -> str:
    """A duration.

    >>> seconds(0.034), seconds(7.26), seconds(95), seconds(7384)
    ('0.03 s', '7.3 s', '1 min 35 s', '2 h 03 min')
    """
    if number < 9.95:
        return f"{number:.2f} s" if number < 0.995 else f"{number:.1f} s"
    whole = round(number)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


# --- sentences ---


def headline(report: ResampleReport, arrow: str = "→") -> str:
    """What happened, in one sentence."""
    changed = [c for c in report.classes if c.new_rows or c.rows_removed]
    if not changed:
        return f"Nothing to change: all {rows(report.rows_before)} stay as they are"
    added = sum(c.new_rows for c in changed)
    removed = sum(c.rows_removed for c in changed)
    what = [f"{count(added)} synthetic"] if added else []
    what += [f"{count(removed)} removed"] if removed else []
    if len(changed) == 1:
        (only,) = changed
        counts = f"{count(only.rows_before)} {arrow} {rows(only.rows_after)}"
        return f"{counts} of class {literal(only.label)}; {', '.join(what)}"
    counts = f"{count(report.rows_before)} {arrow} {rows(report.rows_after)}"
    return f"{counts}; {', '.join(what)}, in {len(changed)} of {len(report.classes)} classes"


def steps(report: ResampleReport, arrow: str = "→") -> list[str]:
    """What each sampler of a chain did, in one sentence each; nothing where it is no chain."""
    return [
        f"Step {number}, {literal(step.method)}: {headline(step, arrow)}"
        for number, step in enumerate(report.steps, 1)
    ]


def subline(report: ResampleReport) -> str:
    """The table as a whole: rows, classes, and how unequal these are before and after."""
    if not report.classes:
        return "The table has no classes."
    before = [c.rows_before for c in report.classes]
    after = [c.rows_after for c in report.classes]
    many = "1 class" if len(after) == 1 else f"{len(after):,} classes"
    if before == after:
        return (
            f"{rows(report.rows_before)} in {many}. The largest class is {imbalance(before)} "
            "times the size of the smallest."
        )
    now = "now all are of one size" if min(after) == max(after) else f"now {imbalance(after)} times"
    return (
        f"From {count(report.rows_before)} to {rows(report.rows_after)} in {many}. The largest "
        f"class was {imbalance(before)} times the size of the smallest, {now}."
    )


def imbalance(counts: list[int]) -> str:
    """Largest / smallest count.

    >>> imbalance([10, 45586]), imbalance([5, 5])
    ('4,559', '1')
    """
    quotient = max(counts) / max(1, min(counts))
    return f"{quotient:,.0f}" if quotient >= 100 else f"{quotient:,.1f}".removesuffix(".0")


def k_used(outcome: ClassOutcome) -> str:
    """The resolved k, with the one asked for where it differs; absent where none was used."""
    if outcome.method == "untouched" or outcome.k_resolved == 0:
        return ABSENT
    if outcome.k_resolved == outcome.k_requested:
        return count(outcome.k_resolved)
    return f"{count(outcome.k_resolved)} of {count(outcome.k_requested)} asked"


def searches(report: ResampleReport) -> bool:
    """Whether the method looks for neighbours at all."""
    return any(c.k_requested for c in report.classes)


def accuracy_sentence(report: ResampleReport) -> str:
    """What recall and distance ratio came to, for the class where the search did worst."""
    accuracy = report.accuracy
    if not searches(report):
        return "This method searches no neighbours."
    if not accuracy:
        return "The accuracy of the neighbour search was not measured in this run."
    if all(a.exact for a in accuracy):
        own = all(a.among == "its class" for a in accuracy)
        return (
            f"Every row was compared with all rows {'of its class' if own else 'searched'}: "
            "all neighbours are the true nearest ones."
        )
    worst = min(accuracy, key=lambda a: a.recall)
    where = f" of class {literal(worst.label)}, its worst" if len(accuracy) > 1 else ""
    found = (
        f"The search found {share(worst.recall)} of the true nearest neighbours{where}; "
        f"the neighbours it used are {_farther(worst.distance_ratio)}."
    )
    if worst.recall >= GOOD_RECALL:
        return f"{found} At such a recall models have scored the same as with exact neighbours."
    return f"{found} A higher searchQuality finds more of the true ones."


def _farther(distance_ratio: float) -> str:
    if not math.isfinite(distance_ratio):
        return "at a distance that was not measured"
    if distance_ratio < 1.0005:
        return "as near as the true ones"
    return f"{figure(100 * (distance_ratio - 1), 2)}% farther away than the true ones on average"


def constraint_sentence(constraint: Constraint) -> str:
    """Who meets a constraint: real rows, and new ones as they are first drawn."""
    real = f"{count(constraint.unmet)} of {rows(constraint.rows)} break it"
    nulls = f" ({count(constraint.unknown)} as NULL)" if constraint.unknown else ""
    drawn = share(constraint.drawn_met)
    return f"{real}{nulls}; {drawn} of trial draws meet it, and every new row will"


def nearest_sentence(nearest: NearestReal) -> str:
    """How near new rows come to real ones, against how near real ones come to each other."""
    if not nearest.synthetic:
        return "No new row of this class was sampled."
    copies = (
        f" {share(nearest.copies_share)} of the new rows equal a real row in every input column."
        if nearest.copies_share > 0
        else " No new row equals a real one."
    )
    middle = median(nearest.synthetic)
    if not nearest.real:
        return (
            f"A new row is typically {figure(middle)} standard deviations from the nearest "
            f"real row; there is no second real row to compare with.{copies}"
        )
    return (
        f"A new row is typically {figure(middle)} standard deviations from the nearest real row, "
        f"a real row {figure(median(nearest.real))} from the next.{copies}"
    )


def levels_sentence(columns: list[LevelDrift], left_out: int, largest_left_out: float) -> str:
    """How far levels are shared out otherwise among new rows than among real ones.

    >>> moved = LevelDrift("fraud", "job", 0.1312, 12, 9)
    >>> levels_sentence([moved], 2, 0.04)
    'Shares of levels, new against real rows (total variation, 0 to 1): job 0.131; 2 more 0.040 or
    less.'
    """
    named = ", ".join(f"{literal(moved.column)} {moved.total_variation:.3f}" for moved in columns)
    more = f"; {count(left_out)} more {largest_left_out:.3f} or less" if left_out else ""
    return f"Shares of levels, new against real rows (total variation, 0 to 1): {named}{more}."


def signed(number: float) -> str:
    """A difference, with its sign.

    >>> signed(0.123), signed(-0.001)
    ('+0.12', '0.00')
    """
    if not math.isfinite(number):
        return ABSENT
    text = f"{number:+,.2f}" if abs(number) < 1e6 else f"{number:+.2g}"
    return "0.00" if text in ("+0.00", "-0.00") else text.replace("-", MINUS)


def times(number: float) -> str:
    """A factor, with its sign."""
    if not math.isfinite(number):
        return ABSENT
    return TIMES + (f"{number:,.2f}" if number < 1e6 else f"{number:.2g}")


def on_new_rows(column: ColumnRole) -> str:
    """Where the values of a column come from on synthetic rows."""
    if column.policy is not None:
        return {
            "null": "null",
            "copy": "copied from the base row",
            "noise": "the base row's value and noise",
        }.get(column.policy, literal(column.policy))
    return {
        "input": "interpolated",
        "nominal": "most frequent around the base row",
        "label": "the class",
    }.get(column.role, ABSENT)


def on_removal(column: ColumnRole) -> str:
    """What a column is to a method that removes rows."""
    looked_at = {"input": "looked at", "nominal": "looked at, by level", "label": "the class"}
    return looked_at.get(column.role, "not looked at")


def more_columns(number: int, largest_ks: float) -> str:
    """What is left out of a list of the columns that drift most."""
    if number == 1:
        return f"One more column differs less: KS of {largest_ks:.3f}."
    return f"{count(number)} more columns differ less: KS of {largest_ks:.3f} at most."


def method_title(shown: MethodShown) -> str:
    """A method of a gallery, with the parameters that are not at their defaults.

    >>> method_title(MethodShown("random over-sampling", "", {"shrinkage": 0.5}, [], []))
    'Random over-sampling, shrinkage=0.5'
    """
    asked = [f"{name}={setting(value)}" for name, value in shown.parameters.items()]
    return ", ".join([shown.method[:1].upper() + shown.method[1:], *asked])


def method_counts(shown: MethodShown) -> str:
    """Rows of each class before and after a method of a gallery.

    >>> grown = ClassOutcome("rare", 12, 12, 48, "smote", 5, 5)
    >>> method_counts(MethodShown("SMOTE", "", {}, [grown], []))
    'rare 12 \N{RIGHTWARDS ARROW} 48'
    """
    return ", ".join(
        f"{literal(c.label)} {count(c.rows_before)}"
        + (f" \N{RIGHTWARDS ARROW} {count(c.rows_after)}" if c.rows_added else "")
        for c in shown.classes
    )

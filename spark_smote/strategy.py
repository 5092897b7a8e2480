"""Class counts + samplingStrategy → how many rows each class should have.

Pure Python, no rows: what a strategy means is decided here once, for over-samplers,
under-samplers and cleaners, with the arithmetic of imbalanced-learn 0.14. What no table could
satisfy raises `ParameterError` (see `check_strategy`); what depends on the counts, `DataError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from reprlib import repr as shown
from typing import Any, Literal, TypeAlias, cast

from spark_smote.errors import DataError, ParameterError
from spark_smote.labels import (
    classes_meant,
    in_order,
    largest,
    listed,
    number_in,
    plain,
    smallest,
)
from spark_smote.results import LabelValue

Counts: TypeAlias = Mapping[LabelValue, int]
"""Label value as it is in the table → rows that have it, one or more."""

Kind: TypeAlias = Literal["over-sampling", "under-sampling", "cleaning"]

Totals: TypeAlias = Mapping[Any, int]
Ratios: TypeAlias = Mapping[Any, float]
Strategy: TypeAlias = (
    str | float | Totals | Sequence[Any] | Callable[[dict[LabelValue, int]], Totals]
)

WORDS: Mapping[Kind, tuple[str, ...]] = {
    "over-sampling": ("auto", "minority", "not minority", "not majority", "all"),
    "under-sampling": ("auto", "majority", "not minority", "not majority", "all"),
    "cleaning": ("auto", "majority", "not minority", "not majority", "all"),
}
"""The words that each kind of sampler admits."""

# One row against more rows than any table has; keeps rows * ratio finite, too.
_LARGEST_RATIO = 1e12


def check_strategy(strategy: Strategy, ratios: Ratios | None = None, *, kind: Kind) -> None:
    """Check all that can be checked before any row is read.

    Parameters
    ----------
    strategy : str, float, mapping, sequence or callable
        The value of samplingStrategy.
    ratios : mapping of class to ratio, optional
        The value of samplingRatios.
    kind : {"over-sampling", "under-sampling", "cleaning"}
        What the sampler does.

    Raises
    ------
    ParameterError
        If no table could satisfy these values, or they contradict each other.

    Examples
    --------
    >>> check_strategy("minority", kind="under-sampling")
    Traceback (most recent call last):
        ...
    spark_smote.errors.ParameterError: samplingStrategy='minority' has no meaning for \
under-sampling; use one of 'auto', 'majority', 'not minority', 'not majority', 'all'
    """
    strategy = plain(strategy)
    if ratios is not None:
        _check_ratios(ratios, strategy, kind)
    elif isinstance(strategy, str):
        _check_word(strategy, kind)
    elif kind == "cleaning":
        if not isinstance(strategy, (list, tuple)) or not strategy:
            raise ParameterError(
                f"samplingStrategy={shown(strategy)} does not suit cleaning, which decides by "
                f"itself how many rows go; use one of {_words(kind)}, or a list of one class or "
                "more that may lose rows"
            )
    elif isinstance(strategy, Mapping):
        _check_totals(strategy, "samplingStrategy")
    elif _is_real(strategy):
        _check_float(strategy)
    elif not callable(strategy):
        raise ParameterError(
            f"samplingStrategy={shown(strategy)} is of type {type(strategy).__name__}; use one of "
            f"{_words(kind)}, a float in (0, 1], a dict of class to total, or a function of the "
            "counts that returns such a dict"
        )


def oversampling_targets(
    counts: Counts, *, strategy: Strategy = "auto", ratios: Ratios | None = None
) -> dict[LabelValue, int]:
    """Rows each class should have after over-sampling.

    Parameters
    ----------
    counts : mapping of label value to rows
        Every class of the table.
    strategy : str, float, mapping or callable, default="auto"
        A word raises the classes it names to the size of the largest, "auto" all but the
        largest. A float r, for two classes, adds ``int(n_maj * r - n_min)`` rows to the
        smaller. A mapping, or what a function of `counts` returns, gives totals per class.
    ratios : mapping of class to ratio, optional
        Rows of that class / rows of the largest: the total is ``int(n_maj * ratio)``. Above 1
        the class becomes larger than the largest is.

    Returns
    -------
    dict
        Every class, in sorted order → total rows, never fewer than it has.

    Raises
    ------
    ParameterError
        As `check_strategy`, or if a function returns something else than totals.
    DataError
        If these counts do not allow what was asked.

    Examples
    --------
    >>> oversampling_targets({"ok": 900, "fraud": 30}, strategy=0.25)
    {'fraud': 225, 'ok': 900}
    >>> oversampling_targets({0: 900, 1: 30, 2: 60}, ratios={"1": 0.1})
    {0: 900, 1: 90, 2: 60}
    """
    check_strategy(strategy, ratios, kind="over-sampling")
    rows = _sorted_rows(counts)
    for label, total in _asked(rows, strategy, ratios, "over-sampling").items():
        if total < rows[label]:
            raise DataError(
                f"{_request(strategy, ratios, label, total)} has {rows[label]}: an over-sampler "
                f"removes no rows; ask for {rows[label]} or more, or leave the class out"
            )
        rows[label] = total
    return rows


def undersampling_targets(
    counts: Counts, *, strategy: Strategy = "auto", ratios: Ratios | None = None
) -> dict[LabelValue, int]:
    """Rows each class should have after under-sampling.

    Parameters
    ----------
    counts : mapping of label value to rows
        Every class of the table.
    strategy : str, float, mapping or callable, default="auto"
        A word brings the classes it names down to the size of the smallest, "auto" all but the
        smallest. A float r, for two classes, keeps ``int(n_min / r)`` rows of the larger. A
        mapping, or what a function of `counts` returns, gives totals per class.
    ratios : mapping of class to ratio, optional
        Rows of that class / rows of the smallest: the total is ``int(n_min * ratio)``.

    Returns
    -------
    dict
        Every class, in sorted order → total rows, never more than it has.

    Raises
    ------
    ParameterError, DataError
        As `oversampling_targets`.

    Examples
    --------
    >>> undersampling_targets({"ok": 900, "fraud": 30}, strategy=0.25)
    {'fraud': 30, 'ok': 120}
    """
    check_strategy(strategy, ratios, kind="under-sampling")
    rows = _sorted_rows(counts)
    for label, total in _asked(rows, strategy, ratios, "under-sampling").items():
        if total > rows[label]:
            raise DataError(
                f"{_request(strategy, ratios, label, total)} has {rows[label]}: an under-sampler "
                f"adds no rows; ask for {rows[label]} or fewer, or leave the class out"
            )
        if total == 0 and ratios is not None:
            raise DataError(
                f"{_request(strategy, ratios, label, total)} has {rows[label]}; "
                "give a ratio that keeps a row or more"
            )
        rows[label] = total
    return rows


def cleaning_targets(counts: Counts, *, strategy: Strategy = "auto") -> list[LabelValue]:
    """Classes that may lose rows to a cleaning method, in sorted order.

    Parameters
    ----------
    counts : mapping of label value to rows
        Every class of the table.
    strategy : str or sequence of classes, default="auto"
        A word, "auto" being every class but the smallest, or the classes themselves.

    Raises
    ------
    ParameterError, DataError
        As `oversampling_targets`.

    Examples
    --------
    >>> cleaning_targets({"a": 5, "b": 90, "c": 40})
    ['b', 'c']
    """
    check_strategy(strategy, kind="cleaning")
    rows = _sorted_rows(counts)
    if isinstance(strategy, str):
        return _classes_by_word(strategy, rows, "cleaning")
    named = cast(Sequence[Any], strategy)
    return in_order(classes_meant(named, rows, source="samplingStrategy"))


def is_persistable(strategy: Strategy) -> bool:
    """Whether the strategy can be saved with the sampler: functions cannot.

    >>> is_persistable({"fraud": 500}), is_persistable(lambda counts: counts)
    (True, False)
    """
    return not callable(strategy)


def _check_word(strategy: str, kind: Kind) -> None:
    if strategy in WORDS[kind]:
        return
    if any(strategy in words for words in WORDS.values()):
        raise ParameterError(
            f"samplingStrategy={strategy!r} has no meaning for {kind}; use one of {_words(kind)}"
        )
    hint = f"; if a class is meant, write [{shown(strategy)}]" if kind == "cleaning" else ""
    if not hint and number_in(strategy) is not None:
        hint = f"; if a number is meant, write it without quotes: {strategy}"
    raise ParameterError(
        f"samplingStrategy={shown(strategy)} is not a known word; use one of {_words(kind)}{hint}"
    )


def _check_float(strategy: Any) -> None:
    if isinstance(strategy, Integral):
        equal = "samplingStrategy=1.0 for classes of equal size, or " if strategy == 1 else ""
        raise ParameterError(
            f"samplingStrategy={strategy} is an integer, so it may mean a ratio or a number of "
            f"rows; write {equal}a dict of class to total for a number of rows"
        )
    if not 0 < strategy <= 1:
        raise ParameterError(
            f"samplingStrategy={strategy} is outside (0, 1]; as a float it is rows of the "
            "smaller class / rows of the larger, e.g. 0.25"
        )


def _check_totals(totals: Mapping[Any, Any], source: str) -> None:
    if not totals:
        raise ParameterError(
            f"{source}={{}} names no class; give the total of one class or more, or use 'auto'"
        )
    for key, value in totals.items():
        label, total = plain(key), plain(value)
        request = f"{source} asks for {total!r} rows of class {label!r}"
        if not _is_real(total):
            raise ParameterError(f"{request}; give the total as an integer")
        if not isinstance(total, Integral):
            whole = f"write {int(total)}; " if float(total).is_integer() else ""
            raise ParameterError(
                f"{request}, but totals are integers; {whole}"
                f"for a ratio use samplingRatios={{{label!r}: {total!r}}}"
            )
        if total < 0:
            raise ParameterError(f"{request}; give a total of 0 or more")


def _check_ratios(ratios: Any, strategy: Any, kind: Kind) -> None:
    given = f"samplingRatios={shown(ratios)}"
    if not (isinstance(strategy, str) and strategy == "auto"):
        raise ParameterError(
            f"samplingStrategy={shown(strategy)} and {given} are both given; leave out one of them"
        )
    if kind == "cleaning":
        raise ParameterError(
            f"{given} has no meaning for cleaning, which decides by itself how many rows go; "
            "name the classes that may lose rows in samplingStrategy"
        )
    if not isinstance(ratios, Mapping) or not ratios:
        raise ParameterError(
            f"{given} names no class; give a dict of class to ratio, e.g. {{'fraud': 0.25}}, "
            "or leave it out"
        )
    reference = "largest" if kind == "over-sampling" else "smallest"
    for key, value in ratios.items():
        ratio = plain(value)
        if not _is_real(ratio) or not 0 < ratio <= _LARGEST_RATIO:
            raise ParameterError(
                f"samplingRatios gives class {plain(key)!r} the ratio {ratio!r}; give a number in "
                f"(0, {_LARGEST_RATIO:g}]: rows of that class / rows of the {reference}"
            )


def _words(kind: Kind) -> str:
    return ", ".join(repr(word) for word in WORDS[kind])


def _is_real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _sorted_rows(counts: Counts) -> dict[LabelValue, int]:
    rows = {label: int(counts[label]) for label in in_order(counts)}
    if len(rows) < 2:
        found = f"one class only, {listed(rows)}" if rows else "no class: the table has no rows"
        raise DataError(
            f"the label has {found}; resampling needs two or more: check labelCol and the input"
        )
    return rows


def _asked(
    rows: dict[LabelValue, int], strategy: Strategy, ratios: Ratios | None, kind: Kind
) -> dict[LabelValue, int]:
    """Total asked for per class; classes that nothing was asked for are absent."""
    reference = rows[largest(rows) if kind == "over-sampling" else smallest(rows)]
    if ratios is not None:
        labels = classes_meant(ratios, rows, source="samplingRatios")
        totals = [int(reference * float(ratio)) for ratio in ratios.values()]
        return dict(zip(labels, totals, strict=True))
    if isinstance(strategy, str):
        return dict.fromkeys(_classes_by_word(strategy, rows, kind), reference)
    if _is_real(strategy):
        return _asked_by_float(rows, float(cast(float, strategy)), kind)
    source = "samplingStrategy"
    if callable(strategy):
        source, strategy = "samplingStrategy's result", returned_totals(strategy, rows)
    by_class = cast(Totals, strategy)
    labels = classes_meant(by_class, rows, source=source)
    return dict(zip(labels, map(int, by_class.values()), strict=True))


def returned_totals(function: Callable[[dict[LabelValue, int]], Any], rows: Counts) -> Totals:
    """What a function of the counts returns, refused with `ParameterError` if it is no totals."""
    totals = function(dict(rows))
    source = "samplingStrategy's result"
    if not isinstance(totals, Mapping):
        raise ParameterError(
            f"{source} is {shown(totals)}, of type {type(totals).__name__}; "
            "let the function return a dict of class to total"
        )
    _check_totals(totals, source)
    return totals


def _asked_by_float(rows: dict[LabelValue, int], ratio: float, kind: Kind) -> dict[LabelValue, int]:
    smaller = smallest(rows)
    larger, *others = [label for label in rows if label != smaller]
    if others:
        example = {smaller: ratio} if kind == "over-sampling" else {largest(rows): 1 / ratio}
        raise DataError(
            f"samplingStrategy={ratio} is a ratio of two classes, but there are {len(rows)}: "
            f"{listed(rows)}; use samplingRatios, e.g. {example!r}"
        )
    n_smaller, n_larger = rows[smaller], rows[larger]
    # The truncation is imbalanced-learn's, so that the same ratio gives the same rows.
    if kind == "over-sampling":
        added = int(n_larger * ratio - n_smaller)
        if added > 0:
            return {smaller: n_smaller + added}
        problem = f"adds no row to class {smaller!r}"
    else:
        if (kept := n_smaller / ratio) < n_larger + 1:
            return {larger: int(kept)}
        problem = f"asks for {kept:.0f} rows of class {larger!r}"
    raise DataError(
        f"samplingStrategy={ratio} {problem}: class {smaller!r} has {n_smaller} rows, "
        f"{n_smaller / n_larger:.6g} of the {n_larger} of class {larger!r}; give a ratio above "
        "that by a row or more, up to 1"
    )


def _classes_by_word(word: str, rows: dict[LabelValue, int], kind: Kind) -> list[LabelValue]:
    if word == "auto":
        word = "not majority" if kind == "over-sampling" else "not minority"
    if word == "all":
        return list(rows)
    named = largest(rows) if word.endswith("majority") else smallest(rows)
    return [label for label in rows if (label == named) is not word.startswith("not ")]


def _request(strategy: Strategy, ratios: Ratios | None, label: LabelValue, total: int) -> str:
    name, value = ("Strategy", strategy) if ratios is None else ("Ratios", ratios)
    return f"sampling{name}={shown(plain(value))} asks for {total} rows of class {label!r}, which"

"""Class labels as users write them and as tables hold them (pure Python)."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from spark_smote.errors import DataError
from spark_smote.results import LabelValue

_CLASSES_LISTED = 10


def classes_meant(
    keys: Iterable[Any], rows: Mapping[LabelValue, int], *, source: str
) -> list[LabelValue]:
    """The class each key means, in the order of the keys.

    A key means the class it equals in value and type. Failing that, the one whose text it
    shares, ``True`` being "true" and "True", or the one that is the same number: 1.0, "1" and
    "1.0" mean the integer 1. Labels that are text are not read as numbers, because "01" and "1"
    are different codes. So a key and its text mean the same class, and a strategy means after
    being saved and loaded what it meant before.

    Parameters
    ----------
    keys : iterable
        Classes as a user wrote them.
    rows : mapping of label value to rows
        The classes of the table.
    source : str
        The parameter that holds the keys, for messages.

    Raises
    ------
    DataError
        If a key means no class or several, or two keys mean the same one.

    Examples
    --------
    >>> classes_meant(["1", 0.0], {0: 900, 1: 30}, source="samplingStrategy")
    [1, 0]
    """
    key_of: dict[LabelValue, Any] = {}
    for key in map(plain, keys):
        label = _class_meant(key, rows, source)
        if label in key_of:
            raise DataError(
                f"{source} names class {label!r} ({rows[label]} rows) twice, "
                f"as {key_of[label]!r} and as {key!r}; leave one out"
            )
        key_of[label] = key
    return list(key_of)


def in_order(labels: Iterable[LabelValue]) -> list[LabelValue]:
    """Labels sorted: numbers, then dates, then text, each in its own order.

    >>> in_order(["b", 10, "a", 9.5, True])
    [True, 9.5, 10, 'a', 'b']
    """
    return sorted(labels, key=_sort_key)


def listed(rows: Mapping[LabelValue, int]) -> str:
    """Classes and their sizes for a message; of many, the first ten.

    >>> listed({"a": 5, "b": 7})
    "'a' (5 rows), 'b' (7 rows)"
    """
    shown = [f"{plain(label)!r} ({count} rows)" for label, count in rows.items()]
    more = len(shown) - _CLASSES_LISTED
    return ", ".join(shown[:_CLASSES_LISTED]) + (f" and {more} more" if more > 0 else "")


def largest(counts: Mapping[LabelValue, int]) -> LabelValue:
    """Class with the most rows; of several, the first in sorted order.

    >>> largest({"b": 9, "a": 9, "c": 2})
    'a'
    """
    return max(in_order(counts), key=lambda label: counts[label])


def smallest(counts: Mapping[LabelValue, int]) -> LabelValue:
    """Class with the fewest rows; of several, the first in sorted order.

    >>> smallest({"c": 2, "a": 9, "b": 2})
    'b'
    """
    return min(in_order(counts), key=lambda label: counts[label])


def plain(value: Any) -> Any:
    """A numpy scalar as the Python value it holds, anything else as it is."""
    is_scalar = hasattr(value, "dtype") and isinstance(value, Hashable)
    return value.item() if is_scalar else value


def number_in(value: Any) -> Decimal | None:
    """The finite number that a value or its text stands for, true being 1; None if it is none.

    >>> number_in("1.0") == number_in(1) == number_in("true"), number_in("fraud")
    (True, None)
    """
    text = str(value).strip().lower()
    if text in ("true", "false"):
        return Decimal(text == "true")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _class_meant(key: Any, rows: Mapping[LabelValue, int], source: str) -> LabelValue:
    labels = [label for label in rows if _same(key, plain(label))]
    if not labels:
        labels = [label for label in rows if _alike(key, plain(label))]
    if not labels:
        raise DataError(
            f"{source} names class {key!r}, which the table does not have; "
            f"name one of its classes: {listed(rows)}"
        )
    if len(labels) > 1:
        raise DataError(
            f"{source} names class {key!r}, which may be any of "
            f"{listed({label: rows[label] for label in labels})}; "
            f"write it as the label column has it, e.g. {labels[0]!r}"
        )
    return labels[0]


def _same(key: Any, label: LabelValue) -> bool:
    # By type too, since True == 1 == 1.0 in Python.
    return type(key) is type(label) and bool(key == label)


def _alike(key: Any, label: LabelValue) -> bool:
    key_text, label_text = str(key), str(label)
    if key_text == label_text:
        return True
    if key_text.lower() in ("true", "false") and key_text.lower() == label_text.lower():
        return True
    if isinstance(label, str):
        return False
    number = number_in(key)
    return number is not None and number == number_in(label)


def _sort_key(label: LabelValue) -> tuple[int, float | Decimal, str]:
    label = plain(label)
    if isinstance(label, (bool, int, float, Decimal)):
        # NaN compares with nothing; Spark puts it after all other numbers.
        return (1, 0, "") if math.isnan(label) else (0, label, "")
    if isinstance(label, date):
        return (2, 0, label.isoformat())
    return (3, 0, str(label))

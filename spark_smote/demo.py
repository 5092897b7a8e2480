"""A card-transactions table to try things on: made up, but shaped like the real thing.

One transaction in a hundred is fraud, of four kinds that lie in different corners of the table
(card testing, stolen cards, taken-over accounts, skimmed cash), and some of it looks like any
other transaction.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from spark_smote.config import ResampleConfig, load_config
from spark_smote.errors import OutputError, ParameterError

FRAUD_SHARE = 0.01
FEWEST_ROWS = 2_000
"""Twenty frauds: some in each corner."""

_FIRST_DAY = np.datetime64("2025-03-01T00:00:00", "s")
_DAYS = 90
_CHANNELS = np.array(["store", "online", "cash machine"])
_ROW_GROUP = 25_000
"""Rows per group: several, so that more than one core reads."""

Columns = dict[str, NDArray[Any]]


def demo_config(folder: Path, *, gallery: bool = False) -> ResampleConfig:
    """The job of the demo, on the table that `write_transactions` leaves in `folder`.

    Parameters
    ----------
    folder
        Of tables and report.
    gallery
        Whether the report shows what each method does to a small table of its own.
    """
    return load_config(
        options={
            "input.path": str(folder / "transactions.parquet"),
            "output.path": str(folder / "balanced"),
            "output.interleave": True,
            "output.if_exists": "replace",
            "report.gallery": gallery,
            "params": {
                "labelCol": "is_fraud",
                "ignoreCols": ["transaction_id"],
                "carryPolicy": {"transaction_id": "null", "booked_at": "copy", "channel": "copy"},
                "samplingStrategy": 0.1,
                "seed": 7,
            },
        }
    )


def write_transactions(path: Path, *, rows: int = 100_000, seed: int = 7) -> None:
    """Write a table of transactions as one Parquet file.

    Parameters
    ----------
    path
        The file; its folder is made, an older file is replaced.
    rows
        At least 2,000.
    seed
        Equal seeds make equal tables.

    Raises
    ------
    ParameterError
        Too few rows.
    OutputError
        The file cannot be written.
    """
    if rows < FEWEST_ROWS:
        raise ParameterError(f"rows={rows}: the demo needs at least {FEWEST_ROWS:,}")
    table = transactions(rows=rows, seed=seed)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, row_group_size=_ROW_GROUP)
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error}; give another folder with --output"
        ) from error


def transactions(*, rows: int, seed: int) -> pa.Table:
    """The table, in the order in which the transactions were booked."""
    rng = np.random.default_rng(seed)
    fraud = np.zeros(rows, dtype=bool)
    fraud[rng.choice(rows, size=round(rows * FRAUD_SHARE), replace=False)] = True
    columns = _ordinary(rng, rows)
    kinds = np.array_split(rng.permutation(np.flatnonzero(fraud)), 5)
    patterns = (_card_testing, _stolen_card, _taken_over_account, _skimmed_cash)
    for where, pattern in zip(kinds[:4], patterns, strict=True):  # the fifth looks ordinary
        for name, values in pattern(rng, len(where)).items():
            columns[name][where] = values
    return _as_table(columns, fraud, rng)


def _ordinary(rng: np.random.Generator, n: int) -> Columns:
    busy_hours = np.array(
        [1, 1, 1, 1, 1, 2, 4, 8, 9, 8, 8, 9, 12, 10, 8, 8, 9, 12, 12, 9, 6, 4, 3, 2]
    )
    return {
        "hour": rng.choice(24, size=n, p=busy_hours / busy_hours.sum()),
        "channel": rng.choice(3, size=n, p=[0.6, 0.33, 0.07]),
        "amount": rng.lognormal(3.3, 1.0, n),
        "merchant_risk": rng.beta(1.5, 12, n),
        "distance_km": rng.gamma(0.7, 18, n),
        "transactions_24h": rng.poisson(2.2, n),
        "minutes_since_last": rng.gamma(1.2, 420, n),
        "account_age_days": rng.gamma(2.0, 700, n).astype(np.int64),
        "wrong_pins": rng.binomial(3, 0.02, n),
    }


def _card_testing(rng: np.random.Generator, n: int) -> Columns:
    return {
        "channel": np.full(n, 1),
        "amount": rng.lognormal(0.4, 0.4, n),
        "merchant_risk": rng.beta(6, 6, n),
        "transactions_24h": 12 + rng.poisson(9, n),
        "minutes_since_last": rng.gamma(1.5, 2, n),
    }


def _stolen_card(rng: np.random.Generator, n: int) -> Columns:
    return {
        "hour": rng.choice(6, size=n),
        "channel": np.zeros(n, dtype=np.int64),
        "amount": rng.lognormal(5.6, 0.5, n),
        "distance_km": rng.gamma(6, 70, n),
        "transactions_24h": 4 + rng.poisson(3, n),
        "minutes_since_last": rng.gamma(2, 12, n),
    }


def _taken_over_account(rng: np.random.Generator, n: int) -> Columns:
    return {
        "channel": np.full(n, 1),
        "amount": rng.lognormal(6.2, 0.4, n),
        "merchant_risk": rng.beta(5, 9, n),
        "minutes_since_last": rng.gamma(3, 2500, n),
        "account_age_days": 1500 + rng.gamma(3, 500, n).astype(np.int64),
        "wrong_pins": rng.binomial(3, 0.5, n),
    }


def _skimmed_cash(rng: np.random.Generator, n: int) -> Columns:
    return {
        "channel": np.full(n, 2),
        "amount": 50.0 * rng.integers(4, 11, n),
        "distance_km": rng.gamma(8, 15, n),
        "minutes_since_last": rng.gamma(2, 20, n),
        "wrong_pins": rng.binomial(3, 0.25, n),
    }


def _as_table(columns: Columns, fraud: NDArray[np.bool_], rng: np.random.Generator) -> pa.Table:
    n = len(fraud)
    days = rng.integers(0, _DAYS, n)
    seconds = (days * 24 + columns["hour"]) * 3600 + rng.integers(0, 3600, n)
    order = np.argsort(seconds, kind="stable")
    columns = {name: values[order] for name, values in columns.items()}
    seconds, fraud = seconds[order], fraud[order]
    table = pa.table(
        {
            "transaction_id": np.char.add("tx-", np.char.zfill(np.arange(n).astype(str), 9)),
            "booked_at": pa.array(_FIRST_DAY + seconds).cast(pa.timestamp("us", tz="UTC")),
            "channel": _CHANNELS[columns["channel"]],
            "amount": np.round(np.clip(columns["amount"], 0.5, 20_000), 2),
            "hour": columns["hour"].astype(np.int32),
            "merchant_risk": columns["merchant_risk"],
            "distance_km": columns["distance_km"].astype(np.float32),
            "transactions_24h": columns["transactions_24h"].astype(np.int32),
            "minutes_since_last": columns["minutes_since_last"],
            "account_age_days": columns["account_age_days"],
            "wrong_pins": columns["wrong_pins"].astype(np.int16),
            "is_fraud": fraud.astype(np.int32),
        }
    )
    place = table.schema.get_field_index("amount")
    return table.set_column(place, "amount", table["amount"].cast(pa.decimal128(12, 2), safe=False))

"""The made-up transactions: the same every time, and rare fraud in them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spark_smote.demo import FRAUD_SHARE, transactions, write_transactions
from spark_smote.errors import OutputError, ParameterError


def test_equal_seeds_make_equal_tables_and_others_do_not():
    first, again, other = (transactions(rows=2_000, seed=seed) for seed in (7, 7, 8))

    assert first.equals(again)
    assert not first.equals(other)


def test_fraud_is_as_rare_as_announced():
    table = transactions(rows=10_000, seed=7)

    assert sum(table["is_fraud"].to_pylist()) == round(10_000 * FRAUD_SHARE)


def test_columns_have_the_types_that_real_tables_have():
    schema = transactions(rows=2_000, seed=7).schema

    assert schema.field("amount").type == pa.decimal128(12, 2)
    assert schema.field("distance_km").type == pa.float32()
    assert schema.field("hour").type == pa.int32()
    assert schema.field("transaction_id").type == pa.string()
    assert schema.field("booked_at").type == pa.timestamp("us", tz="UTC")


def test_transactions_are_in_the_order_of_booking_and_have_unique_ids():
    table = transactions(rows=3_000, seed=7)
    booked = table["booked_at"].to_pylist()

    assert booked == sorted(booked)
    assert len(set(table["transaction_id"].to_pylist())) == 3_000


def test_the_file_holds_the_table(tmp_path):
    path = tmp_path / "new" / "t.parquet"

    write_transactions(path, rows=2_000, seed=3)

    assert pq.read_table(path).equals(transactions(rows=2_000, seed=3))


def test_too_few_rows_are_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"rows=100: the demo needs at least 2,000"):
        write_transactions(tmp_path / "t.parquet", rows=100)


def test_a_folder_that_cannot_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="give another folder with --output"):
        write_transactions(tmp_path / "file" / "t.parquet", rows=2_000)

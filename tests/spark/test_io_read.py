"""Tables in: formats told from files, and every way an input can be wrong."""

import datetime
from pathlib import Path

import pytest
from pyspark.sql.types import StringType

from spark_smote.errors import PathError
from spark_smote.io import read_table
from spark_smote.io.lock import journal_of
from spark_smote.io.paths import locate


@pytest.fixture(scope="module")
def rows(spark):
    return spark.createDataFrame(
        [("a", 1, 0.5), ("b", 2, -0.0), (None, 3, float("nan"))], "label string, n int, x double"
    )


def labels(df):
    return sorted(str(row["label"]) for row in df.collect())


@pytest.mark.parametrize("name", ["claims", "a b", "schäden [1] {x}*", "50%20off"])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_format_of_a_folder_is_told_from_its_files_whatever_its_name(
    rows, spark, tmp_path, name, kind
):
    place = locate(tmp_path / name)
    rows.write.format(kind).option("header", "true").save(place.spark)
    df = read_table(spark, tmp_path / name)
    assert df.columns == ["label", "n", "x"]
    assert dict(df.dtypes)["n"] == "int"
    assert labels(df) == labels(rows)


def test_single_file_relative_path_and_file_uri(rows, spark, tmp_path, monkeypatch):
    rows.toPandas().to_parquet(tmp_path / "claims.parquet")
    rows.toPandas().to_csv(tmp_path / "claims.csv", index=False)
    monkeypatch.chdir(tmp_path)
    for path in ("claims.parquet", "./claims.csv", f"file://{tmp_path}/claims.parquet"):
        assert read_table(spark, path).count() == 3


def test_pattern_reads_all_it_matches(rows, spark, tmp_path):
    for year in (2023, 2024):
        rows.write.parquet(f"{tmp_path}/{year}/claims.parquet")
    assert read_table(spark, f"{tmp_path}/20*/claims.parquet").count() == 6


def test_csv_defaults_can_be_overridden_in_any_letter_case(spark, tmp_path):
    (tmp_path / "codes.csv").write_text("code;n\n01;1\n02;2\n")
    df = read_table(
        spark, tmp_path / "codes.csv", options={"Sep": ";", "INFERSCHEMA": False, "header": True}
    )
    assert df.dtypes == [("code", "string"), ("n", "string")]
    plain = read_table(spark, tmp_path / "codes.csv", options={"HEADER": "false", "sep": ";"})
    assert plain.count() == 3
    typed = read_table(
        spark, tmp_path / "codes.csv", options={"sep": ";", "schema": "code STRING, n BIGINT"}
    )
    assert [tuple(row) for row in typed.collect()] == [("01", 1), ("02", 2)]


@pytest.mark.parametrize("kind", ["orc", "json", "ORC"])
def test_any_format_that_spark_knows_by_name(rows, spark, tmp_path, kind):
    rows.write.format(kind).save(str(tmp_path / "claims"))
    assert labels(read_table(spark, tmp_path / "claims", format=kind)) == labels(rows)


def test_catalog_table_and_view(rows, spark):
    rows.createOrReplaceTempView("claims_view")
    try:
        assert read_table(spark, "claims_view", format="table").count() == 3
    finally:
        spark.catalog.dropTempView("claims_view")
    with pytest.raises(PathError, match=r"'claims_view' is no table or view.*catalog.schema.table"):
        read_table(spark, "claims_view", format="table")
    with pytest.raises(PathError, match="is no table or view"):
        read_table(spark, "no such name", format="table")


def test_missing_path_names_path_and_remedy(spark, tmp_path):
    for path in (tmp_path / "nowhere", tmp_path / "nowhere.parquet", tmp_path / "no*.csv"):
        with pytest.raises(PathError) as caught:
            read_table(spark, path)
        assert str(path) in str(caught.value)
        assert "does not exist" in str(caught.value)
        assert "format='table'" in str(caught.value)
        assert caught.value.exit_code == 2
    with pytest.raises(PathError, match="does not exist"):
        read_table(spark, tmp_path / "nowhere", format="orc")


def test_missing_table_with_a_journal_beside_it_points_to_recovery(spark, tmp_path):
    journal_of(locate(tmp_path / "claims")).write_bytes(b"{}")
    with pytest.raises(PathError, match=r"recover\("):
        read_table(spark, tmp_path / "claims")


def test_folder_without_data_is_empty(spark, tmp_path):
    (tmp_path / "claims").mkdir()
    (tmp_path / "claims" / "_SUCCESS").write_text("")
    for kind in (None, "parquet"):
        with pytest.raises(PathError, match="folder without data files"):
            read_table(spark, tmp_path / "claims", format=kind)


def test_file_without_content(spark, tmp_path):
    (tmp_path / "claims.csv").write_text("")
    with pytest.raises(PathError, match=r"claims\.csv' has no columns"):
        read_table(spark, tmp_path / "claims.csv")


def test_unknown_format_and_undecidable_files(rows, spark, tmp_path):
    rows.write.parquet(str(tmp_path / "claims"))
    with pytest.raises(PathError, match=r"format 'parket' of input .* is unknown to this Spark"):
        read_table(spark, tmp_path / "claims", format="parket")
    (tmp_path / "claims" / "notes.csv").write_text("a\n1\n")
    with pytest.raises(PathError, match=r"is not all \.parquet or all \.csv.*give its format"):
        read_table(spark, tmp_path / "claims")
    (tmp_path / "claims.xyz").write_text("a\n1\n")
    with pytest.raises(PathError, match="give its format"):
        read_table(spark, tmp_path / "claims.xyz")


def test_delta_table_is_not_mistaken_for_its_parquet_files(rows, spark, tmp_path):
    rows.write.parquet(str(tmp_path / "claims"))
    (tmp_path / "claims" / "_delta_log").mkdir()
    with pytest.raises(PathError, match="format 'delta'"):
        read_table(spark, tmp_path / "claims")


@pytest.mark.parametrize("damage", ["cut short", "overwritten", "emptied"])
def test_broken_parquet_footer_names_the_file(rows, spark, tmp_path, damage):
    rows.repartition(2).write.parquet(str(tmp_path / "claims"))
    file = sorted((tmp_path / "claims").glob("part-*"))[-1]
    whole = file.read_bytes()
    file.write_bytes({"cut short": whole[:-9], "overwritten": b"x" * 400, "emptied": b""}[damage])
    for kind in (None, "parquet"):
        with pytest.raises(PathError) as caught:
            read_table(spark, tmp_path / "claims", format=kind)
        assert file.name in str(caught.value)
        assert "no readable Parquet footer" in str(caught.value)
        assert "ignoreCorruptFiles" in str(caught.value)
    file.with_name(f".{file.name}.crc").unlink()
    tolerant = read_table(spark, tmp_path / "claims", options={"ignoreCorruptFiles": True})
    assert tolerant.count() < 3


def test_footers_are_found_broken_in_folders_of_partitions(rows, spark, tmp_path):
    rows.write.partitionBy("label").parquet(str(tmp_path / "claims"))
    file = next((tmp_path / "claims" / "label=b").glob("part-*"))
    file.write_bytes(b"PAR1")
    with pytest.raises(PathError, match="label=b"):
        read_table(spark, tmp_path / "claims")


def test_unknown_file_system_is_a_clear_error(spark):
    with pytest.raises(PathError, match='No FileSystem for scheme "nowhere"'):
        read_table(spark, "nowhere://bucket/claims.parquet")


def test_reading_needs_no_access_to_the_jvm(rows, spark, tmp_path, monkeypatch):
    rows.write.parquet(str(tmp_path / "claims"))
    source = "".join(
        path.read_text() for path in (Path(__file__).parents[2] / "spark_smote" / "io").glob("*.py")
    )
    assert "_jvm" not in source
    assert "sparkContext" not in source
    assert ".rdd" not in source
    assert read_table(spark, tmp_path / "claims").count() == 3


def test_dates_and_strings_of_a_foreign_partitioned_table_are_spark_s_guess(rows, spark, tmp_path):
    df = spark.createDataFrame([("01", datetime.date(2024, 1, 1))], "label string, day date")
    df.write.partitionBy("label").parquet(str(tmp_path / "claims"))
    guessed = read_table(spark, tmp_path / "claims")
    assert guessed.schema["label"].dataType != StringType()

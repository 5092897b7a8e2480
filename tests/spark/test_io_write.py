"""Tables out: layout, counts, manifest, formats, and what is not replaced."""

import datetime
import json
from collections import Counter
from contextlib import contextmanager
from decimal import Decimal

import pyarrow.parquet as pq
import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import functions as sf

from spark_smote.errors import OutputError, ParameterError, PathError, SchemaError
from spark_smote.io import (
    ClassRows,
    Layout,
    check_layout,
    measured_bytes_per_row,
    planned_rows,
    read_manifest,
    read_table,
    recover,
    write_output,
)
from spark_smote.io.paths import data_files, locate
from spark_smote.results import ClassOutcome

PLANNED = [ClassRows("01", 6, 6, 4), ClassRows("1", 10, 10, 0)]
SCHEMA = "id bigint, label string, x double, note string, is_synthetic boolean"


def table(spark, schema=SCHEMA):
    real = [(i, "01" if i < 6 else "1", float(i), None, False) for i in range(16)]
    new = [(None, "01", i + 0.5, "x", True) for i in range(4)]
    return spark.createDataFrame(real + new, schema).repartition(3)


def write(df, target, **options):
    given = {"expected": PLANNED, "label_col": "label", **options}
    return write_output(df, target, **given)


def content(df):
    return Counter(tuple(map(repr, row)) for row in df.collect())


def files_of(path):
    return [info.path for info in data_files(locate(path))]


def names_in(path):
    return sorted(p.name for p in path.iterdir())


@pytest.mark.parametrize("name", ["out", "with space", "ausgabe ü [1]*{a}", "100%25"])
@pytest.mark.parametrize("layout", [Layout(), Layout(interleave=True), Layout(["label"])])
def test_written_table_reads_back_as_it_was(spark, tmp_path, name, layout):
    df = table(spark)
    result = write(df, tmp_path / name, layout=layout)
    back = read_table(spark, tmp_path / name)
    assert [(f.name, f.dataType) for f in back.schema] == [(f.name, f.dataType) for f in df.schema]
    assert content(back) == content(df)
    assert names_in(tmp_path) == [name]
    assert result.rows == 20
    assert result.target == str(tmp_path.resolve() / name)
    assert sum(file.rows for file in result.files) == 20
    assert result.bytes == sum(file.bytes for file in result.files) > 0


def test_relative_path_is_where_this_process_works(spark, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(table(spark), "tables/out")
    assert names_in(tmp_path / "tables") == ["out"]
    assert read_table(spark, "tables/out").count() == 20


def test_partition_by_keeps_label_01_apart_from_1(spark, tmp_path):
    write(table(spark), tmp_path / "out", layout=Layout(["label"]))
    assert {"label=01", "label=1"} <= set(names_in(tmp_path / "out"))
    # What Spark makes of the folder names by itself:
    assert dict(spark.read.parquet(str(tmp_path / "out")).dtypes)["label"] == "int"
    back = read_table(spark, tmp_path / "out")
    assert Counter(row["label"] for row in back.collect()) == {"01": 10, "1": 10}


def test_partition_columns_of_every_allowed_type_come_back(spark, tmp_path):
    values = [("01", 7, True, datetime.date(2024, 2, 29), Decimal("1.50"), 0),
              (" a/b=ü%", -7, False, None, Decimal("-0.01"), 1),
              ("null", None, None, datetime.date(1, 1, 1), None, 2),
              ("true", 0, True, datetime.date(2024, 2, 29), Decimal("1.50"), 3)]  # fmt: skip
    df = spark.createDataFrame(
        values, "s string, i smallint, b boolean, d date, c decimal(5,2), label int"
    )
    columns = ["s", "i", "b", "d", "c"]
    write_output(
        df,
        tmp_path / "out",
        expected=[ClassRows(i, 1, 1, 0) for i in range(4)],
        label_col="label",
        synthetic_col="",
        layout=Layout(columns),
    )
    back = read_table(spark, tmp_path / "out")
    assert back.dtypes == df.dtypes
    assert sorted(map(tuple, back.collect()), key=lambda row: row[-1]) == values


@pytest.mark.parametrize("value", ["", "__HIVE_DEFAULT_PARTITION__"])
@pytest.mark.parametrize("interleave", [False, True])
def test_partition_value_that_would_become_null_is_an_error(spark, tmp_path, value, interleave):
    df = table(spark).withColumn("note", sf.lit(value))
    layout = Layout(["note"], interleave=interleave)
    with pytest.raises(OutputError, match="column 'note' holds an empty string or"):
        write(df, tmp_path / "out", layout=layout)
    assert names_in(tmp_path) == []


def test_layout_that_the_schema_does_not_allow_is_refused_before_any_work(spark, tmp_path):
    schema = table(spark).withColumn("t", sf.lit(None).cast("timestamp")).schema
    wrong = {
        "no_such": (SchemaError, "names 'no_such', which the output does not have.*'id', 'label'"),
        "x": (SchemaError, "'x' of type double"),
        "t": (SchemaError, "'t' of type timestamp.*add a date column"),
    }
    for name, (error, message) in wrong.items():
        with pytest.raises(error, match=message):
            check_layout(schema, Layout([name]))
    with pytest.raises(SchemaError, match="every column"):
        check_layout(schema[1:2], Layout(["label"]))
    with pytest.raises(ParameterError, match="twice"):
        check_layout(schema, Layout(["label", "label"]))
    with pytest.raises(ParameterError, match="target_file_mb is 0"):
        check_layout(schema, Layout(target_file_mb=0))
    assert names_in(tmp_path) == []


def test_interleaved_files_all_hold_real_and_synthetic_rows(spark, tmp_path):
    real = spark.range(6000).selectExpr("id", "'a' label", "rand(1) x", "false is_synthetic")
    new = spark.range(2000).selectExpr("-id id", "'a' label", "rand(2) x", "true is_synthetic")
    layout = Layout(interleave=True, target_file_mb=1, bytes_per_row=1024, seed=3)
    planned = [ClassRows("a", 6000, 6000, 2000)]
    write(real.union(new), tmp_path / "out", layout=layout, expected=planned)
    shares = []
    for file in files_of(tmp_path / "out"):
        column = pq.read_table(file, columns=["is_synthetic"])["is_synthetic"].to_pylist()
        shares.append(sum(column) / len(column))
        # Mixed within the file too: the first tenth looks like the whole.
        tenth = column[: len(column) // 10]
        assert 0.1 < sum(tenth) / len(tenth) < 0.4
    assert len(shares) == 8
    assert all(0.2 < share < 0.3 for share in shares)


@pytest.mark.parametrize("partition_by", [[], ["label"], ["id_group"]])
def test_interleaved_files_are_the_same_whatever_the_partitions(spark, tmp_path, partition_by):
    def bytes_of(partitions, name):
        rows = spark.range(500).repartition(partitions).selectExpr(
            "id", "if(id % 3 = 0, 'a', 'b') label", "id % 2 = 0 is_synthetic",
            "cast(id % 5 as string) id_group",
        )  # fmt: skip
        layout = Layout(partition_by, interleave=True, target_file_mb=0.1, bytes_per_row=1024)
        planned = [ClassRows("a", 83, 83, 84), ClassRows("b", 167, 167, 166)]
        write(rows, tmp_path / name, layout=layout, expected=planned)
        folders = [str(tmp_path / name), ""]
        return sorted(
            (str(pq.ParquetFile(f).read().to_pydict()), str(f).replace(*folders).split("part-")[0])
            for f in files_of(tmp_path / name)
        )

    first = bytes_of(1, "one")
    assert first == bytes_of(7, "seven")
    assert len(first) > 3


def test_target_size_bounds_the_rows_per_file(spark, tmp_path):
    df = spark.range(1000).selectExpr("id", "'a' label", "false is_synthetic").coalesce(1)
    planned = [ClassRows("a", 1000, 1000, 0)]
    layout = Layout(target_file_mb=0.1, bytes_per_row=1024)
    result = write(df, tmp_path / "out", expected=planned, layout=layout)
    assert sorted(file.rows for file in result.files) == [82] + [102] * 9
    unlimited = write(df, tmp_path / "out", expected=planned)
    assert [file.rows for file in unlimited.files] == [1000]


def test_interleaved_rows_that_are_all_equal_are_split_too(spark, tmp_path):
    df = spark.range(1000).selectExpr("1 id", "'a' label", "false is_synthetic")
    layout = Layout(interleave=True, target_file_mb=0.1, bytes_per_row=1024)
    planned = [ClassRows("a", 1000, 1000, 0)]
    result = write(df, tmp_path / "out", expected=planned, layout=layout)
    assert max(file.rows for file in result.files) <= 153


def test_bytes_per_row_are_measured_on_the_input(spark, tmp_path):
    spark.range(50_000).selectExpr("rand(1) x").write.parquet(str(tmp_path / "in"))
    assert 6 < measured_bytes_per_row(str(tmp_path / "in")) < 10
    assert measured_bytes_per_row(str(tmp_path / "nowhere")) is None
    (tmp_path / "in.csv").write_text("x\n1\n")
    assert measured_bytes_per_row(str(tmp_path / "in.csv")) is None


def test_columns_of_all_kinds_survive_interleaving(spark, tmp_path):
    df = kinds(spark)
    write(
        df,
        tmp_path / "out",
        expected=[ClassRows("a", 2, 2, 0)],
        layout=Layout(["label"], interleave=True),
    )
    back = read_table(spark, tmp_path / "out")
    assert back.columns == df.columns
    assert [f.dataType for f in back.schema] == [f.dataType for f in df.schema]
    assert content(back) == content(df)


def kinds(spark):
    from pyspark.ml.linalg import VectorUDT
    from pyspark.sql import types as t

    schema = t.StructType(
        [
            t.StructField("m", t.MapType(t.StringType(), t.IntegerType())),
            t.StructField("a.b `c`", t.ArrayType(t.DoubleType())),
            t.StructField("label", t.StringType(), False, {"levels": ["a"]}),
            t.StructField("v", VectorUDT()),
            t.StructField("s", t.StructType([t.StructField("x", t.FloatType())])),
            t.StructField("zero", t.DoubleType()),
            t.StructField("raw", t.BinaryType()),
            t.StructField("at", t.TimestampType()),
            t.StructField("c", t.DecimalType(38, 10)),
            t.StructField("is_synthetic", t.BooleanType()),
        ]
    )
    at = datetime.datetime(2024, 2, 29, 12, 30, 0, 123456)
    big = Decimal("1234567890123456789012345678.0123456789")
    return spark.createDataFrame(
        [
            ({"k": 1}, [1.0, None], "a", Vectors.dense(1, 2), (0.5,), -0.0, b"\0", at, big, False),
            (None, None, "a", Vectors.sparse(3, {}), None, float("nan"), None, None, None, False),
        ],
        schema,
    )  # fmt: skip


def test_manifest_is_published_with_the_data(spark, tmp_path):
    about = {
        "config": {"asked": {"seed": 7}, "resolved": {"seed": 7, "kNeighbors": 5}},
        "versions": {"spark_smote": "0"},
        "input": {"path": "in", "fingerprint": "f"},
    }
    result = write(table(spark), tmp_path / "out", about=about, layout=Layout(["label"]))
    manifest = read_manifest(tmp_path / "out")
    assert manifest == json.loads(json.dumps(result.manifest))
    assert {key: manifest[key] for key in about} == about
    assert manifest["classes"] == [
        {"label": "01", "before": 6, "real": 6, "synthetic": 4, "after": 10},
        {"label": "1", "before": 10, "real": 10, "synthetic": 0, "after": 10},
    ]
    assert [f["name"] for f in manifest["schema"]["fields"]] == table(spark).columns
    on_disk = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").glob("*/part-*")}
    assert {file["path"] for file in manifest["files"]} == on_disk
    assert manifest["run"]["id"] == result.run_id
    assert manifest["run"]["written_utc"].endswith("+00:00")
    assert set(manifest["run"]["seconds"]) == {"write", "verify"}
    # Spark does not take the manifest's folder for data.
    assert spark.read.parquet(str(tmp_path / "out")).count() == 20


def test_equal_runs_differ_in_run_and_file_names_only(spark, tmp_path):
    def without_run(name):
        write(table(spark), tmp_path / name, layout=Layout(interleave=True))
        manifest = read_manifest(tmp_path / name)
        return {key: value for key, value in manifest.items() if key not in ("run", "files")}

    assert without_run("one") == without_run("two")


def test_manifest_keys_are_not_overwritten(spark, tmp_path):
    with pytest.raises(ParameterError, match="'classes'"):
        write(table(spark), tmp_path / "out", about={"classes": []})


def test_folder_without_manifest_or_with_a_newer_one(spark, tmp_path):
    with pytest.raises(PathError, match=r"holds no _spark_smote/manifest\.json"):
        read_manifest(tmp_path)
    (tmp_path / "_spark_smote").mkdir()
    (tmp_path / "_spark_smote" / "manifest.json").write_text('{"manifest_version": 99}')
    with pytest.raises(PathError, match=r"version 99.*upgrade"):
        read_manifest(tmp_path)


def test_extra_files_are_made_from_the_verified_rows_and_published(spark, tmp_path):
    phases = []

    @contextmanager
    def progress(name):
        phases.append(name)
        yield

    def report(df):
        assert names_in(tmp_path)[0].startswith(".out.publish.json")
        assert not (tmp_path / "out").exists()
        labels = Counter(row["label"] for row in df.collect())
        return {"report.html": f"<p>{labels['01']} ü", "report.json": b"{}"}

    write(table(spark), tmp_path / "out", extra_files=report, progress=progress)
    assert phases == ["write", "verify", "report", "publish"]
    folder = tmp_path / "out" / "_spark_smote"
    assert names_in(folder) == ["manifest.json", "report.html", "report.json"]
    assert (folder / "report.html").read_text(encoding="utf-8") == "<p>10 ü"


def test_own_table_is_replaced_without_being_asked_twice(spark, tmp_path):
    write(table(spark), tmp_path / "out")
    first = set(files_of(tmp_path / "out"))
    write(table(spark), tmp_path / "out")
    assert not first & set(files_of(tmp_path / "out"))
    assert names_in(tmp_path) == ["out"]


@pytest.mark.parametrize("foreign", ["table", "notes", "appended"])
def test_what_this_package_did_not_write_is_not_replaced(spark, tmp_path, foreign):
    if foreign == "table":
        table(spark).write.parquet(str(tmp_path / "out"))
    elif foreign == "notes":
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.tex").write_text("years of work")
    else:
        write(table(spark), tmp_path / "out")
        table(spark).write.mode("append").parquet(str(tmp_path / "out"))
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    with pytest.raises(PathError, match="if_exists='replace'"):
        write(table(spark), tmp_path / "out")
    assert {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == before
    assert names_in(tmp_path) == ["out"]
    write(table(spark), tmp_path / "out", if_exists="replace")
    assert read_table(spark, tmp_path / "out").count() == 20


def test_replacing_what_a_link_points_at_keeps_the_link(spark, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "out")
    write(table(spark), tmp_path / "link")
    write(table(spark), tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert names_in(tmp_path / "disk") == ["out"]


@pytest.mark.parametrize("kind", ["csv", "json", "orc"])
def test_other_file_formats_go_the_same_way(spark, tmp_path, kind):
    df = table(spark)
    for _ in range(2):
        result = write(df, tmp_path / "out", format=kind, layout=Layout(["label"]))
    assert {file.rows for file in result.files} == {None}
    back = read_table(spark, tmp_path / "out", format=kind)
    assert back.dtypes == df.dtypes
    assert content(back) == content(df)


def test_writer_options_are_remembered_for_reading(spark, tmp_path):
    write(table(spark), tmp_path / "out", format="csv", options={"sep": "|", "header": False})
    assert content(read_table(spark, tmp_path / "out")) == content(table(spark))
    write(table(spark), tmp_path / "out", options={"compression": "zstd"})
    assert all(".zstd." in file for file in files_of(tmp_path / "out"))


def test_format_or_type_that_cannot_be_written_fails_before_rows_are_computed(spark, tmp_path):
    @sf.udf("string")
    def untouched(value):
        raise AssertionError("a row was computed")

    df = table(spark).withColumn("note", untouched("x"))
    with pytest.raises(ParameterError, match="output format 'parket' is unknown to this Spark"):
        write(df, tmp_path / "out", format="parket")
    with pytest.raises(PathError, match=r"(?i)csv.*column `many`"):
        write(df.withColumn("many", sf.array("x")), tmp_path / "out", format="csv")
    assert names_in(tmp_path) == []


def test_catalog_table(spark):
    name = "io_claims"
    try:
        result = write(table(spark), name, format="table", layout=Layout(["label"]))
        assert (result.rows, result.files) == (20, [])
        assert result.manifest["classes"][0]["after"] == 10
        assert content(spark.table(name).select(*table(spark).columns)) == content(table(spark))
        with pytest.raises(PathError, match="'io_claims' exists"):
            write(table(spark), name, format="table")
        with pytest.raises(PathError, match="is a parquet table, which Spark deletes before"):
            write(table(spark), name, format="table", if_exists="replace")
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {name}")
    wrong = [ClassRows("01", 6, 6, 5), *PLANNED[1:]]
    try:
        with pytest.raises(OutputError, match=r"'io_claims' was written, but.*class '01'.*drop it"):
            write(table(spark), name, format="table", expected=wrong)
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {name}")


def test_table_without_rows(spark, tmp_path):
    for layout in (Layout(), Layout(["label"]), Layout(interleave=True)):
        result = write(table(spark).limit(0), tmp_path / "out", expected=[], layout=layout)
        assert result.rows == 0


def test_output_without_a_synthetic_column_is_counted_by_class(spark, tmp_path):
    df = table(spark).drop("is_synthetic")
    write(df, tmp_path / "out", synthetic_col="")
    assert read_table(spark, tmp_path / "out").count() == 20


def test_plan_of_classes_becomes_expected_rows():
    def outcome(label, before, after):
        return ClassOutcome(label, before, before, after, "smote", 5, 5)

    plan = [outcome("up", 6, 10), outcome("same", 10, 10), outcome("down", 9, 4)]
    assert planned_rows(plan) == [
        ClassRows("up", 6, 6, 4),
        ClassRows("same", 10, 10, 0),
        ClassRows("down", 9, 4, 0),
    ]


def test_nothing_to_recover_beside_a_published_table(spark, tmp_path):
    write(table(spark), tmp_path / "out")
    assert recover(tmp_path / "out") == []

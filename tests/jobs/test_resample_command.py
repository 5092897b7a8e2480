"""spark-smote resample: what it writes, what it says, and how it fails."""

import json
import logging
from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from spark_smote.config import load_config
from spark_smote.results import ClassOutcome, MethodShown, PointSet

COMMON, RARE = 300, 40
FITTING = ("--label", "label", "--carry", "null")


def _rows(folder):
    return pq.read_table(folder, partitioning=None)


def _entries(folder):
    """Everything below a folder, with the time of its last change."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def _traceless(result):
    return "Traceback" not in result.stderr and "\tat " not in result.stderr


def test_a_table_is_rebalanced_and_reported(cli, source, tmp_path):
    out = tmp_path / "out"

    result = cli("resample", source, out, *FITTING, "--strategy", "0.5", "--seed", "7")

    assert result.exit_code == 0, result.stderr
    table = _rows(out)
    assert table.column_names == ["name", "height", "weight", "visits", "label", "is_synthetic"]
    counts = Counter(
        zip(table["label"].to_pylist(), table["is_synthetic"].to_pylist(), strict=True)
    )
    assert counts == {("common", False): COMMON, ("rare", False): RARE, ("rare", True): 150 - RARE}
    assert f"{out}/_spark_smote/report.html" in result.stdout
    assert "rare" in result.stdout
    report = json.loads((out / "_spark_smote" / "report.json").read_text(encoding="utf-8"))
    assert {c["label"]: c["rows_after"] for c in report["classes"]} == {"common": 300, "rare": 150}
    assert report["portrait"] is not None
    assert {"profile", "sample", "hash", "write", "verify"} <= {p["name"] for p in report["phases"]}
    assert "<html" in (out / "_spark_smote" / "report.html").read_text(encoding="utf-8")
    manifest = json.loads((out / "_spark_smote" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["asked"]["params"]["seed"] == 7
    assert manifest["resolved"]["kNeighbors"] == 5
    assert manifest["input"]["path"] == str(source)


@pytest.mark.parametrize("method", ["enn", "tomek", "nearmiss"])
def test_a_table_is_cleaned_and_reported(cli, source, tmp_path, method):
    out = tmp_path / "out"
    given = Counter(_rows(source)["name"].to_pylist())

    result = cli("resample", source, out, "--label", "label", "--method", method)

    assert result.exit_code == 0, result.stderr
    table = _rows(out)
    left = Counter(table["label"].to_pylist())
    assert left["rare"] == RARE
    assert 0 < left["common"] < COMMON
    assert not Counter(table["name"].to_pylist()) - given
    assert not any(table["is_synthetic"].to_pylist())
    report = json.loads((out / "_spark_smote" / "report.json").read_text(encoding="utf-8"))
    assert {c["label"]: c["rows_after"] for c in report["classes"]} == left


def test_what_cleaning_leaves_of_real_and_new_rows_is_verified(cli, source, tmp_path):
    out = tmp_path / "out"

    result = cli("resample", source, out, *FITTING, "--method", "smote_enn")

    assert result.exit_code == 0, result.stderr
    assert "Step 1, SMOTE: 40 -> 300 rows of class rare; 260 synthetic" in result.stdout
    report = json.loads((out / "_spark_smote" / "report.json").read_text(encoding="utf-8"))
    assert [step["method"] for step in report["steps"]] == ["SMOTE", "Edited nearest neighbours"]
    assert report["portrait"]["sampled_synthetic"] > 0
    left = Counter(_rows(out)["label"].to_pylist())
    assert {c["label"]: c["rows_after"] for c in report["classes"]} == left


def test_rows_are_left_out_and_reported(cli, source, tmp_path):
    """By a method that takes neither columns nor neighbours."""
    out = tmp_path / "out"

    result = cli(
        *("resample", source, out, "--label", "label"),
        *("--method", "random_under", "--strategy", "0.5"),
    )

    assert result.exit_code == 0, result.stderr
    kept = Counter(_rows(out)["label"].to_pylist())
    assert kept == {"common": 2 * RARE, "rare": RARE}
    assert f"300 -> 80 rows of class common; {COMMON - 2 * RARE} removed" in result.stdout
    page = (out / "_spark_smote" / "report.html").read_text(encoding="utf-8")
    assert "This method makes no new rows" in page
    assert "On new rows" not in page
    report = json.loads((out / "_spark_smote" / "report.json").read_text(encoding="utf-8"))
    assert [p["name"] for p in report["phases"]][:3] == ["read", "profile", "draw"]
    refused = cli("resample", source, out, *FITTING, "--method", "random_under")
    assert refused.exit_code == 2
    assert "params.carryPolicy is no parameter of method 'random_under'" in refused.stderr


def test_phases_are_log_lines_where_there_is_no_terminal(cli, source, tmp_path):
    result = cli("resample", source, tmp_path / "out", *FITTING)

    for phase in ("read", "profile", "sample", "hash", "write", "verify", "report", "publish"):
        assert f"INFO {phase} ..." in result.stderr
        assert f"INFO {phase} done in " in result.stderr
    assert "INFO" not in result.stdout
    assert not logging.getLogger("spark_smote").handlers


def test_the_same_job_again_replaces_its_output_with_the_same_rows(cli, source, tmp_path):
    out = tmp_path / "out"
    args = ("resample", source, out, *FITTING, "--interleave")

    assert cli(*args).exit_code == 0
    first = _rows(out)
    assert cli(*args).exit_code == 0

    assert _rows(out).equals(first)


def test_new_rows_meet_constraints_and_a_shortfall_leaves_the_earlier_output(cli, source, tmp_path):
    out = tmp_path / "out"
    args = ("resample", source, out, *FITTING, "--set", "report.portrait=false")

    result = cli(*args, "--constraint", "visits % 2 = 0", "--constraint", "height > weight")
    assert result.exit_code == 0, result.stderr
    new = _rows(out).filter(pc.field("is_synthetic")).to_pylist()
    assert len(new) == COMMON - RARE
    assert all(row["visits"] % 2 == 0 and row["height"] > row["weight"] for row in new)
    report = json.loads((out / "_spark_smote" / "report.json").read_text(encoding="utf-8"))
    assert {each["condition"] for each in report["constraints"]} == {
        "visits % 2 = 0",
        "height > weight",
    }
    assert "INFO constraints ..." in result.stderr

    before = _entries(tmp_path)
    result = cli(*args, "--constraint", "visits >= 0", "--constraint", "visits > 99")
    assert result.exit_code == 3
    assert "error: constraints: class 'rare' is 260 short of the 260 new rows" in result.stderr
    assert "'visits > 99' by " in result.stderr
    assert "'visits >= 0' by " not in result.stderr
    assert f"Any earlier table at {out} is intact" in result.stderr
    assert _traceless(result)
    assert _entries(tmp_path) == before

    result = cli(*args, "--constraint", "visit > 1", "--dry-run")
    assert result.exit_code == 2
    assert "'visit > 1' names column 'visit'" in result.stderr


def test_a_dry_run_shows_a_configuration_that_loads_and_writes_nothing(cli, source, tmp_path):
    before = _entries(tmp_path)

    result = cli("resample", source, tmp_path / "out", *FITTING, "--k", "3", "--dry-run")

    assert result.exit_code == 0, result.stderr
    assert _entries(tmp_path) == before
    assert "dry run: nothing was written" in result.stdout
    shown = tmp_path / "shown.yaml"
    shown.write_text(result.stdout.partition("\n\n")[0], encoding="utf-8")
    config = load_config(shown)
    assert config.params["kNeighbors"] == 3
    assert config.params["searchQuality"] == "balanced"  # a default, filled in
    again = cli("resample", "--config", shown)
    assert again.exit_code == 0, again.stderr
    assert _rows(tmp_path / "out").num_rows == 2 * COMMON


def test_file_options_and_overrides_come_together(cli, source, tmp_path):
    config = tmp_path / "job.yaml"
    config.write_text(
        f"input: {{path: {source}}}\n"
        "params: {labelCol: label, carryPolicy: null, samplingStrategy: 0.9, seed: 3}\n"
        "report: {html: false, portrait: false}\n",
        encoding="utf-8",
    )

    result = cli(
        *("resample", "--config", config, "--strategy", '{"rare": 100}'),
        *("--set", f"output.path={tmp_path / 'out'}", "--set", "params.syntheticCol=made_up"),
    )

    assert result.exit_code == 0, result.stderr
    table = _rows(tmp_path / "out")
    assert sum(table["made_up"].to_pylist()) == 100 - RARE
    assert not (tmp_path / "out" / "_spark_smote" / "report.html").exists()
    assert (tmp_path / "out" / "_spark_smote" / "report.json").exists()


def test_groups_are_resampled_one_by_one(cli, source, tmp_path):
    table = pq.read_table(source)
    group = pa.array([i % 2 for i in range(table.num_rows)])
    grouped = tmp_path / "grouped.parquet"
    pq.write_table(table.append_column("branch", group), grouped)

    result = cli("resample", grouped, tmp_path / "out", *FITTING, "--group", "branch")

    assert result.exit_code == 0, result.stderr
    assert "INFO groups done in " in result.stderr
    rows = _rows(tmp_path / "out")
    found = Counter(zip(rows["label"].to_pylist(), rows["branch"].to_pylist(), strict=True))
    given = Counter(zip(table["label"].to_pylist(), group.to_pylist(), strict=True))
    largest = {branch: max(n for (_, b), n in given.items() if b == branch) for branch in (0, 1)}
    assert found == {(label, branch): largest[branch] for label, branch in given}
    report = (tmp_path / "out" / "_spark_smote" / "report.json").read_text(encoding="utf-8")
    assert json.loads(report)["groups"]["resampled"] == 2


def test_csv_comes_in_and_folders_by_column_go_out(cli, source, tmp_path, spark):
    text = tmp_path / "table.csv"
    pyarrow.csv.write_csv(pq.read_table(source), text)

    result = cli("resample", text, tmp_path / "out", *FITTING, "--partition-by", "label")

    assert result.exit_code == 0, result.stderr
    counts = spark.read.parquet(str(tmp_path / "out")).groupBy("label").count().collect()
    assert {row["label"]: row["count"] for row in counts} == {"common": COMMON, "rare": COMMON}


@pytest.mark.parametrize("command", ["resample", "inspect"])
@pytest.mark.parametrize("mistake", ["params.kNeighbors=0", "method=smoke", "params.sed=1"])
def test_a_mistake_in_the_configuration_is_found_before_spark_starts(
    cli, tmp_path, monkeypatch, command, mistake
):
    def start(settings):
        raise AssertionError("Spark was started")

    monkeypatch.setattr("spark_smote.cli.spark_session", start)
    paths = [tmp_path / "in", tmp_path / "out"][: 2 if command == "resample" else 1]

    result = cli(command, *paths, "--label", "label", "--set", mistake)

    assert result.exit_code == 2
    assert mistake.partition("=")[0].removeprefix("params.") in result.stderr


@pytest.mark.parametrize(
    ("args", "code", "messages"),
    [
        (["--set", "outptu.path=x"], 2, ["unknown key 'outptu'", "did you mean 'output'?"]),
        (
            ["--set", "params.kNeighbours=7"],
            2,
            ["params.kNeighbours", "did you mean 'kNeighbors'?"],
        ),
        (["--method", "smoke"], 2, ["method='smoke' is unknown", "did you mean 'smote'?"]),
        (["--k", "0"], 2, ["kNeighbors must be", "received 0"]),
        (["--k", "5", "--set", "params.kNeighbors=7"], 2, ["given twice", "keep one"]),
        (["--strategy", "1.5"], 2, ["samplingStrategy", "1.5"]),
        (["--label", "klass"], 2, ["'klass'", "label"]),
        (["--set", "params.inputCols=[height, girth]"], 2, ["girth"]),
        (["--partition-by", "country"], 2, ["partition_by", "'country'"]),
        (["--input-format", "excel"], 2, ["format 'excel'", "unknown"]),
        (["--set", "output.if_exists=maybe"], 2, ["output.if_exists='maybe'"]),
        (["--config", "nowhere.yaml"], 2, ["nowhere.yaml", "cannot be read"]),
        (["--strategy", '{"rare": 10}'], 3, ["samplingStrategy", "rare", "40"]),
        (["--strategy", '{"gone": 10}'], 3, ["gone"]),
        (["--k", "40"], 3, ["rare", "40", "onSmallClass"]),
    ],
)
def test_a_mistake_is_one_clear_error_with_its_exit_code(
    cli, source, tmp_path, args, code, messages
):
    before = _entries(tmp_path)
    fitting = FITTING if "--label" not in args else FITTING[2:]

    result = cli("resample", source, tmp_path / "out", *fitting, *args)

    assert result.exit_code == code, result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    for message in messages:
        assert message in errors[0]
    assert _traceless(result)
    assert result.stdout == ""
    assert _entries(tmp_path) == before


def test_columns_left_over_need_a_policy(cli, source, tmp_path):
    result = cli("resample", source, tmp_path / "out", "--label", "label")

    assert result.exit_code == 2
    assert "carryPolicy" in result.stderr
    assert "name" in result.stderr


@pytest.mark.parametrize(
    ("columns", "messages"),
    [
        ({"x": [1.0] * 9, "label": ["a"] * 9}, ["label", "one class"]),
        (
            {"x": [1.0] * 9 + [float("nan")] * 9, "label": ["a"] * 10 + ["b"] * 8},
            ["'x'", "handleInvalid"],
        ),
        ({"x": [1.0, 2.0] * 9, "label": ["a"] * 9 + ["b"] * 8 + [None]}, ["label", "null"]),
        ({"x": pa.array([], pa.float64()), "label": pa.array([], pa.string())}, ["no rows"]),
    ],
    ids=["one class", "NaN", "null label", "no rows"],
)
def test_what_only_the_rows_can_tell_exits_with_3(cli, tmp_path, columns, messages):
    source = tmp_path / "bad.parquet"
    pq.write_table(pa.table(columns), source)

    result = cli("resample", source, tmp_path / "out", "--label", "label")

    assert result.exit_code == 3, result.stderr
    for message in messages:
        assert message in result.stderr.splitlines()[-1]
    assert _traceless(result)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "output", "message"),
    [
        ("in/table.parquet", "in/table.parquet", "is the input"),
        ("in", "in/../in", "is the input"),
        ("in", "in/new", "lies inside the input"),
        ("in/table.parquet", "in", "contains the input"),
        ("in", ".", "contains the input"),
    ],
)
def test_an_output_that_overlaps_the_input_is_refused(
    cli, source, tmp_path, given, output, message
):
    before = _entries(tmp_path)

    result = cli("resample", tmp_path / given, tmp_path / output, *FITTING, "--replace")

    assert result.exit_code == 2, result.stderr
    assert message in result.stderr
    assert _traceless(result)
    assert _entries(tmp_path) == before


@pytest.mark.parametrize("kind", ["missing", "no table", "cut short", "empty folder"])
def test_an_input_that_cannot_be_read_is_one_path_error(cli, source, tmp_path, kind):
    path = tmp_path / "x.parquet"
    if kind == "no table":
        path.write_text("not a table", encoding="utf-8")
    elif kind == "cut short":
        path.write_bytes(source.read_bytes()[:500])
    elif kind == "empty folder":
        path.mkdir()

    result = cli("resample", path, tmp_path / "out", *FITTING)

    assert result.exit_code == 2, result.stderr
    assert str(path) in result.stderr.splitlines()[-1]
    assert _traceless(result)
    assert not (tmp_path / "out").exists()


def test_a_strangers_table_is_replaced_only_when_asked(cli, source, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious.parquet").write_bytes(source.read_bytes())

    refused = cli("resample", source, out, *FITTING)

    assert refused.exit_code == 2
    assert (out / "precious.parquet").exists()
    assert cli("resample", source, out, *FITTING, "--replace").exit_code == 0
    assert not (out / "precious.parquet").exists()


def test_a_failure_while_writing_exits_with_4_and_leaves_the_old_table(
    cli, source, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    assert cli("resample", source, out, *FITTING).exit_code == 0
    before = _rows(out)

    def fail(*args):
        raise RuntimeError("the portrait failed\nat length")

    monkeypatch.setattr("spark_smote.workflow.portrait_of", fail)
    result = cli("resample", source, out, *FITTING, "--seed", "8")

    assert result.exit_code == 4
    assert result.stderr.splitlines()[-1] == "error: RuntimeError: the portrait failed"
    assert _traceless(result)
    assert _rows(out).equals(before)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_stack_trace_is_shown_when_asked_for(cli, source, tmp_path):
    result = cli("resample", source, tmp_path / "out", *FITTING, "--k", "40", "--traceback")

    assert result.exit_code == 3
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("error: ")


@pytest.mark.parametrize("hidden", [False, True], ids=["plain", "behind an error of py4j"])
def test_interrupting_exits_with_130(cli, source, tmp_path, monkeypatch, hidden):
    def interrupt(*args, **kwargs):
        try:
            raise KeyboardInterrupt
        finally:
            if hidden:
                raise RuntimeError("Gateway must be connected to send cancel cmd.")

    monkeypatch.setattr("spark_smote.workflow.read_table", interrupt)
    result = cli("resample", source, tmp_path / "out", *FITTING)

    assert result.exit_code == 130
    assert result.stderr.splitlines()[-1] == "interrupted"


@pytest.mark.parametrize(
    "args", [["--bogus"], ["--k", "many"], ["one", "two", "three"]], ids=lambda args: args[0]
)
def test_misuse_of_the_command_line_exits_with_2(cli, args):
    result = cli("resample", *args)

    assert result.exit_code == 2
    assert "Usage: " in result.stderr


def test_paths_may_be_missing_only_where_a_file_has_them(cli):
    result = cli("resample", "--label", "label")

    assert result.exit_code == 2
    assert "input.path is missing: give INPUT on the command line" in result.stderr


def test_the_session_is_left_running_with_its_settings(cli, spark, source, tmp_path):
    before = spark.conf.get("spark.sql.shuffle.partitions")

    assert cli("resample", source, tmp_path / "out", *FITTING, "--dry-run").exit_code == 0

    assert spark.range(3).count() == 3
    assert spark.conf.get("spark.sql.shuffle.partitions") == before


def test_the_version_is_shown(cli):
    from spark_smote import __version__

    result = cli("--version")

    assert result.exit_code == 0
    assert result.stdout == f"spark-smote {__version__}\n"


def test_the_demo_makes_rebalances_and_reports(cli, tmp_path):
    result = cli("demo", "--rows", "3000", "--output", tmp_path / "demo")

    assert result.exit_code == 0, result.stderr
    assert "3,000 card transactions" in result.stdout
    folder = tmp_path / "demo" / "balanced" / "_spark_smote"
    assert {each.name for each in folder.iterdir()} >= {"report.html", "report.json"}
    assert not (folder / "gallery.png").exists()
    table = _rows(tmp_path / "demo" / "balanced")
    assert Counter(table["is_fraud"].to_pylist()) == {0: 2970, 1: 297}
    new = table.filter(table["is_synthetic"])
    assert new["transaction_id"].null_count == new.num_rows
    assert new["booked_at"].null_count == 0


def test_the_demo_shows_what_each_method_does_where_asked(cli, tmp_path, monkeypatch):
    shown = MethodShown("SMOTE", "", {}, [ClassOutcome("rare", 1, 1, 1, "untouched", 0, 0)], [])
    shown.points.append(PointSet("rare", "real", [0.0, 1.0], [0.0, 1.0]))
    monkeypatch.setattr("spark_smote.workflow.methods_shown", lambda _: [shown])

    result = cli("demo", "--rows", "2000", "--output", tmp_path / "demo", "--gallery")

    assert result.exit_code == 0, result.stderr
    folder = tmp_path / "demo" / "balanced" / "_spark_smote"
    assert (folder / "gallery.png").read_bytes().startswith(b"\x89PNG")
    assert "What each method does" in (folder / "report.html").read_text(encoding="utf-8")

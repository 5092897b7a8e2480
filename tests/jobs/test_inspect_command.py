"""spark-smote inspect: what it prints, which settings it takes, and how it fails."""

import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tests.jobs.conftest import small_table


def _entries(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_table_is_inspected_and_nothing_is_written(cli, source, tmp_path):
    before = _entries(tmp_path)

    result = cli("inspect", source, "--label", "label")

    assert result.exit_code == 0, result.stderr
    assert "340 rows in 2 classes: 7.5 of class common to each of class rare" in result.stdout
    assert "try first for class rare: SMOTE" in result.stdout
    assert "name" in result.stdout
    assert _entries(tmp_path) == before
    for phase in ("read", "survey", "profile", "sample", "search", "judge"):
        assert f"INFO {phase} done in " in result.stderr


def test_json_is_all_of_stdout_and_a_page_can_be_had_beside_it(cli, source, tmp_path):
    page = tmp_path / "page.html"

    result = cli("inspect", source, "--label", "label", "--json", "--html", page, "--k", "3")

    document = json.loads(result.stdout)
    assert document["k"] == 3
    assert {c["name"]: c["role"] for c in document["columns"]} == {
        "name": "id",
        "height": "input",
        "weight": "input",
        "visits": "input",
        "label": "label",
    }
    assert "7.5 of class common" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("method", ["smotenc", "smoten"])
def test_methods_that_find_levels_by_themselves_leave_that_to_the_inspection(cli, source, method):
    result = cli("inspect", source, "--label", "label", "--set", f"method={method}", "--json")

    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["rows"] == 340


def test_the_file_of_a_resample_serves_and_options_win(cli, source, tmp_path):
    config = tmp_path / "job.yaml"
    config.write_text(
        f"input: {{path: {source}}}\n"
        f"output: {{path: {tmp_path / 'out'}}}\n"
        "params: {labelCol: label, carryPolicy: copy, samplingStrategy: 0.9, idCol: name}\n",
        encoding="utf-8",
    )

    result = cli(
        *("inspect", "--config", config, "--ignore", "visits", "--json"),
        *("--set", "params.kNeighbors=4"),
    )

    document = json.loads(result.stdout)
    columns = {c["name"]: (c["role"], c["reason"]) for c in document["columns"]}
    assert columns["name"] == ("id", "named by idCol")
    assert columns["visits"] == ("ignored", "named by ignoreCols")
    assert document["k"] == 4
    assert not (tmp_path / "out").exists()


def test_csv_comes_in_with_options(cli, tmp_path):
    text = tmp_path / "table.txt"
    options = pyarrow.csv.WriteOptions(delimiter=";")
    pyarrow.csv.write_csv(small_table(), text, options)

    result = cli(
        *("inspect", text, "--label", "label", "--input-format", "csv"),
        *("--input-option", "sep=;", "--json"),
    )

    assert json.loads(result.stdout)["rows"] == 340


@pytest.mark.parametrize(
    ("args", "code", "messages"),
    [
        (["--label", "klass"], 2, ["labelCol names column 'klass'", "'label'"]),
        (["--label", "label", "--k", "0"], 2, ["kNeighbors must be", "received 0"]),
        (["--label", "label", "--ignore", "nme"], 2, ["ignoreCols", "did you mean 'name'?"]),
        (["--set", "params.kNeighbours=7"], 2, ["kNeighbours", "did you mean 'kNeighbors'?"]),
        (["--set", "inptu.path=x"], 2, ["unknown key 'inptu'", "did you mean 'input'?"]),
        (["--set", "params.featuresCol=f"], 2, ["params.featuresCol='f'", "cannot be inspected"]),
        (["--label", "label", "--html", "/nowhere/page.html"], 2, ["--html", "folder that exists"]),
    ],
)
def test_a_mistake_is_one_line_with_a_remedy(cli, source, args, code, messages):
    result = cli("inspect", source, *args)

    assert result.exit_code == code, result.stderr
    assert result.stdout == ""
    for message in messages:
        assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_table_and_rows_that_are_no_classes_have_exit_codes(cli, tmp_path):
    one_class = tmp_path / "one_class.parquet"
    pq.write_table(pa.table({"x": [1.0, 2.0], "label": ["a", "a"]}), one_class)

    assert cli("inspect").exit_code == 2
    assert cli("inspect", tmp_path / "none.parquet").exit_code == 2
    result = cli("inspect", one_class)
    assert result.exit_code == 3
    assert "one class only, 'a' (2 rows)" in result.stderr

"""jobs/benchmark.py: its configuration, its tables, its arithmetic and its Markdown."""

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from benchmarking.config import (
    BenchmarkConfig,
    GeneratedKind,
    GeneratedTable,
    ParquetTable,
    load_benchmark,
)
from benchmarking.contenders import FLOOR, OURS, SINGLE_MACHINE, chosen_contenders, new_rows
from benchmarking.datasets import Table, copy_parquet, write_generated
from benchmarking.document import markdown, table, write_csv
from benchmarking.figures import crossing, floor_seconds, forecast, slope, summaries
from benchmarking.measure import copies_share, imbalance, row_counts
from benchmarking.plots import write_plot
from benchmarking.scenarios import Run, contests_of, rotated, run_scenario
from sklearn.neighbors import NearestNeighbors

from spark_smote.errors import ParameterError, PathError

COMMITTED = Path(__file__).parents[2] / "conf" / "benchmark.yaml"


def _table(minority=100):
    return Table("in", "clustered", 10 * minority, minority, 28)


def _runs(contender, *seconds, minority=100, scenario="small"):
    return [
        Run(scenario, contender, i, _table(minority), figures={"seconds": s, "new_rows": 900.0})
        for i, s in enumerate(seconds, start=1)
    ]


def _config(**scenarios):
    return BenchmarkConfig.model_validate(
        {"repetitions": 3, "limit_seconds": 60, "scenarios": scenarios}
    )


SMALL = {
    "kind": "side_by_side",
    "table": {"kind": "clustered", "majority": 1000, "minority": 100},
    "contenders": ["spark_smote", "floor"],
}
GROWTH = {
    "kind": "growth",
    "table": "gaussian",
    "minority": [100, 1000],
    "majority_per_minority": 2,
    "contenders": ["spark_smote"],
}
CROSS_CLASS = {
    **SMALL,
    "contenders": ["spark_smote", "borderline", "tomek"],
    "search_bar": 3,
}
AGREEMENT = {
    "kind": "agreement",
    "table": SMALL["table"],
    "methods": ["borderline", "tomek"],
    "bar": 0.95,
}
RATIO = {
    "kind": "ratio",
    "of": {"table": {**SMALL["table"], "kind": "mixed"}, "contender": "smote_nc"},
    "to": {"table": SMALL["table"], "contender": "spark_smote"},
    "bar": 2.5,
}


# --- configuration ---


def test_the_committed_configuration_loads_and_stays_within_the_project():
    config = load_benchmark(COMMITTED)

    assert {"small", "clustered", "growth", "quality"} <= set(config.scenarios)
    assert config.spark.config["spark.ui.enabled"] is True
    paths = re.findall(r"path: ([^,}\s]+)", COMMITTED.read_text(encoding="utf-8"))
    assert paths
    assert not any(path.startswith(("/", "~", "..")) for path in paths)


def test_overrides_reach_nested_keys_and_dotted_spark_settings():
    config = load_benchmark(
        COMMITTED,
        ["scenarios.small.table.minority=77", "spark.config.spark.driver.memory=1g"],
    )

    assert config.scenarios["small"].table.minority == 77
    assert config.spark.config["spark.driver.memory"] == "1g"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("repetitons=3", "unknown key 'repetitons'"),
        ("scenarios.small.table.depth=3", "unknown key"),
        ("repetitions=0", "repetitions=0"),
        ("repetitions", "not of the form key=value"),
        ("repetitions.x=1", "not a section"),
        ("scenarios.small.contenders=[spork]", "spork"),
    ],
)
def test_a_mistake_in_the_configuration_is_refused(override, message):
    with pytest.raises(ParameterError, match=message):
        load_benchmark(COMMITTED, [override])


def test_a_configuration_that_is_not_there_is_a_path_error(tmp_path):
    with pytest.raises(PathError, match="cannot be read"):
        load_benchmark(tmp_path / "none.yaml")


def test_scenarios_are_selected_by_name():
    config = _config(small=SMALL, growth=GROWTH)

    assert list(config.selected(["growth"]).scenarios) == ["growth"]
    assert list(config.selected([]).scenarios) == ["small", "growth"]
    with pytest.raises(ParameterError, match="did you mean 'small'"):
        config.selected(["smal"])


def test_scaling_multiplies_sizes_and_keeps_classes_large_enough():
    scaled = _config(small=SMALL, growth=GROWTH).scaled(0.1)

    assert scaled.scenarios["small"].table.majority == 100
    assert scaled.scenarios["small"].table.minority == 20
    assert scaled.scenarios["growth"].minority == [20, 100]


def test_growth_has_a_table_per_size():
    config = _config(growth=GROWTH)
    tables = [table for table, _ in contests_of(config.scenarios["growth"], config)]

    assert [(t.majority, t.minority) for t in tables] == [(200, 100), (2000, 1000)]


def test_a_ratio_has_two_tables_with_a_contender_each():
    config = _config(ratio=RATIO).scaled(0.5)
    contests = list(contests_of(config.scenarios["ratio"], config))

    assert [(table.kind, table.minority) for table, _ in contests] == [
        ("mixed", 50),
        ("clustered", 50),
    ]
    assert [[c.name for c in group] for _, (group,) in contests] == [["SMOTE-NC"], [OURS]]


def test_contenders_that_do_not_alternate_run_one_after_the_other():
    config = _config(small={**SMALL, "alternate": False})
    ((_, groups),) = contests_of(config.scenarios["small"], config)

    assert [[c.name for c in group] for group in groups] == [[OURS], [FLOOR]]


def test_contenders_take_turns_at_being_first():
    contenders = chosen_contenders(["spark_smote", "floor", "mllib"], {"mllib": 5})

    assert contenders[2].max_rows == 5
    assert [rotated(contenders, i)[0] for i in range(4)] == [*contenders, contenders[0]]


# --- tables ---


@pytest.mark.parametrize("kind", [*get_args(GeneratedKind)])
def test_generated_tables_have_exact_counts_in_every_file_alike(tmp_path, kind):
    wanted = GeneratedTable(kind=kind, majority=7000, minority=701)

    made = write_generated(tmp_path / "in", wanted)

    written = pq.read_table(made.folder)
    assert written.num_columns == made.columns + 1
    assert np.bincount(written["label"].to_numpy()).tolist() == [7000, 701]
    for file in Path(made.folder).iterdir():
        assert np.mean(pq.read_table(file)["label"].to_numpy()) == pytest.approx(0.091, abs=0.002)
    if kind == "duplicates":
        _, sizes = np.unique(written["v00"].to_numpy(), return_counts=True)
        assert sizes.max() / written.num_rows == pytest.approx(0.9, abs=0.02)


def test_mixed_rows_often_have_the_levels_of_their_nearest_neighbour(tmp_path):
    wanted = GeneratedTable(kind="mixed", majority=3000, minority=300)

    rows = pq.read_table(write_generated(tmp_path / "in", wanted).folder).to_pandas()

    numbers, levels = rows.filter(like="v"), rows.filter(like="s").to_numpy()
    near = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(numbers).kneighbors()[1][:, 0]
    assert numbers.shape[1] == 20
    assert [len(set(column)) for column in levels.T] == [2, 6, 10, 14, 18, 22, 26, 30]
    assert (levels == levels[near]).mean() > 0.4


def test_most_rows_on_their_side_of_a_border_are_of_its_class(tmp_path):
    wanted = GeneratedTable(kind="bordering", majority=8000, minority=2000)

    rows = pq.read_table(write_generated(tmp_path / "in", wanted).folder).to_pandas()

    beyond = rows.nlargest(2000, "v00")["label"].mean()
    assert 0.7 < beyond < 0.99


def test_a_table_that_exists_keeps_numeric_columns_and_chosen_classes(tmp_path):
    columns = {"x": [1, 2, 3, 4], "name": list("abcd"), "kind": [1, 2, 2, 3]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    wanted = ParquetTable(
        kind="parquet", path=str(tmp_path / "t.parquet"), label="kind", classes=[1, 2]
    )

    made = copy_parquet(tmp_path / "in", wanted)

    assert pq.read_table(made.folder).to_pydict() == {"x": [1, 2, 3], "label": [1, 2, 2]}
    assert (made.majority, made.minority, made.columns) == (2, 1, 1)


# --- figures ---


def test_every_class_grows_to_the_largest():
    assert new_rows({"a": [60, 40], "b": [0, 30], "c": [1, 1]}) == {"b": 70, "c": 98}


def test_copies_are_counted_within_their_class(tmp_path):
    pq.write_table(
        pa.table(
            {
                "x": [1.0, 2.0, 1.0, 2.0, 3.0, 4.0],
                "label": [0, 1, 1, 1, 1, 1],
                "is_synthetic": [False, False, True, True, True, True],
            }
        ),
        tmp_path / "out.parquet",
    )

    assert copies_share(tmp_path / "out.parquet") == 0.25
    assert row_counts(tmp_path / "out.parquet") == {"output_rows": 6, "new_rows": 4}


def test_imbalance_is_among_tasks_that_read_the_shuffle():
    def task(local, remote=0, *, files=0, status="SUCCESS"):
        read = {"localBytesRead": local, "remoteBytesRead": remote}
        metrics = {"shuffleReadMetrics": read, "inputMetrics": {"bytesRead": files}}
        return {"status": status, "taskMetrics": metrics}

    scans = [task(0, files=11_748) for _ in range(8)]
    tasks = [task(100), task(50, 50), task(400), task(0), *scans, task(9_000, status="FAILED")]
    assert imbalance(tasks) == {"largest_task_over_mean": 400 / 150}
    assert imbalance(scans) == imbalance([task(0)]) == {}


def test_medians_are_per_contender_and_leave_failures_out():
    failed = Run("small", OURS, 3, _table(), failure="took longer than 1 s")
    runs = [*_runs(OURS, 5.0, 1.0, 4.0), failed, *_runs(FLOOR, 2.0, 4.0)]

    found = {summary.contender: summary for summary in summaries(runs)}

    assert found[OURS].seconds == 4.0
    assert found[OURS].median("recall") is None
    assert floor_seconds(runs) == {_table(): 3.0}


def test_the_slope_is_the_exponent_of_rows():
    rows = [100, 200, 400, 800]

    assert slope({n: 3 * n**1.5 for n in rows}) == pytest.approx(1.5)
    assert slope({100: 1.0}) is None


def test_the_largest_size_is_held_out_of_the_line_that_foretells_it():
    line = forecast({100: 3.0, 200: 4.0, 400: 6.0, 800: 99.0})

    assert line.start_seconds == pytest.approx(2.0)
    assert line.seconds_per_row == pytest.approx(0.01)
    assert (line.rows, line.measured_seconds) == (800, 99.0)
    assert line.foretold_seconds == pytest.approx(10.0)
    assert forecast({100: 3.0, 200: 4.0}) is None


def test_the_crossing_is_where_the_curves_meet_on_log_axes():
    rows = [100, 200, 400, 800]
    linear, square = {n: 300.0 * n for n in rows}, {n: float(n * n) for n in rows}

    assert crossing(linear, square) == pytest.approx(300)
    assert crossing(square, linear) is None
    assert crossing({100: 1.0}, square) is None


class Answers:
    """In the place of child processes: agreement is found in the warm-up only."""

    def __init__(self, settings, **options):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def run(self, request):
        return {"seconds": 9.0, "agreement": 0.97} if request.is_warm_up else {"seconds": 2.0}


def test_what_is_measured_once_is_told_of_every_run(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarking.scenarios.Children", Answers)
    config = _config(agreement=AGREEMENT)

    runs = run_scenario("agreement", config.scenarios["agreement"], config, tmp_path, print)

    assert [run.contender for run in runs[::3]] == [
        "Borderline-SMOTE: danger rows",
        "Tomek links: linked rows",
    ]
    assert [run.figures for run in runs] == 6 * [{"seconds": 2.0, "agreement": 0.97}]


# --- what is written ---


def test_a_markdown_table_has_a_line_per_row():
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_the_report_gives_ratios_and_says_what_failed():
    failed = Run("small", SINGLE_MACHINE, 1, _table(), failure="took longer than 60 s")
    runs = [*_runs(OURS, 6.0, 6.5, 7.0), *_runs(FLOOR, 2.0, 2.0), failed]

    text = markdown(_config(small=SMALL), runs)

    assert "clustered, 1,000 + 100 rows x 28:" in text
    assert f"| {OURS} | 3 | 6.50 | 6.00-7.00 | 3.25 |" in text
    assert f"- {SINGLE_MACHINE}, clustered, 1,000 + 100 rows x 28: took longer than 60 s" in text


def test_searches_are_compared_per_queried_row_and_held_to_the_bar():
    runs = [
        replace(run, figures=run.figures | {"search_seconds": s, "search_us_per_row": us})
        for name, s, us in ((OURS, 1.0, 10.0), ("Borderline-SMOTE", 2.0, 20.0), ("ENN", 9.0, 31.0))
        for run in _runs(name, 6.0)
    ]

    text = markdown(_config(small=CROSS_CLASS), runs)

    assert "| Borderline-SMOTE | 2.00 | 20.00 |" in text
    assert "| Borderline-SMOTE | 2.00 |\n| ENN | 3.10 |" in text
    assert "Bar: ratio to the search of SMOTE at most 3. Missed by ENN (3.1)." in text


def test_agreement_is_reported_and_held_to_the_bar(tmp_path):
    config = _config(small=AGREEMENT)
    figures = {"agreement": 0.96, "decided": 98, "decided_exactly": 100, "buckets": 7}
    runs = [replace(run, figures=run.figures | figures) for run in _runs("ENN: removed", 6.0)]

    text = markdown(config, runs)
    write_plot(tmp_path / "small.png", "small", config.scenarios["small"], runs)

    assert "| ENN: removed | 0.9600 | 98 | 100 | 7 | 6.00 |" in text
    assert "Bar: agreement at least 0.95. Kept." in text
    assert (tmp_path / "small.png").stat().st_size > 1000


def test_the_ratio_of_two_jobs_is_stated_and_held_to_the_bar():
    mixed = replace(_table(), kind="mixed")
    runs = [replace(run, table=mixed) for run in _runs("SMOTE-NC", 6.0, 7.0, 8.0)]

    text = markdown(_config(small=RATIO), [*runs, *_runs(OURS, 2.0)])

    assert "SMOTE-NC on mixed, 1,000 + 100 rows x 28: 7.00 s; spark_smote on clustered" in text
    assert "Ratio of the whole jobs: 3.50." in text
    assert "Missed by SMOTE-NC (3.5)." in text
    assert "Ratio of the whole jobs" not in markdown(_config(small=RATIO), runs)


def test_growth_is_reported_with_slopes_and_the_crossing(tmp_path):
    config = _config(growth=GROWTH)
    runs = [
        run
        for rows in (100, 400)
        for name, seconds in ((OURS, 2.0 * rows), (SINGLE_MACHINE, rows**2 / 100))
        for run in _runs(name, seconds, minority=rows, scenario="growth")
    ]

    text = markdown(config, runs)
    write_plot(tmp_path / "growth.png", "growth", config.scenarios["growth"], runs)

    assert f"| {OURS} | 200.0 | 800.0 | 1.00 |" in text
    assert f"| {SINGLE_MACHINE} | 100.0 | 1,600.0 | 2.00 |" in text
    assert f"{OURS} becomes faster than {SINGLE_MACHINE} at about 200 minority rows." in text
    assert (tmp_path / "growth.png").stat().st_size > 1000


def test_the_csv_has_a_row_per_run_and_its_ratio_to_the_floor(tmp_path):
    skipped = Run("cover", "", 0, failure="skipped: x is not there")

    write_csv(tmp_path / "b.csv", [*_runs(OURS, 6.0), *_runs(FLOOR, 2.0), skipped])

    with (tmp_path / "b.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["ratio_to_floor"] for row in rows] == ["3.0", "1.0", ""]
    assert rows[2]["failure"] == "skipped: x is not there"

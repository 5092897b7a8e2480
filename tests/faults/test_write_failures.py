"""A write that fails, anywhere, leaves the old table byte for byte as it was."""

import pytest
from pyspark.sql import functions as sf

from spark_smote.errors import OutputError, PathError
from spark_smote.io import ClassRows, Layout, read_table, recover, write_output
from spark_smote.io import output as output_module
from spark_smote.io.paths import Location, data_files

PLANNED = [ClassRows("a", 20, 20, 10)]


def table(spark, mark):
    return spark.range(0, 30, 1, 3).selectExpr(
        "id", "'a' label", f"{mark} mark", "id >= 20 is_synthetic"
    )


def write(df, target, **options):
    return write_output(df, target, **{"expected": PLANNED, "label_col": "label", **options})


def snapshot(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def old(spark, tmp_path):
    """A published table, and how it looks on disk."""
    write(table(spark, 1), tmp_path / "out")
    return tmp_path / "out"


def marks(spark, path):
    return {row["mark"] for row in read_table(spark, path).select("mark").distinct().collect()}


@pytest.mark.parametrize("layout", [Layout(), Layout(["label"]), Layout(interleave=True)])
def test_worker_that_fails_in_one_partition(spark, old, layout):
    @sf.udf("int")
    def failing(value):
        if value == 25:
            raise ValueError("row 25 is cursed")
        return 2

    before = snapshot(old)
    with pytest.raises(OutputError) as caught:
        write(table(spark, 2).withColumn("mark", failing("id")), old, layout=layout)
    assert "ValueError: row 25 is cursed" in str(caught.value)
    assert f"Any earlier table at {old} is intact" in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert caught.value.exit_code == 4
    assert snapshot(old) == before
    assert [path.name for path in old.parent.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("planned", "message"),
    [
        (
            [ClassRows("a", 20, 20, 11)],
            "class 'a' was planned with 20 real and 11 synthetic rows, found 20 and 10",
        ),
        ([ClassRows("a", 19, 19, 11)], "19 real and 11 synthetic rows, found 20 and 10"),
        ([*PLANNED, ClassRows("b", 5, 5, 0)], "class 'b' was planned with 5 real"),
        ([], "class 'a' was not planned, found 30 rows"),
    ],
)
def test_counts_that_differ_from_the_plan(spark, old, planned, message):
    before = snapshot(old)
    with pytest.raises(OutputError, match=message) as caught:
        write(table(spark, 2), old, expected=planned)
    assert "what was written of the new one is removed" in str(caught.value)
    assert snapshot(old) == before
    assert [path.name for path in old.parent.iterdir()] == ["out"]


def damaging(monkeypatch, damage):
    """Do something to the staged folder between writing and verifying."""
    write_beside = output_module.write_beside

    def then_damage(df, place, **options):
        write_beside(df, place, **options)
        folder = place.removeprefix("file://")
        damage(Location("file", "", folder))

    monkeypatch.setattr(output_module, "write_beside", then_damage)


def first_file(staged):
    return Location("file", "", str(next(data_files(staged)).path))


def test_file_cut_short_after_writing(spark, old, monkeypatch):
    before = snapshot(old)

    def cut(staged):
        file = first_file(staged)
        file.write_bytes(file.read_bytes()[:-10])

    damaging(monkeypatch, cut)
    with pytest.raises(OutputError, match="has no readable footer"):
        write(table(spark, 2), old)
    assert snapshot(old) == before


def test_file_lost_after_writing(spark, old, monkeypatch):
    before = snapshot(old)
    damaging(monkeypatch, lambda staged: first_file(staged).delete_file())
    with pytest.raises(OutputError, match="20 real and 10 synthetic rows, found"):
        write(table(spark, 2), old)
    assert snapshot(old) == before


def test_all_files_lost_points_to_disks_that_are_not_shared(spark, old, monkeypatch):
    def lose(staged):
        for info in list(data_files(staged)):
            Location("file", "", str(info.path)).delete_file()

    damaging(monkeypatch, lose)
    with pytest.raises(OutputError, match=r"this process sees no file there.*all machines share"):
        write(table(spark, 2), old)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("id, label, string(mark) mark, is_synthetic", "'mark' was planned as int .* mark string"),
        ("id, mark, label, is_synthetic", "'label' was planned as string in position 1"),
        ("id, label, mark", "'is_synthetic' was planned .* found nothing"),
        ("id, label, mark, is_synthetic, 1 extra", "'extra' was written though"),
    ],
)
def test_schema_that_differs_from_the_plan(spark, old, monkeypatch, change, message):
    before = snapshot(old)
    write_beside = output_module.write_beside

    def write_other(df, place, **options):
        write_beside(df.selectExpr(*change.split(", ")), place, **options)

    monkeypatch.setattr(output_module, "write_beside", write_other)
    with pytest.raises(OutputError, match=message):
        write(table(spark, 2), old)
    assert snapshot(old) == before


def test_report_that_fails(spark, old):
    before = snapshot(old)

    def failing(df):
        raise RuntimeError("no ink")

    with pytest.raises(RuntimeError, match="no ink"):
        write(table(spark, 2), old, extra_files=failing)
    assert snapshot(old) == before
    assert [path.name for path in old.parent.iterdir()] == ["out"]


def test_interrupt_from_the_keyboard_cleans_up(spark, old):
    before = snapshot(old)

    def interrupted(df):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(table(spark, 2), old, extra_files=interrupted)
    assert snapshot(old) == before
    assert [path.name for path in old.parent.iterdir()] == ["out"]


def test_second_run_to_the_same_table_is_refused_and_the_first_goes_on(spark, old):
    def second_run(df):
        with pytest.raises(OutputError, match=r"is writing .*wait for it to end"):
            write(table(spark, 3), old)
        return {}

    write(table(spark, 2), old, extra_files=second_run)
    assert marks(spark, old) == {2}


def test_place_that_spark_cannot_write_is_found_out_before_rows_are_computed(
    spark, tmp_path, monkeypatch
):
    monkeypatch.setattr(Location, "spark", property(lambda self: "nowhere://x/out"))

    @sf.udf("int")
    def untouched(value):
        raise AssertionError("a row was computed")

    with pytest.raises(PathError, match='No FileSystem for scheme "nowhere"'):
        write(table(spark, 2).withColumn("mark", untouched("id")), tmp_path / "out")


def test_place_that_means_another_disk_to_spark_is_found_out_before_rows_are_computed(
    spark, tmp_path, monkeypatch
):
    elsewhere = tmp_path / "disk of an executor"
    monkeypatch.setattr(Location, "spark", property(lambda self: f"file://{elsewhere}/out"))
    with pytest.raises(PathError, match="does not see its files"):
        write(table(spark, 2), tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("exists", [True, False])
def test_run_killed_at_any_step_leaves_the_old_or_the_new_table(spark, tmp_path, killed_at, exists):
    """Like publishing, but from the first step of a run to its last."""
    found = set()
    for step in range(1, 40):
        target = tmp_path / str(step) / "out"
        if exists:
            write(table(spark, 1), target)
        with killed_at(step) as left:
            write(table(spark, 2), target, extra_files=lambda df: {"report.json": "{}"})
        recover(target)
        if exists or target.exists():
            assert len(marks(spark, target)) == 1
            assert read_table(spark, target).count() == 30
            found |= marks(spark, target)
            assert [path.name for path in target.parent.iterdir()] == ["out"]
        if left["steps"] > 0:
            break
    assert 8 < step < 39
    assert found == ({1, 2} if exists else {2})


def test_next_run_mends_first_and_says_so(spark, old, killed_at, monkeypatch):
    with killed_at(30) as left:
        write(table(spark, 2), old)
    steps = 30 - left["steps"]
    # The last steps: both renames, three of removing what is left, the journal.
    with killed_at(steps - 5, "after"):
        write(table(spark, 3), old)
    assert not old.exists()
    result = write(table(spark, 4), old)
    assert [note.split(" run ")[0] for note in result.notes] == [
        "finished the publish of",
        "removed the table that",
    ]
    assert marks(spark, old) == {4}
    assert [path.name for path in old.parent.iterdir()] == ["out"]

"""Publishing killed between any two steps: afterwards one whole table is readable."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from spark_smote.errors import OutputError
from spark_smote.io import lock as lock_module
from spark_smote.io import recover
from spark_smote.io.lock import journal_of, locked, read_entry
from spark_smote.io.manifest import build_manifest, write_manifest
from spark_smote.io.paths import Location, locate
from spark_smote.io.publish import publish, staging_of


@pytest.fixture
def target(tmp_path):
    return locate(tmp_path / "claims")


def stage(target, run_id, content):
    """A complete staged table of one file."""
    place = staging_of(target, run_id)
    place.create_directory()
    place.child("part-0").write_bytes(content)
    manifest = build_manifest(
        about={}, output={}, classes=[], schema={}, files=[], run_id=run_id, timings={}
    )
    write_manifest(place, manifest)
    return place


def publish_all(target, run_id, content):
    with locked(target, run_id) as lock:
        publish(target, stage(target, run_id, content), lock)


def content_of(target):
    return target.child("part-0").read_bytes()


def beside(target):
    return sorted(info.base_name for info in target.parent.children())


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("exists", [True, False])
def test_killed_at_any_step_recovers_to_the_old_or_the_new_table(
    tmp_path, killed_at, moment, exists
):
    seen = set()
    for step in range(1, 40):
        target = locate(tmp_path / f"claims {step}" / "tabelle ü")
        target.parent.create_directory()
        if exists:
            publish_all(target, "run-1", b"old")
        with killed_at(step, moment) as left:
            publish_all(target, "run-2", b"new")
        said = recover(target.path)
        if target.exists():
            seen.add(content_of(target))
        else:
            assert not exists
            seen.add(b"none")
        assert beside(target) in ([target.name], []), (step, said)
        assert recover(target.path) == []
        publish_all(target, "run-3", b"newer")
        assert content_of(target) == b"newer"
        if left["steps"] > 0:
            break
    assert 8 < step < 39
    assert seen == ({b"old", b"new"} if exists else {b"none", b"new"})


@pytest.mark.parametrize("at", [1, 2])
def test_rename_that_fails_puts_the_old_table_back(target, monkeypatch, at):
    publish_all(target, "run-1", b"old")
    rename, calls = Location.move_to, []

    def failing(self, other):
        calls.append(other)
        if len(calls) == at:
            raise OSError("disk on fire")
        rename(self, other)

    with monkeypatch.context() as patch:
        patch.setattr(Location, "move_to", failing)
        with pytest.raises(OutputError, match="disk on fire; the old table is untouched"):
            publish_all(target, "run-2", b"new")
    assert content_of(target) == b"old"


def test_old_table_that_cannot_be_put_back_is_named_and_comes_back_next_time(target, monkeypatch):
    publish_all(target, "run-1", b"old")
    rename, calls = Location.move_to, []

    def failing(self, other):
        calls.append(other)
        if len(calls) > 1:
            raise OSError("disk on fire")
        rename(self, other)

    with locked(target, "run-2") as lock:
        staged = stage(target, "run-2", b"new")
        with monkeypatch.context() as patch:
            patch.setattr(Location, "move_to", failing)
            with pytest.raises(OutputError, match=r"the old table is in .*previous-run-2"):
                publish(target, staged, lock)
    staged.parent.delete_directory()
    assert recover(target.path) == [f"undid the publish of run run-2: {target} is as it was before"]
    assert content_of(target) == b"old"


def test_unfinished_staging_is_not_taken_for_a_table(target):
    half = staging_of(target, "run-2")
    half.create_directory()
    half.child("part-0").write_bytes(b"half")
    assert recover(target.path) == ["removed the unpublished output of run run-2"]
    assert not target.exists()
    assert beside(target) == []


def test_manifest_cut_short_does_not_make_a_staging_complete(target):
    staged = stage(target, "run-2", b"new")
    manifest = staged.child("_spark_smote").child("manifest.json")
    manifest.write_bytes(manifest.read_bytes()[:-20])
    assert recover(target.path) == ["removed the unpublished output of run run-2"]
    assert not target.exists()


def test_table_that_took_the_place_meanwhile_is_kept_and_so_is_the_one_set_aside(target):
    publish_all(target, "run-1", b"old")
    target.move_to(target.sibling(".claims.previous-run-2"))
    target.create_directory()
    target.child("part-0").write_bytes(b"somebody else's")
    (said,) = recover(target.path)
    assert said.startswith(f"kept {target.parent}/.claims.previous-run-2")
    assert content_of(target) == b"somebody else's"
    assert content_of(target.sibling(".claims.previous-run-2")) == b"old"


def test_folders_of_other_tables_are_left_alone(target):
    other = target.sibling("claims.staging-x")
    other.create_directory()
    staged = stage(other, "run-9", b"other")
    recover(target.path)
    assert other.exists()
    assert staged.exists()


def test_second_run_is_told_who_writes_and_how_to_clear_a_stale_journal(target):
    with locked(target, "run-1"):
        with pytest.raises(OutputError) as caught, locked(target, "run-2"):
            pass
        with pytest.raises(OutputError, match="run run-1"):
            recover(target.path)
    message = str(caught.value)
    assert "run run-1" in message
    assert f"process {os.getpid()}" in message
    assert f"delete {journal_of(target)}" in message
    with locked(target, "run-2"):
        pass


def test_journal_of_a_dead_process_is_taken_over_at_once(target):
    code = f"""
        import os
        from spark_smote.io.lock import locked
        from spark_smote.io.paths import locate
        with locked(locate({target.path!r}), "run-1"):
            os._exit(9)
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert run.returncode == 9
    assert read_entry(journal_of(target)).run_id == "run-1"
    with locked(target, "run-2"):
        assert read_entry(journal_of(target)).run_id == "run-2"


def test_journal_of_another_machine_is_respected_until_its_lease_is_over(target):
    with locked(target, "run-1"):
        entry = json.loads(journal_of(target).read_bytes())
    entry["machine"] = "another"
    journal_of(target).write_bytes(json.dumps(entry).encode())
    with pytest.raises(OutputError, match="on another"), locked(target, "run-2"):
        pass
    entry["renewed"] = time.time() - lock_module.LEASE_SECONDS - 1
    journal_of(target).write_bytes(json.dumps(entry).encode())
    with locked(target, "run-2"):
        pass


def test_living_run_renews_its_journal(target, monkeypatch):
    monkeypatch.setattr(lock_module, "RENEWED_EVERY_SECONDS", 0.02)
    with locked(target, "run-1"):
        first = read_entry(journal_of(target)).renewed
        deadline = time.monotonic() + 5
        while read_entry(journal_of(target)).renewed == first and time.monotonic() < deadline:
            time.sleep(0.02)
        assert read_entry(journal_of(target)).renewed > first
    time.sleep(0.1)
    assert not journal_of(target).exists()


@pytest.mark.parametrize("how", ["removed", "taken over"])
def test_run_that_lost_its_journal_does_not_publish(target, how):
    publish_all(target, "run-1", b"old")
    with locked(target, "run-2") as lock:
        staged = stage(target, "run-2", b"new")
        content = journal_of(target).read_bytes()
        journal_of(target).delete_file()
        if how == "taken over":
            entry = json.loads(content)
            journal_of(target).write_bytes(json.dumps({**entry, "run_id": "run-3"}).encode())
        with pytest.raises(OutputError, match="The table was not touched"):
            publish(target, staged, lock)
        assert content_of(target) == b"old"
    assert journal_of(target).exists() == (how == "taken over")


def test_unreadable_journal_does_not_block(target):
    target.parent.create_directory()
    journal_of(target).write_bytes(b'{"run_id": ')
    with locked(target, "run-2"):
        pass


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_process_killed_between_the_two_renames_is_mended(target):
    publish_all(target, "run-1", b"old")
    code = f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from spark_smote.io.paths import Location
        from test_publish_killed import publish_all, locate
        rename = Location.move_to
        def move_to(self, other):
            rename(self, other)
            os.kill(os.getpid(), signal.SIGKILL)
        Location.move_to = move_to
        publish_all(locate({target.path!r}), "run-2", b"new")
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert run.returncode == -signal.SIGKILL
    assert not target.exists()
    (finished, removed) = recover(target.path)
    assert finished == f"finished the publish of run run-2: {target} is new"
    assert removed == "removed the table that run run-2 replaced"
    assert content_of(target) == b"new"

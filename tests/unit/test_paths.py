"""Where paths lead, and which outputs would endanger their input."""

from pathlib import Path

import pytest
from pyarrow import ArrowException, fs

from spark_smote.errors import ParameterError, PathError
from spark_smote.io import check_output, check_overlap
from spark_smote.io import paths as paths_module
from spark_smote.io.paths import data_files, is_visible, locate


@pytest.mark.parametrize(
    "spelling",
    ["{0}/table", "{0}/table/", "{0}//other/../table", "file:{0}/table", "file://{0}/table/",
     "file://localhost{0}/table"],
)  # fmt: skip
def test_spellings_of_a_local_path_mean_one_place(tmp_path, spelling):
    place = locate(spelling.format(tmp_path))
    assert place.path == f"{tmp_path.resolve()}/table"
    assert place.spark == f"file://{tmp_path.resolve()}/table"


def test_relative_path_is_below_the_working_directory_of_this_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locate("tables/claims").path == f"{tmp_path.resolve()}/tables/claims"


def test_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate("~/claims").path == f"{tmp_path.resolve()}/claims"


def test_links_are_followed_so_that_what_they_point_at_is_replaced(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    assert locate(tmp_path / "link" / "claims").path == f"{tmp_path.resolve()}/disk/claims"


def test_percent_signs_are_literal_as_in_hadoop_paths(tmp_path):
    assert locate(f"file://{tmp_path}/a%20b").name == "a%20b"


def test_brackets_are_escaped_for_readers_only(tmp_path):
    place = locate(tmp_path / "a[1] {ü}*?")
    assert place.spark.endswith("/a[1] {ü}*?")
    assert place.spark_pattern.endswith(r"/a\[1\] \{ü\}\*\?")


@pytest.mark.parametrize("path", ["", "  ", "a\0b"])
def test_unusable_path_is_named(path):
    with pytest.raises(PathError, match="input"):
        locate(path, role="input")


def test_file_uri_of_another_machine_is_refused_with_the_right_spelling():
    with pytest.raises(PathError, match=r"file:///data/claims"):
        locate("file://data/claims")


def test_remote_uri_keeps_its_authority_and_loses_its_dots():
    place = locate("s3a://bucket/a/./b/../c/")
    assert (place.scheme, place.authority, place.path) == ("s3a", "bucket", "/a/c")


def test_file_system_that_pyarrow_cannot_reach_names_the_remedy():
    with pytest.raises(PathError, match=r"dbfs://.*format='table'"):
        _ = locate("dbfs:/claims").filesystem


@pytest.mark.parametrize(
    ("source", "output", "message"),
    [
        ("claims", "claims", "is the input"),
        ("claims", "claims/", "is the input"),
        ("claims", "./other/../claims", "is the input"),
        ("claims", "claims/balanced", "lies inside the input"),
        ("claims/2024", "claims", "contains the input"),
        ("claims/part-0.parquet", "claims", "contains the input"),
    ],
)
def test_overlap_of_output_and_input_is_refused(tmp_path, monkeypatch, source, output, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PathError, match=message) as caught:
        check_overlap(source, output)
    assert "give" in str(caught.value)
    with pytest.raises(PathError, match=message):
        check_overlap(source, f"file://{tmp_path}/{output}")


def test_overlap_through_a_link_is_refused(tmp_path):
    (tmp_path / "claims").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "claims")
    with pytest.raises(PathError, match="is the input"):
        check_overlap(tmp_path / "alias", tmp_path / "claims")
    with pytest.raises(PathError, match="lies inside"):
        check_overlap(tmp_path / "claims", tmp_path / "alias" / "balanced")


def test_overlap_with_what_a_pattern_matches_or_will_match_is_refused(tmp_path):
    (tmp_path / "2024").mkdir()
    with pytest.raises(PathError, match="is the input"):
        check_overlap(f"{tmp_path}/20*", tmp_path / "2024")
    with pytest.raises(PathError, match="is the input"):
        check_overlap(f"{tmp_path}/20{{24,25}}", tmp_path / "2025")
    with pytest.raises(PathError, match="lies inside"):
        check_overlap(f"{tmp_path}/20*", tmp_path / "2025" / "balanced")
    check_overlap(f"{tmp_path}/20*", tmp_path / "balanced")


def test_overlap_in_object_stores_sees_through_the_names_of_a_scheme():
    with pytest.raises(PathError, match="is the input"):
        check_overlap("s3a://bucket/claims", "s3://bucket/claims/")
    with pytest.raises(PathError, match="lies inside"):
        check_overlap("hdfs:///claims", "hdfs://namenode:8020/claims/balanced")


@pytest.mark.parametrize(
    ("source", "output"),
    [("claims", "claims_balanced"), ("a/claims", "b/claims"), ("s3://one/t", "s3://two/t"),
     ("hdfs://n/claims", "claims")],
)  # fmt: skip
def test_separate_places_are_allowed(tmp_path, monkeypatch, source, output):
    monkeypatch.chdir(tmp_path)
    check_overlap(source, output)


def test_data_files_are_those_that_spark_would_read(tmp_path):
    for name in ["part-1", "_SUCCESS", ".part-1.crc", "_spark_smote/manifest.json", "_y=1/part-0",
                 "x=1/.hidden/part-2", "x=1/part-0"]:  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = [Path(f.path).relative_to(tmp_path).as_posix() for f in data_files(locate(tmp_path))]
    assert found == ["_y=1/part-0", "part-1", "x=1/part-0"]
    assert is_visible("part-1")


def test_output_check_names_each_reason(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "part-0.parquet").write_text("")
    (tmp_path / "empty").mkdir()
    refused = {
        "/": "root of a file system",
        str(tmp_path / "file"): "is a file",
        str(tmp_path / "file" / "claims"): "which is a file",
        str(tmp_path / "full"): "not written by spark_smote.*if_exists='replace'",
    }
    for target, message in refused.items():
        with pytest.raises(PathError, match=message):
            check_output(target)
    check_output(tmp_path / "full", if_exists="replace")
    check_output(tmp_path / "empty")
    check_output(tmp_path / "not" / "yet" / "there")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "file", "full"]


def test_folder_that_holds_the_working_directory_or_home_is_never_replaced(tmp_path, monkeypatch):
    (tmp_path / "work" / "deep").mkdir(parents=True)
    (tmp_path / "people" / "me").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work" / "deep")
    monkeypatch.setenv("HOME", str(tmp_path / "people" / "me"))
    for folder in ("work", "people"):
        with pytest.raises(PathError, match="give a folder of the table's own"):
            check_output(tmp_path / folder, if_exists="replace")


def test_unknown_choices_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="if_exists is 'append'"):
        check_output(tmp_path / "out", if_exists="append")  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="format='table'"):
        check_output(tmp_path / "out", format="delta")
    with pytest.raises(ParameterError, match="no files"):
        check_output(tmp_path / "out", format="jdbc")


def test_object_store_is_refused_as_it_cannot_rename_folders(monkeypatch):
    class Store:
        type_name = "s3"

    monkeypatch.setattr(paths_module, "_filesystem", lambda scheme, authority: (Store(), "bucket"))
    with pytest.raises(PathError, match=r"object store \(s3\).*format='table'"):
        check_output("s3://bucket/claims")


def test_file_system_that_fails_to_rename_is_found_out_beforehand(tmp_path, monkeypatch):
    from spark_smote.io.publish import check_renames

    class NoRenames:
        """A local disk that fails at this as pyarrow's stores do: with an error of its own."""

        def __getattr__(self, name):
            return getattr(fs.LocalFileSystem(), name)

        def move(self, source, target):
            raise ArrowException("directories cannot be moved")

    with monkeypatch.context() as patched:
        patched.setattr(paths_module, "_filesystem", lambda scheme, authority: (NoRenames(), ""))
        with pytest.raises(PathError, match=r"cannot rename .* \(directories cannot be moved\)"):
            check_renames(locate(tmp_path / "out"), "run")
    assert list(tmp_path.iterdir()) == []
    check_renames(locate(tmp_path / "out"), "run")
    assert list(tmp_path.iterdir()) == []


def test_file_system_is_opened_once_for_all_places_in_it(tmp_path):
    assert isinstance(locate(tmp_path).filesystem, fs.LocalFileSystem)
    assert locate(tmp_path).filesystem is locate(tmp_path / "x").filesystem

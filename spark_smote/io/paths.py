"""Where tables live: paths and URIs, what lies there, and whether two of them overlap.

File systems are reached through `pyarrow.fs`, never through the JVM, so that it works alike on
classic Spark and on Spark Connect. A path without a scheme is a local one, and Spark is told so
(`file://`): the two never look in different places. Paths are literal, as Hadoop's are: `%20` is
three characters, not a space.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from pyarrow import ArrowException, fs

from spark_smote.errors import PathError

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_GLOB = re.compile(r"[\[\]{}*?\\]")
_ARROW_SCHEME = {"s3a": "s3", "s3n": "s3"}
"""Schemes that Hadoop and Arrow spell differently."""


@contextmanager
def _failing_as_files_do() -> Iterator[None]:
    """Around what a file system does: where it cannot, pyarrow has errors that are no `OSError`."""
    try:
        yield
    except ArrowException as error:
        raise OSError(str(error)) from error


@dataclass(frozen=True)
class Location:
    """A place in a file system, and what can be done there.

    Listing, reading, writing, moving and deleting raise `OSError`.
    """

    scheme: str
    """`file`, `hdfs`, `s3a` ..."""
    authority: str
    """Host, bucket or container; empty for local paths."""
    path: str
    """Absolute, normalised, without a trailing slash."""

    def __str__(self) -> str:
        return self.path if self.is_local else self.spark

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, or mounted there."""
        return self.scheme == "file"

    @property
    def spark(self) -> str:
        """The URI that Spark is given."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def spark_pattern(self) -> str:
        """The URI for Spark's readers, which would take brackets and stars for a pattern."""
        return _GLOB.sub(r"\\\g<0>", self.spark)

    @property
    def name(self) -> str:
        """The last part of the path; empty for a root."""
        return posixpath.basename(self.path)

    @property
    def parent(self) -> Location:
        """The folder around it."""
        return replace(self, path=posixpath.dirname(self.path))

    @property
    def filesystem(self) -> fs.FileSystem:
        """Raises `PathError` where pyarrow cannot reach it."""
        return _filesystem(self.scheme, self.authority)[0]

    @property
    def arrow(self) -> str:
        """The path as the file system of `filesystem` wants it."""
        return _filesystem(self.scheme, self.authority)[1] + self.path

    def child(self, name: str) -> Location:
        """A place inside."""
        return replace(self, path=posixpath.join(self.path, name))

    def sibling(self, name: str) -> Location:
        """A place beside."""
        return self.parent.child(name)

    @_failing_as_files_do()
    def info(self) -> fs.FileInfo:
        """Type, size and name of what is there."""
        return self.filesystem.get_file_info(self.arrow)

    def exists(self) -> bool:
        """Whether a file or folder is there."""
        return bool(self.info().type != fs.FileType.NotFound)

    def is_directory(self) -> bool:
        """Whether a folder is there."""
        return bool(self.info().type == fs.FileType.Directory)

    @_failing_as_files_do()
    def children(self) -> list[fs.FileInfo]:
        """Files and folders directly inside, sorted by name; none if there is no such folder."""
        selector = fs.FileSelector(self.arrow, allow_not_found=True)
        return sorted(self.filesystem.get_file_info(selector), key=lambda info: str(info.path))

    @_failing_as_files_do()
    def read_bytes(self) -> bytes:
        """The content of a small file."""
        with self.filesystem.open_input_stream(self.arrow) as stream:
            return bytes(stream.read())

    @_failing_as_files_do()
    def write_bytes(self, content: bytes) -> None:
        """Write a small file; where the file system is local, all of it or nothing."""
        if not self.is_local:
            with self.filesystem.open_output_stream(self.arrow) as stream:
                stream.write(content)
            return
        part = Path(f"{self.path}.{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(self.path)

    @_failing_as_files_do()
    def create_directory(self) -> None:
        """Make the folder and those around it, if they are missing."""
        self.filesystem.create_dir(self.arrow, recursive=True)

    @_failing_as_files_do()
    def move_to(self, other: Location) -> None:
        """Rename within the file system; what lies at the other place must be gone before."""
        if other.exists():
            # Some file systems would put the folder inside the other one.
            raise FileExistsError(f"{other} exists already")
        self.filesystem.move(self.arrow, other.arrow)

    @_failing_as_files_do()
    def delete_directory(self) -> None:
        """Delete the folder with all that is in it."""
        self.filesystem.delete_dir(self.arrow)

    @_failing_as_files_do()
    def delete_file(self) -> None:
        """Delete the file."""
        self.filesystem.delete_file(self.arrow)


def locate(path: str | os.PathLike[str], *, role: str = "path") -> Location:
    """The place that a path or URI means.

    Local paths are made absolute, `~` and symbolic links are followed.

    Parameters
    ----------
    path
        A path (relative to the working directory of this process) or a URI.
    role
        What the path is, for messages: "input", "output".

    Raises
    ------
    PathError
        The path is empty or a `file:` URI names another machine.

    Examples
    --------
    >>> locate("hdfs://namenode:8020/tables/../claims/").spark
    'hdfs://namenode:8020/claims'
    """
    text = os.fspath(path)
    if not text.strip():
        raise PathError(f"{role} is {text!r}: give the path of a table")
    if not _URI.match(text):
        return _local(text, role)
    scheme, authority, rest = _parts(text)
    if scheme != "file":
        return Location(scheme, authority, posixpath.normpath("/" + rest.lstrip("/")))
    if authority not in ("", "localhost"):
        raise PathError(
            f"{role} {text!r} names the machine {authority!r}: a file: URI has three slashes "
            f"before a path of this machine, as in file:///{authority}{rest}"
        )
    return _local(rest, role)


def is_pattern(path: str) -> bool:
    """Whether Spark would take the path for a pattern that matches many.

    >>> is_pattern("claims/2024-*.parquet")
    True
    """
    return _GLOB.search(path) is not None


def check_overlap(given_input: str | os.PathLike[str], output: str | os.PathLike[str]) -> None:
    """Refuse an output that is, lies inside, or contains the input.

    Raises
    ------
    PathError
        With the relation between the two and a remedy.
    """
    target = locate(output, role="output")
    for source in _matches(os.fspath(given_input), target):
        if not _one_store(source, target):
            continue
        if _inside(target, source) and _inside(source, target):
            raise PathError(
                f"output {str(output)!r} is the input {str(given_input)!r} itself, which would be "
                "replaced: give another folder as output"
            )
        if _inside(target, source):
            raise PathError(
                f"output {str(output)!r} lies inside the input {str(given_input)!r}, whose next "
                "reader would read it as well: give a folder outside the input as output"
            )
        if _inside(source, target):
            raise PathError(
                f"output {str(output)!r} contains the input {str(given_input)!r}, which would be "
                "replaced with it: give a folder of its own as output"
            )


def is_visible(name: str) -> bool:
    """Whether Spark's readers see a file or folder of that name.

    >>> is_visible("part-0.parquet"), is_visible("_SUCCESS"), is_visible("_year=2024")
    (True, False, True)
    """
    return not name.startswith(".") and (not name.startswith("_") or "=" in name)


def data_files(folder: Location) -> Iterator[fs.FileInfo]:
    """The files below a folder that Spark would read, folder by folder and sorted by name."""
    for info in folder.children():
        if not is_visible(info.base_name):
            continue
        if info.type == fs.FileType.Directory:
            yield from data_files(folder.child(info.base_name))
        else:
            yield info


def _local(text: str, role: str) -> Location:
    try:
        return Location("file", "", Path(text).expanduser().resolve().as_posix())
    except (OSError, RuntimeError, ValueError) as error:
        # A loop of links, an unknown user after the tilde, a null character.
        raise PathError(f"{role} {text!r} is no usable path: {error}") from error


def _parts(uri: str) -> tuple[str, str, str]:
    scheme, rest = uri.split(":", 1)
    if not rest.startswith("//"):
        return scheme.lower(), "", rest
    authority, slash, path = rest[2:].partition("/")
    return scheme.lower(), authority, slash + path


@lru_cache(maxsize=64)
def _filesystem(scheme: str, authority: str) -> tuple[Any, str]:
    """The file system and what its paths begin with (the bucket, in object stores)."""
    if scheme == "file":
        return fs.LocalFileSystem(), ""
    uri = f"{_ARROW_SCHEME.get(scheme, scheme)}://{quote(authority, safe='@:.-_')}/"
    try:
        filesystem, root = fs.FileSystem.from_uri(uri)
    except (OSError, ArrowException) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise PathError(
            f"{scheme}://{authority} cannot be reached from this process by pyarrow ({reason}): "
            "give a path it can reach, or a catalog table with format='table'"
        ) from error
    return filesystem, root.rstrip("/")


def _matches(text: str, target: Location) -> list[Location]:
    """The places an input means: itself, or what a local pattern matches now or with the target."""
    plain = locate(text, role="input")
    if not plain.is_local or not is_pattern(text) or Path(plain.path).exists():
        return [plain]
    # Alternatives in braces are Hadoop's; a star covers them.
    pattern = re.sub(r"\{[^}]*\}", "*", plain.path)
    found = [str(path) for path in Path("/").glob(pattern.lstrip("/"))]
    path = PurePosixPath(target.path)
    to_come = [str(folder) for folder in (path, *path.parents) if folder.match(pattern)]
    return [_local(match, "input") for match in found + to_come]


def _one_store(one: Location, other: Location) -> bool:
    schemes = {_ARROW_SCHEME.get(place.scheme, place.scheme) for place in (one, other)}
    # hdfs:///x is on the default name node, which may be the one the other URI names.
    either_default = "" in (one.authority, other.authority)
    return len(schemes) == 1 and (one.authority == other.authority or either_default)


def _inside(inner: Location, outer: Location) -> bool:
    path = PurePosixPath(inner.path)
    return any(_same(str(folder), outer) for folder in (path, *path.parents))


def _same(path: str, place: Location) -> bool:
    if path == place.path:
        return True
    if not place.is_local:
        return False
    try:
        # Also where letter case does not count, or a folder is mounted twice.
        return Path(path).samefile(place.path)
    except OSError:
        return False

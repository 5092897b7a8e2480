"""One result model, four ways to look at it: JSON, a page, a notebook, a terminal.

JSON, notebook and terminal need nothing but Python; the page needs the extra
``spark-smote[report]`` (Jinja2 and matplotlib), which is imported when a page is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from spark_smote.errors import SparkSmoteError
from spark_smote.inspected import Inspection
from spark_smote.report.document import from_json, to_json, write_json
from spark_smote.report.inspection_display import inspection_notebook, inspection_text
from spark_smote.report.notebook import notebook_html
from spark_smote.report.terminal import text_summary
from spark_smote.results import MethodShown, ResampleReport

__all__ = [
    "from_json",
    "gallery_png",
    "inspection_html",
    "inspection_notebook",
    "inspection_text",
    "notebook_html",
    "text_summary",
    "to_html",
    "to_json",
    "write_html",
    "write_json",
]


def to_html(report: ResampleReport, gallery: Sequence[MethodShown] = ()) -> str:
    """The report as one self-contained page.

    Parameters
    ----------
    report : ResampleReport
    gallery : sequence of MethodShown
        What each method does to a small table, to be shown on the page too.

    Returns
    -------
    str
        An HTML document without scripts and without references to anything outside it. Equal
        reports give equal text, for the same versions of matplotlib and Jinja2.

    Raises
    ------
    SparkSmoteError
        If Jinja2 or matplotlib is not installed.
    """
    with _libraries_of_pages():
        from spark_smote.report.page import render_page
    return render_page(report, gallery)


def gallery_png(gallery: Sequence[MethodShown]) -> bytes:
    """What each method does to a small table, as a picture of its own.

    Raises
    ------
    SparkSmoteError
        If matplotlib is not installed.
    """
    with _libraries_of_pages():
        from spark_smote.report.small_multiples import gallery_png
    return gallery_png(gallery)


def inspection_html(inspection: Inspection) -> str:
    """An inspection as one self-contained page, as `to_html` makes of a report."""
    with _libraries_of_pages():
        from spark_smote.report.inspection_page import render_inspection
    return render_inspection(inspection)


@contextmanager
def _libraries_of_pages() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as missing:
        raise SparkSmoteError(
            f"a report page needs the Python package {missing.name!r}, which is not installed: "
            "pip install 'spark-smote[report]'; JSON and plain text work without it"
        ) from missing


def write_html(report: ResampleReport, path: str | Path) -> None:
    """Write the page of `to_html` to a local file."""
    Path(path).write_text(to_html(report), encoding="utf-8")

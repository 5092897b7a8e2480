"""An inspection as a page: Jinja2 puts it into its template."""

from __future__ import annotations

from spark_smote.inspected import Inspection
from spark_smote.report import inspection_view as view
from spark_smote.report.page import template


def render_inspection(inspection: Inspection) -> str:
    """See `spark_smote.report.inspection_html`."""
    return template("inspection.html").render(
        inspection=inspection,
        view=view,
        headline=view.headline(inspection),
        warnings=[f for f in inspection.findings if f.severity == "warning"],
        remarks=[f for f in inspection.findings if f.severity != "warning"],
        class_rows=[view.class_row(c) for c in view.rare_first(inspection)],
        column_rows=[view.column_row(c) for c in inspection.columns],
    )

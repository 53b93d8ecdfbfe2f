"""The glossary as a page and as a file (a door)."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from app.auth import access
from app.reports.glossary import metrics
from app.reports.list_routes import as_csv
from app.reports.lists import csv_lines

blueprint = Blueprint("glossary", __name__)
blueprint.add_app_template_global(metrics.metric, "metric")


@blueprint.get("/glossary", endpoint="index")
@access.viewer
def glossary():
    words = request.args.get("q", "").replace("\x00", "").strip()[:100]
    return render_template("reports/glossary.html", words=words, found=metrics.matching(words))


@blueprint.get("/glossary.csv")
@access.viewer
def glossary_csv():
    """All of it: the legend of every other file."""
    return as_csv(iter([csv_lines([metrics.LEGEND, *metrics.legend(metrics.METRICS)])]), "glossary")

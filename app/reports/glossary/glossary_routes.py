"""The glossary as a page and as a file (a door)."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app.auth import access
from app.core.files.downloads import Table, download, explained_by
from app.core.web.keeping.pages import kept_page
from app.reports.glossary import metrics

blueprint = Blueprint("glossary", __name__)
blueprint.add_app_template_global(metrics.metric, "metric")


@blueprint.get("/glossary", endpoint="index")
@access.viewer
@kept_page()
def glossary():
    words = request.args.get("q", "").replace("\x00", "").strip()[:100]
    return render_template("reports/glossary.html", words=words, found=metrics.matching(words))


@download(blueprint, "/glossary")
@access.viewer
def glossary_file():
    """All of it: the legend of every other file."""
    return Table("glossary", metrics.LEGEND, metrics.legend(metrics.METRICS))


def legend_of(table: Table) -> Table:
    """What the columns of another file mean; none for the glossary itself."""
    keys = () if table.name == "glossary" else map(str, table.head)
    return Table(_("Legend"), metrics.LEGEND, metrics.legend(keys, table.name))


explained_by(legend_of)

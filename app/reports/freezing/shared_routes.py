"""A frozen report behind a link, for people without a sign-in; the link is the credential (a door).

There is no session, no form and nothing to change. That it was opened is noted outside the request's transaction.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from app.auth import access
from app.core import clock
from app.core.database import transactions
from app.extensions import db
from app.reports.freezing import document, links, withholding
from app.reports.freezing.freezing_routes import filter_words, quotes, signer
from app.reports.freezing.kinds import KINDS
from app.reports.freezing.models import FrozenLink
from app.reports.freezing.showing.drawing import chart_of
from app.reports.glossary.showing import shown

blueprint = Blueprint("shared", __name__)
MAY_HAVE_GAPS = frozenset({"overview", "value", "control"})


@blueprint.get("/shared/<token>")
@access.token
def shared(token: str) -> Response:
    now = clock.now()
    link = links.find(db.session, signer(), token)
    if link is None or not link.is_open(now):
        status = 404 if link is None else 410
        return Response(render_template("reports/shared_closed.html", link=link), status=status)
    if request.method == "GET":
        transactions.aside(db.engine, links.NOTE, {"link_id": link.id, "at": now})
    return Response(page(link))


def page(link: FrozenLink) -> str:
    report, full = link.report, document.from_json(link.report.document)
    told = withholding.withheld(full, has_names=link.has_names)
    missing = withholding.left_out(full, told)
    tables = tuple(table for table in full.tables if link.has_names or not table.is_naming)
    is_drawn = report.kind in MAY_HAVE_GAPS or told.tables == tables
    return render_template(
        "reports/shared.html",
        report=report,
        link=link,
        kind=KINDS[report.kind],
        document=told,
        missing=missing,
        chart=chart_of(report.kind, told) if is_drawn else None,
        quotes=quotes(full) if link.has_comments else [],
        facts=filter_words(report.address),
        shown=shown,
    )

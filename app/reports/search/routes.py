"""The page that finds, and the same without its frame for the window that Ctrl+K opens (a door)."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request
from flask_security import current_user

from app.auth import access
from app.auth.models import RoleName
from app.extensions import db
from app.reports.search import pages, rows

blueprint = Blueprint("finding", __name__)
LONGEST = 100
ROLES = frozenset(RoleName)


@blueprint.get("/find")
@access.viewer
def find():
    """What carries the words `q`; `part` is the bare list."""
    words = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST]
    template = "reports/find_rows.html" if request.args.get("part") else "reports/find.html"
    return render_template(
        template,
        words=words,
        found=rows.find(db.session, words),
        pages=pages.named(words, may_open),
        most=rows.MOST,
    )


def may_open(endpoint: str) -> bool:
    """Whether there is such a page, and the role of whoever is signed in reaches it."""
    if endpoint not in current_app.view_functions:
        return False
    declared = access.policy_of(current_app, endpoint)
    return declared in ROLES and current_user.may(declared)

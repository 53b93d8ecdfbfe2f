"""The page that tells how much mail people got from us lately (a door)."""

from __future__ import annotations

from flask import render_template

from app.auth import access
from app.core import clock
from app.core.web.keeping.pages import kept_page
from app.delivery.routes import blueprint
from app.delivery.watching import fatigue
from app.extensions import db


@blueprint.get("/waves/fatigue")
@access.viewer
@kept_page()
def mail_fatigue():
    """People by the number of survey mails they got lately, reminders included."""
    found = fatigue.fatigue(db.session, now=clock.now())
    return render_template("delivery/fatigue.html", found=found, days=fatigue.DAYS)

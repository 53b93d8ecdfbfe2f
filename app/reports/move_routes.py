"""The page of colours that moved: each account whose score is another than the day before, and what followed (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from app.auth import access
from app.contacts.models import Account
from app.core import clock
from app.core.web.keeping.pages import kept_page
from app.core.web.paging import Page
from app.extensions import db
from app.followups.models import Task
from app.health.models import ColourMove
from app.reports.accounts.scores import glossary
from app.reports.routes import asked, blueprint

PAGE_SIZE = 50
OPENED, NOBODY = "opened", "nobody"


@blueprint.get("/colours", endpoint="colours")
@access.viewer
@kept_page()
def colour_moves():
    days, what = asked(), request.args.get("what", "")
    query = sa.select(ColourMove, Account, Task).join(Account, Account.id == ColourMove.account_id)
    query = query.outerjoin(Task, Task.id == ColourMove.task_id)
    query = query.where(ColourMove.on >= days.start, ColourMove.on < days.end)
    if what in {OPENED, NOBODY}:
        query = query.where(ColourMove.is_opened.is_(what == OPENED))
    ids = query.with_only_columns(ColourMove.id).subquery()
    page = Page.asked(PAGE_SIZE, db.session.scalar(sa.select(sa.func.count()).select_from(ids)) or 0)
    newest = query.options(joinedload(Task.owner)).order_by(ColourMove.on.desc(), ColourMove.id.desc())
    return render_template(
        "reports/colours.html",
        rows=db.session.execute(newest.offset(page.start).limit(PAGE_SIZE)).all(),
        page=page,
        days=days,
        what=what,
        options=[("", _("All")), (OPENED, _("A follow-up was opened")), (NOBODY, _("Nobody had to act"))],
        address=days.address | ({"what": what} if what else {}),
        scores=glossary.SCORES,
        now=clock.now(),
    )

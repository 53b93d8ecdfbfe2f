"""Views of reports that are kept under a name, for oneself or for all (a door)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app.auth import access
from app.auth.models import RoleName
from app.auth.views import saving
from app.core import audit, clock
from app.core.errors import Forbidden, Invalid
from app.extensions import db
from app.reports.freezing.freezing_routes import ADDRESSES, the_kind
from app.reports.freezing.kinds import KINDS
from app.reports.routes import blueprint

DAYS = ("from", "to")


def views_of(kind: str) -> list[Any]:
    """What stands over a report for whoever is signed in."""
    return saving.shown(db.session.connection(), kind, current_user.id)


blueprint.add_app_template_global(views_of, "report_views")


@blueprint.post("/views")
@access.viewer
def save_view():
    """Keep the filters of the address; without its days, unless they are wanted, so that it always shows the newest."""
    kind, is_for_all = the_kind(), "all" in request.form
    address = ADDRESSES[kind]()
    if is_for_all and not current_user.may(RoleName.MANAGER):
        raise Forbidden(_("Views for all are kept by managers."))
    kept = address if "days" in request.form else {k: v for k, v in address.items() if k not in DAYS}
    now, name = clock.now(), request.form.get("name", "")
    try:
        view = saving.save(db.session, kind, current_user.id, name, kept, now=now, is_for_all=is_for_all)
    except Invalid as error:
        flash(error.words, "danger")
        return redirect(url_for(KINDS[kind].endpoint, **address), 303)
    if is_for_all:
        audit.note(
            db.session, access.actor(), "report.view", subject=f"view:{view.id}", now=now, name=view.name
        )
    db.session.commit()
    flash(_("Kept: %(name)s stands over the report now.", name=view.name), "success")
    return redirect(url_for(KINDS[kind].endpoint, **kept), 303)


@blueprint.post("/views/<int:view_id>/removal")
@access.viewer
def remove_view(view_id: int):
    is_manager = current_user.may(RoleName.MANAGER)
    view = saving.remove(db.session, current_user.id, view_id, may_remove_shared=is_manager)
    name, kind = view.name, KINDS.get(view.page)
    if view.is_for_all:
        named = {"subject": f"view:{view.id}", "now": clock.now(), "name": name}
        audit.note(db.session, access.actor(), "report.view_remove", **named)
    db.session.commit()
    flash(_("Removed from the views: %(name)s", name=name), "success")
    return redirect(url_for(kind.endpoint if kind else "reports.overview"), 303)

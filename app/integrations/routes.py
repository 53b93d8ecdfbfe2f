"""Each person's own page of notices: what they are told by mail and chat, and a try (a door)."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app.auth import access
from app.core import audit, clock
from app.core.errors import Refused
from app.extensions import db
from app.integrations import choices, weekly
from app.integrations.forms import NoticeForm
from app.integrations.models import ChatKind, ChatScope, NoticeChoice, NoticeKind
from app.integrations.notifying import notify

blueprint = Blueprint("integrations", __name__)


def the_form(chosen: NoticeChoice, **given) -> NoticeForm:
    allowed = current_app.extensions["settings"].CHAT_ALLOW
    return NoticeForm(allowed=allowed, has_url=chosen.chat_sealed is not None, **given)


@blueprint.get("/settings/notices")
@access.viewer
def notices():
    chosen = choices.of(db.session, current_user.id)
    names = ("mail_at_once", "mail_daily", "daily_hour", "chat_kind", "chat_scope")
    values = {name: getattr(chosen, name) for name in names}
    values["chat_kind"] = chosen.chat_kind or ""
    values["mail_weekly"] = weekly.wants(current_user, chosen)
    return show_notices(the_form(chosen, formdata=None, **values), chosen)


def show_notices(form: NoticeForm, chosen: NoticeChoice, status: int = 200):
    return render_template("integrations/notices.html", form=form, chosen=chosen, now=clock.now()), status


@blueprint.post("/settings/notices")
@access.viewer
def choose_notices():
    chosen = choices.of(db.session, current_user.id)
    form = the_form(chosen)
    if not form.validate_on_submit():
        return show_notices(form, chosen, 400)
    chosen = choices.kept(db.session, current_user.id)
    chosen.mail_at_once, chosen.mail_daily = form.mail_at_once.data, form.mail_daily.data
    if form.mail_weekly.data != weekly.wants(current_user, chosen):
        chosen.mail_weekly = form.mail_weekly.data
    chosen.daily_hour, chosen.chat_scope = form.daily_hour.data, ChatScope(form.chat_scope.data)
    kind = ChatKind(form.chat_kind.data) if form.chat_kind.data else None
    url = (form.chat_url.data or "").strip()
    if kind is not chosen.chat_kind or url:
        choices.set_chat(current_app.extensions["settings"], chosen, kind, url)
        about = {"subject": f"staff:{current_user.id}", "chat": kind.value if kind else "none"}
        audit.note(db.session, access.actor(), "notices.chat", now=clock.now(), **about)
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for("integrations.notices"), 303)


@blueprint.post("/settings/notices/trial")
@access.viewer
def try_chat():
    """A message to the webhook, by the way of all others."""
    now = clock.now()
    if choices.of(db.session, current_user.id).chat_kind is None:
        raise Refused(_("No chat is chosen yet."))
    notify(
        db.session,
        NoticeKind.TRIAL,
        None,
        to=[current_user.id],
        key=now.isoformat(timespec="minutes"),
        now=now,
    )
    db.session.commit()
    flash(_("A message is on its way. Look here again in a minute if it does not come."), "success")
    return redirect(url_for("integrations.notices"), 303)

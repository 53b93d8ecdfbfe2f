"""Writing to the people of several follow-ups at once: everybody's text is seen first, and all can be taken back (a door)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import joinedload

from app.auth import access
from app.core import audit, clock
from app.core.errors import Invalid
from app.core.web.fields import mark
from app.extensions import db
from app.followups.conversation import several
from app.followups.forms import MailForm
from app.followups.models import Task
from app.followups.routes import address_of, blueprint, chosen_filter

BEGINNING = "{greeting}\n\n\n\n{sender}\n{company}"


def chosen_tasks() -> list[Task]:
    """The follow-ups that were chosen, in the order of the page; unknown ones are passed over."""
    asked = request.form.getlist("task")
    ids = [int(id) for id in dict.fromkeys(asked) if id.isascii() and id.isdecimal() and len(id) < 19]
    query = sa.select(Task).where(Task.id.in_(ids[: several.MOST]))
    query = query.options(joinedload(Task.contact), joinedload(Task.account))
    by_id = {task.id: task for task in db.session.scalars(query)}
    return [by_id[id] for id in ids if id in by_id]


@blueprint.post("/queue/mails")
@access.csm
def write_to_several():
    """Shows everybody's text; sends them once that was pressed, unless somebody would read a placeholder."""
    tasks, act = chosen_tasks(), request.form.get("act", "")
    if not tasks:
        flash(_("Nobody was chosen: choose follow-ups by the boxes beside them."), "warning")
        return redirect(url_for("followups.queue", **address_of(chosen_filter())), 303)
    if act not in ("show", "send"):
        return show(tasks, MailForm(formdata=None, mail_subject="", mail_words=BEGINNING))
    form = MailForm()
    if not form.validate_on_submit():
        return show(tasks, form, 400)
    return send(tasks, form) if act == "send" else show(tasks, form)


def send(tasks: list[Task], form: MailForm):
    now, settings = clock.now(), current_app.extensions["settings"]
    try:
        sent = several.send(db.session, settings, texts_of(tasks, form), by=current_user, now=now)
    except Invalid as error:
        db.session.rollback()
        mark(form, error)
        return show(tasks, form, 400)
    for mail in sent:
        about = {"subject": f"task:{mail.task_id}", "mail": mail.id}
        audit.note(db.session, access.actor(), "task.mail", now=now, **about)
    db.session.commit()
    said = ngettext("%(num)s mail leaves in 20 seconds.", "%(num)s mails leave in 20 seconds.", len(sent))
    flash(said, "success")
    return redirect(url_for("followups.waiting_mails", **address_of(chosen_filter())), 303)


def texts_of(tasks: list[Task], form: MailForm) -> list[several.Text]:
    """Everybody's text: their own where it was changed, else what all get."""
    own = {}
    for task in tasks:
        words = request.form.get(f"own-{task.id}", "").replace("\r\n", "\n").strip()
        before = request.form.get(f"was-{task.id}", "").replace("\r\n", "\n").strip()
        if words and words != before:
            own[task.id] = words
    subject, words = form.mail_subject.data or "", form.mail_words.data or ""
    return several.texts(db.session, tasks, subject, words, by=current_user, own=own)


def show(tasks: list[Task], form: MailForm, status: int = 200):
    page = render_template(
        "followups/several.html",
        form=form,
        tasks=tasks,
        texts=texts_of(tasks, form),
        address=address_of(chosen_filter()),
    )
    return page, status


@blueprint.get("/queue/mails/waiting")
@access.csm
def waiting_mails():
    """The mails of this person that have not left yet."""
    now = clock.now()
    found = several.waiting(db.session, current_user, now=now)
    address = address_of(chosen_filter())
    return render_template("followups/waiting_mails.html", mails=found, address=address, now=now)


@blueprint.post("/queue/mails/undo")
@access.csm
def take_mails_back():
    now = clock.now()
    stopped = several.take_back(db.session, current_user, now=now)
    audit.note(db.session, access.actor(), "task.mails_undone", now=now, mails=stopped)
    db.session.commit()
    said = ngettext("%(num)s mail was taken back.", "%(num)s mails were taken back.", stopped)
    flash(said if stopped else _("All of them have left already."), "success" if stopped else "info")
    return redirect(url_for("followups.queue", **address_of(chosen_filter())), 303)

"""Writing a mail on the page of a follow-up, and taking it back before it leaves (a door)."""

from __future__ import annotations

from flask import current_app, flash, redirect, url_for
from flask_babel import gettext as _
from flask_security import current_user

from app.auth import access
from app.core import audit, clock
from app.core.errors import Invalid, NotFound
from app.core.web.fields import mark
from app.extensions import db
from app.followups.conversation import writing
from app.followups.conversation.models import CaseMail
from app.followups.forms import MailForm
from app.followups.routes import address_of, blueprint, chosen_filter, render_task, the_task


@blueprint.post("/tasks/<int:task_id>/mails")
@access.csm
def write_mail(task_id: int):
    task, form, now = the_task(task_id, lock=True), MailForm(), clock.now()
    if not form.validate_on_submit():
        return render_task(task, 400, mail=form)
    settings, words = current_app.extensions["settings"], form.mail_words.data
    try:
        mail = writing.send(
            db.session, settings, task, form.mail_subject.data, words, by=current_user, now=now
        )
    except Invalid as error:
        mark(form, error)
        return render_task(task, 400, mail=form)
    subject = f"task:{task.id}"
    audit.note(db.session, access.actor(), "task.mail", subject=subject, now=now, mail=mail.id)
    db.session.commit()
    flash(_("It leaves in 20 seconds. Until then you can take it back."), "success")
    return to_mails(task_id)


@blueprint.post("/tasks/<int:task_id>/mails/<int:mail_id>/undo")
@access.csm
def take_mail_back(task_id: int, mail_id: int):
    """The words stand in the form again."""
    task, now = the_task(task_id), clock.now()
    mail = db.session.get(CaseMail, mail_id, with_for_update=True) if mail_id < 2**63 else None
    if mail is None or mail.task_id != task.id:
        raise NotFound(_("There is no such mail."))
    writing.take_back(db.session, mail, now=now)
    subject = f"task:{task.id}"
    audit.note(db.session, access.actor(), "task.mail_undone", subject=subject, now=now, mail=mail.id)
    db.session.commit()
    flash(_("Taken back. Nothing was sent; its words stand in the form."), "success")
    return to_mails(task_id, draft=mail.id)


def to_mails(task_id: int, **more: int):
    address = address_of(chosen_filter(), **more)
    return redirect(url_for("followups.task_page", task_id=task_id, _anchor="write", **address), 303)

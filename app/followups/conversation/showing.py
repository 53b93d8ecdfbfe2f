"""What the page of a follow-up shows of writing to and fro."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

import config
from app.auth.models import Staff
from app.core.clock import Today
from app.core.installation import installation
from app.delivery.mail.case_addresses import CaseAddresses
from app.delivery.telling import cases
from app.followups.conversation import threads, writing
from app.followups.conversation.models import CaseMail
from app.followups.forms import MailForm
from app.followups.models import ActivityKind, Task
from app.followups.playbooks.running import Course


def context(
    session: Session,
    settings: config.Settings,
    task: Task,
    form: MailForm | None,
    *,
    by: Staff,
    draft: str,
    course: Course | None,
    today: Today,
    now: datetime,
) -> dict:
    """The names that the page's templates need; `draft` is the number of a mail that was just taken back, as asked for."""
    unwritable, is_read = writing.why_not(session, task.contact), cases.is_read(settings)
    week = installation(session).work_week
    return {
        "mails": writing.thread(session, task),
        "unwritable": unwritable,
        "mail_form": form
        or (None if unwritable else begun(session, task, draft, template_of(task, course), by)),
        "bcc": CaseAddresses.of(settings).bcc(task.id) if is_read else None,
        "back_on": threads.back_on(session, task, week, today=today.day, now=now),
    }


def template_of(task: Task, course: Course | None) -> str:
    """What the playbook has to be written next; nothing where an answer is written, and not a letter that begins."""
    stages = course.stages if course and not task.mails else []
    mails = (
        stage.step.words for stage in stages if not stage.tick and stage.step.channel is ActivityKind.MAIL
    )
    return next(mails, "")


def begun(session: Session, task: Task, draft: str, template: str, by: Staff) -> MailForm:
    """The form with the words of a mail that was taken back, or as a mail begins."""
    mail = session.get(CaseMail, int(draft)) if draft.isdecimal() and len(draft) < 10 else None
    if mail is not None and mail.task_id == task.id and mail.taken_back_at is not None:
        return MailForm(formdata=None, mail_subject=mail.subject, mail_words=mail.words)
    begins = writing.draft(session, task, by=by, template=template)
    return MailForm(formdata=None, mail_subject=begins.subject, mail_words=begins.words)

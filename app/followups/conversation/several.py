"""One mail to several people: each gets words of their own from a common text, and nobody gets a placeholder.

Whoever is written to is seen with their text before it is sent; somebody whom several follow-ups are about gets one mail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

import config
from app.auth.models import Staff
from app.core.errors import Invalid, Refused
from app.core.installation import installation
from app.delivery.telling import cases
from app.followups.conversation import writing
from app.followups.conversation.models import CaseMail
from app.followups.models import Task

MOST = 50


@dataclass(frozen=True)
class Text:
    """What one person would read. `obstacle`: why nobody can write to them; `left`: a placeholder that nobody has filled."""

    task: Task
    subject: str
    words: str
    obstacle: str | None = None
    left: str | None = None


def texts(
    session: Session, tasks: Sequence[Task], subject: str, words: str, *, by: Staff, own: Mapping[int, str]
) -> list[Text]:
    """The texts of the people whom these follow-ups are about, one each; `own` are words that were changed for one task."""
    facts, found, seen = installation(session), [], set()
    for task in tasks:
        if task.contact_id in seen:
            continue
        seen.add(task.contact_id)
        if obstacle := writing.why_not(session, task.contact):
            found.append(Text(task, "", "", obstacle))
            continue
        values = writing.values_of(task, facts, by)
        title, said = (writing.filled(part, values) for part in (subject, own.get(task.id, words)))
        left = writing.unfilled(title) or writing.unfilled(said)
        found.append(Text(task, title, said, left=left))
    return found


def send(
    session: Session, settings: config.Settings, found: Sequence[Text], *, by: Staff, now: datetime
) -> list[CaseMail]:
    """Let the mails leave in twenty seconds, all or none. Invalid while somebody would read a placeholder."""
    ready = [text for text in found if text.obstacle is None]
    if not ready:
        raise Refused(_("None of them can be written to."))
    unready = [text for text in ready if text.left]
    if unready:
        names = ", ".join(text.task.contact.name or text.task.account.name for text in unready[:5])
        said = ngettext(
            "Fill in %(placeholder)s for %(names)s, or take it out.",
            "Fill in %(placeholder)s for %(num)s people, %(names)s among them, or take it out.",
            len(unready),
            placeholder=unready[0].left,
            names=names,
        )
        raise Invalid(said, errors={"mail_words": said})
    return [
        writing.send(session, settings, text.task, text.subject, text.words, by=by, now=now) for text in ready
    ]


def waiting(session: Session, person: Staff, *, now: datetime) -> list[CaseMail]:
    """The mails of somebody that have not begun to leave, the first to leave first."""
    mine = (CaseMail.staff_id == person.id, CaseMail.leaves_at > now, CaseMail.taken_back_at.is_(None))
    rows = sa.select(CaseMail).where(*mine, CaseMail.ended_at.is_(None))
    return list(session.scalars(rows.order_by(CaseMail.leaves_at, CaseMail.id)))


def take_back(session: Session, person: Staff, *, now: datetime) -> int:
    """Stop all of them that have not begun to leave; how many."""
    stopped = 0
    for mail in waiting(session, person, now=now):
        if cases.take_back(session, cases.ref_of(mail.task_id, mail.id)):
            mail.taken_back_at = now
            stopped += 1
    return stopped

"""Writing to the person a follow-up is about: how a mail begins, what it must not hold, waiting, taking back, its end.

A mail waits twenty seconds before it leaves. Once it has left it is the first touch and answers whoever waited; one that
is held back, refused or taken back is neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import config
from app.auth.models import Staff
from app.contacts.models import Contact, ContactStatus
from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.core.installation import Installation, installation
from app.core.outbox_rows import OutboxState
from app.delivery import letters, suppressions
from app.delivery.telling import cases
from app.delivery.telling.cases import CaseOutcome, Written
from app.followups import activities, touches
from app.followups.activities import stored
from app.followups.conversation.models import CaseMail
from app.followups.models import ActivityKind, Task, TaskMail
from app.surveys import placeholders

UNDO = timedelta(seconds=20)
LONGEST_SUBJECT = 200
LONGEST_MAIL = 10_000
MOST_ANSWERED = 8
MOST_SHOWN = 50
AGAIN = re.compile(r"^(?:\s*(?:re|aw|sv|vs|antw|odp|rif|res)(?:\[\d+\])?\s*[::]\s*)+", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\{\s*[^\W\d][\w .-]{0,60}\}|\[\[[^\[\]\n]{1,60}\]\]")
MESSAGE_ID = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


@dataclass(frozen=True)
class Draft:
    """How a mail stands in the form before it is sent."""

    subject: str
    words: str


def why_not(session: Session, contact: Contact | None) -> str | None:
    """Why nobody can write to this person, in words for the page; None when one can. An opt-out from surveys is no reason."""
    if contact is None or not contact.email or contact.status is ContactStatus.ERASED:
        return _("No address is known.")
    reason = suppressions.reasons(session, [contact.email_key]).get(contact.email_key)
    if contact.status is ContactStatus.BOUNCED or reason == "bounced":
        return _("Mail to this address came back: it does not exist.")
    if reason in (suppressions.COMPLAINT, suppressions.ERASED):
        return _("This person wants no mail from here. Call instead.")
    return None


def draft(session: Session, task: Task, *, by: Staff, template: str = "") -> Draft:
    """How a mail begins: as an answer to what was written last, the person addressed in their language, signed.

    `template` are words between the two, their placeholders filled as far as the values are known. One that names the
    person, or the sender, greets, or signs, by itself.
    """
    facts = installation(session)
    values = values_of(task, facts, by)
    last = task.mails[-1].mail if task.mails else None
    title = f"Re: {AGAIN.sub('', last.subject)}" if last and last.subject else first_subject(task, facts)
    sign = "\n".join(part for part in (by.name, facts.company) if part)
    parts = ["" if "{first_name}" in template else values["greeting"], filled(template, values).strip()]
    parts.append("" if "{sender}" in template else sign)
    words = "\n\n".join(part for part in parts if part) if template else "\n\n".join(parts)
    return Draft(title[:LONGEST_SUBJECT], words)


def first_subject(task: Task, facts: Installation) -> str:
    """What a mail is about that answers nothing, in the language of whoever reads it."""
    language = task.contact.language or facts.language
    return letters.first_subject(facts.company, language, has_answered=task.response_id is not None)


def values_of(task: Task, facts: Installation, by: Staff) -> dict[str, str]:
    """What the placeholders of a mail on this follow-up stand for; an unknown value is left out, so it stays to be seen."""
    contact, language = task.contact, task.contact.language or facts.language
    known = {
        "greeting": letters.greeting(contact.first_name, contact.last_name, language),
        "first_name": contact.first_name,
        "account": task.account.name,
        "company": facts.company,
        "product": facts.product or facts.company,
        "sender": by.name,
    }
    return {name: value for name, value in known.items() if value}


def filled(words: str, values: Mapping[str, str]) -> str:
    """With the placeholders filled that are known; a first name that is not known leaves no gap."""
    if "first_name" not in values:
        words = placeholders.NEXT_WORD.sub("", placeholders.FIRST_WORD.sub("", words))
    return placeholders.BRACES.sub(lambda found: values.get(found[1] or "", found[0]), words)


def unfilled(words: str) -> str | None:
    """The first placeholder that nobody has filled: {a name}, or [[something to write]]; None without one."""
    found = PLACEHOLDER.search(words)
    return found[0] if found else None


def send(
    session: Session,
    settings: config.Settings,
    task: Task,
    subject: str,
    words: str,
    *,
    by: Staff,
    now: datetime,
) -> CaseMail:
    """Let a mail leave in twenty seconds. Refused when nobody can be written to; Invalid names `mail_subject` or `mail_words`."""
    facts, contact = installation(session), task.contact
    if reason := why_not(session, contact):
        raise Refused(reason)
    subject = " ".join(stored(subject, "mail_subject", limit=LONGEST_SUBJECT).split())
    words = stored(words, "mail_words", limit=LONGEST_MAIL).strip()
    check(subject, words)
    answers = [entry.mail.message_id for entry in task.mails if MESSAGE_ID.fullmatch(entry.mail.message_id)]
    mail = CaseMail(
        task_id=task.id,
        contact_id=contact.id,
        staff_id=by.id,
        staff_name=by.display_name,
        recipient=contact.email,
        subject=subject,
        words=words,
        pressed_at=now,
        leaves_at=now + UNDO,
    )
    session.add(mail)
    session.flush()
    language = contact.language or facts.language
    written = Written(subject, words, language, by.display_name, by.email, tuple(answers[-MOST_ANSWERED:]))
    where = {"ref": cases.ref_of(task.id, mail.id), "recipient": contact.email, "name": contact.name}
    mail.message_id = cases.queue(session, settings, written, **where, due_at=mail.leaves_at, now=now)
    session.flush()
    return mail


def check(subject: str, words: str) -> None:
    """Invalid for a mail that says nothing, or that a person would read with a placeholder in it."""
    errors = {}
    for name, text in (("mail_subject", subject), ("mail_words", words)):
        if not text:
            errors[name] = _("This is needed.")
        elif left := unfilled(text):
            errors[name] = _("Fill in %(placeholder)s, or take it out.", placeholder=left)
    if errors:
        raise Invalid(_("This mail is not ready."), errors=errors)


def take_back(session: Session, mail: CaseMail, *, now: datetime) -> None:
    """Stop a mail that has not begun to leave; Refused when it has."""
    if mail.taken_back_at is not None:
        raise Refused(_("This mail was taken back already."))
    if mail.ended_at is not None or not cases.take_back(session, cases.ref_of(mail.task_id, mail.id)):
        raise Refused(_("This mail has left already."))
    mail.taken_back_at = now


def ended(session: Session, outcome: CaseOutcome, *, now: datetime) -> Task | None:
    """Keep what became of a mail; the task when the mail counts as a touch. One that may have arrived does."""
    mail = session.get(CaseMail, outcome.mail_id)
    if mail is None or mail.ended_at is not None:
        return None
    task = session.get_one(Task, mail.task_id)
    is_out = outcome.state in (OutboxState.SENT, OutboxState.IN_DOUBT)
    mail.ended_at = outcome.at
    mail.sent_at = outcome.at if is_out else None
    mail.reason = None if outcome.state is OutboxState.SENT else outcome.reason or outcome.state.value
    if not is_out and not (outcome.state is OutboxState.HELD and task.is_rehearsal):
        return None
    note(session, task, f"{mail.subject}\n\n{mail.words}", at=outcome.at, by=writer_of(mail), now=now)
    return task


def note(session: Session, task: Task, words: str, *, at: datetime, by: Actor, now: datetime) -> None:
    """Log a mail that one of us wrote: on the task, or where that is closed as a touch with the account."""
    about = {"at": at, "is_two_way": False, "by": by, "now": now}
    if task.is_open:
        activities.log(session, task, ActivityKind.MAIL, words[: activities.LONGEST_WORDS], **about)
        return
    said = words[: touches.LONGEST_WORDS]
    touches.log(session, task.account, ActivityKind.MAIL, said, **about, contact=task.contact)
    task.replied_at = None


def writer_of(mail: CaseMail) -> Actor:
    return Actor("staff", mail.staff_id, mail.staff_name)


def came_back(session: Session, task: Task, reason: str, *, now: datetime) -> None:
    """The address of the last mail on a task does not exist: nobody writes there again, and the task says so."""
    mine = sa.select(CaseMail).where(CaseMail.task_id == task.id, CaseMail.taken_back_at.is_(None))
    mail = session.scalars(mine.order_by(CaseMail.id.desc()).limit(1)).first()
    if mail is not None:
        mail.reason, mail.came_back_at, mail.ended_at = reason[:300], now, mail.ended_at or now
    if mail is not None and task.contact is not None and task.contact.email == mail.recipient:
        task.contact.bounce(now=now)
    task.updated_at = now


def thread(session: Session, task: Task) -> list[CaseMail | TaskMail]:
    """What we wrote and what they wrote, the newest first."""
    mine = sa.select(CaseMail).where(CaseMail.task_id == task.id, CaseMail.taken_back_at.is_(None))
    ours = session.scalars(mine.order_by(CaseMail.id.desc()).limit(MOST_SHOWN)).all()
    return sorted([*ours, *task.mails], key=lambda row: row.at, reverse=True)

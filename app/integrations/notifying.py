"""Telling colleagues that something happened on a follow-up: `notify` writes it down, `tell_due` thinks of mail and chat.

Whoever stands in for somebody away is told too, and for whom. The words are made when something is told; what is erased
meanwhile is not told at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

import config
from app.auth.absences.covering import Roster
from app.auth.models import Staff
from app.core import outbox_rows
from app.core.clock import day_of
from app.core.installation import installation
from app.core.language.words import speaking
from app.core.outbox_rows import insert_new
from app.delivery import letters
from app.delivery.mail.compiling import new_message_id
from app.delivery.sending import posting
from app.followups.models import Task
from app.health.alerting.models import Alert
from app.integrations import choices, saying
from app.integrations.models import ChatScope, Notice, NoticeChoice, NoticeKind

CHAT = "chat"
URGENT = frozenset({NoticeKind.KEY_DETRACTOR, NoticeKind.ESCALATED, NoticeKind.TRIAL})
LATEST = timedelta(days=2)
CHUNK = 100


KEPT_FOR = timedelta(days=90)


def forget_old(session: Session, *, now: datetime) -> int:
    """Let go of what was told three months ago, how many that were.

    What is about an open task stays, because it says what its people were told of that already.
    """
    is_open = sa.exists().where(Task.id == Notice.task_id, Task.closed_at.is_(None))
    old = sa.delete(Notice).where(Notice.at < now - KEPT_FOR, Notice.looked_at.is_not(None), sa.not_(is_open))
    return session.execute(old, execution_options={"synchronize_session": False}).rowcount


def notify(
    session: Session,
    kind: NoticeKind,
    task: Task | None,
    *,
    to: Iterable[int],
    alert: Alert | None = None,
    is_urgent: bool | None = None,
    key: str = "",
    now: datetime,
) -> int:
    """Write down for these people, by their staff ids, that something happened on a task, or that an alert was raised; for
    how many it is new.

    Each is told a thing once: `key` names it where one kind can happen on one task more than once. Who stands in for
    somebody of them is told too. What is urgent follows from the kind unless `is_urgent` says so. Ways and moment are each person's own choice; nothing is sent here.
    """
    roster = Roster.on(session, day_of(now, installation(session).zone))
    name = ":".join(str(part) for part in (kind.value, task.id if task else "", key) if part != "")[:120]
    rows = [
        {
            "staff_id": reader,
            "for_staff_id": absences[0].staff_id if absences else None,
            "task_id": task.id if task else None,
            "alert_id": alert.id if alert else None,
            "kind": kind,
            "key": name,
            "at": now,
            "is_urgent": kind in URGENT if is_urgent is None else is_urgent,
            "looked_at": None,
        }
        for reader, absences in roster.readers(to).items()
    ]
    known = (Notice.key == name, Notice.staff_id.in_([row["staff_id"] for row in rows]))
    told = set(session.scalars(sa.select(Notice.staff_id).where(*known)))
    new = [row for row in rows if row["staff_id"] not in told]
    insert_new(session, Notice.__table__, new, key=["staff_id", "key"])
    return len(new)


def tell_due(session: Session, settings: config.Settings, *, now: datetime) -> Iterator[int]:
    """Put into the outbox what people want to hear at once, by mail or chat; yields after each part, for a commit."""
    people = (
        joinedload(Notice.staff),
        joinedload(Notice.for_staff),
        joinedload(Notice.task),
        joinedload(Notice.alert),
    )
    query = (
        sa.select(Notice).where(Notice.looked_at.is_(None)).options(*people).order_by(Notice.id).limit(CHUNK)
    )
    while found := session.scalars(query).unique().all():
        for notice in found:
            tell(session, settings, notice, choices.of(session, notice.staff_id), now=now)
            notice.looked_at = now
        session.flush()
        yield len(found)


def tell(
    session: Session, settings: config.Settings, notice: Notice, chosen: NoticeChoice, *, now: datetime
) -> None:
    """By the ways that the reader has chosen for it. What is long past, or about nothing any more, waits for no reader."""
    if not notice.staff.active or now - notice.at > LATEST:
        return
    if is_about_nothing(notice):
        return
    if notice.is_urgent and chosen.mail_at_once and notice.kind is not NoticeKind.TRIAL:
        mail(session, settings, notice.staff, notice, now=now)
    wants_chat = notice.is_urgent or chosen.chat_scope is ChatScope.ALL
    if chosen.chat_kind is not None and wants_chat:
        row = {
            "kind": CHAT,
            "ref": str(notice.id),
            "recipient": f"staff:{notice.staff_id}",
            "message_id": new_message_id("chat@justask.invalid"),
            "due_at": now,
        }
        outbox_rows.put(session, [row], now=now)


def is_about_nothing(notice: Notice) -> bool:
    """Whether what it was about is gone, or nobody has to look at it any more."""
    if notice.kind is NoticeKind.ALERT:
        return notice.alert is None or not notice.alert.is_open()
    return notice.task is None and notice.kind is not NoticeKind.TRIAL


def mail(
    session: Session, settings: config.Settings, reader: Staff, notice: Notice, *, now: datetime
) -> None:
    facts = installation(session)
    language = reader.language or facts.language
    with speaking(language):
        told = saying.of_notice(notice, settings)
        about = {"footer": saying.footer(settings), "link": told.link}
        wording = letters.notice(facts.company, language, told.title, told.lines, **about)
    where = {"kind": posting.STAFF, "recipient": reader.email, "name": reader.display_name}
    posting.post(session, settings, wording, **where, now=now)

"""Telling an entry by mail: the press, taking it back, and what became of each mail. Nobody gets an entry twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import config
from app.core.audit import Actor
from app.core.errors import Refused
from app.core.installation import Installation
from app.core.outbox_rows import OutboxState
from app.delivery import letters
from app.delivery.letters import Saying
from app.delivery.telling import tidings
from app.delivery.telling.tidings import Reader, TidingOutcome
from app.followups.improvements import readers
from app.followups.improvements.models import Improvement, Mailing, Telling

UNDO = timedelta(minutes=1)
GONE_OUT = frozenset({OutboxState.SENT, OutboxState.IN_DOUBT})


@dataclass(frozen=True)
class Standing:
    """How far a mailing is: people still to be told, told, and not told after all."""

    mailing: Mailing
    waiting: int
    told: int
    missed: int

    @property
    def people(self) -> int:
        return self.waiting + self.told + self.missed


def is_current(entry: Improvement, today: date) -> bool:
    """Whether the entry is told on that day."""
    return entry.from_on <= today and (entry.to_on is None or today <= entry.to_on)


def sayings(entry: Improvement) -> dict[str, Saying]:
    """The words of the entry by language."""
    return {language: Saying(said["said"], said["did"]) for language, said in entry.words.items()}


def send(
    session: Session,
    settings: config.Settings,
    entry: Improvement,
    facts: Installation,
    *,
    actor: Actor,
    today: date,
    now: datetime,
) -> Mailing:
    """Let the entry go to everybody whom it concerns and who may be written to, once the undo has run out.

    Refused on days on which it is not told, and when there is nobody. A second press at once finds nobody.
    """
    session.refresh(entry, with_for_update=True)
    if not is_current(entry, today):
        raise Refused(_("This is not told today, so it cannot be sent. Change its days first."))
    planned = readers.plan(session, entry, facts, now=now)
    rows = session.execute(sa.select(planned).where(planned.c.reason.is_(None))).all()
    if not rows:
        raise Refused(_("There is nobody to tell: everybody whom it concerns has it, or is left out."))
    mailing = Mailing(
        improvement_id=entry.id,
        staff_id=actor.id if actor.kind == "staff" else None,
        staff_name=actor.name,
        pressed_at=now,
        undo_until=now + UNDO,
        is_rehearsal=not facts.is_live,
    )
    session.add(mailing)
    session.flush()
    session.execute(sa.insert(Telling), [telling(row, entry, mailing) for row in rows])
    people = [
        Reader(row.invitation_id, row.email, row.first_name, row.last_name, row.account, row.language)
        for row in rows
    ]
    where = {"mailing_id": mailing.id, "subject": entry.id, "due_at": mailing.undo_until}
    said = sayings(entry)
    tidings.queue(
        session,
        settings,
        people,
        lambda company, language: letters.told(company, language, said[language]),
        **where,
        now=now,
    )
    return mailing


def telling(row: sa.Row, entry: Improvement, mailing: Mailing) -> dict:
    return {
        "improvement_id": entry.id,
        "mailing_id": mailing.id,
        "contact_id": row.contact_id,
        "account_id": row.account_id,
        "invitation_id": row.invitation_id,
        "language": row.language,
    }


def take_back(session: Session, mailing: Mailing) -> int:
    """Stop what has not begun to leave; those people count as never told. How many. All of it leaves no trace."""
    stopped = tidings.take_back(session, mailing.id)
    mine = Telling.mailing_id == mailing.id
    session.execute(
        sa.delete(Telling).where(mine, Telling.invitation_id.in_(stopped)), execution_options=BULK
    )
    if session.scalar(sa.select(Telling.id).where(mine).limit(1)) is None:
        session.delete(mailing)
    session.flush()
    return len(stopped)


def ended(session: Session, outcome: TidingOutcome) -> Telling | None:
    """Keep what became of one mail. One that may have arrived counts as told, so that nobody gets it twice."""
    said = (Telling.improvement_id == outcome.subject, Telling.contact_id == outcome.contact_id)
    found = session.scalar(sa.select(Telling).where(*said))
    if found is None:
        return None
    found.ended_at = outcome.at
    found.told_at = outcome.at if outcome.state in GONE_OUT else None
    found.reason = None if outcome.state is OutboxState.SENT else outcome.reason or outcome.state.value
    return found


def remove(session: Session, entry: Improvement) -> None:
    """Let the entry go, with what waits to be sent; Refused once somebody was told it by mail, or is this moment.

    Whom it was mailed to would be forgotten with it: people would get it again once it is written anew.
    """
    session.refresh(entry, with_for_update=True)
    for mailing in session.scalars(sa.select(Mailing).where(Mailing.improvement_id == entry.id)).all():
        take_back(session, mailing)
    if has_left(session, entry):
        raise Refused(
            _("This went out by mail, so it stays, with whom it went to. Give it a last day instead.")
        )
    session.delete(entry)


def has_left(session: Session, entry: Improvement) -> bool:
    """Whether a mail with it has left or waits to leave; those of a rehearsal do not count."""
    may_know = sa.or_(Telling.told_at.is_not(None), Telling.ended_at.is_(None))
    mine = sa.select(Telling.id).join(Mailing, Mailing.id == Telling.mailing_id)
    told = mine.where(Telling.improvement_id == entry.id, Mailing.is_rehearsal.is_(False), may_know)
    return session.scalar(told.limit(1)) is not None


def standings(session: Session, entry: Improvement) -> list[Standing]:
    """The mailings of an entry, newest first."""
    count = sa.func.count
    waiting = count(sa.case((Telling.ended_at.is_(None), 1)))
    missed = count(sa.case((sa.and_(Telling.ended_at.is_not(None), Telling.told_at.is_(None)), 1)))
    query = (
        sa.select(Mailing, waiting, count(Telling.told_at), missed)
        .join(Telling, Telling.mailing_id == Mailing.id)
        .where(Mailing.improvement_id == entry.id)
        .group_by(Mailing.id)
        .order_by(Mailing.id.desc())
    )
    return [Standing(*row) for row in session.execute(query)]


def told_counts(session: Session, entries: Sequence[Improvement]) -> dict[int, int]:
    """How many people were told each entry by mail."""
    query = sa.select(Telling.improvement_id, sa.func.count()).where(
        Telling.improvement_id.in_([entry.id for entry in entries]), Telling.told_at.is_not(None)
    )
    return dict(session.execute(query.group_by(Telling.improvement_id)).all())


def of_contact(session: Session, contact_id: int) -> list[tuple[Telling, Improvement, Mailing]]:
    """What one person was told by mail, or will be, newest first."""
    query = (
        sa.select(Telling, Improvement, Mailing)
        .join(Improvement, Improvement.id == Telling.improvement_id)
        .join(Mailing, Mailing.id == Telling.mailing_id)
        .where(Telling.contact_id == contact_id)
        .order_by(Telling.id.desc())
        .limit(MOST_SHOWN)
    )
    return [tuple(row) for row in session.execute(query)]


BULK = {"synchronize_session": False}
MOST_SHOWN = 30

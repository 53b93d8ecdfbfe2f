"""Coming asks and skips: who is about to be asked, and a colleague's word that somebody is not, with reason and end.

A skip takes the person out of what programs have planned for them, and is a gate that is shut for every program until
its end. One press by a colleague who knows better (a single ask) is still possible.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account
from app.core import audit
from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.core.installation import installation
from app.delivery import invitations
from app.delivery.models import Invitation, InvitationState, Purpose, Skip, Wave, WaveState

MOST_SHOWN = 200
LONGEST_REASON = 300
LONGEST_DAYS = 366
SKIPPED = "skipped"
SHOWN = frozenset({Purpose.PROGRAM, Purpose.SINGLE})
UNDER_WAY = (WaveState.WAITING, WaveState.SENDING, WaveState.PAUSED)


def coming(owner_id: int | None, purposes: Collection[Purpose] = SHOWN) -> sa.Select:
    """A select of the asks that are planned and not sent, single ones too, of the accounts of one owner or of all."""
    query = (
        sa.select(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Account, Account.id == Invitation.account_id)
        .where(
            Invitation.state == InvitationState.PLANNED,
            Invitation.purpose.in_(purposes),
            Wave.state.in_(UNDER_WAY),
        )
    )
    return query if owner_id is None else query.where(Account.owner_id == owner_id)


def page(session: Session, owner_id: int | None) -> list[Invitation]:
    """The first of the coming asks, in the order in which they are due."""
    loaded = (joinedload(Invitation.contact), joinedload(Invitation.account), joinedload(Invitation.wave))
    when = sa.func.coalesce(Invitation.due_at, Wave.send_at)
    return list(
        session.scalars(coming(owner_id).options(*loaded).order_by(when, Invitation.id).limit(MOST_SHOWN))
    )


def how_many(session: Session, owner_id: int | None) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(coming(owner_id).subquery())) or 0


def skip(
    session: Session,
    invitation: Invitation,
    *,
    reason: str,
    until_on: date | None,
    actor: Actor,
    now: datetime,
    today: date,
) -> Skip:
    """Let nobody ask this person by a program until the end of that day; Refused once the mail is on its way."""
    invitations.hold(session, Invitation.contact_id == invitation.contact_id)
    session.refresh(invitation)
    if invitation.state is not InvitationState.PLANNED:
        raise Refused(_("This ask is on its way already, so it cannot be skipped."))
    errors = {}
    if not reason:
        errors["reason"] = _("Say why, so that others know.")
    if until_on is None or not today <= until_on <= today + timedelta(days=LONGEST_DAYS):
        errors["until_on"] = _("Choose a day within a year.")
    if errors:
        raise Invalid(_("This skip cannot be kept."), errors=errors)
    found = Skip(
        contact_id=invitation.contact_id,
        staff_id=actor.id if actor.kind == "staff" else None,
        staff_name=actor.name,
        reason=reason,
        until_on=until_on,
        free_at=end_of(until_on, installation(session).zone),
        made_at=now,
    )
    session.add(found)
    for planned in planned_of(session, invitation.contact_id):
        invitations.change(session, planned, InvitationState.CANCELLED, now=now, reason=SKIPPED)
    subject = f"contact:{invitation.contact_id}"
    audit.note(session, actor, "contact.skipped", subject=subject, now=now, until=until_on.isoformat())
    session.flush()
    return found


def end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def planned_of(session: Session, contact_id: int) -> list[Invitation]:
    """What programs have planned for a person and not sent."""
    return list(
        session.scalars(
            coming(None, {Purpose.PROGRAM})
            .where(Invitation.contact_id == contact_id)
            .order_by(Invitation.id)
            .with_for_update(of=Invitation)
        )
    )


def end(session: Session, found: Skip, *, actor: Actor, now: datetime) -> None:
    """Let the person be asked again from now on; what was skipped is not made up for."""
    if found.ended_at is None:
        found.ended_at = now
        subject = f"contact:{found.contact_id}"
        audit.note(session, actor, "contact.skip_ended", subject=subject, now=now)


def end_due(session: Session, *, today: date, now: datetime) -> int:
    """End the skips whose last day is over; how many."""
    over = sa.update(Skip.__table__).where(Skip.ended_at.is_(None), Skip.until_on < today)
    return session.execute(over.values(ended_at=now)).rowcount


def lasting(session: Session, owner_id: int | None) -> list[Skip]:
    """The skips that hold, those that end first at the top."""
    query = sa.select(Skip).where(Skip.ended_at.is_(None)).options(joinedload(Skip.contact))
    if owner_id is not None:
        query = query.where(Skip.staff_id == owner_id)
    return list(session.scalars(query.order_by(Skip.until_on, Skip.id).limit(MOST_SHOWN)))


def per_colleague(session: Session, first: date, zone: ZoneInfo) -> dict[int | None, int]:
    """How many skips each member of staff made since that day."""
    since = datetime.combine(first, time(), zone)
    made = sa.select(Skip.staff_id, sa.func.count()).where(Skip.made_at >= since).group_by(Skip.staff_id)
    return dict(map(tuple, session.execute(made)))


def of_contacts(session: Session, contact_ids: Collection[int]) -> dict[int, Skip]:
    """The skip that holds for each of these people, where one does."""
    query = sa.select(Skip).where(Skip.ended_at.is_(None), Skip.contact_id.in_(list(contact_ids)))
    return {found.contact_id: found for found in session.scalars(query.order_by(Skip.until_on))}


def words_of(found: Skip) -> str:
    """Who skips the person, why and until when."""
    said = {"name": found.staff_name, "reason": found.reason, "day": format_date(found.until_on, "long")}
    return _("Skipped by %(name)s until %(day)s: %(reason)s", **said)

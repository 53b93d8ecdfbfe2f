"""How a wave stands: counts that sum to the total, rates, machine visits, and its people page by page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import PERSON_WORDS, Contact
from app.core.database.finding import every_word
from app.core.outbox_rows import OutboxRow, OutboxState
from app.delivery.models import Invitation, InvitationState, Visit, Wave
from app.delivery.sending.posting import INVITATION, group_of

PAGE = 50
STATES = tuple(state for state in InvitationState if state != InvitationState.SENDING)
COUNTED = sa.select(Invitation.wave_id, Invitation.state, sa.func.count()).group_by(
    Invitation.wave_id, Invitation.state
)


def wave_counts(session: Session, wave_id: int) -> dict[str, int]:
    """`total` and the number of invitations in each state; disjoint, queued includes sending."""
    return counts_of(session, [wave_id])[wave_id]


def counts_of(session: Session, wave_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """`wave_counts` of several waves in one query."""
    ids = list(wave_ids)
    found = {number: no_counts() for number in ids}
    for wave_id, state, count in session.execute(COUNTED.where(Invitation.wave_id.in_(ids))):
        shown = InvitationState.QUEUED if state == InvitationState.SENDING else state
        found[wave_id][shown.value] += count
        found[wave_id]["total"] += count
    return found


def no_counts() -> dict[str, int]:
    """The counts of a wave without people."""
    return {"total": 0} | {state.value: 0 for state in STATES}


def rates(counts: dict[str, int]) -> dict[str, float | bool | None]:
    """Shares 0..1, None of nothing. `response` and `silence` are of those reached, `bounce` of those mailed.

    Reached is whom a mail was sent that did not come back. `provisional` while asks are open.
    """
    reached = counts["sent"] + counts["answered"] + counts["declined"] + counts["silent"]
    mailed = reached + counts["bounced"]
    return {
        "response": counts["answered"] / reached if reached else None,
        "silence": counts["silent"] / reached if reached else None,
        "bounce": counts["bounced"] / mailed if mailed else None,
        "provisional": counts["sent"] > 0,
    }


def machine_visits(session: Session, wave_id: int) -> int:
    """How often machines, such as scanners of mail gateways, opened a link of this wave."""
    return machine_visits_of(session, [wave_id]).get(wave_id, 0)


def machine_visits_of(session: Session, wave_ids: Iterable[int]) -> dict[int, int]:
    """`machine_visits` of several waves in one query; a wave without any is not in it."""
    visits = sa.select(Invitation.wave_id, sa.func.count()).join(Visit, Visit.invitation_id == Invitation.id)
    of = visits.where(Invitation.wave_id.in_(list(wave_ids)), Visit.is_machine)
    return dict(map(tuple, session.execute(of.group_by(Invitation.wave_id))))


def reasons(session: Session, wave_id: int) -> dict[str, int]:
    """How many people were left out for each reason, the most frequent first."""
    return reasons_of(session, [wave_id])[wave_id]


def reasons_of(session: Session, wave_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """`reasons` of several waves in one query."""
    ids = list(wave_ids)
    number = sa.func.count()
    query = (
        sa.select(Invitation.wave_id, Invitation.suppressed_reason, number)
        .where(Invitation.wave_id.in_(ids), Invitation.state == InvitationState.SUPPRESSED)
        .group_by(Invitation.wave_id, Invitation.suppressed_reason)
        .order_by(number.desc(), Invitation.suppressed_reason)
    )
    found: dict[int, dict[str, int]] = {wave_id: {} for wave_id in ids}
    for wave_id, reason, count in session.execute(query):
        found[wave_id][reason] = count
    return found


class Days(NamedTuple):
    """When the first and the last mail of a wave was or will be due; who waits to be free, and the first such day."""

    first_at: datetime | None
    last_at: datetime | None
    deferred: int
    next_free_at: datetime | None


def days_of(session: Session, wave_ids: Iterable[int]) -> dict[int, Days]:
    """The days of several waves in one query."""
    ids = list(wave_ids)
    moment = sa.func.coalesce(Invitation.sent_at, Invitation.due_at)
    asked = sa.case((Invitation.state.not_in(NOT_ASKED), moment))
    free_at = sa.case((Invitation.deferred_until.is_not(None), Invitation.free_at))
    columns = (sa.func.min(asked), sa.func.max(asked), sa.func.count(free_at), sa.func.min(free_at))
    query = sa.select(Invitation.wave_id, *columns).where(Invitation.wave_id.in_(ids))
    found = {row[0]: Days(*row[1:]) for row in session.execute(query.group_by(Invitation.wave_id))}
    return {number: found.get(number, Days(None, None, 0, None)) for number in ids}


NOT_ASKED = (InvitationState.SUPPRESSED, InvitationState.CANCELLED)


def held_back(session: Session, wave_id: int) -> dict[str, int]:
    """How many mails wait for a reason that no time lifts, by that reason."""
    query = (
        sa.select(OutboxRow.reason, sa.func.count())
        .where(OutboxRow.group == group_of(wave_id), OutboxRow.state == OutboxState.HELD)
        .group_by(OutboxRow.reason)
    )
    return {reason or "": count for reason, count in session.execute(query)}


@dataclass(frozen=True)
class Filter:
    """Which people of a wave are shown: of one state (`held` among them), left out for one reason, by name."""

    state: str = ""
    reason: str = ""
    search: str = ""


@dataclass(frozen=True)
class Line:
    """One person of a wave, and why the mail waits, if it does."""

    invitation: Invitation
    held_reason: str | None
    since: datetime | None


def people(session: Session, wave: Wave, shown: Filter, *, after: int = 0, limit: int = PAGE) -> list[Line]:
    """Up to `limit` people of the wave in the order they became known, beginning behind contact `after`."""
    found = session.execute(some_people(wave, shown, after=after, limit=limit)).unique()
    return [Line(row, reason, since(row)) for row, reason in found]


def some_people(wave: Wave, shown: Filter, *, after: int, limit: int) -> sa.Select:
    """The asks of `people`, each with the reason for which its mail is held.

    Nobody is twice in a wave, so the index that sees to it gives them in order, whatever the size of the wave.
    """
    held = sa.and_(
        OutboxRow.kind == INVITATION,
        OutboxRow.ref == sa.cast(Invitation.id, sa.String),
        OutboxRow.state == OutboxState.HELD,
    )
    return (
        sa.select(Invitation, OutboxRow.reason)
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(OutboxRow, held)
        .options(joinedload(Invitation.contact), joinedload(Invitation.account))
        .where(Invitation.wave_id == wave.id, Invitation.contact_id > after, *matching(shown))
        .order_by(Invitation.contact_id)
        .limit(limit)
    )


def matching(shown: Filter) -> list[sa.ColumnElement[bool]]:
    found = []
    if shown.state == "held":
        found.append(OutboxRow.id.is_not(None))
    elif shown.state == InvitationState.QUEUED:
        found.append(Invitation.state.in_((InvitationState.QUEUED, InvitationState.SENDING)))
    elif shown.state:
        found.append(Invitation.state == shown.state)
    if shown.reason:
        found.append(Invitation.suppressed_reason == shown.reason)
    if shown.search:
        found.append(every_word(shown.search, PERSON_WORDS))
    return found


def since(row: Invitation) -> datetime | None:
    """When the invitation entered the state it is in, as far as its own row tells."""
    dates = {
        InvitationState.PLANNED: row.due_at,
        InvitationState.SUPPRESSED: row.created_at,
        InvitationState.SENT: row.sent_at,
        InvitationState.IN_DOUBT: row.sent_at,
        InvitationState.ANSWERED: row.answered_at,
        InvitationState.DECLINED: row.declined_at,
        InvitationState.SILENT: row.silent_at,
    }
    return dates.get(row.state, row.closed_at or row.updated_at)

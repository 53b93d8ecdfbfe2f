"""People whom a wave left out for a while: asked on their first free day, dropped when that comes too late to be of use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.delivery import cadence, invitations
from app.delivery.asking import bulk
from app.delivery.asking.gates import Reason
from app.delivery.models import Invitation, InvitationState, Purpose, Wave, WaveState
from app.surveys.models import Program, ProgramStatus
from app.surveys.rules import Rules

CHUNK = 500
PATIENCE = timedelta(days=1)  # How long somebody free stays deferred whose program is paused.


def limit(wave: Wave, rules: Rules, *, since: datetime | None = None) -> datetime | None:
    """Until when people of this wave may be deferred who were to be asked at `since`, by default with its first mails.

    None where nobody is, as in rehearsals and single asks.
    """
    if wave.is_rehearsal or wave.purpose != Purpose.PROGRAM or not rules.defer_days:
        return None
    return (since or wave.first_send_at) + timedelta(days=rules.defer_days)


def left_out(reason: str, free_at: datetime | None, until: datetime | None) -> dict[str, Any]:
    """The columns of an ask that is left out after all; deferred if the person is free by `until`."""
    is_deferred = until is not None and free_at is not None and free_at <= until
    return {
        "suppressed_reason": reason,
        "free_at": free_at,
        "deferred_until": until if is_deferred else None,
        "asked_as": None,
        "due_at": None,
    }


def due(session: Session, *, now: datetime) -> list[int]:
    """The waves that can ask some of their deferred people now."""
    return list(session.scalars(DUE, {"now": now}))


def ask_freed(session: Session, wave: Wave, *, now: datetime) -> Iterator[int]:
    """Judge those of a wave again who should be free by now, some hundreds at a time; yields how many are asked.

    Whoever passes every gate is planned for the own window. Whoever does not gets the new reason, and stays deferred
    if the new day is early enough.
    """
    waiting = (
        Invitation.wave_id == wave.id,
        Invitation.deferred_until.is_not(None),
        Invitation.free_at <= now,
    )
    query = sa.select(Invitation.contact_id).where(*waiting).order_by(Invitation.contact_id).limit(CHUNK)
    while people := session.scalars(query).all():
        yield _judge_again(session, wave, people, now)


def _judge_again(session: Session, wave: Wave, people: Sequence[int], now: datetime) -> int:
    invitations.hold(session, Invitation.wave_id == wave.id, Invitation.contact_id.in_(people))
    chosen = sa.select(Contact.id).where(Contact.id.in_(people))
    ask = cadence.wave_of(session, wave.program, chosen, at=now, ignores_window=wave.ignores_window)
    found = session.execute(sa.select(cadence.plan(chosen, ask))).all()
    already = asked_already(session, wave, [row.email_key for row in found])
    free, shut = defaultdict(list), []
    for row in found:
        if row.reason is None and row.email_key not in already:
            free[row.due_at].append(row.contact_id)
        else:
            reason = row.reason or Reason.DUPLICATE_ADDRESS.value
            shut.append({"b_contact": row.contact_id, "suppressed_reason": reason, "free_at": row.free_at})
    for due_at, contacts in free.items():
        _plan(session, wave, contacts, due_at=due_at, now=now)
    if shut:
        _note_other_reasons(session, wave, shut, now=now)
        session.connection().execute(STILL_SHUT, [row | {"b_wave": wave.id, "b_now": now} for row in shut])
    return sum(map(len, free.values()))


def asked_already(session: Session, wave: Wave, addresses: Iterable[str | None]) -> set[str]:
    """Those of the mailboxes that the wave asks through somebody else."""
    keys = [key for key in addresses if key]
    of_wave = sa.select(Invitation.asked_as).where(
        Invitation.wave_id == wave.id, Invitation.asked_as.in_(keys)
    )
    return set(session.scalars(of_wave))


def _plan(session: Session, wave: Wave, contacts: list[int], *, due_at: datetime, now: datetime) -> None:
    theirs = (Invitation.wave_id == wave.id, Invitation.contact_id.in_(contacts))
    bulk.note_beginnings(session, theirs)
    bulk.note_changes(session, theirs, InvitationState.PLANNED, now=now, reason="deferred")
    change = {
        "state": InvitationState.PLANNED,
        "asked_as": MAILBOX,
        "due_at": due_at,
        "suppressed_reason": None,
        "free_at": None,
        "deferred_until": None,
        "updated_at": now,
    }
    bulk.update(session, theirs, change)


def _note_other_reasons(session: Session, wave: Wave, shut: list[dict[str, Any]], *, now: datetime) -> None:
    """Keep in the ledger for what somebody was left out before, and from now on."""
    by_reason = defaultdict(list)
    for row in shut:
        by_reason[row["suppressed_reason"]].append(row["b_contact"])
    for reason, contacts in by_reason.items():
        others = (
            Invitation.wave_id == wave.id,
            Invitation.contact_id.in_(contacts),
            Invitation.suppressed_reason != reason,
        )
        bulk.note_beginnings(session, others)
        bulk.note_changes(session, others, InvitationState.SUPPRESSED, now=now, reason=reason)


MAILBOX = sa.select(Contact.email_key).where(Contact.id == Invitation.contact_id).scalar_subquery()
_free_at = sa.bindparam("free_at", type_=Invitation.free_at.type)
STILL_SHUT = (
    sa.update(Invitation.__table__)
    .where(
        Invitation.wave_id == sa.bindparam("b_wave"),
        Invitation.contact_id == sa.bindparam("b_contact"),
    )
    .values(
        suppressed_reason=sa.bindparam("suppressed_reason"),
        free_at=_free_at,
        # Dropped, when nobody knows the day or it comes too late.
        deferred_until=sa.case((_free_at <= Invitation.deferred_until, Invitation.deferred_until)),
        updated_at=sa.bindparam("b_now"),
    )
)


def drop_late(session: Session, *, now: datetime) -> int:
    """Let go of those who could not be asked in time, because their program or wave stood still; how many."""
    theirs = (Invitation.deferred_until <= now - PATIENCE,)
    invitations.hold(session, *theirs)
    change = {"deferred_until": None, "updated_at": now}
    return bulk.update(session, theirs, change)


DUE = (
    sa.select(Wave.id)
    .distinct()
    .join(Invitation, Invitation.wave_id == Wave.id)
    .join(Program, Program.id == Wave.program_id)
    .where(
        Invitation.deferred_until.is_not(None),
        Invitation.free_at <= sa.bindparam("now"),
        Wave.state.in_((WaveState.SENDING, WaveState.FINISHED)),
        Program.status == ProgramStatus.ACTIVE,
    )
    .order_by(Wave.id)
)

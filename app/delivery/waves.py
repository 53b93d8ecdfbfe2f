"""Waves: one launch of a program, and what staff may do with it until it is finished.

A launch writes the wave and one invitation for every person of the audience, in the transaction of the press: `planned`,
or `suppressed` with its reason and the day the person becomes free. Of a large audience the press writes the first part
and a job the others (`timing/parts.py`). Launches happen one after the other, so that two of them see one another's
people and a second press of the same button finds the first wave.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Contact
from app.core import audit, clock, outbox_rows
from app.core.audit import Actor
from app.core.database.columns import listed
from app.core.errors import Refused
from app.core.installation import installation
from app.delivery import cadence, invitations
from app.delivery.asking import bulk, deferring, gates
from app.delivery.models import Channel, Invitation, PauseCause, Purpose, Wave, WaveState
from app.delivery.sending.asks import PAUSED
from app.delivery.sending.posting import group_of
from app.delivery.timing import parts
from app.surveys import rules
from app.surveys.models import Program, ProgramKind, ProgramStatus

LAUNCHABLE = frozenset({ProgramStatus.ACTIVE})
RUNNING = (WaveState.WAITING, WaveState.SENDING)

REHEARSAL_MINUTES = 1
NEWEST_FIRST = (Wave.launched_at.desc(), Wave.id.desc())


def older_than(wave_id: int) -> sa.ColumnElement[bool]:
    """Waves that come after this one in the order of `NEWEST_FIRST`; waves of the past may be written down later."""
    of_it = sa.select(Wave.launched_at, Wave.id).where(Wave.id == wave_id).scalar_subquery()
    return sa.tuple_(Wave.launched_at, Wave.id) < of_it


def next_key(session: Session, program: Program) -> str:
    """The launch key of the program's next wave: the same for everybody who looks at the launch page now."""
    ours = (Wave.program_id == program.id, Wave.purpose == Purpose.PROGRAM)
    newest = session.scalar(sa.select(sa.func.max(Wave.id)).where(*ours)) or 0
    return f"program:{program.id}:after:{newest}"


def launch(
    session: Session,
    program: Program,
    *,
    actor: Actor,
    now: datetime,
    launch_key: str,
    send_at: datetime | None = None,
    undo_minutes: int | None = None,
    contacts: Iterable[int] | None = None,
    purpose: Purpose = Purpose.PROGRAM,
    name: str = "",
    first_people: int | None = None,
    ignores_window: bool = False,
    channel: Channel = Channel.MAIL,
) -> Wave:
    """Launch a wave of `program`, or find the one that was launched under the same key.

    `contacts` asks these people instead of the audience. `send_at`, `undo_minutes` and `first_people` default to now
    and to the program's rules; nothing is sent before both moments have passed, and then in the window of each person
    unless the wave `ignores_window`. Raises Refused for a program that is not active.
    """
    bulk.one_after_the_other(session)
    if found := session.scalars(sa.select(Wave).filter_by(launch_key=launch_key)).one_or_none():
        return found
    require_launchable(program, is_for_many=contacts is None)
    minutes = minutes_to_undo(session, program) if undo_minutes is None else undo_minutes
    wave = Wave(
        program=program,
        version=program.survey.current,
        name=name or name_of(session, program, now),
        purpose=purpose,
        channel=channel,
        launch_key=launch_key,
        is_rehearsal=not installation(session).is_live,
        is_demo=program.is_demo,
        launched_at=now,
        launched_by_id=actor.id if actor.kind == "staff" else None,
        launched_by=actor.name,
        send_at=max(send_at or now, now),
        undo_until=now + timedelta(minutes=minutes) if minutes else None,
        ignores_window=ignores_window or purpose == Purpose.SINGLE,
    )
    session.add(wave)
    session.flush()
    wave.first_people = rules.of(program).first_people if first_people is None else first_people
    parts.begin(session, wave, None if contacts is None else chosen(contacts), now=now)
    audit.note(session, actor, "wave.launched", subject=f"wave:{wave.id}", now=now, key=launch_key)
    return wave


def minutes_to_undo(session: Session, program: Program) -> int:
    """How long a launch waits for an undo: as the program says, and one minute at most where it is a rehearsal."""
    minutes = rules.of(program).undo_minutes
    return minutes if installation(session).is_live else min(minutes, REHEARSAL_MINUTES)


def require_launchable(program: Program, *, is_for_many: bool) -> None:
    """Refused for a program that is not active, and to the whole audience for one of single asks."""
    if program.status not in LAUNCHABLE:
        raise Refused(_("%(name)s is not active, so nothing can be launched from it.", name=program.name))
    if is_for_many:
        require_audience(program)


def require_audience(program: Program) -> None:
    """Refused for a program of single asks: each is sent from the page of the person."""
    if program.kind == ProgramKind.MANUAL:
        raise Refused(
            _(
                "%(name)s asks one person at a time, from the page of that person. "
                "To ask many at once, launch a program with an audience.",
                name=program.name,
            )
        )


def chosen(contacts: Iterable[int]) -> sa.Select:
    """A select of the given contacts who belong to an account."""
    given = listed(sa.literal(json.dumps(list(contacts))))
    return sa.select(Contact.id).where(
        Contact.id.op("IN", is_comparison=True)(given), Contact.account_id.is_not(None)
    )


def name_of(session: Session, program: Program, now: datetime) -> str:
    """What a wave is called that was given no name: its program and its day."""
    day = clock.day_of(now, installation(session).zone)
    return f"{program.name[:130]}, {format_date(day, 'medium')}"


def invite(
    session: Session,
    program: Program,
    contact: Contact,
    *,
    actor: Actor,
    now: datetime,
    purpose: Purpose = Purpose.SINGLE,
    launch_key: str | None = None,
    channel: Channel = Channel.MAIL,
) -> Wave:
    """Ask one person now, as a wave of one; Refused with the day the person becomes free when a gate is shut.

    A single ask leaves at any hour, because somebody chose the moment; a recovery survey waits for its window. By a link
    people are asked too whose mail address is not known.
    """
    bulk.one_after_the_other(session)
    key = launch_key or f"{purpose}:{contact.id}:{secrets.token_hex(8)}"
    if found := session.scalars(sa.select(Wave).filter_by(launch_key=key)).one_or_none():
        return found
    who = sa.select(Contact.id).where(Contact.id == contact.id)
    by_mail = channel is Channel.MAIL
    ask = cadence.wave_of(session, program, who, at=now, purpose=purpose, needs_address=by_mail)
    person = cadence.person_of(session, contact, ask)
    at = ask.due_of(person.zone).at
    refuse_if_shut(
        session,
        contact,
        gates.judge([person], ask.rules, at=at, today=ask.today, purpose=purpose, kind=ask.kind),
    )
    return launch(
        session,
        program,
        actor=actor,
        now=now,
        launch_key=key,
        undo_minutes=0,
        contacts=[contact.id],
        purpose=purpose,
        name=f"{program.name[:60]}: {contact.name[:90]}",
        channel=channel,
    )


def refuse_if_shut(session: Session, contact: Contact, found: dict[int, gates.Verdict]) -> None:
    verdict = found[contact.id]
    if verdict.reason is None:
        return
    words = _("%(name)s cannot be asked now. %(why)s.", name=contact.name, why=verdict.reason.words)
    if verdict.free_at:
        day = clock.day_of(verdict.free_at, installation(session).zone)
        words += " " + _("Free again on %(day)s.", day=format_date(day, "long"))
    raise Refused(words)


def held(session: Session, wave: Wave, *, waits: bool = True) -> Wave:
    """The wave as it stands now, kept from changing until the transaction ends.

    Whoever has locked mails or asks already must not wait for it; OperationalError if somebody else has it then.
    """
    lock = True if waits else {"nowait": True}
    return session.get_one(Wave, wave.id, with_for_update=lock, populate_existing=True)


def undo(session: Session, wave: Wave, *, actor: Actor, now: datetime) -> None:
    """Take back a launch that has not begun to send: the wave and its invitations are gone, nobody is quarantined."""
    wave = held(session, wave)
    if wave.state != WaveState.WAITING:
        raise Refused(_("This wave has begun to send, so it cannot be undone. You can cancel it."))
    audit.note(session, actor, "wave.undone", subject=f"wave:{wave.id}", now=now, key=wave.launch_key)
    invitations.hold(session, Invitation.wave_id == wave.id)
    session.execute(sa.delete(Invitation).where(Invitation.wave_id == wave.id))
    session.delete(wave)
    session.flush()


def pause(session: Session, wave: Wave, *, actor: Actor, now: datetime) -> None:
    """Send nothing more of this wave until it is resumed; mails in flight still arrive. Paused already: nothing."""
    wave = held(session, wave)
    if wave.state == WaveState.PAUSED:
        return
    if wave.state not in RUNNING:
        raise Refused(_("This wave is over, so there is nothing to pause."))
    wave.state, wave.pause_cause = WaveState.PAUSED, PauseCause.PERSON
    wave.paused_reason = _("Paused by %(name)s.", name=actor.name)
    outbox_rows.hold(session, group_of(wave.id), PAUSED, now=now)
    audit.note(session, actor, "wave.paused", subject=f"wave:{wave.id}", now=now)


def stop(
    session: Session, wave: Wave, cause: PauseCause, reason: str, *, now: datetime, waits: bool = True
) -> bool:
    """Pause a wave that somebody has to look at; False when it is paused or over already.

    One whose mails have all left stops too: its reminders wait, and whoever is still to be asked later. `waits` is as
    for `held`.
    """
    wave = held(session, wave, waits=waits)
    if wave.state not in (WaveState.SENDING, WaveState.FINISHED):
        return False
    wave.state, wave.pause_cause, wave.paused_reason = WaveState.PAUSED, cause, reason
    session.flush()
    outbox_rows.hold(session, group_of(wave.id), PAUSED, now=now)
    audit.note(session, audit.SYSTEM, "wave.stopped", subject=f"wave:{wave.id}", now=now, cause=cause)
    return True


def resume(session: Session, wave: Wave, *, actor: Actor, now: datetime) -> None:
    """Go on with a paused wave; one whose moment has not come waits for it. Running already: nothing.

    What it paused for by itself has been looked at then: its first people are over, what came back counts no more.
    """
    wave = held(session, wave)
    if wave.state in RUNNING:
        return
    if wave.state != WaveState.PAUSED:
        raise Refused(_("This wave is over, so it cannot be resumed."))
    is_due = wave.judged_to is None and wave.first_send_at <= now
    wave.state = WaveState.SENDING if is_due else WaveState.WAITING
    if wave.pause_cause == PauseCause.FIRST:
        wave.first_people = None
    wave.paused_reason, wave.pause_cause, wave.watched_from = None, None, now
    session.flush()
    outbox_rows.let_go(session, group_of(wave.id), PAUSED, now=now)
    audit.note(session, actor, "wave.resumed", subject=f"wave:{wave.id}", now=now)


def reopen(session: Session, wave: Wave) -> None:
    """Let a finished wave send again, because mails were added to it; others stay as they are."""
    wave = held(session, wave)
    if wave.state == WaveState.FINISHED:
        wave.state, wave.finished_at = WaveState.SENDING, None
        session.flush()


def cancel(session: Session, wave: Wave, *, actor: Actor, now: datetime) -> None:
    """Ask nobody more: whoever was not sent a mail is cancelled; who was may still answer. Cancelled already: nothing."""
    wave = held(session, wave)
    if wave.state == WaveState.CANCELLED:
        return
    if wave.state == WaveState.FINISHED:
        raise Refused(_("This wave is finished, so there is nothing to cancel."))
    wave.state, wave.paused_reason, wave.finished_at = WaveState.CANCELLED, None, now
    wave.pause_cause = wave.first_people = wave.judged_to = None
    session.flush()
    outbox_rows.cancel(session, group_of(wave.id), "cancelled", now=now)
    bulk.cancel_unsent(session, wave, now=now, reason="cancelled")
    audit.note(session, actor, "wave.cancelled", subject=f"wave:{wave.id}", now=now)


def start_due(session: Session, *, now: datetime) -> Iterator[Wave]:
    """Let every launched wave send whose undo has run out and whose moment has come; yields each, for a commit.

    One whose audience is still being written down waits for the last of it.
    """
    due = sa.select(Wave.id).where(
        Wave.state == WaveState.WAITING,
        Wave.judged_to.is_(None),
        Wave.send_at <= now,
        sa.func.coalesce(Wave.undo_until, Wave.send_at) <= now,
    )
    for number in session.scalars(due.order_by(Wave.send_at, Wave.id)).all():
        wave = session.get(Wave, number, with_for_update=True, populate_existing=True)
        if wave is not None and wave.state == WaveState.WAITING:
            wave.state = WaveState.SENDING
            session.flush()
            yield wave


def ask_deferred(session: Session, *, now: datetime) -> Iterator[int]:
    """Ask those who were left out of a wave for a while and have become free; yields how many, some hundreds at a time.

    They are deferred for at most the program's `defer_days` after the wave was to be sent, and every gate is looked at
    again. Rehearsals are not followed up.
    """
    deferring.drop_late(session, now=now)
    for number in deferring.due(session, now=now):
        bulk.one_after_the_other(session)
        wave = session.get(Wave, number, with_for_update=True, populate_existing=True)
        if wave is not None and wave.state in (WaveState.SENDING, WaveState.FINISHED):
            for freed in deferring.ask_freed(session, wave, now=now):
                if freed:
                    reopen(session, wave)
                yield freed
                bulk.one_after_the_other(session)

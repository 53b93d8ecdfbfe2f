"""A wave that somebody must look at pauses itself: too many addresses that do not exist, complaints, its first people.

Mail services judge a sender by both, and go on refusing long after. So a wave stops at 5 % hard bounces once 50 mails
were tried, and at two complaints, and lists whose they are. What was there when somebody resumed it counts no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import format_percent, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.core.outbox_rows import insert_new
from app.delivery import optouts, waves
from app.delivery.models import (
    FirstAsk,
    Invitation,
    InvitationState,
    PauseCause,
    Suppression,
    Wave,
    WaveState,
)
from app.delivery.sending.closing import NOT_YET

BOUNCE_SHARE = 0.05
LEAST_TRIED = 50
COMPLAINTS = 2
COMPLAINT = "complaint"
LISTED = 100
FEW = 200  # Up to this many bounces each is weighed; after that each hundredth part more, so that counting stays cheap.
TRIED = (
    InvitationState.SENT,
    InvitationState.IN_DOUBT,
    InvitationState.REFUSED,
    InvitationState.BOUNCED,
    InvitationState.ANSWERED,
    InvitationState.DECLINED,
    InvitationState.SILENT,
)


def bounced(session: Session, invitation_id: int, *, now: datetime) -> PauseCause | None:
    """A mail of this ask came back for good, and its state says so already; why the wave is paused now, if it is."""
    wave = _watched(session, invitation_id)
    if wave is None:
        return None
    back = _number(session, wave, Invitation.state == InvitationState.BOUNCED)
    if back == 0 or (back > FEW and back % (back // 100)):
        return None
    tried = _number(session, wave, Invitation.state.in_(TRIED), most=int(back / BOUNCE_SHARE) + 1)
    if tried < LEAST_TRIED or back < BOUNCE_SHARE * tried:
        return None
    share = format_percent(back / tried, "#,##0.#%")
    words = _(
        "%(share)s of the mails came back because there is no such address. Mail services take that for spam.",
        share=share,
    )
    return _stop(session, wave, PauseCause.BOUNCES, words, now)


def complained(session: Session, invitation_id: int, *, now: datetime) -> PauseCause | None:
    """The person of this ask called our mail spam: never written to again; why the wave is paused now, if it is."""
    invitation = session.get_one(Invitation, invitation_id)
    waves.held(session, invitation.wave)
    optouts.hold(session, [invitation.contact_id])
    if invitation.complained_at is None:
        invitation.complained_at = now
    if key := invitation.contact.email_key:
        row = {"email_key": key, "reason": COMPLAINT, "at": now}
        insert_new(session, Suppression.__table__, [row], key=["email_key"])
    session.flush()
    wave = _watched(session, invitation_id)
    if wave is None or _number(session, wave, Invitation.complained_at.is_not(None)) < COMPLAINTS:
        return None
    words = _("People called these mails spam.")
    return _stop(session, wave, PauseCause.COMPLAINTS, words, now)


def hold_rest(session: Session, *, now: datetime) -> Iterator[Wave]:
    """Pause every wave whose first people have all had their turn; yields each, for a commit."""
    waiting = sa.exists().where(
        Invitation.id == FirstAsk.invitation_id,
        Invitation.wave_id == Wave.id,
        Invitation.state.in_(NOT_YET),
    )
    done = sa.select(Wave).where(
        Wave.state == WaveState.SENDING, Wave.first_people.is_not(None), sa.not_(waiting)
    )
    for wave in session.scalars(done).all():
        number = wave.first_people or 0
        words = ngettext(
            "The first person was written to. Look at what comes back, then continue with the rest.",
            "The first %(num)s people, chosen at random, were written to. Look at what comes back, then continue "
            "with the rest.",
            number,
        )
        if waves.stop(session, wave, PauseCause.FIRST, words, now=now):
            yield wave


def whose(session: Session, wave: Wave) -> Sequence[Invitation]:
    """The asks for which the wave paused itself, the newest first, as many as a page shows."""
    which = {
        PauseCause.BOUNCES: Invitation.state == InvitationState.BOUNCED,
        PauseCause.COMPLAINTS: Invitation.complained_at.is_not(None),
    }.get(wave.pause_cause or "")
    if which is None:
        return []
    query = (
        sa.select(Invitation)
        .where(*_since(wave), which)
        .options(joinedload(Invitation.contact), joinedload(Invitation.account))
        .order_by(Invitation.id.desc())
        .limit(LISTED)
    )
    return session.scalars(query).all()


def _watched(session: Session, invitation_id: int) -> Wave | None:
    """The wave of the ask, if there is something in it left to be stopped."""
    wave = session.scalar(sa.select(Wave).join(Invitation).where(Invitation.id == invitation_id))
    if wave is None or wave.is_rehearsal or wave.state not in (WaveState.SENDING, WaveState.FINISHED):
        return None
    if wave.state == WaveState.SENDING:
        return wave
    to_remind = sa.select(Invitation.id).where(
        Invitation.wave_id == wave.id,
        Invitation.state == InvitationState.SENT,
        Invitation.reminders_left > 0,
    )
    return wave if session.scalar(to_remind.limit(1)) is not None else None


def _number(session: Session, wave: Wave, which: sa.ColumnElement[bool], most: int | None = None) -> int:
    """How many asks of the wave, counted up to `most`."""
    rows = sa.select(sa.literal(1)).select_from(Invitation).where(*_since(wave), which).limit(most)
    return session.scalar(sa.select(sa.func.count()).select_from(rows.subquery())) or 0


def _since(wave: Wave) -> list[sa.ColumnElement[bool]]:
    """Asks of the wave of which something was heard since somebody looked at it last."""
    where = [Invitation.wave_id == wave.id]
    if wave.watched_from:
        heard = (Invitation.sent_at, Invitation.closed_at, Invitation.complained_at)
        where.append(sa.or_(*[moment > wave.watched_from for moment in heard]))
    return where


def _stop(session: Session, wave: Wave, cause: PauseCause, words: str, now: datetime) -> PauseCause | None:
    return cause if waves.stop(session, wave, cause, words, now=now, waits=False) else None

"""Asking favours: what stands on a thank-you page, and what the person says to it.

Which favour an answer leads to follows from what was asked before, so the page can show it without writing anything; a
job writes down what was shown within two minutes, and a press of a button at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact, ContactStatus
from app.core.audit import Actor
from app.core.language.words import speaking
from app.followups import activities
from app.followups.advocacy.choosing import Past, fitting
from app.followups.advocacy.models import Favour, FavourChange, FavourKind, FavourOffer, FavourState
from app.followups.advocacy.words import KINDS
from app.followups.models import ActivityKind, Task, TaskKind, TaskState
from app.followups.opening import BY
from app.followups.promises import giving
from app.followups.promises.giving import Wanted
from app.followups.promises.models import Promise, Way
from app.followups.triggers import Person
from app.responses.asks import Ask
from app.responses.models import Handover, Response

CONTENT_FROM = 9
FRESH = timedelta(days=2)
CHUNK = 500
SAYER = Actor("contact", None, "the person asked")
COUNTS = sa.and_(
    Response.dismissed_at.is_(None),
    sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None)),
)
# Said to have left or named somebody else, and nobody here found otherwise; saw little value with this very answer; or
# something of theirs is open with us.
UNFIT = sa.or_(
    sa.exists().where(Handover.contact_id == Response.contact_id, Handover.is_approved.is_not(False)),
    sa.exists().where(
        Task.contact_id == Response.contact_id,
        Task.is_rehearsal == Response.is_rehearsal,
        Task.state != TaskState.CLOSED,
        sa.or_(
            Task.kind.in_((TaskKind.DETRACTOR, TaskKind.ALERT, TaskKind.VALUE)),
            sa.exists().where(Promise.task_id == Task.id, Promise.withdrawn_at.is_(None)),
        ),
    ),
    sa.exists().where(Task.response_id == Response.id, Task.kind == TaskKind.VALUE),
)


@dataclass(frozen=True)
class Asked:
    """A favour as a thank-you page shows it. `favour` is None until it was written down."""

    kind: FavourKind
    state: FavourState
    offer: FavourOffer
    favour: Favour | None = None


def offers(session: Session) -> Mapping[FavourKind, FavourOffer]:
    """What the company asks for."""
    found = session.scalars(sa.select(FavourOffer).where(FavourOffer.is_offered))
    return {offer.kind: offer for offer in found}


def asked_on(session: Session, ask: Ask, *, now: datetime) -> Asked | None:
    """The favour of the page after this answer; None for who is not content, and where none fits."""
    if ask.score is None or ask.score < CONTENT_FROM:
        return None
    found = session.scalar(sa.select(Favour).where(Favour.response_id == ask.response_id))
    if (found is None or found.state is FavourState.OFFERED) and is_unfit(session, ask):
        return None
    if found is not None:
        offer = session.get(FavourOffer, found.kind) or FavourOffer(kind=found.kind, link="", words={})
        return Asked(found.kind, found.state, offer, found)
    is_doubted = ask.is_response_automatic and ask.reviewed_at is None
    if is_doubted or now - ask.submitted_at >= FRESH:
        return None
    known = offers(session)
    past = past_of(session, [ask.contact_id], is_rehearsal=ask.is_rehearsal).get(ask.contact_id, [])
    kind = fitting(known, past, Person(ask.role, ask.tier), now=ask.submitted_at) if known else None
    return Asked(kind, FavourState.OFFERED, known[kind]) if kind else None


def is_unfit(session: Session, ask: Ask) -> bool:
    """Whether this is no moment to ask: the person has said not to be the one, or waits for us about something."""
    return bool(session.scalar(sa.select(UNFIT).where(Response.id == ask.response_id)))


def past_of(session: Session, contact_ids: list[int], *, is_rehearsal: bool) -> Mapping[int, list[Past]]:
    """What was asked of these people before; rehearsals know only of rehearsals."""
    rows = session.execute(
        sa.select(Favour.contact_id, Favour.kind, Favour.state, Favour.offered_at).where(
            Favour.contact_id.in_(contact_ids), Favour.is_rehearsal.is_(is_rehearsal)
        )
    )
    found: dict[int, list[Past]] = {}
    for contact_id, *past in rows:
        found.setdefault(contact_id, []).append(Past(*past))
    return found


def said(session: Session, ask: Ask, kind: FavourKind, *, is_yes: bool, now: datetime) -> None:
    """The person says yes or no to what their page asks; said again, or of something else, nothing happens.

    `ask` must be locked. A yes is noted on a task of the owner, who is in touch unless a link leads on.
    """
    asked = asked_on(session, ask, now=now)
    if asked is None or asked.kind is not kind or asked.state is not FavourState.OFFERED:
        return
    favour = asked.favour or offered(session, ask.response_id, ask, kind, at=ask.submitted_at)
    favour.move(FavourState.ACCEPTED if is_yes else FavourState.DECLINED, now=now, by=SAYER.name)
    session.flush()
    if is_yes:
        take_up(session, ask, asked, now=now)


def take_up(session: Session, ask: Ask, asked: Asked, *, now: datetime) -> None:
    """Note the yes on the open task about the answer, and promise to be in touch where no link leads on."""
    task = giving.task_for(session, ask, now=now)
    with speaking(ask.staff_language):
        words = _("Said yes on the thank-you page: %(what)s.", what=KINDS[asked.kind])
    activities.log(session, task, ActivityKind.NOTE, words, at=now, is_two_way=False, by=SAYER, now=now)
    promise = giving.of_response(session, ask.response_id)
    if not asked.offer.link and (promise is None or promise.withdrawn_at is not None):
        giving.give(session, ask, Wanted(Way.MAIL), now=now)


def offered(
    session: Session, response_id: int | None, who: Ask | Response, kind: FavourKind, *, at: datetime
):
    """Write down that a favour was asked."""
    favour = Favour(
        kind=kind,
        contact_id=who.contact_id,
        account_id=who.account_id,
        response_id=response_id,
        state=FavourState.OFFERED,
        offered_at=at,
        changed_at=at,
        is_rehearsal=who.is_rehearsal,
        changes=[FavourChange(state=FavourState.OFFERED, at=at, by=BY)],
    )
    session.add(favour)
    return favour


def note_shown(session: Session, *, now: datetime) -> Iterator[int]:
    """Write down which favours stand on the thank-you pages of fresh answers; yields after each chunk, for a commit."""
    known, after = offers(session), 0
    while known and (found := session.execute(FRESH_ANSWERS, {"since": now - FRESH, "after": after}).all()):
        after, done = found[-1][0].id, 0
        past = {
            flag: past_of(
                session, [r.contact_id for r, *_more in found if r.is_rehearsal is flag], is_rehearsal=flag
            )
            for flag in {r.is_rehearsal for r, *_more in found}
        }
        for response, role, tier in found:
            before = past[response.is_rehearsal].setdefault(response.contact_id, [])
            kind = fitting(known, before, Person(role, tier), now=response.submitted_at)
            if kind is not None:
                offered(session, response.id, response, kind, at=response.submitted_at)
                before.append(Past(kind, FavourState.OFFERED, response.submitted_at))
                done += 1
        yield done


FRESH_ANSWERS = (
    sa.select(Response, Contact.role, Account.tier)
    .join(Contact, Contact.id == Response.contact_id)
    .join(Account, Account.id == Response.account_id)
    .where(
        Response.submitted_at > sa.bindparam("since"),
        Response.id > sa.bindparam("after"),
        Response.score >= CONTENT_FROM,
        COUNTS,
        ~UNFIT,
        Contact.status != ContactStatus.ERASED,
        ~sa.exists().where(Favour.response_id == Response.id),
    )
    .order_by(Response.id)
    .limit(CHUNK)
)

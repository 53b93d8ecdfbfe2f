"""The story of an answer: one short function per moment at which several packages must react, plain calls in order.

Every function runs in its caller's writing transaction; the door that called it commits. Answers come over a Core
connection, because many people answer at once (`session.connection()` serves as well); the other moments take the
caller's session.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.contacts import traces as contact_traces
from app.contacts import wishes
from app.contacts.importing.merging import Touched
from app.contacts.models import Account, Contact, ContactStatus
from app.contacts.wishes import Wishes
from app.core import audit
from app.core.errors import Refused
from app.delivery import invitations, optouts
from app.delivery.inbound.models import InboundMail, Standing
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.models import Decline, Invitation, InvitationState
from app.delivery.sending import closing
from app.delivery.sending import traces as delivery_traces
from app.delivery.watching import alarms
from app.followups import opening, resolution
from app.followups import traces as followup_traces
from app.followups.advocacy import offering
from app.followups.advocacy.models import FavourKind
from app.followups.conversation import replies
from app.followups.models import Task
from app.followups.promises import answered, giving
from app.followups.promises.giving import Wanted
from app.followups.promises.models import Promise
from app.health import due
from app.health import traces as health_traces
from app.reports import counting
from app.reports.freezing import traces as frozen_traces
from app.reports.sums import placing, recount
from app.responses import asks, changing, partials, recording, replacing
from app.responses import traces as response_traces
from app.responses.asks import Ask, Opening
from app.responses.models import Response
from app.responses.recording import Doubts, Effect, Recorded, Said
from app.sentiment import readings, texts
from app.sentiment import traces as sentiment_traces
from app.sentiment.texts import Heard
from app.surveys import audience


def answer_received(
    connection: Connection,
    ask: Ask | Opening,
    said: Said,
    heard: Heard,
    *,
    now: datetime,
    attempt: str | None = None,
    doubts: Doubts = (),
    fits: Callable[[Said], Said] | None = None,
) -> Recorded:
    """Somebody answered: everything that follows, or nothing. `fits` leaves out what a change leads to no more."""
    present = recording.opened(connection, ask.id, now=now)
    dims = counting.segments_of(present, ask.language)
    if ask.is_heard:
        said = changing.filled_up(connection, present, said, attempt)
        said = fits(said) if fits else said
    answer = recording.record(connection, present, said, now=now, attempt=attempt, dims=dims, doubts=doubts)
    if replacing.replaces(answer, doubts):
        answer = replacing.take_place(connection, answer, dims=dims, doubts=doubts, now=now)
        answer_replaced(connection, answer, heard, now=now)
    elif answer.effect is Effect.NEW:
        readings.keep(connection, answer, heard, now=now)
        opening.open_for_answer(connection, answer, readings.label_of(heard), now=now)
        counting.count(connection, answer, now=now)
        _mark(connection, answer.ask, now)
    elif answer.effect is Effect.EDITED:
        answer_edited(connection, answer, heard, now=now)
    if answer.said.others and answer.effect is not Effect.REPEATED:
        answered.follow(connection, answer, now=now)
    return answer


def partial_due(session: Session, invitation_id: int, *, now: datetime) -> bool:
    """Somebody chose an answer an hour ago and never sent it: it counts as theirs, and says so. Whether it did."""
    found = partials.take(session, invitation_id, now=now)
    if found is None:
        return False
    ask, kept, said = found
    heard = texts.hear(said, ask.language, texts.intents_of(session, said))
    more = {"attempt": kept.attempt, "doubts": tuple(kept.doubts or ())}
    answer = answer_received(session.connection(), ask, said, heard, now=now, **more)
    partials.mark(session, answer.response_id)
    return True


def answer_edited(connection: Connection, answer: Recorded, heard: Heard, *, now: datetime) -> None:
    """Somebody changed an answer: the former version is kept, everything that followed from it is put right."""
    labels = readings.revise(connection, answer, heard, now=now)
    opening.revise(connection, answer, labels, now=now)
    counting.count(connection, answer, now=now)
    _mark(connection, answer.ask, now)


def answer_replaced(connection: Connection, answer: Recorded, heard: Heard, *, now: datetime) -> None:
    """Somebody answered where a machine's answer was dismissed: what follows is what follows a first answer."""
    readings.replace(connection, answer, heard, now=now)
    resolution.answer_came(connection, answer.ask, now=now)
    opening.open_missing(connection, answer, now=now)
    counting.count(connection, answer, now=now)
    _mark(connection, answer.ask, now)


def past_answer_told(connection: Connection, ask: Ask, said: Said, *, at: datetime, now: datetime) -> None:
    """A file tells what somebody answered long ago: it counts from that day, and nobody is sent anywhere for it."""
    present = recording.opened(connection, ask.id, now=at)
    dims = counting.segments_of(present, ask.language)
    answer = recording.record(connection, present, said, now=at, dims=dims)
    keep = readings.keep if answer.effect is Effect.NEW else readings.revise
    keep(connection, answer, texts.hear(said, ask.language, {}), now=now)
    counting.count(connection, answer, now=now)
    resolution.answer_came(connection, ask, now=now)


def answer_reviewed(
    session: Session, response: Response, *, is_person: bool, actor: audit.Actor, now: datetime
) -> None:
    """Somebody said who sent a doubtful answer: a person's counts from now on, a machine's has no consequences."""
    connection = session.connection()
    before = recording.standing(connection, response.invitation_id)
    session.refresh(response)
    response.review(is_person=is_person, now=now)
    verdict = "person" if is_person else "machine"
    audit.note(session, actor, "response.review", subject=f"response:{response.id}", now=now, verdict=verdict)
    readings.recount(session, response)
    session.flush()
    after = recording.standing(connection, response.invitation_id)
    counting.review(connection, before, after, now=now)
    if is_person:
        opening.open_missing(connection, after, now=now)
        answered.goal_told(session, after, None, now=now)
    else:
        opening.take_back(connection, after)
    ask_reviewed(session, response, is_person=is_person, now=now)
    _mark(connection, after.ask, now)


def ask_reviewed(session: Session, response: Response, *, is_person: bool, now: datetime) -> None:
    """The ask of a reviewed answer is answered, or stands where it would had the machine not sent anything."""
    invitation = session.get_one(Invitation, response.invitation_id, populate_existing=True)
    if is_person:
        given = {"answered_at": response.submitted_at, "is_late": response.is_late}
        invitations.answer_again(session, invitation, **given, now=now)
        session.flush()
        connection = session.connection()
        resolution.answer_came(connection, asks.by_id(connection, invitation.id), now=now)
    else:
        invitations.unanswer(session, invitation, now=now)
        closing.remind_further(session, invitation)
        session.flush()
        resolution.silence_stands(session, invitation, now=now)


def invitation_expired(session: Session, invitation: Invitation, *, now: datetime) -> None:
    """An ask closed without an answer: somebody calls, and the silence enters the score.

    One that reached nobody, because every mail came back, is no silence and has no consequences. One that only an
    automatic reply answered is called about, and enters no score.
    """
    if invitation.state is InvitationState.REFUSED:
        return
    session.flush()
    connection = session.connection()
    ask = asks.by_id(connection, invitation.id)
    if ask.contact_status not in GONE:
        opening.open_for_silence(connection, ask, is_away=invitation.is_away, now=now)
    _mark(connection, ask, now)


def invitation_declined(
    session: Session, invitation: Invitation, *, now: datetime, reason: str, said: Decline = Decline.NOT_NOW
) -> None:
    """Somebody would rather not answer: no reminder follows; for taking part it counts like a silence."""
    invitations.change(session, invitation, InvitationState.DECLINED, now=now, reason=reason)
    invitation.declined_as = said
    session.flush()
    _mark(session.connection(), asks.by_id(session.connection(), invitation.id), now)


def mail_bounced(session: Session, invitation_id: int, *, now: datetime) -> None:
    """The address of an ask does not exist: the person is not asked again, and the account is reached less well."""
    session.flush()
    alarms.bounced(session, invitation_id, now=now)
    connection = session.connection()
    ask = asks.by_id(connection, invitation_id)
    opening.close_bounced(connection, ask, now=now)
    _mark(connection, ask, now)


def mail_arrived(session: Session, mail: InboundMail, *, now: datetime) -> None:
    """A mail came in and stands in the ledger: bounces, complaints and people's replies have consequences elsewhere.

    An absence that is heard of after the ask had closed takes the silence out of the score.
    """
    if mail.standing is not Standing.TAKEN:
        return
    if mail.kind is Kind.REPLY:
        mail_replied(session, mail, now=now)
    elif (task := replies.arrived(session, mail, now=now)) is not None:
        task_changed(session, task, now=now)
    elif mail.kind is Kind.HARD_BOUNCE and mail.invitation_id:
        mail_bounced(session, mail.invitation_id, now=now)
    elif mail.kind is Kind.COMPLAINT and mail.contact is not None:
        mail_complained(session, mail.invitation_id, mail.contact, now=now)
        replies.complain(session, mail, now=now)
    elif mail.invitation is not None and mail.invitation.is_away:
        session.flush()
        _mark(session.connection(), asks.by_id(session.connection(), mail.invitation.id), now)


def mail_replied(session: Session, mail: InboundMail, *, now: datetime) -> None:
    """Somebody wrote back: it lands on a task, which opens where there is none, and waits there for our answer."""
    if (task := replies.land(session, mail, now=now)) is not None:
        task_changed(session, task, now=now)


def mail_complained(session: Session, invitation_id: int | None, contact=None, *, now: datetime) -> None:
    """Somebody called a mail of ours spam: never written to again, and a second time about a wave pauses it."""
    if invitation_id:
        alarms.complained(session, invitation_id, now=now)
        session.flush()
        contact = session.get_one(Invitation, invitation_id).contact
    contact_unsubscribed(session, contact, now=now, actor=audit.SYSTEM)


def contact_unsubscribed(session: Session, contact: Contact, *, now: datetime, actor: audit.Actor) -> None:
    """Somebody wants no more surveys, through whichever of our rows we know them."""
    for person in optouts.unsubscribe(session, contact, now=now, told_by=actor.kind):
        audit.note(session, actor, "contact.unsubscribe", subject=f"contact:{person.id}", now=now)
        if person.account_id:
            session.flush()
            due.mark(session.connection(), person.account_id, now=now)


def wishes_told(
    session: Session, contact: Contact, told: Wishes, *, now: datetime, actor: audit.Actor
) -> None:
    """Somebody said how they want to be asked; a no of theirs is taken back by it, unless it is one itself."""
    if told.is_unsubscribed:
        return contact_unsubscribed(session, contact, now=now, actor=actor)
    was_off = contact.unsubscribed_at is not None
    action = "contact.resubscribe" if was_off else "contact.wishes"
    for person in optouts.respect(session, contact, told, now=now, told_by=actor.kind):
        audit.note(session, actor, action, subject=f"contact:{person.id}", now=now)
        if was_off and person.account_id:
            session.flush()
            due.mark(session.connection(), person.account_id, now=now)
    return None


def contact_wanted(session: Session, ask: Ask, wanted: Wanted, *, now: datetime) -> Promise:
    """Somebody who answered asks to be contacted: they are told who will be in touch and by when, and it is kept."""
    return giving.give(session, ask, wanted, now=now)


def contact_not_needed(session: Session, ask: Ask, *, now: datetime) -> None:
    """Somebody who had asked to be contacted needs nobody any more."""
    giving.withdraw(session, ask, now=now)


def favour_answered(session: Session, ask: Ask, kind: FavourKind, *, is_yes: bool, now: datetime) -> None:
    """Somebody content said yes or no to what we asked of them: a yes reaches the owner of the account."""
    offering.said(session, ask, kind, is_yes=is_yes, now=now)


def task_changed(session: Session, task: Task, *, now: datetime) -> None:
    """A task was closed or reopened, or somebody spoke about it: both are parts of the Relationship score."""
    if not task.is_rehearsal:
        due.mark(session, task.account_id, now=now)


def contact_changed(session: Session, contact: Contact, *, now: datetime) -> None:
    """Somebody came, left, or took another role or address: whom we know and who speaks are parts of the scores."""
    wishes.share(session, contact)
    if contact.account_id:
        session.flush()
        due.mark(session, contact.account_id, now=now)


def account_changed(session: Session, account: Account, *, now: datetime) -> None:
    """Tier, stage, renewal, goal or a touch of an account is another: each enters its scores or moves its answers."""
    session.flush()
    placing.follow(session, account.id, now=now)
    due.mark(session, account.id, now=now)


def rows_imported(session: Session, touched: Touched, *, now: datetime) -> None:
    """A part of a file came in: roles, stages and people are parts of scores, and an opt-out stops what is on its way."""
    if touched.opted_out:
        optouts.close(session, touched.opted_out, now=now)
    wishes.share_all(session)
    due.mark_all(session, touched.accounts, now=now)


def person_told(session: Session, contact: Contact) -> dict[str, Any]:
    """Everything that is held about one person, as JSON would have it: by table, a list of rows."""
    told: dict[str, Any] = {}
    for tell in TELL:
        told |= tell(session, contact.id)
    events = audit.about(session, f"contact:{contact.id}")
    told["audit"] = [{"at": e.at.isoformat(), "action": e.action, "details": e.details} for e in events]
    return told


def person_erased(session: Session, contact: Contact, *, now: datetime, actor: audit.Actor) -> None:
    """Somebody asked to be forgotten: identity and words go everywhere, numbers stay, nobody asks them again.

    What is kept outside the database (the mailbox page) is left to the door, after its commit.
    """
    session.flush()
    delivery_traces.hold(session, contact.id)
    asks.lock_all_of(session.connection(), contact.id)
    session.refresh(contact)
    account_id, names = contact.account_id, (contact.email, contact.email_key)
    for forget in FORGET:
        forget(session, contact.id, now=now)
    audit.forget(session, f"contact:{contact.id}", names)
    audit.note(session, actor, "contact.erase", subject=f"contact:{contact.id}", now=now)
    if account_id:
        session.flush()
        due.mark(session, account_id, now=now)


def accounts_merged(
    session: Session, one: Account, other: Account, *, now: datetime, actor: audit.Actor
) -> None:
    """`one` was the same customer as `other`: everything of it belongs to `other` from now on, and it is gone."""
    if one.id == other.id:
        raise Refused(_("These are one account already."))
    if one.is_demo != other.is_demo:
        raise Refused(_("An account of the demo and one of your own cannot be merged."))
    from_id, to_id = one.id, other.id
    doubles = contact_traces.doubles(session, from_id, to_id)
    for move_account in MOVE_ACCOUNT:
        move_account(session, from_id, to_id, now=now)
    for double_id, stays_id in doubles:
        people_merged(session, double_id, stays_id, now=now, actor=actor)
    contact_traces.remove_account(session, from_id)
    audit.note(session, actor, "account.merge", subject=f"account:{to_id}", now=now, merged=from_id)
    session.flush()
    due.mark(session, to_id, now=now)


def people_merged(session: Session, from_id: int, to_id: int, *, now: datetime, actor: audit.Actor) -> None:
    """One person was known twice: all that is held about the first row belongs to the second, who has one vote."""
    asks.lock_all_of(session.connection(), from_id, to_id)
    for move_person in MOVE_PERSON:
        move_person(session, from_id, to_id, now=now)
    session.expire_all()
    has_asks = bool(delivery_traces.asks_of(session, from_id))
    contact_traces.remove_person(session, from_id, has_asks=has_asks, now=now)
    audit.note(session, actor, "contact.merge", subject=f"contact:{to_id}", now=now, merged=from_id)


def _mark(connection: Connection, ask: Ask, now: datetime) -> None:
    """The score is due, unless the ask was a rehearsal."""
    if not ask.is_rehearsal:
        due.mark(connection, ask.account_id, now=now)


# Who holds something about people or accounts. Who somebody was goes last: the others find their rows by it.
HOLDERS = (contact_traces, delivery_traces, response_traces, sentiment_traces, followup_traces, health_traces)
TELL = tuple(package.tell for package in HOLDERS)
FORGET = (frozen_traces.forget, *(package.forget for package in reversed(HOLDERS)))
MOVE_ACCOUNT = (
    contact_traces.move_account,
    audience.move_account,
    delivery_traces.move_account,
    response_traces.move_account,
    sentiment_traces.move_account,
    followup_traces.move_account,
    health_traces.move_account,
    recount.move_account,
)
# Sums first, while the answers still stand with each of the two.
MOVE_PERSON = (
    recount.move_person,
    contact_traces.move_person,
    delivery_traces.move_person,
    response_traces.move_person,
    followup_traces.move_person,
    health_traces.move_person,
)
GONE = frozenset({ContactStatus.LEFT, ContactStatus.UNSUBSCRIBED, ContactStatus.ERASED})

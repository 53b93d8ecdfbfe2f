"""What a person wants to know before dialling: history of answers and silences, last touches, what else is open, and
sentences to say, each resting on a fact that stands on the same page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session, joinedload

from app.contacts import goals
from app.contacts.models import Account, Goal
from app.core.clock import Today, day_of
from app.core.installation import installation
from app.core.language import wording
from app.delivery.models import Invitation, InvitationState
from app.followups import touches
from app.followups.models import Task, TaskState, Touch
from app.followups.words import ACTIVITIES
from app.responses import besides
from app.responses.besides import Told
from app.responses.models import Response
from app.sentiment.judging.marking import Piece, marked
from app.sentiment.judging.mismatch import is_mismatch
from app.sentiment.models import StoredReading
from app.surveys import wording as wordings

HISTORY = 12
RENEWAL_DAYS = 180
ASKED = (
    InvitationState.SENT,
    InvitationState.ANSWERED,
    InvitationState.DECLINED,
    InvitationState.SILENT,
    InvitationState.BOUNCED,
)


@dataclass(frozen=True)
class Ask:
    """One ask of the past and what came of it."""

    invitation: Invitation
    response: Response | None

    @property
    def at(self) -> datetime | None:
        return self.invitation.answered_at or self.invitation.closed_at or self.invitation.sent_at


@dataclass(frozen=True)
class CaseFile:
    """The surroundings of a task."""

    asks: list[Ask]
    reading: StoredReading | None
    touches: list[Touch]
    others: list[Task]
    goal: Goal | None
    points: list[TalkingPoint]
    said: list[Told]
    is_unfit: bool = False
    pieces: Sequence[Piece] = ()


@dataclass(frozen=True)
class TalkingPoint:
    """A sentence to say, the customer's own words in it where there are any, and the fact it rests on: what the fact
    is called and the id of the place on the task page where it stands."""

    words: str
    fact: str
    place: str
    quote: str = ""
    language: str = ""


def casefile(session: Session, task: Task, *, today: Today) -> CaseFile:
    """Everything beside the task, in a handful of queries."""
    asks = asks_of(session, task)
    touched = touches.of_account(session, task.account_id, limit=5)
    goal, reading = goals.current(session, task.account_id), reading_of(session, task)
    return CaseFile(
        asks=asks,
        reading=reading,
        is_unfit=reading is not None and is_mismatch(task.response.score, reading.said),
        touches=touched,
        others=other_tasks(session, task),
        goal=goal,
        points=talking_points(
            task,
            asks if task.contact_id else [],  # Several people's answers make no sentence to one of them.
            touched,
            goal,
            today=today.day,
            zone=today.zone,
        ),
        said=said_besides(session, task),
        pieces=pieces_of(task, reading),
    )


def pieces_of(task: Task, reading: StoredReading | None) -> list[Piece]:
    """The comment in pieces, with those marked that drove how it was read; none where a colleague heard it otherwise."""
    if reading is None or not task.response.comment or reading.corrected not in (None, reading.label):
        return []
    return marked(task.response.comment, reading.evidence)


def said_besides(session: Session, task: Task) -> list[Told]:
    """What the answer says beside its number, its value items and the comment."""
    if task.response_id is None:
        return []
    facts = installation(session)
    told = besides.told_of(session, [task.response_id], facts.language, wordings.names(facts))
    return told.get(task.response_id, [])


def asks_of(session: Session, task: Task) -> list[Ask]:
    """The contact's last asks, newest first; the account's when the task names nobody."""
    whose = (
        Invitation.contact_id == task.contact_id
        if task.contact_id
        else Invitation.account_id == task.account_id
    )
    query = (
        sa.select(Invitation, Response)
        .outerjoin(
            Response, sa.and_(Response.invitation_id == Invitation.id, Response.dismissed_at.is_(None))
        )
        .where(whose, Invitation.state.in_(ASKED), Invitation.is_rehearsal == task.is_rehearsal)
        .order_by(sa.func.coalesce(Invitation.answered_at, Invitation.closed_at, Invitation.sent_at).desc())
        .limit(HISTORY)
    )
    return [Ask(invitation, response) for invitation, response in session.execute(query)]


def reading_of(session: Session, task: Task) -> StoredReading | None:
    if task.response_id is None:
        return None
    of_comment = StoredReading.response_id == task.response_id, StoredReading.question_id.is_(None)
    return session.scalar(sa.select(StoredReading).where(*of_comment))


def other_tasks(session: Session, task: Task) -> list[Task]:
    """Other open tasks at the account: two unhappy people at one customer are one conversation."""
    elsewhere = (Task.account_id == task.account_id, Task.id != task.id, Task.state != TaskState.CLOSED)
    query = (
        sa.select(Task)
        .where(*elsewhere)
        .options(joinedload(Task.contact), joinedload(Task.response))
        .order_by(Task.due_at)
    )
    return list(session.scalars(query.limit(10)))


def talking_points(
    task: Task,
    asks: Sequence[Ask],
    touched: Sequence[Touch],
    goal: Goal | None,
    *,
    today: date,
    zone: ZoneInfo,
) -> list[TalkingPoint]:
    """Sentences for the call, in the order in which a call goes; asks and touches come newest first.

    What was answered and how it moved, the words with it, what was said before, silence, an ask that is still open,
    the goal, the last conversation and the renewal (pure: no database, no clock).
    """
    return [
        *about_scores([ask for ask in asks if ask.response and ask.response.score is not None]),
        *about_comments([ask for ask in asks if ask.response and ask.response.comment]),
        *about_silence(asks, zone),
        *about_open_asks(asks, zone),
        *about_goal(goal),
        *about_touches(touched, task.contact_id, zone),
        *about_renewal(task.account, today),
    ]


def about_scores(scored: Sequence[Ask]) -> Iterator[TalkingPoint]:
    """The last score, against the one before it where there is one."""
    if not scored:
        return
    last, day = scored[0].response.score, wording.day(scored[0].response.day)
    said = {"score": last, "day": day}
    if len(scored) > 1:
        before = scored[1].response
        said |= {"before": before.score, "then": wording.day(before.day)}
        words = (
            _("You gave us %(score)s of 10 on %(day)s, after %(before)s on %(then)s. What got worse?", **said)
            if last < before.score
            else _(
                "You gave us %(score)s of 10 on %(day)s, up from %(before)s on %(then)s. What got better?",
                **said,
            )
            if last > before.score
            else _("You gave us %(score)s of 10 on %(day)s, as on %(then)s. What would move it?", **said)
        )
    else:
        words = _("You gave us %(score)s of 10 on %(day)s. What was the main reason?", **said)
    yield TalkingPoint(words, _("answer of %(day)s", day=day), place_of(scored[0]))


def about_comments(told: Sequence[Ask]) -> Iterator[TalkingPoint]:
    """What they wrote last, and once before."""
    for number, ask in enumerate(told[:2]):
        day = wording.day(ask.response.day)
        words = (
            _("On %(day)s you also wrote this. Is it still so?", day=day)
            if number
            else _("On %(day)s you wrote this. Tell me more about it.", day=day)
        )
        quote, language = first_sentence(ask.response.comment), ask.response.language
        yield TalkingPoint(words, _("comment of %(day)s", day=day), place_of(ask), quote, language)


def about_silence(asks: Sequence[Ask], zone: ZoneInfo) -> Iterator[TalkingPoint]:
    """How many asks in a row stayed unanswered, and since when; one that met an absence says nothing."""
    closed = [ask for ask in asks if ask.invitation.state is not InvitationState.SENT]
    heard = next((i for i, ask in enumerate(closed) if ask.response is not None), len(closed))
    silent = [
        ask
        for ask in closed[:heard]
        if ask.invitation.state is InvitationState.SILENT and not ask.invitation.is_away
    ]
    if not silent:
        return
    since = wording.day(closed[heard].response.day) if heard < len(closed) else ""
    said = {"last": since, "first": wording.day(day_of(silent[-1].invitation.sent_at, zone))}
    words = (
        ngettext(
            "We last heard from you on %(last)s; one question since then stayed unanswered. Was it a bad time?",
            "We last heard from you on %(last)s; %(num)s questions since then stayed unanswered. Is there a better way to ask?",
            len(silent),
            **said,
        )
        if since
        else ngettext(
            "We asked you on %(first)s and did not hear from you. Was it a bad time?",
            "We have asked you %(num)s times since %(first)s and never heard from you. Is there a better way to ask?",
            len(silent),
            **said,
        )
    )
    yield TalkingPoint(words, _("silence"), place_of(silent[0]))


def about_open_asks(asks: Sequence[Ask], zone: ZoneInfo) -> Iterator[TalkingPoint]:
    """A survey that still lies in their mailbox."""
    for ask in asks:
        one = ask.invitation
        if one.state is InvitationState.SENT and one.sent_at and one.closes_at:
            sent, closes = (wording.day(day_of(at, zone)) for at in (one.sent_at, one.closes_at))
            words = _(
                "Our mail of %(sent)s still waits for your answer, until %(closes)s. It takes a minute.",
                sent=sent,
                closes=closes,
            )
            yield TalkingPoint(words, _("ask of %(day)s", day=sent), place_of(ask))
            return


def about_goal(goal: Goal | None) -> Iterator[TalkingPoint]:
    if goal is not None:
        day = wording.day(goal.from_on)
        words = _("You told us your main goal. How far are you with it?")
        yield TalkingPoint(words, _("goal since %(day)s", day=day), "goal", first_sentence(goal.words))


def about_touches(touched: Sequence[Touch], contact_id: int | None, zone: ZoneInfo) -> Iterator[TalkingPoint]:
    """Who of us was in touch last, with whom; or that nobody was."""
    if not touched:
        yield TalkingPoint(
            _("We have not spoken yet. Say who you are, and why you call."), _("no touch"), "touches"
        )
        return
    last = touched[0]
    said = {
        "who": last.staff_name,
        "day": wording.day(day_of(last.at, zone)),
        "how": str(ACTIVITIES[last.kind]).lower(),
        "person": last.contact.name if last.contact and last.contact_id != contact_id else "",
    }
    words = (
        _("%(who)s was last in touch with %(person)s, on %(day)s (%(how)s). What has happened since?", **said)
        if said["person"]
        else _("%(who)s was last in touch with you, on %(day)s (%(how)s). What has happened since?", **said)
    )
    yield TalkingPoint(words, _("touch of %(day)s", day=said["day"]), f"touch-{last.id}")


def about_renewal(account: Account, today: date) -> Iterator[TalkingPoint]:
    """The day of renewal, when it is near enough to talk about."""
    left = (account.renewal_on - today).days if account.renewal_on else None
    if left is not None and 0 <= left <= RENEWAL_DAYS:
        day = wording.day(account.renewal_on)
        words = ngettext(
            "Your contract renews on %(day)s, in one day. What do you still need to see?",
            "Your contract renews on %(day)s, in %(num)s days. What do you need to see before then?",
            left,
            day=day,
        )
        yield TalkingPoint(words, _("renewal on %(day)s", day=day), "customer")


def place_of(ask: Ask) -> str:
    """The id under which an ask stands on the task page."""
    return f"ask-{ask.invitation.id}"


def first_sentence(comment: str, limit: int = 160) -> str:
    """The beginning of a comment, cut at a word."""
    line = " ".join(comment.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + "…"

"""Why what is counted now is not what was counted then: from the dated rows, one cause for each entry.

Where several things happened to one entry, the one that took effect on whether it counts comes first. What no dated row
explains is told as such.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.audit import AuditEvent
from app.delivery.models import Invitation
from app.followups.models import Task
from app.followups.promises.models import Promise
from app.reports.accounts.figures import CLOSED_AT
from app.reports.freezing.rolls import Cause, Caused, Change
from app.responses.models import Response, Revision
from app.sentiment.models import StoredReading
from app.surveys.scales import band

CHUNK = 500


@dataclass(frozen=True)
class Since:
    """The instant of freezing, and the last answer that was recorded by then."""

    at: datetime
    last_answer_id: int

    def is_after(self, moment: datetime | None) -> bool:
        return moment is not None and moment > self.at


@dataclass(frozen=True)
class Fact:
    """What is on record about one answer; `revised_at` is its last edit."""

    id: int
    contact_id: int
    score: int | None
    value_points: float | None
    submitted_at: datetime
    reviewed_at: datetime | None
    dismissed_at: datetime | None
    is_maybe_automatic: bool
    revised_at: datetime | None


@dataclass
class Known:
    """Everything that is looked up about the entries of a register."""

    since: Since
    facts: dict[int, Fact]
    merged: set[str]
    erased: set[str]
    coming: dict[str, int] = field(default_factory=dict)
    going: dict[str, int] = field(default_factory=dict)
    is_of_value: bool = False

    def is_merged(self, kind: str, *ids: str | int) -> bool:
        return any(f"{kind}:{id}" in self.merged for id in ids)

    def is_erased(self, contact_id: int) -> bool:
        return f"contact:{contact_id}" in self.erased


def subjects(session: Session, since: Since, *actions: str) -> set[str]:
    """Whom the trail says that something was done to since."""
    query = sa.select(AuditEvent.subject).where(AuditEvent.action.in_(actions), AuditEvent.at > since.at)
    return {subject for subject in session.scalars(query) if subject}


def known(session: Session, since: Since, response_ids: Collection[int]) -> Known:
    return Known(
        since,
        {fact.id: fact for fact in facts(session, response_ids)},
        subjects(session, since, "contact.merge", "account.merge"),
        subjects(session, since, "contact.erase"),
    )


def facts(session: Session, ids: Collection[int]) -> Iterator[Fact]:
    names = (
        "id",
        "contact_id",
        "score",
        "value_points",
        "submitted_at",
        "reviewed_at",
        "dismissed_at",
        "is_maybe_automatic",
    )
    revised = sa.select(sa.func.max(Revision.at)).where(Revision.response_id == Response.id).scalar_subquery()
    for part in parts(sorted(ids)):
        query = sa.select(*(getattr(Response, name) for name in names), revised)
        yield from (Fact(*row) for row in session.execute(query.where(Response.id.in_(part))))


def parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


# Votes


def of_votes(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    """A person's last vote gives way to a newer one: both have the cause of the one that came, or of the one that went."""
    return voted(changes, known(session, since, [change.id for change in changes]))


def of_values(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    """As of votes, of answers that say how much value."""
    about = known(session, since, [change.id for change in changes])
    about.is_of_value = True
    return voted(changes, about)


def voted(changes: list[Change], about: Known) -> Iterator[Caused]:
    for change in changes:
        if change.then is None:
            about.coming[person_of(change.now)] = change.id
        elif change.now is None:
            fact = about.facts.get(change.id)
            about.going[str(fact.contact_id) if fact else person_of(change.then)] = change.id
    return (Caused(change, cause_of_vote(change, about)) for change in changes)


def person_of(state: str) -> str:
    return state.split("|", 2)[1]


def class_of_vote(state: str) -> str:
    """The band of a vote."""
    return band(int(state.partition("|")[0])).value


def cause_of_vote(change: Change, about: Known) -> Cause:
    if change.then is not None and change.now is not None:
        return cause_of_other_vote(change, about)
    if change.then is None:
        person, other = person_of(change.now), about.going
        found = arrival(change.id, about) or departure(other.get(person), about)
    else:
        fact = about.facts.get(change.id)
        person, other = str(fact.contact_id) if fact else person_of(change.then), about.coming
        found = departure(change.id, about) or arrival(other.get(person), about)
    if found is None and about.is_merged("contact", person):
        return Cause.MERGE
    return found or Cause.OTHER


def arrival(id: int | None, about: Known) -> Cause | None:
    """Why an answer counts that did not; None where its own rows do not say."""
    fact = about.facts.get(id) if id is not None else None
    if fact is None:
        return None
    if fact.id > about.since.last_answer_id or about.since.is_after(fact.submitted_at):
        return Cause.LATE
    if about.since.is_after(fact.reviewed_at):
        return Cause.REVIEW
    return Cause.EDIT if about.since.is_after(fact.revised_at) else None


def departure(id: int | None, about: Known) -> Cause | None:
    """Why an answer no longer counts; None where its own rows do not say."""
    if id is None:
        return None
    fact = about.facts.get(id)
    if fact is None:
        return Cause.ERASURE
    if fact.is_maybe_automatic and fact.reviewed_at is None:
        return Cause.REVIEW
    given = fact.value_points if about.is_of_value else fact.score
    return Cause.EDIT if given is None else None


def cause_of_other_vote(change: Change, about: Known) -> Cause:
    """Of a vote that counts in both: by what of it is otherwise."""
    (was, person, account, *place), (score, person_now, account_now, *place_now) = (
        state.split("|", 3) for state in (change.then, change.now)
    )
    if was != score:
        return arrival(change.id, about) or Cause.OTHER
    if (person, account) != (person_now, account_now):
        is_merged = about.is_merged("contact", person_now) or about.is_merged("account", account_now)
        return Cause.MERGE if is_merged else Cause.OTHER
    return Cause.SEGMENT if place != place_now else Cause.OTHER


# Moves between asks


def of_moves(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    """How an ask ended, or the one before it, follows from what the person has answered since."""
    asks: dict[int, tuple[int, datetime | None]] = {}
    for part in parts([change.id for change in changes]):
        query = sa.select(Invitation.id, Invitation.contact_id, CLOSED_AT).where(Invitation.id.in_(part))
        asks |= {id: (contact_id, at) for id, contact_id, at in session.execute(query)}
    people = {contact_id for contact_id, _at in asks.values()}
    mine: dict[int, list[Fact]] = {contact_id: [] for contact_id in people}
    ids = [
        id
        for part in parts(sorted(people))
        for id in session.scalars(sa.select(Response.id).where(Response.contact_id.in_(part)))
    ]
    about = known(session, since, ids)
    for fact in about.facts.values():
        mine[fact.contact_id].append(fact)
    for change in changes:
        contact_id, closed_at = asks.get(change.id, (None, None))
        yield Caused(change, cause_of_move(change, contact_id, closed_at, mine.get(contact_id, []), about))


def cause_of_move(
    change: Change, contact_id: int | None, closed_at: datetime | None, mine: list[Fact], about: Known
) -> Cause:
    if contact_id is None:
        return Cause.ERASURE
    if about.is_merged("contact", contact_id):
        return Cause.MERGE
    found = {cause for fact in mine if (cause := arrival(fact.id, about))}
    found |= {Cause.REVIEW for fact in mine if about.since.is_after(fact.dismissed_at)}
    first = next((cause for cause in (Cause.LATE, Cause.EDIT, Cause.REVIEW) if cause in found), None)
    return first or (Cause.TIME if about.since.is_after(closed_at) else Cause.OTHER)


# Promises and follow-ups


def of_promises(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    rows: dict[int, Promise] = {}
    for part in parts([change.id for change in changes]):
        rows |= {one.id: one for one in session.scalars(sa.select(Promise).where(Promise.id.in_(part)))}
    for change in changes:
        yield Caused(change, cause_of_promise(change, rows.get(change.id), since))


def cause_of_promise(change: Change, one: Promise | None, since: Since) -> Cause:
    if one is None:
        return Cause.ERASURE
    if change.then is None:
        return Cause.LATE if since.is_after(one.asked_at) else Cause.OTHER
    if since.is_after(one.withdrawn_at):
        return Cause.EDIT
    if since.is_after(one.touched_at):
        return Cause.WORK
    return Cause.TIME if since.is_after(one.until_at) else Cause.OTHER


def of_follow_ups(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    """One that is gone was taken back after a review, as its answer came from a machine."""
    opened: dict[int, datetime] = {}
    for part in parts([change.id for change in changes]):
        query = sa.select(Task.id, Task.opened_at).where(Task.id.in_(part))
        opened |= dict(map(tuple, session.execute(query)))
    has_reviews = any(change.id not in opened for change in changes) and subjects(
        session, since, "response.review"
    )
    gone = Cause.REVIEW if has_reviews else Cause.ERASURE
    for change in changes:
        opened_at = opened.get(change.id)
        if opened_at is None:
            yield Caused(change, gone)
        elif change.then is None:
            yield Caused(change, Cause.LATE if since.is_after(opened_at) else Cause.OTHER)
        else:
            yield Caused(change, Cause.WORK)


# Comments


def of_comments(session: Session, changes: list[Change], since: Since) -> Iterator[Caused]:
    answers = {change.id: int((change.now or change.then).split("|")[1]) for change in changes}
    about = known(session, since, set(answers.values()))
    there: set[int] = set()
    for part in parts([change.id for change in changes]):
        there |= set(session.scalars(sa.select(StoredReading.id).where(StoredReading.id.in_(part))))
    for change in changes:
        fact = about.facts.get(answers[change.id])
        yield Caused(change, cause_of_comment(change, fact, change.id in there, about))


def cause_of_comment(change: Change, fact: Fact | None, is_there: bool, about: Known) -> Cause:
    if fact is None or about.is_erased(fact.contact_id):
        return Cause.ERASURE
    revised = Cause.EDIT if about.since.is_after(fact.revised_at) else None
    if change.then is None:
        return arrival(fact.id, about) or Cause.OTHER
    if change.now is None:
        return departure(fact.id, about) or revised or (Cause.OTHER if is_there else Cause.READING)
    return revised or Cause.READING

"""Talking points: what is worth saying to an account, each resting on one answer that can be looked up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.followups.casefile import first_sentence
from app.responses.models import Response
from app.surveys.scales import Band, band

LOOKED_BACK_DAYS = 365
MOST_POINTS = 4
STUCK = 1
LOW_VALUE = 4
A_LOT = 2


@dataclass(frozen=True)
class Point:
    """A sentence, the customer's own words where there are any, and the answer both rest on."""

    words: str
    quote: str
    response: Response
    urgency: int


def talking_points(session: Session, account_id: int, *, today: date) -> list[Point]:
    """At most four points from the last year, the most urgent first; at least one when anybody answered."""
    found = []
    for answers in by_person(session, account_id, since=today - timedelta(days=LOOKED_BACK_DAYS)).values():
        found.append(of_person(answers))
    found.sort(key=lambda point: (point.urgency, -point.response.submitted_at.timestamp()))
    return found[:MOST_POINTS]


def by_person(session: Session, account_id: int, *, since: date) -> dict[int, list[Response]]:
    """Everybody's answers that enter scores, newest first."""
    reviewed = sa.or_(Response.is_maybe_automatic.is_(False), Response.reviewed_at.is_not(None))
    says_something = sa.or_(Response.score.is_not(None), Response.value_points.is_not(None))
    counts = Response.is_rehearsal.is_(False), reviewed, says_something, Response.day >= since
    query = (
        sa.select(Response)
        .where(Response.account_id == account_id, *counts)
        .options(joinedload(Response.contact))
        .order_by(Response.submitted_at.desc(), Response.id.desc())
    )
    found: dict[int, list[Response]] = defaultdict(list)
    for response in session.scalars(query):
        found[response.contact_id].append(response)
    return found


def of_person(answers: Sequence[Response]) -> Point:
    """What one person's last answer gives to talk about, with its urgency: the first sentence that fits."""
    last = answers[0]
    before = next((answer.score for answer in answers[1:] if answer.score is not None), None)
    quote = first_sentence(last.comment) if last.comment else ""
    urgency, words = next(
        (place, words) for place, words in enumerate(sentences(last, before, bool(quote))) if words
    )
    return Point(words, quote, last, urgency)


def sentences(last: Response, before: int | None, has_quote: bool) -> Iterator[str | None]:
    """The sentences that may be said about an answer, the most urgent first; None where one does not fit."""
    name, score = last.contact.name, last.score
    moved = score - before if score is not None and before is not None else 0
    gave = None if score is None else _("%(name)s gave %(score)s of 10.", name=name, score=score)
    told = {"name": name, "score": score, "before": before}
    yield _("%(name)s fell from %(before)s to %(score)s.", **told) if moved <= -A_LOT else None
    is_stuck = last.value_goal is not None and last.value_goal <= STUCK
    yield _("%(name)s says the main goal does not move.", name=name) if is_stuck else None
    is_dear = last.value_overall is not None and last.value_overall <= LOW_VALUE
    yield _("%(name)s says it gives back less than it costs.", name=name) if is_dear else None
    yield gave if score is not None and band(score) is Band.DETRACTOR else None
    yield _("%(name)s rose from %(before)s to %(score)s.", **told) if moved >= A_LOT else None
    yield gave if has_quote else None
    yield gave
    yield _("%(name)s answered about value.", name=name)

"""What the asks of the past say of somebody who is about to be asked: `gates.timed` in SQL, in two numbers for each person.

One is of the person's own asks, the other of those that went to the same mailbox through somebody else. Each holds the
first gate that is shut and the moment at which all are open, so that a person's asks are looked up once and nothing has
to be sorted or kept: of a large audience that is what takes time.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import sqlalchemy as sa

from app.delivery.asking import caps, gates
from app.delivery.asking.gates import Reason
from app.delivery.asking.moments import FOREVER, greatest, ticks
from app.delivery.models import Invitation, InvitationState, Purpose, Reminder
from app.surveys.models import SurveyVersion
from app.surveys.rules import Rules

DAY_SECONDS = 86_400
# The gates of time that former asks shut; a colleague shuts the one, the account's others the rest.
ORDER = tuple(one for one in Reason if one in gates.OF_TIME - gates.OF_ACCOUNT - {Reason.SKIPPED})
OPEN_GATE = 15
PLACES = 16  # The number of the gate stands below the moment.
HEEDED = gates.HEARD - {InvitationState.DECLINED}

LAST_REMINDER = (
    sa.select(sa.func.max(Reminder.sent_at))
    .where(Reminder.invitation_id == Invitation.id)
    .correlate(Invitation)
    .scalar_subquery()
)


class Shut(NamedTuple):
    """A gate that one ask keeps shut for a person: which, whether, and until how long after what."""

    reason: Reason
    is_shut: sa.ColumnElement[bool]
    since: sa.ColumnElement
    seconds: int | sa.ColumnElement[int] = 0


def said(persons: sa.CTE, dues: sa.CTE, rules: Rules, survey_id: int, purpose: Purpose, beside: int | None):
    """The numbers of each person: of the own asks, and of others' to the same mailbox."""
    person, counts = persons.c, caps.counting(beside)
    gate, end = _of_one(_shut(person, dues.c, rules, survey_id, gates.exempt_from(purpose)))
    number = sa.func.coalesce(sa.func.min(gate) + PLACES * sa.func.max(end), OPEN_GATE)
    is_own, is_mailbox = Invitation.contact_id == person.id, Invitation.asked_as == person.email_key
    own, others = (
        sa.select(number).where(which, *counts).correlate(persons, dues).scalar_subquery()
        for which in (is_own, sa.and_(is_mailbox, sa.not_(is_own)))
    )
    return own.label("own"), others.label("others")


def reason(own: sa.ColumnElement[int], others: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
    """The first gate that is shut, NULL when none is."""
    mine, theirs = own % PLACES, others % PLACES
    first = sa.case((theirs < mine, theirs), else_=mine)
    return sa.case({place: gate.value for place, gate in enumerate(ORDER)}, value=first)


def end(own: sa.ColumnElement[int], others: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """When all gates are open, in ticks: 0 when they are now, FOREVER when nobody knows."""
    return greatest(own // PLACES, others // PLACES)


def _of_one(by_state: dict[frozenset[InvitationState], list[Shut]]):
    """The place of the first gate that one ask shuts, and the end of the last."""
    state = Invitation.state
    first = [(state.in_(states), _first(shut)) for states, shut in by_state.items() if shut]
    last = [(state.in_(states), _last(shut)) for states, shut in by_state.items() if shut]
    is_unsent = state.in_(gates.UNSENT)
    return (
        sa.case(*first, (is_unsent, ORDER.index(Reason.OPEN_ASK)), else_=OPEN_GATE),
        sa.case(*last, (is_unsent, sa.literal(FOREVER, sa.BigInteger)), else_=0),
    )


def _first(shut: list[Shut]) -> sa.ColumnElement[int]:
    return sa.case(*[(one.is_shut, ORDER.index(one.reason)) for one in shut], else_=OPEN_GATE)


def _last(shut: list[Shut]) -> sa.ColumnElement[int]:
    """When all of them are open. Of waits of known length after the same moment the longest that holds is the end."""
    ends, waits = [], defaultdict(list)
    for one in shut:
        if isinstance(one.seconds, int):
            waits[one.since].append(one)
        else:
            ends.append(sa.case((one.is_shut, ticks(one.since, one.seconds)), else_=0))
    for since, some in waits.items():
        longest = sorted(some, key=lambda one: -one.seconds)
        ends.append(sa.case(*[(one.is_shut, ticks(since, one.seconds)) for one in longest], else_=0))
    return greatest(*ends, 0)


def _shut(person, due, r: Rules, survey_id: int, exempt: frozenset[Reason]):
    """What an ask shuts that was sent, by the state that it is in; the gates in their order."""
    sent, closes, declined = Invitation.sent_at, Invitation.closes_at, Invitation.declined_at
    versions = sa.select(SurveyVersion.id).where(SurveyVersion.survey_id == survey_id).correlate(None)
    # No reminder leaves after its ask has closed.
    is_reminded = sa.and_(closes > due.floor_before, due.floor_before < LAST_REMINDER)
    is_same = sa.and_(sent > due.same_before, Invitation.version_id.in_(versions))
    is_open = sa.and_(closes > due.at, Invitation.state.in_(gates.OPEN))
    rest = sa.cast(person.rest_days, sa.BigInteger) * DAY_SECONDS
    rests = sa.and_(person.rest_days.is_not(None), ticks(sent, rest) > ticks(due.at, 0))
    floor, day = r.floor_hours * 3600, DAY_SECONDS
    of_mail = [
        Shut(Reason.FLOOR, sent > due.floor_before, sent, floor),
        Shut(Reason.FLOOR, is_reminded, LAST_REMINDER, floor),
    ]
    heeded = Shut(Reason.QUARANTINE, sent > due.any_before, sent, r.any_days * day)
    is_declined = declined > due.declined_before
    refused = Shut(Reason.QUARANTINE_AFTER_DECLINE, is_declined, declined, r.after_decline_days * day)
    same = Shut(Reason.QUARANTINE_SAME_SURVEY, is_same, sent, r.same_survey_days * day)
    wish = Shut(Reason.LESS_OFTEN, rests, sent, rest)
    by_state = {
        HEEDED: [*of_mail, heeded, same, wish, Shut(Reason.OPEN_ASK, is_open, closes)],
        frozenset({InvitationState.DECLINED}): [*of_mail, refused, same, wish],
        frozenset({InvitationState.BOUNCED}): of_mail,
    }
    return {states: [one for one in shut if one.reason not in exempt] for states, shut in by_state.items()}

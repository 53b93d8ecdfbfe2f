"""Detractors are asked once more after their follow-up was closed, and held against those whom nobody called."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app.core.installation import installation
from app.delivery.models import Invitation, InvitationState, Purpose, WaveState
from app.followups.models import Outcome, TaskState
from app.followups.settling import recovering
from app.reports.loops import recovery
from app.reports.loops.counts import Days
from app.surveys.models import ProgramStatus
from tests import make
from tests.conftest import NOW

DAY = timedelta(days=1)


@pytest.fixture
def live(session):
    row = installation(session)
    row.live_at, row.company = NOW - 300 * DAY, "Vendor"
    session.flush()
    return row


def detractor(*, closed=15, touched=None, score=3, asked=60, outcome=Outcome.RESOLVED, program=None, **given):
    """Who was asked so many days ago and answered a day later; the follow-up closed, or first touched, that long ago."""
    program = program or make.program(status=ProgramStatus.ACTIVE)
    wave = make.wave(program=program, state=WaveState.FINISHED)
    ask = make.invitation(contact=make.contact(**given), wave=wave, sent_at=NOW - asked * DAY)
    response = make.response(score, invitation=ask, submitted_at=NOW - (asked - 1) * DAY)
    task = make.task(contact=ask.contact, response=response, opened_at=response.submitted_at)
    if touched or closed:
        task.first_touched_at = NOW - (touched or closed) * DAY
    if closed:
        task.outcome = outcome
        task.move(TaskState.CLOSED, now=NOW - closed * DAY, by="x")
    return task


def asked(session, now=NOW) -> list[int]:
    """Whom a pass asks."""
    before = set(session.scalars(sa.select(Invitation.id)))
    for _ in recovering.ask_again(session, now=now):
        session.commit()
    new = session.scalars(sa.select(Invitation).where(Invitation.id.not_in(before))).all()
    assert {ask.purpose for ask in new} <= {Purpose.RECOVERY}
    return [ask.contact_id for ask in new]


def test_a_closed_detractor_is_asked_once_two_to_four_weeks_later(session, live):
    early, due = detractor(closed=13), detractor(closed=15)
    for gone in ({"closed": 31}, {"closed": None}, {"outcome": Outcome.LOST}):
        detractor(**gone)
    off, paused = detractor(), detractor()
    off.contact.unsubscribe(now=NOW - 5 * DAY)
    paused.response.invitation.wave.program.status = ProgramStatus.PAUSED
    answered = detractor()
    later = make.invitation(contact=answered.contact, sent_at=NOW - 3 * DAY)
    make.response(8, invitation=later, submitted_at=NOW - 2 * DAY)
    session.flush()
    assert asked(session) == [due.contact_id]
    assert asked(session, NOW + timedelta(hours=1)) == []
    assert recovering.of_task(session, due.id).contact_id == due.contact_id
    assert asked(session, NOW + 2 * DAY) == [early.contact_id]


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("quiet", ["rehearsal", "held", "off"])
def test_a_rehearsal_a_held_copy_and_who_switched_it_off_ask_nobody(session, live, quiet):
    detractor()
    if quiet == "rehearsal":
        live.live_at = None
    elif quiet == "held":
        live.held_at = NOW
    else:
        live.followups = {"recovers": False}
    session.flush()
    assert asked(session) == []


def next_ask(task, score, *, ago=2):
    """What the person said to the next ask, or that they were silent."""
    given = {"contact": task.contact, "sent_at": NOW - (ago + 1) * DAY}
    if score is None:
        state = {"state": InvitationState.SILENT, "silent_at": NOW - ago * DAY, "closed_at": NOW - ago * DAY}
        return make.invitation(**given, **state)
    ask = make.invitation(**given)
    return make.response(score, invitation=ask, submitted_at=NOW - ago * DAY)


def test_recovery_stands_beside_those_whom_nobody_called(session):
    for score in (9, 7, 3, None):
        next_ask(detractor(closed=20), score)
    for score in (10, 6, None, None):
        next_ask(detractor(closed=None), score)
    next_ask(detractor(closed=None, touched=20), 9)
    next_ask(detractor(closed=1), 9)
    detractor(closed=20)
    next_ask(detractor(closed=20, score=7), 10)
    today = NOW.date()
    found = recovery.recovery(session, Days(today - 100 * DAY, today, ZoneInfo("UTC")))
    passive, promoter = found.to_passive, found.to_promoter
    assert (passive.followed.recovered, passive.followed.n) == (2, 4)
    assert (passive.control.recovered, passive.control.n) == (2, 5)
    assert (promoter.followed.recovered, promoter.control.recovered) == (1, 2)
    assert (found.silent, found.waiting, found.between) == (3, 1, 1)
    assert passive.difference == pytest.approx(0.1)
    assert passive.p == pytest.approx(1.0)
    assert recovery.recovery(session, Days(today, today + DAY, ZoneInfo("UTC"))).to_passive.difference is None


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_tells_both_rates_with_a_word_on_chance(session, sign_in):
    next_ask(detractor(closed=20), 9)
    next_ask(detractor(closed=None), 3)
    session.commit()
    days = {"from": (NOW - 100 * DAY).date().isoformat(), "to": NOW.date().isoformat()}
    page = sign_in("viewer").get("/reports/loops", query_string=days).text
    assert "regression to the mean" in page
    assert "1 of 1, 21% to 100%" in page
    assert "chance alone could make it" in page

"""Stored scores and the ones computed live: always the same number."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app import jobs
from app.contacts.models import ContactRole
from app.delivery.models import Invitation, InvitationState
from app.health import due, snapshots
from app.health.models import Colour, ScoreDue, Snapshot
from tests import make
from tests.conftest import NOW

TODAY, UTC_ZONE = NOW.date(), ZoneInfo("UTC")


@pytest.fixture
def account(session):
    """Eight people of a full template, all with a 10 today but one silent buyer."""
    row = make.account()
    for role in [ContactRole.CHAMPION, ContactRole.ADMIN] + [ContactRole.POWER_USER] * 5:
        make.response(10, invitation=make.invitation(contact=make.contact(account=row, role=role)))
    buyer = make.contact(account=row, role=ContactRole.DECISION_MAKER)
    make.invitation(contact=buyer, state=InvitationState.SILENT, silent_at=NOW, closed_at=NOW)
    session.commit()
    return row


def current(session, account, today=TODAY):
    return snapshots.current(session, account.id, today=today, zone=UTC_ZONE)


def refresh(session, account, today=TODAY):
    return snapshots.refresh(session, [account.id], today=today, zone=UTC_ZONE, now=NOW)[account.id]


def test_a_silent_buyer_holds_the_relationship_down_and_is_named(session, account):
    told = current(session, account)
    assert told.score("relationship") == pytest.approx(60.0)
    assert told.reasons("relationship")["ceiling"]["name"] == "silent:decision_maker"
    assert told.score("value") is None
    assert told.colour("value") == Colour.GREY


def test_a_buyer_who_was_away_is_not_held_to_be_silent(session, account):
    without = session.scalars(sa.select(Invitation).where(Invitation.state == InvitationState.SILENT)).one()
    without.is_auto_reply = True
    session.commit()
    away = current(session, account)
    session.delete(without)
    session.commit()
    assert away.scores == current(session, account).scores
    assert away.score("relationship") > 60


def test_the_reasons_add_up_to_what_is_missing(session, account):
    told = current(session, account)
    assert sum(told.reasons("relationship")["shown"].values()) == 100 - round(told.score("relationship"))


def test_what_is_stored_is_what_was_computed(session, account):
    before = current(session, account)
    refresh(session, account)
    session.commit()
    after = current(session, account)
    assert (before.is_live, after.is_live) == (True, False)
    assert (after.scores, after.colours, after.explanation) == (
        before.scores,
        before.colours,
        before.explanation,
    )
    assert snapshots.on_day(session, account.id, TODAY).scores == before.scores
    assert snapshots.on_day(session, account.id, TODAY - timedelta(days=1)) is None


def test_a_marked_account_is_computed_live_until_the_worker_has(session, account):
    refresh(session, account)
    due.mark(session, account.id, now=NOW)
    make.response(
        0, invitation=make.invitation(contact=make.contact(account=account, role=ContactRole.CHAMPION))
    )
    session.commit()
    assert current(session, account).is_live
    assert jobs.refresh_due_scores(NOW) == 1
    assert session.scalars(sa.select(ScoreDue)).all() == []
    assert not current(session, account).is_live


def test_a_reason_that_arrives_meanwhile_keeps_the_mark(session, account):
    due.mark(session, account.id, now=NOW)
    due.mark(session, account.id, now=NOW + timedelta(seconds=1))
    due.settle(session, account.id, NOW)
    assert [since for _, since in due.marks(session, limit=9)] == [NOW + timedelta(seconds=1)]


def test_every_account_gets_one_snapshot_a_day(session, account):
    make.account()
    session.commit()
    assert jobs.keep_daily_scores(NOW) == 2
    assert jobs.keep_daily_scores(NOW) == 0
    assert jobs.keep_daily_scores(NOW + timedelta(days=1)) == 2
    assert session.scalar(sa.select(sa.func.count()).select_from(Snapshot)) == 4


def test_a_colour_needs_two_good_days_to_rise(session, account):
    session.add(
        Snapshot(
            account_id=account.id,
            on=TODAY - timedelta(days=1),
            version="v1",
            relationship=30,
            relationship_colour=Colour.RED,
            memory={"relationship": 0},
            computed_at=NOW,
        )
    )
    assert refresh(session, account).colour("relationship") == Colour.RED
    assert refresh(session, account, TODAY + timedelta(days=1)).colour("relationship") == Colour.YELLOW


def test_rehearsals_unreviewed_answers_and_people_who_left_change_nothing_they_should_not(session, account):
    before = current(session, account).scores
    someone = make.contact(
        account=account, role=ContactRole.POWER_USER, status="left", left_on=date(2026, 1, 1)
    )
    make.response(0, invitation=make.invitation(contact=someone))
    make.response(
        0,
        invitation=make.invitation(
            contact=make.contact(account=account, role=ContactRole.ADMIN), wave=make.wave(is_rehearsal=True)
        ),
    )
    session.commit()
    assert current(session, account).scores["relationship"] == before["relationship"]
    champion = make.contact(account=account, role=ContactRole.CHAMPION)
    make.response(0, invitation=make.invitation(contact=champion), is_maybe_automatic=True)
    session.commit()
    assert current(session, account).scores["relationship"] == before["relationship"]


def test_days_are_the_installations(session):
    account = make.account(started_on=date(2026, 1, 1))
    person = make.contact(account=account)
    late = NOW.replace(hour=23, minute=30, tzinfo=UTC)
    make.invitation(contact=person, state=InvitationState.SILENT, silent_at=late, closed_at=late)
    session.commit()
    tokyo = snapshots.gather(session, [account.id], as_of=TODAY, zone=ZoneInfo("Asia/Tokyo"))[account.id]
    assert tokyo.people[0].asks[0].unanswered_on == TODAY + timedelta(days=1)

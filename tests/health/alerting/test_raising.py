"""Alerts: raised once, ended after a quiet week, put aside until a day; and no score moves by any of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts import signals
from app.contacts.models import ContactRole
from app.core.audit import SYSTEM, Actor, AuditEvent
from app.core.errors import Invalid, Refused
from app.core.installation import installation
from app.delivery.models import InvitationState
from app.extensions import db
from app.followups.models import Outcome, Task, TaskKind, TaskState
from app.health import snapshots
from app.health.alerting import listing, raising, settings, trial
from app.health.alerting.listing import AlertFilter, Standing
from app.health.alerting.models import Alert, Severity
from app.health.alerting.rules import RULES
from app.health.alerting.settings import Setting
from app.health.jobs import raise_alerts
from app.health.models import Snapshot
from tests import make
from tests.conftest import NOW

TODAY, DAY, UTC = NOW.date(), timedelta(days=1), ZoneInfo("UTC")
INES = Actor("staff", None, "Ines Vogel")


@pytest.fixture
def live(session):
    row = installation(session)
    row.live_at = NOW - 900 * DAY
    session.flush()
    return row


def told(account, type="ticket_past_sla", *, at=NOW, value=1, id=None, contact=None):
    given = {"external_id": id or f"{type}-{at.isoformat()}", "account": str(account.id)}
    return signals.receive(
        db.session, given | {"type": type, "at": at, "value": value, "contact": contact}, now=at
    )


def look(*accounts, now=NOW) -> None:
    """What a pass does with these accounts, without waiting for their scores."""
    db.session.flush()
    facts = installation(db.session)
    present = raising.Present(now.date(), now, facts, settings.present(db.session), None)
    raising.look(db.session, [account.id for account in accounts], present)
    db.session.commit()


def alerts(account, rule="ticket_late") -> list[Alert]:
    query = sa.select(Alert).where(Alert.account_id == account.id, Alert.rule == rule)
    return list(db.session.scalars(query.order_by(Alert.id)))


def test_a_grave_ticket_raises_one_alert_and_moves_no_score(app, live):
    account = make.account()
    make.answer(9, invitation=make.invitation(contact=make.contact(account=account)))
    today = {"today": TODAY, "zone": UTC}
    before = snapshots.refresh(db.session, [account.id], now=NOW, **today)[account.id]
    told(account)
    db.session.commit()
    assert raise_alerts(NOW) == 1
    (alert,) = alerts(account)
    assert (alert.severity, alert.is_open(), alert.task.reason) == (
        Severity.HIGH,
        True,
        "A ticket of severity 1 is past its SLA.",
    )
    assert raise_alerts(NOW + timedelta(minutes=1)) == 0
    after = snapshots.refresh(db.session, [account.id], now=NOW + timedelta(hours=1), **today)[account.id]
    kept = db.session.execute(sa.select(Snapshot.memory)).all()
    assert (after.scores, after.colours, after.explanation) == (
        before.scores,
        before.colours,
        before.explanation,
    )
    assert len(kept) == 1
    assert raise_alerts(NOW + timedelta(hours=2)) == 1
    assert len(alerts(account)) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_day_by_day_as_many_alerts_are_raised_as_a_trial_on_the_past_counts(app, live):
    """Told on days 0, 20 and 27 for ten days each: the second and third are one, with a week of quiet before."""
    account, first = make.account(), NOW - 60 * DAY
    setting = replace(
        Setting.usual(RULES["ticket_late"]), limits={"severity": 1, "days": 10}, opens_task=False
    )
    settings.change(db.session, setting, reason="To try it.", now=first - DAY, by=INES)
    days = {0: "a", 20: "b", 27: "c", 45: "d"}
    for number in range(60):
        if number in days:
            told(account, at=first + number * DAY, id=days[number])
        look(account, now=first + number * DAY)
    found = [alert.began_on for alert in alerts(account)]
    assert found == [(first + number * DAY).date() for number in (0, 20, 45)]
    tried = trial.try_out(db.session, [setting], today=TODAY, zone=UTC)
    (fired,) = tried.outcomes["ticket_late"].fired
    assert list(fired.days) == found[::-1]
    assert (tried.looked, tried.total, fired.account.id) == (1, 1, account.id)
    assert (
        not trial.try_out(db.session, [setting], today=TODAY + 400 * DAY, zone=UTC)
        .outcomes["ticket_late"]
        .fired
    )


def test_an_alert_stays_one_while_its_cause_is_gone_for_less_than_a_week(app, live):
    account = make.account()
    told(account, at=NOW - 13 * DAY, id="old")
    look(account)
    look(account, now=NOW + DAY)
    (alert,) = alerts(account)
    assert (alert.quiet_since, alert.over_on) == (TODAY + DAY, None)
    told(account, at=NOW + 6 * DAY, id="new")
    look(account, now=NOW + 6 * DAY)
    assert [alert.quiet_since for alert in alerts(account)] == [None]
    look(account, now=NOW + 20 * DAY)
    look(account, now=NOW + 27 * DAY)
    assert (alert.over_on, alert.slot) == ((NOW + 27 * DAY).date(), None)
    told(account, at=NOW + 28 * DAY, id="newest")
    look(account, now=NOW + 28 * DAY)
    assert len(alerts(account)) == 2


def test_one_that_was_settled_or_whose_follow_up_was_closed_is_raised_anew_only_after_a_quiet_week(app, live):
    account, other = make.account(), make.account()
    for one in (account, other):
        told(one, id=f"a{one.id}")
    look(account, other)
    listing.settle(alerts(account)[0], db.session, now=NOW, by=INES)
    task = alerts(other)[0].task
    task.outcome = Outcome.RESOLVED
    task.move(TaskState.CLOSED, now=NOW, by="x")
    told(account, id="b")
    look(account, other, now=NOW + DAY)
    assert [alert.is_open() for one in (account, other) for alert in alerts(one)] == [False, False]
    with pytest.raises(Refused):
        listing.settle(alerts(other)[0], db.session, now=NOW, by=INES)
    assert listing.count(db.session, AlertFilter(Standing.PAST), TODAY) == 2
    assert "alert.settle" in set(db.session.scalars(sa.select(AuditEvent.action)))


def test_a_snooze_has_an_end(app, live):
    account = make.account()
    told(account)
    look(account)
    (alert,) = alerts(account)
    for until in (TODAY, TODAY + 91 * DAY):
        with pytest.raises(Invalid):
            listing.snooze(alert, until, db.session, today=TODAY, now=NOW, by=INES)
    listing.snooze(alert, TODAY + 7 * DAY, db.session, today=TODAY, now=NOW, by=INES)

    def counts(day):
        return tuple(listing.counts(db.session, day).values())

    assert (counts(TODAY), counts(TODAY + 6 * DAY), counts(TODAY + 7 * DAY)) == ((0, 1), (0, 1), (1, 0))
    listing.wake(alert, db.session, now=NOW, by=INES)
    assert counts(TODAY) == (1, 0)


def test_trouble_that_is_worked_on_takes_an_alert_up_and_old_news_opens_nothing(app, live):
    account, late, switched = make.account(), make.account(), make.account()
    open_still = make.task(contact=make.contact(account=account))
    told(account, id="x")
    told(late, at=NOW - 200 * DAY, id="y")
    setting = replace(Setting.usual(RULES["ticket_late"]), limits={"severity": 1, "days": 365})
    settings.change(db.session, setting, reason="Longer.", now=NOW, by=INES)
    look(account, late)
    assert alerts(account)[0].task_id == open_still.id
    assert (alerts(late)[0].task_id, alerts(late)[0].began_on) == (None, TODAY - 200 * DAY)
    settings.change(db.session, replace(setting, is_on=False), reason="Off.", now=NOW, by=INES)
    told(switched, id="z")
    look(account, late, switched, now=NOW + DAY)
    assert (alerts(account)[0].over_on, alerts(switched)) == (TODAY + DAY, [])
    assert db.session.scalar(sa.select(sa.func.count(Task.id))) == 1


def test_what_people_say_and_leave_unsaid_is_found_in_the_rows(app, live):
    account = make.account(arr=900)
    make.account(arr=10)
    buyer = make.contact(account=account, role=ContactRole.DECISION_MAKER)
    make.answer(9, invitation=make.invitation(contact=buyer, sent_at=NOW - 90 * DAY), now=NOW - 90 * DAY)
    make.answer(3, invitation=make.invitation(contact=buyer), now=NOW)
    bounced = make.contact(account=account, role=ContactRole.CHAMPION)
    for number in (40, 3):
        closed = {"closed_at": NOW - number * DAY, "sent_at": NOW - number * DAY}
        make.invitation(contact=bounced, state=InvitationState.BOUNCED, **closed)
    db.session.commit()
    snapshots.refresh(db.session, [account.id], today=TODAY, zone=UTC, now=NOW)
    assert raise_alerts(NOW) == 1
    found = {alert.rule: alert for alert in db.session.scalars(sa.select(Alert))}
    assert found.keys() == {"detractor", "drop", "leaver", "single_thread", "overdue"}
    detractor = found["detractor"]
    assert (detractor.contact_id, detractor.severity, detractor.task.kind) == (
        buyer.id,
        "high",
        TaskKind.DETRACTOR,
    )
    assert found["drop"].severity == Severity.MEDIUM
    assert (found["leaver"].contact_id, found["leaver"].evidence["how"]) == (bounced.id, "bounced")
    assert db.session.scalar(sa.select(sa.func.count(Task.id)).where(Task.kind == TaskKind.ALERT)) == 0


def test_erasing_and_merging_end_alerts_and_lose_none(app, live):
    one, other = make.account(), make.account()
    person = make.contact(account=one, role=ContactRole.CHAMPION)
    make.answer(2, invitation=make.invitation(contact=person))
    told(one)
    look(one)
    db.session.expire_all()
    said = journey.person_told(db.session, person)
    assert [row["rule"] for row in said["alerts"]] == ["detractor"]
    journey.person_erased(db.session, person, now=NOW, actor=SYSTEM)
    journey.accounts_merged(db.session, one, other, now=NOW, actor=SYSTEM)
    db.session.commit()
    assert [(alert.over_on, alert.slot) for alert in alerts(other) + alerts(other, "detractor")] == [
        (TODAY, None)
    ] * 2
    look(other)
    assert [alert.is_open() for alert in alerts(other)] == [False, True]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_rule_is_changed_within_its_range_with_a_reason_and_every_version_stays(app):
    usual = settings.present(db.session)["drop"]
    for wrong, field in (({"points": 1, "days": 60}, "points"), ({"points": 3, "days": 400}, "days")):
        with pytest.raises(Invalid) as refused:
            settings.change(db.session, replace(usual, limits=wrong), reason="x", now=NOW, by=INES)
        assert field in refused.value.errors
    with pytest.raises(Invalid) as refused:
        settings.change(db.session, replace(usual, is_on=False), reason=" ", now=NOW, by=INES)
    assert "reason" in refused.value.errors
    fixed = Setting.usual(RULES["doubtful_answer"])
    with pytest.raises(Invalid):
        settings.change(db.session, replace(fixed, is_on=False), reason="x", now=NOW, by=INES)
    assert settings.change(db.session, usual, reason="Same.", now=NOW, by=INES) is None
    for points in (4, 5):
        wanted = replace(usual, limits={"points": points, "days": 30})
        settings.change(db.session, wanted, reason="Too noisy.", now=NOW, by=INES)
    db.session.flush()
    assert settings.present(db.session)["drop"] == wanted
    assert [row.thresholds["points"] for row in settings.versions(db.session, RULES["drop"])] == [5, 4]
    (last,) = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1))
    assert (last.action, last.actor_name, last.details["points"]) == ("alerts.rule", "Ines Vogel", 5)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_rule_opens_only_so_many_follow_ups_a_day_and_the_other_alerts_stand_without(app, live):
    accounts = [make.account() for _ in range(raising.MOST_OPENED + 3)]
    for account in accounts:
        told(account, id=f"t{account.id}")
        make.saved(Snapshot(account_id=account.id, on=TODAY, version="v1", computed_at=NOW))
    db.session.commit()
    assert raise_alerts(NOW) == len(accounts)
    number = sa.select(sa.func.count(Task.id))
    assert db.session.scalar(number) == raising.MOST_OPENED
    assert db.session.scalar(sa.select(sa.func.count(Alert.id))) == len(accounts)
    assert raising.left_today(db.session, TODAY, live)["ticket_late"] == 0
    assert raising.left_today(db.session, TODAY + DAY, live)["ticket_late"] == raising.MOST_OPENED

"""The order of the queue: what lifts a follow-up, when, and how that is told."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import ContactRole
from app.core.worktime import WorkWeek
from app.followups import queue, ranking, words
from app.followups.models import Task, TaskKind
from tests import make

UTC = ZoneInfo("UTC")


def order(session, now) -> list[Task]:
    session.commit()
    for _number in ranking.refresh(session, now=now):
        session.commit()
    session.commit()
    return queue.tasks(session, queue.QueueFilter(), now=now, zone=UTC)


def test_who_waits_comes_first_then_what_is_at_stake_and_an_overdue_trifle_after_it(session, now):
    late = {"first_touch_due_at": now - timedelta(hours=1), "due_at": now + timedelta(days=5)}
    trifle = make.task(account=make.account(tier=3), kind=TaskKind.PROMOTER, priority=10, **late)
    plain = make.task(account=make.account(tier=2), priority=60)
    worse = make.task(account=make.account(tier=2), priority=60, **late)
    renews = make.account(renewal_on=now.date() + timedelta(days=ranking.RENEWAL_DAYS))
    soon = make.task(account=renews, priority=60)
    rich = make.task(account=make.account(arr=60_000), priority=60)
    waits = make.task(kind=TaskKind.SILENT, priority=5, replied_at=now - timedelta(hours=3))
    make.task(account=renews, priority=1, state="closed", closed_at=now, outcome="lost")
    stamps = {task.id: task.updated_at for task in (trifle, plain, worse)}
    assert order(session, now) == [waits, worse, soon, rich, plain, trifle]
    assert [task.standing for task in (waits, worse, soon, rich, plain, trifle)] == [1005, 85, 75, 65, 60, 35]
    assert {task.id: task.updated_at for task in (trifle, plain, worse)} == stamps
    assert list(ranking.refresh(session, now=now)) == []
    plain.priority, waits.replied_at = 90, None
    assert order(session, now) == [plain, worse, soon, rich, trifle, waits]
    following = queue.next_task(session, queue.QueueFilter(), now=now, zone=UTC, after=worse)
    assert following == soon
    renews.renewal_on -= timedelta(days=365)
    assert order(session, now)[2:4] == [rich, soon]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_place_in_the_queue_is_told_in_words(session, now, app):
    account = make.account(tier=1, arr=120_000, currency="EUR", renewal_on=now.date() + timedelta(days=30))
    person = make.contact(account=account, role=ContactRole.CHAMPION)
    task = make.task(contact=person, replied_at=now - timedelta(hours=2), due_at=now - timedelta(days=1))
    week = WorkWeek(UTC)
    with app.test_request_context():
        told = words.why_urgent(task, now, now.date())
        assert told == (
            "waits for our answer, overdue, an unhappy answer, a key role, a tier 1 customer, "
            "120,000 EUR a year at stake, a renewal near"
        )
        # 10:00 on a Wednesday; working hours are 9 to 17.
        assert words.waited(task, week, now) == "waits for 1 working hour"
        assert words.waited(task, week, now - timedelta(hours=1)) == "waits for less than a working hour"
        assert words.waited(task, week, now + timedelta(days=1)) == "waits for 9 working hours"
        assert words.waited(task, week, now + timedelta(days=7)) == "waits for 5 working days"

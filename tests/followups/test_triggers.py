"""Which task an answer calls for, by when, and why in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import ContactRole
from app.core.worktime import WorkWeek
from app.followups.models import TaskKind
from app.followups.triggers import Person, for_score, for_silence, for_value, low_items

WEEK = WorkWeek(ZoneInfo("Europe/Berlin"))
USER = Person(ContactRole.USER)
BUYER = Person(ContactRole.DECISION_MAKER)
THURSDAY = datetime(2026, 3, 5, 15, 0, tzinfo=UTC)


def berlin(day: int, hour: int) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("score", "kind"),
    [
        *((score, TaskKind.DETRACTOR) for score in range(7)),
        (7, TaskKind.PASSIVE),
        (8, TaskKind.PASSIVE),
        (9, TaskKind.PROMOTER),
        (10, TaskKind.PROMOTER),
    ],
)
def test_every_score_calls_for_the_task_of_its_band(score, kind):
    assert for_score(score, USER, week=WEEK, now=THURSDAY).kind is kind


def test_no_score_calls_for_nothing():
    assert for_score(None, USER, week=WEEK, now=THURSDAY) is None


@pytest.mark.parametrize(
    ("score", "person", "first_touch"),
    [
        (3, USER, berlin(10, 16)),
        (3, BUYER, berlin(6, 16)),
        (3, Person(ContactRole.CHAMPION), berlin(6, 16)),
        (7, USER, berlin(12, 17)),
        (9, USER, berlin(9, 17)),
    ],
)
def test_the_first_touch_is_due_in_working_time(score, person, first_touch):
    due = for_score(score, person, week=WEEK, now=THURSDAY)
    assert due.first_touch_due_at == first_touch
    assert due.due_at == berlin(19, 17)


def test_a_holiday_stops_both_clocks():
    week = WorkWeek(ZoneInfo("Europe/Berlin"), holidays=frozenset({date(2026, 3, 6)}))
    due = for_score(3, BUYER, week=week, now=THURSDAY)
    assert (due.first_touch_due_at, due.due_at) == (berlin(9, 16), berlin(20, 17))


def test_a_silence_wants_a_touch_within_five_working_days():
    asked, closed = datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    due = for_silence(asked, closed, 2, BUYER, week=WEEK, now=THURSDAY)
    assert (due.kind, due.first_touch_due_at, due.due_at) == (TaskKind.SILENT, berlin(12, 17), berlin(19, 17))
    assert due.reason == (
        "A decision maker was asked on Feb 10, 2026, reminded 2 times, and did not answer by Mar 3, 2026."
    )
    assert "reminded once" in for_silence(asked, closed, 1, BUYER, week=WEEK, now=THURSDAY).reason
    assert "reminded" not in for_silence(asked, closed, 0, BUYER, week=WEEK, now=THURSDAY).reason
    away = for_silence(asked, closed, 2, BUYER, week=WEEK, now=THURSDAY, is_away=True)
    assert away.reason == (
        "A decision maker was asked on Feb 10, 2026; by Mar 3, 2026 only an automatic reply had come."
    )


@pytest.mark.parametrize(
    ("items", "is_low"),
    [
        ((4, 2, 4), True),
        ((5, 1, 4), True),
        ((5, 2, 3), True),
        ((5, 2, 4), False),
        ((None, None, None), False),
        ((None, 0, None), True),
    ],
)
def test_low_value_calls_for_a_task(items, is_low):
    assert (for_value(*items, USER, week=WEEK, now=THURSDAY) is not None) is is_low
    assert bool(low_items(*items)) is is_low


def test_the_reason_says_what_was_low():
    due = for_value(2, 0, 2, BUYER, week=WEEK, now=THURSDAY)
    assert due.reason == (
        "A decision maker sees little value: 2 of 10 for what comes back, where 5 is break-even; "
        "stuck with the main goal; 2 of 7 for ease."
    )


def test_the_unhappy_buyer_of_a_big_account_comes_before_everybody_else():
    people = [
        Person(role, tier) for role in (ContactRole.DECISION_MAKER, ContactRole.USER) for tier in (1, 2, 3)
    ]
    tasks = [for_score(score, p, week=WEEK, now=THURSDAY) for score in (2, 7, 10) for p in people]
    first = max(tasks, key=lambda task: task.priority)
    assert first == tasks[0]
    assert all(0 <= task.priority <= 100 for task in tasks)

"""Closing, reopening, logging and snoozing a task."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.followups import activities, queue, ranking
from app.followups.models import ActivityKind, Cause, Outcome, TaskKind, TaskState, Touch
from app.followups.queue import QueueFilter
from app.followups.resolution import Resolution, missing, reopen, resolve
from tests import make
from tests.conftest import NOW

INES = Actor("staff", None, "Ines Vogel")
GOOD = Resolution(Outcome.RESOLVED, "Fixed the export.", Cause.PRODUCT_BUG, customer_told=True)


def log(session, task, kind=ActivityKind.CALL, *, at=NOW, is_two_way=True):
    return activities.log(session, task, kind, "Talked.", at=at, is_two_way=is_two_way, by=INES, now=NOW)


@pytest.mark.parametrize(
    ("kind", "resolution", "fields"),
    [
        (TaskKind.DETRACTOR, Resolution(None, " "), {"cause", "outcome", "comment"}),
        (TaskKind.SILENT, Resolution(Outcome.NO_CONTACT, "Tried."), set()),
        (TaskKind.VALUE, Resolution(Outcome.LOST, "Left."), {"cause"}),
        (TaskKind.PASSIVE, GOOD, set()),
        (TaskKind.PASSIVE, Resolution(Outcome.LOST, "x", Cause.OTHER, [Cause.OTHER]), {"causes_more"}),
        (
            TaskKind.PROMOTER,
            Resolution(Outcome.LOST, "x", None, [Cause.OTHER, Cause.PRODUCT_BUG, Cause.PRODUCT_GAP]),
            {"causes_more"},
        ),
    ],
)
def test_a_close_names_every_field_that_is_missing(app, kind, resolution, fields):
    assert set(missing(kind, resolution)) == fields


def test_a_close_keeps_cause_outcome_and_a_dated_state_and_happens_once(session):
    task = make.task(kind=TaskKind.DETRACTOR)
    resolve(task, GOOD, now=NOW, by=INES)
    session.commit()
    assert (task.state, task.closed_at, task.cause, task.customer_told) == (
        TaskState.CLOSED,
        NOW,
        Cause.PRODUCT_BUG,
        True,
    )
    assert [(s.state, s.at, s.by) for s in task.states] == [(TaskState.CLOSED, NOW, "Ines Vogel")]
    with pytest.raises(Refused):
        resolve(task, GOOD, now=NOW, by=INES)


def test_a_refused_close_changes_nothing(session):
    task = make.task(kind=TaskKind.DETRACTOR)
    with pytest.raises(Invalid):
        resolve(task, Resolution(Outcome.LOST, ""), now=NOW, by=INES)
    assert (task.state, task.outcome, task.states) == (TaskState.NEW, None, [])


def test_reopening_keeps_the_first_due_dates(session):
    task = make.task()
    due = task.due_at
    with pytest.raises(Refused):
        reopen(task, now=NOW, by=INES)
    resolve(task, GOOD, now=NOW, by=INES)
    reopen(task, now=NOW, by=INES)
    session.commit()
    assert (task.state, task.closed_at, task.due_at) == (TaskState.REOPENED, None, due)


def test_the_first_call_stops_the_first_touch_clock_and_is_a_touch_of_the_account(session):
    task = make.task()
    log(session, task, ActivityKind.NOTE, at=NOW - timedelta(hours=2))
    assert (task.state, task.first_touched_at) == (TaskState.NEW, None)
    log(session, task, at=NOW - timedelta(hours=1))
    log(session, task, ActivityKind.MAIL, is_two_way=False)
    session.commit()
    assert (task.state, task.first_touched_at) == (TaskState.CONTACTED, NOW - timedelta(hours=1))
    touches = session.scalars(sa.select(Touch).order_by(Touch.at)).all()
    assert [(t.kind, t.is_two_way, t.account_id) for t in touches] == [
        (ActivityKind.CALL, True, task.account_id),
        (ActivityKind.MAIL, False, task.account_id),
    ]


def test_an_activity_lies_neither_in_the_future_nor_on_a_closed_task(session):
    task = make.task()
    with pytest.raises(Invalid):
        log(session, task, at=NOW + timedelta(hours=1))
    resolve(task, GOOD, now=NOW, by=INES)
    with pytest.raises(Refused):
        log(session, task)


def shown(session, **chosen):
    return [t.id for t in queue.tasks(session, QueueFilter(**chosen), now=NOW, zone=NOW.tzinfo)]


def test_the_queue_lifts_what_is_overdue_and_puts_the_nearer_date_first_among_equals(session):
    """By the points of `ranking`: late is worth 25, so that a late trifle stays behind what is grave."""
    later = make.task(priority=5, first_touch_due_at=NOW + timedelta(hours=9))
    nearer = make.task(priority=5, first_touch_due_at=NOW + timedelta(hours=3))
    urgent = make.task(priority=9, first_touch_due_at=NOW + timedelta(hours=9))
    grave = make.task(priority=30, first_touch_due_at=NOW + timedelta(hours=9))
    late = make.task(priority=1, first_touch_due_at=NOW - timedelta(hours=1))
    session.commit()
    list(ranking.refresh(session, now=NOW))
    assert shown(session) == [grave.id, late.id, urgent.id, nearer.id, later.id]
    assert shown(session, due="overdue") == [late.id]


def test_snoozing_hides_a_task_but_never_an_overdue_one(session):
    task = make.task(first_touch_due_at=NOW + timedelta(days=3), due_at=NOW + timedelta(days=9))
    activities.snooze(task, NOW + timedelta(days=2), by=INES, now=NOW)
    session.flush()
    assert shown(session) == []
    found = queue.counts(session, "all", now=NOW, zone=NOW.tzinfo)
    assert (found.open, found.aside) == (0, 1)
    assert shown(session, aside=True) == shown(session, words=task.contact.last_name) == [task.id]
    task.first_touch_due_at = NOW - timedelta(minutes=1)
    session.flush()
    assert (shown(session), shown(session, aside=True)) == ([task.id], [])
    for bad in (NOW, NOW + timedelta(days=61)):
        with pytest.raises(Invalid):
            activities.snooze(task, bad, by=INES, now=NOW)


def test_counts_equal_the_lists(session):
    owner = make.staff()
    make.task(owner=owner, first_touch_due_at=NOW + timedelta(hours=2))
    make.task(owner=owner, first_touch_due_at=NOW - timedelta(hours=2))
    make.task(owner=owner, state=TaskState.CONTACTED, first_touched_at=NOW, due_at=NOW + timedelta(days=4))
    make.task()
    found = queue.counts(session, owner.id, now=NOW, zone=NOW.tzinfo)
    assert (found.open, found.overdue, found.today, found.new) == (3, 1, 1, 2)
    for due in ("overdue", "today", "new"):
        assert len(shown(session, owner=owner.id, due=due)) == getattr(found, due)
    assert len(shown(session, owner="nobody")) == 1


def test_search_takes_wildcards_as_letters(session):
    task = make.task(account=make.account(name="100%_Cotton"))
    make.task(account=make.account(name="Cotton"))
    assert shown(session, words="%_") == [task.id]
    assert len(shown(session, words="cotton")) == 2


def test_search_finds_a_person_by_the_whole_name_and_with_the_account(session):
    cotton = make.account(name="Oakfield Garden")
    task = make.task(contact=make.contact(account=cotton, first_name="Tuva", last_name="Sjöberg"))
    make.task(contact=make.contact(account=cotton, first_name="Tuva", last_name="Berg"))
    for words in ("Tuva Sjöberg", "sjöberg  tuva", "sjö oakfield"):
        assert shown(session, words=words) == [task.id]
    assert shown(session, words="Sjöberg Elsewhere") == []

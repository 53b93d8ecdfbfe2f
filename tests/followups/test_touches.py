"""Touches: anybody's contact with an account counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.audit import Actor
from app.core.errors import Invalid
from app.core.installation import installation
from app.followups import activities, touches
from app.followups.models import ActivityKind, TaskState
from app.health import snapshots
from tests import make

SUPPORT = Actor("staff", None, "Sam of support")
DAY = timedelta(days=1)


def log(session, account, now, **given):
    values = {"kind": ActivityKind.CALL, "words": "Spoke.", "at": now, "is_two_way": True} | given
    return touches.log(
        session, account, values.pop("kind"), values.pop("words"), by=SUPPORT, now=now, **values
    )


def recency(session, account, now, zone) -> float:
    told = snapshots.current(session, account.id, today=now.date(), zone=zone)
    return next(part["value"] for part in told.reasons("relationship")["parts"] if part["name"] == "recency")


def test_a_touch_by_a_support_user_raises_recency(session, now):
    zone = installation(session).zone
    person = make.contact()
    before = recency(session, person.account, now, zone)
    log(session, person.account, now, is_two_way=False)
    assert recency(session, person.account, now, zone) == before
    log(session, person.account, now - 3 * DAY)
    assert recency(session, person.account, now, zone) == 100 > before


def test_touches_of_a_person_are_touches_of_the_account(session, now):
    person = make.contact()
    old = log(session, person.account, now - DAY)
    new = log(session, person.account, now, contact=person, kind=ActivityKind.MEETING)
    assert touches.of_account(session, person.account_id) == [new, old]
    assert touches.of_contact(session, person.id) == [new]
    assert (new.staff_name, new.contact) == ("Sam of support", person)


def test_whoever_spoke_with_a_person_made_the_first_touch_of_the_tasks_about_them(session, now):
    person = make.contact()
    colleague = make.contact(account=person.account)
    tasks = [make.task(contact=person), make.task(contact=person), make.task(contact=colleague)]
    log(session, person.account, now - DAY, contact=person)
    log(session, person.account, now)
    assert [task.first_touched_at for task in tasks] == [None, None, None]
    log(session, person.account, now, contact=person, is_two_way=False)
    assert [task.first_touched_at for task in tasks] == [now, now, None]
    assert [task.state for task in tasks] == [TaskState.CONTACTED, TaskState.CONTACTED, TaskState.NEW]
    again = make.task(contact=colleague)
    said = {"at": now, "is_two_way": True, "by": SUPPORT, "now": now}
    activities.log(session, again, ActivityKind.NOTE, "Called the wrong number.", **said)
    assert tasks[2].first_touched_at is None
    activities.log(session, again, ActivityKind.CALL, "Spoke.", **said)
    assert (tasks[2].first_touched_at, tasks[2].state) == (now, TaskState.CONTACTED)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": ActivityKind.NOTE}, "kind"),
        ({"days": 1}, "on"),
        ({"days": -40 * 365}, "on"),
        ({"words": "x" * 2001}, "words"),
        ({"stranger": True}, "contact"),
    ],
)
def test_what_cannot_be_logged_is_refused_at_its_field(session, now, wrong, field):
    account, given = make.account(), dict(wrong)
    given["at"] = now + given.pop("days", 0) * DAY
    if given.pop("stranger", False):
        given["contact"] = make.contact()
    with pytest.raises(Invalid) as refusal:
        log(session, account, now, **given)
    assert list(refusal.value.errors) == [field]
    assert touches.of_account(session, account.id) == []

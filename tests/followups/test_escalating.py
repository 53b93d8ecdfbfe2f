"""Leaders hear of what is late, at 100 % and at 150 % of its time in working hours, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.core import audit
from app.core.installation import installation
from app.followups import activities
from app.followups.escalating import telling
from app.followups.escalating.models import ClockName, LateNotice
from app.followups.models import ActivityKind
from app.integrations import lateness
from app.integrations.models import Notice, NoticeKind
from tests import make

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def live(session):
    row = installation(session)
    row.live_at, row.company = MONDAY, "Vendor"
    session.flush()
    return row


def told(session, now) -> int:
    number = sum(lateness.tell_leaders(session, now=now))
    session.commit()
    return number


def heard(session) -> list[tuple[int, str]]:
    rows = session.execute(sa.select(Notice.staff_id, Notice.kind).order_by(Notice.id))
    return [tuple(row) for row in rows]


def late(**given):
    """Opened on Monday at nine, to be touched within eight working hours and closed within two days."""
    clocks = {"opened_at": MONDAY, "first_touch_due_at": MONDAY + 8 * HOUR, "due_at": MONDAY + 32 * HOUR}
    return make.task(**clocks | given)


def test_each_clock_is_told_once_at_its_end_and_once_half_its_time_later(session, live):
    boss, ana = make.staff("manager"), make.staff("csm")
    make.staff("manager", is_demo=True), make.staff("manager", active=False), make.staff("admin")
    task = late(owner=ana)
    activities.snooze(task, MONDAY + timedelta(days=20), by=audit.SYSTEM, now=MONDAY)
    late(is_rehearsal=True)
    assert told(session, MONDAY + 8 * HOUR) == 0
    assert told(session, MONDAY + 9 * HOUR) == 1
    assert told(session, MONDAY + 10 * HOUR) == 0
    assert heard(session) == [(boss.id, NoticeKind.OVERDUE)]
    # Half of eight hours more, on the next morning; and on the same afternoon the other clock runs out.
    assert told(session, MONDAY + 27.9 * HOUR) == 0
    assert told(session, MONDAY + 28 * HOUR) == 1
    assert told(session, MONDAY + 33 * HOUR) == 1
    later = [NoticeKind.ESCALATED, NoticeKind.OVERDUE]
    assert heard(session)[1:] == [(boss.id, kind) for kind in later]
    found = session.execute(sa.select(LateNotice.clock, LateNotice.level).order_by(LateNotice.id)).all()
    assert [tuple(row) for row in found] == [
        (ClockName.FIRST_TOUCH, 100),
        (ClockName.FIRST_TOUCH, 150),
        (ClockName.RESOLUTION, 100),
    ]
    assert [one.leaders for one in telling.of_task(session, task.id)] == [1, 1, 1]
    assert len(journey.person_told(session, task.contact)["late_notices"]) == 3


def test_who_was_called_in_time_half_way_is_not_told_again(session, live):
    make.staff("manager")
    task = late()
    told(session, MONDAY + 9 * HOUR)
    at = MONDAY + 10 * HOUR
    activities.log(session, task, ActivityKind.CALL, "Hi", at=at, is_two_way=True, by=audit.SYSTEM, now=at)
    assert told(session, MONDAY + 30 * HOUR) == 0


def test_what_was_far_past_its_time_when_first_seen_is_told_once(session, live):
    make.staff("manager")
    late()
    assert told(session, MONDAY + timedelta(days=9)) == 2
    assert told(session, MONDAY + timedelta(days=30)) == 0
    assert {kind for _, kind in heard(session)} == {NoticeKind.OVERDUE}


def test_without_managers_administrators_hear_of_it(session, live):
    admin = make.staff("admin")
    late()
    assert told(session, MONDAY + 9 * HOUR) == 1
    assert heard(session) == [(admin.id, NoticeKind.OVERDUE)]


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("quiet", ["rehearsal", "held", "off"])
def test_a_rehearsal_a_held_copy_and_who_switched_it_off_tell_nobody(session, live, quiet):
    make.staff("manager")
    late()
    if quiet == "rehearsal":
        live.live_at = None
    elif quiet == "held":
        live.held_at = MONDAY
    else:
        live.followups = {"tells_leaders": False}
    session.flush()
    assert told(session, MONDAY + 9 * HOUR) == 0
    assert heard(session) == []

"""Being away: a colleague sees what is theirs, due dates stay, and it returns with what happened meanwhile."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.auth.absences import covering
from app.auth.absences.covering import Roster
from app.auth.absences.models import Absence
from app.core import clock
from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.followups import activities, queue
from app.followups.conversation import replies
from app.followups.cover import happened
from app.followups.models import ActivityKind, TaskStep
from tests import make
from tests.conftest import NOW
from tests.posting import post

DAY = timedelta(days=1)
TODAY = NOW.date()
UTC = ZoneInfo("UTC")


def away(person, cover, first=TODAY, last=TODAY + 7 * DAY) -> Absence:
    days = {"from_on": first, "to_on": last, "made_by": "Person", "made_at": NOW}
    return make.saved(Absence(staff=person, cover=cover, **days))


@pytest.fixture
def team(session):
    return [make.staff(name=name) for name in ("Ana", "Ben", "Cleo")]


def whose(session, person, day: date) -> set[str]:
    """The tasks in the queue of somebody on a day, by whom they belong to."""
    covered = tuple(Roster.on(session, day).covered_by(person.id))
    chosen = queue.QueueFilter(owner=person.id, covered=covered)
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    found = queue.tasks(session, chosen, now=now, zone=UTC)
    counted = queue.counts(session, person.id, now=now, zone=UTC, covered=covered).open
    assert counted == len(found) == queue.count(session, chosen, now=now, zone=UTC)
    return {task.owner.name for task in found}


def test_what_is_somebodys_stands_with_their_cover_from_the_first_day_to_the_last(session, team):
    ana, ben, cleo = team
    for person in (ana, ben):
        make.task(owner=person)
    away(ana, ben, TODAY, TODAY + 7 * DAY)
    on = {day: whose(session, ben, TODAY + day * DAY) for day in (-1, 0, 7, 8)}
    assert on == {-1: {"Ben"}, 0: {"Ana", "Ben"}, 7: {"Ana", "Ben"}, 8: {"Ben"}}
    assert whose(session, ana, TODAY) == {"Ana"}
    away(ben, cleo, TODAY + DAY, TODAY + 2 * DAY)
    assert whose(session, cleo, TODAY) == set()
    assert whose(session, cleo, TODAY + DAY) == {"Ana", "Ben"}
    readers = Roster.on(session, TODAY + DAY).readers([ana.id])
    assert {number: [one.staff_id for one in seen] for number, seen in readers.items()} == {
        ana.id: [], ben.id: [ana.id], cleo.id: [ana.id],
    }  # fmt: skip


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_two_who_stand_in_for_each_other_make_no_endless_round(session, team):
    ana, ben, _cleo = team
    away(ana, ben)
    away(ben, ana)
    roster = Roster.on(session, TODAY)
    assert roster.covers(ana.id) == [ben]
    assert list(roster.said_to(ben.id)) == [ana.id]
    assert [words.partition(" until")[0] for words in roster.said_to(queue.ALL).values()] == [
        "Ben for Ana", "Ana for Ben",
    ]  # fmt: skip


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_days_that_cannot_be_and_covers_that_are_away_too_are_refused(session, team):
    ana, ben, cleo = team
    viewer = make.staff(role="viewer")
    away(ana, ben, TODAY, TODAY + 3 * DAY)
    cases = [
        (ana, ben, 2, 9, "from_on"), (cleo, ben, -9, -1, "to_on"), (cleo, ben, 5, 4, "to_on"), (cleo, ben, 0, 400, "to_on"),
        (cleo, cleo, 1, 2, "cover"), (cleo, None, 1, 2, "cover"), (cleo, viewer, 1, 2, "cover"), (cleo, ana, 3, 4, "cover"),
    ]  # fmt: skip
    for person, cover, first, last, field in cases:
        days = {"from_on": TODAY + first * DAY, "to_on": TODAY + last * DAY}
        with pytest.raises(Invalid) as refused:
            covering.enter(session, person, cover, **days, by="P", today=TODAY, now=NOW)
        assert list(refused.value.errors) == [field]
    days = {"from_on": TODAY + 4 * DAY, "to_on": TODAY + 5 * DAY}
    found = covering.enter(session, cleo, ana, **days, by="P", today=TODAY, now=NOW)
    covering.end(session, found, today=TODAY)
    session.flush()
    assert covering.of_person(session, cleo.id) == []
    begun = away(cleo, ben, TODAY - 5 * DAY, TODAY + DAY)
    covering.end(session, begun, today=TODAY)
    assert begun.to_on == TODAY - DAY
    with pytest.raises(Refused):
        covering.end(session, begun, today=TODAY)


def test_whoever_comes_back_reads_what_happened(session, team):
    ana, ben, _cleo = team
    absence = away(ana, ben, TODAY, TODAY + DAY)
    quiet, called, taken = (make.task(owner=ana, opened_at=NOW - 9 * DAY) for _ in range(3))
    other = make.task(owner=ben)
    by, later = Actor("staff", ben.id, "Ben"), NOW + 3 * DAY
    for task, at in ((called, NOW), (other, NOW), (quiet, later)):
        about = {"at": at, "is_two_way": True, "by": by, "now": at}
        activities.log(session, task, ActivityKind.CALL, "Spoke.", **about)
    wrote = make.inbound_mail(make.invitation(contact=called.contact), words="Thanks!")
    replies.land(session, wrote, now=NOW)
    activities.hand_over(taken, ben, by=by, now=NOW + DAY)
    session.commit()
    told = happened.during(session, absence, zone=UTC)
    assert [(one.task, one.is_new) for one in told] == [(taken, False), (called, False)]
    assert isinstance(told[0].rows[0], TaskStep)
    assert len(told[1].rows) == 3


def test_a_person_enters_days_the_cover_sees_it_and_it_returns(session, sign_in):
    today = clock.now().date()
    ana, ben = sign_in("csm", name="Ana Diaz"), sign_in("csm", name="Ben Ode")
    task = make.task(owner=ana.person, account=make.account(name="Harbor"))
    session.commit()
    page = "/settings/absences"
    days = {"from_on": today.isoformat(), "to_on": (today + DAY).isoformat()}
    assert post(ana, page, page, **days, cover=0).status_code == 400
    assert post(ana, page, page, **days, cover=ben.person.id).status_code == 303
    shown = ben.get("/queue").text
    assert "Harbor" in shown
    assert "for Ana Diaz until" in shown
    assert "You stand in for Ana Diaz until" in shown
    assert "is away until" in ben.get(f"/tasks/{task.id}").text
    manager = sign_in("manager")
    assert "Ben Ode for Ana Diaz until" in manager.get("/queue?owner=all").text
    assert "Ben Ode stands in." in manager.get(f"/queue?owner={ana.person.id}").text
    number = session.query(Absence).one().id
    other = sign_in("csm")
    assert post(other, f"/absences/{number}/end", page).status_code == 403
    assert other.get(f"/absences/{number}").status_code == 403
    assert "Nothing happened" in ben.get(f"/absences/{number}").text
    session.query(Absence).one().from_on = today - 2 * DAY
    assert post(ana, f"/absences/{number}/end", page).status_code == 303
    assert "Harbor" not in ben.get("/queue").text
    assert "What happened meanwhile" in ana.get("/queue").text
    assert "for Ana Diaz" not in manager.get("/queue?owner=all").text
    given = days | {"person": ben.person.id, "cover": ana.person.id}
    assert post(manager, page, page, **given).status_code == 303
    assert "Ben Ode" in manager.get(page).text


def test_handing_over_to_somebody_away_says_so_and_offers_the_cover(session, sign_in, team):
    ana, ben, _cleo = team
    today = clock.now().date()
    away(ana, ben, today, today + DAY)
    csm, task = sign_in("csm"), make.task()
    session.commit()
    page = f"/tasks/{task.id}"
    asked = post(csm, f"{page}/owner", page, owner=ana.id)
    assert asked.status_code == 400
    assert "Ben stands in." in asked.text
    assert "Give it to Ben" in asked.text
    assert post(csm, f"{page}/owner", page, owner=[ana.id, ben.id]).status_code == 303
    session.expire_all()
    assert task.owner is ben
    assert post(csm, f"{page}/owner", page, owner=ana.id, anyway=ben.id).status_code == 400
    assert post(csm, f"{page}/owner", page, owner=ana.id, anyway=ana.id).status_code == 303
    session.expire_all()
    assert task.owner is ana


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_several_handed_over_to_somebody_away_are_offered_to_the_cover(session, sign_in, team):
    ana, ben, _cleo = team
    today = clock.now().date()
    away(ana, ben, today, today + DAY)
    csm = sign_in("csm")
    tasks = [make.task(owner=csm.person) for _ in range(2)]
    session.commit()
    press = {"task": [task.id for task in tasks], "act": "owner", "owner": ana.id}
    asked = post(csm, "/queue/chosen", "/queue", **press)
    assert (asked.status_code, "Ben stands in." in asked.text) == (400, True)
    assert re.search(rf'<option selected value="{ben.id}">Ben<', asked.text)
    session.expire_all()
    assert {task.owner_id for task in tasks} == {csm.person.id}
    assert post(csm, "/queue/chosen", "/queue", **press, anyway=ana.id).status_code == 303
    session.expire_all()
    assert {task.owner for task in tasks} == {ana}

"""Playbooks: which one a follow-up goes by, its steps and days, and what became of the score it is to lift."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.core import audit
from app.core.installation import installation
from app.followups.models import Task, TaskKind, TaskState
from app.followups.playbooks import library, running
from app.followups.playbooks.models import Component, Playbook, PlayKind, PlayRun, PlayStep, PlayTick
from app.health.models import Snapshot
from app.reports.loops import effects
from tests import make
from tests.conftest import NOW
from tests.followups.test_settling import at_once
from tests.posting import post, token

THURSDAY = datetime(2026, 3, 5, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def playbook(*days: int, **given) -> Playbook:
    steps = [
        PlayStep(
            position=n, days=d, channel="call", title=f"Step {n}", words="Hello {first_name} of {account}"
        )
        for n, d in enumerate(days)
    ]
    given = {
        "name": "Plan",
        "kind": PlayKind.REACTIVE,
        "component": Component.RELATIONSHIP,
        "task_kind": TaskKind.DETRACTOR,
        "tiers": [],
    } | given
    return make.saved(Playbook(steps=steps, **given))


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(("tier", "name"), [(1, "high"), (None, "all"), (3, "low"), (2, "all")])
def test_a_playbook_that_names_the_tier_goes_before_one_for_all(database_kind, tier, name):
    found = [
        Playbook(id=1, name="all", task_kind=TaskKind.SILENT, tiers=[]),
        Playbook(id=2, name="high", task_kind=TaskKind.SILENT, tiers=[1]),
        Playbook(id=3, name="low", task_kind=TaskKind.SILENT, tiers=[3]),
        Playbook(id=4, name="other", task_kind=TaskKind.VALUE, tiers=[]),
    ]
    assert running.best(found, TaskKind.SILENT, tier).name == name
    assert running.best(found, TaskKind.PROMOTER, tier) is None


def test_steps_fall_due_on_working_days_with_names_filled_in(session):
    plan = playbook(0, 1, 3)
    task = make.task(opened_at=THURSDAY, contact=make.contact(first_name="Kim"))
    facts = installation(session)
    course = running.course_of(session, task, facts)
    assert [stage.due_at.strftime("%a %d %H") for stage in course.stages] == [
        "Thu 05 17",
        "Fri 06 17",
        "Tue 10 17",
    ]
    assert course.stages[0].words == f"Hello Kim of {task.account.name}"
    assert [stage.is_late(THURSDAY + DAY) for stage in course.stages] == [True, False, False]
    assert (course.playbook, course.done, course.is_begun) == (plan, 0, False)
    task.is_rehearsal = True
    plan.is_active = False
    session.flush()
    assert running.course_of(session, task, facts) is None


def test_a_follow_up_stays_with_the_playbook_on_which_a_step_was_done(session):
    plan = playbook(1, 2)
    task = make.task()
    running.tick(session, task, plan, plan.steps[0].id, by=audit.SYSTEM, now=NOW)
    running.tick(session, task, plan, plan.steps[0].id, by=audit.SYSTEM, now=NOW + DAY)
    newer = playbook(1, tiers=[2])
    plan.is_active, plan.steps[0].retired_at, plan.steps[1].retired_at = False, NOW, NOW
    session.flush()
    course = running.course_of(session, task, installation(session))
    assert (course.playbook, [stage.step.title for stage in course.stages], course.done) == (
        plan,
        ["Step 0"],
        1,
    )
    assert running.course_of(session, make.task(), installation(session)).playbook is newer
    running.untick(session, task, plan.steps[0].id, now=NOW)
    assert session.scalar(sa.select(sa.func.count(PlayTick.id))) == 0
    told = journey.person_told(session, task.contact)
    assert [row["playbook_id"] for row in told["playbook_runs"]] == [plan.id]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_managers_begin_with_the_usual_ones_and_write_their_own(session, sign_in):
    boss, csm = sign_in("manager"), sign_in("csm")
    assert csm.get("/playbooks/new").status_code == 403
    assert "No playbook yet" in csm.get("/playbooks").text
    for _ in range(2):
        post(boss, "/playbooks/usual", "/playbooks/new")
    names = session.scalars(sa.select(Playbook.name)).all()
    assert len(names) == len(library.sketches()) == 7
    assert {one.component for one in session.scalars(sa.select(Playbook))} == set(Component)
    lacking = {
        "name": "Ours",
        "kind": "reactive",
        "task_kind": "alert",
        "steps-0-title": "Call",
        "steps-0-days": "2",
    }
    lacking |= {"steps-0-channel": "call", "steps-0-words": "Hi {first_name}", "is_active": "y"}
    assert post(boss, "/playbooks", "/playbooks/new", **lacking).status_code == 400
    given = lacking | {"component": "value", "tiers": ["1", "3"]}
    assert (
        post(boss, "/playbooks", "/playbooks/new", **given | {"steps-0-words": "Hi {nobody}"}).status_code
        == 400
    )
    assert post(boss, "/playbooks", "/playbooks/new", **given | {"steps-0-title": ""}).status_code == 400
    assert post(boss, "/playbooks", "/playbooks/new", **given).status_code == 303
    ours = session.scalars(sa.select(Playbook).where(Playbook.name == "Ours")).one()
    url = f"/playbooks/{ours.id}"
    changed = given | {
        "steps-0-title": "",
        "steps-1-title": "Write <b>",
        "steps-1-days": "4",
        "steps-1-channel": "mail",
    }
    assert post(boss, url, url, **changed).status_code == 303
    session.expire_all()
    assert [(step.title, step.days) for step in ours.current] == [("Write <b>", 4)]
    page = csm.get("/playbooks").text
    assert "Ours" in page
    assert page.count("data-key-item") == 8


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_csm_works_through_the_steps_of_a_follow_up(session, sign_in):
    csm = sign_in("csm", name="Ana Lopez")
    plan = playbook(1, 2)
    task = make.task(owner=csm.person, contact=make.contact(first_name="<i>Kim</i>"))
    session.commit()
    url, step = f"/tasks/{task.id}", plan.steps[0].id
    assert "0 of 2 steps done" in csm.get(url).text
    assert post(csm, f"{url}/steps/{step}/done", url).status_code == 303
    assert post(csm, f"{url}/steps/{step + 100}/done", url).status_code == 409
    assert post(csm, f"{url}/steps/{step}/maybe", url).status_code == 404
    page = csm.get(url).text
    assert "1 of 2 steps done" in page
    assert "Hello &lt;i&gt;Kim" in page
    assert post(csm, f"{url}/steps/{step}/open", url).status_code == 303
    assert "0 of 2 steps done" in csm.get(url).text


def test_two_who_tick_a_step_at_once_tick_it_once(session, sign_in):
    people, plan = [sign_in("csm"), sign_in("csm")], playbook(1)
    task = make.task()
    session.commit()
    url, step = f"/tasks/{task.id}", plan.steps[0].id
    tokens = [token(one.get(url).text) for one in people]
    session.rollback()
    presses = [
        lambda one=one, own=own: one.post(f"{url}/steps/{step}/done", data={"csrf_token": own})
        for one, own in zip(people, tokens, strict=True)
    ]
    assert [answer.status_code for answer in at_once(*presses)] == [303, 303]
    assert session.scalar(sa.select(sa.func.count(PlayTick.id))) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_proactive_one_is_begun_at_an_account(session, sign_in):
    csm = sign_in("csm")
    account = make.account(owner=csm.person, name="Northwind")
    url = f"/accounts/{account.id}/playbooks"
    session.commit()
    assert "No playbook to begin" in csm.get(url).text
    plan = playbook(0, 5, kind=PlayKind.PROACTIVE, task_kind=None, name="Quarter")
    reactive = playbook(1)
    session.commit()
    assert post(csm, url, url, playbook=reactive.id).status_code == 400
    begun = post(csm, url, url, playbook=plan.id)
    task = session.scalars(sa.select(Task)).one()
    assert begun.headers["Location"] == f"/tasks/{task.id}#playbook"
    assert (task.reason, task.owner_id, task.account_id) == ("Planned: Quarter.", csm.person.id, account.id)
    assert session.get(PlayRun, task.id).playbook_id == plan.id
    assert "0 of 2 steps done" in csm.get(f"/tasks/{task.id}").text
    assert "Begin a playbook" in csm.get(f"/accounts/{account.id}").text


def snapshot(account, on, relationship):
    given = {"version": "v1", "computed_at": NOW}
    return make.saved(Snapshot(account_id=account.id, on=on, relationship=relationship, **given))


def test_the_report_holds_the_score_before_against_the_score_a_month_after(session):
    plan = playbook(1)
    for before, after, is_done in ((40, 60, True), (50, None, True), (10, 90, False)):
        task = make.task(opened_at=NOW - 60 * DAY)
        snapshot(task.account, (NOW - 61 * DAY).date(), before)
        snapshot(task.account, (NOW - 60 * DAY).date(), 99)
        task.outcome = "resolved"
        task.move(TaskState.CLOSED, now=NOW - 50 * DAY, by="x")
        if after is not None:
            snapshot(task.account, (NOW - 20 * DAY).date(), after)
        snapshot(task.account, NOW.date(), 5)
        if is_done:
            running.tick(session, task, plan, plan.steps[0].id, by=audit.SYSTEM, now=NOW)
    running.begin(session, make.task(), plan, by=audit.SYSTEM, now=NOW)
    session.flush()
    found = effects.effects(session)[plan.id]
    assert (found.runs, found.closed, found.n, found.before, found.after, found.change) == (
        2,
        2,
        1,
        40,
        60,
        20,
    )

"""Two people at one customer are one conversation, and two colleagues at one follow-up do not take it from each other."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.core import clock
from app.followups.models import Activity, Task, TaskState, Touch
from tests import make
from tests.followups.test_settling import at_once
from tests.posting import post, token


@pytest.fixture
def csm(sign_in):
    return sign_in("csm")


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_one_conversation_is_logged_for_everybody_it_was_about(csm, session):
    account = make.account(owner=csm.person)
    kim, lee, jo = (make.contact(account=account, first_name=name) for name in ("Kim", "Lee", "Jo"))
    first, second = make.task(contact=kim), make.task(contact=lee)
    done, strange = make.task(contact=jo, outcome="resolved"), make.task()
    done.move(TaskState.CLOSED, now=clock.now(), by="x")
    answered = make.response(3, invitation=make.invitation(contact=lee), comment="Exports <b>fail</b>.")
    second.response = answered
    session.commit()
    url = f"/tasks/{first.id}"
    page = csm.get(url).text
    assert "It was about these too" in page
    assert "Exports &lt;b&gt;fail" in page
    also = [second.id, done.id, strange.id, 10**30, -1]
    told = post(csm, f"{url}/activities", url, kind="call", text="Both were there.", two_way="y", also=also)
    assert told.status_code == 303
    assert "Logged, and for 1 more." in csm.get(told.headers["Location"]).text
    session.expire_all()
    assert [row.task_id for row in session.scalars(sa.select(Activity).order_by(Activity.task_id))] == [
        first.id,
        second.id,
    ]
    assert {touch.contact_id for touch in session.scalars(sa.select(Touch))} == {kim.id, lee.id}
    assert {first.state, second.state} == {TaskState.CONTACTED}
    kept = post(csm, f"{url}/activities", url, kind="call", text="", also=[second.id])
    assert kept.status_code == 400
    assert re.search(rf'name="also" value="{second.id}" checked', kept.text)
    assert post(csm, "/tasks/999999/activities", url, kind="call", text="x").status_code == 404


def test_of_two_who_take_a_follow_up_at_once_one_has_it_and_the_other_is_told(session, sign_in):
    people = [sign_in("csm", name="Ana"), sign_in("csm", name="Ben")]
    task = make.task()
    session.commit()
    url = f"/tasks/{task.id}"
    forms = [
        {
            "csrf_token": token(page.text),
            "had": re.search(r'name="had"[^>]*value="(\d+)"', page.text)[1],
            "owner": one.person.id,
        }
        for one, page in [(one, one.get(url)) for one in people]
    ]
    session.rollback()
    presses = [
        lambda one=one, form=form: one.post(f"{url}/owner", data=form)
        for one, form in zip(people, forms, strict=True)
    ]
    answers = at_once(*presses)
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    session.expire_all()
    task = session.get(Task, task.id)
    winner = next(one for one, answer in zip(people, answers, strict=True) if answer.status_code == 303)
    told = next(answer for answer in answers if answer.status_code == 409).text
    assert task.owner_id == winner.person.id
    assert len(task.steps) == 1
    assert f"It has gone to {winner.person.name} meanwhile" in told
    assert re.search(rf'name="had"[^>]*value="{winner.person.id}"', told)

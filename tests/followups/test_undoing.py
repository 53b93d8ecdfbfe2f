"""Taking back what was just done to a follow-up: a close, a day it was put aside until, a colleague it was given to."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.audit import AuditEvent
from app.followups.models import Outcome, Task, TaskChange, TaskState, TaskStep
from app.followups.undoing.models import Act, ActPart
from tests import make
from tests.posting import post, token

CLOSE = {"cause": "other", "outcome": "improved", "comment": "Called her."}


@pytest.fixture
def csm(sign_in):
    return sign_in("csm")


def act_of(page) -> int:
    return int(re.search(r"done=(\d+)", page.location)[1])


def undo(client, done, **more):
    """Press the button under what was just done."""
    page = client.get(done.location)
    notice = page.text.partition("just-done")[2]
    action = re.search(r'action="([^"]+)"', notice)[1].replace("&amp;", "&")
    return client.post(action, data={"csrf_token": token(page)} | more)


def as_it_is(session, task) -> tuple:
    session.expire_all()
    told = [change.state for change in task.states], [step.kind for step in task.steps]
    return (task.state, task.owner_id, task.snoozed_until, task.replied_at, task.outcome, *told)


def test_each_act_on_a_task_leads_to_the_next_and_is_taken_back_without_a_trace(csm, session):
    now, colleague = clock.now(), make.staff(name="Marc Duval")
    task, second = make.task(owner=csm.person, priority=9, replied_at=now), make.task(owner=csm.person)
    session.commit()
    url, soon = f"/tasks/{task.id}", (now + timedelta(days=3)).date().isoformat()
    acts = {"resolution": CLOSE, "snooze": {"until": soon}, "owner": {"owner": str(colleague.id)}}
    before = as_it_is(session, task)
    for number, (act, fields) in enumerate(acts.items(), 1):
        done = post(csm, f"{url}/{act}", url, **fields)
        assert done.location.startswith(f"/tasks/{second.id}?"), act
        assert as_it_is(session, task) != before
        back = undo(csm, done)
        assert back.location.startswith(f"{url}?"), act
        assert as_it_is(session, task) == before, act
        assert session.scalar(sa.select(sa.func.count(AuditEvent.id)).filter_by(action="task.undo")) == number
        if act == "resolution":
            page = csm.get(back.location)
            assert "Open again." in page.text
            assert "Called her." in page.text.partition('id="close"')[2]
            assert re.search(r'checked[^>]* value="improved"', page.text)
        assert "just-done" not in csm.get(done.location).text, "nothing is left to take back"
        twice = post(csm, f"/tasks/acts/{act_of(done)}/undoing", url)
        assert "taken back already" in csm.get(twice.location).text


def test_what_somebody_changed_since_is_not_taken_back(csm, sign_in, session):
    task, other = make.task(owner=csm.person), sign_in("csm")
    session.commit()
    url, soon = f"/tasks/{task.id}", (clock.now() + timedelta(days=3)).date().isoformat()
    done = post(csm, f"{url}/snooze", url, until=soon)
    assert post(other, f"/tasks/acts/{act_of(done)}/undoing", url).status_code == 404
    post(other, f"{url}/snooze/ended", url)
    refused = undo(csm, done)
    assert "Somebody has changed this since" in csm.get(refused.location).text
    assert [step.kind.value for step in session.get(Task, task.id).steps] == ["put_aside", "taken_up"]


def test_after_twenty_seconds_an_act_stays_and_a_close_is_opened_again_instead(csm, session):
    task = make.task(owner=csm.person)
    session.commit()
    url = f"/tasks/{task.id}"
    done = post(csm, f"{url}/resolution", url, **CLOSE)
    session.execute(sa.update(Act).values(at=clock.now() - timedelta(seconds=21)))
    session.commit()
    late = post(csm, f"/tasks/acts/{act_of(done)}/undoing", url)
    assert "too long ago" in csm.get(late.location).text
    undo(csm, done)
    session.expire_all()
    assert (task.state, task.outcome) == (TaskState.REOPENED, Outcome.IMPROVED)
    assert len(session.scalars(sa.select(TaskChange)).all()) == 2
    assert session.scalars(sa.select(TaskStep)).all() == []


def test_acts_are_kept_for_an_hour(csm, session):
    task, second = make.task(owner=csm.person), make.task(owner=csm.person)
    session.commit()
    post(csm, f"/tasks/{task.id}/resolution", f"/tasks/{task.id}", **CLOSE)
    session.execute(sa.update(Act).values(at=clock.now() - timedelta(hours=2)))
    session.commit()
    post(csm, f"/tasks/{second.id}/resolution", f"/tasks/{second.id}", **CLOSE)
    assert session.scalars(sa.select(ActPart.task_id)).all() == [second.id]

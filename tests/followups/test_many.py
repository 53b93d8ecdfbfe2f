"""Acts on a chosen set of follow-ups, and the views of the queue that somebody keeps."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.auth.views import saving
from app.auth.views.models import SavedView
from app.core import clock
from app.core.audit import AuditEvent
from app.followups import traces
from app.followups.models import Outcome, Task, TaskKind, TaskState
from tests import make
from tests.followups.test_undoing import undo
from tests.posting import post, token

CLOSE = {"act": "close", "cause": "other", "outcome": "no_contact", "comment": "Left the company."}


@pytest.fixture
def csm(sign_in):
    return sign_in("csm")


def states(session) -> list[TaskState]:
    session.expire_all()
    return list(session.scalars(sa.select(Task.state).order_by(Task.id)))


def test_the_chosen_are_closed_put_aside_and_handed_over_together_and_taken_back_together(csm, session):
    colleague = make.staff(name="Marc Duval")
    kinds = TaskKind.SILENT, TaskKind.DETRACTOR, TaskKind.SILENT
    tasks = [make.task(owner=csm.person, kind=kind) for kind in kinds]
    gone = make.task(state=TaskState.CLOSED, closed_at=clock.now(), outcome=Outcome.LOST)
    session.commit()
    ids = [str(task.id) for task in (*tasks[:2], gone)]

    def press(**fields):
        return post(csm, "/queue/chosen?kind=silent", "/queue", task=ids, **fields)

    lacking = press(**{**CLOSE, "cause": ""})
    assert (lacking.status_code, "Choose the main cause" in lacking.text) == (400, True)
    assert "Left the company." in lacking.text
    assert len(re.findall(r'name="task"[^>]* checked', lacking.text)) == 1, "the one that the filter shows"
    assert states(session)[:3] == [TaskState.NEW] * 3
    done = press(**CLOSE)
    assert states(session) == [TaskState.CLOSED, TaskState.CLOSED, TaskState.NEW, TaskState.CLOSED]
    page = csm.get(done.location).text
    assert "2 follow-ups closed." in page
    assert "1 was closed already." in page
    assert "Nothing else is waiting here." not in page, "a third one is"
    assert session.scalar(sa.select(sa.func.count(AuditEvent.id)).filter_by(action="task.close")) == 2
    assert undo(csm, done).location.startswith("/queue?")
    assert states(session)[:3] == [TaskState.NEW] * 3

    soon = (clock.now() + timedelta(days=3)).date().isoformat()
    assert press(act="aside", until="2001-01-01").status_code == 400
    done = press(until=["", soon])
    session.expire_all()
    assert [task.snoozed_until is not None for task in tasks] == [True, True, False]
    undo(csm, done)
    assert press(act="owner", owner="123456").status_code == 400
    press(act="owner", owner=str(colleague.id))
    session.expire_all()
    assert [task.owner.name for task in tasks] == ["Marc Duval", "Marc Duval", csm.person.name]
    assert [task.snoozed_until for task in tasks] == [None] * 3
    for nothing in ({"act": "none", "task": ids}, {"task": "0"}, {"task": ["x", "²"]}):
        answer = post(csm, "/queue/chosen", "/queue", **nothing)
        assert "Nothing was done" in csm.get(answer.location).text


def test_a_view_is_kept_under_a_name_for_whoever_kept_it(csm, sign_in, session):
    make.task(owner=csm.person)
    session.commit()
    page = "/queue?kind=silent&due=overdue"
    for _ in range(2):
        kept = post(
            csm, f"/queue/views?owner={csm.person.id}&{page.partition('?')[2]}", page, name=" <b>Late</b> "
        )
    shown = re.search(
        r'href="/queue\?([^"]+)" aria-current="page"[^>]*>([^/]+)/', csm.get(kept.location).text
    )
    address = set(html.unescape(shown[1]).split("&"))
    assert address == {f"owner={csm.person.id}", "kind=silent", "due=overdue"}
    assert shown[2] == "&lt;b&gt;Late&lt;"
    assert "Late" not in sign_in("csm").get("/queue").text
    assert "Give the view a name" in csm.get(post(csm, "/queue/views", page, name=" ").location).text
    view = session.scalars(sa.select(SavedView)).one()
    other = sign_in("csm")
    data = {"csrf_token": token(other.get(page))}
    assert other.post(f"/queue/views/{view.id}/removal", data=data).status_code == 404
    post(csm, f"/queue/views/{view.id}/removal", page)
    assert session.scalars(sa.select(SavedView.id)).all() == []


def test_who_only_reads_has_no_boxes(sign_in, session):
    make.task()
    session.commit()
    viewer = sign_in("viewer")
    assert 'name="task"' not in viewer.get("/queue").text
    assert post(viewer, "/queue/chosen", "/queue", task="1").status_code == 403


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_views_that_look_for_somebody_go_when_that_person_is_forgotten(csm, session):
    kim = make.contact(first_name="Kim", last_name="Søren", email="kim@customer.example")
    kept = [
        ("Whom I call", "SOREN k"),
        ("kim soren", ""),
        ("By mail", "kim@customer"),
        ("All of Corda", "corda"),
    ]
    kept += [("Kim's tier", ""), ("Kim of Corda", "kim corda")]
    for name, words in kept:
        saving.save(session, "queue", csm.person.id, name, {"owner": "all", "q": words}, now=clock.now())
    traces.forget(session, kim.id, now=clock.now())
    session.commit()
    assert [view.name for view in saving.of_person(session, "queue", csm.person.id)] == [
        "All of Corda",
        "Kim of Corda",
        "Kim's tier",
    ]

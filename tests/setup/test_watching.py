"""The audit trail and the worker on pages."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import app
from app.core import audit, clock
from app.core.audit import Actor
from app.core.processes import workers
from app.core.processes.workers import JobFailure
from app.setup.watching import trail_words
from tests import make
from tests.conftest import NOW
from tests.posting import token

NOTING = {"note", "noted"}
ACTION = re.compile(r"[a-z_]+\.[a-z_]+")


def test_the_trail_and_the_worker_are_shown_to_administrators(sign_in, session):
    client = sign_in("admin")
    assert "no sign of life" in client.get("/settings/jobs").text
    assert client.get("/settings/audit?before=99999999999999999999").status_code == 200
    assert sign_in("manager").get("/settings/audit").status_code == 403


def test_a_line_of_the_trail_is_told_in_words_and_leads_to_what_it_is_about(sign_in, session):
    account = make.account(name="Northwind")
    actor = Actor("staff", 1, "<b>Ada</b>", "10.0.0.7")
    changed = {"stage": "steady → renewal", "gone": {"waves": 3}}
    audit.note(session, actor, "account.change", subject=f"account:{account.id}", now=clock.now(), **changed)
    audit.note(session, actor, "odd_thing.done", subject="odd", now=clock.now())
    page = sign_in("admin").get("/settings/audit").text
    rows = page.partition("<tbody>")[2]
    assert "Account changed" in rows
    assert "stage: steady → renewal" in rows
    assert "waves: 3" in rows
    assert f'href="/accounts/{account.id}"' in rows
    assert "odd thing: done" in rows
    assert "&lt;b&gt;Ada" in rows


def actions_in_the_sources() -> set[str]:
    """What `note(...)` and `noted(...)` are called with anywhere: "task.close". A page may be named behind it."""
    calls = [
        node
        for path in Path(app.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in NOTING
    ]
    given = [[a.value for a in call.args if isinstance(a, ast.Constant)] for call in calls]
    actions = ([word for word in words if ACTION.fullmatch(str(word))][:1] for words in given)
    return {action for found in actions for action in found}


def test_every_action_of_the_trail_has_its_words():
    found = actions_in_the_sources()
    assert len(found) > 30
    assert sorted(found - trail_words.ACTIONS.keys()) == []


def test_the_trail_is_narrowed_to_one_action(sign_in, session):
    audit.note(session, audit.SYSTEM, "demo.loaded", now=clock.now())
    admin = sign_in("admin")
    rows = admin.get("/settings/audit?what=demo.loaded").text.partition("<tbody>")[2]
    assert rows.count("<tr>") == 1
    nothing = admin.get("/settings/audit?what=wave.undone").text
    assert "Clear the filters" in nothing
    assert "Clear the filters" in admin.get("/settings/audit?before=1").text


def test_what_failed_says_when_it_is_tried_again(sign_in, session):
    now = clock.now()
    later = now + timedelta(minutes=30)
    session.add(JobFailure(job="send_mail", item="7", tries=2, next_try_at=later, error="<i>refused"))
    session.add(JobFailure(job="remind", item="8", tries=5, parked_at=now, error="no"))
    page = sign_in("admin").get("/settings/jobs").text
    assert "&lt;i&gt;refused" in page
    assert "given up" in page
    assert "every 6 hours" in page


def test_what_was_given_up_is_tried_again_at_the_press_of_a_button(sign_in, session):
    for _ in range(workers.MOST_TRIES):
        workers.failed(session, "expire", "7", ValueError("no water"), now=NOW)
    client = sign_in("admin")
    page = client.get("/settings/jobs").text
    assert "ValueError: no water" in page
    assert "given up" in page
    fields = {"csrf_token": token(page), "job": "expire", "item": "7"}
    assert client.post("/settings/jobs/retries", data=fields).status_code == 303
    session.expire_all()
    row = session.get_one(JobFailure, ("expire", "7"))
    assert (row.tries, row.parked_at) == (0, None)
    assert workers.waiting_items(session, "expire", now=clock.now()) == set()
    assert client.post("/settings/jobs/retries", data=fields | {"item": "8"}).status_code == 404
    found = token(sign_in("manager").get("/reports").text)
    manager = sign_in("manager")
    refused = manager.post("/settings/jobs/retries", data=fields | {"csrf_token": found})
    assert refused.status_code in (400, 403)


def test_the_command_tries_again_what_was_given_up(run, session):
    for item in ("7", "8"):
        for _ in range(workers.MOST_TRIES):
            workers.failed(session, "expire", item, ValueError("no water"), now=NOW)
    assert run("jobs", "retry", "expire", "7").exit_code == 0
    assert run("jobs", "retry", "--all-parked", "--json").stdout == '{"retried": [["expire", "8"]]}\n'
    assert run("jobs", "retry", "expire", "9").exit_code == 1
    assert run("jobs", "retry").exit_code == 2
    session.expire_all()
    assert workers.parked(session) == []

"""Hostile text on the staff pages: every form and filter answers in words, and no page lets it become markup."""

from __future__ import annotations

import re

import pytest

from app.auth import access
from app.core.installation import installation
from app.extensions import db
from app.followups.models import Task
from tests import crawling, make

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>{{7*'7'}}${7*7}[x](javascript:alert(1))<svg onload=alert(1)>"
LONG = "x" + "\u0301" * 1000 + "👩‍👩‍👧\u202e\u200b"
NASTY = ("a%00%EF%BB%BFb", "%ff%fe%ed%a0%bd%c0%af", "9" * 25, "%27%22%3C%7B%7B7*7%7D%7D%25_" + "a" * 6000)
FIELD = re.compile(r"<(?:input|select|textarea|button)\b[^>]*?\bname=\"([^\"]+)\"")
URLENCODED = "application/x-www-form-urlencoded"


@pytest.fixture
def words(app, session):
    """One row of each kind, with a text in every place that a customer or colleague may fill."""
    app.config["WTF_CSRF_ENABLED"] = False
    words = crawling.seed(app)
    task = session.query(Task).first()
    task.reason = EVIL
    task.account.name = EVIL[:200]
    task.account.external_id = EVIL[:64]
    task.account.segment = {"plan": EVIL}
    task.contact.first_name, task.contact.last_name, task.contact.title = EVIL[:120], LONG[:120], EVIL
    task.response.comment = EVIL + LONG
    task.response.invitation.wave.name = task.response.invitation.wave.program.name = EVIL[:120]
    task.owner.name = EVIL
    installation(session).company = installation(session).product = EVIL[:200]
    session.commit()
    return words


@pytest.fixture
def admin(app, words):
    """A client of a new session each time, because some requests end one."""
    person = make.staff(role="admin")
    db.session.commit()
    return lambda: make.signed_in_client(app, person)


def staff_routes(app, words, *, safe: bool):
    for rule, method in crawling.routes(app, safe=safe):
        if (
            access.policy_of(app, rule.endpoint) not in {access.TOKEN, access.KEY}
            and rule.endpoint != "static"
        ):
            yield crawling.address(rule, words), method


def test_hostile_text_becomes_markup_on_no_page(app, words, admin):
    client, shown = admin(), 0
    for path, _method in staff_routes(app, words, safe=True):
        answer = client.get(path)
        if answer.mimetype != "text/html":
            continue
        page = answer.text
        shown += "alert(1)" in page
        for raw in ("<script>alert", "<img src=x", "<svg onload", "7777777", 'href="javascript:'):
            assert raw not in page, (path, raw)
    for path in (f"/a/{words['token']}", f"/u/{words['token']}"):
        assert "<script>" not in client.get(path).text
    assert shown > 10


def test_hostile_values_in_every_field_are_answered(app, words, admin):
    client, names, failed = admin(), set(), []
    for path, _method in staff_routes(app, words, safe=True):
        names |= set(FIELD.findall(client.get(path).data.decode(errors="replace")))
    names -= {"csrf_token"}
    assert len(names) > 50
    bodies = ["&".join(f"{name}={value}" for name in sorted(names)) for value in NASTY]
    for path, method in [*staff_routes(app, words, safe=False), *staff_routes(app, words, safe=True)]:
        client = admin()
        for value, body in zip(NASTY, bodies, strict=True):
            more = (
                {"query_string": body[:7000]}
                if method == "GET"
                else {"data": body, "content_type": URLENCODED}
            )
            status = client.open(path, method=method, **more).status_code
            failed += (
                [f"{method} {path} {value[:20]}: {status}"] if status >= 500 and path != "/readyz" else []
            )
    assert failed == []

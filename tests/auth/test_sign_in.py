"""Signing in and out: the cookie names a row, and nothing else opens the door."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.auth import sessions
from app.auth.access import own_path
from app.auth.models import Role, RoleName, StaffSession
from app.auth.security import lifetime
from app.core.audit import AuditEvent
from app.core.installation import COLUMNS, installation
from tests import make

HTTPS = pytest.mark.settings_with(BASE_URL="https://ask.example.com")


@pytest.fixture
def person(session):
    return make.staff(role="viewer", password=make.PASSWORD)


def enter(send, client, person, password=make.PASSWORD, **more):
    return send(client, "/sign-in", email=person.email, password=password, **more)


def is_in(client) -> bool:
    return client.get("/settings").status_code == 200


def actions(session) -> list[str]:
    return list(session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_the_right_password_opens_the_page_one_came_for(client, person, send):
    asked = client.get("/settings")
    assert asked.headers["Location"] == "/sign-in?next=/settings"
    answer = send(
        client,
        "/sign-in",
        via=asked.headers["Location"],
        email=person.email,
        password=make.PASSWORD,
        next="/settings",
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/settings")
    assert is_in(client)


def test_an_address_is_the_same_in_capitals_and_with_blanks_around(client, person, send):
    assert (
        send(client, "/sign-in", email=f" {person.email.upper()} ", password=make.PASSWORD).status_code == 303
    )


def test_wrong_password_and_unknown_address_look_the_same_and_are_noted(client, person, session, send):
    wrong = enter(send, client, person, "wrong wrong wrong")
    unknown = send(client, "/sign-in", email="nobody@company.example", password="wrong wrong wrong")
    assert wrong.status_code == unknown.status_code == 400
    page = [re.sub(r'value="[^"]*"', "", answer.text) for answer in (wrong, unknown)]
    assert page[0] == page[1]
    assert not is_in(client)
    assert actions(session) == ["sign_in.failed", "sign_in.failed"]


@pytest.mark.parametrize(
    "email",
    [
        "x\x00y@company.example",
        "\ud83d".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
        "a" * 5000,
        "",
    ],
)
def test_unreadable_addresses_are_a_failed_try_and_nothing_worse(client, person, send, email):
    assert send(client, "/sign-in", email=email, password="x").status_code == 400


def test_disabled_people_stay_outside(client, person, session, send):
    make.staff(password=make.PASSWORD)
    person.active = False
    assert enter(send, client, person).status_code == 400
    assert not is_in(client)


def test_each_sign_in_has_a_new_id_and_the_old_cookie_dies_with_sign_out(app, client, person, send, session):
    enter(send, client, person)
    copied = client.get_cookie("justask").value
    first = session.scalars(sa.select(StaffSession.id)).one()
    assert send(client, "/sign-out", via="/settings").status_code == 303
    assert not is_in(client)
    client.set_cookie("justask", copied)
    assert not is_in(client), "a copy of the cookie from before sign-out still opened the door"
    other = app.test_client()
    enter(send, other, person)
    assert session.scalars(sa.select(StaffSession.id).where(StaffSession.ended_at.is_(None))).one() != first
    assert actions(session) == ["sign_in", "sign_out", "sign_in"]


def test_a_cookie_prepared_by_somebody_else_does_not_survive_sign_in(client, person, send):
    with client.session_transaction() as cookie:
        cookie["planted"] = "x"
    enter(send, client, person)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie


@pytest.mark.parametrize(("ahead", "opens"), [({"hours": 11}, True), ({"hours": 13}, False)])
def test_a_session_that_is_not_used_ends_on_the_server(client, person, send, later, ahead, opens):
    enter(send, client, person, stay="y")
    later(**ahead)
    assert is_in(client) is opens


def test_a_session_ends_after_two_weeks_however_much_it_is_used(client, person, send, later):
    enter(send, client, person, stay="y")
    for _ in range(33):
        later(hours=10)
        assert is_in(client)
    later(hours=10)
    assert not is_in(client)


def test_the_cookie_is_kept_by_the_browser_only_when_asked(client, person, send):
    assert "Expires" not in enter(send, client, person).headers["Set-Cookie"]
    send(client, "/sign-out", via="/settings")
    assert "Expires" in enter(send, client, person, stay="y").headers["Set-Cookie"]


def test_on_plain_http_the_cookie_has_a_plain_name(client, person, send):
    cookie = enter(send, client, person).headers["Set-Cookie"]
    assert cookie.startswith("justask=")
    assert "Secure" not in cookie
    assert "HttpOnly" in cookie


@HTTPS
def test_on_https_the_cookie_is_bound_to_the_host(client, person, send):
    answer = client.get("/sign-in", base_url="https://ask.example.com")
    cookie = answer.headers.get("Set-Cookie") or ""
    assert cookie.startswith("__Host-justask=")
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts
    assert not any(part.startswith("Domain") for part in parts)
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.com/",
        "//evil.example.com",
        "///evil.example.com",
        "/\\evil.example.com",
        "\\\\evil.example.com",
        "/\t/evil.example.com",
        " //evil.example.com",
        "/x\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "http:evil.example.com",
        "evil.example.com",
        "",
        None,
    ],
)
def test_after_sign_in_nobody_is_sent_elsewhere(client, person, send, target):
    assert own_path(target) == "/"
    answer = send(client, "/sign-in", email=person.email, password=make.PASSWORD, next=target or "")
    assert answer.headers["Location"] == "/"


def test_a_path_of_this_site_is_kept_with_its_query():
    assert own_path("/accounts?owner=3&q=%2F%2Fevil") == "/accounts?owner=3&q=%2F%2Fevil"
    assert own_path("/%0d%0aSet-Cookie:x") == "/%0d%0aSet-Cookie:x"


def test_an_empty_installation_says_how_to_begin(client):
    page = client.get("/sign-in").text
    assert "justask staff add" in page
    assert "<form" not in page


def test_a_fragment_asked_for_by_script_leads_the_whole_page_to_sign_in(client, person):
    answer = client.get("/settings", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_respondent_pages_load_nobody(app, sign_in):
    client = sign_in("admin")
    statements = []
    engine = app.extensions["sqlalchemy"].engine
    sa.event.listen(
        engine, "before_cursor_execute", lambda c, cur, statement, *more: statements.append(statement)
    )
    client.get("/a/not-a-token")
    assert not [s for s in statements if "staff" in s]


def test_a_request_that_reads_knows_the_same_as_one_that_writes(session, now):
    person = make.staff(role="viewer", time_zone="Asia/Tokyo", theme="dark", single_keys=False)
    person.roles.append(session.scalars(sa.select(Role).where(Role.name == "manager")).one())
    facts = installation(session)
    facts.holidays, facts.own_domains = ["2026-03-05 Founding day"], ["vendor.example"]
    facts.week = {"days": [0, 1], "start": "08:00", "end": "12:00"}
    row = sessions.begin(session, person, now=now)
    session.commit()

    def read():
        return sessions.reading(session.connection(), row.id, lifetime(), now)

    signed, reader, told = read()
    assert (signed.id, signed.seen_at) == (row.id, row.seen_at)
    assert [getattr(reader, one.key) for one in sessions.PERSON] == [
        getattr(person, one.key) for one in sessions.PERSON
    ]
    assert (reader.role, reader.display_name) == (RoleName.MANAGER, person.display_name)
    for name in [*(column.name for column in COLUMNS), "zone", "is_live", "is_held", "days_off", "work_week"]:
        assert getattr(told, name) == getattr(facts, name), name
    assert read()[2] is told
    facts.holidays = []
    session.commit()
    assert read()[2].days_off == frozenset()
    sessions.end(row, now=now)
    session.commit()
    assert read() is None

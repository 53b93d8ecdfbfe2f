"""What a person may change about themselves: name, theme, password, sessions."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.auth.models import Staff, StaffSession, Theme
from app.core.audit import AuditEvent
from tests import make

NEW = "seven wet otters at dawn"


@pytest.fixture
def client(sign_in):
    return sign_in("viewer", password=make.PASSWORD, name="Ada King")


def open_count(session, person) -> int:
    of = sa.and_(StaffSession.staff_id == person.id, StaffSession.ended_at.is_(None))
    return session.scalar(sa.select(sa.func.count()).select_from(StaffSession).where(of))


def test_everybody_has_settings_of_their_own_and_only_admins_those_of_all(client, sign_in):
    own = client.get("/settings").text
    assert "Yours" in own
    assert "For everybody here" not in own
    assert "For everybody here" in sign_in("admin").get("/settings").text


def test_name_zone_and_theme_are_kept(client, session, send):
    fields = {"name": "Ada  Lovelace", "time_zone": "Europe/Berlin", "theme": "dark"}
    assert send(client, "/settings/you", **fields).status_code == 303
    person = session.get(Staff, client.person.id)
    assert (person.name, person.time_zone, person.theme) == (
        "Ada Lovelace",
        "Europe/Berlin",
        Theme.DARK,
    )
    assert 'data-bs-theme="dark"' in client.get("/settings").text


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 201}, {"time_zone": "Mars/Olympus"}, {"theme": "neon"}],
)
def test_what_cannot_be_kept_is_said_at_the_field(client, session, send, wrong):
    fields = {"name": "Ada", "time_zone": "", "theme": "system"} | wrong
    answer = send(client, "/settings/you", **fields)
    assert answer.status_code == 400
    assert f'id="{next(iter(wrong))}-error"' in answer.text
    assert session.get(Staff, client.person.id).name == "Ada King"


def test_the_theme_switch_returns_to_the_page_it_stood_on(client, session, send):
    answer = send(client, "/settings/theme", via="/settings", theme="dark", next="/settings/password?")
    assert answer.headers["Location"] == "/settings/password"
    assert session.get(Staff, client.person.id).theme is Theme.DARK
    assert send(client, "/settings/theme", via="/settings", theme="neon").status_code == 400


def test_a_new_password_needs_the_present_one_and_ends_other_sessions(app, client, session, send):
    other = make.signed_in_client(app, client.person)
    wrong = send(client, "/settings/password", present="not it at all", new=NEW, again=NEW)
    assert wrong.status_code == 400
    assert "present-error" in wrong.text
    assert other.get("/settings").status_code == 200
    assert send(client, "/settings/password", present=make.PASSWORD, new=NEW, again=NEW).status_code == 303
    assert client.get("/settings").status_code == 200
    assert other.get("/settings").status_code == 302
    fresh = app.test_client()
    assert send(fresh, "/sign-in", email=client.person.email, password=make.PASSWORD).status_code == 400
    assert send(fresh, "/sign-in", email=client.person.email, password=NEW).status_code == 303
    assert "password.changed" in session.scalars(sa.select(AuditEvent.action)).all()


@pytest.mark.parametrize(
    ("new", "again", "field"),
    [
        ("short", "short", "new"),
        ("password1234", "password1234", "new"),
        ("kingkingking1", "kingkingking1", "new"),
        (NEW, NEW + "x", "again"),
    ],
)
def test_a_weak_or_mistyped_password_is_refused_at_its_field(client, send, new, again, field):
    answer = send(client, "/settings/password", present=make.PASSWORD, new=new, again=again)
    assert answer.status_code == 400
    assert f"{field}-error" in answer.text


def test_accents_are_the_same_however_a_device_composes_them(app, client, send):
    composed, decomposed = "é" * 3 + " straße caffè", "e\u0301" * 3 + " straße caffe\u0300"
    assert (
        send(client, "/settings/password", present=make.PASSWORD, new=composed, again=composed).status_code
        == 303
    )
    assert (
        send(app.test_client(), "/sign-in", email=client.person.email, password=decomposed).status_code == 303
    )


def test_guessing_the_present_password_from_an_open_session_is_slowed(client, send):
    tries = [
        send(client, "/settings/password", present="x", new="x", again="x").status_code for _ in range(11)
    ]
    assert tries == [400] * 10 + [429]


def test_a_person_sees_and_ends_their_sessions_and_nobody_elses(app, client, session, send):
    other = make.signed_in_client(app, client.person)
    stranger = make.signed_in_client(app, make.staff())
    rows = {row.staff_id: row for row in session.scalars(sa.select(StaffSession))}
    handle = rows[stranger.person.id].handle
    assert send(client, f"/settings/sessions/{handle}/end", via="/settings/sessions").status_code == 404
    page = client.get("/settings/sessions").text
    assert page.count("this one") == 1
    assert "End all others" in page
    assert not any(row.id in page for row in rows.values()), "the page shows an id that opens a session"
    assert send(client, "/settings/sessions/end-others", via="/settings/sessions").status_code == 303
    assert open_count(session, client.person) == 1
    assert other.get("/settings").status_code == 302
    assert stranger.get("/settings").status_code == 200


def test_one_session_is_ended_by_its_handle(app, client, session, send):
    other = make.signed_in_client(app, client.person)
    with other.session_transaction() as cookie:
        handle = session.get(StaffSession, cookie["_user_id"]).handle
    assert send(client, f"/settings/sessions/{handle}/end", via="/settings/sessions").status_code == 303
    assert other.get("/settings").status_code == 302


def test_when_a_session_was_used_is_noted_about_once_a_minute(client, session, later):
    def seen_at():
        session.rollback()
        return session.scalar(sa.select(StaffSession.seen_at))

    first = seen_at()
    client.get("/settings")
    assert seen_at() == first
    later(minutes=2)
    client.get("/settings")
    assert seen_at() > first


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5.0", "curl/8.5.0"),
    ],
)
def test_a_device_is_named_in_short(app, agent, words):
    assert app.jinja_env.filters["device"](agent) == words


@pytest.mark.parametrize(
    ("path", "tab"),
    [
        ("/settings/you", "You"),
        ("/settings/sessions", "Sessions"),
        ("/settings/staff/new", "Staff"),
        ("/settings/audit", "Audit trail"),
    ],
)
def test_one_tab_of_settings_is_marked_also_on_the_pages_behind_it(sign_in, path, tab):
    tabs = sign_in("admin").get(path).text.partition('<nav class="tabs"')[2].partition("</nav>")[0]
    assert re.findall(r'aria-current="page">([^<]+)', tabs) == [tab]

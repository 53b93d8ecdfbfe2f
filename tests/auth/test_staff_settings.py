"""Administrators add people, change what they may do, and end their access at once."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from app.auth.models import ApiKey, Staff
from app.core import tokens
from app.core.audit import AuditEvent
from tests import make

SECRET = re.compile(r'id="secret">([^<]+)<')


@pytest.fixture
def admin(sign_in):
    return sign_in("admin", password=make.PASSWORD)


@pytest.fixture
def colleague(app, session):
    """Somebody who is signed in, as a client."""
    return make.signed_in_client(app, make.staff(role="csm", name="Ben Ode"))


def actions(session) -> list[str]:
    return list(session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)))


def test_a_new_colleague_gets_a_password_that_opens_only_the_page_to_change_it(app, admin, session, send):
    answer = send(
        admin, "/settings/staff", via="/settings/staff/new", email="Ines@Company.Example", name="", role="csm"
    )
    password = SECRET.search(answer.text)[1]
    person = session.scalars(sa.select(Staff).where(Staff.email == "ines@company.example")).one()
    assert person.role == "csm"
    assert "staff.add" in actions(session)
    fresh = app.test_client()
    assert send(fresh, "/sign-in", email=person.email, password=password).status_code == 303
    assert fresh.get("/settings").headers["Location"] == "/settings/password"
    assert send(fresh, "/settings/you", via="/settings/password", name="X").status_code == 403
    new = "seven wet otters at dawn"
    assert send(fresh, "/settings/password", present=password, new=new, again=new).status_code == 303
    assert fresh.get("/settings").status_code == 200


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": ""}, "email"),
        ({"role": "king"}, "role"),
        ({"email": "taken@company.example"}, "email"),
        ({"name": "x" * 300}, "name"),
    ],
)
def test_a_colleague_who_cannot_be_added_is_said_at_the_field(admin, session, send, fields, wrong):
    make.staff(email="taken@company.example")
    before = session.scalar(sa.select(sa.func.count()).select_from(Staff))
    given = {"email": "new@company.example", "name": "N", "role": "csm"} | fields
    answer = send(admin, "/settings/staff", via="/settings/staff/new", **given)
    assert answer.status_code == 400
    assert f'id="{wrong}-error"' in answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Staff)) == before


def test_another_role_holds_at_once(admin, colleague, session, send):
    path = f"/settings/staff/{colleague.person.id}"
    assert send(admin, path, name="Ben Ode", role="viewer").status_code == 303
    assert session.get(Staff, colleague.person.id).role == "viewer"
    assert colleague.get("/settings").status_code == 302
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "staff.role")).one()
    assert (event.actor_id, event.details["was"], event.details["role"]) == (admin.person.id, "csm", "viewer")
    assert event.address == "127.0.0.1"


def test_a_new_name_alone_ends_nothing(admin, colleague, session, send):
    assert (
        send(admin, f"/settings/staff/{colleague.person.id}", name="Benjamin", role="csm").status_code == 303
    )
    assert colleague.get("/settings").status_code == 200


def test_a_disabled_person_is_out_at_once_and_may_come_back(admin, colleague, session, send):
    path = f"/settings/staff/{colleague.person.id}"
    assert send(admin, f"{path}/disable", via=path).status_code == 303
    assert colleague.get("/settings").status_code == 302
    assert send(admin, f"{path}/enable", via=path).status_code == 303
    assert session.get(Staff, colleague.person.id).active
    assert colleague.get("/settings").status_code == 302, "the old session opened the door again"
    assert actions(session) == ["staff.disable", "staff.enable"]


def test_sessions_and_password_of_somebody_else_can_be_ended(admin, colleague, session, send):
    path = f"/settings/staff/{colleague.person.id}"
    assert "Open sessions" in admin.get(path).text
    assert send(admin, f"{path}/sessions/end", via=path).status_code == 303
    assert colleague.get("/settings").status_code == 302
    answer = send(admin, f"{path}/password", via=path)
    assert SECRET.search(answer.text)
    assert session.get(Staff, colleague.person.id).password_is_initial


def test_the_last_administrator_stays(admin, session, send):
    path = f"/settings/staff/{admin.person.id}"
    assert send(admin, f"{path}/disable", via=path).status_code == 409
    answer = send(admin, path, name="A", role="csm")
    assert answer.status_code == 400
    assert "last administrator" in answer.text
    assert session.get(Staff, admin.person.id).role == "admin"
    make.staff(role="admin")
    assert send(admin, path, name="A", role="csm").status_code == 303


def test_an_unknown_person_is_not_found(admin):
    assert admin.get("/settings/staff/999999").status_code == 404
    assert admin.get("/settings/staff/99999999999999999999").status_code == 404


def test_a_key_is_shown_once_and_revoked_at_once(admin, session, send):
    answer = send(admin, "/settings/keys", name="CRM", scope="write", days="90")
    secret = SECRET.search(answer.text)[1]
    row = session.scalars(sa.select(ApiKey)).one()
    assert row.digest == tokens.digest(secret)
    assert row.created_by == admin.person.display_name
    assert secret not in admin.get("/settings/keys").text
    assert send(admin, f"/settings/keys/{row.id}/revoke", via="/settings/keys").status_code == 303
    assert session.get(ApiKey, row.id).revoked_at
    assert actions(session) == ["key.add", "key.revoke"]


@pytest.mark.parametrize("fields", [{"name": ""}, {"scope": "god"}, {"days": "7"}])
def test_a_key_without_name_or_of_an_unknown_scope_is_not_made(admin, session, send, fields):
    given = {"name": "CRM", "scope": "read", "days": ""} | fields
    assert send(admin, "/settings/keys", **given).status_code == 400
    assert not session.scalars(sa.select(ApiKey)).all()


def test_text_in_names_stays_text(admin, session, send):
    person = make.staff(name='<script>alert(1)</script>"{{7*7}}')
    for page in ("/settings/staff", f"/settings/staff/{person.id}"):
        text = admin.get(page).text
        assert "<script>alert" not in text
        assert "{{7*7}}" in text

"""The list of people, one person's page, and what is entered there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.contacts.models import Contact, ContactRole, ContactStatus, NotAskable
from app.core import clock
from app.core.audit import AuditEvent
from app.delivery.models import Suppression
from app.health.models import ScoreDue
from app.surveys.models import ProgramKind
from tests import make
from tests.posting import post

DAY = timedelta(days=1)
PERSON = {
    "first_name": "Ada",
    "last_name": "King",
    "email": "ada@customer.example",
    "title": "CFO",
    "role": "decision_maker",
    "role_from": "2026-01-15",
    "language": "de",
    "time_zone": "europe/berlin",
}


def shown(page) -> list[str]:
    return re.findall(r'class="who__name" href="/contacts/\d+"[^>]*>([^<]+)<', page.text)


@pytest.fixture
def crowd(session):
    """People who may be asked, and one for some of the reasons why not."""
    account = make.account(name="Crowd Ltd")
    make.contact(account=account, first_name="Ann", last_name="Able", role=ContactRole.CHAMPION)
    make.contact(account=account, first_name="Bob", last_name="Baker", language=None)
    make.contact(account=account, first_name="Cyd", last_name="Cole", not_askable=NotAskable.ROLE_MAILBOX)
    left = make.contact(account=account, first_name="Dot", last_name="Dahl")
    left.leave(on=clock.now().date())
    shut = make.contact(account=account, first_name="Eve", last_name="Ek", email="eve@shut.example")
    session.add(Suppression(email_key=shut.email_key, reason="bounced", at=clock.now()))
    session.commit()
    return account


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Ann Able", "Bob Baker", "Cyd Cole", "Dot Dahl", "Eve Ek"]),
        ("asked=yes", ["Ann Able", "Bob Baker"]),
        ("asked=no", ["Cyd Cole", "Dot Dahl", "Eve Ek"]),
        ("asked=left", ["Dot Dahl"]),
        ("asked=role_mailbox", ["Cyd Cole"]),
        ("asked=suppressed_address", ["Eve Ek"]),
        ("language=none", ["Bob Baker"]),
        ("role=champion", ["Ann Able"]),
        ("q=bob+bak", ["Bob Baker"]),
        ("q=CROWD&asked=yes", ["Ann Able", "Bob Baker"]),
        ("q=%25", []),
    ],
)
def test_the_list_tells_who_may_be_asked_and_why_not(sign_in, crowd, query, expected):
    assert shown(sign_in("viewer").get(f"/contacts?{query}")) == expected


def test_the_list_says_what_is_missing(sign_in, crowd, session):
    viewer = sign_in("viewer")
    page = viewer.get("/contacts").text
    assert "A shared mailbox such as info@" in page
    assert "Clear the filters" in viewer.get("/contacts?q=nobody-like-that").text
    assert viewer.get("/contacts?account=99999999999&asked=x&role=x&language=%00&start=-1").status_code == 200
    other = make.contact()
    session.commit()
    assert shown(viewer.get(f"/contacts?account={other.account_id}")) == [other.name]


def test_an_empty_list_says_what_comes_next(sign_in):
    assert "Nobody is here yet" in sign_in("manager").get("/contacts").text


def test_the_page_tells_the_gates_in_order_and_the_day_the_person_is_free(sign_in, session):
    now = clock.now()
    program = make.program(name="Pulse")
    person = make.contact()
    ask = make.invitation(contact=person, wave=make.wave(program=program), sent_at=now - 10 * DAY)
    make.response(3, invitation=ask, submitted_at=now - 9 * DAY, comment="Slow <script>")
    session.commit()
    page = sign_in("viewer").get(f"/contacts/{person.id}").text
    assert "Why was this person not asked?" in page
    assert "Pulse" in page
    assert "Was asked recently" in page
    assert "Free on" in page
    assert f'id="answer-{ask.id}"' in page or 'id="answer-' in page
    assert "<script>" not in page.partition("<main")[2]


def test_one_press_asks_where_the_person_may_be_asked(sign_in, session):
    make.program(name="Just ask", kind=ProgramKind.MANUAL)
    person = make.contact()
    session.commit()
    assert f'action="/contacts/{person.id}/asks"' in sign_in("csm").get(f"/contacts/{person.id}").text
    assert f'action="/contacts/{person.id}/asks"' not in sign_in("viewer").get(f"/contacts/{person.id}").text


def test_a_manager_adds_a_person_once(sign_in, session):
    account = make.account()
    session.commit()
    manager, url = sign_in("manager"), f"/accounts/{account.id}/contacts"
    assert post(manager, url, f"{url}/new", **PERSON).status_code == 303
    kept = session.scalars(sa.select(Contact)).one()
    assert (kept.name, kept.role, kept.time_zone, kept.is_askable) == (
        "Ada King",
        ContactRole.DECISION_MAKER,
        "Europe/Berlin",
        True,
    )
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [account.id]
    again = post(manager, url, f"{url}/new", **PERSON)
    assert again.status_code == 400
    assert "Somebody at this account has this address already." in again.text
    assert sign_in("csm").get(f"{url}/new").status_code == 403


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"first_name": "", "last_name": "", "email": ""}, "Give a name or an address."),
        ({"email": "ada@@customer"}, "is not an e-mail address"),
        ({"last_name": "x" * 121}, "longer than 120 characters"),
        ({"role": "boss"}, "Not a valid choice"),
        ({"role_from": "soon"}, "Write a day as 2026-03-31."),
        ({"time_zone": "Mars/Base"}, "Not a time zone."),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(sign_in, session, wrong, words):
    account = make.account()
    session.commit()
    url = f"/accounts/{account.id}/contacts"
    refused = post(sign_in("manager"), url, f"{url}/new", **(PERSON | wrong))
    assert refused.status_code == 400
    assert words in refused.text
    assert session.scalars(sa.select(Contact)).all() == []


@pytest.mark.parametrize("said_no", [ContactStatus.UNSUBSCRIBED, ContactStatus.LEFT])
def test_an_edit_never_opens_what_was_closed(sign_in, session, said_no):
    person = make.contact()
    person.unsubscribe(now=clock.now()) if said_no == "unsubscribed" else person.leave(on=clock.now().date())
    session.commit()
    csm, url = sign_in("csm"), f"/contacts/{person.id}"
    fields = PERSON | {"role_from": clock.now().date().isoformat()}
    assert post(csm, url, f"{url}/edit", **fields).status_code == 303
    session.expire_all()
    assert (person.status, person.name, person.role) == (said_no, "Ada King", "decision_maker")
    assert not person.is_askable
    event = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "contact.change")).one()
    assert "ada@customer.example" not in str(event.details)


def test_leaving_and_coming_back(sign_in, session):
    person = make.contact()
    session.commit()
    csm, url = sign_in("csm"), f"/contacts/{person.id}"
    tomorrow = (clock.now() + 2 * DAY).date().isoformat()
    assert post(csm, f"{url}/departure", url, left_on=tomorrow).status_code == 400
    assert post(csm, f"{url}/departure", url, left_on="2026-02-01").status_code == 303
    session.expire_all()
    assert person.status is ContactStatus.LEFT
    assert post(csm, f"{url}/return", url).status_code == 303
    assert post(csm, f"{url}/return", url).status_code == 409
    session.expire_all()
    assert person.is_askable


def test_a_manager_overrules_a_rule_about_addresses(sign_in, session):
    person = make.contact(not_askable=NotAskable.ROLE_MAILBOX)
    session.commit()
    url = f"/contacts/{person.id}"
    assert "May be asked all the same" not in sign_in("csm").get(url).text
    assert post(sign_in("manager"), f"{url}/askable", url).status_code == 303
    session.expire_all()
    assert person.is_askable


def test_somebody_erased_is_a_name_no_more_and_takes_no_entry(sign_in, session):
    person = make.contact(first_name="", last_name="", email=None, status=ContactStatus.ERASED)
    session.commit()
    csm, url = sign_in("csm"), f"/contacts/{person.id}"
    page = csm.get(url).text
    assert "An erased person" in page
    assert f"{url}/edit" not in page
    assert post(csm, url, "/contacts", **PERSON).status_code == 409
    assert post(csm, f"{url}/departure", "/contacts", left_on="2026-02-01").status_code == 409

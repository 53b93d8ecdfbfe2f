"""Finding accounts, people, addresses, follow-ups and pages, each only for whom they are."""

from __future__ import annotations

import re

import pytest

from app.contacts.models import ContactStatus
from app.core import clock
from app.followups.models import Outcome, TaskState
from app.reports.search import pages, rows
from tests import make


def names(found) -> tuple[list[str], list[str], list[int]]:
    return (
        [account.name for account in found.accounts],
        [person.name for person in found.people],
        [task.id for task in found.tasks],
    )


def test_names_addresses_and_numbers_are_found_in_any_order_and_the_nearest_first(session):
    berg = make.account(name="Bergwerk Nord")
    other = make.account(name="Alp Bergbahn")
    ana = make.contact(account=berg, first_name="Ana", last_name="Sjöberg", email="a.sj@bergwerk.example")
    gone = make.contact(account=other, first_name="Berger", status=ContactStatus.ERASED)
    anas, of_other = make.task(contact=ana, priority=1), make.task(account=other, priority=90)
    closed = make.task(contact=ana, state=TaskState.CLOSED, closed_at=clock.now(), outcome=Outcome.LOST)
    session.commit()
    assert names(rows.find(session, "berg"))[0] == ["Bergwerk Nord", "Alp Bergbahn"]
    assert names(rows.find(session, "sjoberg ANA")) == ([], ["Ana Sjöberg"], [anas.id])
    assert names(rows.find(session, "@bergwerk"))[1] == ["Ana Sjöberg"]
    assert gone.name not in names(rows.find(session, "berger"))[1]
    assert of_other.id in names(rows.find(session, "bergbahn"))[2]
    assert names(rows.find(session, f"#{closed.id}"))[2][0] == closed.id
    assert names(rows.find(session, "b%g")) == names(rows.find(session, "a")) == ([], [], [])
    assert names(rows.find(session, "9" * 30)) == ([], [], [])


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_page_finds_what_the_role_may_open_and_every_page_has_its_address(app, sign_in, session):
    make.contact(account=make.account(name="<b>Berg</b>"), first_name="Kim", last_name="Berg")
    session.commit()
    viewer, admin = sign_in("viewer"), sign_in("admin")
    page = viewer.get("/find?q=berg").text
    assert "&lt;b&gt;Berg" in page
    assert "<b>Berg" not in page
    assert "Nothing carries these words" in viewer.get("/find?q=nobody-is-called-so").text
    part = viewer.get("/find?q=berg&part=1").text
    assert "<html" not in part
    assert 'data-found="3"' not in part
    assert re.search(r'data-found="2"', part)
    assert "API keys" in admin.get("/find?q=api").text
    assert "API keys" not in viewer.get("/find?q=api").text
    assert "Import" not in viewer.get("/find?q=import&part=1").text
    everywhere = {page.endpoint for page in pages.every_page()}
    assert everywhere <= set(app.view_functions)
    links = re.findall(r'class="found__one" href="([^"]+)"', admin.get("/find").text)
    assert len(links) == len(everywhere)
    assert viewer.get("/find?q=%00&part=1").status_code == 200


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_finding_is_offered_on_every_staff_page(sign_in):
    page = sign_in("viewer").get("/settings/you").text
    assert re.search(r'href="/find" data-find data-key="Ctrl k"', page)

"""Whom we know, ask and hear: each person once, each number with its rows, and the same to page, file and API."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from app.contacts.models import ContactRole, ContactStatus, Stage
from app.core.clock import Today
from app.core.installation import installation
from app.delivery.models import InvitationState
from app.extensions import db
from app.reports.coverage import counts
from app.reports.coverage.counts import Accounts, Cover, Gap, Kind, People
from app.reports.periods import Period
from tests import make
from tests.conftest import NOW

LAST = NOW.date()
DAYS = Period(LAST - timedelta(days=30), LAST + timedelta(days=1))
ADDRESS = {"from": DAYS.start.isoformat(), "to": DAYS.last.isoformat()}
BUYER, USER = ContactRole.DECISION_MAKER, ContactRole.USER


@pytest.fixture
def today(session):
    return Today.at(NOW, installation(session).zone)


def ask(person, state=InvitationState.ANSWERED, days_ago=5, **more):
    moments = {"answered_at": NOW} if state is InvitationState.ANSWERED else {}
    moments |= {"silent_at": NOW, "closed_at": NOW} if state is InvitationState.SILENT else {}
    return make.invitation(
        contact=person, state=state, sent_at=NOW - timedelta(days=days_ago), **moments, **more
    )


@pytest.fixture
def company(app):
    """Acme (tier 1): a buyer who answered once and was silent once, one user silent, one who may still answer. Beta (no
    tier): a user asked long ago, one who left, one who unsubscribed. Gone: lost, and counted nowhere."""
    acme, beta, gone = make.account(name="Acme", tier=1), make.account(name="Beta", tier=None), make.account()
    gone.stage = Stage.LOST
    kim, lou, nia = (make.contact(account=acme, role=role) for role in (BUYER, USER, USER))
    ask(kim)
    ask(kim, InvitationState.SILENT, 20)
    ask(lou, InvitationState.SILENT)
    ask(nia, InvitationState.SENT)
    old = make.contact(account=beta, role=USER)
    ask(old, days_ago=31)
    ask(old, InvitationState.SILENT, is_auto_reply=True)
    ask(old, is_rehearsal=True, wave=make.wave(is_rehearsal=True))
    left = make.contact(account=beta, role=BUYER)
    left.leave(on=LAST)
    make.contact(account=beta, role=USER, status=ContactStatus.UNSUBSCRIBED, unsubscribed_at=NOW)
    ask(make.contact(account=gone, role=BUYER))
    db.session.commit()
    return acme, beta


def test_each_person_counts_once_and_as_far_as_we_got(company, session, today):
    found = counts.people(session, Cover(DAYS), today)
    assert found == [
        People(BUYER, 1, 1, 1, 1, 1, 0, 0),
        People(USER, 1, 2, 2, 2, 0, 1, 1),
        People(USER, 2, 2, 1, 0, 0, 0, 0),
    ]
    whole = counts.total(found, People)
    assert (whole.people_known, whole.closed, whole.rate) == (5, 2, 0.5)
    assert counts.accounts(session, Cover(DAYS), today) == [
        Accounts(1, 1, 1, 0, 0, 0),
        Accounts(2, 1, 0, 1, 1, 1),
    ]
    assert counts.people(session, Cover(DAYS, owner_id=0), today) == []


def test_every_number_opens_as_many_rows(company, session, today):
    for cell in counts.people(session, Cover(DAYS), today):
        for kind in Kind:
            rows = counts.rows(session, Cover(DAYS, role=cell.role, tier=cell.tier), kind, today)
            assert len(rows) == cell.number(kind), (cell, kind)
    for cell in counts.accounts(session, Cover(DAYS), today):
        for gap in Gap:
            rows = counts.account_rows(session, Cover(DAYS, tier=cell.tier), gap, today)
            assert len(rows) == cell.number(gap), (cell, gap)
    (home,) = counts.account_rows(session, Cover(DAYS), Gap.HEARD, today)
    assert (home.account, home.people) == (company[0], People(None, 1, 3, 3, 3, 1, 1, 1))


def test_each_number_of_the_page_leads_to_its_rows(company, sign_in):
    client = sign_in("viewer")
    page = client.get("/reports/coverage", query_string=ADDRESS).text
    row = re.search(r"Everybody</td>.*?</tr>", page, re.S)[0]
    assert re.findall(r">(\d+)<", row) == ["5", "4", "3", "1", "1", "1"]
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/reports/coverage/[^"]+)"', page)]
    assert len(links) > 12
    assert {client.get(link).status_code for link in links} == {200}
    silent = next(link for link in links if "role=user&tier=1&what=people_unheard" in link)
    assert "<b>1 person</b>" in client.get(silent).text
    listed = client.get("/reports/coverage/accounts.csv?what=accounts_without_decision_maker").text
    assert [row["account"] for row in csv.DictReader(io.StringIO(listed))] == ["Beta"]


def test_without_anybody_the_page_says_so(app, sign_in):
    client = sign_in("viewer")
    assert "Nobody is known yet" in client.get("/reports/coverage").text
    assert "Nothing matches" in client.get("/reports/coverage/people?what=nonsense&role=x&tier=9").text
    assert client.get("/reports/coverage?from=2026-03-05&to=2026-03-01").status_code == 400

"""All accounts in one picture."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.contacts.models import ContactRole
from app.core.clock import Today
from app.delivery.models import InvitationState
from app.extensions import db
from app.reports.accounts.listing import AccountFilter
from app.reports.landscape import places
from tests import make
from tests.conftest import NOW

UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture
def three_accounts(app):
    """One that answers, one that was asked and stays silent, one never asked."""
    happy, silent, new = (
        make.account(name=name, arr=arr, started_on=(NOW - timedelta(days=300)).date())
        for name, arr in (("Happy", 9000), ("Silent", 50_000), ("<New>", None))
    )
    make.answer(
        10, invitation=make.invitation(contact=make.contact(account=happy, role=ContactRole.CHAMPION))
    )
    person = make.contact(account=silent, role=ContactRole.CHAMPION)
    silence = {"state": InvitationState.SILENT, "silent_at": NOW - timedelta(days=3)}
    make.invitation(
        contact=person, sent_at=NOW - timedelta(days=30), closed_at=NOW - timedelta(days=3), **silence
    )
    make.contact(account=new)
    db.session.commit()
    return happy, silent, new


def today() -> Today:
    return Today.at(NOW, UTC_ZONE)


def test_the_silent_are_not_taken_for_unhappy_nor_the_unasked_for_silent(three_accounts):
    found = places.landscape(db.session, AccountFilter(), today())
    by_name = {place.account.name: place for place in (*found.asked, *found.never_asked)}
    assert [place.account.name for place in found.asked] == ["Silent", "Happy"]
    assert [place.account.name for place in found.never_asked] == ["<New>"]
    assert (by_name["Silent"].engagement, by_name["Silent"].sentiment) == (0, None)
    assert by_name["Happy"].engagement == by_name["Happy"].sentiment == 100
    narrowed = places.landscape(db.session, AccountFilter(words="Happy"), today())
    assert (narrowed.total, narrowed.shown) == (1, 1)


def test_the_page_draws_them_and_says_what_it_leaves_out(three_accounts, sign_in, monkeypatch):
    client = sign_in("viewer")
    page = client.get("/reports/accounts").text
    assert "Accounts by engagement and sentiment" in page
    assert "Silent: Engagement 0, Sentiment –, ARR 50,000, silent" in page
    assert "Never asked" in page
    assert "&lt;New&gt;" in page
    monkeypatch.setattr(places, "MOST_SHOWN", 2)
    assert "These are the 2 accounts of most ARR, of 3" in client.get("/reports/accounts").text
    assert "Clear the filters" in client.get("/reports/accounts?q=nobody-is-called-so").text

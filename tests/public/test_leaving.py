"""Unsubscribing and declining: nothing by opening, everything by pressing, one click as RFC 8058 wants it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.contacts.models import Contact, ContactStatus
from app.core import clock
from app.core.database import transactions
from app.delivery.models import Invitation, InvitationChange, InvitationState
from app.extensions import db
from app.responses.models import Handover

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def status(at) -> ContactStatus:
    transactions.read(db.session)
    return db.session.get(Contact, at.contact_id).status


def state(at) -> InvitationState:
    transactions.read(db.session)
    return db.session.get(Invitation, at.id).state


def test_opening_the_link_unsubscribes_nobody(client, ask):
    at = ask()
    for method in (client.get, client.head, client.options):
        assert method(at.off, headers={"Sec-Purpose": "prefetch"}).status_code == 200
    assert status(at) is ContactStatus.ACTIVE
    assert f'<form method="post" action="{at.off}"' in client.get(at.off).text


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_needs_no_cookie_and_no_token_and_works_twice(client, ask, content_type):
    at = ask()
    for _time in range(2):
        done = client.post(at.off, data=ONE_CLICK, content_type=content_type)
        assert done.status_code == 200
        assert "Set-Cookie" not in done.headers
        assert status(at) is ContactStatus.UNSUBSCRIBED
    assert state(at) is InvitationState.CANCELLED


def test_the_button_of_the_page_unsubscribes(client, ask):
    at = ask()
    assert "You will not be asked again" in client.post(at.off, data={"confirm": "yes"}).text
    assert status(at) is ContactStatus.UNSUBSCRIBED
    assert "You will not be asked again" in client.get(at.off).text


def test_an_empty_post_of_a_gateway_unsubscribes_nobody(client, ask):
    at = ask()
    for body in ({}, {"confirm": "no"}, {"score": "9"}, {"List-Unsubscribe": "x"}):
        assert client.post(at.off, data=body).status_code == 400
    assert status(at) is ContactStatus.ACTIVE


def test_the_link_still_takes_an_answer_after_unsubscribing(client, ask):
    at = ask()
    client.post(at.off, data=ONE_CLICK)
    assert client.post(at.link, data={"score": "9"}).status_code == 303
    assert state(at) is InvitationState.ANSWERED


def test_declining_ends_the_ask_and_says_why(client, ask):
    told = (("not_now", "not this time"), ("not_me", "not the right person"), ("left", "I have left"))
    for why, words in told:
        at = ask()
        assert client.post(f"{at.link}/decline", data={"why": why}).status_code == 200
        assert state(at) is InvitationState.DECLINED
        assert db.session.get(Invitation, at.id).declined_as == why
        assert status(at) is ContactStatus.ACTIVE
        assert words in db.session.query(InvitationChange).filter_by(invitation_id=at.id).one().reason


def test_declining_is_offered_where_the_mail_leads(client, ask):
    at = ask()
    assert f'href="{at.off}?once=1"' in client.get(at.link).text
    page = client.get(f"{at.off}?once=1").text
    assert "Skip it this time?" in page
    assert f'action="{at.link}/decline"' in page
    assert f'href="{at.off}?other=1"' in client.get(at.link).text
    assert "Should somebody else answer?" in client.get(f"{at.off}?other=1").text
    assert db.session.query(Handover).count() == 0


def held(at) -> list[tuple]:
    transactions.read(db.session)
    rows = db.session.query(Handover).filter_by(invitation_id=at.id)
    return [(one.said, one.name, one.email) for one in rows]


def test_who_should_answer_instead_is_held_for_a_colleague_and_the_last_word_counts(client, ask):
    at = ask()
    decline = f"{at.link}/decline"
    client.post(decline, data={"why": "not_now"})
    client.post(decline, data={"why": "not_me"})
    assert held(at) == []
    given = {"why": "left", "name": "  Ana  Solano", "email": "Ana@Customer.example"}
    wrong = client.post(decline, data=given | {"email": "ana at customer"})
    assert wrong.status_code == 400
    assert 'value="ana at customer"' in wrong.text
    assert held(at) == []
    page = client.post(decline, data=given)
    assert "Somebody at Northwind reads this" in page.text
    assert held(at) == [("left", "Ana Solano", "Ana@customer.example")]
    client.post(decline, data={"why": "not_me", "name": "Bo"})
    assert held(at) == [("not_me", "Bo", None)]
    assert status(at) is ContactStatus.ACTIVE
    assert db.session.get(Invitation, at.id).declined_as == "not_me"


def test_an_answer_is_not_declined_afterwards_and_a_decline_may_become_an_answer(client, ask):
    answered, declined = ask(), ask()
    client.post(answered.link, data={"score": "9"})
    assert "stays as it is" in client.post(f"{answered.link}/decline").text
    assert state(answered) is InvitationState.ANSWERED
    client.post(f"{declined.link}/decline")
    client.post(declined.link, data={"score": "9"})
    assert state(declined) is InvitationState.ANSWERED


def test_a_silence_is_not_declined_afterwards(client, ask):
    now = clock.now()
    at = ask(sent_at=now - timedelta(days=25), state=InvitationState.SILENT, silent_at=now)
    assert client.post(f"{at.link}/decline").status_code == 200
    assert state(at) is InvitationState.SILENT


def test_skipping_is_offered_only_while_it_spares_anything_and_who_has_left_is_left_in_peace(client, ask):
    answered, left = ask(), ask()
    assert "?once=1" in client.get(left.off).text
    client.post(answered.link, data={"score": "9"})
    assert f'href="{left.link}"' not in client.post(f"{left.link}/decline", data={"why": "left"}).text
    for at in (answered, left):
        assert "?once=1" not in client.get(at.off).text
        assert "Skip it this time?" not in client.get(f"{at.off}?once=1").text
        assert "Should somebody else answer?" in client.get(f"{at.off}?other=1").text
    skipped = ask()
    later = client.post(f"{skipped.link}/decline", data={"why": "not_now"}).text
    assert "To the question" in later
    again = client.get(f"{skipped.off}?once=1").text
    assert "Not this time, then" in again
    assert f'href="{skipped.link}"' in again

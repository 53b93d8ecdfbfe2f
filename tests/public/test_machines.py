"""Answers that a machine may have sent: by which signs they are told, and what the installation makes of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import clock
from app.core.database import transactions
from app.core.installation import installation
from app.extensions import db
from app.public.forms import made_at, new_attempt
from app.public.machines import Signs, doubts
from app.responses.models import Response
from tests.conftest import NOW
from tests.posting import post

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile"
)
EARLIER = NOW - timedelta(minutes=2)
SCANNED = {"answer", "score-0", "score-1", "score-2"}


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ()),
        ({"agent": "BarracudaCentral/1.0 (link protection)"}, ("gateway", "program")),
        ({"agent": ""}, ()),
        ({"seen": {"trap", "answer"}}, ()),
        ({"seen": SCANNED}, ()),
        ({"seen": SCANNED | {"trap"}}, ("trap", "scores")),
        ({"made_at": NOW - timedelta(milliseconds=900)}, ()),
        ({"made_at": NOW - timedelta(milliseconds=900), "seen": {"trap"}}, ("trap", "haste")),
        ({"made_at": NOW + timedelta(milliseconds=900), "seen": {"trap"}}, ()),
        ({"has_attempt": False, "agent": "curl/8"}, ()),
        ({"has_attempt": False, "seen": {"trap"}}, ("trap", "form")),
        ({"environ": {"HTTP_SEC_PURPOSE": "prefetch"}, "agent": "curl/8"}, ("program", "ahead")),
    ],
)
def test_one_sign_says_nothing_unless_it_is_the_gateways_own_name(given, found):
    usual = {"agent": PHONE, "environ": {}, "has_attempt": True, "made_at": EARLIER, "seen": {"score-9"}}
    assert doubts(Signs(**usual | given), NOW) == found


def test_an_attempt_tells_when_its_page_was_made():
    assert abs(made_at(new_attempt(NOW)) - NOW) < timedelta(milliseconds=2)
    assert new_attempt(NOW) != new_attempt(NOW)
    for odd in (None, "", "once", "first tab", "x." + "f" * 40, "-1", "a.-5"):
        made_at(odd)


def scanned(client, at) -> Response:
    """A gateway opens all links of the mail and sends the form at once."""
    for path in (at.link, f"{at.link}/more", *(f"{at.link}?score={score}" for score in range(11))):
        client.get(path)
    sent = client.post(at.link, data={"score": "10", "attempt": new_attempt(clock.now())})
    assert sent.status_code == 303
    transactions.read(db.session)
    return db.session.query(Response).filter_by(invitation_id=at.id).one()


def test_a_form_sent_by_a_scanner_is_held_with_its_reasons_until_somebody_looks(client, ask, sign_in):
    csm = sign_in("csm")
    held = scanned(client, ask())
    assert {"trap", "scores", "haste"} <= set(held.doubts)
    assert not held.counts
    page = csm.get("/reports/reviews").text
    assert "the link that no reader sees was opened just before" in page


def test_where_the_installation_wants_it_doubtful_answers_count_and_are_reviewed_all_the_same(
    client, ask, session, sign_in
):
    csm = sign_in("csm")
    transactions.write(session)
    installation(session).holds_doubtful = False
    session.commit()
    found = scanned(client, ask())
    assert found.doubts
    assert found.counts
    assert "It counts already." in csm.get("/reports/reviews").text
    session.rollback()
    done = post(csm, f"/reports/responses/{found.id}/review", "/reports/reviews", verdict="machine")
    assert done.status_code == 303
    transactions.read(session)
    assert not session.get(Response, found.id, populate_existing=True).counts

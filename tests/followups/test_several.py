"""One mail to several people: everybody's own text is seen first, nobody reads a placeholder, all can be taken back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactStatus
from app.core.errors import Invalid, Refused
from app.core.outbox_rows import OutboxRow
from app.followups.conversation import several
from app.followups.conversation.models import CaseMail
from tests import make
from tests.conftest import NOW
from tests.posting import post

WORDS = "Hello {first_name}, what is missing at {account}?"


@pytest.fixture
def chosen(session):
    kim = make.contact(first_name="Kim", email="kim@one.example", account=make.account(name="One"))
    blank = make.contact(first_name="", email="x@two.example", account=make.account(name="Two"))
    gone = make.contact(first_name="Lee", status=ContactStatus.BOUNCED)
    return [make.task(contact=person) for person in (kim, blank, gone, kim)]


def test_everybody_gets_their_own_words_once_and_none_with_a_placeholder_in_it(session, settings, chosen):
    by = make.staff(name="Ana")
    own = {chosen[1].id: "Hello there, {nobody}?"}
    found = several.texts(session, chosen, "About {account}", WORDS, by=by, own=own)
    assert [text.words for text in found] == [
        "Hello Kim, what is missing at One?",
        "Hello there, {nobody}?",
        "",
    ]
    assert [text.left for text in found] == [None, "{nobody}", None]
    assert found[2].obstacle is not None
    with pytest.raises(Invalid, match="nobody"):
        several.send(session, settings, found, by=by, now=NOW)
    assert session.query(CaseMail).count() == 0
    found = several.texts(session, chosen, "About {account}", WORDS, by=by, own={})
    sent = several.send(session, settings, found, by=by, now=NOW)
    assert [(mail.recipient, mail.subject, mail.words) for mail in sent] == [
        ("kim@one.example", "About One", "Hello Kim, what is missing at One?"),
        ("x@two.example", "About Two", "Hello, what is missing at Two?"),
    ]
    with pytest.raises(Refused):
        several.send(session, settings, found[2:], by=by, now=NOW)
    assert several.take_back(session, make.staff(), now=NOW) == 0
    assert several.take_back(session, by, now=NOW) == 2
    assert session.query(OutboxRow).count() == 0


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_csm_sees_every_text_changes_one_sends_and_takes_all_back(session, sign_in, chosen):
    csm, page = sign_in("csm", name="Ana"), "/queue/mails"
    ids = [task.id for task in chosen]
    form = {"task": ids, "mail_subject": "Yours", "mail_words": WORDS}
    assert f'formaction="{page}?' in csm.get("/queue?owner=all").text
    assert post(csm, page, "/queue").status_code == 303
    begun = post(csm, page, "/queue", task=ids).text
    assert "Hello Kim," in begun
    assert "it does not exist" in begun
    shown = post(csm, page, "/queue", **form, act="show").text
    assert "what is missing at Two?" in shown
    own = {f"own-{ids[0]}": "Hello {x}", f"was-{ids[0]}": "Hello Kim"}
    refused = post(csm, page, "/queue", **form, **own, act="send")
    assert (refused.status_code, "Fill in {x}" in refused.text) == (400, True)
    own[f"own-{ids[0]}"] = "Dear Kim,\r\nyes."
    sent = post(csm, page, "/queue", **form, **own, act="send")
    assert sent.status_code == 303
    assert "2 mails of yours have not left yet." in csm.get(sent.headers["Location"]).text
    words = session.scalars(sa.select(CaseMail.words).order_by(CaseMail.id)).all()
    assert words == ["Dear Kim,\nyes.", "Hello, what is missing at Two?"]
    assert post(csm, f"{page}/undo", "/queue").status_code == 303
    assert "Everything has left" in csm.get(f"{page}/waiting").text
    assert session.query(OutboxRow).count() == 0

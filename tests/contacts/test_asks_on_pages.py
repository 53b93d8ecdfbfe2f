"""An ask without an answer is called the same on every page."""

from __future__ import annotations

from app.delivery.models import InvitationState
from app.delivery.words import STATES
from tests import make
from tests.conftest import NOW


def test_an_open_and_a_declined_ask_are_named_on_the_pages_of_person_account_and_task(sign_in, session):
    client, person = sign_in("csm"), make.contact()
    make.invitation(contact=person)
    make.invitation(contact=person, state=InvitationState.DECLINED, declined_at=NOW, closed_at=NOW)
    task = make.task(contact=person)
    session.commit()
    for url in (f"/contacts/{person.id}", f"/accounts/{person.account_id}", f"/tasks/{task.id}"):
        page = client.get(url).text
        for state in (InvitationState.SENT, InvitationState.DECLINED):
            assert str(STATES[state]) in page, (url, state)

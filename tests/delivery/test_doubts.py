"""Deciding about mails in doubt on their page, with a real mail server: one more mail, or none."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.audit import AuditEvent
from app.delivery.models import Invitation, InvitationState
from tests.delivery.sink import DROP, KEEP_THEN_DROP

FROM_THE_PAGE = {"back": "doubts"}


@pytest.mark.parametrize(("verb", "copies"), [(DROP, 0), (KEEP_THEN_DROP, 1)])
def test_a_press_on_the_page_sends_exactly_one_more_or_none(
    app, office, sink, session, sign_in, verb, copies
):
    app.config["WTF_CSRF_ENABLED"] = False
    manager, office.now = sign_in("manager"), clock.now()
    wave = office.wave(3, ignores_window=True)
    office.queue()
    again, counted, fine = (ask.id for ask in session.scalars(sa.select(Invitation).order_by(Invitation.id)))
    addresses = {number: session.get(Invitation, number).contact.email for number in (again, counted, fine)}
    for number in (again, counted):
        sink.on("body", verb, to=addresses[number], times=1)
    office.send()
    assert manager.get(f"/waves/in-doubt?wave={wave.id}").text.count('/resend"') == 2
    presses = (f"/invitations/{again}/resend", f"/invitations/{counted}/count-as-sent")
    for expected in (303, 409):
        assert [manager.post(press, data=FROM_THE_PAGE).status_code for press in presses] == [expected] * 2
    for _turn in range(2):
        office.later(minutes=1)
        office.send()
    sent = {number: sink.counts[address] for number, address in addresses.items()}
    assert sent == {again: copies + 1, counted: copies, fine: 1}
    ids = [mail.message["Message-ID"] for mail in sink.taken if mail.to == addresses[again]]
    assert len(set(ids)) == 1
    session.expire_all()
    assert {session.get(Invitation, number).state for number in addresses} == {InvitationState.SENT}
    actions = session.scalars(
        sa.select(AuditEvent.action).where(AuditEvent.action.like("invitation.%"))
    ).all()
    assert sorted(actions) == ["invitation.counted_as_sent", "invitation.sent_again"]
    for press in presses:
        assert manager.post(press, data=FROM_THE_PAGE).status_code == 409
    assert "Nothing is in doubt" in manager.get("/waves/in-doubt").text

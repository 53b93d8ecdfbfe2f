"""The course of an ask: from being left out to a late answer every step is dated, and shown to staff."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app.core.audit import Actor
from app.core.installation import installation
from app.delivery import invitations, waves
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.invitations import Move
from app.delivery.models import Invitation, InvitationState, Reminder
from app.delivery.watching.course import courses
from tests import make
from tests.conftest import NOW

S = InvitationState
DAY = timedelta(days=1)


def test_an_ask_tells_every_reason_and_state_with_its_day(session):
    installation(session).live_at = NOW - 300 * DAY
    person, program = make.contact(), make.program()
    former = make.invitation(contact=person, wave=make.wave(program=program), sent_at=NOW - 177 * DAY)
    former.state, former.silent_at = S.SILENT, NOW - 150 * DAY
    wave = waves.launch(
        session, program, actor=Actor("staff", None, "Ana"), now=NOW, launch_key="a", undo_minutes=0
    )
    ask = session.scalars(sa.select(Invitation).where(Invitation.wave_id == wave.id)).one()
    assert ask.suppressed_reason == "quarantine_same_survey"
    wave.state = waves.WaveState.SENDING
    person.rest_days = 187
    session.flush()
    list(waves.ask_deferred(session, now=NOW + 4 * DAY))
    session.refresh(ask)
    assert ask.suppressed_reason == "less_often"
    person.rest_days = None
    session.flush()
    list(waves.ask_deferred(session, now=NOW + 10 * DAY))
    for number, state in enumerate((S.QUEUED, S.SENDING, S.SENT, S.SILENT), 11):
        values = {"closes_at": NOW + 13 * DAY} if state is S.SENT else {}
        invitations.move(session, [Move(ask.id, state, values=values)], now=NOW + number * DAY)
    session.refresh(ask)
    session.add(Reminder(invitation_id=ask.id, number=1, queued_at=NOW, sent_at=NOW + 13.5 * DAY))
    make.inbound_mail(ask, kind=Kind.AUTO_REPLY, arrived_at=NOW + 13.6 * DAY)
    ask.is_late = True
    invitations.change(session, ask, S.ANSWERED, now=NOW + 15 * DAY)
    session.flush()
    found = courses(session, [ask, former])
    assert [(step.what, step.reason) for step in found[ask.id]] == [
        ("suppressed", "quarantine_same_survey"),
        ("suppressed", "less_often"),
        ("planned", "deferred"),
        ("queued", ""),
        ("sending", ""),
        ("sent", ""),
        ("reminded", ""),
        ("auto_reply", ""),
        ("silent", ""),
        ("answered_late", ""),
    ]
    assert [step.at for step in found[ask.id]][1:3] == [NOW + 4 * DAY, NOW + 10 * DAY]
    assert [step.what for step in found[former.id]] == ["sent", "silent"]


def test_staff_read_it_on_the_page_of_the_person(session, sign_in):
    person = make.contact()
    sent = make.invitation(contact=person, state=S.SENDING, sent_at=None)
    moved = Move(sent.id, S.BOUNCED, "550 5.1.1 no <such> user")
    invitations.move(session, [moved], now=NOW)
    out = make.invitation(contact=person, state=S.SUPPRESSED, suppressed_reason="quarantine", sent_at=None)
    session.commit()
    page = sign_in("viewer").get(f"/contacts/{person.id}").text
    assert "Handed over to the mail server" in page
    assert "550 5.1.1 no &lt;such&gt; user" in page
    others = page.partition('id="other-asks"')[2]
    assert "Was asked recently" in others
    assert f'href="/waves/{out.wave_id}"' in others

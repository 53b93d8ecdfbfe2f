"""Owners hear two working days before which of their people are asked: once, and of nothing that is no ask yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from app.auth.absences.models import Absence
from app.core.installation import installation
from app.core.outbox_rows import Letter, OutboxRow, OutboxState
from app.delivery.mail.mailbox import Mailbox
from app.delivery.models import InvitationState, WaveState
from app.delivery.programs import notices
from app.delivery.sending import traces
from tests import make
from tests.make import NOW

DAY = timedelta(days=1)  # NOW is a Wednesday.


@pytest.fixture(autouse=True)
def live(session):
    installation(session).live_at = NOW - 30 * DAY


def planned(owner, due_in: int, **given):
    contact = given.pop("contact", None) or make.contact(account=make.account(owner=owner))
    wave = given.pop("wave", None) or make.wave(state=WaveState.SENDING, name="Spring")
    when = NOW + due_in * DAY
    return make.invitation(
        wave=wave, contact=contact, state=InvitationState.PLANNED, sent_at=None, due_at=when, **given
    )


def run(session, settings, now: datetime = NOW) -> list[int]:
    return list(notices.tell_owners(session, settings, now=now))


def mails(session) -> dict[str, Letter]:
    rows = sa.select(OutboxRow.recipient, Letter).join(Letter, Letter.id == OutboxRow.letter_id)
    return dict(map(tuple, session.execute(rows)))


def test_each_owner_gets_one_mail_for_a_wave_with_the_link(session, settings):
    ana, bob = make.staff(name="Ana"), make.staff(name="Bob")
    wave = make.wave(state=WaveState.SENDING, name="Spring")
    mine = [planned(ana, 2, wave=wave) for _ in range(2)]
    his = planned(bob, 2, wave=wave)
    assert sorted(run(session, settings)) == [1, 2]
    assert run(session, settings, NOW + DAY) == []
    found = mails(session)
    letter = found[ana.email]
    assert letter.subject == "2 of your people are about to be asked"
    for part in (letter.text, letter.html):
        assert all(ask.contact.name in part and ask.account.name in part for ask in mine)
        assert his.contact.name not in part
        assert "/asks/coming" in part
        assert "Friday, March 6, 2026" in part
    assert his.contact.name in found[bob.email].text


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_whoever_stands_in_for_an_owner_is_told_too(session, settings):
    ana, bob = make.staff(name="Ana"), make.staff(name="Bob")
    days = {"from_on": NOW.date(), "to_on": NOW.date(), "made_by": "Ana", "made_at": NOW}
    make.saved(Absence(staff=ana, cover=bob, **days))
    planned(ana, 2)
    assert run(session, settings) == [1]
    found = mails(session)
    assert set(found) == {ana.email, bob.email}
    assert "because you stand in for Ana" in found[bob.email].html


def test_what_comes_later_is_told_when_it_is_two_working_days_away(session, settings):
    ana = make.staff()
    wave = make.wave(state=WaveState.SENDING)
    planned(ana, 2, wave=wave)
    planned(ana, 6, wave=wave)  # Tuesday; two working days before is Friday.
    assert [run(session, settings, NOW + n * DAY) for n in range(6)] == [[1], [], [1], [], [], []]


def test_nothing_is_told_of_what_may_not_come(session, settings):
    ana = make.staff()
    planned(ana, 1, wave=make.wave(state=WaveState.PAUSED))
    planned(ana, 1, wave=make.wave(state=WaveState.WAITING, undo_until=NOW + timedelta(minutes=5)))
    planned(ana, 1, wave=make.wave(state=WaveState.SENDING, is_rehearsal=True))
    planned(ana, 1, purpose="single")
    planned(make.staff(active=False), 1)
    planned(make.staff(is_demo=True), 1)
    planned(None, 1)
    assert run(session, settings) == []
    assert run(session, settings, NOW + timedelta(minutes=6)) == [1]
    planned(ana, 1)
    assert run(session, settings, datetime(2026, 3, 5, 4, tzinfo=NOW.tzinfo)) == []
    installation(session).live_at = None
    assert run(session, settings, NOW + timedelta(hours=1)) == []


def test_a_long_list_is_told_in_part(session, settings, monkeypatch):
    monkeypatch.setattr(notices, "MOST_NAMED", 2)
    ana, wave = make.staff(), make.wave(state=WaveState.SENDING)
    for _ in range(5):
        planned(ana, 1, wave=wave)
    assert run(session, settings) == [5]
    assert "and 3 more people" in mails(session)[ana.email].text


def test_a_mail_that_waits_and_names_somebody_erased_is_not_sent(session, settings):
    ana, bob = make.staff(), make.staff()
    gone, other = planned(ana, 1), planned(bob, 1)
    assert run(session, settings) == [1, 1]
    traces.forget(session, gone.contact_id, now=NOW)
    assert mails(session).keys() == {bob.email}
    states = dict(map(tuple, session.execute(sa.select(OutboxRow.recipient, OutboxRow.state))))
    assert states == {ana.email: OutboxState.CANCELLED, bob.email: OutboxState.QUEUED}
    assert other.contact.name in mails(session)[bob.email].text


def test_the_mailbox_forgets_mails_that_name_somebody(tmp_path):
    box = Mailbox(tmp_path)
    for words in ("Acme: Kim Lee, Lee Kim", "Acme: Lee Kim"):
        mail = EmailMessage()
        mail["To"], mail["Subject"] = "ana@vendor.example", "2 of your people"
        mail.set_content(words)
        box.keep(mail.as_bytes())
    assert (box.forget_naming("Kim Lee"), len(box.names())) == (1, 1)
    assert box.forget_naming("Lee") == 0

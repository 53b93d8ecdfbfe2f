"""Every mail survives a server that carries only seven bits; addresses beyond ASCII need one that says it can more."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactStatus
from app.core.outbox_rows import OutboxRow
from app.delivery.models import InvitationState, Suppression
from tests import make
from tests.delivery.test_hard_days import HOSTILE, is_sound
from tests.delivery.test_sending import asks, states

ZOFIE = "žofie@bücher.example"


def test_a_server_without_8bitmime_gets_seven_bits_in_short_lines(office, sink, session):
    sink.withheld += ["8BITMIME", "SMTPUTF8"]
    people = [make.contact(first_name=name, account=make.account(name=name)) for name in HOSTILE]
    people.append(make.contact(email="ann@bücher.example", first_name="Zoë", last_name="Ærøskøbing"))
    office.wave(people, program=make.program(mail={"en": {"subject": "{account} 🙂 ünd {first_name}"}}))
    office.queue()
    office.send()
    assert len(sink.taken) == len(people)
    for taken in sink.taken:
        is_sound(taken, taken.to)
        assert taken.data.isascii()
        assert max(map(len, taken.data.split(b"\r\n"))) <= 120
        assert {part["Content-Transfer-Encoding"] for part in taken.message.iter_parts()} == {
            "quoted-printable"
        }
    assert not [command for command in sink.commands if "BODY=" in command or "SMTPUTF8" in command]


def test_letters_a_server_cannot_carry_are_refused_in_words_and_the_rest_goes(office, sink, session):
    sink.withheld.append("SMTPUTF8")
    wave = office.wave([make.contact(email=ZOFIE), make.contact(), make.contact()])
    office.queue()
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 2, InvitationState.REFUSED: 1}
    refused = asks(session, wave)[0]
    assert refused.contact.status is ContactStatus.ACTIVE
    assert session.scalars(sa.select(Suppression)).all() == []
    reason = session.scalar(sa.select(OutboxRow.reason).where(OutboxRow.ref == str(refused.id)))
    assert reason.startswith("Before the @ of the address stand letters beyond ASCII")
    assert not [command for command in sink.commands if "ofie" in command]


@pytest.mark.parametrize("withheld", [[], ["8BITMIME"]])
def test_a_server_that_carries_them_gets_them_as_they_are(office, sink, session, withheld):
    sink.withheld += withheld
    wave = office.wave([make.contact(email=ZOFIE, first_name="Žofie", last_name="Nová")])
    office.queue()
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 1}
    assert list(sink.counts) == ["žofie@xn--bcher-kva.example"]
    (command,) = [command for command in sink.commands if command.startswith("MAIL")]
    assert "SMTPUTF8" in command
    assert ("BODY=8BITMIME" in command) is not bool(withheld)
    assert "<žofie@xn--bcher-kva.example>" in sink.taken[0].data.decode()
    assert sink.taken[0].message["To"].addresses[0].display_name == "Žofie Nová"


def test_a_server_that_promised_more_than_it_does_refuses_one_person_and_not_us(office, sink, session):
    sink.on("mail", "553 5.6.7 these letters are not carried further", times=1)
    office.mailer.lane.width = office.mailer.lane.backoff.width = 1
    wave = office.wave([make.contact(email=ZOFIE), make.contact()])
    office.queue()
    office.send()
    assert states(session, wave) == {InvitationState.SENT: 1, InvitationState.REFUSED: 1}
    assert office.mailer.lane.fault is None


def test_a_colleague_s_odd_address_keeps_no_mail_back(office, sink, session):
    sink.withheld += ["8BITMIME", "SMTPUTF8"]
    owner = make.staff(name="Žofie Nová", email=ZOFIE)
    office.wave([make.contact(account=make.account(owner=owner))], program=make.program(is_from_owner=True))
    office.queue()
    office.send()
    (taken,) = sink.taken
    assert taken.message["From"].addresses[0].display_name == "Žofie Nová (Vendor)"
    assert taken.message["Reply-To"] is None
    assert taken.data.isascii()

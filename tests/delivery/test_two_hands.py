"""A large wave on PostgreSQL goes through two hands, and is sent as one hand would send it."""

from __future__ import annotations

import threading
from collections import Counter
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from app.delivery import sender
from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.server import Server
from app.delivery.models import Invitation, InvitationState
from app.delivery.sender import has_idle_core
from app.delivery.sending.postman import Postman
from app.delivery.timing.handing_over import Abreast
from tests import make


@pytest.fixture
def lanes(monkeypatch):
    """The lanes of the hands, two as soon as anything is due."""
    made, halves = [], Lane.halves

    def noted(lane):
        made.extend(halves(lane))
        return made[-2:]

    monkeypatch.setattr(Lane, "halves", noted)
    monkeypatch.setattr(sender, "is_more_due", lambda session, *, now: True)
    monkeypatch.setattr(sender, "has_idle_core", lambda: True)
    return made


def test_two_hands_send_each_mail_once_and_keep_to_the_caps(office, sink, session, lanes):
    """Three a day of each of four accounts, whose people stand in both hands."""
    program = make.program(quarantine={"account_per_day": 3})
    accounts = [make.account() for _ in range(4)]
    people = [make.contact(account=account) for _ in range(10) for account in accounts]
    wave = office.wave(people, program=program)
    office.queue()
    office.send()
    assert Counter(sink.counts.values()) == {1: 12}
    is_sent = (Invitation.wave_id == wave.id, Invitation.state == InvitationState.SENT)
    found = session.scalars(sa.select(Invitation.account_id).where(*is_sent))
    assert Counter(found) == dict.fromkeys([account.id for account in accounts], 3)
    assert [lane.width for lane in lanes] == ([] if session.get_bind().dialect.name == "sqlite" else [2, 2])


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_machine_that_has_no_core_to_spare_sends_with_one_hand(office, sink, session, lanes, monkeypatch):
    monkeypatch.setattr(sender, "has_idle_core", has_idle_core)
    monkeypatch.setattr(sender.os, "getloadavg", lambda: (float(sender.os.cpu_count()), 0.0, 0.0))
    office.wave(20)
    office.queue()
    office.send()
    assert Counter(sink.counts.values()) == {1: 20}
    assert lanes == []


def test_when_one_hand_fails_the_other_ends_in_good_order(office, sink, session, lanes, monkeypatch):
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("SQLite has one hand")
    office.wave(20)
    office.queue()
    offer, here = Postman.offer, threading.get_ident()

    def breaks_beside(postman, rows, now):
        if threading.get_ident() != here:
            raise MemoryError
        offer(postman, rows, now)

    with monkeypatch.context() as patch:
        patch.setattr(Postman, "offer", breaks_beside)
        with pytest.raises(MemoryError):
            office.send()
    office.later(minutes=2)
    office.send()
    assert Counter(sink.counts.values()) == {1: 20}


@pytest.mark.parametrize("shared", ["contact_id", "asked_as", "account_id"])
def test_nobody_is_in_both_hands_at_once(shared):
    abreast, has_taken = Abreast(), threading.Event()
    one = {"contact_id": 1, "asked_as": "a@one.example", "account_id": 1}
    other = {"contact_id": 2, "asked_as": "b@two.example", "account_id": 2}
    abreast.take("first", [SimpleNamespace(**one)])
    abreast.take("second", [SimpleNamespace(**other)])

    def take() -> None:
        abreast.take("second", [SimpleNamespace(**other | {shared: one[shared]})])
        has_taken.set()

    taking = threading.Thread(target=take)
    taking.start()
    assert not has_taken.wait(0.02)
    abreast.give_back("first")
    taking.join(5)
    assert has_taken.is_set()


def test_limits_and_a_server_that_is_down_are_for_one_hand():
    server = Server("127.0.0.1", 9)
    assert Lane(server, 2).can_be_halved
    whole = Lane(server, 5)
    assert [lane.width for lane in whole.halves()] == [3, 2]
    for lane in (Lane(server, 1), Lane(server, 4, rate=10), Lane(server, 4, domain_rates={"a.example": 1})):
        assert not lane.can_be_halved
    half, _ = whole.halves()
    half.backoff.fault = "down"
    assert not whole.can_be_halved

"""Pause, resume and cancel pressed while mails leave: counts add up, and nothing stays behind or goes out too late."""

from __future__ import annotations

import threading
from collections import Counter

import sqlalchemy as sa

from app.core.database import transactions
from app.delivery import progress, sender, waves
from app.delivery.models import Invitation, InvitationState, Wave
from app.extensions import db
from tests.delivery.test_hard_days import ANA
from tests.delivery.test_sending import states

WIDTH = 4  # of the lane: as many mails may be in flight
PEOPLE = 16


class Presser:
    """Somebody at the buttons of waves, while a worker sends in another thread."""

    def __init__(self, app, office, sink):
        self.app, self.now, self.sink = app, office.now, sink
        self.pause = threading.Event()
        self.owners = {}

    def press(self, verb, number):
        with self.app.app_context():
            transactions.write(db.session)
            verb(db.session, db.session.get_one(Wave, number), actor=ANA, now=self.now)
            db.session.commit()

    def got(self, number):
        """How many mails of the wave have arrived."""
        return sum(self.owners[taken.to] == number for taken in self.sink.taken)

    def wait_for(self, number, count):
        while self.got(number) < count:
            self.pause.wait(0.002)


def test_twenty_waves_are_paused_resumed_and_cancelled_while_they_are_sent(app, office, sink, session):
    sink.on("body", seconds=0.005)
    presser, over, faults = Presser(app, office, sink), threading.Event(), []
    numbers = []
    for _ in range(20):
        wave = office.wave(PEOPLE)
        numbers.append(wave.id)
        people = session.scalars(sa.select(Invitation.asked_as).filter_by(wave_id=wave.id))
        presser.owners |= dict.fromkeys(people, wave.id)
    office.queue()
    for number in numbers:
        waves.pause(session, session.get_one(Wave, number), actor=ANA, now=office.now)
    session.commit()
    session.remove()

    def work():
        try:
            with app.app_context():
                transactions.write(db.session)
                while not over.is_set():
                    sender.send_due(db.session, office.mailer, now=office.now)
                    over.wait(0.005)
        except Exception as error:
            faults.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    late = {}
    try:
        for number in numbers:
            presser.press(waves.resume, number)
            presser.wait_for(number, 1)
            presser.press(waves.pause, number)
            presser.press(waves.resume, number)
            presser.wait_for(number, 3)
            presser.press(waves.cancel, number)
            late[number] = -presser.got(number)
    finally:
        over.set()
        worker.join()
    assert faults == []
    transactions.write(session)
    office.session = session
    office.send()
    assert set(sink.counts.values()) == {1}
    found = progress.counts_of(session, numbers)
    for number in numbers:
        assert late[number] + presser.got(number) <= WIDTH
        assert found[number]["sent"] == presser.got(number)
        assert found[number]["sent"] + found[number]["cancelled"] == found[number]["total"] == PEOPLE
    assert Counter(found[number]["cancelled"] > 0 for number in numbers)[True] >= 15


def test_a_resume_in_the_moment_a_mail_is_held_back_leaves_nothing_behind(app, office, sink, session):
    wave = office.wave(6)
    office.queue()
    presser, pressed = Presser(app, office, sink), []

    def press(verb):
        thread = threading.Thread(target=presser.press, args=(verb, number))
        thread.start()
        return thread

    class Slow(sender.Postman):
        """The wave is paused while mails are announced, and resumed while the worker writes that they are held."""

        def collect(self, patience):
            if not pressed:
                pressed.append(press(waves.pause))
                pressed[0].join()
            return super().collect(patience)

        def look(self, connection, ready, now):
            found = super().look(connection, ready, now)
            if len(pressed) == 1:
                pressed.append(press(waves.resume))
                pressed[1].join(0.5)  # It waits for this transaction, or is through before it.
            return found

    number = wave.id
    sender.carry(session, Slow(office.mailer), now=office.now)
    session.commit()
    pressed[1].join()
    session.rollback()
    transactions.write(session)
    office.later(seconds=2)
    office.send()
    assert states(session, session.get_one(Wave, number)) == {InvitationState.SENT: 6}
    assert set(sink.counts.values()) == {1}

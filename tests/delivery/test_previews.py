"""What the pages before a launch promise, against what the launch then does: figures, people, reasons, moments."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.contacts.models import Contact, ContactStatus, NotAskable
from app.core.audit import Actor
from app.core.installation import installation
from app.delivery import cadence, waves
from app.delivery.asking import preview
from app.delivery.models import Invitation, InvitationState, Skip, Suppression, Wave
from app.surveys import templates
from app.surveys.models import Program, Survey
from tests import make
from tests.make import NOW

STATES = (
    InvitationState.SENT,
    InvitationState.ANSWERED,
    InvitationState.SILENT,
    InvitationState.DECLINED,
    InvitationState.BOUNCED,
    InvitationState.PLANNED,
)
PEOPLE = 60


def days(count: float) -> timedelta:
    return timedelta(days=count)


def draw(session, chance: random.Random) -> Program:
    """A company of people whom all sorts of things keep from being asked, and the program that asks the others."""
    templates.ensure(session, now=NOW)
    installation(session).live_at = NOW - days(400)
    nps = session.scalars(sa.select(Survey).filter_by(key="nps")).one()
    rules = {
        "account_per_day": 4,
        "account_most": chance.choice([0, 7]),
        "any_days": 20,
        "same_survey_days": 60,
    }
    program, other = make.program(survey=nps, quarantine=rules), make.program()
    accounts = [
        make.account(owner=chance.choice([None, make.staff()]), time_zone=chance.choice([None, "Asia/Tokyo"]))
        for _ in range(6)
    ]
    old = [make.wave(program=chance.choice([program, other])) for _ in range(3)]
    for number in range(PEOPLE):
        status = chance.choices(list(ContactStatus), [30, 1, 1, 1, 1])[0]
        person = make.contact(
            account=accounts[number % 6],
            email=f"p{number if number > 11 else number // 6}@customer.example",  # Two mailboxes of six people each.
            language=chance.choice(["en", "de-AT", "xx", None]),
            time_zone=chance.choice([None, "America/New_York", "Europe/Berlin"]),
            status=status,
            left_on=NOW.date() if status == ContactStatus.LEFT else None,
            not_askable=chance.choices([None, NotAskable.ROLE_MAILBOX], [20, 1])[0],
            rest_days=chance.choices([None, 90], [9, 1])[0],
        )
        is_asked = number > 11 or number % 6 == 1  # A wave writes to a mailbox once.
        for wave in chance.sample(old, chance.choice([0, 0, 0, 1, 2])) if is_asked else ():
            former(chance, person, wave)
        if chance.random() < 0.05:
            session.add(Suppression(email_key=person.email_key, reason="complaint", at=NOW))
        if chance.random() < 0.1:
            session.add(skip(person, NOW + days(chance.choice([-1, 3, 40]))))
    session.commit()
    return program


def former(chance: random.Random, person: Contact, wave: Wave) -> None:
    state, sent_at = chance.choice(STATES), NOW - days(chance.choice([0.5, 5, 25, 70]))
    if state == InvitationState.PLANNED:
        make.invitation(contact=person, wave=wave, state=state, sent_at=None, due_at=NOW + days(1))
        return
    moments = {"answered_at": sent_at, "silent_at": sent_at, "declined_at": sent_at + days(1)}
    make.invitation(contact=person, wave=wave, state=state, sent_at=sent_at, **moments)


def skip(person: Contact, free_at) -> Skip:
    told = {"staff_name": "Ana", "reason": "x", "until_on": NOW.date(), "made_at": NOW}
    return Skip(contact_id=person.id, free_at=free_at, **told)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_launch_does_to_everybody_what_its_preview_said(session, seed):
    program = draw(session, random.Random(seed))
    ask = cadence.launch_of(session, program, at=NOW + timedelta(minutes=10))
    found = preview.look(session, program, ask, shown=preview.Filter(), limit=PEOPLE + 1, examples=3)
    wave = waves.launch(session, program, actor=Actor("staff", None, "Ana"), now=NOW, launch_key="it")
    session.flush()
    asks = {
        row.contact_id: row
        for row in session.scalars(sa.select(Invitation).where(Invitation.wave_id == wave.id))
    }
    promised = {row.contact_id: (row.reason, row.free_at, row.language) for row in found.rows}
    assert promised == {n: (a.suppressed_reason, a.free_at, a.language) for n, a in asks.items()}
    asked = [ask for ask in asks.values() if ask.suppressed_reason is None]
    out = [ask for ask in asks.values() if ask.suppressed_reason]
    size = found.size
    assert {row.contact_id: row.due_at for row in found.rows if not row.reason} == {
        ask.contact_id: ask.due_at for ask in asked
    }
    assert (size.asked, size.left_out) == (len(asked), Counter(ask.suppressed_reason for ask in out))
    assert size.deferred == sum(ask.deferred_until is not None for ask in out)
    assert size.languages == Counter(ask.language for ask in asked)
    assert size.accounts == len({ask.account_id for ask in asked})
    assert size.without_owner == len({ask.account_id for ask in asked if ask.account.owner_id is None})
    assert (size.first_at, size.last_at) == (min(a.due_at for a in asked), max(a.due_at for a in asked))
    assert size.free_at == min(ask.free_at for ask in out if ask.free_at)
    assert len(size.left_out) > 6
    assert {row.contact_id for row in found.examples} <= {ask.contact_id for ask in asked}
    assert len({row.language for row in found.examples}) == len(size.languages)

"""Why a person was not asked: every active program with its gates in words, in order, with the day each opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import render_template_string

from app.contacts.models import NotAskable
from app.delivery.asking.explaining import standings
from app.delivery.asking.gates import Reason
from app.delivery.models import InvitationState
from app.surveys.models import ProgramKind, ProgramStatus
from tests import make
from tests.make import NOW

PAGE = """{% import "components.html" as ui %}{% from "delivery/gates.html" import gate_list, verdict, just_ask %}
{% for standing in found %}{{ verdict(ui, standing) }}{{ gate_list(ui, standing) }}{{ just_ask(ui, contact, standing, "abc") }}{% endfor %}"""


@pytest.fixture
def program(session):
    return make.program(name="Relationship", audience={"tiers": [1]})


def test_each_active_program_tells_where_the_person_stands(session, program):
    make.program(name="Asleep", status=ProgramStatus.PAUSED)
    make.program(name="By hand", kind=ProgramKind.MANUAL)
    everybody = make.program(name="A first one")
    found = standings(session, make.contact(), now=NOW)
    assert [standing.program.name for standing in found] == [everybody.name, "Relationship", "By hand"]
    assert [standing.is_in_audience for standing in found] == [True, False, True]
    assert all(standing.verdict.reason is None for standing in found)
    assert not [line for standing in found for line in standing.lines if line.is_shut]


def test_shut_gates_are_told_in_order_with_their_day_and_passed_ones_in_words(session, program):
    person = make.contact(account=make.account(tier=1), not_askable=NotAskable.ROLE_MAILBOX)
    wave = make.wave(program=program)
    make.invitation(contact=person, wave=wave, sent_at=NOW - timedelta(days=10), state=InvitationState.SENT)
    standing = standings(session, person, now=NOW)[0]
    shut = [
        (line.words, line.free_at and (line.free_at - NOW).days) for line in standing.lines if line.is_shut
    ]
    assert shut == [
        ("A shared mailbox such as info@, where nobody answers for themselves.", None),
        ("Was asked recently.", 80),
        ("Was asked the same survey recently.", 170),
        ("Has an ask that is still open.", 11),
    ]
    assert standing.verdict == (standing.verdict.__class__(Reason.ROLE_MAILBOX, None))
    assert "Got no survey mail in the last 24 hours." in [line.words for line in standing.lines]


def test_the_macros_show_the_gates_and_the_button_only_when_it_works(app, session, program):
    person = make.contact(account=make.account(tier=1))
    show = lambda: render_template_string(PAGE, found=standings(session, person, now=NOW), contact=person)  # noqa: E731
    with app.test_request_context():
        page = show()
        assert f'action="/contacts/{person.id}/asks"' in page
        assert "Can be asked now" in page
        assert 'name="attempt" value="abc"' in page
        make.invitation(contact=person, sent_at=NOW, state=InvitationState.SENT)
        page = show()
    assert "/asks" not in page
    assert "Free on" in page
    assert "is-shut" in page

"""Filters by facts of other packages: health, the last answer, silence, and the country."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.core.errors import Invalid
from app.delivery.models import InvitationState
from app.health.models import Colour, FormulaVersion, Snapshot
from app.responses.models import Response
from app.surveys import audience
from app.surveys.segments import saved
from tests import make
from tests.make import NOW

DAY = timedelta(days=1)
SILENT, ANSWERED = InvitationState.SILENT, InvitationState.ANSWERED


def named_by(session, **given) -> set[int]:
    session.flush()
    return set(session.scalars(audience.people(audience.checked(given))))


def scored(session, contact, *colours: Colour) -> None:
    """The health of the account on some days in a row."""
    version = session.scalars(sa.select(FormulaVersion.version)).first()
    if version is None:
        session.add(FormulaVersion(version="1", parameters={}, active_from=NOW))
        session.flush()
    for number, colour in enumerate(colours):
        on, given = NOW.date() + number * DAY, {"health_colour": colour, "computed_at": NOW}
        session.add(Snapshot(account_id=contact.account_id, on=on, version=version or "1", **given))


def asked(contact, state: InvitationState, ago: int, **given):
    sent_at = NOW - ago * DAY
    dated = {f"{state.value}_at": sent_at + DAY} if state in (SILENT, ANSWERED) else {}
    return make.invitation(contact=contact, wave=make.wave(), sent_at=sent_at, state=state, **dated, **given)


def answered(session, contact, score: int | None, ago: int, **given) -> None:
    ask = asked(contact, ANSWERED, ago)
    at = NOW - ago * DAY
    session.add(
        Response(
            invitation=ask,
            contact_id=contact.id,
            account_id=contact.account_id,
            score=score,
            language="en",
            day=at.date(),
            submitted_at=at,
            updated_at=at,
            **given,
        )
    )


def test_the_health_that_counts_is_the_last_one_stored(session):
    red, better, unknown = (make.contact() for _ in range(3))
    scored(session, red, Colour.GREEN, Colour.RED)
    scored(session, better, Colour.RED, Colour.YELLOW)
    assert named_by(session, health=["red"]) == {red.id}
    assert named_by(session, health=["yellow", "grey"]) == {better.id, unknown.id}


def test_the_last_answer_that_counts_tells_the_band(session):
    fan, lost, never, doubtful = (make.contact() for _ in range(4))
    answered(session, fan, 3, 200)
    answered(session, fan, 10, 20)
    answered(session, fan, None, 5)
    answered(session, lost, 9, 200)
    answered(session, lost, 6, 20)
    answered(session, doubtful, 8, 50)
    answered(session, doubtful, 0, 5, is_maybe_automatic=True)
    assert named_by(session, last_band=["promoter"]) == {fan.id}
    assert named_by(session, last_band=["detractor", "none"]) == {lost.id, never.id}
    assert named_by(session, last_band=["passive"]) == {doubtful.id}


def test_silence_is_counted_since_the_last_word(session):
    twice, again, once, rehearsed = (make.contact() for _ in range(4))
    for ago in (400, 200):
        asked(twice, SILENT, ago)
    asked(again, SILENT, 600)
    asked(again, ANSWERED, 400)
    asked(again, SILENT, 200)
    asked(once, SILENT, 200)
    for ago in (400, 200):
        asked(rehearsed, SILENT, ago, is_rehearsal=True)
    assert named_by(session, silent=["2"]) == {twice.id}
    assert named_by(session, silent=["1"]) == {twice.id, again.id, once.id}


def test_a_country_and_none(session):
    france, nowhere = make.contact(country="France"), make.contact()
    make.contact(country="Spain")
    assert named_by(session, countries=["France", None]) == {france.id, nowhere.id}
    told = dict(audience.described(session, {"countries": ["France", None], "silent": ["2"]}))
    assert told == {"Country": "France, Not known", "Silence, asks in a row": "2 or more"}


@pytest.mark.parametrize("given", [{"health": ["blue"]}, {"silent": ["9"]}, {"last_band": "promoter"}])
def test_what_cannot_be_chosen_is_refused_at_its_name(app, given):
    with app.test_request_context(), pytest.raises(Invalid) as refused:
        audience.checked(given)
    assert list(refused.value.errors) == [f"audience.{key}" for key in given]


def test_a_segment_of_these_facts_is_made_on_its_page(app, session, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    contact = make.contact(country="France")
    asked(contact, SILENT, 200)
    make.contact(country="Spain")
    session.commit()
    manager = sign_in("manager")
    given = {"name": "Quiet in France", "countries": "France", "silent": "1", "health": "grey"}
    page = manager.post("/segments", data=given, follow_redirects=True).text
    assert "Quiet in France" in page
    assert ">1</a>" in page
    again = manager.get("/segments/1/edit").text
    chosen = set(re.findall(r'<input checked[^>]*value="([^"]+)"', again))
    assert chosen == {"France", "1", "grey"}


def test_the_preview_of_a_program_names_its_segment(app, session, sign_in):
    large = saved.save(session, None, name="Large ones", filter={"tiers": [1]})
    program = make.program(audience=saved.bound(session, {"segments": [large.id]}))
    session.commit()
    assert "Large ones" in sign_in("viewer").get(f"/programs/{program.id}/people").text

"""Coming asks: seen by the CSM of the account, skipped with a reason until a day, counted for managers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.core.installation import installation
from app.delivery import cadence, waves
from app.delivery.asking import explaining
from app.delivery.models import Invitation, InvitationState, Skip, WaveState
from app.delivery.programs import skips
from app.surveys.models import ProgramKind
from tests import make
from tests.make import NOW

ANA = Actor("staff", None, "Ana")
TODAY, DAY = NOW.date(), timedelta(days=1)


def planned(**given) -> Invitation:
    wave = given.pop("wave", None) or make.wave(state=WaveState.SENDING)
    return make.invitation(
        wave=wave, state=InvitationState.PLANNED, sent_at=None, due_at=NOW + 2 * DAY, **given
    )


def skip(
    session, ask: Invitation, reason="Is on parental leave", until_on: date | None = TODAY + 30 * DAY
) -> Skip:
    return skips.skip(session, ask, reason=reason, until_on=until_on, actor=ANA, now=NOW, today=TODAY)


def verdict(session, ask: Invitation, at=NOW) -> tuple:
    """What a launch of the program at that moment says of the person of that ask."""
    program = ask.wave.program
    planned = cadence.plan(cadence.people_of(program), cadence.ask_of(session, program, at=at))
    row = session.execute(sa.select(planned).where(planned.c.contact_id == ask.contact_id)).one()
    return row.reason, row.free_at


def test_a_skip_cancels_what_is_planned_and_keeps_every_program_off_until_its_end(session):
    ask = planned()
    other = planned(contact=ask.contact)
    skip(session, ask)
    assert {ask.state, other.state} == {InvitationState.CANCELLED}
    end = datetime(2026, 4, 4, tzinfo=UTC)
    assert verdict(session, ask) == ("skipped", end)
    assert verdict(session, ask, end - timedelta(minutes=1)) == ("skipped", end)
    assert verdict(session, ask, end) == (None, None)
    assert skips.end_due(session, today=TODAY + 30 * DAY, now=NOW) == 0
    assert skips.end_due(session, today=TODAY + 31 * DAY, now=NOW) == 1
    assert verdict(session, ask) == (None, None)


def test_a_skip_ends_with_the_day_where_the_installation_is(session):
    installation(session).time_zone = "America/New_York"
    ask = planned()
    assert skip(session, ask).free_at == datetime(2026, 4, 4, 4, tzinfo=UTC)


def test_who_asks_one_person_by_hand_may_do_so_in_spite_of_a_skip(session):
    ask = planned()
    skip(session, ask)
    gates = {
        program.name: (found.verdict.reason, [line.words for line in found.lines if line.is_shut])
        for program in (ask.wave.program, make.program(name="By hand", kind=ProgramKind.MANUAL))
        for found in [explaining.standing(session, ask.contact, program, now=NOW)]
    }
    told = "Skipped by Ana until April 3, 2026: Is on parental leave."
    assert gates == {ask.wave.program.name: ("skipped", [told]), "By hand": (None, [])}


def test_a_launch_keeps_who_is_skipped_in_sight_and_asks_them_when_the_skip_ends_soon(session):
    installation(session).live_at = NOW - DAY
    soon, late = planned(), planned()
    skip(session, soon, until_on=TODAY + 9 * DAY)
    skip(session, late, until_on=TODAY + 60 * DAY)
    program = make.program()
    wave = waves.launch(session, program, actor=ANA, now=NOW, launch_key="k")
    rows = {r.contact_id: r for r in session.scalars(sa.select(Invitation).filter_by(wave_id=wave.id))}
    found = {n: (row.suppressed_reason, row.deferred_until is not None) for n, row in rows.items()}
    assert found == {soon.contact_id: ("skipped", True), late.contact_id: ("skipped", False)}


def test_ending_a_skip_lets_the_person_be_asked_again(session):
    ask = planned()
    found = skip(session, ask)
    skips.end(session, found, actor=ANA, now=NOW)
    session.flush()
    assert verdict(session, ask) == (None, None)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"until_on": None}, "until_on"),
        ({"until_on": TODAY - DAY}, "until_on"),
        ({"until_on": TODAY + 400 * DAY}, "until_on"),
    ],
)
def test_a_skip_needs_a_reason_and_an_end(session, given, field):
    ask = planned()
    with pytest.raises(Invalid) as refused:
        skip(session, ask, **given)
    assert list(refused.value.errors) == [field]


def test_what_is_on_its_way_cannot_be_skipped(session):
    with pytest.raises(Refused):
        skip(session, make.invitation(state=InvitationState.QUEUED, sent_at=None))


def test_coming_asks_are_those_of_programs_and_single_ones_of_the_owner(session):
    owner = make.staff()
    mine = planned(contact=make.contact(account=make.account(owner=owner)))
    planned()
    single = planned(contact=mine.contact, purpose="single")
    planned(wave=make.wave(state=WaveState.CANCELLED))
    assert {row.id for row in skips.page(session, owner.id)} == {mine.id, single.id}
    assert (skips.how_many(session, owner.id), skips.how_many(session, None)) == (2, 3)
    assert skips.planned_of(session, mine.contact_id) == [mine]


def test_a_csm_skips_own_people_only_and_a_manager_sees_how_often(app, session, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    csm = sign_in("csm", name="Ana")
    mine = planned(contact=make.contact(account=make.account(owner=csm.person)))
    other = planned()
    session.commit()
    assert mine.contact.name in csm.get("/asks/coming").text
    assert other.contact.name not in csm.get("/asks/coming").text
    until = (clock.now() + 20 * DAY).date().isoformat()
    wrong = csm.post(f"/invitations/{mine.id}/skip", data={"until_on": until})
    assert wrong.status_code == 400
    assert "Say why" in wrong.text
    assert until in wrong.text
    assert (
        csm.post(f"/invitations/{other.id}/skip", data={"reason": "x", "until_on": until}).status_code == 403
    )
    done = csm.post(
        f"/invitations/{mine.id}/skip",
        data={"reason": "Complaint open", "until_on": until},
        follow_redirects=True,
    )
    assert "Complaint open" in done.text
    page = csm.get(f"/contacts/{mine.contact_id}").text
    assert "Skipped by Ana until" in page
    assert ": Complaint open." in page
    manager = sign_in("manager")
    people = manager.get(f"/programs/{mine.wave.program_id}/people?who=skipped").text
    assert "Complaint open" in people
    assert other.contact.name not in people
    for state in ("answered", "silent", "silent"):
        times = {"sent_at": clock.now() - 30 * DAY, f"{state}_at": clock.now() - 5 * DAY}
        make.invitation(contact=make.contact(account=mine.account), state=state, **times)
    session.commit()
    told = manager.get("/asks/coming?owner=all").text.partition("Skips and answers")[2]
    row = next(row for row in re.findall(r"<tr>(.*?)</tr>", told, re.DOTALL) if "Ana" in row)
    assert re.findall(r'class="num" data-label="(\w+)">([^<]+)<', row) == [
        ("Skips", "1"),
        ("Asked", "3"),
        ("Answered", "33%"),
    ]
    assert "Skips and answers" not in csm.get("/asks/coming?owner=all").text
    number = session.scalars(sa.select(Skip.id)).one()
    assert sign_in("csm").post(f"/skips/{number}/end").status_code == 403
    assert "can be asked again" in csm.post(f"/skips/{number}/end", follow_redirects=True).text
    assert sign_in("viewer").post(f"/invitations/{other.id}/skip").status_code == 403

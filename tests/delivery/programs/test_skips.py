"""Coming asks: seen by the CSM of the account, skipped with a reason until a day, counted for managers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.audit import Actor
from app.core.errors import Invalid, Refused
from app.delivery import cadence
from app.delivery.models import Invitation, InvitationState, Skip, WaveState
from app.delivery.programs import skips
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


def asked(session, program) -> set[int]:
    return set(session.scalars(cadence.people_of(program)))


def test_a_skip_cancels_what_is_planned_and_keeps_every_program_off_until_its_end(session):
    ask = planned()
    other = planned(contact=ask.contact)
    program = ask.wave.program
    skip(session, ask)
    assert {ask.state, other.state} == {InvitationState.CANCELLED}
    assert ask.contact_id not in asked(session, program)
    assert skips.end_due(session, today=TODAY + 30 * DAY, now=NOW) == 0
    assert skips.end_due(session, today=TODAY + 31 * DAY, now=NOW) == 1
    assert ask.contact_id in asked(session, program)


def test_ending_a_skip_lets_the_person_be_asked_again(session):
    ask = planned()
    found = skip(session, ask)
    skips.end(session, found, actor=ANA, now=NOW)
    session.flush()
    assert ask.contact_id in asked(session, ask.wave.program)


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


def test_coming_asks_are_those_of_programs_and_of_the_owner(session):
    owner = make.staff()
    mine = planned(contact=make.contact(account=make.account(owner=owner)))
    planned()
    planned(contact=mine.contact, purpose="single")
    planned(wave=make.wave(state=WaveState.CANCELLED))
    assert [row.id for row in skips.page(session, owner.id)] == [mine.id]
    assert (skips.how_many(session, owner.id), skips.how_many(session, None)) == (1, 2)


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
    manager = sign_in("manager")
    assert "Skips and answers" in manager.get("/asks/coming?owner=all").text
    number = session.scalars(sa.select(Skip.id)).one()
    assert sign_in("csm").post(f"/skips/{number}/end").status_code == 403
    assert "can be asked again" in csm.post(f"/skips/{number}/end", follow_redirects=True).text
    assert sign_in("viewer").post(f"/invitations/{other.id}/skip").status_code == 403

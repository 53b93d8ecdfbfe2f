"""People who are not the ones to answer: what they said waits, and a colleague's press does what an entry does."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.contacts.models import Contact, ContactRole, ContactStatus
from app.core import clock
from app.core.database import transactions
from app.core.installation import installation
from app.delivery.models import Decline, Invitation, InvitationState
from app.responses import handovers
from app.responses.models import Handover
from tests import make
from tests.posting import post


@pytest.fixture
def looks_after(sign_in):
    return sign_in("csm").person


@pytest.fixture
def csm(app, looks_after):
    return make.signed_in_client(app, looks_after)


@pytest.fixture
def held(session, looks_after):
    """Kim, a champion asked some hours ago, says to have left and names Ana."""
    account = make.account(name="Handed Ltd", owner=looks_after)
    kim = make.contact(account=account, first_name="Kim", last_name="Lee", role=ContactRole.CHAMPION)
    program = make.program(kind="manual")
    ask = make.invitation(
        contact=kim,
        wave=make.wave(program=program),
        state=InvitationState.DECLINED,
        sent_at=clock.now() - timedelta(hours=5),
        declined_at=clock.now(),
    )
    one = handovers.say(
        session, ask, Decline.LEFT, name="Ana Solano", email="ana@handed.example", now=clock.now()
    )
    session.commit()
    return one.id, kim.id


def person(session, email: str) -> Contact | None:
    return session.scalars(sa.select(Contact).where(Contact.email == email)).one_or_none()


def test_approving_makes_the_successor_and_lets_the_leaver_go_once(csm, session, held):
    number, kim = held
    page = csm.get("/contacts/handovers").text
    assert "Ana Solano" in page
    assert "waiting for a decision" in page
    assert "1 person says" in csm.get("/contacts").text
    assert post(csm, f"/handovers/{number}/approval", "/contacts/handovers", ask="yes").status_code == 303
    transactions.read(session)
    session.expire_all()
    ana = person(session, "ana@handed.example")
    assert (ana.first_name, ana.last_name, ana.role) == ("Ana", "Solano", ContactRole.CHAMPION)
    assert session.get(Contact, kim).status is ContactStatus.LEFT
    asked = session.scalars(sa.select(Invitation).where(Invitation.contact_id == ana.id)).one()
    assert asked.state is InvitationState.PLANNED
    kept = session.get(Handover, number)
    assert (kept.is_approved, kept.successor_id, kept.name, kept.email) == (True, ana.id, "", None)
    session.rollback()
    assert "decided already" in post(csm, f"/handovers/{number}/refusal", "/contacts/handovers").text
    assert "Nobody waits" in csm.get("/contacts/handovers").text


def test_refusing_leaves_everything_as_it_was_and_forgets_the_name(csm, session, held):
    number, kim = held
    assert post(csm, f"/handovers/{number}/refusal", "/contacts/handovers").status_code == 303
    transactions.read(session)
    session.expire_all()
    kept = session.get(Handover, number)
    assert (kept.is_approved, kept.name, kept.email) == (False, "", None)
    assert session.get(Contact, kim).status is ContactStatus.ACTIVE
    assert person(session, "ana@handed.example") is None


def test_somebody_known_there_already_is_not_made_twice(csm, session, held):
    number, kim = held
    account = session.get(Contact, kim).account
    make.contact(account=account, first_name="Anna", email="ANA@handed.example")
    session.commit()
    assert "already known there as Anna" in csm.get("/contacts/handovers").text
    assert post(csm, f"/handovers/{number}/approval", "/contacts/handovers").status_code == 303
    transactions.read(session)
    assert session.scalar(sa.select(sa.func.count()).select_from(Contact)) == 2


def test_colleagues_decide_about_their_own_accounts_and_managers_about_all(sign_in, session, held):
    number, kim = held
    other, manager = sign_in("csm"), sign_in("manager")
    page = other.get("/contacts/handovers").text
    assert "decides, or a manager" in page
    assert f"/handovers/{number}/" not in page
    assert "waiting for a decision" not in page
    for verb in ("approval", "refusal"):
        assert post(other, f"/handovers/{number}/{verb}", "/contacts/handovers").status_code == 403
    transactions.write(session)
    account = session.get(Contact, kim).account
    account.owner.active = False  # Who has gone decides no more; the default owner does.
    installation(session).default_owner_id = other.person.id
    session.commit()
    assert f"/handovers/{number}/" in other.get("/contacts/handovers").text
    transactions.write(session)
    installation(session).default_owner_id = None
    session.commit()
    assert "A manager decides" in other.get("/contacts/handovers").text
    assert post(manager, f"/handovers/{number}/refusal", "/contacts/handovers").status_code == 303

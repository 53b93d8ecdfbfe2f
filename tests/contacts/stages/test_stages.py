"""The stages of the customer journey: names and order are this company's, and history stays."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from app.contacts import words
from app.contacts.importers.rows import _stage
from app.contacts.models import AccountStage, Stage
from app.core.audit import AuditEvent
from app.surveys.models import ProgramKind
from tests import make
from tests.posting import post

URL = "/settings/stages"
GIVEN = {
    "name_onboarding": "Rollout",
    "name_steady": "Everyday use",
    "name_renewal": "Renewal",
    "name_lost": "Gone",
    "place_onboarding": "2",
    "place_steady": "3",
    "place_renewal": "1",
}


def test_stages_get_names_and_places_of_our_own_and_keep_their_history(sign_in, session):
    account = make.account(stage=Stage.ONBOARDING)
    account.enter(Stage.STEADY, on=date(2024, 6, 1))
    schedule = {"kind": "stage", "stage": "onboarding", "after_days": 30, "since": "2026-01-01"}
    make.program(name="First weeks", kind=ProgramKind.TRANSACTIONAL, schedule=schedule)
    session.commit()
    manager = sign_in("manager")
    before = manager.get(URL).text
    assert "1 account stands here" in before
    assert "First weeks" in before
    assert "30 days after an account reached the stage Onboarding" in before
    assert post(manager, URL, URL, **GIVEN).status_code == 303
    page = manager.get(URL).text
    assert page.index("Renewal</h2>") < page.index("Rollout</h2>") < page.index("Everyday use</h2>")
    assert page.index("Everyday use</h2>") < page.index("Gone</h2>")
    assert "30 days after an account reached the stage Rollout" in page
    assert "Everyday use" in manager.get(f"/accounts/{account.id}").text
    assert ">Rollout</option>" in manager.get("/programs/new").text
    kept = session.scalars(sa.select(AccountStage.stage).order_by(AccountStage.id)).all()
    assert kept == [Stage.ONBOARDING, Stage.STEADY]
    assert _stage("everyday USE") is _stage("steady") is Stage.STEADY
    noted = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "stages.changed")).one()
    assert noted.details["stages"] == "Renewal, Rollout, Everyday use, Gone"
    usual = {f"name_{stage}": str(words.STAGES.usual[stage]) for stage in Stage}
    assert post(manager, URL, URL, **(GIVEN | usual)).status_code == 303
    assert "Onboarding</h2>" in manager.get(URL).text


def test_two_stages_of_one_name_are_refused_at_their_fields(sign_in):
    refused = post(sign_in("manager"), URL, URL, **(GIVEN | {"name_steady": " rollout"}))
    assert refused.status_code == 400
    assert 'id="name_steady-error"' in refused.text
    assert 'id="name_onboarding-error"' in refused.text
    assert 'id="name_lost-error"' not in refused.text
    assert 'value="Rollout"' in refused.text
    assert sign_in("csm").get(URL).status_code == 403


def test_a_program_is_begun_from_its_stage(sign_in):
    page = sign_in("manager").get("/programs/new?stage=renewal").text
    assert '<option selected value="renewal">' in page
    assert '<option selected value="transactional">' in page
    assert sign_in("manager").get("/programs/new?stage=%00x").status_code == 200

"""The pages of programs and surveys: the list, a program from the form to its row, the live count, what respondents see."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactRole
from app.core.audit import AuditEvent
from app.core.installation import installation
from app.surveys import rules, templates
from app.surveys.forms import key
from app.surveys.models import Program, ProgramStatus, Survey
from tests import make
from tests.make import NOW

EVIL = "<script>alert(1)</script>{{7*7}}"
WHOLE = {
    "any_days": "90",
    "same_survey_days": "180",
    "after_decline_days": "30",
    "floor_hours": "24",
    "reminder_days": "3, 7",
    "open_days": "21",
    "late_days": "14",
    "defer_days": "21",
    "undo_minutes": "10",
    "first_people": "25",
    "status": "active",
    "kind": "relationship",
    "sender": "0",
}


@pytest.fixture
def manager(app, session, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    templates.ensure(session, now=NOW)
    installation(session).product = "Ledger"
    return sign_in("manager")


@pytest.fixture
def nps(session, manager) -> Survey:
    return session.scalars(sa.select(Survey).filter_by(key="nps")).one()


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def saved(session, name: str) -> Program:
    session.expire_all()
    return session.scalars(sa.select(Program).filter_by(name=name)).one()


def test_a_manager_makes_a_program_with_filters_rules_and_words(session, manager, nps):
    account = make.account(name="Acme", segment={"plan": "pro"}, owner=make.staff(name="Ana"))
    make.contact(account=account, role=ContactRole.CHAMPION)
    chosen = {
        "name": "Half-yearly",
        "survey": str(nps.id),
        "tiers": ["1", "2"],
        "roles": ["champion"],
        "owners": [str(account.owner_id), "none"],
        "languages": ["en", "none"],
        f"attribute_{key('plan')}": ["pro"],
        "accounts": "acme",
        f"subject_{key('en')}": "Our own subject",
    }
    answer = manager.post("/programs", data=WHOLE | chosen | {"any_days": "30", "reminder_days": "5"})
    program = saved(session, "Half-yearly")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/programs/{program.id}")
    assert program.audience == {
        "tiers": [1, 2],
        "roles": ["champion"],
        "owners": [account.owner_id, None],
        "languages": ["en", None],
        "accounts": [account.id],
        "segment": {"plan": ["pro"]},
    }
    assert (program.quarantine, program.cadence, program.reminders) == ({"any_days": 30}, {}, [5])
    assert program.mail == {"en": {"subject": "Our own subject"}}
    assert session.scalars(sa.select(AuditEvent.action)).all()[-1] == "program.added"
    form = text_of(manager.get(f"/programs/{program.id}/edit"))
    assert 'value="pro"' in form
    assert "Our own subject" in form
    assert "Acme" in form
    again = manager.post(f"/programs/{program.id}/edit", data=WHOLE | chosen | {"status": "paused"})
    assert again.status_code == 303
    assert saved(session, "Half-yearly").status == ProgramStatus.PAUSED
    assert rules.of(saved(session, "Half-yearly")).any_days == 90


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "This is needed."),
        ({"any_days": "-1"}, "whole number from 0 to 730"),
        ({"any_days": "often"}, "any_days-error"),
        ({"reminder_days": "7, 3"}, "each later than the one before"),
        ({"reminder_days": "soon"}, "whole days after sending"),
        ({"reminder_days": "21"}, "before the ask closes"),
        ({"accounts": "Nowhere Inc"}, "no account called Nowhere Inc"),
        ({"survey": "999"}, "survey-error"),
        ({"status": "flying"}, "status-error"),
        ({"roles": ["king"]}, "Roles are a list of"),
        ({"tiers": ["x"]}, "tiers-error"),
    ],
)
def test_what_cannot_be_saved_stays_in_the_form_with_words_at_the_field(session, manager, nps, given, words):
    answer = manager.post("/programs", data=WHOLE | {"name": "Kept name", "survey": str(nps.id)} | given)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert session.scalar(sa.select(sa.func.count(Program.id))) == 1


def test_two_programs_cannot_have_one_name_and_an_edit_that_fails_changes_nothing(session, manager, nps):
    program, other = make.program(name="First", survey=nps), make.program(name="Second", survey=nps)
    given = WHOLE | {"survey": str(nps.id), "name": "FIRST"}
    answer = manager.post(f"/programs/{other.id}/edit", data=given)
    assert (answer.status_code, "of this name already" in text_of(answer)) == (400, True)
    assert saved(session, "Second").id == other.id
    assert manager.post(f"/programs/{program.id}/edit", data=given).status_code == 303


def test_an_attribute_that_is_gone_stays_in_the_filter_until_it_is_taken_away(session, manager, nps):
    program = make.program(name="Old", survey=nps, audience={"segment": {"region": ["North"]}})
    assert "North" in text_of(manager.get(f"/programs/{program.id}/edit"))
    kept = {"name": "Old", "survey": str(nps.id), f"attribute_{key('region')}": ["North"]}
    manager.post(f"/programs/{program.id}/edit", data=WHOLE | kept)
    assert saved(session, "Old").audience == {"segment": {"region": ["North"]}}


def test_the_open_form_counts_its_audience(session, manager):
    account = make.account(tier=1, name="Acme")
    for _ in range(2):
        make.contact(account=account)
    make.contact(account=make.account(tier=3))
    count = lambda query: text_of(manager.get(f"/programs/audience?{query}"))  # noqa: E731
    assert "2 people" in count("tiers=1")
    assert "3 people" in count("")
    assert "2 accounts" in count("")
    assert "Nobody fits" in count("tiers=2")
    assert "no account called Acme Ltd" in count("accounts=Acme+Ltd")
    assert "<html" not in count("")


def test_the_list_says_what_to_do_when_there_is_nothing(app, session, sign_in):
    assert "No program yet" in text_of(sign_in("manager").get("/programs"))
    viewer = text_of(sign_in("viewer").get("/programs"))
    assert "No program yet" in viewer
    assert "/programs/new" not in viewer


def test_programs_and_their_pages_show_hostile_names_as_text(session, manager, nps):
    account = make.account(name=EVIL, segment={EVIL: EVIL})
    make.contact(account=account, first_name=EVIL)
    program = make.program(
        name=EVIL, survey=nps, audience={"segment": {EVIL: [EVIL]}, "accounts": [account.id]}
    )
    for path in ("/programs", f"/programs/{program.id}", f"/programs/{program.id}/edit"):
        page = text_of(manager.get(path))
        assert "<script>alert" not in page, path
        assert "&lt;script&gt;" in page, path


def test_archived_programs_are_shown_on_request(session, manager, nps):
    make.program(name="Done with it", survey=nps, status=ProgramStatus.ARCHIVED)
    assert "Done with it" not in text_of(manager.get("/programs"))
    assert "Done with it" in text_of(manager.get("/programs?state=archived"))


def test_a_program_s_page_says_whom_it_would_ask_and_why_not_the_others(session, manager, nps):
    make.contact()
    make.contact(email=None)
    program = make.program(survey=nps)
    page = text_of(manager.get(f"/programs/{program.id}"))
    assert "person would be asked" in page
    assert "No e-mail address is known" in page


@pytest.mark.parametrize("template", templates.NAMES)
def test_a_survey_s_page_shows_its_questions_in_each_language(session, manager, template):
    survey = session.scalars(sa.select(Survey).filter_by(key=template)).one()
    for language, word in (("en", "How"), ("de", "Wie")):
        page = manager.get(f"/surveys/{survey.id}?language={language}")
        assert page.status_code == 200
        assert word in text_of(page)
        assert (
            "Ledger" in text_of(page) or template == "ces"
        )  # It names no product: it may be about a request.
    has_bands = "score" in {question.name for question in survey.current.questions}
    assert ("<b>7–8</b>" in manager.get(f"/surveys/{survey.id}").text) is has_bands


def test_the_preview_is_the_respondents_page_and_records_nothing(session, manager, nps):
    answer = manager.get(f"/surveys/{nps.id}/preview?score=9")
    page = text_of(answer)
    assert 'value="9" class="high" checked' in page
    assert 'type="submit"' not in page
    assert manager.post(f"/surveys/{nps.id}/preview", data={"score": "9"}).status_code == 405
    assert "checked" not in text_of(manager.get(f"/surveys/{nps.id}/preview?score=11"))


def test_what_is_not_there_is_not_found(manager):
    for path in ("/programs/99", "/programs/99/edit", "/surveys/99", "/surveys/99/preview"):
        assert manager.get(path).status_code == 404


def test_a_manager_lets_a_program_ask_by_itself_and_sees_the_days_ahead(session, manager, nps):
    for _ in range(30):
        make.contact()
    chosen = {"name": "Always", "survey": str(nps.id), "schedule": "drip", "every_days": "90"}
    assert manager.post("/programs", data=WHOLE | chosen).status_code == 303
    program = saved(session, "Always")
    assert program.schedule["every_days"] == 90
    assert program.schedule["spread_days"] == 90
    page = text_of(manager.get(f"/programs/{program.id}"))
    assert "The days ahead" in page
    assert "30 people" in page
    assert 'value="90"' in text_of(manager.get(f"/programs/{program.id}/edit"))
    wrong = manager.post(f"/programs/{program.id}/edit", data=WHOLE | chosen | {"every_days": "3"})
    assert wrong.status_code == 400
    assert "from 30 to 730" in text_of(wrong)
    by_hand = manager.post(f"/programs/{program.id}/edit", data=WHOLE | chosen | {"schedule": ""})
    assert by_hand.status_code == 303
    assert saved(session, "Always").schedule is None
    assert "The days ahead" not in text_of(manager.get(f"/programs/{program.id}"))


def test_a_schedule_that_does_not_fit_the_kind_is_refused_at_its_field(session, manager, nps):
    chosen = {"name": "Odd", "survey": str(nps.id), "schedule": "drip", "kind": "manual"}
    answer = manager.post("/programs", data=WHOLE | chosen)
    assert answer.status_code == 400
    assert "no such schedule" in text_of(answer)


@pytest.mark.parametrize(
    ("given", "stored", "told"),
    [
        (
            {"schedule": "stage", "stage": "steady", "stage_after_days": "7"},
            {"kind": "stage", "stage": "steady", "after_days": 7, "notice_days": 2},
            "7 days after an account reached the stage",
        ),
        (
            {"schedule": "renewal"},
            {"kind": "renewal", "before_days": 120},
            "120 days before an account renews",
        ),
        (
            {"schedule": "signal", "signal_type": "ticket_closed"},
            {"after_days": 0},
            "each signal ticket_closed",
        ),
    ],
)
def test_a_transactional_program_says_what_it_waits_for(session, manager, nps, given, stored, told):
    chosen = {"name": "After", "survey": str(nps.id), "kind": "transactional"} | given
    assert manager.post("/programs", data=WHOLE | chosen).status_code == 303
    program = saved(session, "After")
    assert stored.items() <= program.schedule.items()
    assert told in text_of(manager.get(f"/programs/{program.id}"))
    assert told in text_of(manager.get("/programs"))
    assert manager.post(f"/programs/{program.id}/edit", data=WHOLE | chosen).status_code == 303
    assert saved(session, "After").schedule == program.schedule


def test_a_signal_without_its_type_is_refused_at_the_field(session, manager, nps):
    chosen = {"name": "After", "survey": str(nps.id), "kind": "transactional", "schedule": "signal"}
    answer = manager.post("/programs", data=WHOLE | chosen)
    assert answer.status_code == 400
    assert 'id="signal_type-error"' in text_of(answer)


def test_a_large_audience_is_judged_once_its_page_has_come(session, manager, monkeypatch):
    program = make.program(name="Everybody")
    for _ in range(3):
        make.contact()
    path = f"/programs/{program.id}"
    assert "people would be asked" in text_of(manager.get(path))
    monkeypatch.setattr("app.surveys.routes.MOST_AT_ONCE", 2)
    page = manager.get(path).text
    assert "would be asked" not in page
    assert f'hx-get="{path}/size"' in page
    assert "people would be asked" in text_of(manager.get(f"{path}/size"))
    assert manager.get(f"{path}/ahead").status_code == 404
    program.schedule = {"kind": "drip", "since": "2026-01-01"}
    session.commit()
    page = manager.get(path).text
    assert "expected" not in page
    assert f'hx-get="{path}/ahead"' in page
    fragment = manager.get(f"{path}/ahead").text
    assert "expected" in fragment
    assert "<html" not in fragment

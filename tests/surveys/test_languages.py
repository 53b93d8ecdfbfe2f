"""A survey in one more language: every word is needed, asks under way keep theirs, and people are asked in it."""

from __future__ import annotations

import re
from html import unescape

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.audit import SYSTEM
from app.core.errors import Invalid
from app.core.installation import installation
from app.delivery import waves
from app.delivery.models import Invitation
from app.surveys import saving, templates, wording
from app.surveys.forms import program_form
from app.surveys.models import Survey
from app.surveys.words import translating
from tests import make
from tests.make import NOW
from tests.posting import post, token


@pytest.fixture
def survey(session) -> Survey:
    templates.ensure(session, now=clock.now())
    installation(session).company = "Vendor"
    session.commit()
    return session.query(Survey).filter_by(key="nps_value").one()


def swedish(survey) -> dict[str, str]:
    return {one.key: f"[sv] {one.text}" for one in translating.originals(survey.current)}


def test_the_new_version_says_everything_in_the_language_and_the_old_one_stays(session, survey):
    before = survey.current
    words = swedish(survey)
    assert {
        "mail__subject",
        "score__labels__10",
        "comment__low",
        "value_goal__question_without_goal",
    } <= words.keys()
    found = translating.write(session, survey, "sv", words, now=NOW)
    session.expire_all()
    assert (survey.current, found.number) == (found, before.number + 1)
    assert set(wording.languages(found)) == {*wording.languages(before), "sv"}
    named = {"product": "Ledger"}
    for old, new in zip(wording.items(before, "en", named), wording.items(found, "sv", named), strict=True):
        assert new.question == f"[sv] {old.question}"
        assert new.labels == {value: f"[sv] {label}" for value, label in old.labels.items()}
    assert wording.items(found, "de", named) == wording.items(before, "de", named)
    assert translating.said(found, "sv") == words
    again = translating.write(session, survey, "sv", words | {"mail__subject": "Une question"}, now=NOW)
    assert (again.words["sv"]["subject"], again.number) == ("Une question", before.number + 2)


def test_people_are_asked_in_it_from_the_next_wave_on(session, survey):
    program = make.program(survey=survey)
    for language in ("sv-FI", "da"):
        make.contact(language=language)
    first = waves.launch(session, program, actor=SYSTEM, now=NOW, launch_key="1")
    translating.write(session, survey, "sv", swedish(survey), now=NOW)
    second = waves.launch(session, program, actor=SYSTEM, now=NOW, launch_key="2")
    asked = sa.select(Invitation.language).order_by(Invitation.contact_id)
    assert session.scalars(asked.filter_by(wave_id=first.id)).all() == ["en", "en"]
    assert session.scalars(asked.filter_by(wave_id=second.id)).all() == ["sv", "en"]


@pytest.mark.parametrize(
    ("language", "more", "wrong"),
    [
        ("en", {}, "language"),
        ("", {}, "language"),
        ("sv", {"mail__subject": " "}, "mail__subject"),
        ("sv", {"score__question": "Et {sender}?"}, "score__question"),
        ("sv", {"mail__closing": "{unknown}"}, "mail__closing"),
    ],
)
def test_what_is_missing_or_wrong_is_refused_at_its_field(app, session, survey, language, more, wrong):
    with app.test_request_context(), pytest.raises(Invalid) as refused:
        translating.write(session, survey, language, swedish(survey) | more, now=NOW)
    assert list(refused.value.errors) == [wrong]
    assert len(survey.versions) == 1


def test_the_page_takes_the_words_keeps_them_on_error_and_leads_to_the_editor(sign_in, session, survey):
    manager, at = sign_in("manager"), f"/surveys/{survey.id}/language"
    program = make.program(survey=survey, mail={"sv": {"thanks": "Merci"}})
    session.commit()
    given = swedish(survey) | {"language": "sv"}
    missing = post(manager, at, at, **given | {"score__question": ""})
    assert missing.status_code == 400
    assert "[sv] Your view of {product}" in unescape(missing.text)
    done = post(manager, at, at, **given)
    assert (done.status_code, done.headers["Location"]) == (303, f"/surveys/{survey.id}?language=sv")
    shown = unescape(manager.get(done.headers["Location"]).text)
    assert "[sv] How likely are you to recommend Vendor" in shown
    assert "Write these words again" in shown
    again = unescape(manager.get(f"{at}?language=sv").text)
    assert 'value="[sv] Your view of {product}"' in again
    assert "The fixed words around it" in again
    words = unescape(manager.get(f"/programs/{program.id}/words?language=sv").text)
    assert "Swedish" in words
    assert re.search(r"Merci</textarea>", words)
    assert sign_in("csm").get(at).status_code == 403


def test_the_words_are_seen_as_mail_and_page_while_somebody_types(sign_in, session, survey):
    manager, at = sign_in("manager"), f"/surveys/{survey.id}/language"
    first = unescape(unescape(manager.get(at).text))
    assert "How likely are you to recommend Vendor" in first.split('id="looks"')[1]
    typed = {"language": "sv", "score__question": "[sv] Hur {company}?", "comment__any": "[sv] {odd}"}
    found = token(manager.get(at).text)
    form = typed | {"csrf_token": found}
    part = manager.post(f"{at}/preview", data=form, headers={"HX-Request": "true"})
    looks = unescape(unescape(part.text))
    assert (part.status_code, looks.count("[sv] Hur Vendor?") > 1, "{odd}" in looks) == (200, True, False)
    assert "<form" not in part.text.split("srcdoc")[0]
    whole = unescape(manager.post(f"{at}/preview", data=form).text)
    assert "[sv] Hur {company}?" in whole
    session.expire_all()
    assert len(survey.versions) == 1
    assert manager.get(f"{at}/preview").headers["Location"] == at
    assert sign_in("csm").post(f"{at}/preview").status_code in {400, 403}


def test_the_form_of_a_program_keeps_words_of_added_languages(app, session, survey):
    program = make.program(survey=survey, mail={"sv": {"thanks": "Merci"}, "en": {"subject": "One"}})
    with app.test_request_context():
        kept = saving.chosen_mail(program_form(session, program), program)
    assert kept == {"sv": {"thanks": "Merci"}, "en": {"subject": "One"}}


def test_a_survey_without_words_has_nothing_to_say_again(app, session, sign_in):
    bare = make.program().survey
    session.commit()
    assert sign_in("manager").get(f"/surveys/{bare.id}/language").status_code == 200
    with app.test_request_context(), pytest.raises(Invalid):
        translating.write(session, bare, "sv", {}, now=NOW)

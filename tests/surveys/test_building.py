"""Putting a survey together: a draft that nobody is asked with, its questions, words and rules, and its use."""

from __future__ import annotations

import pytest

from app.core import clock
from app.core.errors import Invalid, Refused
from app.delivery import letters
from app.extensions import db
from app.surveys import templates, wording
from app.surveys.building import drafts, editing
from app.surveys.building.length import length_of
from app.surveys.models import Survey
from tests import make
from tests.posting import token


@pytest.fixture
def survey(session, now) -> Survey:
    templates.ensure(session, now=now)
    session.commit()
    return session.query(Survey).filter_by(key="nps").one()


def post(client, page: str, url: str, fields: dict):
    return client.post(url, data={"csrf_token": token(client.get(page))} | fields)


def names(version) -> list[str]:
    return [question.name for question in version.questions]


def test_a_draft_is_asked_only_once_it_is_put_to_use(app, session, survey, now):
    before = survey.current
    draft = drafts.begun(session, survey, now=now)
    assert drafts.begun(session, survey, now=now) is draft
    drafts.add(session, draft, "drivers")
    assert survey.current is before
    assert drafts.put_to_use(session, survey, now=now) is draft
    assert (survey.current, survey.draft, names(survey.current)) == (
        draft,
        None,
        ["score", "comment", "drivers"],
    )
    assert names(before) == ["score", "comment"]
    assert wording.languages(draft) == wording.languages(before)
    drafts.begun(session, survey, now=now)
    drafts.discard(session, survey)
    assert survey.draft is None
    assert survey.current is draft


def test_what_calls_for_a_follow_up_is_added_to_older_installations_and_kept_where_it_was_said(
    session, survey, now
):
    first, obstacles = (
        next(one for one in found.current.questions if one.name == name)
        for found in session.query(Survey).filter_by(key="onboarding")
        for name in ("first_value", "obstacles")
    )
    first.options = {"choices": first.options["choices"]}
    obstacles.options = {**obstacles.options, "bad": []}
    templates.ensure(session, now=now)
    assert (first.options["bad"], obstacles.options["bad"]) == (["not_yet"], [])


def test_questions_are_moved_and_removed(app, session, survey, now):
    draft = drafts.begun(session, survey, now=now)
    added = drafts.add(session, draft, "text")
    second = drafts.add(session, draft, "text")
    assert (added.name, second.name) == ("text", "text_2")
    drafts.move(session, draft, second, -1)
    drafts.move(session, draft, draft.questions[0], -1)
    assert names(draft) == ["score", "comment", "text_2", "text"]
    drafts.remove(session, draft, draft.questions[1])
    assert [(q.name, q.position) for q in draft.questions] == [("score", 1), ("text_2", 2), ("text", 3)]
    with pytest.raises(Refused):
        drafts.add(session, draft, "nps")


def test_what_cannot_be_asked_is_not_put_to_use(app, session, survey, now):
    draft = drafts.begun(session, survey, now=now)
    question = drafts.add(session, draft, "single")
    with pytest.raises(Refused) as refused:
        drafts.put_to_use(session, survey, now=now)
    assert "No language has words" in str(refused.value)
    words = {"question": "Which plan?", "choices": "Small\nLarge"}
    editing.write(question, "en", words, is_first=True)
    editing.depend(question, ["band:detractor"])
    assert drafts.problems(draft) == []
    assert wording.languages(draft) == ["en"]
    drafts.remove(session, draft, draft.questions[0])
    assert "not asked of everybody" in " ".join(drafts.problems(draft))


def test_a_choice_that_is_reworded_or_moved_stays_the_same_choice(app, session, survey, now):
    question = drafts.add(session, drafts.begun(session, survey, now=now), "multiple")
    for lines, keys in (
        ("Small\nLarge", ["c1", "c2"]),
        ("Large\nSmall", ["c2", "c1"]),
        ("Big\nSmall", ["c2", "c1"]),
        ("Small\nHuge\nBig", ["c1", "c3", "c2"]),
    ):
        editing.write(question, "en", {"question": "Which?", "choices": lines}, is_first=True)
        assert list(question.asked.choices) == keys
    editing.write(question, "de", {"question": "Welche?", "choices": "Klein\nRiesig\nGroß"}, is_first=False)
    assert question.words["de"]["choices"]["c2"] == "Groß"
    for words in (
        {"choices": "Nur eine"},
        {"choices": "a\na\nb"},
        {"question": "{first_name}?", "choices": "a\nb\nc"},
    ):
        with pytest.raises(Invalid):
            editing.write(question, "de", {"question": "Welche?"} | words, is_first=False)


def test_a_long_survey_says_why_it_costs_answers(app, session, survey, now):
    draft = drafts.begun(session, survey, now=now)
    assert length_of(draft).warnings == []
    for kind in ("csat", "ces", "text", "text", "contact"):
        question = drafts.add(session, draft, kind)
    editing.depend(question, ["band:detractor"])
    assert len(length_of(draft).warnings) == 3
    assert (length_of(draft).questions, length_of(draft).further) == (6, 1)


def test_a_copy_and_a_further_survey_of_a_template_have_names_and_series_of_their_own(
    app, session, survey, now
):
    copy = drafts.duplicate(session, survey, now=now)
    other = drafts.from_template(session, "csat", now=now)
    assert (copy.key, copy.name, copy.current.number) == ("nps-2", "Recommendation (NPS) 2", 1)
    assert (other.key, names(other.current)) == ("csat-2", ["csat", "drivers", "comment"])


def test_an_open_question_says_what_it_asks_for(sign_in, session, survey):
    manager = sign_in("manager")
    at = f"/surveys/{survey.id}"
    post(manager, at, f"{at}/draft", {})
    question = post(manager, f"{at}/draft", f"{at}/draft/questions", {"kind": "text"}).location
    said = {"question": "What is missing?", "why": "", "intent": "improve"}
    assert post(manager, question, f"{question}?language=en", said | {"intent": "odd"}).status_code == 400
    assert post(manager, question, f"{question}?language=en", said).status_code == 303
    assert '<option selected value="improve">' in manager.get(question).text
    session.expire_all()
    kept = next(one for one in db.session.get(Survey, survey.id).draft.questions if one.kind == "text")
    assert kept.options["intent"] == "improve"


def test_a_survey_is_changed_page_by_page(sign_in, session, survey):
    manager = sign_in("manager")
    at = f"/surveys/{survey.id}"
    assert manager.get(f"{at}/draft").status_code == 302
    post(manager, at, f"{at}/draft", {})
    page = manager.get(f"{at}/draft").text
    assert "Version 2, not asked yet: 2 questions" in page
    assert "its series begins with the first wave" in page
    make.wave(program=make.program(survey=survey))
    session.commit()
    assert "the series goes on" in manager.get(f"{at}/draft").text
    sent = post(manager, f"{at}/draft", f"{at}/draft/questions", {"kind": "multiple"})
    question = sent.location
    wrong = post(manager, question, f"{question}?language=en", {"question": "Which?", "choices": "One"})
    assert wrong.status_code == 400
    assert "each on a line of its own" in wrong.text
    assert "Which?" in wrong.text
    said = {"question": "Which ones?", "choices": "Ledger\nStock", "rule": "band:detractor", "most": "1"}
    post(manager, question, f"{question}?language=en", said)
    assert "Answers that call for a follow-up" in manager.get(question).text
    post(manager, question, f"{question}?language=en", said | {"bad": ["c2", "gone"]})
    page = manager.get(f"{at}/draft").text
    assert "only asked of: Detractors (0 to 6)" in page
    assert "Words are missing." in page
    post(manager, f"{at}/draft", f"{at}/draft/name", {"name": "Our own"})
    post(manager, f"{at}/draft", f"{at}/draft/use", {})
    session.expire_all()
    found = db.session.get(Survey, survey.id)
    assert (found.name, found.current.number, found.draft) == ("Our own", 2, None)
    assert found.current.questions[2].asked.rule == {"band": ["detractor"]}
    assert found.current.questions[2].options["bad"] == ["c2"]
    assert "What people answered" in sign_in("viewer").get(at).text


def test_surveys_come_from_the_library_and_go_to_the_archive(sign_in, session, survey):
    manager = sign_in("manager")
    assert "Begin with this" in manager.get("/surveys/library").text
    sent = post(manager, "/surveys/library", "/surveys", {"template": "ces"})
    assert sent.location.endswith("/draft")
    made = db.session.query(Survey).filter_by(key="ces-2").one()
    post(manager, "/surveys/library", f"/surveys/{made.id}/archive", {})
    assert "is archived" in manager.get(f"/surveys/{made.id}").text
    assert made.name not in manager.get("/surveys").text
    assert made.name in manager.get("/surveys?state=archived").text
    make.program(survey=survey)
    session.commit()
    assert post(manager, "/surveys/library", f"/surveys/{survey.id}/archive", {}).status_code == 409


def test_the_trend_marks_the_day_of_other_words(sign_in, session, survey):
    manager = sign_in("manager")
    wave, now = make.wave(program=make.program(survey=survey)), clock.now()
    for _ in range(5):
        make.answer(9, invitation=make.invitation(wave=wave, sent_at=now), now=now)
    survey = session.get_one(Survey, survey.id)
    score = drafts.begun(session, survey, now=now).questions[0]
    editing.write(
        score, "en", editing.said(score, "en") | {"question": "Would you recommend us?"}, is_first=True
    )
    drafts.put_to_use(session, survey, now=now)
    session.commit()
    assert "asks in other words since" in manager.get("/reports").text


def test_the_words_of_the_mail_are_written_in_each_language_and_fall_back(sign_in, session, survey):
    manager, at = sign_in("manager"), f"/surveys/{survey.id}/draft"
    post(manager, f"/surveys/{survey.id}", at, {})
    page = f"{at}/mail?language=de"
    assert "Empfehlung" not in manager.get(page).text
    wrong = post(manager, page, page, {"subject": "Hallo {nobody}", "opening": "Nur kurz."})
    assert wrong.status_code == 400
    assert "there is no placeholder {nobody}" in wrong.text
    said = {"subject": "Kurz gefragt, {first_name}", "opening": "Nur eine Frage zu {product}."}
    part = manager.post(
        f"{at}/mail/preview?language=de",
        data=said | {"csrf_token": token(manager.get(page))},
        headers={"HX-Request": "true"},
    ).text
    assert "Kurz gefragt, Kim" in part
    assert "<html" not in part.partition("srcdoc")[0]
    assert post(manager, page, page, said).status_code == 303
    assert "Kurz gefragt" in manager.get(f"{at}?language=de").text
    session.expire_all()
    draft = db.session.get(Survey, survey.id).draft
    assert draft.words["de"].items() >= said.items()
    assert draft.words["en"]["subject"]
    company = letters.Company("Vendor", "https://a.example")

    assert post(manager, page, page, {"subject": ""}).status_code == 303
    session.expire_all()
    draft = db.session.get(Survey, survey.id).draft
    mail = letters.invitation(letters.ask_of(make.program(survey=draft.survey), draft, "de", company))
    assert mail.subject == "Eine Frage von Vendor"
    assert "de" in wording.languages(draft)

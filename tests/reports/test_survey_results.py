"""The page with what people answered to a survey, and the same answers on other pages, in files and for programs."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from app.reports import lists
from app.reports.lists import Chosen
from app.reports.surveys.breaks import is_break
from app.reports.surveys.results import how_many, results
from app.responses import besides
from app.sentiment.models import Label
from app.surveys import templates
from app.surveys.kinds.kind import Given
from app.surveys.models import Survey
from app.surveys.words.translating import copy_of
from tests import make


@pytest.fixture
def survey(session, now):
    """A satisfaction survey with three answers, one of them in rehearsal."""
    templates.ensure(session, now=now)
    found = session.query(Survey).filter_by(key="csat").one()
    ids = {question.name: question.id for question in found.current.questions}
    for score, drivers, is_rehearsal in (
        (5, ("ease", "price"), False),
        (2, ("price",), False),
        (1, (), True),
    ):
        wave = make.wave(program=make.program(survey=found), is_rehearsal=is_rehearsal)
        others = {ids["csat"]: Given("csat", score), ids["drivers"]: Given("drivers", picked=drivers)}
        make.answer(None, invitation=make.invitation(wave=wave), others=others, comment="Hm.", now=now)
    session.commit()
    return found


def test_answers_are_summed_up_question_by_question(session, survey):
    found = {one.question.name: one for one in results(session, survey)}
    assert (found["csat"].summary.n, found["csat"].summary.mean, found["csat"].summary.top) == (2, 3.5, 0.5)
    assert found["drivers"].summary.share("price") == 1
    assert [answer.words for answer in found["comment"].voices] == ["Hm.", "Hm."]
    assert (found["comment"].labels, found["csat"].labels) == ({Label.UNKNOWN: 2}, {})
    assert how_many(session, survey) == how_many(session, survey, survey.current) == 2


def test_the_page_shows_them_and_who_wrote(sign_in, survey):
    page = sign_in("viewer").get(f"/surveys/{survey.id}/answers").text
    assert "2 people answered" in page
    assert "Price and contract" in page
    assert "Share of 4 to 5" in page
    assert "How it sounds: Negative 0" in page


def test_a_file_and_the_person_s_page_tell_them_too(session, survey, sign_in):
    answer = results(session, survey)[0]
    response = results(session, survey)[2].voices[0].response
    said = besides.lines_of(session, [response.id])[response.id]
    assert said in ("csat=5; drivers=ease, price", "csat=2; drivers=price")
    response.score = 9
    session.flush()
    days = Chosen(response.day, response.day + timedelta(days=1))
    (row,) = (row for row in lists.answers_rows(session, days, zone=UTC) if row[0] == response.id)
    assert dict(zip(lists.CSV_HEAD, row, strict=True))["answers"] == said
    assert answer.question.name == "csat"
    session.commit()
    page = sign_in("viewer").get(f"/contacts/{response.contact_id}").text
    assert "Price and contract" in page


def test_a_break_is_other_words_for_the_score_and_not_a_further_language(session, now):
    templates.ensure(session, now=now)
    before = session.query(Survey).filter_by(key="nps").one().current
    after = copy_of(before, now)
    score = after.questions[0]
    score.words = {**score.words, "fi": score.words["en"]}
    assert not is_break(before, after)
    score.words = {**score.words, "en": {**score.words["en"], "question": "Would you?"}}
    assert is_break(before, after)

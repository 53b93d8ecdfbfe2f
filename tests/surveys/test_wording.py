"""Words of surveys: the language chosen, names filled in, templates complete in every language."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from app.cli import db_group
from app.surveys import audience, templates, wording
from app.surveys.models import Program, ProgramKind, QuestionKind, Survey
from tests import make

NAMES = {"product": "Ledger", "company": "Acme"}


@pytest.mark.parametrize(
    ("wanted", "offered", "found"),
    [
        ("de", ["en", "de"], "de"),
        ("de-AT", ["en", "de"], "de"),
        ("DE_at", ["en", "de"], "de"),
        ("pt-BR", ["en", "pt", "pt-BR"], "pt-BR"),
        ("fr", ["en", "de"], "en"),
        (None, ["en", "de"], "en"),
        ("fr", ["de"], "de"),
        ("fr", [], "en"),
    ],
)
def test_the_nearest_language_is_chosen(wanted, offered, found):
    assert wording.best(wanted, offered) == found


def test_an_installation_s_own_language_comes_before_english():
    assert wording.best("fr", ["en", "de"], "de") == "de"


def test_names_are_filled_in_and_nothing_else_is_reached():
    assert (
        wording.fill("{product} of {company}, {x.__class__} {0} {", NAMES)
        == "Ledger of Acme, {x.__class__} {0} {"
    )


@pytest.mark.parametrize("key", templates.NAMES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_template_is_whole_in_every_language(now, key, language):
    version = templates.shipped(key, now=now).versions[0]
    assert language in wording.languages(version)
    english = {q.name: set(q.words["en"]) for q in version.questions}
    assert {q.name: set(q.words[language]) for q in version.questions} == english
    assert set(version.words[language]) == set(version.words["en"])
    shown = [i.question + i.why + "".join(i.labels.values()) for i in wording.items(version, language, NAMES)]
    assert not re.search(r"[{}]", " ".join(shown))
    assert {i.name: (i.values[0], i.values[-1]) for i in wording.items(version, language, NAMES)}.items() <= {
        "score": (0, 10),
        "value_overall": (0, 10),
        "value_goal": (0, 4),
        "value_ease": (1, 7),
        "csat": (1, 5),
        "ces": (1, 7),
        "start_ease": (1, 7),
    }.items()
    assert set(wording.comment_prompt(version, language, NAMES)) == {"any", "low", "middle", "high"}


def test_after_several_questions_the_comment_says_which_it_is_about(now):
    version = templates.shipped("onboarding", now=now).versions[0]
    said = {tag: wording.comment_prompt(version, tag, NAMES)["any"] for tag in wording.languages(version)}
    assert said["en"] == "What made the start easy or difficult?"
    assert said["de"] == "Was hat den Anfang leicht oder schwer gemacht?"
    assert len(set(said.values())) == len(said) == 10


def test_scales_are_worded_at_both_ends(now):
    for key in templates.NAMES:
        for item in wording.items(templates.shipped(key, now=now).versions[0], "en", NAMES):
            assert {item.values[0], item.values[-1]} <= set(item.labels)
            assert set(item.labels) <= set(item.values)


def test_the_goal_is_named_where_it_is_known(now):
    goal = templates.shipped("value", now=now).versions[0].question(QuestionKind.VALUE_GOAL)
    assert "close in two days" in wording.item(goal, "en", NAMES | {"goal": "close in two days"}).question
    assert "{goal}" not in wording.item(goal, "en", NAMES).question


def test_a_goal_keeps_its_signs_together_within_words_from_right_to_left(now):
    survey, named = templates.shipped("value", now=now).versions[0], {"product": "P", "company": "C"}
    questions = {
        tag: wording.items(survey, tag, named | {"goal": "Save 15 %"})[1].question for tag in ("ar", "de")
    }
    assert "\u2068Save 15 %\u2069" in questions["ar"]
    assert "\u2068" not in questions["de"]
    assert "\u2068\u2069" not in wording.items(survey, "ar", named | {"goal": ""})[1].question


def test_a_program_s_own_mail_words_stand_in_place_of_the_template_s(now):
    version = templates.shipped("nps", now=now).versions[0]
    program = Program(mail={"en": {"subject": "Our own subject", "opening": ""}})
    words = wording.mail_words(program, version, "en")
    assert words["subject"] == "Our own subject"
    assert words["opening"] == version.words["en"]["opening"]
    assert wording.mail_words(program, version, "de")["subject"] == version.words["de"]["subject"]


def test_a_new_installation_gets_the_surveys_once(app, session, now):
    assert templates.ensure(session, now=now) == ["nps", "value", "nps_value", "csat", "ces", "onboarding"]
    assert templates.ensure(session, now=now) == []
    assert session.scalar(sa.select(sa.func.count(Survey.id))) == 6
    assert session.scalars(sa.select(Program.name).filter_by(kind=ProgramKind.MANUAL)).all() == ["Just ask"]


def test_a_language_that_comes_later_is_added_and_old_words_stay(app, session, now):
    templates.ensure(session, now=now)
    survey = session.scalars(sa.select(Survey).filter_by(key="nps")).one()
    survey.current.words = {"en": {"subject": "As it was asked"}}
    score = survey.current.question(QuestionKind.NPS)
    score.words = {"en": score.words["en"]}
    session.flush()
    templates.ensure(session, now=now)
    session.expire_all()
    assert set(survey.current.words) == set(score.words) == set(templates.shipped_words())
    assert survey.current.words["en"] == {"subject": "As it was asked"}


tags = st.sampled_from(
    ["de", "DE", "de-AT", "de_at", "pt", "pt-BR", "pt-PT", "en-GB", "fr", "d", "", "den-x"]
)


@given(
    wanted=st.none() | tags,
    offered=st.sets(st.sampled_from(["en", "de", "pt", "pt-BR"])),
    default=st.sampled_from(["en", "de", "fr"]),
)
def test_sql_chooses_the_language_that_words_choose(sqlite_connection, wanted, offered, default):
    query = sa.select(audience.in_language(sa.literal(wanted, sa.String), sorted(offered), default))
    assert sqlite_connection.scalar(query) == wording.best(wanted or "", sorted(offered), default)


@pytest.fixture(scope="module")
def sqlite_connection():
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_make_survey_without_words_is_still_readable(app):
    version = make.survey().current
    assert wording.items(version, "en", NAMES)[0].question == "score"
    assert wording.languages(version) == []


def test_bringing_the_database_up_to_date_adds_the_surveys(app, session):
    result = app.test_cli_runner().invoke(db_group, ["upgrade"])
    assert result.exit_code == 0, result.output
    assert session.scalar(sa.select(sa.func.count(Survey.id))) == 6

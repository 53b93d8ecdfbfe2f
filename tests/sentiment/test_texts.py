"""Every text of an answer is read, by what its question asks for, and pages count texts as their rows say."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import jobs, journey
from app.core import audit
from app.delivery.models import Invitation
from app.reports.comments import rows
from app.reports.comments.rows import Chosen
from app.reports.themes import counts
from app.responses.models import Answer, Response
from app.sentiment import texts
from app.sentiment.judging import corrections
from app.sentiment.models import Intent, Label, Mention, StoredReading, Theme
from app.sentiment.themes import dictionary
from app.surveys.kinds.kind import Given
from app.surveys.models import Question
from app.surveys.scales import band
from tests import make
from tests.conftest import NOW

GOOD, BAD = "Excellent support, I love it.", "The reports are terrible and useless."
ASKED = {"text": {"intent": "improve"}}
FROM, TO = NOW.date() - timedelta(days=60), NOW.date() + timedelta(days=1)


@pytest.fixture
def themes(session, now) -> None:
    dictionary.ensure(session, now=now)
    session.commit()


@pytest.fixture
def wave(session):
    """Of a survey that asks a further open question, what could be better."""
    return make.wave(program=make.program(survey=make.survey("nps", "comment", "text", options=ASKED)))


def question(session) -> int:
    return session.scalars(sa.select(Question.id).where(Question.kind == "text")).one()


def words(session, text: str) -> dict[int, Given]:
    return {question(session): Given("text", words=text)}


def readings(session, response_id: int) -> dict[bool, StoredReading]:
    """By whether it is the comment's."""
    session.expire_all()
    found = session.scalars(sa.select(StoredReading).filter_by(response_id=response_id)).all()
    return {one.question_id is None: one for one in found}


def test_words_to_a_further_question_are_read_by_its_intent_and_stay_with_their_words(session, wave, themes):
    ask = make.invitation(wave=wave)
    id = make.answer(9, comment=GOOD, others=words(session, "Nothing."), invitation=ask).response_id
    found = readings(session, id)
    assert (found[True].intent, found[False].intent) == (Intent.LIKE, Intent.IMPROVE)
    assert (found[True].said, found[False].said) == (Label.POSITIVE, Label.POSITIVE)
    assert texts.read("Nothing.", lang="en", intent="like").label is Label.NEGATIVE
    corrections.correct(session, found[True], Label.MIXED, by=audit.SYSTEM, now=NOW)
    ask = session.get_one(Invitation, ask.id)
    make.answer(2, comment=GOOD, others=words(session, BAD), invitation=ask)
    session.commit()
    jobs.find_themes(NOW)
    found = readings(session, id)
    assert (found[True].said, found[False].said) == (Label.MIXED, Label.NEGATIVE)
    assert {one.score for one in found.values()} == {2}
    query = sa.select(Theme.key, Mention.score, Mention.label).join(Mention, Mention.theme_id == Theme.id)
    assert set(session.execute(query).all()) == {
        ("support", 2, Label.MIXED),
        ("reporting", 2, Label.NEGATIVE),
    }
    shown = rows.comments(session, Chosen(FROM, TO, question=rows.FURTHER))
    assert [(one.words, one.is_mismatch) for one in shown] == [(BAD, False)]
    assert [one.words for one in rows.comments(session, Chosen(FROM, TO, words="useless"))] == [BAD]
    kept = corrections.standing_of(session, found[True])
    assert len(kept) == 1


def test_what_is_dropped_or_forgotten_is_counted_no_more(session, wave, themes):
    ask = make.invitation(wave=wave)
    id = make.answer(9, comment=GOOD, others=words(session, BAD), invitation=ask).response_id
    session.commit()
    jobs.find_themes(NOW)
    assert rows.tally(session, Chosen(FROM, TO)).n == 2
    person = session.get_one(Response, id).contact
    journey.person_erased(session, person, now=NOW, actor=audit.SYSTEM)
    session.commit()
    assert rows.tally(session, Chosen(FROM, TO)).n == 0
    assert counts.overview(session, FROM, TO).rows[0].share.number == 0
    held = make.answer(9, comment=GOOD, is_automatic=True).response_id
    assert rows.tally(session, Chosen(FROM, TO)).n == 0
    row = session.get_one(Response, held)
    journey.answer_reviewed(session, row, is_person=True, actor=audit.SYSTEM, now=NOW)
    assert rows.tally(session, Chosen(FROM, TO)).n == 1


def recounted(session) -> tuple[Counter, Counter, Counter]:
    """Texts by label, by language and mismatch, and by theme, label and band, from the answers themselves."""
    labels, unfit, about = Counter(), Counter(), Counter()
    for response in session.scalars(sa.select(Response)):
        if not response.counts or not FROM <= response.day < TO:
            continue
        said = {None: response.comment} | {
            answer.question_id: answer.words or ""
            for answer in session.scalars(sa.select(Answer).filter_by(response_id=response.id))
            if answer.question.kind == "text"
        }
        for place, text in said.items():
            if not text:
                continue
            reading = session.scalars(
                sa.select(StoredReading).filter_by(response_id=response.id, question_id=place)
            ).one()
            labels[reading.said] += 1
            is_bad = place is None and response.score is not None and response.score >= 9
            unfit["promoter"] += is_bad and reading.said is Label.NEGATIVE
            for mention in session.scalars(sa.select(Mention).filter_by(reading_id=reading.id)):
                score = response.score
                about[mention.theme_id, mention.label, "" if score is None else band(score).value] += 1
    return labels, unfit, about


def test_the_figures_of_the_pages_are_those_of_a_recount(session, wave, themes):
    """After answers, changes of them, corrections, reviews, a merge and a person who was forgotten, in any order."""
    dice = random.Random(11)
    others = ("", "Nothing.", BAD, "The app crashes.", "Slow, but the price is fair.")
    people = [make.contact() for _ in range(12)]
    made = []
    for _ in range(40):
        ask = make.invitation(wave=make.wave(program=wave.program), contact=dice.choice(people))
        made.append(ask.id)
        answer(session, dice, ask, others)
    for id in dice.sample(made, 15):
        answer(session, dice, session.get_one(Invitation, id), others)
    for reading in dice.sample(session.scalars(sa.select(StoredReading).order_by(StoredReading.id)).all(), 8):
        corrections.correct(session, reading, dice.choice(list(Label)), by=audit.SYSTEM, now=NOW)
    for row in session.scalars(sa.select(Response).filter_by(is_maybe_automatic=True)).all()[:2]:
        journey.answer_reviewed(session, row, is_person=True, actor=audit.SYSTEM, now=NOW)
    one, other = people[0].account, people[1].account
    journey.accounts_merged(session, one, other, now=NOW, actor=audit.SYSTEM)
    journey.person_erased(session, people[2], now=NOW, actor=audit.SYSTEM)
    session.commit()
    jobs.find_themes(NOW)
    session.expire_all()
    labels, unfit, about = recounted(session)
    tally, overview = rows.tally(session, Chosen(FROM, TO)), counts.overview(session, FROM, TO)
    assert {label: n for label, n in tally.labels.items() if n} == dict(labels)
    assert tally.mismatches["promoter"] == unfit["promoter"]
    assert overview.total == labels.total() == tally.n
    found = counts.mentioned(session, [row.theme.id for row in overview.rows], FROM, TO).now
    assert {(id, *cell): n for id, cells in found.items() for cell, n in cells.items()} == dict(about)
    assert {one.account_id for one in session.scalars(sa.select(StoredReading))} == set(
        session.scalars(sa.select(Response.account_id).join(StoredReading))
    )
    assert len(rows.comments(session, Chosen(FROM, TO), size=500)) == tally.n


def answer(session, dice, ask: Invitation, others: tuple[str, ...]) -> None:
    text = dice.choice(others)
    comment = dice.choice(("", GOOD, BAD, "Hm.", "Great, but the dashboard is slow."))
    more = {"others": words(session, text)} if text else {}
    is_automatic = {"is_automatic": True} if dice.random() < 0.15 else {}
    make.answer(dice.randrange(11), comment=comment, invitation=ask, **more, **is_automatic)

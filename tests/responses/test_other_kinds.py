"""Answers to questions that have no column of their own: written beside the response, kept through changes, erased."""

from __future__ import annotations

import sqlalchemy as sa

from app.core.database import transactions
from app.responses import traces
from app.responses.models import Answer, Response, Revision
from app.responses.recording import Effect
from app.surveys.kinds.kind import Given
from tests import make

CHOICES = {"single": {"choices": ["a", "b"]}, "multiple": {"choices": ["a", "b", "c"]}}


def asked(*kinds: str):
    ask = make.invitation(wave=make.wave(program=make.program(survey=make.survey(*kinds, options=CHOICES))))
    return ask, {question.kind: question.id for question in ask.version.questions}


def given(session) -> list[tuple]:
    rows = session.scalars(sa.select(Answer).order_by(Answer.id))
    return [(row.given.kind, row.number, row.words, row.picked) for row in rows]


def test_every_kind_of_answer_is_written_beside_the_response(session, now):
    ask, ids = asked("nps", "csat", "multiple", "text")
    others = {
        ids["csat"]: Given("csat", 4),
        ids["multiple"]: Given("multiple", picked=("a", "c")),
        ids["text"]: Given("text", words="More templates."),
    }
    recorded = make.answer(9, invitation=ask, others=others, now=now)
    assert given(session) == [
        ("nps", 9, None, None),
        ("csat", 4, None, None),
        ("multiple", None, None, ["a", "c"]),
        ("text", None, "More templates.", None),
    ]
    assert make.answer(9, invitation=ask, others=others, now=now).effect is Effect.REPEATED
    assert session.get_one(Response, recorded.response_id).revision == 1


def test_a_change_leaves_what_it_does_not_mention_and_keeps_what_stood_there(session, now):
    ask, ids = asked("nps", "single", "text")
    one, text = ids["single"], ids["text"]
    first = {one: Given("single", picked=("a",)), text: Given("text", words="Hm.")}
    make.answer(3, invitation=ask, attempt="one", others=first, now=now)
    changed = make.answer(
        3, invitation=ask, attempt="two", others={one: Given("single", picked=("b",))}, now=now
    )
    assert changed.effect is Effect.EDITED
    assert given(session)[1:] == [("single", None, None, ["b"]), ("text", None, "Hm.", None)]
    said = session.scalars(sa.select(Revision.said)).one()
    assert said["others"][str(one)]["picked"] == ["a"]
    again = make.answer(3, invitation=ask, attempt="one", others=first, now=now)
    assert again.effect is Effect.REPEATED


def test_words_go_with_the_person_and_choices_stay(session, now):
    ask, ids = asked("nps", "text", "contact")
    others = {
        ids["text"]: Given("text", words="I am Kim."),
        ids["contact"]: Given("contact", words="+49 30 1234", picked=("phone",)),
    }
    make.answer(3, invitation=ask, others=others, now=now)
    make.answer(4, invitation=ask, now=now)
    session.commit()
    transactions.write(session)
    traces.forget(session, ask.contact_id, now=now)
    assert given(session) == [("nps", 4, None, None), ("contact", None, None, ["phone"])]
    said = session.scalars(sa.select(Revision.said)).one()
    assert {one["words"] for one in said["others"].values()} == {None}

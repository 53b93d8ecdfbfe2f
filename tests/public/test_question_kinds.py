"""Questions of further kinds on the answer page: shown by native controls, read strictly, kept as they were filled in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.contacts.models import Goal
from app.core import clock
from app.core.database import transactions
from app.core.tokens import Signer
from app.delivery import letters
from app.extensions import db
from app.followups.promises.models import Promise
from app.responses.models import Answer, Response, Revision
from tests import make
from tests.databases import SECRET_KEY


@pytest.fixture
def link(session, now):
    """`link(kinds, options)` is the link of an ask of a survey with these questions."""

    def of(*kinds: str, **options: dict) -> str:
        transactions.write(session)
        program = make.program(survey=make.survey(*kinds, options=options))
        row = make.invitation(wave=make.wave(program=program), sent_at=clock.now() - timedelta(days=1))
        token = Signer([SECRET_KEY]).token(row.nonce)
        session.commit()
        return f"/a/{token}"

    return of


def answers() -> dict[str, tuple]:
    transactions.read(db.session)
    rows = db.session.scalars(sa.select(Answer).order_by(Answer.id))
    return {row.question.name: (row.number, row.words, row.picked) for row in rows}


def test_satisfaction_and_what_drove_it_are_recorded(client, ask):
    at = ask("csat")
    page = client.get(at.link).text
    assert page.count('type="radio" name="csat"') == 5
    assert page.count('type="checkbox" name="drivers"') == 6
    sent = client.post(at.link, data={"csat": "4", "drivers": ["price", "ease"], "comment": "Fine."})
    assert (sent.status_code, sent.location) == (303, f"{at.link}/thanks")
    assert answers() == {
        "csat": (4, None, None),
        "drivers": (None, None, ["ease", "price"]),
        "comment": (None, "Fine.", None),
    }
    assert db.session.scalars(sa.select(Response.score)).one() is None


def test_a_number_of_the_mail_is_chosen_on_its_own_scale_and_records_nothing(client, ask, session, settings):
    at = ask("csat")
    version = at.row.version
    letter = letters.ask_of(
        at.row.wave.program, version, "en", letters.Company("Northwind", "https://a.example")
    )
    assert letter.has_scores
    assert letter.scale == range(1, 6)
    assert letter.low
    assert letter.high
    session.commit()
    page = client.get(f"{at.link}?score=4").text
    assert re.search(r'name="csat" value="4"[^>]* checked', page)
    assert page.count(" checked") == 1
    assert "lang=de&amp;score=4" in page
    assert " checked" not in client.get(f"{at.link}?score=9").text
    assert session.scalar(sa.select(sa.func.count(Response.id))) == 0


def test_what_is_no_answer_comes_back_as_it_was_filled_in(client, ask):
    at = ask("csat")
    data = {"csat": "9", "drivers": ["price", "ease", "support"], "comment": "Kept"}
    sent = client.post(at.link, data=data)
    assert sent.status_code == 400
    assert "choose 2 at most" in sent.text
    assert 'id="csat-error"' in sent.text
    assert "Kept</textarea>" in sent.text
    assert re.findall(r'name="drivers" value="(\w+)"[^>]* checked', sent.text) == ["ease", "support", "price"]
    assert client.post(at.link, data={"comment": "no number"}).status_code == 400
    assert answers() == {}


BRANCHED = {
    "text": {"shown_if": {"band": ["detractor"]}},
    "single": {"choices": ["a", "b"], "shown_if": {"band": ["detractor", "passive"]}},
}


def test_questions_that_fit_the_score_come_after_it_is_saved(client, link):
    at = link("nps", "comment", "text", "single", **BRANCHED)
    first = client.get(at).text
    assert 'name="text"' not in first
    assert 'name="single"' not in first
    sent = client.post(at, data={"score": "3", "text": "not asked yet", "attempt": "one"})
    assert (sent.status_code, sent.location) == (303, f"{at}/further")
    assert answers() == {"score": (3, None, None)}

    page = client.get(sent.location).text
    assert 'name="text"' in page
    assert 'name="single"' in page
    assert 'name="score"' not in page
    assert f'href="{at}/thanks"' in page
    assert client.post(sent.location, data={"text": "x" * 2001}).status_code == 400
    done = client.post(sent.location, data={"score": "10", "text": "Slow.", "single": "b"})
    assert (done.status_code, done.location) == (303, f"{at}/thanks")
    assert answers() == {
        "score": (3, None, None),
        "text": (None, "Slow.", None),
        "single": (None, None, ["b"]),
    }
    transactions.read(db.session)
    assert db.session.scalars(sa.select(Response.revision)).one() == 1
    assert db.session.scalars(sa.select(Revision)).all() == []
    assert client.get(sent.location).location == f"{at}/thanks"

    client.post(at, data={"score": "8", "attempt": "two"})
    assert answers() == {"score": (8, None, None), "single": (None, None, ["b"])}


def test_who_gets_no_further_questions_reads_the_thanks(client, link):
    at = link("nps", "text", "single", **BRANCHED)
    assert client.get(f"{at}/further").location == at
    assert client.post(f"{at}/further", data={"text": "x"}).location == at
    assert client.post(at, data={"score": "10"}).location == f"{at}/thanks"
    assert client.get(f"{at}/further").location == f"{at}/thanks"
    assert client.post(f"{at}/further", data={"text": "x"}).location == f"{at}/thanks"
    assert answers() == {"score": (10, None, None)}


def test_a_rule_may_ask_for_an_earlier_answer(client, ask):
    at = ask("onboarding")
    sent = client.post(at.link, data={"start_ease": "3", "first_value": "not_yet"})
    assert sent.location == f"{at.link}/further"
    client.post(sent.location, data={"obstacles": ["time"]})
    assert answers()["obstacles"] == (None, None, ["time"])
    other = ask("onboarding")
    assert client.post(other.link, data={"start_ease": "3", "first_value": "yes"}).location.endswith("thanks")


def test_another_goal_becomes_the_account_s_and_the_former_one_stays_dated(client, ask, session):
    at = ask("onboarding")
    transactions.write(session)
    account = session.get_one(type(at.row), at.id).account
    make.goal(account=account, words="Close the books in two days")
    session.commit()
    assert "Close the books in two days" in client.get(at.link).text
    client.post(at.link, data={"start_ease": "6", "goal": "yes", "attempt": "one"})
    assert goals() == [("Close the books in two days", False)]
    client.post(at.link, data={"start_ease": "6", "goal_more": "Fewer returns", "attempt": "two"})
    assert goals() == [("Close the books in two days", True), ("Fewer returns", False)]
    assert answers()["goal"] == (None, "Fewer returns", ["no"])


def goals() -> list[tuple[str, bool]]:
    transactions.read(db.session)
    return [
        (goal.words, goal.ended_on is not None)
        for goal in db.session.scalars(sa.select(Goal).order_by(Goal.id))
    ]


def test_who_wants_to_be_called_is_promised_it(client, link):
    at = link("nps", "contact")
    assert client.post(at, data={"score": "9", "contact": "phone"}).status_code == 400
    client.post(at, data={"score": "9", "contact": "phone", "contact_more": "+49 30 12345"})
    transactions.read(db.session)
    promise = db.session.scalars(sa.select(Promise)).one()
    assert (promise.way, promise.phone) == ("phone", "+49 30 12345")
    client.post(at, data={"score": "9", "contact": "no"})
    transactions.read(db.session)
    db.session.expire_all()
    assert db.session.scalars(sa.select(Promise.withdrawn_at)).one() is not None

"""What a person knows before dialling: sentences to say, each with the fact it rests on."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import Babel

from app.contacts.models import Account, Contact, ContactRole, Goal
from app.core import clock
from app.core.clock import Today
from app.delivery.models import Invitation, InvitationState
from app.followups import ranking, words
from app.followups.casefile import Ask, casefile, talking_points
from app.followups.models import ActivityKind, Task, TaskKind, Touch
from app.responses.models import Response
from tests import make
from tests.conftest import NOW

TODAY = date(2026, 3, 4)
ZONE = ZoneInfo("Europe/Berlin")
numbers = itertools.count(1)


@pytest.fixture
def english():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def asked(days_ago: int, state: InvitationState = InvitationState.SILENT) -> Ask:
    sent = moment(TODAY - timedelta(days=days_ago))
    closes = sent + timedelta(days=21)
    return Ask(Invitation(id=next(numbers), state=state, sent_at=sent, closes_at=closes), None)


def answered(days_ago: int, score: int | None, comment: str = "") -> Ask:
    day = TODAY - timedelta(days=days_ago)
    said = Response(score=score, comment=comment, day=day, submitted_at=moment(day), language="en")
    return Ask(asked(days_ago, InvitationState.ANSWERED).invitation, said)


def points(*asks: Ask, touched=(), goal=None, renewal_on=None):
    task = Task(kind=TaskKind.DETRACTOR, contact_id=7, account=Account(name="Acme", renewal_on=renewal_on))
    return talking_points(task, asks, touched, goal, today=TODAY, zone=ZONE)


def said(*asks, **given) -> str:
    return " | ".join(point.words for point in points(*asks, **given))


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (4, 6, "You gave us 4 of 10 on Mar 1, 2026, after 6 on Nov 24, 2025. What got worse?"),
        (9, 6, "You gave us 9 of 10 on Mar 1, 2026, up from 6 on Nov 24, 2025. What got better?"),
        (7, 7, "You gave us 7 of 10 on Mar 1, 2026, as on Nov 24, 2025. What would move it?"),
        (0, None, "You gave us 0 of 10 on Mar 1, 2026. What was the main reason?"),
    ],
)
def test_a_score_is_told_against_the_one_before_with_both_days(english, now, before, words):
    last = answered(3, now)
    earlier = [] if before is None else [answered(100, before)]
    first = points(last, *earlier)[0]
    assert first.words == words
    assert (first.fact, first.place) == ("answer of Mar 1, 2026", f"ask-{last.invitation.id}")


def test_an_answer_about_value_alone_says_nothing_of_a_score(english):
    assert "You gave us" not in said(answered(3, None))


def test_comments_are_told_in_their_own_words_and_language(english):
    last, before = answered(3, 4, "Zu  langsam.\nImmer."), answered(50, 6, "x " * 200)
    found = [point for point in points(last, before, answered(90, 5, "old")) if point.quote]
    assert found[0].quote == "Zu langsam. Immer."
    assert found[0].language == "en"
    assert found[1].words.startswith("On Jan 13, 2026 you also wrote this")
    assert found[1].quote.endswith("…")
    assert len(found) == 2


def test_silence_is_told_with_how_often_and_since_when(english):
    assert "We asked you on Feb 2, 2026 and did not hear from you." in said(asked(30))
    assert "We have asked you 2 times since Nov 24, 2025 and never heard" in said(asked(30), asked(100))
    since = said(asked(30), asked(60), answered(100, 9), asked(200))
    assert "We last heard from you on Nov 24, 2025; 2 questions since then" in since
    assert "heard" not in said(answered(3, 9), asked(30))
    assert "heard" not in said(asked(30, InvitationState.BOUNCED))


def test_an_ask_that_is_open_is_told_with_its_last_day(english):
    open_ask = asked(4, InvitationState.SENT)
    found = points(open_ask, asked(40))
    assert found[0].words.startswith("We asked you on")
    assert (
        found[1].words
        == "Our mail of Feb 28, 2026 still waits for your answer, until Mar 21, 2026. It takes a minute."
    )
    assert found[1].place == f"ask-{open_ask.invitation.id}"


def test_goal_touch_and_renewal_are_told_with_their_days(english):
    goal = Goal(words="Close in four days", from_on=date(2025, 7, 1))
    lena = Contact(first_name="Lena", last_name="Schön")
    touch = Touch(
        id=5,
        kind=ActivityKind.CALL,
        at=moment(date(2026, 2, 1)),
        staff_name="Maya",
        contact=lena,
        contact_id=8,
    )
    found = points(touched=[touch], goal=goal, renewal_on=TODAY + timedelta(days=30))
    assert [(point.fact, point.place) for point in found] == [
        ("goal since Jul 1, 2025", "goal"),
        ("touch of Feb 1, 2026", "touch-5"),
        ("renewal on Apr 3, 2026", "customer"),
    ]
    assert found[0].quote == "Close in four days"
    assert "Maya was last in touch with Lena Schön, on Feb 1, 2026 (call)." in found[1].words
    assert "in 30 days" in found[2].words
    touch.contact_id = 7
    assert "in touch with you" in said(touched=[touch])


@pytest.mark.parametrize("renewal_on", [None, TODAY - timedelta(days=1), TODAY + timedelta(days=181)])
def test_a_renewal_that_is_far_or_over_is_not_told(english, renewal_on):
    assert "renews" not in said(renewal_on=renewal_on)


def test_nobody_was_in_touch_is_a_fact_too(english):
    assert [point.place for point in points()] == ["touches"]


def test_every_fact_stands_on_the_task_page(sign_in, session):
    csm = sign_in("csm")
    person = make.contact(account=make.account(renewal_on=clock.now().date() + timedelta(days=20)))
    make.goal(account=person.account, words="Close in four days", from_on=NOW.date())
    make.response(9, invitation=make.invitation(contact=person), comment="Good then.")
    late = NOW + timedelta(days=1)
    response = make.response(
        3, invitation=make.invitation(contact=person), submitted_at=late, comment="Bad now."
    )
    task = make.task(contact=person, response=response, owner=csm.person)
    session.commit()
    page = csm.get(f"/tasks/{task.id}").text
    found = casefile(session, task, today=Today.at(clock.now(), ZONE)).points
    assert len(found) >= 5
    for point in found:
        assert f'href="#{point.place}"' in page
        assert f'id="{point.place}"' in page
    assert "What got worse?" in page


def test_a_task_about_nobody_in_particular_quotes_nobody(app, session):
    person = make.contact()
    make.response(3, invitation=make.invitation(contact=person), comment="Bad.")
    task = make.task(contact=person, kind=TaskKind.ALERT)
    task.contact = None
    session.commit()
    with app.test_request_context():
        case = casefile(session, task, today=Today.at(NOW, ZONE))
    assert len(case.asks) == 1
    assert [point.quote for point in case.points if point.quote] == []


def test_the_priority_is_a_word_with_its_reasons(app, session):
    boss = make.contact(role=ContactRole.DECISION_MAKER, account=make.account(tier=1))
    task = make.task(contact=boss, priority=85)
    with app.test_request_context():
        assert words.why_urgent(task, NOW, NOW.date()) == "an unhappy answer, a key role, a tier 1 customer"


@pytest.mark.parametrize(
    ("standings", "levels"),
    [
        ([40], "h"),
        ([85, 85, 60, 40], "mmll"),
        ([90, 85, 85, 60, 40], "hmmll"),
        ([70] * 12, "m" * 12),
        ([90, 89, 88, *[50] * 27], "hhh" + "m" * 27),
        (list(range(30, 0, -1)), "h" * 3 + "m" * 8 + "l" * 19),
    ],
)
def test_high_priority_is_a_tenth_at_most_and_no_matter_of_points(session, standings, levels):
    account = make.account()
    for points in standings:
        make.task(account=account, priority=points)
    make.task(account=account, priority=99, state="closed", closed_at=NOW, outcome="lost")
    session.flush()
    found = ranking.levels(session.connection(), now=NOW)
    assert [found.of(points)[0] for points in standings] == list(levels)
    assert found.of(1_000) == "high"

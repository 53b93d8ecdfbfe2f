"""Recording an answer: one response per ask, edits keep history, repeats change nothing, the window is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.delivery.models import InvitationChange, InvitationState, Purpose
from app.health.models import ScoreDue
from app.responses.models import Answer, Response, Revision
from app.responses.recording import Closed, Effect
from app.sentiment.models import Label, StoredReading
from app.surveys.models import QuestionKind
from tests import make

DAY = timedelta(days=1)


def test_an_answer_is_written_with_its_answers_reading_and_ledger_state(session, now):
    ask = make.invitation(language="en")
    recorded = make.answer(3, invitation=ask, comment="Terrible support, awful.", now=now)

    response = session.get_one(Response, recorded.response_id)
    assert (response.score, response.comment, response.day) == (3, "Terrible support, awful.", now.date())
    assert [(a.question.name, a.number, a.words) for a in response.answers] == [
        ("score", 3, None),
        ("comment", None, "Terrible support, awful."),
    ]
    reading = session.scalars(sa.select(StoredReading)).one()
    assert (reading.label, reading.language, reading.engine) == (Label.NEGATIVE, "en", "textblob")
    assert (ask.state, ask.answered_at, ask.closed_at) == (InvitationState.ANSWERED, now, now)
    change = session.scalars(sa.select(InvitationChange)).one()
    assert (change.from_state, change.state) == (InvitationState.SENT, InvitationState.ANSWERED)
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [ask.account_id]


def test_an_answer_without_a_comment_has_no_reading(session, now):
    make.answer(9, now=now)
    assert session.scalars(sa.select(StoredReading)).all() == []


def test_value_items_are_written_with_their_points_and_the_goal_they_speak_of(session, now):
    survey = make.survey(QuestionKind.VALUE_OVERALL, QuestionKind.VALUE_GOAL, QuestionKind.VALUE_EASE)
    wave = make.wave(program=make.program(survey=survey))
    ask = make.invitation(wave=wave)
    goal = make.goal(account=ask.account, words="Halve the time to invoice")
    recorded = make.answer(None, invitation=ask, value_overall=8, value_goal=3, value_ease=4, now=now)

    response = session.get_one(Response, recorded.response_id)
    assert response.score is None
    assert response.value_points == pytest.approx(0.5 * 80 + 0.3 * 75 + 0.2 * 50)
    assert response.goal_id == goal.id
    assert len(response.answers) == 3


def test_a_changed_answer_keeps_what_was_said_before(session, now):
    ask = make.invitation()
    make.answer(3, invitation=ask, comment="Bad", attempt="one", now=now)
    recorded = make.answer(9, invitation=ask, comment="Good now", attempt="two", now=now + DAY)

    assert recorded.effect is Effect.EDITED
    response = session.scalars(sa.select(Response)).one()
    assert (response.score, response.revision, response.submitted_at) == (9, 2, now)
    assert response.updated_at == now + DAY
    revision = session.scalars(sa.select(Revision)).one()
    assert (revision.number, revision.said["score"], revision.said["comment"]) == (1, 3, "Bad")
    assert session.scalars(sa.select(Answer.number).order_by(Answer.id)).all() == [9, None]
    assert len(session.scalars(sa.select(StoredReading)).all()) == 1


def test_the_same_answer_again_changes_nothing(session, now):
    ask = make.invitation()
    make.answer(3, invitation=ask, attempt="one", now=now)
    assert make.answer(3, invitation=ask, attempt="one", now=now + DAY).effect is Effect.REPEATED
    assert make.answer(3, invitation=ask, attempt="two", now=now + DAY).effect is Effect.REPEATED
    assert session.scalars(sa.select(Response.updated_at)).one() == now
    assert session.scalars(sa.select(Revision)).all() == []


def test_one_form_sent_twice_with_another_score_is_a_change(session, now):
    ask = make.invitation()
    make.answer(3, invitation=ask, attempt="one", now=now)
    assert make.answer(4, invitation=ask, attempt="one", now=now + DAY).effect is Effect.EDITED


def test_a_browser_that_repeats_an_earlier_version_does_not_undo_the_later_one(session, now):
    ask = make.invitation()
    make.answer(3, invitation=ask, attempt="one", now=now)
    make.answer(9, invitation=ask, attempt="two", now=now)
    assert make.answer(3, invitation=ask, attempt="one", now=now).effect is Effect.REPEATED
    assert session.scalars(sa.select(Response.score)).one() == 9


def test_a_late_answer_keeps_the_day_of_silence(session, now):
    ask = make.invitation(state=InvitationState.SILENT, silent_at=now + 21 * DAY)
    late = now + 30 * DAY
    make.answer(8, invitation=ask, now=late)
    assert (ask.state, ask.is_late, ask.silent_at) == (InvitationState.ANSWERED, True, now + 21 * DAY)
    assert session.scalars(sa.select(Response.is_late)).one() is True


@pytest.mark.parametrize("days", [35, 36])
def test_answers_and_changes_are_taken_until_fourteen_days_after_closing(session, now, days):
    ask = make.invitation()
    moment = now + days * DAY
    if days == 35:
        assert make.answer(8, invitation=ask, now=moment).effect is Effect.NEW
        assert make.answer(9, invitation=ask, now=moment).effect is Effect.EDITED
    else:
        with pytest.raises(Closed):
            make.answer(8, invitation=ask, now=moment)


def test_a_program_may_take_late_answers_for_longer(session, now):
    ask = make.invitation(wave=make.wave(program=make.program(cadence={"late_days": 30})))
    assert make.answer(8, invitation=ask, now=now + 50 * DAY).effect is Effect.NEW


@pytest.mark.parametrize("state", [InvitationState.CANCELLED, InvitationState.SUPPRESSED])
def test_nobody_answers_what_was_never_asked(session, now, state):
    ask = make.invitation(state=state, sent_at=None, suppressed_reason="quarantine")
    with pytest.raises(Closed):
        make.answer(8, invitation=ask, now=now)


def test_somebody_who_unsubscribed_may_still_answer_the_mail_they_got(session, now):
    ask = make.invitation(state=InvitationState.CANCELLED)
    assert make.answer(8, invitation=ask, now=now).effect is Effect.NEW


def test_an_answer_before_the_mail_left_is_taken_and_can_be_changed_for_a_while(session, now):
    ask = make.invitation(state=InvitationState.QUEUED, sent_at=None)
    make.answer(8, invitation=ask, now=now)
    assert ask.closes_at == now + 21 * DAY


@pytest.mark.parametrize("given", [{"is_rehearsal": True}, {"purpose": Purpose.TEST}])
def test_rehearsals_and_tests_are_recorded_but_mark_no_score(session, now, given):
    recorded = make.answer(3, invitation=make.invitation(**given), now=now)
    assert session.get_one(Response, recorded.response_id).is_rehearsal
    assert session.scalars(sa.select(ScoreDue)).all() == []

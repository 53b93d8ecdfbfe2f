"""Tasks opened by answers and silences: owner, dates, and what a changed answer does to them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.core.installation import installation
from app.delivery.models import InvitationState, Reminder
from app.followups.models import Outcome, Task, TaskKind, TaskState
from app.surveys.kinds.kind import Given
from app.surveys.models import QuestionKind
from tests import make

DAY = timedelta(days=1)


def tasks(session) -> list[Task]:
    return list(session.scalars(sa.select(Task).order_by(Task.id)))


def test_a_detractor_gets_a_task_for_the_owner_of_the_account(session, now):
    owner = make.staff()
    ask = make.invitation(contact=make.contact(account=make.account(owner=owner)))
    recorded = make.answer(3, invitation=ask, now=now)
    (task,) = tasks(session)
    assert (task.kind, task.owner_id, task.state) == (TaskKind.DETRACTOR, owner.id, TaskState.NEW)
    assert (task.response_id, task.contact_id) == (recorded.response_id, ask.contact_id)
    assert task.first_touch_due_at < task.due_at
    assert [change.state for change in task.states] == [TaskState.NEW]
    assert "3 of 10" in task.reason
    assert not task.is_rehearsal


def test_an_account_without_owner_or_with_one_who_is_gone_falls_to_the_default_owner(session, now):
    default, gone = make.staff(), make.staff(active=False)
    installation(session).default_owner_id = default.id
    for account in (make.account(), make.account(owner=gone)):
        make.answer(9, invitation=make.invitation(contact=make.contact(account=account)), now=now)
    assert {task.owner_id for task in tasks(session)} == {default.id}


def test_a_rehearsal_opens_tasks_that_say_so(session, now):
    make.answer(3, invitation=make.invitation(is_rehearsal=True), now=now)
    assert [task.is_rehearsal for task in tasks(session)] == [True]


def test_low_value_opens_its_own_task_beside_the_one_of_the_band(session, now):
    survey = make.survey(QuestionKind.NPS, QuestionKind.VALUE_OVERALL)
    ask = make.invitation(wave=make.wave(program=make.program(survey=survey)))
    make.answer(9, invitation=ask, value_overall=2, now=now)
    assert {task.kind for task in tasks(session)} == {TaskKind.PROMOTER, TaskKind.VALUE}


def test_a_bad_answer_of_a_further_kind_opens_one_alert_that_follows_its_changes(session, now):
    survey = make.survey(QuestionKind.NPS, "csat", "ces")
    ask = make.invitation(wave=make.wave(program=make.program(survey=survey)))
    ids = {question.kind: question.id for question in ask.version.questions}

    def answer(score: int | None, **points: int) -> list[tuple[TaskKind, str]]:
        others = {ids[kind]: Given(kind, number) for kind, number in points.items()}
        make.answer(score, invitation=ask, others=others, now=now)
        return [(task.kind, task.reason) for task in tasks(session)]

    assert answer(None, csat=3, ces=3) == []
    reason = "A user gave 1 of 5 for satisfaction; 2 of 7 for ease: find out why, soon."
    assert answer(None, csat=1, ces=2) == [(TaskKind.ALERT, reason)]
    assert answer(None, csat=2) == [(TaskKind.ALERT, reason.replace("1 of 5", "2 of 5"))]
    ((_kind, words),) = answer(None, csat=5, ces=7)
    assert words.endswith("The answer has been changed since.")


def test_a_bad_answer_beside_the_score_of_a_detractor_opens_no_second_task(session, now):
    survey = make.survey(QuestionKind.NPS, "csat")
    for score in (3, 9):
        ask = make.invitation(wave=make.wave(program=make.program(survey=survey)))
        csat = ask.version.questions[1].id
        make.answer(score, invitation=ask, others={csat: Given("csat", 1)}, now=now)
    assert [task.kind for task in tasks(session)] == [
        TaskKind.DETRACTOR,
        TaskKind.PROMOTER,
        TaskKind.ALERT,
    ]


def test_a_task_nobody_has_begun_becomes_the_one_of_the_new_band(session, now):
    ask = make.invitation()
    make.answer(9, invitation=ask, now=now)
    opened = tasks(session)[0]
    before = (opened.id, opened.first_touch_due_at)
    make.answer(2, invitation=ask, now=now + 2 * DAY)
    (task,) = tasks(session)
    assert (task.id, task.kind, task.state) == (before[0], TaskKind.DETRACTOR, TaskState.NEW)
    assert task.first_touch_due_at > before[1]
    assert "2 of 10" in task.reason


def test_a_task_in_work_stays_and_the_new_band_gets_its_own(session, now):
    ask = make.invitation()
    make.answer(3, invitation=ask, now=now)
    tasks(session)[0].move(TaskState.CONTACTED, now=now, by="Kim")
    make.answer(9, invitation=ask, now=now + DAY)
    old, new = tasks(session)
    assert (old.kind, old.state) == (TaskKind.DETRACTOR, TaskState.CONTACTED)
    assert old.reason.endswith("The answer has been changed since.")
    assert (new.kind, new.state) == (TaskKind.PROMOTER, TaskState.NEW)


def test_a_closed_task_is_reopened_when_the_band_comes_back(session, now):
    ask = make.invitation()
    make.answer(3, invitation=ask, now=now)
    task = tasks(session)[0]
    task.outcome = Outcome.RESOLVED
    task.move(TaskState.CLOSED, now=now, by="Kim")
    make.answer(9, invitation=ask, now=now + DAY)
    make.answer(1, invitation=ask, now=now + 2 * DAY)
    kinds = {task.kind: task.state for task in tasks(session)}
    assert kinds == {TaskKind.DETRACTOR: TaskState.REOPENED, TaskKind.PROMOTER: TaskState.NEW}


def test_another_score_in_the_same_band_only_changes_the_reason(session, now):
    ask = make.invitation()
    make.answer(3, invitation=ask, now=now)
    before = tasks(session)[0].first_touch_due_at
    make.answer(1, invitation=ask, now=now + DAY)
    (task,) = tasks(session)
    assert task.first_touch_due_at == before
    assert "1 of 10" in task.reason


def test_the_same_band_again_does_not_reopen_what_was_closed(session, now):
    ask = make.invitation()
    make.answer(3, invitation=ask, now=now)
    task = tasks(session)[0]
    task.outcome = Outcome.NO_CHANGE
    task.move(TaskState.CLOSED, now=now, by="Kim")
    make.answer(1, invitation=ask, comment="Still", now=now + DAY)
    assert [task.state for task in tasks(session)] == [TaskState.CLOSED]


@pytest.fixture
def silent(session, now):
    """An ask that has just closed without an answer, after one reminder, with its task."""
    ask = make.invitation(sent_at=now - 21 * DAY)
    session.add(Reminder(invitation_id=ask.id, number=1, queued_at=now, sent_at=now))
    ask.state, ask.silent_at = InvitationState.SILENT, now
    journey.invitation_expired(session, ask, now=now)
    return ask


def test_a_silence_gets_a_task(session, now, silent):
    (task,) = tasks(session)
    assert (task.kind, task.invitation_id, task.response_id) == (TaskKind.SILENT, silent.id, None)
    assert "reminded once" in task.reason


def test_the_task_about_a_silence_closes_itself_when_the_answer_comes_late(session, now, silent):
    make.answer(8, invitation=silent, now=now + DAY)
    silence, passive = tasks(session)
    assert (silence.state, silence.closed_at) == (TaskState.CLOSED, now + DAY)
    assert [change.state for change in silence.states] == [TaskState.NEW, TaskState.CLOSED]
    assert passive.kind is TaskKind.PASSIVE

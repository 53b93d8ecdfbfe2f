"""Opening follow-up tasks: one for the band of an answer, one for low value, one for a silence.

A bad answer of a further kind, 1 of 5 for satisfaction or a choice that its question lists as bad, opens an alert, where no
detractor's task opens; so does a comment that contradicts its score, whichever the band.

The owner is the account's, while that person works here, else the installation's default owner, unless a rule of the
company names others (company/owners.py). An answer that is
edited never loses an open task: one that nobody has begun becomes the task of the new band, with new clocks; one in
work stays and says that the answer changed, and the new band's task is opened beside it; a closed one that the new
answer calls for is reopened.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import Connection, bindparam
from sqlalchemy.orm import Session

from app.core.clock import day_of
from app.core.database.prepared import Prepared
from app.core.language.words import speaking
from app.delivery.models import Reminder
from app.followups.company.owners import owner_for
from app.followups.models import Task, TaskChange, TaskKind, TaskState
from app.followups.promises.models import Promise
from app.followups.triggers import (
    ASKED_FOR_URGENCY,
    BAND_KINDS,
    MOST_URGENT,
    Due,
    Person,
    bad_pick,
    for_mismatch,
    for_others,
    for_score,
    for_silence,
    for_value,
    together,
)
from app.responses import recording
from app.responses.asks import Ask
from app.responses.recording import Recorded, Said
from app.sentiment.judging.mismatch import is_mismatch
from app.sentiment.models import Label, StoredReading
from app.sentiment.texts import Text
from app.surveys import wording
from app.surveys.kinds import KINDS
from app.surveys.models import Question

BY = "JustAsk"


def open_for_answer(
    connection: Connection, answer: Recorded, label: Label | None = None, *, now: datetime
) -> list[int]:
    """Open what a first answer calls for, and close the task about its silence if it came late; ids of new tasks.

    `label` is how its comment sounds.
    """
    wanted = called_for(connection, answer.ask, answer.said, label, now=now)
    if answer.ask.silent_at is not None:
        close_silence(connection, answer.ask, now=now)
    return [insert(connection, due, answer.ask, now=now, response_id=answer.response_id) for due in wanted]


def open_for_silence(connection: Connection, ask: Ask, *, is_away: bool = False, now: datetime) -> int:
    """Open the task about an ask that closed without an answer; its id."""
    reminders = REMINDERS.row(connection, invitation_id=ask.id).number
    asked, closed = ask.sent_at or now, ask.closes_at or now
    facts = {"week": ask.work_week, "now": now, "is_away": is_away}
    with speaking(ask.staff_language):
        due = for_silence(asked, closed, reminders, person_of(ask), **facts)
    return insert(connection, due, ask, now=now, invitation_id=ask.id)


def open_missing(connection: Connection, answer: Recorded, *, now: datetime) -> None:
    """Open what an answer calls for and has no task yet, with clocks that start now."""
    with Session(connection) as session:
        label = session.scalar(LABEL, {"response_id": answer.response_id})
        wanted = called_for(connection, answer.ask, answer.said, label, now=now)
        kinds = {task.kind for task in session.scalars(OF_RESPONSE, {"response_id": answer.response_id})}
    for due in wanted:
        if due.kind not in kinds:
            insert(connection, due, answer.ask, now=now, response_id=answer.response_id)


def open_for_second(
    session: Session, text: Text, before: Label | None, label: Label | None, *, now: datetime
) -> None:
    """A better engine has read a fresh text: where a comment contradicts its score now, somebody looks at it.

    `before` and `label` are how it sounded and sounds, None where an engine was not sure.
    """
    if label is before or text.reading.question_id is not None or not is_mismatch(text.response.score, label):
        return
    connection = session.connection()
    answer = recording.standing(connection, text.response.invitation_id)
    is_held = answer.is_automatic and answer.ask.reviewed_at is None
    if answer.ask.is_answered and not is_held:
        open_missing(connection, answer, now=now)


def take_back(connection: Connection, answer: Recorded) -> None:
    """A machine sent the answer: tasks that nobody has touched go, those in work or with a note stay and say so."""
    with Session(connection) as session, speaking(answer.ask.staff_language):
        for task in session.scalars(OF_RESPONSE, {"response_id": answer.response_id}):
            is_begun = task.activities or task.mails or is_promised(session, task)
            if task.state is TaskState.NEW and not is_begun:
                session.delete(task)
            elif task.is_open:
                task.reason += " " + _("A machine sent the answer, as a review has found.")
        session.flush()


def called_for(
    connection: Connection, ask: Ask, said: Said, label: Label | None, *, now: datetime
) -> list[Due]:
    """The tasks that an answer calls for whose comment sounds as `label` says, with their clocks starting at `now`."""
    person, facts = person_of(ask), {"week": ask.work_week, "now": now, "language": ask.staff_language}
    of_band = for_score(said.score, person, **facts)
    is_detractor = of_band is not None and of_band.kind is TaskKind.DETRACTOR
    of_others = None
    if not is_detractor:
        of_others = for_others(said.others.values(), person, picked=bad_picks(connection, ask, said), **facts)
    wanted = (
        of_band,
        for_value(said.value_overall, said.value_goal, said.value_ease, person, **facts),
        together(of_others, for_mismatch(said.score, label, person, **facts)),
    )
    return [due for due in wanted if due]


def bad_picks(connection: Connection, ask: Ask, said: Said) -> list[str]:
    """What was chosen of lists and calls for somebody, in words; only where something was chosen is anything looked up."""
    ids = [id for id, given in said.others.items() if KINDS[given.kind].has_choices]
    if not ids:
        return []
    found: list[str] = []
    with Session(connection) as session, speaking(ask.staff_language):
        for question in session.scalars(QUESTIONS, {"ids": ids}):
            given, options = said.others[question.id], question.asked.options
            if not question.of_kind.is_bad(given, options):
                continue
            item = wording.item(question, ask.staff_language, wording.names(ask))
            words = [text for key, text in item.choices if key in given.picked and key in options["bad"]]
            found.append(bad_pick(item.question, ", ".join(words)))
    return found


def person_of(ask: Ask) -> Person:
    return Person(ask.role, ask.tier)


def insert(
    connection: Connection,
    due: Due,
    ask: Ask,
    *,
    now: datetime,
    response_id: int | None = None,
    invitation_id: int | None = None,
) -> int:
    task = INSERT_TASK.row(
        connection,
        kind=due.kind,
        account_id=ask.account_id,
        contact_id=ask.contact_id,
        response_id=response_id,
        invitation_id=invitation_id,
        owner_id=owner_for(
            connection,
            ask.followups,
            kind=due.kind,
            tier=ask.tier,
            role=ask.role,
            usual=ask.owner_id,
            today=day_of(now, ask.zone),
        ),
        priority=due.priority,
        reason=due.reason,
        first_touch_due_at=due.first_touch_due_at,
        due_at=due.due_at,
        is_rehearsal=ask.is_rehearsal,
        now=now,
    )
    INSERT_STATE.run(connection, task_id=task.id, state=TaskState.NEW, now=now)
    return task.id


def close_bounced(connection: Connection, ask: Ask, *, now: datetime) -> None:
    """The mail had come back, as was heard late: it was no silence, so the task about it closes itself."""
    with speaking(ask.staff_language):
        words = _("Closed by itself: the mail had come back.")
    close_silence(connection, ask, now=now, words=words)


def close_silence(connection: Connection, ask: Ask, *, now: datetime, words: str = "") -> None:
    """The person has answered after all: the task about the silence closes itself, unless they wait for our answer."""
    with speaking(ask.staff_language):
        words = words or _("Closed by itself: the answer came after all.")
    task = CLOSE_SILENCE.row(connection, invitation_id=ask.id, now=now, words=words)
    if task is not None:
        INSERT_STATE.run(connection, task_id=task.id, state=TaskState.CLOSED, now=now)


Labels = tuple[Label | None, Label | None]


def revise(connection: Connection, answer: Recorded, labels: Labels = (None, None), *, now: datetime) -> None:
    """Bring the tasks of an edited answer up to date without losing an open one, or how urgent a promise makes it.

    `labels` are how its comment sounded before and sounds now.
    """
    with Session(connection) as session, speaking(answer.ask.staff_language):
        tasks = {
            task.kind: task for task in session.scalars(OF_RESPONSE, {"response_id": answer.response_id})
        }
        due_now = called_for(connection, answer.ask, answer.said, labels[1], now=now)
        due_before = called_for(connection, answer.ask, answer.before, labels[0], now=now)
        wanted, before = {due.kind: due for due in due_now}, {due.kind for due in due_before}
        for kind, due in wanted.items():
            due = as_promised(session, tasks, due)
            _bring_about(connection, tasks, due, answer, now=now, is_new=kind not in before)
        for kind in before - set(wanted):
            if kind in tasks and tasks[kind].kind is kind and tasks[kind].is_open:
                tasks[kind].reason += " " + _("The answer has been changed since.")
        session.flush()


def as_promised(session: Session, tasks: dict[TaskKind, Task], due: Due) -> Due:
    """`due` as urgent as it is where somebody waits to be contacted about one of these tasks."""
    task = tasks.get(due.kind) or _not_begun(tasks, due.kind)
    if task is None or not is_promised(session, task):
        return due
    return replace(due, priority=min(MOST_URGENT, due.priority + ASKED_FOR_URGENCY))


def is_promised(session: Session, task: Task) -> bool:
    """Whether somebody waits to be contacted as they were promised on this task."""
    return bool(session.scalar(IS_PROMISED, {"task_id": task.id}))


def _bring_about(
    connection: Connection,
    tasks: dict[TaskKind, Task],
    due: Due,
    answer: Recorded,
    *,
    now: datetime,
    is_new: bool,
) -> None:
    """Make `due` one of the response's tasks: the one of its kind, else one not begun, else a new one."""
    task = tasks.get(due.kind) or _not_begun(tasks, due.kind)
    if task is None:
        insert(connection, due, answer.ask, now=now, response_id=answer.response_id)
    elif task.is_open:
        _restate(task, due, restart=is_new)
    elif is_new:
        task.move(TaskState.REOPENED, now=now, by=BY)
        _restate(task, due, restart=True)


def _not_begun(tasks: dict[TaskKind, Task], kind: TaskKind) -> Task | None:
    """A task about another band that nobody has begun, which may become one about `kind`."""
    if kind not in BAND_KINDS:
        return None
    return next((t for t in tasks.values() if t.kind in BAND_KINDS and t.state is TaskState.NEW), None)


def _restate(task: Task, due: Due, *, restart: bool) -> None:
    task.kind, task.reason, task.priority = due.kind, due.reason, due.priority
    if restart:
        task.first_touch_due_at, task.due_at, task.first_touched_at = due.first_touch_due_at, due.due_at, None


IS_PROMISED = sa.select(
    sa.exists().where(Promise.task_id == bindparam("task_id"), Promise.withdrawn_at.is_(None))
)
LABEL = sa.select(StoredReading.said).where(
    StoredReading.response_id == bindparam("response_id"), StoredReading.question_id.is_(None)
)
QUESTIONS = (
    sa.select(Question).where(Question.id.in_(bindparam("ids", expanding=True))).order_by(Question.position)
)
OF_RESPONSE = sa.select(Task).where(Task.response_id == bindparam("response_id"))
INSERT_TASK = Prepared(
    sa.insert(Task)
    .values(
        **{
            name: bindparam(name)
            for name in (
                "kind",
                "account_id",
                "contact_id",
                "response_id",
                "invitation_id",
                "owner_id",
                "priority",
                "reason",
                "first_touch_due_at",
                "due_at",
                "is_rehearsal",
            )
        },
        standing=bindparam("priority"),
        state=TaskState.NEW,
        causes_more=[],
        opened_at=bindparam("now"),
        created_at=bindparam("now"),
        updated_at=bindparam("now"),
    )
    .returning(Task.id)
)
INSERT_STATE = Prepared(
    sa.insert(TaskChange).values(
        task_id=bindparam("task_id"), state=bindparam("state"), at=bindparam("now"), by=BY
    )
)
CLOSE_SILENCE = Prepared(
    sa.update(Task)
    .where(
        Task.kind == TaskKind.SILENT,
        Task.invitation_id == bindparam("invitation_id"),
        Task.state != TaskState.CLOSED,
        Task.replied_at.is_(None),
    )
    .values(
        state=TaskState.CLOSED,
        closed_at=bindparam("now"),
        closing_comment=bindparam("words"),
        updated_at=bindparam("now"),
    )
    .returning(Task.id)
)
REMINDERS = Prepared(
    sa.select(sa.func.count().label("number")).where(
        Reminder.invitation_id == bindparam("invitation_id"), Reminder.sent_at.is_not(None)
    )
)

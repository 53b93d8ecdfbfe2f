"""Finding what colleagues should hear of at once, without a word in the way of whoever answers or writes.

Rows are looked through by their numbers. Rows of a minute ago may still be on their way in another transaction, so the
cursor stays behind them; a notice is written down once, however often its row is seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.contacts.models import Account, Contact, ContactRole
from app.core.installation import installation
from app.followups.models import StepKind, Task, TaskKind, TaskMail, TaskState, TaskStep
from app.health.alerting.models import Alert, Severity
from app.integrations.models import NewsCursor, NoticeKind
from app.integrations.notifying import notify

SETTLED = timedelta(minutes=1)
MOST = 2000
KEY_ROLES = [role for role in ContactRole if role.is_key]
TASKS, MAILS, STEPS, ALERTS = "tasks", "mails", "steps", "alerts"
MOST_AT_ONCE = 5


def find(session: Session, *, now: datetime) -> int:
    """Write down what is new since the last pass: detractors in key roles, what customers wrote, what was
    handed over, and alerts that have no follow-up."""
    facts = installation(session)
    meant = [Task.is_rehearsal.is_(False)] if facts.is_live else []
    found = 0
    for task in new_detractors(session, meant, now):
        if to := task.owner_id or facts.default_owner_id:
            found += notify(session, NoticeKind.KEY_DETRACTOR, task, to=[to], now=now)
    for mail, task in new_mails(session, meant, now):
        if to := task.owner_id or facts.default_owner_id:
            found += notify(session, NoticeKind.REPLY, task, to=[to], key=str(mail.id), now=now)
    for step, task in new_owners(session, meant, now):
        found += notify(session, NoticeKind.HANDED_OVER, task, to=[task.owner_id], key=str(step.id), now=now)
    return found + tell_alerts(session, facts.default_owner_id, now)


def tell_alerts(session: Session, default_owner_id: int | None, now: datetime) -> int:
    """To whoever looks after the account. A grave one is told at once, unless many come together, as when a rule begins:
    those wait for the morning."""
    by_reader: dict[int, list[Alert]] = defaultdict(list)
    for alert in new_alerts(session, now):
        owner = alert.account.owner
        if to := owner.id if owner and owner.active else default_owner_id:
            by_reader[to].append(alert)
    told = 0
    for to, alerts in by_reader.items():
        grave = [alert for alert in alerts if alert.severity is Severity.HIGH]
        for alert in alerts:
            urgent = alert in grave and len(grave) <= MOST_AT_ONCE
            given = {"alert": alert, "is_urgent": urgent, "key": str(alert.id)}
            told += notify(session, NoticeKind.ALERT, None, to=[to], now=now, **given)
    return told


def new_alerts(session: Session, now: datetime) -> list[Alert]:
    """The alerts raised since that are open and have no follow-up, whose owner is told of that anyway."""
    since = behind(session, ALERTS, Alert.id)
    if since is None:
        return []
    rows = sa.select(Alert).where(Alert.id > since).order_by(Alert.id).limit(MOST)
    found = session.scalars(rows.options(joinedload(Alert.account).joinedload(Account.owner))).all()
    move(session, ALERTS, [(alert.id, alert.raised_at) for alert in found], now)
    return [alert for alert in found if alert.task_id is None and alert.is_open()]


def new_detractors(session: Session, meant: list, now: datetime) -> Sequence[Task]:
    """The open tasks for detractors in key roles that were opened since."""
    since = behind(session, TASKS, Task.id)
    if since is None:
        return []
    urgent = (Task.kind == TaskKind.DETRACTOR, Task.state != TaskState.CLOSED, Contact.role.in_(KEY_ROLES))
    rows = sa.select(Task).join(Task.contact).where(Task.id > since, *urgent, *meant)
    rows = rows.options(joinedload(Task.contact), joinedload(Task.account)).order_by(Task.id).limit(MOST)
    tasks = session.scalars(rows).all()
    settled = (Task.id > since, Task.created_at < now - SETTLED)
    last = session.scalar(sa.select(sa.func.max(Task.id)).where(*settled))
    if last is not None:
        session.get_one(NewsCursor, TASKS).seen_id = min(last, tasks[-1].id) if len(tasks) == MOST else last
    return tasks


def new_mails(session: Session, meant: list, now: datetime) -> list[tuple[TaskMail, Task]]:
    """What customers wrote since, on tasks where they still wait."""
    since = behind(session, MAILS, TaskMail.id)
    if since is None:
        return []
    rows = (
        sa.select(TaskMail, Task).join(Task, Task.id == TaskMail.task_id).where(TaskMail.id > since, *meant)
    )
    found = [tuple(row) for row in session.execute(rows.order_by(TaskMail.id).limit(MOST))]
    move(session, MAILS, [(mail.id, mail.at) for mail, _task in found], now)
    return [(mail, task) for mail, task in found if task.replied_at is not None]


def new_owners(session: Session, meant: list, now: datetime) -> list[tuple[TaskStep, Task]]:
    """The open tasks that a colleague has handed to somebody else since, and that are still theirs."""
    since = behind(session, STEPS, TaskStep.id)
    if since is None:
        return []
    rows = (
        sa.select(TaskStep, Task).join(Task, Task.id == TaskStep.task_id).where(TaskStep.id > since, *meant)
    )
    rows = rows.options(joinedload(Task.owner)).order_by(TaskStep.id).limit(MOST)
    found = [tuple(row) for row in session.execute(rows)]
    move(session, STEPS, [(step.id, step.at) for step, _task in found], now)
    return [(step, task) for step, task in found if is_given(step, task)]


def is_given(step: TaskStep, task: Task) -> bool:
    owner = task.owner.display_name if task.owner else None
    is_theirs = owner is not None and owner == step.owner_name and owner != step.by
    return step.kind is StepKind.HANDED_OVER and task.is_open and is_theirs


def behind(session: Session, name: str, column: sa.orm.InstrumentedAttribute) -> int | None:
    """Up to which row was looked; None at first, when everything that is there is history."""
    row = session.get(NewsCursor, name)
    if row is None:
        session.add(NewsCursor(name=name, seen_id=session.scalar(sa.select(sa.func.max(column))) or 0))
        session.flush()
        return None
    return row.seen_id


def move(session: Session, name: str, seen: list[tuple[int, datetime]], now: datetime) -> None:
    settled = [number for number, at in seen if at < now - SETTLED or len(seen) == MOST]
    if settled:
        session.get_one(NewsCursor, name).seen_id = max(settled)

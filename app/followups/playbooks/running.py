"""Which playbook a follow-up goes by, what is due when, and ticking its steps.

Until a step is done or somebody chooses one, it is the active playbook that fits best: of its kind, with its tier named
before those for all tiers. From then on it stays, whatever is written in the meantime; steps that are taken out of a
playbook stay with the follow-ups on which they were done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, selectinload

from app.contacts.models import Account
from app.core.audit import Actor
from app.core.errors import Refused
from app.core.installation import Installation
from app.core.outbox_rows import insert_new
from app.core.worktime import WorkWeek
from app.followups.around import accounts as about_accounts
from app.followups.models import Task, TaskKind
from app.followups.playbooks.models import Playbook, PlayKind, PlayRun, PlayStep, PlayTick
from app.followups.triggers import Due
from app.surveys.placeholders import filled

USUAL_TIER = 2
PLANNED_URGENCY = 30


@dataclass(frozen=True)
class Stage:
    """A step of a follow-up: due when, and done by whom; `words` have their names filled in."""

    step: PlayStep
    due_at: datetime
    words: str
    tick: PlayTick | None

    def is_late(self, now: datetime) -> bool:
        return self.tick is None and self.due_at < now


@dataclass(frozen=True)
class Course:
    """The playbook of a follow-up and where it stands in it."""

    playbook: Playbook
    stages: Sequence[Stage]
    is_begun: bool

    @property
    def done(self) -> int:
        return sum(stage.tick is not None for stage in self.stages)


def best(playbooks: Sequence[Playbook], kind: TaskKind, tier: int | None) -> Playbook | None:
    """The one of these for a follow-up of that kind: one that names the tier, else one for all tiers, the oldest first (pure)."""
    tier = tier or USUAL_TIER
    fitting = [one for one in playbooks if one.task_kind == kind and (not one.tiers or tier in one.tiers)]
    return min(fitting, key=lambda one: (not one.tiers, one.id), default=None)


def course_of(session: Session, task: Task, facts: Installation, sender: str = "") -> Course | None:
    """The playbook that a follow-up goes by; None where there is none for it. Nothing is written."""
    run = session.get(PlayRun, task.id)
    playbook = run.playbook if run else best(active(session, PlayKind.REACTIVE), task.kind, task.account.tier)
    if playbook is None or (run is None and not task.is_open):
        return None
    ticks = {t.step_id: t for t in session.scalars(sa.select(PlayTick).where(PlayTick.task_id == task.id))}
    begun = run.started_at if run and playbook.kind is PlayKind.PROACTIVE else task.opened_at
    named = names(task, facts, sender)
    stages = [
        Stage(step, due(begun, step.days, facts.work_week), filled(step.words, named), ticks.get(step.id))
        for step in playbook.steps
        if step.retired_at is None or step.id in ticks
    ]
    return Course(playbook, stages, run is not None)


def due(begun: datetime, days: int, week: WorkWeek) -> datetime:
    """The end of the working day on which a step is due; with 0 days that of the first working day from `begun` on."""
    day = begun.astimezone(week.zone).date()
    return week.closes(day) if days == 0 and week.is_working_day(day) else week.add_days(begun, days or 1)


def names(task: Task, facts: Installation, sender: str) -> Mapping[str, str]:
    """What stands for the names in braces."""
    return {
        "first_name": task.contact.first_name if task.contact else "",
        "account": task.account.name,
        "company": facts.company,
        "product": facts.product or facts.company,
        "sender": sender or facts.company,
    }


def active(session: Session, kind: PlayKind) -> Sequence[Playbook]:
    """The playbooks that may be begun, by name."""
    query = sa.select(Playbook).where(Playbook.is_active, Playbook.kind == kind)
    return session.scalars(query.options(selectinload(Playbook.steps)).order_by(Playbook.name)).all()


def tick(session: Session, task: Task, playbook: Playbook, step_id: int, *, by: Actor, now: datetime) -> None:
    """A step is done; said twice it is done once. Refused for a step of another playbook."""
    if step_id not in {step.id for step in playbook.steps}:
        raise Refused(_("This step belongs to another playbook."))
    begin(session, task, playbook, by=by, now=now)
    row = {"task_id": task.id, "step_id": step_id, "at": now, "by": by.name}
    insert_new(session, PlayTick.__table__, [row], key=["task_id", "step_id"])
    task.updated_at = now


def untick(session: Session, task: Task, step_id: int, *, now: datetime) -> None:
    """A step is not done after all."""
    mine = (PlayTick.task_id == task.id, PlayTick.step_id == step_id)
    session.execute(sa.delete(PlayTick).where(*mine), execution_options={"synchronize_session": False})
    task.updated_at = now


def begin(session: Session, task: Task, playbook: Playbook, *, by: Actor, now: datetime) -> None:
    """From now on the follow-up goes by this playbook; one that goes by one already stays with it."""
    row = {"task_id": task.id, "playbook_id": playbook.id, "started_at": now, "started_by": by.name}
    insert_new(session, PlayRun.__table__, [row], key=["task_id"])


def plan(
    session: Session, account: Account, playbook: Playbook, facts: Installation, *, by: Actor, now: datetime
) -> Task:
    """Begin a proactive playbook at an account: a follow-up with its steps, due when the last of them is."""
    if playbook.kind is not PlayKind.PROACTIVE or not playbook.is_active or not playbook.current:
        raise Refused(_("This playbook cannot be begun at an account."))
    days = [step.days for step in playbook.current]
    planned = Due(
        kind=TaskKind.ALERT,
        reason=_("Planned: %(name)s.", name=playbook.name),
        priority=PLANNED_URGENCY,
        first_touch_due_at=due(now, min(days), facts.work_week),
        due_at=due(now, max(days), facts.work_week),
    )
    task = about_accounts.open_task(session, account, planned, facts, by=by.name, now=now)
    begin(session, task, playbook, by=by, now=now)
    return task

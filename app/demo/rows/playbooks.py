"""Rows of the demo's playbooks: those that come along, the steps done on follow-ups, and what customers said at the end."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.contacts.models import Account
from app.core.database import bulk
from app.demo.rows.customers import Home
from app.followups.models import Task, TaskState
from app.followups.playbooks import library, running
from app.followups.playbooks.models import Playbook, PlayRun, PlayStep, PlayTick
from app.followups.settling.models import Settlement, Verdict

BY_THE_BOOK, ASKED, SAID_YES = 0.6, 0.7, 0.6
ONE_DAY, BY_MAIL = timedelta(days=1), timedelta(minutes=1)


def add(home: Home) -> None:
    """In the language in force, once all follow-ups are there."""
    playbooks = add_playbooks(home)
    query = sa.select(Task, Account.tier).join(Account, Account.id == Task.account_id).order_by(Task.id)
    runs, ticks, asked = [], [], []
    for task, tier in home.session.execute(query.options(joinedload(Task.response), joinedload(Task.owner))):
        rng, until = Random(f"{home.seed} playbook {task.id}"), task.closed_at or home.now
        playbook = running.best(playbooks, task.kind, tier)
        if playbook is not None and rng.random() < BY_THE_BOOK:
            done = [step for step in playbook.steps if task.opened_at + step.days * ONE_DAY < until]
            ticks += [tick(task, step) for step in done]
            begun = {"playbook_id": playbook.id, "started_at": task.opened_at, "started_by": by(task)}
            runs += [{"task_id": task.id} | begun] if done else []
        if (
            task.state is TaskState.CLOSED
            and task.response_id
            and task.customer_told
            and rng.random() < ASKED
        ):
            asked.append(settlement(home, task, says_yes=rng.random() < SAID_YES))
    bulk.add_rows(home.session, PlayRun.__table__, runs)
    home.add(PlayTick, ticks)
    home.add(Settlement, asked)


def add_playbooks(home: Home) -> list[Playbook]:
    """Those that come along; where an installation has some already, they stay its only ones."""
    if not home.session.scalar(sa.select(sa.exists().select_from(Playbook))):
        made = [sketch.made() for sketch in library.sketches()]
        stamps = {"is_active": True, "created_at": home.now, "updated_at": home.now}
        names = ("name", "kind", "component", "task_kind", "tiers")
        ids = home.add(Playbook, [{name: getattr(one, name) for name in names} | stamps for one in made])
        of_step = ("position", "days", "channel", "title", "words", "retired_at")
        home.add(
            PlayStep,
            [
                {"playbook_id": id} | {name: getattr(step, name) for name in of_step}
                for id, one in zip(ids, made, strict=True)
                for step in one.steps
            ],
        )
    return list(home.session.scalars(sa.select(Playbook).order_by(Playbook.id)))


def tick(task: Task, step: PlayStep) -> dict:
    at = task.opened_at + step.days * ONE_DAY
    return {"task_id": task.id, "step_id": step.id, "at": at, "by": by(task)}


def by(task: Task) -> str:
    return task.owner.display_name if task.owner else ""


def settlement(home: Home, task: Task, *, says_yes: bool) -> dict:
    """The mail after a close, and a yes a day later from those who say anything."""
    said_at = task.closed_at + ONE_DAY
    says_yes = says_yes and said_at < home.now
    return {
        "task_id": task.id,
        "invitation_id": task.response.invitation_id,
        "asked_at": task.closed_at,
        "asked_by": by(task),
        "mailed_at": task.closed_at + BY_MAIL,
        "reason": None,
        "said": Verdict.YES if says_yes else None,
        "said_at": said_at if says_yes else None,
        "words": "",
    }

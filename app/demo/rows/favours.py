"""Rows of the demo's favours: what promoters were asked on their thank-you pages, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from app.demo.events.records import FollowUp
from app.demo.rows.customers import Home
from app.followups.advocacy.choosing import Past, fitting
from app.followups.advocacy.models import Favour, FavourChange, FavourKind, FavourState
from app.followups.models import TaskKind
from app.followups.opening import BY
from app.followups.triggers import Person

S = FavourState
ASKED_FOR = (FavourKind.REFERENCE, FavourKind.CASE_STUDY, FavourKind.REFERRAL)
YES, NO = 0.3, 0.2
DONE_AFTER = timedelta(days=21)


def add(home: Home, tasks: list[FollowUp]) -> None:
    """A favour for each promoter who was free for one, by the product's own choice."""
    past: dict[int, list[Past]] = {}
    lives = []
    for task in (task for task in tasks if task.due.kind is TaskKind.PROMOTER):
        person = Person(task.ask.role, task.ask.firm.company.tier)
        before = past.setdefault(task.ask.person.key, [])
        kind = fitting(ASKED_FOR, before, person, now=task.opened_at)
        if kind is not None:
            states = life(task, home.now, home.seed)
            before.append(Past(kind, states[-1][0], task.opened_at))
            lives.append((task, kind, states))
    ids = home.add(Favour, [row(home, task, kind, states) for task, kind, states in lives])
    home.add(
        FavourChange,
        [
            {"favour_id": id, "state": state, "at": at, "by": by}
            for id, (_task, _kind, states) in zip(ids, lives, strict=True)
            for state, at, by in states
        ],
    )


def life(task: FollowUp, now: datetime, seed: int) -> list[tuple[FavourState, datetime, str]]:
    """Its states so far: some say yes or no within the minute, and most of those who said yes do it."""
    rng, asked = Random(f"{seed} favour {task.ask.key}"), task.opened_at
    draw, states = rng.random(), [(S.OFFERED, asked, BY)]
    if draw < YES:
        states.append((S.ACCEPTED, asked + timedelta(seconds=40), "the person asked"))
        done = asked + DONE_AFTER + timedelta(days=rng.randrange(30))
        if done < now and rng.random() < 0.8:
            states.append((S.FULFILLED, done, task.owner))
    elif draw < YES + NO:
        states.append((S.DECLINED, asked + timedelta(seconds=30), "the person asked"))
    return states


def row(home: Home, task: FollowUp, kind: FavourKind, states: list) -> dict:
    is_done = states[-1][0] is S.FULFILLED
    return {
        "kind": kind,
        "contact_id": home.contacts[task.ask.person.key],
        "account_id": home.accounts[task.ask.firm.key],
        "response_id": home.responses[task.ask.key],
        "state": states[-1][0],
        "offered_at": task.opened_at,
        "changed_at": states[-1][1],
        "is_rehearsal": False,
        "may_quote": is_done,
        "last_used_on": states[-1][1].astimezone(home.zone).date() if is_done else None,
    }

"""Asking unhappy people again: two weeks and more after their follow-up was closed, or after nobody had called. Pure.

A recovery survey needs no rest, so that the report of recovery has people of both kinds within half a year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from app.demo.events.asking import Asking
from app.demo.events.others import tuesday
from app.demo.events.records import Ask, FollowUp, Wave
from app.followups.models import Outcome, TaskKind

AFTER_CLOSING, AFTER_ANSWER = timedelta(days=14), timedelta(days=42)
NEWEST, OLDEST = 1, 150
APART = timedelta(days=7)
RELIEF = {Outcome.RESOLVED: 3.2, Outcome.IMPROVED: 2.0}


def ask_again(asking: Asking, tasks: Iterable[FollowUp]) -> list[Ask]:
    """The recovery asks, which `asking` takes among its own."""
    busy: dict[int, list[date]] = defaultdict(list)
    for ask in asking.asks:
        busy[ask.person.key].append(ask.wave.on)
    together: dict[date, list[tuple[Ask, float]]] = defaultdict(list)
    for task in tasks:
        on, relief = again(task)
        days = busy[task.ask.person.key]
        if (
            on
            and NEWEST <= (asking.today - on).days <= OLDEST
            and all(abs(on - day) >= APART for day in days)
        ):
            days.append(on)
            together[on].append((task.ask, relief))
    first = 1 + max(wave.key for wave in asking.waves)
    return asking.ask_once_more(
        {
            Wave(first + number, "nps", on, (asking.today - on).days, -1, is_recovery=True): together[on]
            for number, on in enumerate(sorted(together))
        }
    )


def again(task: FollowUp) -> tuple[date | None, float]:
    """The Tuesday on which somebody is asked again, None of whom somebody is still talking with, and their relief by then."""
    if task.due.kind is not TaskKind.DETRACTOR:
        return None, 0
    on = tuesday(task.opened_at.date() + AFTER_ANSWER)
    if task.first_touched_at is None or task.first_touched_at.date() > on:
        return on, 0
    if task.closed_at is None:
        return None, 0
    return tuesday(task.closed_at.date() + AFTER_CLOSING), RELIEF.get(task.closing.outcome, 0)

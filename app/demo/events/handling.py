"""How the success managers worked on their follow-ups: when they called, what they heard, how it ended.

Which follow-up is opened, why and with which clocks is decided by the product's own triggers (their reasons are in the
language in force); here stand only the people. What lies after the midnight before today has not happened yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from app.core.worktime import WorkWeek
from app.demo.company import words
from app.demo.company.companies import MANAGER, STAFF
from app.demo.events import others, plans
from app.demo.events.plans import CAUSES, Case, Step
from app.demo.events.records import Ask, Closing, Deed, FollowUp, Picked
from app.followups.models import NEEDS_CAUSE, Outcome, TaskKind, TaskState
from app.followups.triggers import Due, Person, for_others, for_score, for_silence, for_value

BY_ITSELF = "JustAsk"
CLOSED_BY_ITSELF = "Closed by itself: the answer came after all."
LATE_SHARE = {"Daniel Okafor": 0.16}
USUAL_LATE_SHARE = 0.05
FORGOTTEN_SHARE = 0.12
FORGOTTEN_DAYS = 24
UNREACHABLE = 0.12
LEAVING_DAYS = 90
LEFT_SHARE, LEFT_BEFORE_DAYS, LEFT_FOR_DAYS = 0.4, 300, (215, 250)
"""In the first months many an unhappy answer lay there until after the next survey: beside them the product shows what calling does."""

SINCE_LEFT_SHARE, SINCE_LEFT_DAYS, SINCE_LEFT_FOR_DAYS = 0.6, (80, 178), (72, 80)
"""Later some did so for ten weeks, and were asked again in the meantime."""


class Handling:
    """Opens the follow-ups of all asks in the order in which they arose, and works on each."""

    def __init__(self, today: date, week: WorkWeek, seed: int):
        self.today, self.week, self.seed = today, week, seed
        self.horizon = datetime.combine(today, time(0), UTC)

    def run(self, asks: list[Ask]) -> list[FollowUp]:
        """All follow-ups, oldest first."""
        found = self.worked(asks)
        self._reopen_one(found)
        return found

    def worked(self, asks: list[Ask]) -> list[FollowUp]:
        """As `run`, whether one of them was closed too early or not."""
        called_for = sorted(self._called_for(asks), key=lambda found: (found[0], found[1].key, found[2].kind))
        return [self._worked(ask, due, opened_at) for opened_at, ask, due in called_for]

    def _called_for(self, asks: list[Ask]) -> Iterator[tuple[datetime, Ask, Due]]:
        for ask in asks:
            person = Person(ask.role, ask.firm.company.tier)
            if ask.silent_at and ask.person.is_here(ask.silent_at.date()):
                yield ask.silent_at, ask, self._for_silence(ask, person)
            if ask.answer:
                said, at = ask.answer, ask.answer.at
                wanted = (
                    for_score(said.score, person, week=self.week, now=at),
                    for_value(said.overall, said.goal, said.ease, person, week=self.week, now=at),
                    self._for_others(said.others, person, at),
                )
                yield from ((at, ask, due) for due in wanted if due)

    def _for_silence(self, ask: Ask, person: Person) -> Due:
        reminders = sum(at < ask.silent_at for at in ask.reminders)
        asked, closed = ask.sent_at, ask.closes_at
        return for_silence(asked, closed, reminders, person, week=self.week, now=ask.silent_at)

    def _for_others(self, said: dict[str, Picked], person: Person, at: datetime) -> Due | None:
        given, picked = others.given(said), others.bad_picks(said)
        return for_others(given, person, picked=picked, week=self.week, now=at)

    def _worked(self, ask: Ask, due: Due, opened_at: datetime) -> FollowUp:
        rng = Random(f"{self.seed} {due.kind} {ask.wave.key} {ask.person.key}")
        owner = ask.firm.company.owner
        name = STAFF[MANAGER if owner is None else owner][0]
        task = FollowUp(ask, due, opened_at, ask.answer.topic if ask.answer else "", name)
        task.move(TaskState.NEW, opened_at, BY_ITSELF)
        is_forgotten = rng.random() < FORGOTTEN_SHARE
        if not (is_forgotten and (self.today - opened_at.date()).days < FORGOTTEN_DAYS):
            self._play(task, self._steps(task, rng), rng)
        if task.is_open and self._is_answered_late(task):
            task.closing = Closing(None, CLOSED_BY_ITSELF)
            task.move(TaskState.CLOSED, ask.answer.at, BY_ITSELF)
        return task

    def _steps(self, task: FollowUp, rng: Random) -> list[Step]:
        case, first_touch = case_of(task), self._first_touch(task, rng)
        chance = Random(f"{self.seed} left {task.ask.wave.key} {task.ask.person.key}")
        share, waits = self._left_lying((self.today - task.opened_at.date()).days)
        if task.due.kind is not TaskKind.DETRACTOR or chance.random() > share:
            return plans.steps(case, first_touch, rng)
        until = task.opened_at + timedelta(days=chance.uniform(*waits))
        return list(plans.left(case, self.week.hours_between(task.opened_at, until), rng))

    def _left_lying(self, ago: int) -> tuple[float, tuple[int, int]]:
        """How many of those opened so many days ago nobody called, and for how many days."""
        if ago > LEFT_BEFORE_DAYS:
            return LEFT_SHARE, LEFT_FOR_DAYS
        is_of_that_time = SINCE_LEFT_DAYS[0] <= ago <= SINCE_LEFT_DAYS[1]
        return (SINCE_LEFT_SHARE if is_of_that_time else 0), SINCE_LEFT_FOR_DAYS

    def _first_touch(self, task: FollowUp, rng: Random) -> float:
        """Working hours from opening to the first touch: in time, or not."""
        room = self.week.hours_between(task.opened_at, task.due.first_touch_due_at)
        if rng.random() < LATE_SHARE.get(task.owner, USUAL_LATE_SHARE):
            return room + rng.uniform(2, 18)
        return room * rng.uniform(0.08, 0.8)

    def _is_answered_late(self, task: FollowUp) -> bool:
        return task.due.kind is TaskKind.SILENT and task.ask.is_late

    def _play(self, task: FollowUp, steps: list[Step], rng: Random) -> None:
        """Take the steps that lie in the past; work on a silence ends when the answer comes after all."""
        end = min(self.horizon, task.ask.answer.at) if self._is_answered_late(task) else self.horizon
        at = task.opened_at
        for step in steps:
            at = self.week.add_hours(at, step.after)
            if at >= end:
                break
            take(task, step, at, rng)
        else:
            return
        is_waiting = task.state is TaskState.WAITING and task.due.due_at > self.horizon
        if is_waiting and not self._is_answered_late(task):
            task.snoozed_until = self.horizon + timedelta(days=3, hours=8)

    def _reopen_one(self, found: list[FollowUp]) -> None:
        """There is always one that was closed too early."""
        if any(task.state is TaskState.REOPENED for task in found):
            return
        at = self.week.opens(self.today - timedelta(days=max(1, self.today.weekday() - 3)))
        closed = [t for t in found if not t.is_open and t.closed_at < at and t.due.kind in NEEDS_CAUSE]
        task = max(closed, key=lambda task: (task.due.kind is TaskKind.DETRACTOR, task.closed_at))
        step = Step(0, "reopened", plans.A.NOTE, state=TaskState.REOPENED)
        take(task, step, at, Random(f"{self.seed} reopened"))


def case_of(task: FollowUp) -> Case:
    """People whom the story has silent are hardly reached by phone either."""
    ask, lost_on = task.ask, task.ask.firm.lost_on
    willing = ask.firm.story.reply_of(ask.role, (ask.wave.ago - 21))
    is_leaving = lost_on is not None and (lost_on - task.opened_at.date()).days < LEAVING_DAYS
    return Case(task.due.kind, is_reachable=willing > UNREACHABLE, is_leaving=is_leaving)


def take(task: FollowUp, step: Step, at: datetime, rng: Random) -> None:
    """One step of the work: what is written down, and what it does to the task."""
    names = {"first": task.ask.person.first, "company": task.ask.firm.company.name}
    said = {deed.words for deed in task.deeds}
    note = words.note(step.moment, rng, topic=task.topic, said=said, **names)
    if step.outcome:
        task.closing = closing(task, step.outcome, note, rng)
        task.move(TaskState.CLOSED, at, task.owner)
        return
    if step.kind:
        task.deeds.append(Deed(step.kind, at, note, step.is_two_way))
    if step.kind and step.kind.reaches_customer:
        task.first_touched_at = task.first_touched_at or at
        if task.state in {TaskState.NEW, TaskState.REOPENED}:
            task.move(TaskState.CONTACTED, at, task.owner)
    if step.state:
        task.move(step.state, at, task.owner)


def closing(task: FollowUp, outcome: Outcome, note: str, rng: Random) -> Closing:
    needs_cause = task.due.kind in NEEDS_CAUSE
    cause = CAUSES.get(task.topic, CAUSES["usability"]) if needs_cause else None
    others = sorted(set(CAUSES.values()) - {cause})
    more = (rng.choice(others),) if needs_cause and rng.random() < 0.18 else ()
    is_told = outcome in {Outcome.RESOLVED, Outcome.IMPROVED} and rng.random() < 0.9
    return Closing(outcome, note, cause, more, customer_told=is_told)

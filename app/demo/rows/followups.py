"""Rows of the demo's follow-ups: tasks with their states and activities, and the touches between them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.contacts.models import ContactRole
from app.core.worktime import WorkWeek
from app.demo.company import words
from app.demo.company.companies import MANAGER, STAFF
from app.demo.company.population import Firm
from app.demo.events.records import Deed, FollowUp
from app.demo.rows.customers import Home
from app.followups.models import (
    Activity,
    ActivityKind,
    Task,
    TaskChange,
    TaskKind,
    TaskState,
    Touch,
    WishSize,
)
from app.followups.promises.giving import day_promised
from app.followups.promises.models import Promise, Way
from app.followups.triggers import ASKED_FOR_URGENCY, MOST_URGENT

WANTS_CONTACT = {TaskKind.DETRACTOR: 0.4, TaskKind.PASSIVE: 0.12, TaskKind.PROMOTER: 0.05}
PLACES = {name: place for place, (name, _) in enumerate(STAFF)}
REVIEW_DAYS = {1: 91, 2: 182}
REVIEWS_FROM = 540
LONGEST_TOUCH = 500


class Desk:
    """Writes tasks and touches."""

    def __init__(self, home: Home, tasks: list[FollowUp], week: WorkWeek):
        self.home, self.tasks, self.week = home, tasks, week

    def add(self, firms: list[Firm]) -> None:
        home, reviews = self.home, self._reviews(firms)
        self._make_first_touches(reviews)
        task_ids = home.add(Task, [self._task(task) for task in self.tasks])
        pairs = list(zip(self.tasks, task_ids, strict=True))
        home.add(Promise, [self._promise(task, id) for task, id in pairs if wants_contact(task)])
        home.add(TaskChange, [row for task, id in pairs for row in states(task, id)])
        deeds = [(task, id, deed) for task, id in pairs for deed in task.deeds]
        activity_ids = home.add(Activity, [self._activity(task, id, deed) for task, id, deed in deeds])
        touches = [
            self._touch(task, deed, activity_id)
            for (task, _, deed), activity_id in zip(deeds, activity_ids, strict=True)
            if deed.kind.reaches_customer
        ]
        home.add(Touch, sorted(touches + reviews, key=lambda touch: touch["at"]))

    def _make_first_touches(self, reviews: list[dict]) -> None:
        """Whoever spoke with somebody made the first touch of everything that was open about that person."""
        spoke = [(row["contact_id"], row["at"], row["staff_name"]) for row in reviews]
        spoke += [
            (self.home.contacts[task.ask.person.key], deed.at, task.owner or "")
            for task in self.tasks
            for deed in task.deeds
            if deed.kind.reaches_customer
        ]
        for task in self.tasks:
            if task.is_open and task.first_touched_at is None:
                person = self.home.contacts[task.ask.person.key]
                since = [(at, by) for who, at, by in spoke if who == person and at >= task.opened_at]
                if since:
                    task.first_touched_at, by = min(since)
                    task.move(TaskState.CONTACTED, task.first_touched_at, by)

    def _task(self, task: FollowUp) -> dict:
        ask, closing = task.ask, task.closing
        priority = min(MOST_URGENT, task.due.priority + ASKED_FOR_URGENCY * wants_contact(task))
        is_about_silence = task.due.kind is TaskKind.SILENT
        return {
            "kind": task.due.kind,
            "account_id": self.home.accounts[ask.firm.key],
            "contact_id": self.home.contacts[ask.person.key],
            "response_id": None if is_about_silence else self.home.responses[ask.key],
            "invitation_id": self.home.asks[ask.key] if is_about_silence else None,
            "owner_id": self._staff(task.owner),
            "state": task.state,
            "priority": priority,
            "standing": priority,
            "reason": task.due.reason,
            "opened_at": task.opened_at,
            "first_touch_due_at": task.due.first_touch_due_at,
            "first_touched_at": task.first_touched_at,
            "due_at": task.due.due_at,
            "snoozed_until": task.snoozed_until,
            "closed_at": task.closed_at,
            "cause": closing.cause if closing else None,
            "causes_more": [cause.value for cause in closing.causes_more] if closing else [],
            "outcome": closing.outcome if closing else None,
            "closing_comment": closing.words if closing else None,
            "customer_told": closing.customer_told if closing else None,
            "wish": wish_of(task),
            "is_rehearsal": False,
            "created_at": task.opened_at,
            "updated_at": max(task.states[-1][1], *(deed.at for deed in task.deeds), task.opened_at),
        }

    def _promise(self, task: FollowUp, task_id: int) -> dict:
        """What the person read who asked on the thank-you page to be contacted."""
        person, zone = task.ask.person, ZoneInfo(task.ask.person.country.zone)
        day = day_promised(task.due.first_touch_due_at, zone, self.week)
        is_by_phone = person.key % 3 > 0
        return {
            "response_id": self.home.responses[task.ask.key],
            "task_id": task_id,
            "contact_id": self.home.contacts[person.key],
            "account_id": self.home.accounts[task.ask.firm.key],
            "staff_id": self._staff(task.owner),
            "staff_name": task.owner,
            "way": Way.PHONE if is_by_phone else Way.MAIL,
            "phone": f"+1 555 01{person.key % 100:02}" if is_by_phone else "",
            "asked_at": task.opened_at + timedelta(seconds=50),
            "due_on": day,
            "until_at": datetime.combine(day + timedelta(days=1), time(), zone),
            "is_rehearsal": False,
        }

    def _staff(self, name: str) -> int:
        return self.home.staff[PLACES[name]]

    def _activity(self, task: FollowUp, task_id: int, deed: Deed) -> dict:
        return {
            "task_id": task_id,
            "kind": deed.kind,
            "at": deed.at,
            "words": deed.words,
            "is_two_way": deed.is_two_way,
            "staff_id": self._staff(task.owner),
            "staff_name": task.owner,
            "created_at": deed.at,
        }

    def _touch(self, task: FollowUp, deed: Deed, activity_id: int | None) -> dict:
        return {
            "account_id": self.home.accounts[task.ask.firm.key],
            "contact_id": self.home.contacts[task.ask.person.key],
            "kind": deed.kind,
            "at": deed.at,
            "is_two_way": deed.is_two_way,
            "words": deed.words[:LONGEST_TOUCH],
            "activity_id": activity_id,
            "staff_id": self._staff(task.owner),
            "staff_name": task.owner,
        }

    def _reviews(self, firms: list[Firm]) -> list[dict]:
        """The regular meetings with larger customers, with their champion or buyer, while they were customers."""
        rows = []
        for firm in firms:
            every = REVIEW_DAYS.get(firm.company.tier)
            rng = Random(f"{self.home.seed} reviews {firm.key}")
            last = (self.home.today - firm.lost_on).days if firm.lost_on else 4
            first = min(REVIEWS_FROM, firm.company.began_ago)
            if every:
                rows += [
                    self._review(firm, ago, rng) for ago in range(last + rng.randrange(every), first, every)
                ]
        return [row for row in rows if row]

    def _review(self, firm: Firm, ago: int, rng: Random) -> dict | None:
        day = workday(self.home.today - timedelta(days=ago))
        wanted = (ContactRole.CHAMPION, ContactRole.DECISION_MAKER)
        there = [p for p in firm.people if p.is_here(day) and p.role_on(day) in wanted]
        willing = [p for p in there if firm.story.reply_of(p.role_on(day), ago) > 0.1]
        if not willing:
            return None
        owner = STAFF[MANAGER if firm.company.owner is None else firm.company.owner][0]
        at = datetime.combine(day, time(rng.randrange(9, 16), rng.choice((0, 30))), self.home.zone)
        return {
            "account_id": self.home.accounts[firm.key],
            "contact_id": self.home.contacts[rng.choice(willing).key],
            "kind": ActivityKind.MEETING,
            "at": at,
            "is_two_way": True,
            "words": words.note("review", rng),
            "activity_id": None,
            "staff_id": self._staff(owner),
            "staff_name": owner,
        }


def wants_contact(task: FollowUp) -> bool:
    """Whether somebody asked to be contacted: many who are unhappy do, few of the others; once for each answer."""
    share = WANTS_CONTACT.get(task.due.kind, 0)
    return Random(f"contact {task.ask.wave.key} {task.ask.person.key}").random() < share


def wish_of(task: FollowUp) -> WishSize | None:
    """How large somebody found what a passive wants; of fresh answers nobody has said it yet."""
    is_done = task.due.kind is TaskKind.PASSIVE and task.closing is not None
    if not is_done or not task.ask.answer.comment:
        return None
    found = Random(f"wish {task.ask.wave.key} {task.ask.person.key}").random()
    return None if found < 0.1 else WishSize.SMALL if found < 0.65 else WishSize.LARGE


def states(task: FollowUp, task_id: int) -> list[dict]:
    return [{"task_id": task_id, "state": state, "at": at, "by": by} for state, at, by in task.states]


def workday(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))

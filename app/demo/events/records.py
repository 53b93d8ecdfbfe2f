"""What happened at the demo company, in memory, before it becomes rows: waves, asks, answers, follow-ups.

The numbers (`key`) count from 0 within each list; rows get their ids when they are loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from app.contacts.models import ContactRole
from app.delivery.models import InvitationState
from app.demo.company.population import Firm, Person
from app.followups.models import ActivityKind, Cause, Outcome, TaskState
from app.followups.triggers import Due
from app.surveys import scales
from app.surveys.rules import DEFAULTS

UNDO = timedelta(minutes=DEFAULTS.undo_minutes)
LAUNCHES = {
    "nps": time(8, 10),
    "value": time(8, 40),
    "csat": time(9, 5),
    "ces": time(9, 20),
    "onboarding": time(9, 50),
}
NAMES = {
    "nps": "Recommendation",
    "value": "Value",
    "csat": "Satisfaction",
    "ces": "Effort",
    "onboarding": "Onboarding",
}
RECOVERY = "Asked again after a follow-up"


@dataclass(eq=False)
class Wave:
    """One launch. `survey` is the key of one that comes with the product; `ago` counts the days from its sending to today.

    `slot` is the sixth of the people that is asked, `part` is given where a round goes out in parts.
    """

    key: int
    survey: str
    on: date
    ago: int
    slot: int
    part: int | None = None
    is_recovery: bool = False

    @property
    def launched_at(self) -> datetime:
        return datetime.combine(self.on, LAUNCHES[self.survey], UTC)

    @property
    def sent_from(self) -> datetime:
        return self.launched_at + UNDO

    @property
    def name(self) -> str:
        name = f"{RECOVERY if self.is_recovery else NAMES[self.survey]}, {self.on:%B %Y}"
        return f"{name}, part {self.part}" if self.part else name


@dataclass(frozen=True)
class Picked:
    """The answer to a question without a column of its own: a number, or keys of a list."""

    number: int | None = None
    keys: list[str] = field(default_factory=list)


@dataclass
class Answer:
    """An answer with what it was about; `before` is the person's score of the last time. At `changed_at` the comment was added, before that there was none.

    `language` is that of the comment; some answer an English survey in their own.
    """

    at: datetime
    topic: str
    score: int | None = None
    overall: int | None = None
    goal: int | None = None
    ease: int | None = None
    before: int | None = None
    comment: str = ""
    language: str = ""
    changed_at: datetime | None = None
    is_automatic: bool = False
    others: dict[str, Picked] = field(default_factory=dict)

    @property
    def points(self) -> float | None:
        return scales.value_points(self.overall, self.goal, self.ease)

    @property
    def level(self) -> int:
        """The number that tells how content somebody is, 0..10."""
        return self.score if self.score is not None else self.overall


@dataclass
class Ask:
    """One invitation with its whole life: every state it came through, dated.

    `relief` is how much better the person feels since somebody solved what was wrong, in points of the score.
    """

    key: int
    wave: Wave
    firm: Firm
    person: Person
    language: str
    state: InvitationState = InvitationState.PLANNED
    changes: list[Change] = field(default_factory=list)
    reminders: list[datetime] = field(default_factory=list)
    remind_at: datetime | None = None
    suppressed_reason: str | None = None
    sent_at: datetime | None = None
    closed_at: datetime | None = None
    silent_at: datetime | None = None
    declined_at: datetime | None = None
    is_late: bool = False
    answer: Answer | None = None
    relief: float = 0

    @property
    def closes_at(self) -> datetime | None:
        return DEFAULTS.closes_at(self.sent_at) if self.sent_at else None

    @property
    def role(self) -> ContactRole:
        """The role in which the person was asked."""
        return self.person.role_on(self.wave.on)

    def move(self, state: InvitationState, at: datetime, reason: str | None = None) -> None:
        self.changes.append(Change(self, self.state, state, at, reason))
        self.state = state


@dataclass
class Change:
    """An ask came from one state into another."""

    ask: Ask
    before: InvitationState
    state: InvitationState
    at: datetime
    reason: str | None


@dataclass
class Deed:
    """Something done about a follow-up, or a touch of its own."""

    kind: ActivityKind
    at: datetime
    words: str
    is_two_way: bool = False


@dataclass
class Closing:
    """How a follow-up ended; None as outcome: by itself, because the answer came after all."""

    outcome: Outcome | None
    words: str
    cause: Cause | None = None
    causes_more: tuple[Cause, ...] = ()
    customer_told: bool | None = None


@dataclass
class FollowUp:
    """A task with its life. `states` are (state, moment, by whom)."""

    ask: Ask
    due: Due
    opened_at: datetime
    topic: str
    owner: str | None
    state: TaskState = TaskState.NEW
    states: list[tuple[TaskState, datetime, str]] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    first_touched_at: datetime | None = None
    snoozed_until: datetime | None = None
    closed_at: datetime | None = None
    closing: Closing | None = None

    @property
    def is_open(self) -> bool:
        return self.state is not TaskState.CLOSED

    def move(self, state: TaskState, at: datetime, by: str) -> None:
        if state is not self.state or not self.states:
            self.state = state
            self.closed_at = at if state is TaskState.CLOSED else None
            self.states.append((state, at, by))

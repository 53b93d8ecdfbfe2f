"""Follow-up tasks with their dated states and activities, and the touches that any employee logs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.auth.models import Staff
from app.contacts.models import Account, Contact
from app.core.database.columns import Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.core.errors import Refused
from app.delivery.inbound.models import InboundMail
from app.delivery.models import Invitation
from app.extensions import Base
from app.responses.models import Response


class TaskKind(StrEnum):
    DETRACTOR = "detractor"
    PASSIVE = "passive"
    PROMOTER = "promoter"
    SILENT = "silent"
    VALUE = "value"
    ALERT = "alert"
    FOOTPRINT = "footprint"


class TaskState(StrEnum):
    NEW = "new"
    CONTACTED = "contacted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    CLOSED = "closed"
    REOPENED = "reopened"


class ActivityKind(StrEnum):
    CALL = "call"
    MAIL = "mail"
    MEETING = "meeting"
    NOTE = "note"

    @property
    def reaches_customer(self) -> bool:
        return self is not ActivityKind.NOTE


class StepKind(StrEnum):
    HANDED_OVER = "handed_over"
    PUT_ASIDE = "put_aside"
    TAKEN_UP = "taken_up"


class Outcome(StrEnum):
    RESOLVED = "resolved"
    IMPROVED = "improved"
    NO_CHANGE = "no_change"
    LOST = "lost"
    NO_CONTACT = "no_contact"


class WishSize(StrEnum):
    """How much there is to what would make it a 9: done soon, or a matter of decisions and months."""

    SMALL = "small"
    LARGE = "large"


class Cause(StrEnum):
    """Why the customer felt so: fourteen causes in five groups (the part before the first underscore)."""

    PRODUCT_BUG = "product_bug"
    PRODUCT_GAP = "product_gap"
    PRODUCT_USABILITY = "product_usability"
    PRODUCT_PERFORMANCE = "product_performance"
    SERVICE_SUPPORT = "service_support"
    SERVICE_ONBOARDING = "service_onboarding"
    SERVICE_CSM = "service_csm"
    COMMERCIAL_PRICE = "commercial_price"
    COMMERCIAL_CONTRACT = "commercial_contract"
    COMMERCIAL_BILLING = "commercial_billing"
    FIT_MISMATCH = "fit_mismatch"
    FIT_CHANGED_NEEDS = "fit_changed_needs"
    RELATIONSHIP_CONTACT_CHANGE = "relationship_contact_change"
    OTHER = "other"


WAITING = 1000
"""Points by which a customer who waits for our answer stands before everybody else."""
NEEDS_CAUSE = frozenset({TaskKind.DETRACTOR, TaskKind.PASSIVE, TaskKind.VALUE})


class Task(Stamped, Base):
    """A promise to do something about an answer, a silence or a mail. `reason` says in words why it was opened.

    `replied_at`: since when somebody who wrote to us waits for our answer. `standing`: its place in the queue, in points
    (followups/ranking), which follows `priority` and `replied_at` at once and the rest as time passes.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        sa.UniqueConstraint("response_id", "kind"),
        sa.UniqueConstraint("invitation_id", "kind"),
        sa.Index("ix_tasks_owner_state", "owner_id", "state", "priority"),
        sa.Index("ix_tasks_account", "account_id", "state"),
        sa.Index("ix_tasks_replied", "replied_at"),
        # PostgreSQL's have the same condition by their migration; saying so here would load its dialect everywhere.
        sa.Index(
            "ix_tasks_standing_owner", "owner_id", "standing", sqlite_where=sa.text("closed_at IS NULL")
        ),
        sa.Index("ix_tasks_standing", "standing", sqlite_where=sa.text("closed_at IS NULL")),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        sa.CheckConstraint(
            "state <> 'closed' OR outcome IS NOT NULL OR kind IN ('silent', 'alert', 'footprint')",
            name="closed_outcome",
        ),
    )

    id: Mapped[Id]
    kind: Mapped[TaskKind] = mapped_column(choice(TaskKind))
    account_id: Mapped[int] = reference("accounts.id", index=False)
    contact_id: Mapped[int | None] = reference("contacts.id")
    response_id: Mapped[int | None] = reference("responses.id", index=False)
    invitation_id: Mapped[int | None] = reference("invitations.id", index=False)
    owner_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    state: Mapped[TaskState] = mapped_column(choice(TaskState), default=TaskState.NEW)
    priority: Mapped[int] = mapped_column(default=0)
    standing: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(sa.Text)
    opened_at: Mapped[Moment]
    first_touch_due_at: Mapped[Moment]
    first_touched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[Moment]
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cause: Mapped[Cause | None] = mapped_column(choice(Cause))
    causes_more: Mapped[list] = mapped_column(Json, default=list)
    outcome: Mapped[Outcome | None] = mapped_column(choice(Outcome))
    closing_comment: Mapped[str | None] = mapped_column(sa.Text)
    customer_told: Mapped[bool | None]
    wish: Mapped[WishSize | None] = mapped_column(choice(WishSize, "wish"))
    is_rehearsal: Mapped[bool] = mapped_column(default=False)
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()
    response: Mapped[Response | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship()
    owner: Mapped[Staff | None] = relationship()
    activities: Mapped[list[Activity]] = relationship(order_by="Activity.at", cascade="all, delete-orphan")
    mails: Mapped[list[TaskMail]] = relationship(order_by="TaskMail.at", cascade="all, delete-orphan")
    states: Mapped[list[TaskChange]] = relationship(
        order_by="TaskChange.at, TaskChange.id", cascade="all, delete-orphan"
    )
    steps: Mapped[list[TaskStep]] = relationship(
        order_by="TaskStep.at, TaskStep.id", cascade="all, delete-orphan"
    )

    @property
    def is_open(self) -> bool:
        return self.state is not TaskState.CLOSED

    def is_overdue(self, *, now: datetime) -> bool:
        """Open and past either clock."""
        late_touch = self.first_touched_at is None and self.first_touch_due_at < now
        return self.is_open and (late_touch or self.due_at < now)

    def move(self, state: TaskState, *, now: datetime, by: str) -> None:
        """Enter `state`; only a closed task reopens, and a closed one does nothing else."""
        if self.state is state:
            return
        if (self.state is TaskState.CLOSED) != (state is TaskState.REOPENED):
            raise Refused(
                "This task is closed; reopen it first." if not self.is_open else "This task is open already."
            )
        self.state = state
        self.closed_at = now if state is TaskState.CLOSED else None
        self.states.append(TaskChange(state=state, at=now, by=by))


@sa.event.listens_for(Task, "before_insert")
@sa.event.listens_for(Task, "before_update")
def _move_standing(_mapper, _connection, task: Task) -> None:
    """The place in the queue follows the priority, and whether somebody waits for our answer."""
    attributes = sa.inspect(task).attrs
    priority, replied = attributes.priority.history, attributes.replied_at.history
    if not (priority.has_changes() or replied.has_changes()):
        return
    former = priority.deleted[0] if priority.deleted else (task.priority if priority.unchanged else 0)
    waited = replied.deleted[0] if replied.deleted else (task.replied_at if replied.unchanged else None)
    now = (task.priority or 0) + WAITING * (task.replied_at is not None)
    task.standing = (task.standing or 0) + now - (former or 0) - WAITING * (waited is not None)


class TaskChange(Base):
    """A state of a task, dated."""

    __tablename__ = "task_states"

    id: Mapped[Id]
    task_id: Mapped[int] = reference("tasks.id")
    state: Mapped[TaskState] = mapped_column(choice(TaskState, "dated_state"))
    at: Mapped[Moment]
    by: Mapped[str] = mapped_column(sa.String(200))


class TaskStep(Base):
    """Who handed a task to whom (`owner_name`, None: to nobody), put it aside until when, or took it up; `words` say why."""

    __tablename__ = "task_steps"

    id: Mapped[Id]
    task_id: Mapped[int] = reference("tasks.id")
    kind: Mapped[StepKind] = mapped_column(choice(StepKind))
    at: Mapped[Moment]
    by: Mapped[str] = mapped_column(sa.String(200))
    owner_name: Mapped[str | None] = mapped_column(sa.String(200))
    former_owner_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    words: Mapped[str] = mapped_column(sa.Text, default="")


class TaskMail(Base):
    """A mail of the customer that belongs to a task."""

    __tablename__ = "task_mails"

    id: Mapped[Id]
    task_id: Mapped[int] = reference("tasks.id")
    mail_id: Mapped[int] = reference("inbound_mails.id", unique=True, index=False)
    at: Mapped[Moment]
    mail: Mapped[InboundMail] = relationship()


class Activity(Base):
    """Something done about a task: a call, a mail, a meeting or a note."""

    __tablename__ = "activities"

    id: Mapped[Id]
    task_id: Mapped[int] = reference("tasks.id")
    kind: Mapped[ActivityKind] = mapped_column(choice(ActivityKind))
    at: Mapped[Moment]
    words: Mapped[str] = mapped_column(sa.Text)
    is_two_way: Mapped[bool] = mapped_column(default=False)
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    staff_name: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[Moment]


class Touch(Base):
    """A contact of anyone in the company with someone at an account; two-way ones count for recency."""

    __tablename__ = "touches"
    __table_args__ = (sa.Index("ix_touches_account_at", "account_id", "at"),)

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id", index=False)
    contact_id: Mapped[int | None] = reference("contacts.id")
    kind: Mapped[ActivityKind] = mapped_column(choice(ActivityKind, "touch_kind"))
    at: Mapped[Moment]
    is_two_way: Mapped[bool]
    words: Mapped[str] = mapped_column(sa.Text, default="")
    activity_id: Mapped[int | None] = reference("activities.id", unique=True, index=False)
    staff_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    staff_name: Mapped[str] = mapped_column(sa.String(200))
    contact: Mapped[Contact | None] = relationship()

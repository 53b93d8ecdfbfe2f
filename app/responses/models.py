"""A response to an invitation, its answers, and the history of its changes."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Account, Contact
from app.core.database.columns import Id, Json, MaybeJson, Moment, UtcDateTime, choice, reference
from app.core.errors import Refused
from app.delivery.models import Decline, Invitation
from app.extensions import Base
from app.surveys.kinds.kind import Given
from app.surveys.models import Question


class Doubt(StrEnum):
    """A sign that a machine sent an answer. The first is enough by itself, of the others it takes two."""

    GATEWAY = "gateway"
    TRAP = "trap"
    SCORES = "scores"
    HASTE = "haste"
    FORM = "form"
    PROGRAM = "program"
    AHEAD = "ahead"


# As SQLite writes it; the migration says the same to PostgreSQL.
AWAITS_REVIEW = (
    "(is_maybe_automatic = 1 OR doubts IS NOT NULL) AND reviewed_at IS NULL AND dismissed_at IS NULL"
)


class Response(Base):
    """What one person said to one ask. One per invitation; the last version wins, the earlier ones are kept.

    `score` 0..10 is the NPS answer, `value_points` 0..100 the value answer by scoring section 3; `day` is the
    installation's calendar day of `submitted_at`. `dims` names the segments it is counted in: what the person was when
    answering, and what the account is now, which reports/sums/placing keeps so. An answer that a machine may have
    sent (`is_maybe_automatic`) waits until a member of staff says that it is a person's (`reviewed_at`) or a machine's
    (`dismissed_at`); `doubts` are the signs of it. Where the installation lets doubtful answers count they stand for
    review all the same, with nothing held back. A dismissed one is kept and counts nowhere; the next real answer to its ask takes its place.
    """

    __tablename__ = "responses"
    __table_args__ = (
        sa.CheckConstraint("score BETWEEN 0 AND 10", name="score"),
        sa.CheckConstraint("value_overall BETWEEN 0 AND 10", name="value_overall"),
        sa.CheckConstraint("value_goal BETWEEN 0 AND 4", name="value_goal"),
        sa.CheckConstraint("value_ease BETWEEN 1 AND 7", name="value_ease"),
        sa.CheckConstraint("value_points BETWEEN 0 AND 100", name="value_points"),
        sa.Index("ix_responses_account_submitted", "account_id", "submitted_at"),
        sa.Index("ix_responses_contact_submitted", "contact_id", "submitted_at"),
        sa.Index("ix_responses_to_review", "submitted_at", "id", sqlite_where=sa.text(AWAITS_REVIEW)),
    )

    id: Mapped[Id]
    invitation_id: Mapped[int] = reference("invitations.id", index=False, unique=True)
    contact_id: Mapped[int] = reference("contacts.id", index=False)
    account_id: Mapped[int] = reference("accounts.id", index=False)
    score: Mapped[int | None] = mapped_column(sa.SmallInteger)
    comment: Mapped[str] = mapped_column(sa.Text, default="")
    value_overall: Mapped[int | None] = mapped_column(sa.SmallInteger)
    value_goal: Mapped[int | None] = mapped_column(sa.SmallInteger)
    value_ease: Mapped[int | None] = mapped_column(sa.SmallInteger)
    value_points: Mapped[float | None]
    goal_id: Mapped[int | None] = reference("account_goals.id", ondelete="SET NULL", index=False)
    language: Mapped[str] = mapped_column(sa.String(16))
    day: Mapped[date] = mapped_column(index=True)
    submitted_at: Mapped[Moment] = mapped_column(index=True)
    updated_at: Mapped[Moment] = mapped_column(index=True)
    revision: Mapped[int] = mapped_column(default=1)
    attempt: Mapped[str | None] = mapped_column(sa.String(64))
    is_late: Mapped[bool] = mapped_column(default=False)
    is_maybe_automatic: Mapped[bool] = mapped_column(default=False)
    doubts: Mapped[list | None] = mapped_column(MaybeJson)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_partial: Mapped[bool] = mapped_column(default=False)
    is_rehearsal: Mapped[bool] = mapped_column(default=False)
    dims: Mapped[dict] = mapped_column(Json, default=dict)
    invitation: Mapped[Invitation] = relationship()
    contact: Mapped[Contact] = relationship()
    account: Mapped[Account] = relationship()
    answers: Mapped[list[Answer]] = relationship(cascade="all, delete-orphan", back_populates="response")

    @property
    def counts(self) -> bool:
        """Whether the answer enters scores and NPS: not in rehearsal, and not flagged and unreviewed."""
        return not self.is_rehearsal and (not self.is_maybe_automatic or self.reviewed_at is not None)

    @property
    def awaits_review(self) -> bool:
        """Whether somebody has still to say who sent it."""
        return self.is_doubtful and self.reviewed_at is None and self.dismissed_at is None

    @property
    def is_doubtful(self) -> bool:
        """Whether anything says that a machine sent it, be it held back for that or not."""
        return self.is_maybe_automatic or bool(self.doubts)

    def review(self, *, is_person: bool, now: datetime) -> None:
        """Say who sent a doubtful answer; the last word holds. Refused when nobody doubts it."""
        if not self.is_doubtful:
            raise Refused(_("Nothing says that a machine sent this answer, so there is nothing to review."))
        self.reviewed_at, self.dismissed_at = (now, None) if is_person else (None, now)
        self.is_maybe_automatic = self.is_maybe_automatic or not is_person
        self.updated_at = now


class Answer(Base):
    """The answer to one question, as given: a number, words, or the keys of what was picked."""

    __tablename__ = "answers"
    __table_args__ = (sa.UniqueConstraint("response_id", "question_id"),)

    id: Mapped[Id]
    response_id: Mapped[int] = reference("responses.id", index=False)
    question_id: Mapped[int] = reference("questions.id", ondelete="RESTRICT", index=False)
    number: Mapped[float | None]
    words: Mapped[str | None] = mapped_column(sa.Text)
    picked: Mapped[list | None] = mapped_column(MaybeJson)
    question: Mapped[Question] = relationship()
    response: Mapped[Response] = relationship(back_populates="answers")

    @property
    def given(self) -> Given:
        return Given(self.question.kind, self.number, self.words, tuple(self.picked or ()))


class Revision(Base):
    """What a response said before it was edited."""

    __tablename__ = "response_revisions"
    __table_args__ = (sa.UniqueConstraint("response_id", "number"),)

    id: Mapped[Id]
    response_id: Mapped[int] = reference("responses.id", index=False)
    number: Mapped[int]
    at: Mapped[Moment]
    said: Mapped[dict] = mapped_column(Json)


class Handover(Base):
    """What somebody said who is not the one to answer: has left, or names who should be asked, or both.

    It came over a link that may be in other hands, so nothing follows before a colleague decides. Name and address of
    the successor are kept until then and no longer; `successor_id` is the person who was made of them.
    """

    __tablename__ = "handovers"

    id: Mapped[Id]
    invitation_id: Mapped[int] = reference("invitations.id", index=False, unique=True)
    contact_id: Mapped[int] = reference("contacts.id")
    account_id: Mapped[int] = reference("accounts.id")
    said: Mapped[Decline] = mapped_column(choice(Decline, "handover_said"))
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    email: Mapped[str | None] = mapped_column(sa.String(320))
    said_at: Mapped[Moment] = mapped_column(index=True)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str] = mapped_column(sa.String(200), default="")
    is_approved: Mapped[bool | None]
    successor_id: Mapped[int | None] = reference("contacts.id", ondelete="SET NULL")
    invitation: Mapped[Invitation] = relationship()
    contact: Mapped[Contact] = relationship(foreign_keys=[contact_id])
    account: Mapped[Account] = relationship()
    successor: Mapped[Contact | None] = relationship(foreign_keys=[successor_id])

    @property
    def names_somebody(self) -> bool:
        return bool(self.name or self.email)


class PartialAnswer(Base):
    """What somebody has chosen or written on the page of an ask and not sent yet; the last state of it.

    Stored only after a press of their own. `is_enough` when all that must be answered is; such a one becomes the answer
    after an hour, marked as `is_partial` until the person sends one.
    """

    __tablename__ = "partial_answers"

    invitation_id: Mapped[int] = reference("invitations.id", primary_key=True, index=False)
    said: Mapped[dict] = mapped_column(Json)
    is_enough: Mapped[bool]
    doubts: Mapped[list | None] = mapped_column(MaybeJson)
    attempt: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[Moment] = mapped_column(index=True)

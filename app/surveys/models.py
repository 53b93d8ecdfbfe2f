"""Surveys with their versions and questions, and the programs that decide who is asked, how often, in what manner."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.auth.models import Staff
from app.core.database.columns import Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base
from app.surveys.kinds import KINDS
from app.surveys.kinds.kind import Asked, Kind


class QuestionKind(StrEnum):
    """The kinds that other parts speak of by name; all of them stand in `surveys/kinds`."""

    NPS = "nps"
    VALUE_OVERALL = "value_overall"
    VALUE_GOAL = "value_goal"
    VALUE_EASE = "value_ease"
    COMMENT = "comment"


class Survey(Stamped, Base):
    """A series of versions of the same questions; trends follow the survey, not its wording."""

    __tablename__ = "surveys"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    template: Mapped[str] = mapped_column(sa.String(32))
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    versions: Mapped[list[SurveyVersion]] = relationship(order_by="SurveyVersion.number")

    @property
    def current(self) -> SurveyVersion:
        """The newest version, which new waves use."""
        return next(version for version in reversed(self.versions) if not version.is_draft)

    @property
    def draft(self) -> SurveyVersion | None:
        """The version that is being written, if there is one."""
        return next((version for version in self.versions if version.is_draft), None)


class SurveyVersion(Base):
    """One wording, never changed once waves may use it; a draft may be, and `created_at` is when it ceased to be one."""

    __tablename__ = "survey_versions"
    __table_args__ = (sa.UniqueConstraint("survey_id", "number"),)

    id: Mapped[Id]
    survey_id: Mapped[int] = reference("surveys.id", index=False)
    number: Mapped[int]
    words: Mapped[dict] = mapped_column(Json, default=dict)
    created_at: Mapped[Moment]
    is_draft: Mapped[bool] = mapped_column(default=False)
    survey: Mapped[Survey] = relationship(back_populates="versions")
    questions: Mapped[list[Question]] = relationship(
        order_by="Question.position", cascade="all, delete-orphan"
    )

    def question(self, kind: str) -> Question | None:
        return next((q for q in self.questions if q.kind == kind), None)


class Question(Base):
    """One question of a version. `name` is its field name on the answer page."""

    __tablename__ = "questions"
    __table_args__ = (
        sa.UniqueConstraint("version_id", "name"),
        sa.UniqueConstraint("version_id", "position"),
    )

    id: Mapped[Id]
    version_id: Mapped[int] = reference("survey_versions.id", index=False)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(sa.String(32))
    name: Mapped[str] = mapped_column(sa.String(32))
    words: Mapped[dict] = mapped_column(Json, default=dict)
    options: Mapped[dict] = mapped_column(Json, default=dict)
    is_required: Mapped[bool] = mapped_column(default=False)

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]

    @property
    def asked(self) -> Asked:
        """The question as its field is read."""
        return Asked(self.id, self.name, self.of_kind, self.is_required, self.options or {})


class ProgramKind(StrEnum):
    RELATIONSHIP = "relationship"
    TRANSACTIONAL = "transactional"
    MANUAL = "manual"


class ProgramStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    ARCHIVED = "archived"


class Segment(Stamped, Base):
    """A filter of people with a name, in the form of an audience (`surveys/audience.py`)."""

    __tablename__ = "segments"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    filter: Mapped[dict] = mapped_column(Json, default=dict)


class Program(Stamped, Base):
    """Who is asked what, and by which rules. The rules are data with the defaults of `surveys/rules.py`."""

    __tablename__ = "programs"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    survey_id: Mapped[int] = reference("surveys.id", ondelete="RESTRICT")
    kind: Mapped[ProgramKind] = mapped_column(choice(ProgramKind), default=ProgramKind.RELATIONSHIP)
    status: Mapped[ProgramStatus] = mapped_column(choice(ProgramStatus), default=ProgramStatus.ACTIVE)
    audience: Mapped[dict] = mapped_column(Json, default=dict)
    schedule: Mapped[dict | None] = mapped_column(Json)
    cadence: Mapped[dict] = mapped_column(Json, default=dict)
    reminders: Mapped[list] = mapped_column(Json, default=lambda: [3, 7])
    window: Mapped[dict] = mapped_column(Json, default=dict)
    quarantine: Mapped[dict] = mapped_column(Json, default=dict)
    mail: Mapped[dict] = mapped_column(Json, default=dict)
    sender_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL")
    is_from_owner: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    survey: Mapped[Survey] = relationship()
    sender: Mapped[Staff | None] = relationship()

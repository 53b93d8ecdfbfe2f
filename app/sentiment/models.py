"""The stored reading of a comment: what an engine of a version heard in it, and what people say who know better."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import BigId, Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base

# What pages count by stands in one index each, so that no row is looked up for a number.
COUNTING = (
    *("day", "response_id", "id", "is_counted", "label", "corrected"),
    *("language", "score", "question_id", "account_id", "is_themed"),
)
MENTIONS_COUNTING = ("theme_id", "day", "is_counted", "label", "score", "account_id")


class Label(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    MIXED = "mixed"
    POSITIVE = "positive"
    UNKNOWN = "unknown"


class Intent(StrEnum):
    """What words were asked for; the engine hears "nothing" by it."""

    WHY = "why"
    IMPROVE = "improve"
    LIKE = "like"


class StoredReading(Base):
    """The reading of a text: the comment of a response (`question_id` None), or the words given to a further question.

    Polarity is -1..1, None when the engine cannot tell. `day`, `score`, `account_id` and `is_counted` (of a person, not of
    a rehearsal, not forgotten) are those of the response, kept here so that many readings are counted from one index.
    `is_themed` is whether a theme in use was found in it, None before anybody looked.

    `label` is the engine's; `corrected` is what a colleague said instead, and wins wherever a label is shown or
    counted: that is `said`. `edition` is that of the dictionary by which its themes were found. `confidence` is 0..1, None for readings from before engines told it.
    """

    __tablename__ = "readings"
    __table_args__ = (
        sa.CheckConstraint("polarity BETWEEN -1 AND 1", name="polarity"),
        sa.UniqueConstraint("response_id", "question_id"),
        # On PostgreSQL the migration makes it partial: to name that database here would load it where SQLite is used.
        sa.Index(
            "uq_readings_comment", "response_id", unique=True, sqlite_where=sa.text("question_id IS NULL")
        ),
        sa.Index("ix_readings_counting", *COUNTING),
        sa.Index("ix_readings_engine_version", "engine", "version"),
    )

    id: Mapped[Id]
    response_id: Mapped[int] = reference("responses.id", index=False)
    question_id: Mapped[int | None] = reference("questions.id", ondelete="RESTRICT", index=False)
    account_id: Mapped[int] = mapped_column(BigId)
    day: Mapped[date]
    score: Mapped[int | None] = mapped_column(sa.SmallInteger)
    is_counted: Mapped[bool]
    intent: Mapped[Intent] = mapped_column(choice(Intent))
    engine: Mapped[str] = mapped_column(sa.String(32))
    version: Mapped[str] = mapped_column(sa.String(32))
    polarity: Mapped[float | None]
    label: Mapped[Label] = mapped_column(choice(Label))
    corrected: Mapped[Label | None] = mapped_column(choice(Label, "corrected"))
    confidence: Mapped[float | None]
    language: Mapped[str | None] = mapped_column(sa.String(16))
    evidence: Mapped[list] = mapped_column(Json, default=list)
    read_at: Mapped[Moment]
    edition: Mapped[int] = mapped_column(default=0, server_default="0", index=True)
    is_themed: Mapped[bool | None]

    @hybrid_property
    def said(self) -> Label:
        return self.corrected or self.label

    @said.inplace.expression
    @classmethod
    def _said(cls) -> sa.ColumnElement[Label]:
        return sa.func.coalesce(cls.corrected, cls.label, type_=cls.__table__.c.label.type)


class Correction(Base):
    """A colleague's word on how a comment sounds: `heard` is what the engine said, `was` what stood there, `label` what
    it is. With the same label the reading was found right.

    `is_drawn` when the comment came by lot and was judged without seeing the reading, which is what makes shares of
    wrong readings honest. It stands while `reading_id` names a reading (of these very words) and nobody took it back.
    """

    __tablename__ = "reading_corrections"
    __table_args__ = (sa.Index("ix_reading_corrections_response", "response_id", "at"),)

    id: Mapped[Id]
    response_id: Mapped[int] = reference("responses.id", index=False)
    question_id: Mapped[int | None] = reference("questions.id", ondelete="RESTRICT", index=False)
    reading_id: Mapped[int | None] = reference("readings.id", ondelete="SET NULL")
    engine: Mapped[str] = mapped_column(sa.String(32))
    version: Mapped[str] = mapped_column(sa.String(32))
    language: Mapped[str | None] = mapped_column(sa.String(16))
    heard: Mapped[Label] = mapped_column(choice(Label, "heard"))
    was: Mapped[Label] = mapped_column(choice(Label, "was"))
    label: Mapped[Label] = mapped_column(choice(Label, "judged"))
    why: Mapped[str] = mapped_column(sa.Text, default="")
    is_drawn: Mapped[bool] = mapped_column(default=False)
    at: Mapped[Moment]
    by_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL", index=False)
    by: Mapped[str] = mapped_column(sa.String(200))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[str | None] = mapped_column(sa.String(200))


class Rereading(Base):
    """One run over the readings of other engines or versions than `engine` `version`: a trial changes nothing.

    `last_id` is the reading it has come to, so that a run that was killed goes on there. `moves` counts labels as
    "from>to"; `examples` are [reading id, from, to]. `stride` above 1 takes every so many-th reading only.
    """

    __tablename__ = "rereadings"

    id: Mapped[Id]
    engine: Mapped[str] = mapped_column(sa.String(32))
    version: Mapped[str] = mapped_column(sa.String(32))
    is_trial: Mapped[bool]
    stride: Mapped[int] = mapped_column(default=1)
    last_id: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    moves: Mapped[dict] = mapped_column(Json, default=dict)
    examples: Mapped[list] = mapped_column(Json, default=list)
    started_at: Mapped[Moment]
    by: Mapped[str] = mapped_column(sa.String(200))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_stopped: Mapped[bool] = mapped_column(default=False)

    @property
    def is_running(self) -> bool:
        return self.finished_at is None

    @property
    def changed(self) -> int:
        """How many labels are others."""
        return sum(n for move, n in self.moves.items() if len(set(move.split(">"))) > 1)


class Department(StrEnum):
    """Whose matter a theme is."""

    PRODUCT = "product"
    SUPPORT = "support"
    SALES = "sales"
    ACCOUNTS = "accounts"


class Theme(Stamped, Base):
    """Something comments may be about. `phrases` and `exclusions` are lists by language, "" for every language.

    `key` names a theme that came with JustAsk. One that is not `is_active` is found no more.
    """

    __tablename__ = "themes"

    id: Mapped[Id]
    key: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    department: Mapped[Department | None] = mapped_column(choice(Department))
    phrases: Mapped[dict] = mapped_column(Json, default=dict)
    exclusions: Mapped[dict] = mapped_column(Json, default=dict)
    is_active: Mapped[bool] = mapped_column(default=True)


class ThemeEdition(Base):
    """The one row that counts the editions of the dictionary; readings note in which their mentions were found."""

    __tablename__ = "theme_editions"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    is_seeded: Mapped[bool] = mapped_column(default=False)
    suggested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Mention(Base):
    """A text speaks of a theme, and how its clause sounds; `day` and what follows are those of its reading."""

    __tablename__ = "theme_mentions"
    __table_args__ = (
        sa.UniqueConstraint("reading_id", "theme_id"),
        sa.Index("ix_theme_mentions_counting", *MENTIONS_COUNTING),
    )

    id: Mapped[Id]
    theme_id: Mapped[int] = reference("themes.id", index=False)
    reading_id: Mapped[int] = reference("readings.id", index=False)
    response_id: Mapped[int] = reference("responses.id")
    account_id: Mapped[int] = mapped_column(BigId)
    day: Mapped[date]
    score: Mapped[int | None] = mapped_column(sa.SmallInteger)
    is_counted: Mapped[bool]
    polarity: Mapped[float | None]
    label: Mapped[Label] = mapped_column(choice(Label, "mentioned"))


class Ground(StrEnum):
    """Why a phrase is suggested."""

    DETRACTORS = "detractors"
    RISING = "rising"
    FREQUENT = "frequent"


class Suggestion(Base):
    """A phrase of many comments that no theme knows: `n` people, `before` in as many days earlier, by band.

    `variants` are other forms of it and phrases of the same matter; the numbers count them too.
    """

    __tablename__ = "theme_suggestions"
    __table_args__ = (sa.UniqueConstraint("language", "phrase"),)

    id: Mapped[Id]
    language: Mapped[str] = mapped_column(sa.String(16))
    phrase: Mapped[str] = mapped_column(sa.String(80))
    variants: Mapped[list] = mapped_column(Json, default=list, server_default="[]")
    ground: Mapped[Ground] = mapped_column(choice(Ground))
    n: Mapped[int]
    before: Mapped[int]
    detractors: Mapped[int]
    promoters: Mapped[int]
    log_odds: Mapped[float]
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dismissed_by: Mapped[str | None] = mapped_column(sa.String(200))

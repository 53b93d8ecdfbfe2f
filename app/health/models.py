"""Stored scores: one snapshot per account and day, the marks that one is due, and Adoption from outside."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Json, Moment, choice, reference
from app.extensions import Base


class Colour(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


class FormulaVersion(Base):
    """A set of parameters of the formula; snapshots name the version they were computed with."""

    __tablename__ = "formula_versions"

    version: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    parameters: Mapped[dict] = mapped_column(Json)
    active_from: Mapped[Moment]
    staff_name: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="", server_default="")


class Snapshot(Base):
    """The scores of an account at the end of a day, 0..100 or None for "not enough evidence"."""

    __tablename__ = "snapshots"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "on"),
        *(
            sa.CheckConstraint(f"{name} BETWEEN 0 AND 100", name=name)
            for name in ("relationship", "adoption", "value", "health")
        ),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id", index=False)
    on: Mapped[date] = mapped_column(index=True)
    version: Mapped[str] = mapped_column(sa.ForeignKey("formula_versions.version"))
    relationship: Mapped[float | None]
    adoption: Mapped[float | None]
    value: Mapped[float | None]
    health: Mapped[float | None]
    relationship_colour: Mapped[Colour] = mapped_column(
        choice(Colour, "relationship_colour"), default=Colour.GREY
    )
    adoption_colour: Mapped[Colour] = mapped_column(choice(Colour, "adoption_colour"), default=Colour.GREY)
    value_colour: Mapped[Colour] = mapped_column(choice(Colour, "value_colour"), default=Colour.GREY)
    health_colour: Mapped[Colour] = mapped_column(choice(Colour, "health_colour"), default=Colour.GREY)
    memory: Mapped[dict] = mapped_column(Json, default=dict)
    explanation: Mapped[dict] = mapped_column(Json, default=dict)
    computed_at: Mapped[Moment]


class ColourMove(Base):
    """From one day to the next the colour of an account was another: the follow-up it led to, or why to none.

    `name` is the score: health, or relationship where health is not known.
    """

    __tablename__ = "colour_moves"
    __table_args__ = (sa.UniqueConstraint("account_id", "on"),)

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id", index=False)
    on: Mapped[date] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(sa.String(16))
    before: Mapped[Colour] = mapped_column(choice(Colour, "colour_before"))
    after: Mapped[Colour] = mapped_column(choice(Colour, "colour_after"))
    task_id: Mapped[int | None] = reference("tasks.id", ondelete="SET NULL")
    why: Mapped[str] = mapped_column(sa.Text)
    is_opened: Mapped[bool] = mapped_column(default=False)
    at: Mapped[Moment]


class ScoreDue(Base):
    """The score of this account must be computed anew; until the worker has, pages compute it live."""

    __tablename__ = "score_due"

    account_id: Mapped[int] = reference("accounts.id", primary_key=True, index=False)
    since: Mapped[Moment] = mapped_column(index=True)


class Adoption(Base):
    """A score of use that came from outside, 0..100, true on the day `as_of`."""

    __tablename__ = "adoption_scores"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "as_of"),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id", index=False)
    score: Mapped[float]
    as_of: Mapped[date]
    source: Mapped[str] = mapped_column(sa.String(64), default="api")
    created_at: Mapped[Moment]

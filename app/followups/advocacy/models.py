"""Favours that were asked of people, with their dated states, and which favours the company asks at all."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Account, Contact
from app.core.database.columns import Id, Json, Moment, choice, reference
from app.core.errors import Refused
from app.extensions import Base
from app.responses.models import Response


class FavourKind(StrEnum):
    REFERENCE = "reference"
    REVIEW = "review"
    REFERRAL = "referral"
    CASE_STUDY = "case_study"
    TALK = "talk"
    BETA = "beta"
    UPSELL = "upsell"


ON_PAGES = tuple(
    kind for kind in FavourKind if kind is not FavourKind.UPSELL
)  # Nobody is sold anything on a page.


class FavourState(StrEnum):
    """Offered: it stands on the thank-you page. Accepted: somebody of us takes it up. The others end it."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    FULFILLED = "fulfilled"


NEXT = {
    FavourState.OFFERED: {FavourState.ACCEPTED, FavourState.DECLINED, FavourState.FULFILLED},
    FavourState.ACCEPTED: {FavourState.DECLINED, FavourState.FULFILLED},
    FavourState.DECLINED: set(),
    FavourState.FULFILLED: set(),
}


class Favour(Base):
    """One favour that was asked of one person, on the thank-you page of the answer, or by a colleague without one.

    Of a reference that was accepted: whether they may be quoted, and on which day they were last called upon.
    """

    __tablename__ = "favours"
    __table_args__ = (sa.Index("ix_favours_contact_offered", "contact_id", "offered_at"),)

    id: Mapped[Id]
    kind: Mapped[FavourKind] = mapped_column(choice(FavourKind))
    contact_id: Mapped[int] = reference("contacts.id", index=False)
    account_id: Mapped[int] = reference("accounts.id")
    response_id: Mapped[int | None] = reference("responses.id", unique=True, index=False)
    state: Mapped[FavourState] = mapped_column(choice(FavourState))
    offered_at: Mapped[Moment] = mapped_column(index=True)
    changed_at: Mapped[Moment]
    is_rehearsal: Mapped[bool] = mapped_column(default=False)
    may_quote: Mapped[bool] = mapped_column(default=False)
    last_used_on: Mapped[date | None]
    contact: Mapped[Contact] = relationship()
    account: Mapped[Account] = relationship()
    response: Mapped[Response | None] = relationship()
    changes: Mapped[list[FavourChange]] = relationship(
        order_by="FavourChange.at, FavourChange.id", cascade="all, delete-orphan"
    )

    def move(self, state: FavourState, *, now: datetime, by: str) -> None:
        """Enter `state`; what was declined or done stays so."""
        if state not in NEXT[self.state]:
            raise Refused(_("This is settled already."))
        self.state, self.changed_at = state, now
        self.changes.append(FavourChange(state=state, at=now, by=by))


class FavourChange(Base):
    """A state of a favour, dated."""

    __tablename__ = "favour_states"

    id: Mapped[Id]
    favour_id: Mapped[int] = reference("favours.id")
    state: Mapped[FavourState] = mapped_column(choice(FavourState, "favour_state"))
    at: Mapped[Moment]
    by: Mapped[str] = mapped_column(sa.String(200))


class FavourOffer(Base):
    """Whether the company asks for a kind of favour, where the page leads who agrees, and its own words by language."""

    __tablename__ = "favour_offers"

    kind: Mapped[FavourKind] = mapped_column(choice(FavourKind, "offer_kind"), primary_key=True)
    is_offered: Mapped[bool] = mapped_column(default=False)
    link: Mapped[str] = mapped_column(sa.String(500), default="")
    words: Mapped[dict] = mapped_column(Json, default=dict)

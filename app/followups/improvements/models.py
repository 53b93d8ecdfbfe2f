"""Something that customers said and we did something about, in words for customers."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Json, Stamped, choice
from app.extensions import Base
from app.followups.models import Cause


class Improvement(Stamped, Base):
    """An entry of "you said, we did". `words` holds, for each language, what customers `said` and what we `did`.

    It is told from `from_on` to `to_on`, both days included. With a `cause` only people read it with whom a follow-up
    ended with that main cause; without one everybody does.
    """

    __tablename__ = "improvements"

    id: Mapped[Id]
    words: Mapped[dict] = mapped_column(Json, default=dict)
    cause: Mapped[Cause | None] = mapped_column(choice(Cause, "improvement_cause"))
    from_on: Mapped[date] = mapped_column(index=True)
    to_on: Mapped[date | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    author: Mapped[str] = mapped_column(sa.String(200), default="")

"""What administrators decided about the face: sentences put in other words, who has read a translation, the logos."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database.columns import Id, Moment
from app.extensions import Base


class Correction(Base):
    """A sentence of a catalogue in other words. `language` is `de`, or `de-x-informal` for the informal form.

    `original` is the English sentence, `form` the number of its plural form, 0 for a sentence that has but one.
    """

    __tablename__ = "corrections"

    id: Mapped[Id]
    language: Mapped[str] = mapped_column(sa.String(24), index=True)
    original: Mapped[str] = mapped_column(sa.Text)
    form: Mapped[int] = mapped_column(sa.SmallInteger, default=0)
    words: Mapped[str] = mapped_column(sa.Text)
    written_by: Mapped[str] = mapped_column(sa.String(200))
    written_at: Mapped[Moment]


class TranslationReview(Base):
    """Who says of a translation that a native speaker has read it; `digest` is of what was read then."""

    __tablename__ = "translation_reviews"

    language: Mapped[str] = mapped_column(sa.String(24), primary_key=True)
    reviewer: Mapped[str] = mapped_column(sa.String(200))
    approved_by: Mapped[str] = mapped_column(sa.String(200))
    approved_at: Mapped[Moment]
    digest: Mapped[str] = mapped_column(sa.String(64))


class Logo(Base):
    """A logo that was once set; mails in inboxes name it for ever, so none goes. `name` is a digest of its bytes."""

    __tablename__ = "logos"

    name: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    media_type: Mapped[str] = mapped_column(sa.String(32))
    width: Mapped[int] = mapped_column(sa.Integer)
    height: Mapped[int] = mapped_column(sa.Integer)
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    added_at: Mapped[Moment]

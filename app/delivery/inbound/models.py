"""Mails that came in, each once, and how far the box was read.

What a mail means for an ask stands in the ledger as ever; here stands what was said. Attachments are not kept, and no
word that would open somebody's answer page.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Account, Contact
from app.core.database.columns import Id, Json, Moment, UtcDateTime, choice, reference
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.models import Invitation
from app.extensions import Base


class Standing(StrEnum):
    """What became of a mail: it was taken, nobody is known to whom it belongs, it could not be read, or it was let go."""

    TAKEN = "taken"
    UNMATCHED = "unmatched"
    SET_ASIDE = "set_aside"
    DISMISSED = "dismissed"


class MatchedBy(StrEnum):
    """How the ask was found. All but the sender's address rest on a secret that only our mail held."""

    RETURN_PATH = "return_path"
    MESSAGE_ID = "message_id"
    LINK = "link"
    SENDER = "sender"
    STAFF = "staff"


class InboundMail(Base):
    """One mail that came in. `about` is the mail of ours that it speaks of, as the outbox calls it.

    `sealed` holds the octets of one that was set aside, encrypted, until it is tried again or let go.
    """

    __tablename__ = "inbound_mails"
    __table_args__ = (
        sa.Index("ix_inbound_mails_standing", "standing", "arrived_at"),
        sa.Index("ix_inbound_mails_account", "account_id", "arrived_at"),
        sa.Index("ix_inbound_mails_arrived", "arrived_at"),
    )

    id: Mapped[Id]
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    arrived_at: Mapped[Moment]
    written_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    kind: Mapped[Kind | None] = mapped_column(choice(Kind, "inbound_kind"))
    standing: Mapped[Standing] = mapped_column(choice(Standing))
    matched_by: Mapped[MatchedBy | None] = mapped_column(choice(MatchedBy))
    message_id: Mapped[str] = mapped_column(sa.String(255), default="")
    about: Mapped[str | None] = mapped_column(sa.String(64))
    from_name: Mapped[str] = mapped_column(sa.String(200), default="")
    from_address: Mapped[str] = mapped_column(sa.String(320), default="")
    from_key: Mapped[str | None] = mapped_column(sa.String(320), index=True)
    subject: Mapped[str] = mapped_column(sa.String(300), default="")
    words: Mapped[str] = mapped_column(sa.Text, default="")
    quoted: Mapped[str] = mapped_column(sa.Text, default="")
    attachments: Mapped[list] = mapped_column(Json, default=list)
    is_cut: Mapped[bool] = mapped_column(default=False)
    returns_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(sa.String(16), default="")
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    sealed: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    invitation_id: Mapped[int | None] = reference("invitations.id")
    contact_id: Mapped[int | None] = reference("contacts.id")
    account_id: Mapped[int | None] = reference("accounts.id", index=False)
    invitation: Mapped[Invitation | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    account: Mapped[Account | None] = relationship()

    @property
    def at(self) -> datetime:
        """When it was written, as far as that can be: the mail may say so wrongly, but not later than it came."""
        return min(self.written_at or self.arrived_at, self.arrived_at)

    @property
    def sender(self) -> str:
        return self.from_name or self.from_address


class InboundBox(Base):
    """How far a box was read, and when it last could be."""

    __tablename__ = "inbound_boxes"

    name: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    cursor: Mapped[dict] = mapped_column(Json, default=dict)
    looked_at: Mapped[Moment]
    well_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fault: Mapped[str | None] = mapped_column(sa.Text)
    fault_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fault_count: Mapped[int] = mapped_column(default=0)

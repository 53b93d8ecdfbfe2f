"""The people to write to, as the outbox needs to know them, some hundreds at a time."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from app.contacts.models import Account, Contact
from app.delivery import letters
from app.delivery.models import Invitation, Wave
from app.surveys.models import Program

CHUNK = 500


class Addressee(NamedTuple):
    """One person to write to, as the outbox needs to know them."""

    invitation_id: int
    contact_id: int
    wave_id: int
    language: str
    closes_at: datetime | None
    reminders_left: int
    email: str
    first_name: str
    last_name: str
    account: str
    time_zone: str | None
    due_at: datetime | None
    remind_at: datetime | None
    owner_id: int | None

    @property
    def values(self) -> dict[str, str]:
        return letters.values_of(self)


ADDRESSEES = (
    sa.select(
        Invitation.id,
        Invitation.contact_id,
        Invitation.wave_id,
        Invitation.language,
        Invitation.closes_at,
        Invitation.reminders_left,
        Contact.email,
        Contact.first_name,
        Contact.last_name,
        Account.name,
        sa.func.coalesce(Contact.time_zone, Account.time_zone),
        Invitation.due_at,
        Invitation.remind_at,
        sa.case((Program.is_from_owner, Account.owner_id)),
    )
    .join(Contact, Contact.id == Invitation.contact_id)
    .join(Account, Account.id == Invitation.account_id)
    .join(Wave, Wave.id == Invitation.wave_id)
    .join(Program, Program.id == Wave.program_id)
    .where(Contact.email.is_not(None))
    .order_by(Invitation.id)
    .limit(CHUNK)
)

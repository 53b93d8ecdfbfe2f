"""Accounts and the people there. Roles, stages and goals are dated rows, so that a past day can be told again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.auth.models import Staff
from app.core.database import finding
from app.core.database.columns import Id, Json, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base


class Stage(StrEnum):
    ONBOARDING = "onboarding"
    STEADY = "steady"
    RENEWAL = "renewal"
    LOST = "lost"


class ContactRole(StrEnum):
    """The persona of a contact (scoring section 4); decision maker and champion are key roles."""

    DECISION_MAKER = "decision_maker"
    CHAMPION = "champion"
    ADMIN = "admin"
    POWER_USER = "power_user"
    USER = "user"
    OTHER = "other"

    @property
    def is_key(self) -> bool:
        return self in {ContactRole.DECISION_MAKER, ContactRole.CHAMPION}


class ContactStatus(StrEnum):
    ACTIVE = "active"
    LEFT = "left"
    BOUNCED = "bounced"
    UNSUBSCRIBED = "unsubscribed"
    ERASED = "erased"


class NotAskable(StrEnum):
    """Why a person is kept but never asked by a program."""

    LIFECYCLE = "lifecycle"
    OWN_DOMAIN = "own_domain"
    ROLE_MAILBOX = "role_mailbox"
    INVALID_EMAIL = "invalid_email"
    NO_ACCOUNT = "no_account"


class AskKind(StrEnum):
    """What somebody may be asked about, in the terms in which people choose it for themselves."""

    GENERAL = "general"  # Now and then, about the product and the work together.
    EVENTS = "events"  # Right after something happened, such as onboarding or a support case.


class Account(Stamped, Base):
    """A customer company: the unit of everything. No tier counts as tier 2."""

    __tablename__ = "accounts"
    __table_args__ = (
        sa.CheckConstraint("tier IS NULL OR tier BETWEEN 1 AND 3", name="tier"),
        sa.CheckConstraint("arr IS NULL OR arr >= 0", name="arr"),
        sa.CheckConstraint("length(name) > 0", name="name"),
    )

    id: Mapped[Id]
    external_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200), index=True)
    found_as: Mapped[str | None] = mapped_column(sa.Text, deferred=True)
    tier: Mapped[int | None] = mapped_column(sa.SmallInteger)
    segment: Mapped[dict] = mapped_column(Json, default=dict)
    stage: Mapped[Stage] = mapped_column(choice(Stage), default=Stage.STEADY)
    arr: Mapped[Decimal | None] = mapped_column(sa.Numeric(14, 2))
    currency: Mapped[str] = mapped_column(sa.String(3), default="USD")
    owner_id: Mapped[int | None] = reference("staff.id", ondelete="SET NULL")
    time_zone: Mapped[str | None] = mapped_column(sa.String(64))
    started_on: Mapped[date]
    renewal_on: Mapped[date | None]
    is_demo: Mapped[bool] = mapped_column(default=False)
    owner: Mapped[Staff | None] = relationship()
    domains: Mapped[list[AccountDomain]] = relationship(
        cascade="all, delete-orphan", order_by="AccountDomain.domain"
    )
    stages: Mapped[list[AccountStage]] = relationship(
        cascade="all, delete-orphan", order_by="AccountStage.from_on"
    )

    @property
    def effective_tier(self) -> int:
        return self.tier or 2

    def enter(self, stage: Stage, *, on: date) -> None:
        """Move to `stage` from the day `on`; the former stage stays dated, a second change of one day replaces the first."""
        if self.stages and self.stages[-1].from_on == on:
            self.stages[-1].stage = stage
        elif not self.stages or self.stage != stage:
            self.stages.append(AccountStage(stage=stage, from_on=on))
        self.stage = stage


class AccountDomain(Base):
    """A mail domain of an account; two accounts may share one."""

    __tablename__ = "account_domains"

    account_id: Mapped[int] = reference("accounts.id", primary_key=True, index=False)
    domain: Mapped[str] = mapped_column(sa.String(255), primary_key=True, index=True)


class AccountStage(Base):
    """From which day an account stood in a stage."""

    __tablename__ = "account_stages"
    __table_args__ = (sa.Index("ix_account_stages_account_from", "account_id", "from_on"),)

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id", index=False)
    stage: Mapped[Stage] = mapped_column(choice(Stage, "dated_stage"))
    from_on: Mapped[date]


class StageName(Base):
    """What a stage is called in this company, empty as usual, and where it stands among the others."""

    __tablename__ = "stage_names"

    stage: Mapped[Stage] = mapped_column(choice(Stage, "named_stage"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    place: Mapped[int] = mapped_column(sa.SmallInteger)


class AccountKey(Base):
    """The id of an account in another system, so that two systems' files land on one account."""

    __tablename__ = "account_keys"
    __table_args__ = (sa.UniqueConstraint("system", "key"),)

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id")
    system: Mapped[str] = mapped_column(sa.String(32))
    key: Mapped[str] = mapped_column(sa.String(120))


class Goal(Base):
    """An account's main objective from a day on; the newest that has not ended is current."""

    __tablename__ = "account_goals"

    id: Mapped[Id]
    account_id: Mapped[int] = reference("accounts.id")
    words: Mapped[str] = mapped_column(sa.String(500))
    from_on: Mapped[date]
    ended_on: Mapped[date | None]
    source: Mapped[str] = mapped_column(sa.String(32), default="staff")
    created_at: Mapped[Moment]


HAS_WISHES = sa.text("rest_days IS NOT NULL OR unwanted_kind IS NOT NULL")


def called(status: ContactStatus, first_name: str, last_name: str, email: str | None) -> str:
    """The name of a person as pages show it: else the address, else nothing."""
    if status is ContactStatus.ERASED:
        return _("An erased person")
    return f"{first_name} {last_name}".strip() or email or ""


class Contact(Stamped, Base):
    """A person at an account. `email_key` decides whether two addresses are the same mailbox.

    `rest_days` is the least time between two asks and `unwanted_kind` what not to ask about, both as the person wished;
    everybody who reads a mailbox has the same wishes (`app/contacts/wishes`).
    """

    __tablename__ = "contacts"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "email_key"),
        sa.CheckConstraint("status <> 'left' OR left_on IS NOT NULL", name="left_on"),
        sa.CheckConstraint("rest_days IS NULL OR rest_days > 0", name="rest_days"),
        # PostgreSQL's has the same condition by its migration; saying so here would load its dialect everywhere.
        sa.Index("ix_contacts_wishes", "email_key", sqlite_where=HAS_WISHES),
    )

    id: Mapped[Id]
    external_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    account_id: Mapped[int | None] = reference("accounts.id", index=False)
    email: Mapped[str | None] = mapped_column(sa.String(320))
    email_key: Mapped[str | None] = mapped_column(sa.String(320), index=True)
    first_name: Mapped[str] = mapped_column(sa.String(120), default="")
    last_name: Mapped[str] = mapped_column(sa.String(120), default="")
    found_as: Mapped[str | None] = mapped_column(sa.Text, deferred=True)
    title: Mapped[str] = mapped_column(sa.String(200), default="")
    role: Mapped[ContactRole] = mapped_column(choice(ContactRole), default=ContactRole.OTHER)
    language: Mapped[str | None] = mapped_column(sa.String(16))
    time_zone: Mapped[str | None] = mapped_column(sa.String(64))
    country: Mapped[str | None] = mapped_column(sa.String(64))
    status: Mapped[ContactStatus] = mapped_column(choice(ContactStatus), default=ContactStatus.ACTIVE)
    left_on: Mapped[date | None]
    not_askable: Mapped[NotAskable | None] = mapped_column(choice(NotAskable))
    unsubscribed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bounced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rest_days: Mapped[int | None] = mapped_column(sa.SmallInteger)
    unwanted_kind: Mapped[AskKind | None] = mapped_column(choice(AskKind, "unwanted_kind"))
    is_demo: Mapped[bool] = mapped_column(default=False)
    account: Mapped[Account | None] = relationship()
    roles: Mapped[list[DatedRole]] = relationship(cascade="all, delete-orphan", order_by="DatedRole.from_on")

    @property
    def name(self) -> str:
        return called(self.status, self.first_name, self.last_name, self.email)

    @property
    def is_askable(self) -> bool:
        return self.status == ContactStatus.ACTIVE and self.not_askable is None and bool(self.email)

    def take_role(self, role: ContactRole, *, on: date) -> None:
        """Stand in `role` from the day `on`; the former role stays dated, a second change of one day replaces the first."""
        if self.roles and self.roles[-1].from_on == on:
            self.roles[-1].role = role
        elif not self.roles or self.role != role:
            self.roles.append(DatedRole(role=role, from_on=on))
        self.role = role

    def leave(self, *, on: date) -> None:
        """Left the account on that day: out of every score from then on, never asked again."""
        self.status, self.left_on = ContactStatus.LEFT, on

    def come_back(self) -> None:
        """Is at the account after all: as open to asks as before leaving, so an opt-out or a bounce still stands."""
        self.left_on = None
        self.status = (
            ContactStatus.UNSUBSCRIBED
            if self.unsubscribed_at
            else ContactStatus.BOUNCED
            if self.bounced_at
            else ContactStatus.ACTIVE
        )

    def bounce(self, *, now: datetime) -> None:
        """Mail to the address came back for good; an opt-out, a departure or an erasure says more and stays."""
        if self.status is ContactStatus.ACTIVE:
            self.status = ContactStatus.BOUNCED
        self.bounced_at = self.bounced_at or now

    def unsubscribe(self, *, now: datetime) -> None:
        """Never ask again, whatever the programs say; erased and departed people stay what they are."""
        if self.status in {ContactStatus.ACTIVE, ContactStatus.BOUNCED}:
            self.status = ContactStatus.UNSUBSCRIBED
        self.unsubscribed_at = self.unsubscribed_at or now

    def resubscribe(self) -> None:
        """May be asked again, because the person said so; a bounce, a departure or an erasure stands."""
        self.unsubscribed_at = None
        if self.status is ContactStatus.UNSUBSCRIBED:
            self.status = ContactStatus.BOUNCED if self.bounced_at else ContactStatus.ACTIVE


class DatedRole(Base):
    """From which day a contact stood in a role."""

    __tablename__ = "contact_roles"
    __table_args__ = (sa.Index("ix_contact_roles_contact_from", "contact_id", "from_on"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = reference("contacts.id", index=False)
    role: Mapped[ContactRole] = mapped_column(choice(ContactRole, "dated_role"))
    from_on: Mapped[date]


class Wish(Base):
    """How somebody wanted to be asked from a moment on: a row for each time it was said, the newest holds.

    `told_by` is the kind of the actor (`core.audit`): the person, a member of staff, another system.
    """

    __tablename__ = "contact_wishes"
    __table_args__ = (sa.Index("ix_contact_wishes_contact_at", "contact_id", "at"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = reference("contacts.id", index=False)
    at: Mapped[Moment]
    told_by: Mapped[str] = mapped_column(sa.String(16))
    is_unsubscribed: Mapped[bool]
    rest_days: Mapped[int | None] = mapped_column(sa.SmallInteger)
    unwanted_kind: Mapped[AskKind | None] = mapped_column(choice(AskKind, "wished_kind"))


class OptOutElsewhere(Base):
    """Since when another system has said of somebody that they want no mail (`app/contacts/wishes/elsewhere.py`)."""

    __tablename__ = "opt_outs_elsewhere"

    contact_id: Mapped[int] = reference("contacts.id", primary_key=True, index=False)
    system: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    since_at: Mapped[Moment]


class ContactKey(Base):
    """The id of a contact in another system."""

    __tablename__ = "contact_keys"
    __table_args__ = (sa.UniqueConstraint("system", "key"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = reference("contacts.id")
    system: Mapped[str] = mapped_column(sa.String(32))
    key: Mapped[str] = mapped_column(sa.String(120))


class OwnerMatch(Base):
    """A remembered choice: this owner name of an import means this member of staff."""

    __tablename__ = "owner_matches"

    name: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    staff_id: Mapped[int] = reference("staff.id")


SEARCHED = {Account: ("name",), Contact: ("first_name", "last_name", "email")}
"""What a search looks through. `found_as` keeps it folded; who writes these columns past the ORM writes that too."""
ACCOUNT_WORDS = finding.kept(Account.found_as, Account.name)
PERSON_WORDS = finding.kept(Contact.found_as, Contact.first_name, Contact.last_name, Contact.email)


@sa.event.listens_for(Account, "before_insert")
@sa.event.listens_for(Account, "before_update")
@sa.event.listens_for(Contact, "before_insert")
@sa.event.listens_for(Contact, "before_update")
def _keep_found_as(_mapper, _connection, row: Account | Contact) -> None:
    names, history = SEARCHED[type(row)], sa.inspect(row).attrs
    if any(history[name].history.has_changes() for name in names):
        row.found_as = finding.plain(*[getattr(row, name) for name in names])

"""Staff, their roles, their sessions and the keys of other programs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from flask_security import AsaList, RoleMixin, UserMixin, WebAuthnMixin
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core import tokens
from app.core.database.columns import BigId, Id, Moment, Stamped, UtcDateTime, choice, reference
from app.extensions import Base


class Names(AsaList):
    """A list of words in one text column; the library leaves out that statements with it may be cached."""

    cache_ok = True


class RoleName(StrEnum):
    """What a member of staff may do; each role may do all that the one before it may."""

    VIEWER = "viewer"
    CSM = "csm"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return RANKS[self]


RANKS = {role: rank for rank, role in enumerate(RoleName)}


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


staff_roles = sa.Table(
    "staff_roles",
    Base.metadata,
    sa.Column("staff_id", BigId, sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("role_id", BigId, sa.ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Role(RoleMixin, Base):
    """One of the four roles; the first migration makes the rows."""

    __tablename__ = "roles"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(32), unique=True)
    description: Mapped[str | None] = mapped_column(sa.String(255))
    permissions: Mapped[list | None] = mapped_column(MutableList.as_mutable(Names()))


class Member:
    """What a member of staff may do and is called, wherever the row was read."""

    def may(self, role: RoleName | str) -> bool:
        return self.active and RANKS[self.role] >= RANKS[role]

    @property
    def display_name(self) -> str:
        return self.name or self.email


class Staff(Member, Stamped, UserMixin, Base):
    """A member of staff. `fs_uniquifier` ends every session when it changes."""

    __tablename__ = "staff"

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(sa.String(320), unique=True)
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    password: Mapped[str | None] = mapped_column(sa.String(255))
    password_is_initial: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    fs_uniquifier: Mapped[str] = mapped_column(sa.String(64), unique=True)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(sa.String(64), unique=True)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    time_zone: Mapped[str | None] = mapped_column(sa.String(64))
    language: Mapped[str | None] = mapped_column(sa.String(16))
    theme: Mapped[Theme] = mapped_column(choice(Theme), default=Theme.SYSTEM)
    single_keys: Mapped[bool] = mapped_column(default=True)
    tf_primary_method: Mapped[str | None] = mapped_column(sa.String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(sa.String(255))
    tf_last_counter: Mapped[int | None] = mapped_column(BigId)
    mf_recovery_codes: Mapped[list | None] = mapped_column(MutableList.as_mutable(Names()))
    roles: Mapped[list[Role]] = relationship(secondary=staff_roles, lazy="selectin")

    @property
    def role(self) -> RoleName:
        """The highest of the person's roles; a viewer when none is given."""
        return max((RoleName(r.name) for r in self.roles), key=lambda r: r.rank, default=RoleName.VIEWER)


class WebAuthn(WebAuthnMixin, Base):
    """A passkey or security key of a member of staff."""

    __tablename__ = "webauthn"

    id: Mapped[Id]
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list | None] = mapped_column(MutableList.as_mutable(Names()))
    extensions: Mapped[str | None] = mapped_column(sa.String(255))
    lastuse_datetime: Mapped[Moment]
    name: Mapped[str] = mapped_column(sa.String(64))
    usage: Mapped[str] = mapped_column(sa.String(64))
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(sa.String(64))
    user_id: Mapped[int] = reference("staff.id")
    user: Mapped[Staff] = relationship(backref="webauthn")


class StaffSession(Base):
    """One sign-in of one person. The cookie holds the id; a row that has ended opens nothing."""

    __tablename__ = "staff_sessions"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    staff_id: Mapped[int] = reference("staff.id")
    created_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str | None] = mapped_column(sa.String(64))
    user_agent: Mapped[str | None] = mapped_column(sa.String(255))
    staff: Mapped[Staff] = relationship()

    @property
    def handle(self) -> str:
        """What a page may show of the id: enough to name the session, nothing to open it with."""
        return tokens.digest(self.id)[:16]


class Scope(StrEnum):
    """What an API key may do; each scope includes the one before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: Scope) -> bool:
        ranks = list(Scope)
        return ranks.index(self) >= ranks.index(other)


class ApiKey(Base):
    """A bearer key of another program: shown once, stored as a digest, found by its prefix."""

    __tablename__ = "api_keys"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(sa.String(120))
    prefix: Mapped[str] = mapped_column(sa.String(16))
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    scope: Mapped[Scope] = mapped_column(choice(Scope))
    created_at: Mapped[Moment]
    created_by: Mapped[str | None] = mapped_column(sa.String(200))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


rate_limits = sa.Table(
    "rate_limits",
    Base.metadata,
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("amount", sa.Integer, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False, index=True),
    comment="Counters of the rate limiter on PostgreSQL; SQLite keeps them in a file of their own.",
)

"""Making and ending the accounts of staff, and the keys of other programs."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_security import hash_password
from sqlalchemy.orm import Session

from app.auth.models import ApiKey, Role, RoleName, Scope, Staff, StaffSession
from app.core import text, tokens
from app.core.errors import Invalid, NotFound, Refused

KEY_PREFIX = "ja_"
SHOWN_PREFIX = 10


def add_staff(
    session: Session, email: str, *, role: RoleName, name: str = "", password: str | None = None
) -> Staff:
    """A new member of staff; Refused when the address is taken. Without a password nobody can sign in as them yet."""
    try:
        email = text.email(email).lower()
    except text.UnreadableText as error:
        raise Invalid(str(error), errors={"email": str(error)}) from None
    if find_staff(session, email):
        raise Refused(f"{email} is a member of staff already.")
    person = Staff(
        email=email,
        name=text.line(name) or email.partition("@")[0],
        password=hash_password(password) if password else None,
        fs_uniquifier=secrets.token_hex(16),
        active=True,
        roles=[role_row(session, role)],
    )
    session.add(person)
    session.flush()
    return person


def find_staff(session: Session, email: str) -> Staff | None:
    return session.scalar(sa.select(Staff).where(sa.func.lower(Staff.email) == email.strip().lower()))


def role_row(session: Session, role: RoleName) -> Role:
    return session.scalars(sa.select(Role).where(Role.name == role.value)).one()


def disable_staff(session: Session, person: Staff, *, now: datetime) -> None:
    """End the account and every session of it at once."""
    person.active = False
    end_sessions(session, person, now=now)


def end_sessions(session: Session, person: Staff, *, now: datetime) -> None:
    """End every session of a person, wherever it is open."""
    person.fs_uniquifier = secrets.token_hex(16)
    open_rows = sa.and_(StaffSession.staff_id == person.id, StaffSession.ended_at.is_(None))
    session.execute(sa.update(StaffSession).where(open_rows).values(ended_at=now))


def add_key(
    session: Session, name: str, *, scope: Scope, by: str, now: datetime, days: int | None = None
) -> tuple[ApiKey, str]:
    """A new key and its secret, which is not stored and cannot be shown again."""
    secret = KEY_PREFIX + secrets.token_urlsafe(32)
    row = ApiKey(
        name=text.line(name, limit=120),
        prefix=secret[:SHOWN_PREFIX],
        digest=tokens.digest(secret),
        scope=scope,
        created_at=now,
        created_by=by,
        expires_at=now + timedelta(days=days) if days else None,
    )
    session.add(row)
    session.flush()
    return row, secret


def revoke_keys(session: Session, name: str, *, now: datetime) -> int:
    """Revoke every key of that name; NotFound when there is none in force."""
    alive = sa.and_(ApiKey.name == name, ApiKey.revoked_at.is_(None))
    count = session.execute(sa.update(ApiKey).where(alive).values(revoked_at=now)).rowcount
    if not count:
        raise NotFound(f"No key in force is called {name!r}.")
    return count

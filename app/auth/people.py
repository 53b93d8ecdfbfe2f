"""Making and ending the accounts of staff, and the keys of other programs."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_security import hash_password
from sqlalchemy.orm import Session

from app.auth import passwords, sessions
from app.auth.models import ApiKey, Role, RoleName, Scope, Staff, staff_roles
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
        raise Refused(_("%(email)s is a member of staff already.", email=email))
    person = Staff(
        email=email,
        name=text.line(name) or email.partition("@")[0],
        password=hashed(password, email, name) if password else None,
        fs_uniquifier=secrets.token_hex(16),
        active=True,
        roles=[role_row(session, role)],
    )
    session.add(person)
    session.flush()
    return person


def find_staff(session: Session, email: str) -> Staff | None:
    return session.scalar(sa.select(Staff).where(sa.func.lower(Staff.email) == email.strip().lower()))


def has_admin(session: Session, *more: sa.ColumnElement[bool]) -> bool:
    """Whether somebody can sign in as an administrator, for whom `more` holds too."""
    able = (
        sa.select(Staff.id)
        .join(staff_roles, staff_roles.c.staff_id == Staff.id)
        .join(Role, Role.id == staff_roles.c.role_id)
        .where(Role.name == RoleName.ADMIN.value, Staff.active, Staff.password.is_not(None), *more)
    )
    return session.scalar(able.limit(1)) is not None


def role_row(session: Session, role: RoleName) -> Role:
    return session.scalars(sa.select(Role).where(Role.name == role.value)).one()


def staff_of_id(session: Session, id: int) -> Staff:
    """The member of staff of that id; NotFound otherwise."""
    person = session.get(Staff, id)
    if person is None:
        raise NotFound(_("There is no such member of staff."))
    return person


def is_empty(session: Session) -> bool:
    """Whether nobody can sign in here yet."""
    return not session.scalar(sa.select(sa.exists().where(Staff.active, Staff.password.is_not(None))))


def everybody(session: Session) -> list[Staff]:
    """All members of staff, the disabled ones last."""
    return list(
        session.scalars(sa.select(Staff).order_by(Staff.active.desc(), sa.func.lower(Staff.name), Staff.id))
    )


def hashed(password: str, *words: str) -> str:
    """The hash of a password that may be used; Invalid with the reason when it is easy to guess."""
    password = passwords.normal(password)
    if objection := passwords.objection(password, words=passwords.words_of(*words)):
        raise Invalid(objection, errors={"password": objection})
    return hash_password(password)


def change_password(
    session: Session, person: Staff, password: str, *words: str, now: datetime, but: str | None = None
) -> None:
    """A new password, chosen by the person; it ends every session of theirs but the one named."""
    person.password = hashed(password, person.email, person.name, *words)
    person.password_is_initial = False
    sessions.end_all(session, person, now=now, but=but)


def give_password(session: Session, person: Staff, *, now: datetime) -> str:
    """A password to begin with, seen once by whoever gives it, which the person must change at the next sign-in."""
    password = new_password()
    change_password(session, person, password, now=now)
    person.password_is_initial = True
    return password


def new_password() -> str:
    """Sixteen random characters."""
    return secrets.token_urlsafe(12)


def change_role(session: Session, person: Staff, role: RoleName, *, now: datetime) -> bool:
    """Give the person another role, which ends their sessions; False when they have it already."""
    if person.role is role:
        return False
    if person.role is RoleName.ADMIN:
        keep_an_admin(session, person)
    person.roles = [role_row(session, role)]
    sessions.end_all(session, person, now=now)
    return True


def disable_staff(session: Session, person: Staff, *, now: datetime) -> None:
    """End the account and every session of it at once; the last administrator cannot be disabled."""
    if person.role is RoleName.ADMIN:
        keep_an_admin(session, person)
    person.active = False
    sessions.end_all(session, person, now=now)


def enable_staff(person: Staff) -> None:
    person.active = True


def keep_an_admin(session: Session, but: Staff) -> None:
    """Refused when nobody else could administer the installation."""
    others = (
        sa.select(sa.func.count())
        .select_from(Staff)
        .join(staff_roles, staff_roles.c.staff_id == Staff.id)
        .join(Role, Role.id == staff_roles.c.role_id)
        .where(Role.name == RoleName.ADMIN.value, Staff.active, Staff.id != but.id)
    )
    if but.active and not session.scalar(others):
        raise Refused(_("This is the last administrator. Make somebody else one first."))


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


def all_keys(session: Session) -> list[ApiKey]:
    """Every key, those in force first, the newest on top."""
    return list(session.scalars(sa.select(ApiKey).order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())))


def revoke_key(session: Session, id: int, *, now: datetime) -> ApiKey:
    """Revoke one key at once; NotFound when there is none."""
    row = session.get(ApiKey, id)
    if row is None:
        raise NotFound(_("There is no such key."))
    row.revoked_at = row.revoked_at or now
    return row


def revoke_keys(session: Session, name: str, *, now: datetime) -> int:
    """Revoke every key of that name; NotFound when there is none in force."""
    alive = sa.and_(ApiKey.name == name, ApiKey.revoked_at.is_(None))
    count = session.execute(sa.update(ApiKey).where(alive).values(revoked_at=now)).rowcount
    if not count:
        raise NotFound(f"No key in force is called {name!r}.")
    return count

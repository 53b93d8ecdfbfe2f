"""Sign-ins as rows: the cookie holds the id of a row, and a row that has ended opens nothing.

A row ends when its person signs out, after a time without a request, after a longest time whatever happens, and at
once when the person is disabled, changes the password or gets another role, or when an administrator ends it.
"""

from __future__ import annotations

import secrets
from collections import namedtuple
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, contains_eager

from app.auth.models import RANKS, Member, Role, RoleName, Staff, StaffSession, staff_roles
from app.core import installation, text
from app.core.database import transactions
from app.core.database.prepared import Prepared
from app.core.errors import NotFound
from app.core.installation import Facts, Installation, facts_of

SEEN_EVERY = timedelta(minutes=1)
ID_BYTES = 32
AGENT_LENGTH = 255
KEEP_ENDED = timedelta(days=90)
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Lifetime:
    """How long a session lasts: without a request, and in all."""

    idle: timedelta
    longest: timedelta

    def alive(self, now: datetime) -> sa.ColumnElement[bool]:
        """Which rows still open something at `now`."""
        return opens(*self.since(now))

    def since(self, now: datetime) -> tuple[datetime, datetime]:
        """After which moments a session that is still open at `now` was last used, and begun."""
        return now - self.idle, now - self.longest


def opens(used: Any, begun: Any) -> sa.ColumnElement[bool]:
    """Which rows open something: not ended, and used and begun after these moments, or after parameters for them."""
    return sa.and_(
        StaffSession.ended_at.is_(None), StaffSession.seen_at > used, StaffSession.created_at > begun
    )


def begin(
    session: Session, person: Staff, *, now: datetime, address: str | None = None, agent: str | None = None
) -> StaffSession:
    """A new sign-in of `person` with an id that nobody can guess."""
    row = StaffSession(
        id=secrets.token_urlsafe(ID_BYTES),
        staff_id=person.id,
        created_at=now,
        seen_at=now,
        address=address,
        user_agent=text.line(agent, limit=AGENT_LENGTH) if agent else None,
    )
    session.add(row)
    return row


def current(session: Session, id: str, lifetime: Lifetime, *, now: datetime) -> StaffSession | None:
    """The row of that id with its person, if it still opens something."""
    found = (
        sa.select(StaffSession)
        .join(StaffSession.staff)
        .where(StaffSession.id == id, Staff.active, lifetime.alive(now))
        .options(contains_eager(StaffSession.staff).joinedload(Staff.roles))
    )
    return session.scalars(found).unique().first()


class Signed(NamedTuple):
    """The session of a request that only reads."""

    id: str
    seen_at: datetime


PERSON = (
    Staff.id,
    Staff.email,
    Staff.name,
    Staff.password_is_initial,
    Staff.active,
    Staff.is_demo,
    Staff.language,
    Staff.time_zone,
    Staff.theme,
    Staff.single_keys,
)


class Reader(Member, namedtuple("Row", [*(column.key for column in PERSON), "role"])):
    """The person who is signed in, as a request that only reads knows them: nobody can change it."""

    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return self.active


READING = Prepared(
    sa.select(StaffSession.seen_at, *PERSON, Role.name.label("role"), *installation.COLUMNS)
    .join(StaffSession.staff)
    .join(Installation, sa.true())
    .outerjoin(staff_roles, staff_roles.c.staff_id == Staff.id)
    .outerjoin(Role, Role.id == staff_roles.c.role_id)
    .where(
        StaffSession.id == sa.bindparam("id", type_=StaffSession.id.type),
        Staff.active,
        opens(*(sa.bindparam(name, type_=StaffSession.seen_at.type) for name in ("used", "begun"))),
    ),
    into=list,
    shared=installation.AS_TEXT,
)
BEHIND_PERSON = 1 + len(PERSON)


def reading(
    connection: Connection, id: str, lifetime: Lifetime, now: datetime
) -> tuple[Signed, Reader, Facts] | None:
    """What a page that only reads needs of the row of that id, its person and the installation, in one statement.

    None for a row that opens nothing. With several roles there are several rows; the highest role holds.
    """
    used, begun = lifetime.since(now)
    rows = READING.rows(connection, id=id, used=used, begun=begun)
    if not rows:
        return None
    roles = [RoleName(row[BEHIND_PERSON]) for row in rows if row[BEHIND_PERSON]]
    role = max(roles, key=RANKS.__getitem__, default=RoleName.VIEWER)
    seen_at, *person = rows[0][:BEHIND_PERSON]
    return Signed(id, seen_at), Reader(*person, role), facts_of(rows[0][BEHIND_PERSON + 1 :])


def seen(engine: Engine, row: StaffSession | Signed, *, now: datetime) -> None:
    """Note that the session was used, about once a minute and outside the request's transaction."""
    if now - row.seen_at >= SEEN_EVERY:
        change = sa.update(StaffSession).where(StaffSession.id == row.id, StaffSession.seen_at < now)
        transactions.aside(engine, change.values(seen_at=now))


def alive_of(session: Session, person: Staff, lifetime: Lifetime, *, now: datetime) -> list[StaffSession]:
    """The sessions of a person that are open, the last used first."""
    found = sa.select(StaffSession).where(StaffSession.staff_id == person.id, lifetime.alive(now))
    return list(session.scalars(found.order_by(StaffSession.seen_at.desc())))


def end(row: StaffSession, *, now: datetime) -> None:
    row.ended_at = row.ended_at or now


def named(session: Session, person: Staff, handle: str, lifetime: Lifetime, *, now: datetime) -> StaffSession:
    """The open session of `person` that a page named by its handle; NotFound when it is not theirs or has ended."""
    found = [row for row in alive_of(session, person, lifetime, now=now) if row.handle == handle]
    if not found:
        raise NotFound(_("There is no such session any more."))
    return found[0]


def end_all(session: Session, person: Staff, *, now: datetime, but: str | None = None) -> int:
    """End every session of `person`, but the one named; how many there were."""
    rows = sa.and_(StaffSession.staff_id == person.id, StaffSession.ended_at.is_(None))
    rows = sa.and_(rows, StaffSession.id != but) if but else rows
    return session.execute(sa.update(StaffSession).where(rows).values(ended_at=now)).rowcount


def forget_old(session: Session, lifetime: Lifetime, *, now: datetime) -> int:
    """Delete rows that have opened nothing for 90 days; the audit trail keeps who signed in when."""
    dead = StaffSession.seen_at < now - lifetime.longest - KEEP_ENDED
    return session.execute(sa.delete(StaffSession).where(dead)).rowcount


def device(agent: str) -> str:
    """What a browser says it is, in short: `Firefox, Linux`; the first words of it when it is none of the known."""
    found = [next((name for mark, name in marks if mark in agent), None) for marks in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or agent[:40]

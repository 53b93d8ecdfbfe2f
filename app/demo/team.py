"""Who works at the demo company, how they sign in, and the programs they ask with.

The demo sign-ins share one password, which is made from the installation's own secret key: it is printed where
JustAsk is started and stands nowhere else, so a demo that somebody can reach over a network is open to nobody who
does not also see that console. Going live deletes the demo staff and with them these sign-ins.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

import sqlalchemy as sa
from flask_security import hash_password
from sqlalchemy.orm import Session

import config
from app.auth.models import RoleName, Staff
from app.auth.people import add_staff
from app.contacts.models import ContactRole, Stage
from app.core.installation import Installation
from app.demo.company.companies import OUR_DOMAIN, OUR_NAME, STAFF
from app.demo.company.people import plain
from app.demo.events.asking import VALUE_ROLES
from app.surveys.models import Program, ProgramKind, Survey

PASSWORD_GROUPS, GROUP_LENGTH = 3, 4
PROGRAMS = {
    "nps": "Relationship survey",
    "value": "Value survey",
    "csat": "Satisfaction of users",
    "ces": "Effort of users",
    "onboarding": "After the start",
}
USERS = sorted(role.value for role in ContactRole if role not in VALUE_ROLES)
CUSTOMERS = [Stage.ONBOARDING.value, Stage.STEADY.value, Stage.RENEWAL.value]


def password(settings: config.Settings) -> str:
    """The password of all demo sign-ins of this installation: 60 bits of a hash keyed with its secret key."""
    digest = hashlib.blake2b(b"justask demo sign-in", key=settings.SECRET_KEY.encode()[:64]).digest()
    letters = base64.b32encode(digest).decode().lower()
    return "-".join(
        letters[start : start + GROUP_LENGTH] for start in range(0, PASSWORD_GROUPS * GROUP_LENGTH, 4)
    )


def address(name: str) -> str:
    first, _, last = name.partition(" ")
    return f"{plain(first)}.{plain(last)}@{OUR_DOMAIN}"


def hire(session: Session, settings: config.Settings, *, now: datetime) -> list[Staff]:
    """The demo staff, in the order of `STAFF`."""
    found = [add_staff(session, address(name), role=RoleName(role), name=name) for name, role in STAFF]
    secret = hash_password(password(settings))
    for person in found:
        person.is_demo, person.password = True, secret
        person.created_at = person.updated_at = now
    session.flush()
    return found


def sign_ins(session: Session) -> list[Staff]:
    """The demo staff that can sign in."""
    return list(session.scalars(sa.select(Staff).where(Staff.is_demo, Staff.active).order_by(Staff.id)))


def introduce(row: Installation, staff: list[Staff], *, now: datetime) -> None:
    """Fill in what an administrator would have: our name, our domain, who gets tasks of accounts without owner."""
    manager = next(person for person in staff if person.role is RoleName.MANAGER)
    row.company, row.product = row.company or OUR_NAME, row.product or OUR_NAME
    row.own_domains = row.own_domains or [OUR_DOMAIN]
    row.default_owner_id = row.default_owner_id or manager.id
    row.updated_at = now


def programs(session: Session, staff: list[Staff]) -> dict[str, Program]:
    """The programs of the demo, by the survey they ask."""
    manager = next(person for person in staff if person.role is RoleName.MANAGER)
    audiences = {
        "nps": {"stages": CUSTOMERS},
        "value": {"stages": CUSTOMERS, "roles": sorted(role.value for role in VALUE_ROLES)},
        **{key: {"stages": CUSTOMERS, "roles": USERS} for key in ("csat", "ces")},
        "onboarding": {"stages": [Stage.ONBOARDING.value]},
    }
    found = {}
    for key, name in PROGRAMS.items():
        survey = session.scalars(sa.select(Survey).filter_by(key=key)).one()
        found[key] = Program(
            name=name,
            survey=survey,
            kind=ProgramKind.RELATIONSHIP,
            audience=audiences[key],
            sender=manager,
            is_demo=True,
        )
    session.add_all(found.values())
    session.flush()
    return found

"""Who is meant by the owner a file names: by e-mail, by a choice made before, by exact name; else nobody, counted."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Staff
from app.contacts.importing.matching.placing import FREE_MAIL
from app.contacts.models import OwnerMatch
from app.core import text
from app.core.installation import installation


class Owners:
    """The staff as files name them, read once per import."""

    def __init__(self, by_name: dict[str, int]):
        self._by_name = by_name

    @classmethod
    def load(cls, session: Session) -> Owners:
        staff = session.execute(sa.select(Staff.id, Staff.email, Staff.name).where(Staff.active)).all()
        names = Counter(fold(person.name) for person in staff)
        found = {fold(person.name): person.id for person in staff if names[fold(person.name)] == 1}
        chosen = session.execute(sa.select(OwnerMatch.name, OwnerMatch.staff_id)).all()
        found |= {match.name: match.staff_id for match in chosen}
        found |= {fold(person.email): person.id for person in staff}
        found.pop("", None)
        return cls(found)

    def match(self, owner: str) -> int | None:
        """The id of the person meant. Two people of one name are nobody, until somebody chooses."""
        return self._by_name.get(fold(owner)) if owner else None


def own_domains(session: Session) -> frozenset[str]:
    """The mail domains of the company itself: those an administrator named, and those of its staff."""
    named = installation(session).own_domains
    of_staff = session.scalars(sa.select(Staff.email).where(Staff.active))
    return frozenset(named) | {text.domain_of(email).casefold() for email in of_staff} - FREE_MAIL


def fold(owner: str) -> str:
    """An owner as it is compared: white space and case do not count."""
    return " ".join(owner.split()).casefold()[:200]


def remember(session: Session, owner: str, staff_id: int) -> None:
    """From now on, this owner of a file means that member of staff."""
    session.merge(OwnerMatch(name=fold(owner), staff_id=staff_id))


def matches(session: Session) -> list[tuple[str, Staff]]:
    """Every choice that was made: the owner of a file, and who that is."""
    statement = sa.select(OwnerMatch.name, Staff).join(Staff, Staff.id == OwnerMatch.staff_id)
    return [(name, person) for name, person in session.execute(statement.order_by(OwnerMatch.name))]


def candidates(session: Session) -> list[Staff]:
    """Who can be chosen, by name."""
    return list(session.scalars(sa.select(Staff).where(Staff.active).order_by(Staff.name, Staff.email)))


def forget(session: Session, owner: str) -> None:
    """Ask again who is meant by this owner."""
    session.execute(sa.delete(OwnerMatch).where(OwnerMatch.name == fold(owner)))

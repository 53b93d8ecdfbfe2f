"""Absences: entering them, ending them, and who sees whose work meanwhile.

Nothing changes hands: what is Ana's stays Ana's with its due dates, and whoever stands in sees it beside their own. So it
returns by itself, and what comes new to somebody away is seen at once. Who stands in for somebody and is away too passes
all of it on to their own cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import Session, joinedload

from app.auth.absences.models import Absence
from app.auth.models import RoleName, Staff
from app.core.database.prepared import Prepared
from app.core.errors import Invalid, Refused
from app.core.language import wording

LONGEST = timedelta(days=366)
SHOWN_AFTER = timedelta(days=7)
DAY = sa.bindparam("day", type_=sa.Date)
ANYBODY = Prepared(sa.select(Absence.id).where(Absence.from_on <= DAY, Absence.to_on >= DAY).limit(1))
ENDED = Prepared(
    sa.select(Absence.id, Absence.to_on)
    .where(
        Absence.staff_id == sa.bindparam("staff_id", type_=Absence.staff_id.type),
        Absence.to_on < sa.bindparam("today", type_=sa.Date),
        Absence.to_on >= sa.bindparam("earliest", type_=sa.Date),
    )
    .order_by(Absence.to_on.desc())
    .limit(1)
)


@dataclass(frozen=True)
class Roster:
    """Who is away on one day."""

    absences: dict[int, Absence] = field(default_factory=dict)

    @classmethod
    def on(cls, session: Session, day: date) -> Roster:
        """The absences of that day by who is away. On most days nobody is, which a statement of nothing else says."""
        if ANYBODY.row(session.connection(), day=day) is None:
            return cls()
        query = sa.select(Absence).where(Absence.from_on <= day, Absence.to_on >= day)
        people = (joinedload(Absence.staff), joinedload(Absence.cover))
        return cls(
            {one.staff_id: one for one in session.scalars(query.options(*people).order_by(Absence.to_on))}
        )

    def said_to(self, owner: int | str) -> dict[int, str]:
        """By who is away, what rows of theirs say of it: in their cover's list for whom, in everybody's also who does it."""
        if isinstance(owner, int):
            return {away: words_of(absence) for away, absence in self.covered_by(owner).items()}
        return {
            away: words_with_cover(absence, self.covers(away)) for away, absence in self.absences.items()
        }

    def covers(self, staff_id: int) -> list[Staff]:
        """Who stands in for somebody, in order: the cover, and while that one is away too, their cover."""
        found: list[Staff] = []
        absence = self.absences.get(staff_id)
        while absence is not None and absence.cover_id != staff_id and absence.cover not in found:
            found.append(absence.cover)
            absence = self.absences.get(absence.cover_id)
        return found

    def covered_by(self, staff_id: int) -> dict[int, Absence]:
        """For whom somebody stands in, with the absence of each."""
        return {
            away: absence
            for away, absence in self.absences.items()
            if any(person.id == staff_id for person in self.covers(away))
        }

    def readers(self, staff_ids: Iterable[int]) -> dict[int, list[Absence]]:
        """Who sees what is these people's: they themselves, and who stands in, with the absences that make them see it."""
        found: dict[int, list[Absence]] = {}
        for number in staff_ids:
            found.setdefault(number, [])
            for person in self.covers(number):
                found.setdefault(person.id, []).append(self.absences[number])
        return found


def words_of(absence: Absence) -> str:
    """For whom until when: "for Ana Diaz until 14 Oct"."""
    day = format_date(absence.to_on, "d MMM")
    return _("for %(name)s until %(day)s", name=absence.staff.display_name, day=day)


def words_with_cover(absence: Absence, covers: Sequence[Staff]) -> str:
    """The same for those who are neither: "Ben Ode for Ana Diaz until 14 Oct". Of several covers the last is at work."""
    return f"{covers[-1].display_name} {words_of(absence)}" if covers else words_of(absence)


def enter(
    session: Session,
    person: Staff,
    cover: Staff | None,
    *,
    from_on: date,
    to_on: date,
    by: str,
    today: date,
    now: datetime,
) -> Absence:
    """Keep that somebody is away from that day to that day, and who stands in. Invalid names `to_on`, `from_on` or `cover`."""
    errors = {}
    if to_on < max(from_on, today):
        errors["to_on"] = _("Choose a day that is not over, and not before the first.")
    elif to_on - from_on > LONGEST:
        errors["to_on"] = _("At most a year at a time.")
    elif meeting(session, person.id, from_on, to_on) is not None:
        errors["from_on"] = _("Some of these days are entered already.")
    if cover is None or cover.id == person.id or not cover.may(RoleName.CSM):
        errors["cover"] = _("Choose a colleague who works on follow-ups.")
    elif away := meeting(session, cover.id, from_on, to_on):
        errors["cover"] = _(
            "%(name)s is away too, until %(day)s.", name=cover.display_name, day=wording.day(away.to_on)
        )
    if errors:
        raise Invalid(_("This cannot be kept like that."), errors=errors)
    absence = Absence(
        staff_id=person.id, cover_id=cover.id, from_on=from_on, to_on=to_on, made_by=by, made_at=now
    )
    session.add(absence)
    session.flush()
    return absence


def meeting(session: Session, staff_id: int, from_on: date, to_on: date) -> Absence | None:
    """An absence of somebody that shares a day with those from `from_on` to `to_on`."""
    shared = (Absence.staff_id == staff_id, Absence.from_on <= to_on, Absence.to_on >= from_on)
    return session.scalars(sa.select(Absence).where(*shared).limit(1)).first()


def end(session: Session, absence: Absence, *, today: date) -> None:
    """Somebody is back before the day: yesterday was the last one. One that has not begun goes; Refused for one that is over."""
    if absence.to_on < today:
        raise Refused(_("This absence is over already."))
    if absence.from_on >= today:
        session.delete(absence)
    else:
        absence.to_on = today - timedelta(days=1)


def of_person(session: Session, staff_id: int, *, limit: int = 12) -> list[Absence]:
    """The absences of somebody, the newest first."""
    query = sa.select(Absence).where(Absence.staff_id == staff_id).options(joinedload(Absence.cover))
    return list(session.scalars(query.order_by(Absence.from_on.desc()).limit(limit)))


def to_come(session: Session, today: date) -> list[Absence]:
    """Everybody's absences that are not over, the nearest first."""
    people = (joinedload(Absence.staff), joinedload(Absence.cover))
    query = sa.select(Absence).where(Absence.to_on >= today).options(*people)
    return list(session.scalars(query.order_by(Absence.from_on, Absence.id).limit(100)))


def just_over(session: Session, staff_id: int, today: date) -> Any | None:
    """The absence from which somebody came back within the last week, as a row with its id and last day."""
    earliest = today - SHOWN_AFTER
    return ENDED.row(session.connection(), staff_id=staff_id, today=today, earliest=earliest)

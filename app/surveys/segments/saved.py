"""Segments as rows: kept, changed, taken away, and bound into the audiences of programs.

A program holds a copy of each segment it names, so that its audience is one filter that needs no look elsewhere; to
change a segment changes the copies in the same transaction. A segment names no other segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact
from app.core.errors import Invalid, Refused
from app.surveys import audience
from app.surveys.models import Program, Segment

MOST_VALUES = 2000


def bound(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    """A checked audience with a copy of each segment it names; Invalid for one that is not there."""
    wanted = given.get("segments", [])
    if not wanted:
        return dict(given)
    known = {row.id: row for row in session.scalars(sa.select(Segment).where(Segment.id.in_(wanted)))}
    if unknown := [str(number) for number in wanted if number not in known]:
        words = _("There is no segment with the id %(names)s.", names=", ".join(unknown[:5]))
        raise Invalid(_("This audience cannot be used."), errors={"audience.segments": words})
    return {**given, "segments": [copy_of(known[number]) for number in wanted]}


def copy_of(segment: Segment) -> dict[str, Any]:
    return {"id": segment.id, "name": segment.name, "filter": segment.filter}


def save(session: Session, segment: Segment | None, *, name: str, filter: Mapping[str, Any]) -> Segment:
    """Keep a segment, a new one if there is none, and bring the programs up to it; Invalid for a name that is taken."""
    found = segment or Segment()
    namesake = sa.select(Segment.id).where(sa.func.lower(Segment.name) == name.lower())
    if session.scalar(namesake.where(Segment.id != (found.id or 0))):
        words = _("There is a segment of this name already.")
        raise Invalid(words, errors={"name": words})
    if filter.get("segments"):
        words = _("A segment names no other segment; choose its filters instead.")
        raise Invalid(words, errors={"segments": words})
    kept = {key: value for key, value in filter.items() if key != "segments"}
    if not kept:
        words = _("Choose at least one filter; everybody needs no segment.")
        raise Invalid(words, errors={"tiers": words})
    found.name, found.filter = name, kept
    session.add(found)
    session.flush()
    for program in users(session, [found])[found.id]:
        others = [copy_of(found) if one["id"] == found.id else one for one in program.audience["segments"]]
        program.audience = {**program.audience, "segments": others}
    session.flush()
    return found


def users(session: Session, segments: Iterable[Segment]) -> dict[int, list[Program]]:
    """By segment the programs that name it, sorted by name."""
    found: dict[int, list[Program]] = {segment.id: [] for segment in segments}
    for program in session.scalars(sa.select(Program).order_by(Program.name)):
        for number in ids_of(program.audience):
            if number in found:
                found[number].append(program)
    return found


def sizes(session: Session, segments: Sequence[Segment]) -> list[int]:
    """How many people each names, in as few looks at all people as a statement holds values for."""
    return [size for lot in lots(segments) for size in sizes_at_once(session, lot)]


def lots(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """The segments in order, as many together as look for no more than `MOST_VALUES`, at least one."""
    lot, weight = [], 0
    for segment in segments:
        values = values_in(segment.filter)
        if lot and weight + values > MOST_VALUES:
            yield lot
            lot, weight = [], 0
        lot.append(segment)
        weight += values
    if lot:
        yield lot


def values_in(filter: Any) -> int:
    """How many values a filter looks for."""
    if isinstance(filter, Mapping):
        return sum(map(values_in, filter.values()))
    return sum(map(values_in, filter)) if isinstance(filter, list) else 1


def sizes_at_once(session: Session, segments: Iterable[Segment]) -> list[int]:
    fits = [sa.func.count(sa.case((audience.fits(segment.filter), 1))) for segment in segments]
    return list(session.execute(sa.select(*fits).select_from(Contact).join(Account)).one())


def ids_of(audience: Mapping[str, Any]) -> list[int]:
    """The segments that a stored audience names."""
    return [one["id"] for one in audience.get("segments", [])]


def remove(session: Session, segment: Segment) -> None:
    """Take a segment away; Refused while programs use it."""
    if used_by := users(session, [segment])[segment.id]:
        names = ", ".join(program.name for program in used_by[:3])
        raise Refused(
            ngettext(
                "A program uses this segment: %(names)s.",
                "%(num)s programs use this segment: %(names)s.",
                len(used_by),
                names=names,
            )
        )
    session.delete(segment)
    session.flush()

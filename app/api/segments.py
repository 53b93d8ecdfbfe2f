"""Saved segments for other programs: filters of people with a name, which programs of JustAsk use and follow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import gettext as _

from app.api import programs
from app.api.programs import AUDIENCE, ObjectField
from app.api.protocol.bearer import actor
from app.api.protocol.fields import Given, Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.core import audit
from app.core.errors import NotFound
from app.extensions import db
from app.followups.improvements import telling
from app.surveys import audience
from app.surveys.models import Segment
from app.surveys.segments import saved

resource = Resource("segments", "Filters of people with a name, which programs use and follow.")
FILTER = f"{AUDIENCE} A segment names no other segment."


class SegmentSchema(Shown):
    """A saved segment; `people` is how many it names now, `programs` are the ids of those that use it."""

    id = Id(required=True)
    name = ma.fields.String(required=True)
    filter = ma.fields.Dict(required=True, metadata={"description": FILTER})
    people = ma.fields.Integer(required=True)
    programs = ma.fields.List(Id(), required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class SegmentChangesSchema(Given):
    """What of a segment is to be different; programs that use it follow at once."""

    name = Text(120)
    filter = ObjectField(FILTER)


class NewSegmentSchema(SegmentChangesSchema):
    """A new segment: a name of its own and at least one filter."""

    name = Text(120, required=True)
    filter = ObjectField(FILTER, required=True)


class SegmentFilters(Filters):
    name = Many(Text(120))


class RemovedSchema(Shown):
    """A segment that was taken away."""

    id = Id(required=True)
    name = ma.fields.String(required=True)


WHERE = {"name": Segment.name.in_}


def told(segments: Iterable[Segment]) -> list[dict]:
    """Segments as they are sent, with how many people they name and who uses them."""
    segments = list(segments)
    addresses = programs.addresses_in([segment.filter for segment in segments])
    sizes, users = saved.sizes(db.session, segments), saved.users(db.session, segments)
    return [
        {name: getattr(segment, name) for name in ("id", "name", "created_at", "updated_at")}
        | {
            "filter": programs.audience_shown(segment.filter, addresses),
            "people": people,
            "programs": [program.id for program in users[segment.id]],
        }
        for segment, people in zip(segments, sizes, strict=True)
    ]


@resource.lists("/segments", SegmentSchema, filters=SegmentFilters, stamp=Segment.updated_at, told=told)
def find(asked):
    """List segments"""
    return sa.select(Segment).where(*matching(WHERE, asked))


@resource.reads("/segments/<int:segment_id>", SegmentSchema)
def show(segment_id: int):
    """Show a segment"""
    return told([the_segment(segment_id)])[0]


def the_segment(segment_id: int, *, lock: bool = False) -> Segment:
    segment = db.session.get(Segment, segment_id, with_for_update=lock or None)
    if segment is None:
        raise NotFound(_("There is no such segment."))
    return segment


@resource.writes("POST", "/segments", SegmentSchema, takes=NewSegmentSchema, status=201)
def add(given: dict):
    """Make a segment"""
    return kept(None, given, "segment.added")


@resource.writes("PATCH", "/segments/<int:segment_id>", SegmentSchema, takes=SegmentChangesSchema)
def change(given: dict, segment_id: int):
    """Change a segment"""
    return kept(the_segment(segment_id, lock=True), given, "segment.changed")


@resource.writes("DELETE", "/segments/<int:segment_id>", RemovedSchema)
def remove(segment_id: int):
    """Take a segment away; refused while programs use it, or an improvement is told to it alone"""
    segment = the_segment(segment_id, lock=True)
    telling.refuse_if_used(db.session, segment.id)
    saved.remove(db.session, segment)
    audit.note(db.session, actor(), "segment.removed", now=present().now, name=segment.name)
    return {"id": segment_id, "name": segment.name}


def kept(segment: Segment | None, given: dict[str, Any], action: str) -> dict:
    """Check what was given as the pages check it, write it, and tell the audit trail."""
    name = given.get("name") or (segment.name if segment else "")
    wanted = dict(segment.filter) if segment else {}
    if "filter" in given:
        wanted = audience.checked(programs.by_id(given["filter"]))
        audience.require_known(db.session, wanted)
    found = saved.save(db.session, segment, name=name, filter=wanted)
    if given:
        found.updated_at = present().now
        audit.note(db.session, actor(), action, now=present().now, name=found.name)
    db.session.flush()
    return told([found])[0]

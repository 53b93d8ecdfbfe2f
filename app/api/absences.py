"""Absences for other programs: who is away, and who stands in."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.api.accounts import owned_by_in
from app.api.protocol.fields import Day, Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.auth.absences.models import Absence

resource = Resource("absences", "Who is away, and who stands in.")
PEOPLE = (joinedload(Absence.staff), joinedload(Absence.cover))


class AbsenceSchema(Shown):
    """Both days are included; they are days of the installation."""

    id = Id(required=True)
    staff_email = ma.fields.String(attribute="staff.email", required=True)
    cover_email = ma.fields.String(attribute="cover.email", required=True)
    from_on = Day(required=True)
    to_on = Day(required=True)
    updated_at = Moment(attribute="made_at", required=True)


class AbsenceFilters(Filters):
    staff_email = Many(Text(320))
    cover_email = Many(Text(320))
    on = Day(metadata={"description": "Only who is away on that day."})


WHERE = {
    "staff_email": owned_by_in(Absence.staff_id),
    "cover_email": owned_by_in(Absence.cover_id),
    "on": lambda day: sa.and_(Absence.from_on <= day, Absence.to_on >= day),
}


@resource.lists("/absences", AbsenceSchema, filters=AbsenceFilters, stamp=Absence.made_at)
def find(asked):
    """List absences"""
    return sa.select(Absence).where(*matching(WHERE, asked)).options(*PEOPLE)

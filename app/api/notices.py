"""Notices for other programs: which colleague was told of what, and when."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.api.accounts import owned_by_in
from app.api.protocol.fields import Choice, Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.auth.models import Scope
from app.integrations.models import Notice, NoticeKind

resource = Resource("notices", "What colleagues were told.")
PEOPLE = (joinedload(Notice.staff), joinedload(Notice.for_staff))


class NoticeSchema(Shown):
    """One thing for one colleague to know; `for_email` is who was away, whom they stand in for."""

    id = Id(required=True)
    kind = Choice(NoticeKind, required=True)
    task_id = Id(required=True, allow_none=True)
    alert_id = Id(required=True, allow_none=True)
    staff_email = ma.fields.String(attribute="staff.email", required=True)
    for_email = ma.fields.String(attribute="for_staff.email", dump_default=None, allow_none=True)
    urgent = ma.fields.Boolean(attribute="is_urgent", required=True)
    at = Moment(required=True)
    told_at = Moment(attribute="looked_at", required=True, allow_none=True)


class NoticeFilters(Filters):
    kind = Many(Choice(NoticeKind))
    task_id = Many(Id())
    staff_email = Many(Text(320))


WHERE = {
    "kind": Notice.kind.in_,
    "task_id": Notice.task_id.in_,
    "staff_email": owned_by_in(Notice.staff_id),
}


@resource.lists("/notices", NoticeSchema, filters=NoticeFilters, stamp=Notice.at, scope=Scope.ADMIN)
def find(asked):
    """List notices"""
    return sa.select(Notice).where(*matching(WHERE, asked)).options(*PEOPLE)

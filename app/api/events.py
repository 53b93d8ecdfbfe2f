"""The audit trail for other programs: who did what, when and from where."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa

from app.api.protocol.fields import Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.auth.models import Scope
from app.core.audit import AuditEvent

resource = Resource("events", "The audit trail.")


class EventSchema(Shown):
    """A line of the trail. `action` is noun.verb, `subject` is kind:id."""

    id = Id(required=True)
    at = Moment(required=True)
    actor_kind = ma.fields.String(required=True)
    actor_id = Id(required=True, allow_none=True)
    actor_name = ma.fields.String(required=True)
    address = ma.fields.String(required=True, allow_none=True)
    action = ma.fields.String(required=True)
    subject = ma.fields.String(required=True, allow_none=True)
    details = ma.fields.Dict(required=True, keys=ma.fields.String())


class EventFilters(Filters):
    actor_kind = Many(Text(16))
    actor_id = Many(Id())
    action = Many(Text(64))
    subject = Many(Text(64))


WHERE = {
    "actor_kind": AuditEvent.actor_kind.in_,
    "actor_id": AuditEvent.actor_id.in_,
    "action": AuditEvent.action.in_,
    "subject": AuditEvent.subject.in_,
}


@resource.lists("/events", EventSchema, filters=EventFilters, stamp=AuditEvent.at, scope=Scope.ADMIN)
def find(asked):
    """List the audit trail"""
    return sa.select(AuditEvent).where(*matching(WHERE, asked))

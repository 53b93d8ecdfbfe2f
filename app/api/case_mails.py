"""Mails that colleagues wrote to people about follow-ups, for other programs: what became of each."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa

from app.api.protocol.fields import Id, Many, Moment, Shown
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.followups.conversation.models import CaseMail

resource = Resource("case_mails", "What colleagues wrote to people about follow-ups.")


class CaseMailSchema(Shown):
    """A mail that leaves at `leaves_at`. Ended without `sent_at` it did not leave; `reason` says why."""

    id = Id(required=True)
    task_id = Id(required=True)
    contact_id = Id(required=True)
    by = ma.fields.String(attribute="staff_name", required=True)
    subject = ma.fields.String(required=True)
    text = ma.fields.String(attribute="words", required=True)
    leaves_at = Moment(required=True)
    taken_back_at = Moment(required=True, allow_none=True)
    sent_at = Moment(required=True, allow_none=True)
    ended_at = Moment(required=True, allow_none=True)
    came_back_at = Moment(required=True, allow_none=True)
    reason = ma.fields.String(required=True, allow_none=True)


class CaseMailFilters(Filters):
    task_id = Many(Id())
    contact_id = Many(Id())


WHERE = {"task_id": CaseMail.task_id.in_, "contact_id": CaseMail.contact_id.in_}


@resource.lists("/case_mails", CaseMailSchema, filters=CaseMailFilters, stamp=CaseMail.pressed_at)
def find(asked):
    """List mails about follow-ups"""
    return sa.select(CaseMail).where(*matching(WHERE, asked))

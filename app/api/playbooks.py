"""Playbooks for other programs: the steps by which a kind of follow-up is worked on, and what they are to lift."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.api.protocol.fields import Choice, Flag, Id, Many, Moment, Shown
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.followups.models import ActivityKind, TaskKind
from app.followups.playbooks.models import Component, Playbook, PlayKind

resource = Resource("playbooks", "How follow-ups are worked on, step by step.")


class PlayStepSchema(Shown):
    """A step, due so many working days after the follow-up was opened."""

    id = Id(required=True)
    days = ma.fields.Integer(required=True)
    channel = Choice(ActivityKind, required=True)
    title = ma.fields.String(required=True)
    text = ma.fields.String(attribute="words", required=True)


class PlaybookSchema(Shown):
    """A playbook; without `tiers` it is for accounts of all."""

    id = Id(required=True)
    name = ma.fields.String(required=True)
    kind = Choice(PlayKind, required=True)
    lifts = Choice(Component, attribute="component", required=True)
    task_kind = Choice(TaskKind, required=True, allow_none=True)
    tiers = ma.fields.List(ma.fields.Integer(), required=True)
    active = ma.fields.Boolean(attribute="is_active", required=True)
    steps = ma.fields.List(ma.fields.Nested(PlayStepSchema), attribute="current", required=True)
    updated_at = Moment(required=True)


class PlaybookFilters(Filters):
    kind = Many(Choice(PlayKind))
    task_kind = Many(Choice(TaskKind))
    active = Flag(text=True)


WHERE = {
    "kind": Playbook.kind.in_,
    "task_kind": Playbook.task_kind.in_,
    "active": Playbook.is_active.is_,
}


@resource.lists("/playbooks", PlaybookSchema, filters=PlaybookFilters, stamp=Playbook.updated_at)
def find(asked):
    """List playbooks"""
    return sa.select(Playbook).where(*matching(WHERE, asked)).options(selectinload(Playbook.steps))

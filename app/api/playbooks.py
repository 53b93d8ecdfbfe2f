"""Playbooks for other programs: the steps by which a kind of follow-up is worked on, and what they are to lift."""

from __future__ import annotations

import marshmallow as ma
import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Flag, Given, Id, Many, Moment, Shown, Text, Whole
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.core import audit
from app.core.errors import Invalid, NotFound
from app.extensions import db
from app.followups.models import ActivityKind, TaskKind
from app.followups.playbooks import writing
from app.followups.playbooks.models import Component, Playbook, PlayKind
from app.followups.playbooks.writing import Draft, Wanted

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


class NewPlayStepSchema(Given):
    """A step; `id` names the one that it changes, without it the step is new."""

    id = Id()
    days = Whole(0, writing.MOST_DAYS, load_default=1)
    channel = Choice(ActivityKind, required=True)
    title = Text(writing.LONGEST_TITLE, required=True)
    text = Text(writing.LONGEST_WORDS, lines=True, blank=True, load_default="")


class PlaybookChangesSchema(Given):
    """What of a playbook is to be different; what is left out stays. `steps` are all of them: one that is not named is done no more."""

    name = Text(writing.LONGEST_NAME)
    kind = Choice(
        PlayKind, metadata={"description": "Reactive ones need a `task_kind`, proactive ones have none."}
    )
    lifts = Choice(Component)
    task_kind = Choice(TaskKind, allow_none=True)
    tiers = Many(Whole(1, max(writing.TIERS)), most=len(writing.TIERS))
    active = Flag()
    steps = ma.fields.List(ma.fields.Nested(NewPlayStepSchema))


class NewPlaybookSchema(PlaybookChangesSchema):
    """A playbook; without `tiers` it is for accounts of all."""

    name = Text(writing.LONGEST_NAME, required=True)
    kind = Choice(PlayKind, required=True)
    lifts = Choice(Component, required=True)
    steps = ma.fields.List(ma.fields.Nested(NewPlayStepSchema), required=True)


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


@resource.reads("/playbooks/<int:playbook_id>", PlaybookSchema)
def show(playbook_id: int):
    """Show a playbook"""
    return the_playbook(playbook_id)


@resource.writes("POST", "/playbooks", PlaybookSchema, takes=NewPlaybookSchema, status=201)
def add(given: dict):
    """Write a playbook"""
    found = Playbook(tiers=[], is_active=True)
    return written(found, given)


@resource.writes("PATCH", "/playbooks/<int:playbook_id>", PlaybookSchema, takes=PlaybookChangesSchema)
def change(given: dict, playbook_id: int):
    """Change a playbook

    Follow-ups that are under way keep the steps that were done.
    """
    return written(the_playbook(playbook_id), given)


def the_playbook(playbook_id: int) -> Playbook:
    found = db.session.get(Playbook, playbook_id)
    if found is None:
        raise NotFound(_("There is no such playbook."))
    return found


def written(found: Playbook, given: dict) -> Playbook:
    """The playbook with what was sent, noted in the audit trail."""
    at = present()
    draft = Draft(
        name=given.get("name", found.name),
        kind=given.get("kind", found.kind),
        component=given.get("lifts", found.component),
        task_kind=given.get("task_kind", found.task_kind),
        tiers=given.get("tiers", found.tiers),
        is_active=given.get("active", found.is_active),
        steps=wanted(found, given["steps"]) if "steps" in given else as_they_are(found),
    )
    writing.write(found, draft, now=at.now)
    found.updated_at = at.now
    db.session.add(found)
    db.session.flush()
    db.session.refresh(found)  # The steps stand in the order in which they are due.
    audit.note(db.session, actor(), "playbook.written", now=at.now, id=found.id)
    return found


def as_they_are(found: Playbook) -> list[Wanted]:
    return [Wanted(step.title, step.days, step.channel, step.words, step) for step in found.current]


def wanted(found: Playbook, steps: list[dict]) -> list[Wanted]:
    """The steps that were sent; Invalid when one names a step that the playbook does not have, or two the same."""
    known = {step.id: step for step in found.current}
    named = [step["id"] for step in steps if "id" in step]
    if len(set(named)) < len(named) or not set(named) <= known.keys():
        words = str(_("The playbook has no such step, or it is named twice."))
        raise Invalid(words, errors={"steps": words})
    return [
        Wanted(step["title"], step["days"], step["channel"], step["text"], known.get(step.get("id")))
        for step in steps
    ]

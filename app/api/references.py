"""References for other programs: who has agreed to speak for us, found by what they have in common with somebody."""

from __future__ import annotations

import marshmallow as ma

from app.api.protocol.fields import Choice, Day, Flag, Id, Moment, Shown, Text, Whole
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters
from app.followups.advocacy.models import Favour, FavourKind, FavourState
from app.followups.advocacy.references import ReferenceFilter, references

resource = Resource("references", "People who have agreed to speak for us.")


class ReferenceSchema(Shown):
    """Somebody who agreed: to what, whether they may be quoted, and when they were last called upon."""

    id = Id(required=True)
    kind = Choice(FavourKind, required=True)
    state = Choice(FavourState, required=True)
    contact_id = Id(required=True)
    account_id = Id(required=True)
    may_quote = ma.fields.Boolean(required=True)
    last_used_on = Day(required=True, allow_none=True)
    updated_at = Moment(attribute="changed_at", required=True)


class ReferenceFilters(Filters):
    """`industry` is the account's attribute of that name, `language` the person's."""

    industry = Text(120)
    tier = Whole(1, 3, text=True)
    language = Text(16)
    may_quote = Flag(text=True)


@resource.lists("/references", ReferenceSchema, filters=ReferenceFilters, stamp=Favour.changed_at)
def find(asked):
    """List references"""
    chosen = {name: asked[name] for name in ("industry", "tier", "language", "may_quote") if name in asked}
    return references(ReferenceFilter(**chosen)).order_by(None)

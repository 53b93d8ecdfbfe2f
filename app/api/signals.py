"""Signals: facts that other programs tell about accounts and people, each once by its own id."""

from __future__ import annotations

import math

import marshmallow as ma
import sqlalchemy as sa

from app.api.protocol.fields import Given, Id, Many, Moment, Shown, Text, passed
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.contacts import signals
from app.contacts.signals import LONGEST_TYPE, Signal
from app.extensions import db
from app.health.alerting import raising

resource = Resource(
    "signals", "Facts from outside, which may start a survey or raise an alert. They enter no score."
)
LONGEST_VALUE = 500
VALUE = {"type": ["number", "string", "null"], "description": "A number or a text."}


class ValueField(ma.fields.Raw):
    """A number, a text or null."""

    default_error_messages = {"invalid": "This must be a number or a text."}

    def __init__(self, **options):
        super().__init__(allow_none=True, metadata=VALUE, **options)

    def _deserialize(self, value, attr, data, **more) -> int | float | str:
        if isinstance(value, str):
            return passed(value, limit=LONGEST_VALUE)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or abs(value) > 2**53:
            raise self.make_error("invalid")
        return value


class SignalSchema(Shown):
    """A fact that was told."""

    id = Id(required=True)
    external_id = ma.fields.String(required=True)
    account_id = Id(required=True)
    contact_id = Id(required=True, allow_none=True)
    type = ma.fields.String(required=True)
    at = Moment(required=True)
    value = ValueField(required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class NewSignalSchema(Given):
    """A fact. The account is named by its id in your system or by ours, the contact by either or by the address."""

    external_id = Text(120, required=True, metadata={"description": "Your id: told twice, it is kept once."})
    account = Text(120, required=True)
    contact = Text(320, allow_none=True, load_default=None)
    type = Text(
        LONGEST_TYPE,
        required=True,
        metadata={
            "description": "Such as ticket_closed. Rules of early warning look for ticket_past_sla (value: the severity), usage (a level), usage_fallen (percent) and contact_left (with a contact)."
        },
    )
    at = Moment(required=True)
    value = ValueField(load_default=None)


class SignalFilters(Filters):
    external_id = Many(Text(120))
    account_id = Many(Id())
    contact_id = Many(Id())
    type = Many(Text(LONGEST_TYPE))


WHERE = {
    "external_id": Signal.external_id.in_,
    "account_id": Signal.account_id.in_,
    "contact_id": Signal.contact_id.in_,
    "type": Signal.type.in_,
}


@resource.lists("/signals", SignalSchema, filters=SignalFilters, stamp=Signal.updated_at)
def find(asked):
    """List signals"""
    return sa.select(Signal).where(*matching(WHERE, asked))


@resource.writes("POST", "/signals", SignalSchema, takes=NewSignalSchema, status=201, or_status=200)
def tell(given: dict):
    """Tell a fact; 200 when it was told before"""
    found, is_new = signals.receive(db.session, given, now=present().now)
    if is_new:
        raising.look_again(db.session, [found.account_id])
    return found if is_new else (found, 200)

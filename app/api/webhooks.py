"""Webhooks for other programs: which addresses are told what, and what became of each message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import marshmallow as ma
import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import selectinload

from app.api.protocol import idempotency
from app.api.protocol.bearer import actor
from app.api.protocol.fields import Choice, Flag, Given, Id, Many, Moment, Shown, Text
from app.api.protocol.frame import Resource
from app.api.protocol.paging import Filters, matching
from app.api.protocol.today import present
from app.auth.models import Scope
from app.core.errors import NotFound
from app.core.outbox_rows import DeliveryAttempt, OutboxRow, OutboxState
from app.extensions import db
from app.integrations.webhooks import endpoints, failing, log
from app.integrations.webhooks.endpoints import Draft
from app.integrations.webhooks.models import (
    LONGEST_DESCRIPTION,
    LONGEST_URL,
    TEST,
    EventKind,
    OffReason,
    Webhook,
)

resource = Resource(
    "webhooks",
    "Addresses that are told what happens, each event as one message signed by Standard Webhooks: `type`, `timestamp`,"
    " `data`, where `data` is the answer, task, alert, wave or contact as this API shows it. At least once, in no promised"
    " order, tried again for three days under the same `webhook-id`.",
)
ADMIN = {"scope": Scope.ADMIN}


class WebhookSchema(Shown):
    """An address and how it does. Its secret is shown once, when it is made or changed."""

    id = Id(required=True)
    url = ma.fields.String(required=True)
    description = ma.fields.String(required=True)
    events = ma.fields.List(Choice(EventKind), required=True)
    active = ma.fields.Boolean(attribute="is_on", required=True)
    off_reason = Choice(
        OffReason,
        required=True,
        allow_none=True,
        metadata={
            "description": "`hand`: somebody switched it off; `gone`: it answered 410; `failing`: for three days."
        },
    )
    off_at = Moment(required=True, allow_none=True)
    failing_since = Moment(required=True, allow_none=True)
    fault = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "Why the last try failed."}
    )
    last_arrived_at = Moment(attribute="well_at", required=True, allow_none=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)


class WebhookWithSecretSchema(WebhookSchema):
    """An address with its new secret, which is not shown again."""

    secret = ma.fields.String(required=True, metadata={"description": "whsec_... of Standard Webhooks."})


class WebhookChangesSchema(Given):
    """What of an address is to be different; what is left out stays. `events` are all that it wants."""

    url = Text(
        LONGEST_URL,
        metadata={"description": "https://, on the public internet unless an operator allows it."},
    )
    description = Text(LONGEST_DESCRIPTION, blank=True)
    events = Many(Choice(EventKind))
    active = Flag()


class NewWebhookSchema(Given):
    """An address and the events that it wants."""

    url = Text(LONGEST_URL, required=True)
    description = Text(LONGEST_DESCRIPTION, blank=True, load_default="")
    events = Many(Choice(EventKind), required=True)


class RemovedWebhookSchema(Shown):
    """An address that was taken away, and its log with it."""

    id = Id(required=True)
    url = ma.fields.String(required=True)


class TrySchema(Shown):
    """One try to hand a message over: the code of the answer, and why it failed."""

    at = Moment(attribute="started_at", required=True)
    ended_at = Moment(required=True, allow_none=True)
    code = ma.fields.Integer(required=True, allow_none=True)
    words = ma.fields.String(attribute="reply", required=True, allow_none=True)


class DeliverySchema(Shown):
    """A message to an address; `webhook_message_id` is what its header `webhook-id` says in every try."""

    id = Id(required=True)
    webhook_id = Id(required=True)
    webhook_message_id = ma.fields.String(required=True)
    event = ma.fields.String(required=True, metadata={"enum": [*EventKind, TEST]})
    subject_id = Id(required=True, metadata={"description": "Of the answer, task, alert, wave or contact."})
    happened_at = Moment(required=True)
    state = Choice(OutboxState, required=True)
    due_at = Moment(required=True)
    tries = ma.fields.List(ma.fields.Nested(TrySchema), required=True)
    updated_at = Moment(required=True)


class WebhookFilters(Filters):
    active = Flag(text=True)


class DeliveryFilters(Filters):
    webhook_id = Many(Id())
    state = Many(Choice(OutboxState))


WHERE = {"active": lambda on: Webhook.off_reason.is_(None) if on else Webhook.off_reason.is_not(None)}
WHERE_DELIVERY = {
    "webhook_id": lambda ids: OutboxRow.group.in_([Webhook(id=number).group for number in ids]),
    "state": OutboxRow.state.in_,
}


def with_tries(rows: Sequence[OutboxRow]) -> list[dict]:
    tries = log.tries_of(db.session, rows)
    return [of_row(row, tries[row.id]) for row in rows]


def of_row(row: OutboxRow, tries: Sequence[DeliveryAttempt]) -> dict:
    return {
        "id": row.id,
        "webhook_id": failing.number_of(row.recipient),
        "webhook_message_id": row.message_id,
        "event": row.values["event"],
        "subject_id": row.values["id"],
        "happened_at": datetime.fromisoformat(row.values["at"]),
        "state": row.state,
        "due_at": row.due_at,
        "tries": tries,
        "updated_at": row.updated_at,
    }


@resource.lists("/webhooks", WebhookSchema, filters=WebhookFilters, stamp=Webhook.updated_at, **ADMIN)
def find(asked):
    """List webhooks"""
    return sa.select(Webhook).where(*matching(WHERE, asked)).options(selectinload(Webhook.wishes))


@resource.reads("/webhooks/<int:webhook_id>", WebhookSchema, **ADMIN)
def show(webhook_id: int):
    """Show a webhook"""
    return endpoints.the_webhook(db.session, webhook_id)


@resource.writes("POST", "/webhooks", WebhookWithSecretSchema, takes=NewWebhookSchema, status=201, **ADMIN)
def add(given: dict):
    """Enter a webhook

    The answer alone has its secret. It hears of what happens from now on.
    """
    draft = Draft(given["url"], given["events"], given["description"])
    found, secret = endpoints.enter(
        db.session, current_app.extensions["settings"], draft, by=actor(), now=present().now
    )
    return shown(found) | {"secret": secret}, 201, idempotency.SECRET


@resource.writes("PATCH", "/webhooks/<int:webhook_id>", WebhookSchema, takes=WebhookChangesSchema, **ADMIN)
def change(given: dict, webhook_id: int):
    """Change a webhook, or switch it off and on

    Off, what waits is given up; on again, it hears of what happens from then on.
    """
    found, now = endpoints.the_webhook(db.session, webhook_id), present().now
    if given.keys() & {"url", "description", "events"}:
        draft = Draft(
            given.get("url", found.url),
            given.get("events", found.events),
            given.get("description", found.description),
        )
        endpoints.change(db.session, current_app.extensions["settings"], found, draft, by=actor(), now=now)
    if given.get("active") is True:
        endpoints.switch_on(db.session, found, by=actor(), now=now)
    elif given.get("active") is False:
        endpoints.switch_off(db.session, found, OffReason.HAND, by=actor(), now=now)
    return found


@resource.writes("DELETE", "/webhooks/<int:webhook_id>", RemovedWebhookSchema, **ADMIN)
def remove(webhook_id: int):
    """Take a webhook away with its log"""
    found = endpoints.the_webhook(db.session, webhook_id)
    gone = {"id": found.id, "url": found.url}
    endpoints.remove(db.session, found, by=actor(), now=present().now)
    return gone


@resource.writes("POST", "/webhooks/<int:webhook_id>/secret", WebhookWithSecretSchema, **ADMIN)
def rotate(webhook_id: int):
    """Give a webhook another secret

    For a day every message is signed with both.
    """
    found = endpoints.the_webhook(db.session, webhook_id)
    settings = current_app.extensions["settings"]
    secret = endpoints.rotate(db.session, settings, found, by=actor(), now=present().now)
    return shown(found) | {"secret": secret}, 200, idempotency.SECRET


@resource.writes("POST", "/webhooks/<int:webhook_id>/test", WebhookSchema, **ADMIN)
def test(webhook_id: int):
    """Send a test by the way of all messages"""
    found = endpoints.the_webhook(db.session, webhook_id)
    endpoints.test(db.session, found, now=present().now)
    return found


@resource.lists(
    "/webhook_deliveries",
    DeliverySchema,
    filters=DeliveryFilters,
    stamp=OutboxRow.updated_at,
    told=with_tries,
    **ADMIN,
)
def messages(asked):
    """List what webhooks were told in the last month, with each try"""
    return log.deliveries().where(*matching(WHERE_DELIVERY, asked))


@resource.writes("POST", "/webhook_deliveries/<int:row_id>/repetition", DeliverySchema, **ADMIN)
def again(row_id: int):
    """Send a message once more, under its id"""
    row = db.session.get(OutboxRow, row_id)
    if row is None or row.kind != endpoints.KIND:
        raise NotFound(_("There is no such event."))
    webhook = endpoints.the_webhook(db.session, failing.number_of(row.recipient))
    log.again(db.session, webhook, row_id, now=present().now)
    db.session.flush()
    return with_tries([row])[0]


def shown(found: Webhook) -> dict:
    """The fields of a webhook, to which its secret is added."""
    db.session.flush()
    names = [field.attribute or name for name, field in WebhookSchema().fields.items()]
    return {name: getattr(found, name) for name in names}

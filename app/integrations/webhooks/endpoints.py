"""The verbs about addresses of other programs: enter, change, give another secret, switch off and on, take away, try."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session, selectinload

import config
from app.core import audit, outbox_rows
from app.core.audit import Actor
from app.core.errors import Invalid, NotFound, Refused
from app.core.outbox_rows import OutboxRow
from app.integrations.calling import places
from app.integrations.webhooks import facts, signing
from app.integrations.webhooks.models import KIND, TEST, EventKind, OffReason, Webhook, WebhookWish

MOST = 20
BOTH_FOR = timedelta(days=1)
OFF = "The webhook is switched off."


@dataclass(frozen=True)
class Draft:
    """What somebody wants an address to be."""

    url: str
    events: Collection[EventKind]
    description: str = ""


def all_of(session: Session) -> Sequence[Webhook]:
    return session.scalars(
        sa.select(Webhook).options(selectinload(Webhook.wishes)).order_by(Webhook.id)
    ).all()


def the_webhook(session: Session, webhook_id: int) -> Webhook:
    found = session.get(Webhook, webhook_id)
    if found is None:
        raise NotFound(_("There is no such webhook."))
    return found


def enter(
    session: Session, settings: config.Settings, draft: Draft, *, by: Actor, now: datetime
) -> tuple[Webhook, str]:
    """A new address and its secret, which is not shown again. Invalid when it may not be called, Refused when there are too many."""
    if session.scalar(sa.select(sa.func.count()).select_from(Webhook)) >= MOST:
        raise Refused(_("There are %(number)d webhooks already; take one away first.", number=MOST))
    secret = signing.new_secret()
    found = Webhook(secret_sealed=signing.sealed(settings, secret), created_by=by.name, created_at=now)
    _write(settings, found, draft, now)
    session.add(found)
    session.flush()
    _note(session, by, "webhook.add", found, now, events=sorted(found.events))
    return found, secret


def change(
    session: Session, settings: config.Settings, found: Webhook, draft: Draft, *, by: Actor, now: datetime
) -> None:
    """What it wants from now on; an event that it wants already goes on without a gap."""
    _write(settings, found, draft, now)
    _note(session, by, "webhook.change", found, now, events=sorted(found.events))


def _write(settings: config.Settings, found: Webhook, draft: Draft, now: datetime) -> None:
    try:
        places.read(draft.url, settings.CHAT_ALLOW)
    except places.Forbidden as error:
        raise Invalid(str(error), errors={"url": str(error)}) from None
    if not draft.events:
        words = _("Choose at least one event.")
        raise Invalid(words, errors={"events": words})
    found.url, found.description, found.updated_at = draft.url, draft.description, now
    wanted = set(draft.events)
    for wish in [wish for wish in found.wishes if wish.event not in wanted]:
        found.wishes.remove(wish)
    for event in wanted - set(found.events):
        found.wishes.append(WebhookWish(event=event, since_at=now))


def rotate(session: Session, settings: config.Settings, found: Webhook, *, by: Actor, now: datetime) -> str:
    """Another secret; for a day everything is signed with both, so that the other side can follow without a gap."""
    secret = signing.new_secret()
    found.former_sealed, found.former_until = found.secret_sealed, now + BOTH_FOR
    found.secret_sealed, found.updated_at = signing.sealed(settings, secret), now
    _note(session, by, "webhook.rotate", found, now)
    return secret


def switch_off(session: Session, found: Webhook, reason: OffReason, *, by: Actor, now: datetime) -> None:
    """Nothing is sent any more; what waits is given up and stays in the log, where it can be sent by hand."""
    if not found.is_on:
        return
    found.off_reason, found.off_at, found.updated_at = reason, now, now
    outbox_rows.cancel(session, found.group, OFF, now=now)
    _note(session, by, "webhook.off", found, now, reason=reason.value)


def switch_on(session: Session, found: Webhook, *, by: Actor, now: datetime) -> None:
    """It is told what happens from now on."""
    if found.is_on:
        return
    found.off_reason = found.off_at = found.failing_since = found.fault = found.paused_until = None
    found.failures, found.updated_at = 0, now
    for wish in found.wishes:
        wish.since_at, wish.seen_at, wish.swept_at = now, None, None
    _note(session, by, "webhook.on", found, now)


def remove(session: Session, found: Webhook, *, by: Actor, now: datetime) -> None:
    """Take it away with its log."""
    theirs = (OutboxRow.kind == KIND, OutboxRow.group == found.group)
    outbox_rows.lock(session, *theirs)
    mine = sa.delete(OutboxRow).where(*theirs)
    session.execute(mine, execution_options={"synchronize_session": False})
    _note(session, by, "webhook.remove", found, now)
    session.delete(found)


def test(session: Session, found: Webhook, *, now: datetime) -> None:
    """Send an event of no meaning by the way of all others. Refused while it is off."""
    if not found.is_on:
        raise Refused(_("The webhook is off; switch it on first."))
    row = facts.row_of(found, f"{TEST}:{found.id}:{now:%Y%m%d%H%M%S%f}", now, found.id, now=now)
    outbox_rows.put(session, [row], now=now)


def _note(session: Session, by: Actor, action: str, found: Webhook, now: datetime, **details) -> None:
    host = places.host_of(found.url)
    audit.note(session, by, action, subject=f"webhook:{found.id}", now=now, host=host, **details)

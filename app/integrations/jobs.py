"""The jobs of webhooks: finding what other programs want to be told, and telling it (a door)."""

from __future__ import annotations

from datetime import datetime

from app.api.telling import describe
from app.core.outbox import carry
from app.core.outbox_rows import is_waiting
from app.core.processes.timetable import every, stopping
from app.extensions import db
from app.integrations.webhooks import facts, log
from app.integrations.webhooks.carrier import WebhookCarrier
from app.integrations.webhooks.models import KIND
from app.passes import committed, settings


@every(seconds=5)
def find_events(now: datetime) -> int:
    """Find what has happened that other programs want to be told by webhook."""
    return committed(facts.find(db.session, settings(), now=now), then="send_webhooks")


@every(seconds=5, is_shared=True)
def send_webhooks(now: datetime) -> int:
    """Post to the webhooks of other programs what waits for them."""
    if not is_waiting(db.session, KIND, now=now):
        return 0
    way = WebhookCarrier(settings(), describe)
    return carry(db.session, way, now=now, should_stop=stopping.is_set)


@every(seconds=24 * 3600)
def forget_webhooks(now: datetime) -> int:
    """Forget what was told by webhook a month ago."""
    count = log.forget_old(db.session, now=now)
    db.session.commit()
    return count

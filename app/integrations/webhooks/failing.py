"""How an address does: what follows from each try, and when it is given up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

import config
from app.auth.models import RoleName, Staff
from app.core import audit, outbox_rows
from app.core.installation import installation
from app.core.language.words import speaking
from app.core.outbox import Outcome
from app.core.outbox_rows import OutboxRow, OutboxState
from app.delivery import letters
from app.delivery.sending import posting
from app.integrations.calling import places
from app.integrations.webhooks import endpoints
from app.integrations.webhooks.models import OffReason, Webhook

GONE = 410
GIVEN_UP_AFTER = timedelta(days=3)
FEWEST_FAILURES = 10
CALM_FAILURES = 3
PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=5)


def number_of(recipient: str) -> int:
    return int(recipient.partition(":")[2])


def keep_books(
    session: Session, settings: config.Settings, outcomes: Sequence[Outcome], *, now: datetime
) -> None:
    """Write down at each address how the tries went, in the transaction that records them."""
    tried = [outcome for outcome in outcomes if outcome.result.is_try]
    ids = {number_of(outcome.row.recipient) for outcome in tried}
    rows = sa.select(Webhook).where(Webhook.id.in_(ids)).order_by(Webhook.id).with_for_update()
    known = {found.id: found for found in session.scalars(rows)} if ids else {}
    for outcome in tried:
        if outcome.state is OutboxState.IN_DOUBT:
            try_again(session, outcome, now)
        elif (found := known.get(number_of(outcome.row.recipient))) is not None:
            note(session, settings, found, outcome)


def try_again(session: Session, outcome: Outcome, now: datetime) -> None:
    """Whether it arrived is not known. It has an id, so the other side can take it twice for once."""
    mine = sa.update(OutboxRow).where(OutboxRow.id == outcome.row.id)
    session.execute(mine.values(state=OutboxState.RETRY, due_at=now, claim=None))


def note(session: Session, settings: config.Settings, found: Webhook, outcome: Outcome) -> None:
    if outcome.state is OutboxState.SENT:
        found.failures, found.well_at = 0, outcome.at
        found.failing_since = found.fault = found.paused_until = None
        return
    if not found.is_on:
        outbox_rows.cancel(session, found.group, endpoints.OFF, now=outcome.at)
        return
    found.failures += 1
    found.fault, found.failing_since = outcome.result.reason[:300], found.failing_since or outcome.at
    asked = timedelta(seconds=outcome.result.wait)
    ours = min(PAUSE * found.failures, LONGEST_PAUSE) if found.failures >= CALM_FAILURES else timedelta()
    if rest := max(asked, ours):
        found.paused_until = max(outcome.at + rest, found.paused_until or outcome.at)
    if outcome.result.code == GONE:
        give_up(session, settings, found, OffReason.GONE, now=outcome.at)
    elif found.failures >= FEWEST_FAILURES and outcome.at - found.failing_since >= GIVEN_UP_AFTER:
        give_up(session, settings, found, OffReason.FAILING, now=outcome.at)


def give_up(
    session: Session, settings: config.Settings, found: Webhook, reason: OffReason, *, now: datetime
) -> None:
    """Switch the address off and tell the administrators by mail."""
    if not found.is_on:
        return
    endpoints.switch_off(session, found, reason, by=audit.SYSTEM, now=now)
    facts = installation(session)
    link = f"{settings.BASE_URL.rstrip('/')}/settings/webhooks/{found.id}"
    for person in administrators(session):
        language = person.language or facts.language
        with speaking(language):
            title, lines = words(found, reason)
            wording = letters.notice(facts.company, language, title, lines, link=link)
        where = {"kind": posting.STAFF, "recipient": person.email, "name": person.display_name}
        posting.post(session, settings, wording, **where, now=now)


def administrators(session: Session) -> Iterator[Staff]:
    people = session.scalars(sa.select(Staff).where(Staff.active).order_by(Staff.id))
    return (person for person in people if person.role is RoleName.ADMIN)


def words(found: Webhook, reason: OffReason) -> tuple[str, list[str]]:
    title = _("The webhook to %(host)s is switched off", host=places.host_of(found.url))
    why = {
        OffReason.GONE: _("The other program answered that the address is gone for good (410)."),
        OffReason.FAILING: _(
            "For three days it has taken nothing. The last try: %(fault)s", fault=found.fault
        ),
    }[reason]
    what = _("Nothing is sent there any more. What waited stands in its log, where it can be sent again.")
    return title, [why, what]

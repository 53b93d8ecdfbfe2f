"""Letting mail in: from the box, through the webhook, or once more after it was set aside (a door).

Each mail is committed with all that follows from it and with how far the box was read. Only then is it put away, so a
crash in between brings the same mail again, and it is known by its digest. A mail that cannot be taken is set aside;
a database that does not answer is no fault of the mail, and ends the pass.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

import config
from app import journey
from app.core.database.transactions import GateBusy
from app.core.processes import workers
from app.core.processes.workers import JobFailure
from app.delivery.inbound import taking
from app.delivery.inbound.boxes.items import Box, BoxFault, Cursor
from app.delivery.inbound.models import InboundBox, InboundMail
from app.followups.conversation.threads import case_of

log = logging.getLogger(__name__)
JOB = "fetch_mail"
LONGEST_PAUSE = timedelta(minutes=15)


def fetch(
    session: Session,
    settings: config.Settings,
    box: Box,
    *,
    now: datetime,
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Take all mail of the box that is new; how many. A box that cannot be read is a failed job until it can."""
    failure = session.get(JobFailure, (JOB, item_of(box)))
    if failure is not None and failure.next_try_at and failure.next_try_at > now:
        return 0
    row = box_row(session, box, now)
    cursor, taken = dict(row.cursor), 0
    session.commit()
    try:
        for item in box.look(cursor):
            taken += let_in(session, settings, item.raw, now=now, box=box, cursor=item.cursor)
            item.put_away()
            if should_stop():
                break
    except BoxFault as fault:
        session.rollback()
        note_fault(session, box, fault.words, now)
    else:
        note_well(session, box, now)
    session.commit()
    return taken


def let_in(
    session: Session,
    settings: config.Settings,
    raw: bytes,
    *,
    now: datetime,
    box: Box | None = None,
    cursor: Cursor | None = None,
) -> bool:
    """Take one mail with all that follows from it, or set it aside, and commit; False when it was known already.

    Two mails about one ask that are taken at the same moment may open the same task; the second tries again.
    """

    def taken() -> bool:
        mail = taking.take(session, settings, raw, now=now, case_of=case_of)
        if mail is not None:
            journey.mail_arrived(session, mail, now=now)
        move_on(session, box, cursor, now)
        session.commit()
        return mail is not None

    try:
        try:
            return taken()
        except IntegrityError:
            session.rollback()
            return taken()
    except Exception as error:
        session.rollback()
        if is_of_the_database(error):
            raise
        log.exception("a mail that came in is set aside")
        is_new = taking.set_aside(session, settings, raw, error, now=now)
        move_on(session, box, cursor, now)
        session.commit()
        return is_new


def let_in_again(session: Session, settings: config.Settings, mail: InboundMail, *, now: datetime) -> str:
    """Try once more a mail that was set aside, and commit; empty, or why it still cannot be taken."""
    try:
        if not taking.take_again(session, settings, mail, now=now, case_of=case_of):
            return "The mail itself is no longer kept."
        journey.mail_arrived(session, mail, now=now)
        session.commit()
    except Exception as error:
        session.rollback()
        if is_of_the_database(error):
            raise
        log.exception("a mail that was set aside cannot be taken")
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def is_of_the_database(error: Exception) -> bool:
    """Whether the database did not do its part; a value that it refuses is the mail's fault."""
    return isinstance(error, DBAPIError | GateBusy) and not isinstance(error, DataError | IntegrityError)


def item_of(box: Box) -> str:
    return box.name[-64:]


def box_row(session: Session, box: Box, now: datetime) -> InboundBox:
    row = session.get(InboundBox, box.name[:255])
    if row is None:
        row = InboundBox(name=box.name[:255], cursor={}, looked_at=now)
        session.add(row)
        session.flush()
    return row


def move_on(session: Session, box: Box | None, cursor: Cursor | None, now: datetime) -> None:
    if box is not None and cursor is not None:
        box_row(session, box, now).cursor = cursor


def note_fault(session: Session, box: Box, words: str, now: datetime) -> None:
    """Shown among the failed jobs; tried again after a pause that grows to a quarter of an hour, without end."""
    row = box_row(session, box, now)
    row.looked_at, row.fault, row.fault_since = now, words, row.fault_since or now
    row.fault_count += 1
    failure = session.get(JobFailure, (JOB, item_of(box))) or JobFailure(
        job=JOB, item=item_of(box), tries=0, error=""
    )
    failure.tries += 1
    failure.error, failure.parked_at = words, None
    failure.next_try_at = now + min(workers.FIRST_PAUSE * 2 ** min(failure.tries - 1, 10), LONGEST_PAUSE)
    session.add(failure)


def note_well(session: Session, box: Box, now: datetime) -> None:
    row = box_row(session, box, now)
    row.looked_at = row.well_at = now
    row.fault, row.fault_since, row.fault_count = None, None, 0
    workers.succeeded(session, JOB, item_of(box))

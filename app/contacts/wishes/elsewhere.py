"""What other systems say of people who want no mail, beside what the people wished here themselves since then.

A CRM's flag is a state: every file repeats it, mostly without a date. So a row is kept of since when a system has said
it, and a no that its person took back here afterwards is not said anew by repeating it. A later one is, and so is one of
which nothing tells that it is older: a no is never lost by guessing. No system takes a no back; only its person does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Contact, OptOutElsewhere, Wish
from app.contacts.wishes import THEMSELVES
from app.core.clock import day_of
from app.core.database.bulk import add_rows

MOST_PARAMETERS = 10_000
FLAGS = OptOutElsewhere.__table__
OF_PEOPLE = FLAGS.c.contact_id.in_(sa.bindparam("people", expanding=True))
KNOWN = sa.select(FLAGS.c.contact_id, FLAGS.c.since_at).where(
    FLAGS.c.system == sa.bindparam("system"), OF_PEOPLE
)
DROP = sa.delete(FLAGS).where(FLAGS.c.system == sa.bindparam("system"), OF_PEOPLE)
OWN_WORDS = (
    sa.select(Wish.contact_id, sa.func.max(Wish.at))
    .where(Wish.contact_id.in_(sa.bindparam("people", expanding=True)))
    .where(Wish.told_by == THEMSELVES, Wish.is_unsubscribed.is_(False))
    .group_by(Wish.contact_id)
)


def since(known: datetime | None, on: date | None, *, now: datetime, zone: ZoneInfo) -> datetime:
    """Since when a no has stood that a system tells now: as known, unless it is dated to a later day.

    A no without a date is as old as its first telling, a dated one counts to the end of its day. What is dated to the
    future has no date.
    """
    if on is None or on > day_of(now, zone):
        return known or now
    if known is not None and on <= day_of(known, zone):
        return known
    return min(now, datetime.combine(on + timedelta(days=1), time(), zone))


def is_taken_back(since_at: datetime, own_word_at: datetime | None) -> bool:
    """Whether the person said here later how they want to be asked; at the same moment the no counts."""
    return own_word_at is not None and since_at < own_word_at


def known(session: Session, system: str, people: Collection[int]) -> dict[int, datetime]:
    """Since when the system has said of these people, by id, that they want no mail."""
    given = ({"system": system, "people": part} for part in portions(people))
    return {id: at for values in given for id, at in session.execute(KNOWN, values)}


def own_words(session: Session, people: Collection[int]) -> dict[int, datetime]:
    """When these people, by id, last said here themselves how they want to be asked, other than not at all."""
    given = ({"people": part} for part in portions(people))
    return {id: at for values in given for id, at in session.execute(OWN_WORDS, values)}


def keep(session: Session, system: str, told: Mapping[int, datetime | None]) -> None:
    """Keep since when the system has said it, for each id; None for somebody of whom it says the contrary."""
    for part in portions(told):
        session.execute(DROP, {"system": system, "people": part})
    rows = [{"contact_id": id, "system": system, "since_at": at} for id, at in told.items() if at]
    add_rows(session, FLAGS, rows)


def hear(session: Session, contact: Contact, system: str, *, says_no: bool, now: datetime) -> bool:
    """Keep what a system says of one person; True for a no that the person did not take back since."""
    if not says_no:
        keep(session, system, {contact.id: None})
        return False
    since_at = known(session, system, [contact.id]).get(contact.id, now)
    keep(session, system, {contact.id: since_at})
    return not is_taken_back(since_at, own_words(session, [contact.id]).get(contact.id))


def portions(people: Collection[int]) -> Iterator[list[int]]:
    """In such portions as every database takes at once."""
    ids = list(people)
    return (ids[start : start + MOST_PARAMETERS] for start in range(0, len(ids), MOST_PARAMETERS))

"""One of those who act in the drill `sums`: a process that does one random act after the other until it is killed.

Each act is what a door does in one transaction. A letter for each that was committed goes into a file. What is refused, as
the answer to an ask that somebody has just removed, or is undone by PostgreSQL because two waited for each other, counts
for nothing.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

import config
from app import create_app, journey
from app.contacts.models import Account, Contact, ContactStatus, Stage
from app.core import audit, clock
from app.core.database import transactions
from app.core.errors import DomainError
from app.delivery.models import Invitation, InvitationState
from app.extensions import db
from app.responses import asks, partials
from app.responses.asks import Ask
from app.responses.models import Doubt, PartialAnswer, Response
from app.responses.recording import Closed, Said
from app.sentiment import texts
from app.setup import removal

DONE, LOG = "acts", "hands.log"
MOST_REMOVALS_OF_PEOPLE = 0.4
SQLSTATES_OF_CONFLICT = ("40P01", "40001", "55P03", "23503")
WORDS = ("", "", "It crashes all day.", "Very easy, thank you!")
chance = random.Random()


def answer() -> bool:
    """Somebody answers, or says something else than before."""
    ask = any_ask()
    if ask is None:
        return False
    said = Said(score=chance.randrange(11), comment=chance.choice(WORDS))
    doubts = (Doubt.GATEWAY,) if chance.random() < 0.15 else ()
    heard = texts.hear(said, ask.language, {})
    journey.answer_received(db.session.connection(), ask, said, heard, now=moment_of(ask), doubts=doubts)
    return True


def leave_half() -> bool:
    """Somebody chooses a number and goes away; an hour later it counts."""
    ask = any_ask()
    if ask is None or ask.is_answered:
        return False
    now, said = moment_of(ask), Said(score=chance.randrange(11))
    kept = {"is_enough": True, "attempt": f"attempt-{chance.random()}", "now": now}
    return partials.keep(db.session.connection(), ask, said, **kept)


def take_half() -> bool:
    """The worker takes what was left on a page as the answer."""
    number = db.session.scalar(sa.select(PartialAnswer.invitation_id).order_by(sa.func.random()).limit(1))
    if number is None:
        return False
    at = db.session.scalar(sa.select(PartialAnswer.at).where(PartialAnswer.invitation_id == number))
    return journey.partial_due(db.session, number, now=at + timedelta(hours=1))


def review() -> bool:
    """A colleague says who sent a doubtful answer, perhaps otherwise than the last one did."""
    doubted = sa.select(Response).where(Response.is_maybe_automatic).order_by(sa.func.random()).limit(1)
    response = db.session.scalars(doubted).first()
    if response is None:
        return False
    is_person = chance.random() < 0.6
    journey.answer_reviewed(db.session, response, is_person=is_person, actor=audit.SYSTEM, now=clock.now())
    return True


def move_account() -> bool:
    """An account gets another tier, stage, owner or attribute on its page."""
    account = any_account(lock=True)
    kind = chance.randrange(4)
    if kind == 0:
        account.tier = chance.choice([None, 1, 2, 3])
    elif kind == 1:
        account.stage = chance.choice([Stage.ONBOARDING, Stage.STEADY, Stage.RENEWAL])
    else:
        account.segment = {
            "plan": chance.choice(["free", "team", "firm"]),
            "region": str(chance.randrange(3)),
        }
    journey.account_changed(db.session, account, now=clock.now())
    return True


def import_account() -> bool:
    """A file gives an account another tier; the worker lets its answers follow."""
    account = any_account(lock=True)
    account.tier = chance.randrange(1, 4)
    touched = journey.Touched(accounts=frozenset({account.id}))
    db.session.flush()
    journey.rows_imported(db.session, touched, now=clock.now())
    return True


def merge() -> bool:
    """Two accounts turn out to be one, and people known to both turn out to be one person."""
    if db.session.scalar(sa.select(sa.func.count()).select_from(Account)) < 30:
        return False
    ids = sorted({any_account().id for _ in range(2)})
    locked = [db.session.get_one(Account, id, with_for_update=True) for id in ids]
    chance.shuffle(locked)
    if len(locked) == 2:
        journey.accounts_merged(db.session, *locked, now=clock.now(), actor=audit.SYSTEM)
    return len(locked) == 2


def erase() -> bool:
    """Somebody wants to be forgotten; what they scored stays counted."""
    known = sa.select(sa.func.count()).select_from(Contact).where(Contact.status != ContactStatus.ERASED)
    everybody = db.session.scalar(sa.select(sa.func.count()).select_from(Contact))
    if db.session.scalar(known) < (1 - MOST_REMOVALS_OF_PEOPLE) * everybody:
        return False
    person = db.session.scalars(
        sa.select(Contact).where(Contact.status != ContactStatus.ERASED).order_by(sa.func.random()).limit(1)
    ).first()
    journey.person_erased(db.session, person, now=clock.now(), actor=audit.SYSTEM)
    return True


def remove_demo() -> bool:
    """Two waves are taken away with their answers, and all sums made anew."""
    removal.remove(db.session, demo=True, rehearsal=False, now=clock.now())
    return True


def any_ask() -> Ask | None:
    """An ask, which somebody may remove or merge before it is answered."""
    went = Invitation.state.in_((InvitationState.SENT, InvitationState.ANSWERED, InvitationState.SILENT))
    number = db.session.scalar(sa.select(Invitation.id).where(went).order_by(sa.func.random()).limit(1))
    return None if number is None else asks.by_id(db.session.connection(), number)


def any_account(*, lock: bool = False) -> Account:
    number = db.session.scalar(sa.select(Account.id).order_by(sa.func.random()).limit(1))
    return db.session.get_one(Account, number, with_for_update=lock or None)


def moment_of(ask: Ask):
    """Somewhen in the time in which an answer is taken."""
    return min(clock.now(), ask.sent_at + timedelta(days=chance.random() * 20))


ACTS: dict[str, Callable[[], bool]] = {
    "a": answer,
    "h": leave_half,
    "t": take_half,
    "r": review,
    "s": move_account,
    "i": import_account,
    "m": merge,
    "e": erase,
    "d": remove_demo,
}
HOW_OFTEN = {"a": 560, "h": 60, "t": 60, "r": 90, "s": 130, "i": 60, "m": 8, "e": 6, "d": 1}


def main() -> None:
    app = create_app(config.load())
    chance.seed(int(sys.argv[1]))
    settings = app.extensions["settings"]
    written = os.open(settings.instance / DONE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with app.app_context():
        while True:
            letter = chance.choices(list(HOW_OFTEN), list(HOW_OFTEN.values()))[0]
            if is_done(ACTS[letter]):
                os.write(written, letter.encode())


def is_done(act: Callable[[], bool]) -> bool:
    """Whether it was done and committed."""
    transactions.write(db.session)
    try:
        is_something = act()
        db.session.commit()
        return is_something
    except (DomainError, Closed, NoResultFound, ObjectDeletedError, StaleDataError):
        db.session.rollback()
    except DBAPIError as error:
        db.session.rollback()
        if getattr(error.orig, "sqlstate", None) not in SQLSTATES_OF_CONFLICT:
            raise
    return False


if __name__ == "__main__":
    main()

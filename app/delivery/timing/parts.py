"""Writing down whom a wave asks, part by part, so that a large audience keeps nobody else waiting meanwhile.

A part are all the people of some accounts, in the order of the accounts: so the caps of an account see everybody there
at once, and a wave comes out as if it had been judged in one go. Each part is written in one transaction with the mark
of how far the wave has come, so whoever is killed between two of them has lost nothing and asks nobody twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.contacts.models import Account, Contact
from app.core.database import transactions
from app.core.database.writing import estimates
from app.delivery import cadence
from app.delivery.asking import bulk, deferring, firsts
from app.delivery.models import Channel, Invitation, Wave, WaveState

PEOPLE = 10_000  # In the press, for which somebody waits.
# Each commit writes pages of the indexes once more, whose keys are random. On SQLite answers wait for it,
# one to two and a half seconds where a million people are asked.
PEOPLE_LATER = {"sqlite": 25_000, "postgresql": 50_000}
PARTS_OF_A_PASS = 5
JUDGED_NOBODY = 0
READ = (Account.__table__, Contact.__table__, Invitation.__table__)


def begin(session: Session, wave: Wave, people: sa.Select | None, *, now: datetime) -> None:
    """Write down these people, else the audience: all of it, or the first part of a large one."""
    if people is None:
        wave.judged_to = JUDGED_NOBODY
        plan_next(session, wave, now=now)
    else:
        plan(session, wave, people, now=now)
        firsts.choose(session, wave, wave.first_people or 0)


def plan(
    session: Session, wave: Wave, people: sa.Select, *, now: datetime, whole: sa.Select | None = None
) -> int:
    """Write an ask for each of these people into the ledger, planned or left out; how many."""
    given = {"ignores_window": wave.ignores_window, "purpose": wave.purpose}
    given["needs_address"] = wave.channel is Channel.MAIL
    given["beside"] = None if whole is None else wave.id
    ask = cadence.wave_of(session, wave.program, people, at=max(wave.first_send_at, now), **given)
    until = deferring.limit(wave, ask.rules)
    if whole is not None:
        people = people.where(is_not_in(wave))
    return bulk.invite(session, wave, people, ask, now=now, deferred_until=until, whole=whole)


def plan_next(session: Session, wave: Wave, *, now: datetime) -> int:
    """The next part of a wave whose audience is not judged to its end; how many people."""
    estimates.refresh(session, *READ)
    whole = cadence.people_of(wave.program)
    rest = whole.where(Contact.account_id > wave.judged_to)
    is_first = wave.judged_to == JUDGED_NOBODY
    most = PEOPLE if is_first else PEOPLE_LATER[session.get_bind().dialect.name]
    last = last_account(session, rest, most)
    if is_first and last is None:
        count = plan(session, wave, whole, now=now)
    else:
        part = rest if last is None else rest.where(Contact.account_id <= last)
        count = plan(session, wave, part, now=now, whole=whole)
    if last is None and not is_first:
        count += plan_missed(session, wave, whole, now=now)
    wave.judged_to = last
    if last is None:
        firsts.choose(session, wave, wave.first_people or 0)
    session.flush()
    return count


def plan_missed(session: Session, wave: Wave, whole: sa.Select, *, now: datetime) -> int:
    """Those who came to an account that had been judged before: with it by a merge, or alone; how many people.

    What is asked of them counts at that account behind what this wave asks of the others there.
    """
    missed = whole.where(is_not_in(wave))
    if session.scalar(missed.limit(1)) is None:
        return 0
    return plan(session, wave, missed, now=now, whole=whole)


def last_account(session: Session, rest: sa.Select, people: int) -> int | None:
    """The account with which a part of so many of these people ends; None where they are one part."""
    accounts = rest.with_only_columns(Contact.account_id).order_by(Contact.account_id)
    return session.scalar(accounts.offset(people).limit(1))


def is_not_in(wave: Wave) -> sa.ColumnElement[bool]:
    """People who are not in the wave already. Whoever moves to another account meanwhile would come twice.

    Looked up for each person and by the person, or PostgreSQL would read all asks of the wave for each part; and said so
    that it expects many of them, or it would compare everybody of a part with everybody.
    """
    found = sa.select(Invitation.id).where(cadence.in_wave(wave.id), Invitation.contact_id == Contact.id)
    return sa.case((found.correlate(Contact).limit(1).scalar_subquery().is_(None), 0), else_=1) < 1


def plan_rest(session: Session, *, now: datetime) -> Iterator[int]:
    """Go on with the waves whose audience is not judged to its end, some parts of it; yields after each, for a commit.

    One after the other: a wave that is paused waits until it is resumed, one that was undone or cancelled is over.
    """
    open_ones = (Wave.judged_to.is_not(None), Wave.state == WaveState.WAITING)
    for _part in range(PARTS_OF_A_PASS):
        bulk.one_after_the_other(session)
        first = sa.select(Wave).where(*open_ones).order_by(Wave.id).limit(1)
        wave = session.scalars(first.with_for_update(), execution_options={"populate_existing": True}).first()
        if wave is None:
            return
        transactions.take_room(session)
        yield plan_next(session, wave, now=now)


def accounts_judged(session: Session, wave: Wave) -> tuple[int, int] | None:
    """How many accounts a wave that is being written down has come past, and of how many; None when it is whole."""
    if wave.judged_to is None:
        return None
    past = sa.func.count(sa.case((Account.id <= wave.judged_to, 1)))
    return tuple(session.execute(sa.select(past, sa.func.count()).select_from(Account)).one())

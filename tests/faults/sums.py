"""Ten thousand random acts on answers, each one committed, while everybody who acts is killed with SIGKILL now and then.

Three hands answer, change answers, leave the page half filled in, review machines' answers, move accounts to other
segments, merge accounts, erase people and remove what a demo held; two workers fold. After each kill, and at the end, every
sum must be what the answers say, and at the end a count of our own, day by day, must say so too.
Run: `make soak ARGS=sums`.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app import jobs
from app.contacts.models import Account, Contact
from app.core import clock
from app.core.database import transactions
from app.delivery.models import Invitation, Wave
from app.extensions import db
from app.reports import trend
from app.reports.deltas import DAY_SERIES, WINDOW_SERIES
from app.reports.models import RollupCell, RollupDelta
from app.reports.periods import Period
from app.reports.statistics.nps import Counts
from app.reports.sums import verifying
from app.responses.models import Response
from app.surveys.scales import band
from bench import installations
from bench.soak import ROOT, Worker
from tests.faults import hands
from tests.faults.grounds import Ground, look, wait_for, workers

HANDS, WAVES, PEOPLE = 3, 10, 160
DAYS_LOOKED_AT = 25
CHANCE = random.Random(5)
ONE_DAY = timedelta(days=1)


def run(ground: Ground, acts: int = 10_000, kills: int = 40) -> dict:
    """The counts of what was done; AssertionError with the sums that differ."""
    with ground.database() as url, ground.installed(url) as app:
        company()
        with workers(app, 2) as folding, started(app) as acting:
            for number in range(1, kills + 1):
                goal = acts * number // (kills + 1)
                wait_for(lambda goal=goal: len(done(app)) >= goal, f"{goal} acts were done", pause=0.02)
                kill_one(CHANCE.choice([*folding, *acting]))
                agree(f"after kill {number}")
            wait_for(lambda: len(done(app)) >= acts, f"{acts} acts were done")
        jobs.refresh_due_scores(clock.now())
        agree("at the end")
        folded = fresh()
        jobs.fold_rollups(clock.now())
        answers, cells = agree("with everything folded")
        assert (left := look(lambda: verifying.waiting(db.session))) == [], f"{left} were not followed"
        own_count()
        told = {hands.ACTS[letter].__name__: count for letter, count in sorted(Counter(done(app)).items())}
        return told | {"kills": kills, "answers": answers, "sums": cells, "unfolded": folded, "differ": 0}


def company() -> None:
    """A hundred and sixty people asked ten times over two years, of whom every fourth is known to two accounts."""
    now = clock.now()
    for number in range(WAVES):
        installations.wave(PEOPLE, sent_at=now - timedelta(days=20 + number * 70), accounts=20)
    waves = list(db.session.scalars(sa.select(Wave).order_by(Wave.id)))
    people = list(db.session.scalars(sa.select(Contact).order_by(Contact.id)))
    stays, doubles = people[:PEOPLE], people[PEOPLE:]
    for place, double in enumerate(doubles):
        move(double, stays[place % PEOPLE])
    for place, person in enumerate(stays[: PEOPLE // 4]):
        person.email_key = stays[-1 - place].email_key
    for wave in waves[1:3]:
        wave.is_demo = True
    db.session.commit()


def move(double: Contact, person: Contact) -> None:
    """The asks of one person to another, who then was asked several times."""
    asks = sa.update(Invitation).where(Invitation.contact_id == double.id)
    db.session.execute(asks.values(contact_id=person.id, account_id=person.account_id))
    db.session.delete(double)


class Hand:
    """A process that acts at random until it is killed; each time it starts it throws other dice."""

    def __init__(self, app: Flask, number: int):
        self.environment, self.number, self.starts = Worker(app).environment, number, 0
        self.log = Path(app.extensions["settings"].instance) / hands.LOG
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.starts += 1
        seed = str(self.number * 1000 + self.starts)
        with self.log.open("a") as log:
            command = [sys.executable, "-m", "tests.faults.hands", seed]
            self.process = subprocess.Popen(command, env=self.environment, cwd=ROOT, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def started(app: Flask) -> Iterator[list[Hand]]:
    found = [Hand(app, number) for number in range(HANDS)]
    try:
        for hand in found:
            hand.start()
        yield found
    finally:
        for hand in found:
            hand.kill()


def kill_one(one: Hand | Worker) -> None:
    assert one.process.poll() is None, (
        f"{type(one).__name__} had ended by itself, with {one.process.returncode}"
    )
    one.kill()
    one.start()


def done(app: Flask) -> str:
    """A letter for each act that was committed; who was killed between the commit and its letter did one more."""
    path = Path(app.extensions["settings"].instance) / hands.DONE
    return path.read_text() if path.exists() else ""


def agree(when: str) -> tuple[int, int]:
    """Compare all sums with the answers, of one moment, while the others go on."""
    db.session.rollback()
    transactions.read(db.session)
    verifying.of_one_state(db.session)
    found = verifying.findings(db.session)
    db.session.rollback()
    transactions.write(db.session)
    assert not found.differences, f"{when} {len(found.differences)} sums differ: {found.differences[:5]}"
    return found.answers, found.cells


def fresh() -> int:
    return look(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(RollupDelta)))


def own_count() -> None:
    """The sums once more by their definition, in words that share nothing with those that made them."""
    transactions.read(db.session)
    votes = db.session.execute(
        sa.select(Response.contact_id, Response.submitted_at, Response.id, Response.day, Response.score)
        .add_columns(Response.dims, Account.tier)
        .join(Account, Account.id == Response.account_id)
        .where(trend.counted())
        .order_by(Response.submitted_at, Response.id)
    ).all()
    first, last = min(vote.day for vote in votes), max(vote.day for vote in votes)
    assert all(vote.dims["tier"] == str(vote.tier or 2) for vote in votes), (
        "an answer stands in a former tier"
    )
    for _number in range(DAYS_LOOKED_AT):
        day = first + ONE_DAY * CHANCE.randrange((last - first).days + 200)
        latest = {vote.contact_id: vote for vote in votes if day - 180 * ONE_DAY < vote.day <= day}
        for dim in ("all", "tier", "stage", "segment.plan", "role"):
            expected = by_key(latest.values(), dim)
            shown = trend.by_window(db.session, [Period(day, day + ONE_DAY)], dim)[0]
            assert in_numbers(shown) == expected, (day, dim)
            assert of_day(day, dim) == by_key([vote for vote in votes if vote.day == day], dim), (day, dim)
    series = db.session.scalars(sa.select(RollupCell.series).distinct())
    assert set(series) == {DAY_SERIES, WINDOW_SERIES}


def by_key(votes, dim: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, Counter[str]] = {}
    for vote in votes:
        if dim in vote.dims:
            found.setdefault(vote.dims[dim], Counter())[band(vote.score).value] += 1
    return {key: (one["detractor"], one["passive"], one["promoter"]) for key, one in found.items()}


def of_day(day: date, dim: str) -> dict[str, tuple[int, ...]]:
    shown = trend.by_period(db.session, [Period(day, day + ONE_DAY)], dim)[0]
    return in_numbers(shown)


def in_numbers(shown: dict[str, Counts]) -> dict[str, tuple[int, ...]]:
    return {key: (one.detractors, one.passives, one.promoters) for key, one in shown.items()}

"""Two workers against one on PostgreSQL, with a relay that takes 20 ms for each mail.

The workers are `justask worker` with JUSTASK_ENGINE=procrastinate, as two machines would run them. A wave is queued while
the installation is held, so that all of them stand ready, and released; the rate is that of the relay, without the first
and the last tenth of the mails, because workers do not begin and end at one moment. Afterwards everybody must have got
one mail and stand as sent.
Run alone: `python -m bench.spreading [--rounds 5] [--people 3000] [--seconds 0.02] [--database URL]`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.installation import installation
from app.core.processes.workers import WorkerBeat
from app.delivery.models import Invitation, InvitationState
from app.delivery.sending import posting
from app.extensions import db
from bench import databases, installations, slow_relay
from bench.figures import Figure
from bench.soak import Worker

GOAL = 1.6
WHAT = "two workers / one, relay takes 20 ms"
PATIENCE = 300
ROUNDS, PEOPLE = 5, 3000


def run(rounds: int = ROUNDS, people: int = PEOPLE, seconds: float = 0.02, database_url: str = "") -> dict:
    """The median ratio of the rates with its extremes, and the rates."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    with databases.postgresql(database_url) as url, slow_relay.running(seconds) as relay:
        mail = f"smtp://127.0.0.1:{relay.port}"
        with installations.fresh(url, ENGINE="procrastinate", MAIL_URL=mail) as app:
            for _ in range(rounds):
                for count in random.sample([1, 2], 2):
                    rates[count].append(one_round(app, relay, count, people))
            judge(relay, rounds * 2 * people)
    ratios = [two / one for one, two in zip(rates[1], rates[2], strict=True)]
    return {
        "ratio": statistics.median(ratios),
        "low": min(ratios),
        "high": max(ratios),
        "one worker, mails/s": statistics.median(rates[1]),
        "two workers, mails/s": statistics.median(rates[2]),
    }


def figures() -> Iterator[Figure]:
    """The same for the table of all benchmarks."""
    found = run()
    note = f"{found['two workers, mails/s']:,.0f}/s to {found['one worker, mails/s']:,.0f}/s"
    yield Figure(WHAT, found["ratio"], GOAL, low=found["low"], high=found["high"], note=note)


def one_round(app: Flask, relay: slow_relay.SlowRelay, count: int, people: int) -> float:
    """Mails per second of so many workers while all of them send."""
    hold(True)
    installations.wave(people)
    for _ in posting.queue_due(
        db.session, app.extensions["settings"], now=clock.now() - timedelta(seconds=1)
    ):
        db.session.commit()
    db.session.commit()
    began, before = clock.now(), len(relay.taken)
    workers = [Worker(app) for _ in range(count)]
    for worker in workers:
        worker.start()
    wait_for(lambda: ready(began) >= count)
    hold(False)
    wait_for(lambda: len(relay.taken) >= before + people)
    for worker in workers:
        worker.stop()
    moments = sorted(taken.at for taken in relay.taken[before:])[people // 10 : -people // 10]
    return (len(moments) - 1) / (moments[-1] - moments[0])


def hold(is_held: bool) -> None:
    installation(db.session).held_at = clock.now() if is_held else None
    db.session.commit()


def ready(since) -> int:
    """How many workers have given a sign of life."""
    db.session.rollback()
    query = sa.select(sa.func.count()).select_from(WorkerBeat).where(WorkerBeat.started_at >= since)
    count = db.session.scalar(query)
    db.session.rollback()
    return count


def wait_for(happened) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise AssertionError("it took too long")
        time.sleep(0.05)


def judge(relay: slow_relay.SlowRelay, people: int) -> None:
    got = Counter(taken.to for taken in relay.taken)
    is_sent = sa.select(sa.func.count()).where(Invitation.state == InvitationState.SENT)
    sent = db.session.scalar(is_sent.select_from(Invitation))
    if (len(got), max(got.values()), sent) != (people, 1, people):
        raise AssertionError(
            f"{len(got)} of {people} got a mail, at most {max(got.values())} each, {sent} stand as sent"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    for name, value in run(given.rounds, given.people, given.seconds, given.database).items():
        print(f"{name:24} {value:,.2f}")


if __name__ == "__main__":
    main()

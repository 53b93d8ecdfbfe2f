"""A worker is stopped (SIGSTOP) in the middle of its work for longer than its lease, then goes on as if nothing was.

Meanwhile another takes over what it had in hand. What was on its way when it stopped stands as in doubt until the
stopped worker goes on and says how it ended; nothing it had only claimed may it send any more. Afterwards it must still
do its work: it sends the last wave alone. Run: `make soak ARGS=stopped`.
"""

from __future__ import annotations

import signal
import time
from collections import Counter

import sqlalchemy as sa

from app.core.outbox import LEASE
from app.delivery.models import Invitation, InvitationState
from app.extensions import db
from bench import installations, slow_relay
from bench.soak import Worker
from tests.faults.grounds import Ground, is_finished, judge, look, relayed, started_workers, wait_for, workers

SECONDS_PER_MAIL = 0.05
LONGER = LEASE.total_seconds() + 20
TELLS_WITHIN = 60


def run(ground: Ground, people: int = 1000, stops: int = 3) -> dict:
    """The counts; AssertionError where a promise was broken."""
    with relayed(ground, SECONDS_PER_MAIL) as (app, relay), workers(app, 2) as both:
        wait_for(lambda: started_workers() == 2, "both workers were there")
        connections = app.extensions["settings"].SEND_CONNECTIONS
        rounds = [one_stop(relay, both, number, people, connections) for number in range(stops)]
        both[stops % 2].kill()
        last = one_wave(relay, people // 4)
    others = sum(meanwhile for meanwhile, _found in rounds)
    found = [found for _meanwhile, found in rounds]
    sums = {name: sum(one[name] for one in found) for name in found[0]}
    return sums | {
        "stops": stops,
        "sent by the other meanwhile": others,
        "sent by the stopped one later": last,
    }


def one_stop(
    relay: slow_relay.SlowRelay, both: list[Worker], number: int, people: int, connections: int
) -> tuple[int, dict[str, int]]:
    """How many mails left while one worker was stopped in a wave, and the counts of the wave."""
    wave = installations.wave(people).id
    db.session.commit()
    before = len(relay.taken)
    wait_for(lambda: len(relay.taken) >= before + people // 4, "a quarter was sent", pause=0.005)
    stopped = both[number % 2].process
    stopped.send_signal(signal.SIGSTOP)
    at = len(relay.taken)
    time.sleep(LONGER)
    meanwhile = len(relay.taken) - at
    stopped.send_signal(signal.SIGCONT)
    wait_for(lambda: is_finished(wave), "the wave was finished")
    end = time.monotonic() + TELLS_WITHIN
    while in_doubt(wave) and time.monotonic() < end:
        time.sleep(0.5)
    assert stopped.poll() is None, "the worker that was stopped has ended"
    return meanwhile, judge(Counter(one.to for one in relay.taken), wave, most_in_doubt=connections)


def in_doubt(wave: int) -> int:
    these = Invitation.wave_id == wave, Invitation.state == InvitationState.IN_DOUBT
    return look(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Invitation).where(*these)))


def one_wave(relay: slow_relay.SlowRelay, people: int) -> int:
    """A wave that only the worker can send that was stopped at last."""
    wave = installations.wave(people).id
    db.session.commit()
    wait_for(lambda: is_finished(wave), "the worker that was stopped had sent a wave")
    return judge(Counter(one.to for one in relay.taken), wave, most_in_doubt=0)["got one"]

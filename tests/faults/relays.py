"""Relays that want mail slowly, or much of it: a limit kept by two workers, a domain that takes 30 s, 50,000 people.

`limit`: 2,000 people of a domain that may get ten mails in any second and 200 others, sent by two workers; twice one of
them is killed with SIGKILL, first the one and then the other, after a third has taken its place. The limit must hold to the end, the others must not wait for the domain, nobody may
get two mails or be missing without being listed. `slow`: a domain whose server takes 30 seconds to say that it has a
mail; the others must keep their pace, and nobody may be written to again because it took so long. `large`: a wave of
50,000 for one worker, whose memory must not grow with it.
Run: `make soak`, or
`python -m tests.faults.relays [limit|slow|large] [--people N] [--seconds 30] [--database URL]`.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from flask import Flask

from app.core.database import transactions
from app.delivery.models import InvitationState
from app.extensions import db
from bench import installations, slow_relay, soak
from bench.soak import Worker, states
from tests.delivery.sink import Sink

BIG, OTHERS = "big.example", "customer.example"
RATE, MOST_GROWTH_MB = 10, 30
PATIENCE = 1200


def limit(people: int, database_url: str = "") -> dict:
    """The counts of the run about a limit; AssertionError when a promise was broken."""
    rates = f"{BIG}={RATE}"
    with (
        sending_to(Sink(extensions=["PIPELINING"]), database_url) as (app, sink),
        workers_of(app, 3, SEND_DOMAIN_RATES=rates) as workers,
    ):
        waves = [
            installations.wave(people, domain=BIG).id,
            installations.wave(people // 10, domain=OTHERS).id,
        ]
        workers[0].start()
        for part, (old, new) in enumerate(pairwise(workers), start=1):
            new.start()
            wait_for(lambda goal=people * part // 3: len(of(sink, BIG)) >= goal)
            old.kill()
        wait_for(lambda: all(is_finished(wave) for wave in waves))
        workers[-1].stop()
        stand = states(waves[0]) | states(waves[1])
        most = most_in_a_second(of(sink, BIG))
        waited = max(of(sink, OTHERS)) - min(taken.at for taken in sink.taken)
        seconds = max(of(sink, BIG)) - min(of(sink, BIG))
        found = judge(sink, stand, most_in_doubt=2 * app.extensions["settings"].SEND_CONNECTIONS)
        require(most <= RATE, f"{most} mails in a second")
        require(waited <= seconds / 4, f"the others waited {waited:.0f} s of {seconds:.0f}")
        return found | {
            "most in any second": most,
            "seconds for the domain": round(seconds),
            "others done after": round(waited),
        }


def slow(people: int, seconds: float, database_url: str = "") -> dict:
    """The counts of the run about a slow domain; AssertionError when a promise was broken."""
    with (
        sending_to(Sink(extensions=["PIPELINING"]), database_url) as (app, sink),
        workers_of(app, 1) as (worker,),
    ):
        sink.on("body", seconds=seconds, to=BIG)
        waves = [installations.wave(12, domain=BIG).id, installations.wave(people, domain=OTHERS).id]
        worker.start()
        wait_for(lambda: len(of(sink, OTHERS)) == people)
        pace = max(of(sink, OTHERS)) - min(of(sink, OTHERS))
        early = len(of(sink, BIG))
        wait_for(lambda: all(is_finished(wave) for wave in waves))
        worker.stop()
        found = judge(sink, states(waves[0]) | states(waves[1]), most_in_doubt=0)
        most_early = 4 * (1 + pace // seconds)
        require(early <= most_early, f"{early} mails of the slow domain arrived before the others were done")
        return found | {"others done after": round(pace), "of the slow domain until then": early}


def large(people: int, database_url: str = "") -> dict:
    """The counts and the memory of the run about a large wave; AssertionError when a promise was broken."""
    with slow_relay.running(0) as relay:
        relay.taken = Addresses()
        mail = {"MAIL_URL": f"smtp://127.0.0.1:{relay.port}"}
        with (
            installations.fresh(database_url, **mail, **engine(database_url)) as app,
            workers_of(app, 1) as (worker,),
        ):
            wave, memory = installations.wave(people, accounts=people // 10).id, []
            worker.start()
            wait_for(lambda: len(relay.taken) >= people // 20)
            while not is_finished(wave):
                memory.append(resident(worker.process.pid))
                require(worker.process.poll() is None, "the worker ended by itself")
            worker.stop()
            found = judge(relay.taken, states(wave), most_in_doubt=0)
    growth = max(memory) - memory[0]
    require(growth <= MOST_GROWTH_MB, f"the memory grew by {growth:.0f} MB")
    return found | {"MB after a twentieth": round(memory[0]), "MB at most after": round(max(memory))}


@contextmanager
def workers_of(app: Flask, count: int, **settings: str) -> Iterator[list[Worker]]:
    """Workers to start; none is left when a promise was broken."""
    workers = [Worker(app, **settings) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.kill()


class Addresses:
    """Who got mails and how many; the mails themselves are not kept, which would fill this machine."""

    def __init__(self):
        self.counts: Counter[str] = Counter()

    def append(self, taken: slow_relay.Taken) -> None:
        self.counts[taken.to] += 1

    def __len__(self) -> int:
        return self.counts.total()


def resident(process: int) -> float:
    """The memory of a process in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


@contextmanager
def sending_to(sink: Sink, database_url: str, **settings) -> Iterator[tuple]:
    """An installation that sends to the sink."""
    sink.start()
    try:
        with installations.fresh(
            database_url, MAIL_URL=f"smtp://127.0.0.1:{sink.port}", **engine(database_url), **settings
        ) as app:
            yield app, sink
    finally:
        sink.stop()


def engine(database_url: str) -> dict[str, str]:
    return {"ENGINE": "procrastinate"} if database_url.startswith("postgresql") else {}


def of(sink: Sink, domain: str) -> list[float]:
    """When the mails to a domain arrived."""
    return [taken.at for taken in sink.taken if taken.to.endswith(domain)]


def most_in_a_second(moments: list[float]) -> int:
    """The most mails in any second, however it is cut."""
    moments, begin, most = sorted(moments), 0, 0
    for end, moment in enumerate(moments):
        while moment - moments[begin] >= 1:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def judge(sink: Sink | Addresses, stand: dict[str, InvitationState], *, most_in_doubt: int) -> dict:
    got = sink.counts
    in_doubt = [person for person, state in stand.items() if state is InvitationState.IN_DOUBT]
    twice = [person for person, count in got.items() if count > 1]
    missing = [person for person in stand if not got[person] and person not in in_doubt]
    require(not twice, f"{twice=}")
    require(not missing, f"{missing=}")
    require(len(in_doubt) <= most_in_doubt, f"{in_doubt=}")
    others = Counter(stand.values()).keys() - {InvitationState.SENT, InvitationState.IN_DOUBT}
    require(not others, f"{others=}")
    return {"people": len(stand), "got one": len(got), "twice": 0, "in doubt": len(in_doubt)}


def require(holds: bool, words: str) -> None:
    if not holds:
        raise AssertionError(words)


def is_finished(wave: int) -> bool:
    """Whether the wave is; watching must not take turns from the workers."""
    transactions.read(db.session)
    return soak.is_finished(wave)


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        require(time.monotonic() < end, "it took too long")
        db.session.rollback()
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=["limit", "slow", "large"])
    parser.add_argument("--people", type=int)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    runs = {
        "limit": lambda: limit(given.people or 2000, given.database),
        "slow": lambda: slow(given.people or 2000, given.seconds, given.database),
        "large": lambda: large(given.people or 50_000, given.database),
    }
    for name in [given.what] if given.what else runs:
        for what, count in runs[name]().items():
            print(f"{name:6} {what:32} {count}")


if __name__ == "__main__":
    main()

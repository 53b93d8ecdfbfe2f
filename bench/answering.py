"""Opening personal links and answering them over HTTP, each against the least that Flask can do on the same server.

Both servers run side by side with the settings of `justask serve`, two web processes, and take turns in shuffled
order. Afterwards the database must hold one response for each answer that was thanked for, one visit for each look, and
sums that equal a recount.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, islice
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.delivery.models import Visit
from app.extensions import db
from app.reports import rollups
from app.reports.models import RollupCell
from app.reports.sums import recount
from app.responses.models import Answer, Response
from bench import client, floors, installations, servers
from bench.figures import Figure, Side, ratio
from bench.servers import Server

OPENING_GOAL, ANSWERING_GOAL = 0.45, 0.40
P99_GOAL_MS, LONGEST_GOAL_MS = 250, 1000
ROUNDS = 7
LOOKS = 4_000
ANSWERS = 1_000
WARM_UP = 400
ACCOUNTS = 200
# Looks at links are written every two seconds: after a pause of that length their cost is counted where it belongs.
WRITTEN_SECONDS = 2.5
COMMENTS = (
    "The new reports save us an hour every week, and the support team answers quickly and kindly.",
    "Good product overall. Setting up the integration took longer than we had been promised, though.",
    "We are disappointed: the export failed twice this month and nobody told us why for several days.",
    "It does what it should. I would like a better search, and clearer names in the settings.",
    "Excellent onboarding, very helpful people. Pricing for small teams is hard to understand.",
    "Too slow since the last update, and the mobile pages are confusing.",
    "",
)


@dataclass
class Contender:
    """One side: its server, the requests it gets, `number` of them in a round, and what came of each round."""

    server: Server
    requests: Iterator[bytes]
    number: int
    status: int
    pause: float = 0.0
    loads: list[client.Load] = field(default_factory=list)
    sides: list[Side] = field(default_factory=list)

    def take_turn(self, number: int) -> None:
        cpu = self.server.cpu()
        load = client.run(self.server.port, islice(self.requests, number))
        time.sleep(self.pause)
        load.require(self.status)
        self.loads.append(load)
        self.sides.append(Side(load.rate, (self.server.cpu() - cpu) / number * 1e6))

    @property
    def answers(self) -> int:
        """What was answered in all, warming up included."""
        return sum(len(load.latencies) for load in self.loads)


def compare(ours: Contender, floor: Contender, rounds: int) -> list[tuple[Side, Side]]:
    """Rounds in shuffled order, after a shorter one that warms both up and is not counted."""
    for contender in (ours, floor):
        contender.take_turn(WARM_UP)
    for _ in range(rounds):
        for contender in random.sample((ours, floor), 2):
            contender.take_turn(contender.number)
    return list(zip(ours.sides[1:], floor.sides[1:], strict=True))


def opening(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Different personal links, each with a number chosen, to Flask's hello."""
    with side_by_side(LOOKS) as (_app, tokens, page, hello):
        links = [client.get(f"/a/{token}?score={number % 11}") for number, token in enumerate(tokens)]
        ours = Contender(page, cycle(links), LOOKS, 200, WRITTEN_SECONDS)
        taken = compare(ours, Contender(hello, cycle([client.get("/")]), LOOKS, 200), rounds)
        if counted(Visit) != ours.answers:
            raise AssertionError(f"{ours.answers} looks at links, {counted(Visit)} of them were written")
    yield ratio("opening a personal link / Flask hello", OPENING_GOAL, taken)


def answering(rounds: int = ROUNDS) -> Iterator[Figure]:
    """Answers with number and comment, each ask once, to Flask with one durable insert."""
    with side_by_side(ANSWERS * rounds + WARM_UP) as (app, tokens, page, insert):
        ours = Contender(page, (client.post(f"/a/{t}", body(n)) for n, t in enumerate(tokens)), ANSWERS, 303)
        forms = cycle([client.post("/answer", body(number)) for number in range(ANSWERS)])
        floor = Contender(insert, forms, ANSWERS, 303)
        taken = compare(ours, floor, rounds)
        check(ours.answers)
        if (rows := floors.count(app.extensions["settings"].instance)) != floor.answers:
            raise AssertionError(f"the floor thanked {floor.answers} times for {rows} rows")
    yield ratio("answering / Flask and one durable insert", ANSWERING_GOAL, taken)
    waits = [1000 * wait for load in ours.loads[1:] for wait in load.latencies]
    yield Figure(
        "answering, 16 at once: p99",
        client.percentile(waits, 0.99),
        P99_GOAL_MS,
        at_most=True,
        unit=" ms",
        note=f"median {client.percentile(waits, 0.5):.0f} ms, {len(waits):,} answers",
    )
    yield Figure("answering, 16 at once: longest", max(waits), LONGEST_GOAL_MS, at_most=True, unit=" ms")


def body(number: int) -> bytes:
    """A filled-in form; the numbers and comments vary."""
    fields = {
        "attempt": f"attempt-{number:08}",
        "score": number % 11,
        "comment": COMMENTS[number % len(COMMENTS)],
    }
    return urlencode(fields).encode()


@contextmanager
def side_by_side(people: int) -> Iterator[tuple[Flask, list[str], Server, Server]]:
    """An installation on SQLite whose `people` were asked an hour ago, the tokens of their links, and both servers."""
    with installations.fresh() as app:
        settings = app.extensions["settings"]
        sent_at = clock.now() - timedelta(hours=1)
        wave = installations.wave(people, accounts=ACCOUNTS, sent_at=sent_at)
        tokens = installations.tokens_of(settings, wave)
        db.session.commit()
        with (
            servers.running(servers.PRODUCT, settings) as ours,
            servers.running(servers.FLOOR, settings) as floor,
        ):
            yield app, tokens, ours, floor


def check(thanked: int) -> None:
    """AssertionError unless every answer stands in the database once, and the sums behind the trends equal a recount."""
    found = counted(Response), db.session.scalar(sa.select(sa.func.count(Answer.response_id.distinct())))
    if found != (thanked, thanked):
        raise AssertionError(
            f"{thanked} were thanked, {found[0]} responses stand, {found[1]} with their answers"
        )
    before = sums()
    db.session.commit()
    if recount.recount(db.session, now=clock.now()) != thanked or sums() != before:
        raise AssertionError("the sums differ from a recount")
    db.session.rollback()


def sums() -> Counter[tuple]:
    """All cells of the trends that are not nought, everything folded in."""
    while rollups.fold(db.session):
        pass
    cells = db.session.execute(sa.select(RollupCell.__table__)).all()
    return Counter({tuple(cell): 1 for cell in cells if any(cell[4:])})


def counted(model: type) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model))

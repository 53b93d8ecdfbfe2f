"""The pages of managers with ten thousand answers and with a hundred times as many, their largest file, and what sums cost.

Both histories are of the same accounts and people (bench/history). Pages are asked for by a manager who is signed in, against
Flask's hello on the same server: for the first time after a commit, again, and in a company at work (bench/queueing, bench/busy). The file of 100,000
answers, over HTTP, is held against a bare loop of the driver's cursor and `csv.writer` over the same columns. The upkeep of sums is what answers cost with their rollup deltas beside answers without, each committed, in turns.
Run alone: `python -m bench.managing [--answers 1000000] [--on sqlite postgresql] [--part pages file upkeep]`.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import io
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import timedelta
from itertools import cycle, islice
from unittest.mock import patch

import sqlalchemy as sa
from flask import Flask

from app import journey
from app.core import clock
from app.core.database import transactions
from app.delivery.models import Invitation
from app.extensions import db
from app.reports import counting
from app.reports.sums import verifying
from app.responses import asks
from app.responses.recording import Said
from app.sentiment import texts
from bench import busy, client, databases, history, installations, queueing, servers
from bench.answering import Contender
from bench.figures import Figure, Side, head, line, ratio
from bench.servers import Server

FEW, MANY, IN_FILE = 10_000, 1_000_000, 100_000
PAGE_GOAL, FLAT_GOAL, FILE_GOAL, FIRST_BYTE_MS, GROWTH_MB, UPKEEP_GOAL = 8, 1.2, 0.3, 200, 30, 0.75
DASHBOARD = "/reports"
PAGES = (
    *(DASHBOARD, "/reports/why", "/reports/hot-spots", "/reports/movers", "/reports/responses"),
    *("/reports/loops", "/reports/accounts", "/reports/themes", "/reports/colours"),
)
LOOKS, HELLOS, ROUNDS = 24, 1_000, 3
TURN, TURNS = 60, 11
BOTH = ("sqlite", "postgresql")
PARTS = ("pages", "file", "upkeep")


def figures(
    answers: int = MANY, on: tuple[str, ...] = BOTH, parts: tuple[str, ...] = PARTS
) -> Iterator[Figure]:
    """The chosen parts on the chosen databases."""
    for kind in on:
        if "pages" in parts:
            yield from pages(kind, answers)
        if "file" in parts:
            yield from file(kind)
        if "upkeep" in parts:
            yield upkeep(kind)


@contextmanager
def company(kind: str, answers: int) -> Iterator[Flask]:
    """An installation on that database with so many answers."""
    with ExitStack() as stack:
        place = databases.postgresql("") if kind == "postgresql" else nullcontext("")
        app = stack.enter_context(installations.fresh(stack.enter_context(place)))
        history.company()
        history.answers(answers)
        busy.asked()
        yield app


def manager(app: Flask) -> str:
    """The cookie of somebody who may see everything."""
    person = queueing.member("manager")
    db.session.commit()
    return queueing.signed_in(app, person)


def pages(kind: str, answers: int) -> Iterator[Figure]:
    """Each page against hello with few answers, then first looks at the first of them with many against few."""
    with company(kind, FEW) as app, both(app) as (ours, floor):
        cookie, hello = manager(app), Contender(floor, cycle([client.get("/")]), HELLOS, 200)
        for path in PAGES:
            first = against(hello, Contender(ours, queueing.first_looks(path, cookie), LOOKS, 200))
            again = against(hello, Contender(ours, cycle([queueing.asking(path, cookie)]), HELLOS, 200))
            yield queueing.in_hellos(f"{path}, first look / hello, {kind}", first, goal=None)
            yield queueing.in_hellos(f"{path}, again / hello, {kind}", again)
            looks = cycle([queueing.asking(path, cookie)])
            yield busy.at_work(f"{path}, at work / hello, {kind}", ours, looks, floor, app, PAGE_GOAL)
        few = waits(ours, cookie)
    with company(kind, answers) as app, both(app) as (ours, _floor):
        many = waits(ours, manager(app))
    what = f"dashboard of {answers:,} / of {FEW:,}, p95, {kind}"
    note = f"{1000 * many:.0f} ms to {1000 * few:.0f} ms, one at a time"
    yield Figure(what, many / few, FLAT_GOAL, at_most=True, note=note)


@contextmanager
def both(app: Flask) -> Iterator[tuple[Server, Server]]:
    settings = app.extensions["settings"]
    with (
        servers.running(servers.PRODUCT, settings) as ours,
        servers.running(servers.FLOOR, settings) as floor,
    ):
        yield ours, floor


def against(hello: Contender, page: Contender) -> list[tuple[Side, Side]]:
    """Rounds of the page and of hellos, after one that warms up."""
    taken = []
    for number in range(ROUNDS + 1):
        for one in random.sample((page, hello), 2):
            one.take_turn(one.number)
        if number:
            taken.append((page.sides[-1], hello.sides[-1]))
    return taken


def waits(server: Server, cookie: str) -> float:
    """The wait for a first look at the dashboard that nineteen of twenty do not exceed, in seconds; each process has answered once."""
    looks = queueing.first_looks(DASHBOARD, cookie)
    client.run(server.port, islice(looks, 16), connections=4).require(200)
    load = client.run(server.port, islice(looks, 120), connections=1)
    load.require(200)
    return client.percentile(load.latencies, 0.95)


def file(kind: str) -> Iterator[Figure]:
    """All answers of three years as CSV over HTTP."""
    with company(kind, IN_FILE) as app, both(app) as (ours, _floor):
        cookie = manager(app)
        today = clock.now().date()
        path = f"/reports/responses.csv?from={today - timedelta(days=3 * 365 + 40)}&to={today}"
        fetched(ours, path.replace(".csv?", ".csv?key=3&by=tier&"), cookie)
        before = sum(ours.memory())
        taken = [fetched(ours, path, cookie) for _ in range(ROUNDS)]
        growth = sum(ours.memory()) - before
        floor = statistics.median(written() for _ in range(ROUNDS))
    rows = list(csv.reader(io.StringIO(taken[0][2])))
    rate = statistics.median(len(rows) / seconds for _first, seconds, _text in taken)
    note = f"{rate:,.0f} rows/s of {floor:,.0f}, {len(rows):,} rows"
    yield Figure(f"file of answers / cursor and csv.writer, {kind}", rate / floor, FILE_GOAL, note=note)
    first = 1000 * statistics.median(first for first, _seconds, _text in taken)
    yield Figure(f"first byte of the file, {kind}", first, FIRST_BYTE_MS, at_most=True, unit=" ms")
    yield Figure(f"memory of writing the file, {kind}", growth, GROWTH_MB, at_most=True, unit=" MB")


def fetched(server: Server, path: str, cookie: str) -> tuple[float, float, str]:
    """Seconds to the first piece and to the end, and the text."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=client.PATIENCE)
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie})
    response = connection.getresponse()
    pieces = [response.read(1)]
    first = time.perf_counter() - began
    pieces.append(response.read())
    ended = time.perf_counter() - began
    connection.close()
    if response.status != 200:
        raise AssertionError(f"{path}: {response.status}")
    return first, ended, b"".join(pieces).decode()


def written() -> float:
    """Rows per second of a bare loop: a cursor of the driver over the same columns, and `csv.writer` into memory."""
    began, into, number = time.perf_counter(), io.StringIO(), 0
    with db.engine.connect() as connection:
        cursor = connection.connection.cursor()
        cursor.execute(RAW)
        writer = csv.writer(into)
        for row in cursor:
            writer.writerow(row)
            number += 1
        cursor.close()
    return number / (time.perf_counter() - began)


RAW = """
SELECT r.id, r.day, a.name, c.first_name, c.last_name, r.score, r.comment, r.value_points, r.is_late
FROM responses AS r JOIN accounts AS a ON a.id = r.account_id JOIN contacts AS c ON c.id = r.contact_id
WHERE r.score IS NOT NULL ORDER BY r.submitted_at DESC, r.id DESC
"""


def upkeep(kind: str) -> Figure:
    """Answers with their deltas to answers without, in turns; afterwards every sum of the former is right."""
    people = TURN * (TURNS + 1) * 2
    place = databases.postgresql("") if kind == "postgresql" else nullcontext("")
    with place as url, installations.fresh(url):
        wave = installations.wave(people, accounts=200, sent_at=clock.now() - timedelta(hours=1))
        numbers = iter(
            db.session.scalars(sa.select(Invitation.id).where(Invitation.wave_id == wave.id)).all()
        )
        db.session.commit()
        taken = []
        for turn in range(TURNS + 1):
            sides = {is_ours: one_turn(numbers, is_ours) for is_ours in random.sample((True, False), 2)}
            if turn:
                taken.append((sides[True], sides[False]))
        differ = verifying.findings(db.session)
        silent = TURN * (TURNS + 1)
        if differ.answers != people or missing(differ) != silent:
            raise AssertionError(f"{missing(differ)} answers are in no sum, of {silent} without deltas")
    return ratio(f"answers with sums / without, {kind}", UPKEEP_GOAL, taken)


def missing(found: verifying.Findings) -> int:
    """How many answers the sums of all days lack."""
    lacking = (one for one in found.differences if (one.series, one.dim) == ("day", "all"))
    return sum(sum(one.counted.values()) - sum(one.kept.values()) for one in lacking)


def one_turn(numbers: Iterator[int], is_ours: bool) -> Side:
    """Some answers one after the other, each in a transaction of its own."""
    with nullcontext() if is_ours else patch.object(counting, "count", lambda *_, **__: None):
        began, cpu = time.perf_counter(), time.process_time()
        for place in range(TURN):
            answer(next(numbers), place)
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
    return Side(TURN / seconds, used / TURN * 1e6)


def answer(number: int, place: int) -> None:
    transactions.write(db.session)
    connection = db.session.connection()
    ask = asks.by_id(connection, number)
    said = Said(score=place % 11)
    journey.answer_received(connection, ask, said, texts.hear(said, "en", {}), now=clock.now())
    db.session.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=MANY)
    parser.add_argument("--on", nargs="+", choices=BOTH, default=list(BOTH))
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    given = parser.parse_args()
    print(head())
    for figure in figures(given.answers, tuple(given.on), tuple(given.part)):
        print(line(figure), flush=True)


if __name__ == "__main__":
    main()

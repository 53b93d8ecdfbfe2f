"""A company at work: once a second an answer is committed and a follow-up closed, while somebody looks at a page.

What people there wait for is a mixture: the first look after a commit that changed something on the page, looks after one
that did not, and looks in between. How much there is of each depends on how often somebody looks, so that is fixed: ten
looks a second over one connection, evenly. The median of them is held against hellos at the same pace; the mean, which
the first looks are a part of, and the CPU for each look stand beside it.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa
from flask import Flask

from app import journey
from app.core import audit, clock
from app.core.database import transactions
from app.delivery.models import Invitation, InvitationState
from app.extensions import db
from app.followups.models import Cause, Outcome, Task
from app.followups.resolution import Resolution, resolve
from app.responses import asks
from app.responses.recording import Said
from app.sentiment import texts
from bench import client, installations
from bench.figures import Figure
from bench.servers import Server

A_SECOND, SECONDS, HELLO_SECONDS, EVERY, PEOPLE = 10, 5, 2, 1.0, 400
DONE = Resolution(Outcome.RESOLVED, "Called, and it works again.", Cause.PRODUCT_BUG, customer_told=True)


class Taken(NamedTuple):
    """What looks took: the median and the mean wait in seconds, and the CPU of the server for each in microseconds."""

    median: float
    mean: float
    cpu_us: float


def asked() -> None:
    """People who were asked an hour ago, for the colleague's answers."""
    installations.wave(PEOPLE, domain="busy.example", sent_at=clock.now() - timedelta(hours=1))


def at_work(
    what: str, page: Server, requests: Iterable[bytes], floor: Server, app: Flask, goal: float
) -> Figure:
    """Looks at a page while a colleague works, against hellos at the same pace meanwhile."""
    with colleague(app) as commits:
        ours = paced(page, requests, SECONDS)
        done = commits()
        hello = paced(floor, iter(lambda: client.get("/"), None), HELLO_SECONDS)
    if done < SECONDS // 2:
        raise AssertionError(f"the colleague committed {done} times in {SECONDS} seconds")
    note = (
        f"p50 of {A_SECOND} looks/s, {done} commits; {1000 * ours.median:.1f} to {1000 * hello.median:.1f} ms,"
        f" mean {ours.mean / hello.mean:.1f} hellos, CPU {ours.cpu_us:,.0f} us each"
    )
    return Figure(what, ours.median / hello.median, goal, at_most=True, note=note)


def paced(server: Server, requests: Iterable[bytes], seconds: int) -> Taken:
    """So many looks a second, one after the other, whatever each takes. The processes have answered before."""
    source = iter(requests)
    client.run(server.port, islice(source, 16), connections=4).require(200)
    cpu = server.cpu()
    load = client.run(server.port, at_pace(islice(source, A_SECOND * seconds)), connections=1)
    load.require(200)
    each = (server.cpu() - cpu) / len(load.latencies) * 1e6
    return Taken(client.percentile(load.latencies, 0.5), statistics.mean(load.latencies), each)


def at_pace(requests: Iterable[bytes]) -> Iterator[bytes]:
    began = time.perf_counter()
    for number, request in enumerate(requests):
        time.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
        yield request


@contextmanager
def colleague(app: Flask) -> Iterator[Callable[[], int]]:
    """Somebody who works meanwhile; gives how many times they have committed both."""
    done, enough, failed = [], threading.Event(), []

    def work() -> None:
        try:
            with app.app_context():
                while not enough.wait(EVERY):
                    answer(len(done))
                    close_one()
                    done.append(clock.now())
        except Exception as error:
            failed.append(error)
            raise

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield lambda: len(done)
    finally:
        enough.set()
        thread.join()
    if failed:
        raise failed[0]


def answer(number: int) -> None:
    """A customer answers: every third is a detractor, about whom a follow-up opens."""
    transactions.write(db.session)
    waits = (
        sa.select(Invitation.id)
        .where(Invitation.state == InvitationState.SENT)
        .order_by(Invitation.id.desc())
    )
    one = db.session.scalars(waits.limit(1)).one()
    connection, said = db.session.connection(), Said(score=(2, 9, 8)[number % 3])
    ask = asks.by_id(connection, one)
    journey.answer_received(connection, ask, said, texts.hear(said, "en", {}), now=clock.now())
    db.session.commit()


def close_one() -> None:
    """The follow-up that is open the longest is closed, where there is one."""
    transactions.write(db.session)
    task = db.session.scalars(
        sa.select(Task).where(Task.closed_at.is_(None)).order_by(Task.id).limit(1)
    ).first()
    if task is not None:
        resolve(task, DONE, now=clock.now(), by=audit.SYSTEM)
        journey.task_changed(db.session, task, now=clock.now())
    db.session.commit()

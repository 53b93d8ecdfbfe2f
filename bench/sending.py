"""Sending a wave through the outbox against a bare smtplib loop over one connection with the same octets.

Both go into postfix's smtp-sink, taking turns in shuffled order; afterwards every ask must stand as sent. Also how much
more memory each mail takes of those that are sent in one turn.
Run alone: `python -m bench.sending [--rounds 7] [--people 1000] [--database URL] [--memory MAILS]`.
"""

from __future__ import annotations

import argparse
import random
import smtplib
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context

import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.database import transactions
from app.delivery import sender
from app.delivery.mail.mailbox import MailboxLane
from app.delivery.mail.mailer import Mailer, mailbox
from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.server import Server
from app.delivery.models import Invitation, InvitationState
from app.delivery.sending import posting
from app.extensions import db
from bench import databases, installations, smtp_sink
from bench.figures import Absent, Figure, line

TARGET, STRETCH = 0.60, 1.5
MOST_MB, MANY, WAVE = 30, 50_000, 10_000
WHAT = "sending a wave / one smtplib connection"


def run(rounds: int = 7, people: int = 1000, database_url: str = "") -> dict:
    """The figures as a row of the table: ratio of rates with its extremes, CPU per mail of both."""
    program = smtp_sink.find()
    if program is None:
        return {"name": "sending", "note": smtp_sink.ABSENT}
    with smtp_sink.running(program) as port, installations.fresh(database_url) as app:
        settings = app.extensions["settings"]
        octets = sample(settings)
        mailer = mailer_to(port, settings)
        taken = [one_round(port, mailer, settings, octets, people) for _ in range(rounds + 1)][1:]
        judge((rounds + 1) * people + 1)
    ratios = [floor[0] / ours[0] for floor, ours in taken]
    return {
        "name": "sending",
        "ratio": statistics.median(ratios),
        "low": min(ratios),
        "high": max(ratios),
        "target": TARGET,
        "stretch": STRETCH,
        "mails_per_second": people / statistics.median(ours[0] for _, ours in taken),
        "floor_per_second": people / statistics.median(floor[0] for floor, _ in taken),
        "cpu_us": statistics.median(ours[1] for _, ours in taken) / people * 1e6,
        "floor_cpu_us": statistics.median(floor[1] for floor, _ in taken) / people * 1e6,
        "octets": len(octets),
    }


def memory(mails: int = MANY, database_url: str = "") -> Figure | Absent:
    """What sending so many mails in one turn takes beyond its first fifth, and what a million would by that.

    They are queued by another process, whose memory would else be counted, and looked at each time the sender goes on.
    """
    what = f"memory of sending {mails:,} mails"
    program = smtp_sink.find()
    if program is None:
        return Absent(what, smtp_sink.ABSENT)
    held: list[float] = []
    with smtp_sink.running(program) as port, installations.fresh(database_url) as app:
        fill(app, mails)
        mailer = mailer_to(port, app.extensions["settings"])
        sender.send_due(
            db.session, mailer, now=clock.now(), should_stop=lambda: held.append(databases.held()) or False
        )
        judge(mails)
    first, most = max(held[: len(held) // 5]), max(held)
    later = mails - mails // 5
    by_million = (most - first) / later * (1_000_000 - mails // 5)
    note = (
        f"{first:.1f} MB at {mails // 5:,}, {most:.1f} MB at most; {(most - first) / later * 2**20:.2f} bytes a mail,"
        f" by which {by_million:.1f} MB more at 1,000,000"
    )
    return Figure(what, by_million, MOST_MB, at_most=True, unit=" MB", note=note)


def fill(app: Flask, mails: int) -> None:
    """Queue so many mails in a process that ends afterwards; this one has no connection that it could inherit."""
    db.session.remove()
    db.engine.dispose()
    filling = get_context("fork").Process(target=fill_here, args=(app, mails))
    filling.start()
    filling.join()
    if filling.exitcode:
        raise AssertionError("the mails could not be queued")
    transactions.write(db.session)


def fill_here(app: Flask, mails: int) -> None:
    with app.app_context():
        transactions.write(db.session)
        for start in range(0, mails, WAVE):
            installations.wave(min(WAVE, mails - start))
            queue(app.extensions["settings"])
            db.session.expunge_all()


def judge(people: int) -> None:
    """AssertionError unless so many asks stand as sent."""
    is_sent = Invitation.state == InvitationState.SENT
    sent = db.session.scalar(sa.select(sa.func.count()).where(is_sent).select_from(Invitation))
    if sent != people:
        raise AssertionError(f"{sent} asks stand as sent, {people} should")


def mailer_to(port: int, settings) -> Mailer:
    """The mailer of an installation, with its lane to that port."""
    lane = Lane(Server("127.0.0.1", port), settings.SEND_CONNECTIONS)
    base = Mailer.from_settings(settings)
    return Mailer(lane, MailboxLane(mailbox(settings)), base.signer, base.sender)


def figures() -> Iterator[Figure | Absent]:
    """The same for the table of all benchmarks, on both databases, and the memory."""
    if smtp_sink.find() is None:
        yield Absent(WHAT, smtp_sink.ABSENT)
        return
    with databases.postgresql() as url:
        for kind, row in (("SQLite", run()), ("PostgreSQL", run(database_url=url))):
            note = (
                f"{row['mails_per_second']:,.0f}/s to {row['floor_per_second']:,.0f}/s; "
                f"CPU {row['cpu_us']:,.0f} us to {row['floor_cpu_us']:,.0f} us each"
            )
            what = f"{WHAT}, {kind}"
            yield Figure(what, row["ratio"], TARGET, low=row["low"], high=row["high"], note=note)
    yield memory()


def sample(settings) -> bytes:
    """One mail as it is sent, so that the floor carries the same octets."""
    installations.wave(1)
    queue(settings)
    box = MailboxLane(mailbox(settings))
    base = Mailer.from_settings(settings)
    sender.send_due(db.session, Mailer(box, box, base.signer, base.sender), now=clock.now())
    return box.mailbox.data(box.mailbox.names()[0])


def one_round(port, mailer, settings, octets, people) -> tuple[tuple[float, float], tuple[float, float]]:
    """Seconds and CPU seconds of the floor and of ours, in random order."""
    installations.wave(people)
    queue(settings)
    works = {"floor": lambda: floor(port, octets, people), "ours": lambda: ours(mailer, people)}
    taken = {}
    for name in random.sample(list(works), 2):
        began, cpu = time.perf_counter(), time.process_time()
        works[name]()
        taken[name] = (time.perf_counter() - began, time.process_time() - cpu)
    return taken["floor"], taken["ours"]


def floor(port: int, octets: bytes, people: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        for number in range(people):
            server.sendmail("surveys@justask.example", [f"{number}@customer.example"], octets)


def ours(mailer: Mailer, people: int) -> None:
    ended = sender.send_due(db.session, mailer, now=clock.now())
    if ended != people:
        raise AssertionError(f"{ended} of {people} mails came to an end")


def queue(settings) -> None:
    for _ in posting.queue_due(db.session, settings, now=clock.now() - timedelta(seconds=1)):
        db.session.commit()
    db.session.commit()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--database", default="")
    parser.add_argument("--memory", type=int, default=0, metavar="MAILS")
    given = parser.parse_args()
    if given.memory:
        print(line(memory(given.memory, given.database)))
        return
    row = run(given.rounds, given.people, given.database)
    print(
        "\n".join(
            f"{key:18} {value:.3g}" if isinstance(value, float) else f"{key:18} {value}"
            for key, value in row.items()
        )
    )


if __name__ == "__main__":
    main()

"""Sending a wave through the outbox against a bare smtplib loop over one connection with the same octets.

Both go into postfix's smtp-sink, taking turns in shuffled order; afterwards every ask must stand as sent.
Run alone: `python -m bench.sending [--rounds 7] [--people 1000] [--database URL]`.
"""

from __future__ import annotations

import argparse
import random
import smtplib
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.delivery import sender
from app.delivery.mail.mailbox import MailboxLane
from app.delivery.mail.mailer import Mailer, mailbox
from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.server import Server
from app.delivery.models import Invitation, InvitationState
from app.delivery.sending import posting
from app.extensions import db
from bench import installations, smtp_sink
from bench.figures import Absent, Figure

TARGET, STRETCH = 0.50, 1.5
WHAT = "sending a wave / one smtplib connection"


def run(rounds: int = 7, people: int = 1000, database_url: str = "") -> dict:
    """The figures as a row of the table: ratio of rates with its extremes, CPU per mail of both."""
    program = smtp_sink.find()
    if program is None:
        return {"name": "sending", "note": smtp_sink.ABSENT}
    with smtp_sink.running(program) as port, installations.fresh(database_url) as app:
        settings = app.extensions["settings"]
        lane = Lane(Server("127.0.0.1", port), settings.SEND_CONNECTIONS)
        base = Mailer.from_settings(settings)
        mailer = Mailer(lane, MailboxLane(mailbox(settings)), base.signer, base.sender)
        octets = sample(settings)
        taken = [one_round(port, mailer, settings, octets, people) for _ in range(rounds + 1)][1:]
        sent = db.session.scalar(
            sa.select(sa.func.count()).where(Invitation.state == InvitationState.SENT).select_from(Invitation)
        )
        if sent != (rounds + 1) * people + 1:
            raise AssertionError(f"{sent} asks stand as sent, {(rounds + 1) * people + 1} should")
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


def figures() -> Iterator[Figure | Absent]:
    """The same for the table of all benchmarks."""
    row = run()
    if "note" in row:
        yield Absent(WHAT, row["note"])
        return
    note = (
        f"{row['mails_per_second']:,.0f}/s to {row['floor_per_second']:,.0f}/s; "
        f"CPU {row['cpu_us']:,.0f} us to {row['floor_cpu_us']:,.0f} us each"
    )
    yield Figure(WHAT, row["ratio"], TARGET, low=row["low"], high=row["high"], note=note)


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
    given = parser.parse_args()
    row = run(given.rounds, given.people, given.database)
    print(
        "\n".join(
            f"{key:18} {value:.3g}" if isinstance(value, float) else f"{key:18} {value}"
            for key, value in row.items()
        )
    )


if __name__ == "__main__":
    main()

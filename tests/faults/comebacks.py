"""The worker killed with SIGKILL again and again while it takes what came back by mail.

A mailbox holds bounces and replies, one of each for every person. In the end each must have been taken once: every
address with a bounce closed, every reply on one task, nothing twice, nothing missing, nothing set aside. Run: `make soak ARGS=comebacks`, or
`python -m tests.faults.comebacks [--people 150] [--kills 20] [--box maildir|imap] [--database URL]`.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from app.core.outbox_rows import OutboxState, put
from app.delivery.inbound.models import InboundMail
from app.delivery.models import Invitation, InvitationState
from app.delivery.sending.posting import INVITATION, ref_of
from app.extensions import db
from app.followups.models import TaskMail
from bench import installations
from tests import make
from tests.delivery.inbound import samples
from tests.delivery.inbound.mailserver import MailServer

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600.0
NAMES = ("INSTANCE", "DATABASE_URL", "SECRET_KEY", "INBOUND_URL")


class Mailbox:
    """A maildir or an IMAP folder, filled before the first pass."""

    def __init__(self, kind: str, folder: Path):
        self.server = MailServer() if kind == "imap" else None
        self.folder = folder
        for name in ("new", "cur", "tmp"):
            (folder / name).mkdir(parents=True)

    @property
    def url(self) -> str:
        if self.server:
            return f"imap://bounces:secret@127.0.0.1:{self.server.port}/INBOX"
        return f"maildir:{self.folder}"

    def add(self, number: int, raw: bytes) -> None:
        if self.server:
            self.server.inbox.add(raw)
        else:
            (self.folder / "new" / f"{number:06}.x").write_bytes(raw)


def fill(box: Mailbox, people: int) -> None:
    """Every other person's mail comes back for good, everybody writes once."""
    wave = make.wave()
    for number in range(people):
        ask = make.invitation(wave=wave)
        message_id = f"{ask.id:032x}@justask.example"
        row = {
            "kind": INVITATION,
            "ref": ref_of(ask.id),
            "recipient": ask.contact.email,
            "message_id": message_id,
        }
        put(db.session, [row | {"due_at": make.NOW, "state": OutboxState.SENT}], now=make.NOW)
        reply = samples.letter("Please call.", about=message_id, message_id=f"{number}@customer.example")
        bounce = samples.dsn(about=message_id, person=ask.contact.email)
        for place, raw in enumerate((reply, bounce) if number % 2 else (reply, reply)):
            box.add(number * 2 + place, raw)
    db.session.commit()


def taken() -> int:
    count = db.session.scalar(sa.select(sa.func.count()).select_from(InboundMail))
    db.session.rollback()
    return count


def run(app: Flask, box: Mailbox, people: int, kills: int) -> dict[str, int]:
    settings = replace(app.extensions["settings"], INBOUND_URL=box.url)
    environment = os.environ | {f"JUSTASK_{name}": str(getattr(settings, name)) for name in NAMES}
    command = [sys.executable, "-m", "app.cli", "jobs", "run", "fetch_mail"]
    wanted, killed, end = people + people // 2, 0, time.monotonic() + PATIENCE
    chance = random.Random(7)
    while taken() < wanted or killed == 0:
        if time.monotonic() > end:
            raise AssertionError(f"it took too long: {taken()} of {wanted}")
        before = taken()
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        goal = before + chance.randint(0, max(1, 2 * wanted // kills))
        while process.poll() is None and (killed >= kills or taken() <= goal):
            time.sleep(0.002)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
    subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return {"people": people, "kills": killed} | judge(people)


def judge(people: int) -> dict[str, int]:
    standings = Counter(row.standing.value for row in db.session.scalars(sa.select(InboundMail)))
    states = Counter(db.session.scalars(sa.select(Invitation.state)))
    on_tasks = Counter(db.session.scalars(sa.select(TaskMail.mail_id)))
    found = {
        "taken": standings["taken"],
        "set aside": standings["set_aside"],
        "bounced": states[InvitationState.BOUNCED],
        "replies on tasks": len(on_tasks),
        "twice": sum(count - 1 for count in on_tasks.values()),
    }
    wanted = {
        "taken": people + people // 2,
        "set aside": 0,
        "bounced": people // 2,
        "replies on tasks": people,
        "twice": 0,
    }
    if found != wanted:
        raise AssertionError(f"{found} instead of {wanted}")
    return found


def on_new(people: int, kills: int, kind: str = "maildir", database_url: str = "") -> dict[str, int]:
    """The counts on a new installation with a box of that kind."""
    with tempfile.TemporaryDirectory() as folder, installations.fresh(database_url) as app:
        box = Mailbox(kind, Path(folder) / "mail")
        fill(box, people)
        return run(app, box, people, kills)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=150)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--box", choices=("maildir", "imap"), default="maildir")
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    for name, count in on_new(given.people, given.kills, given.box, given.database).items():
        print(f"{name:18} {count}")


if __name__ == "__main__":
    main()

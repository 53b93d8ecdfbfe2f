"""Two web hosts and two workers on PostgreSQL, one of each killed with SIGKILL in the middle of a wave.

People answer as soon as they have their mail, by turns on both web hosts, and try the other when one does not reply. In
the end nobody may have got two mails, nobody may be missing without being listed, and every answer that was thanked for
stands in the database once. Run: `make soak ARGS=machines`, or
`python -m tests.faults.machines [--people 1000] [--database URL] [--engine embedded]`.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import signal
import threading
import time
from collections import Counter
from contextlib import ExitStack
from email import message_from_bytes, policy
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Flask

from app.contacts.models import Contact
from app.delivery.models import Invitation, InvitationState
from app.extensions import db
from app.responses.models import Response
from bench import installations, servers, slow_relay
from bench.databases import postgresql
from bench.soak import Worker, is_finished
from bench.spreading import wait_for

LINK = re.compile(r"/a/([A-Za-z0-9_-]{20,})")
SECONDS_PER_MAIL = 0.02
PATIENCE = 600
WENT_OUT = (InvitationState.SENT, InvitationState.ANSWERED)


class Audience(threading.Thread):
    """Answers every ask that arrives, by turns on the web hosts, until it is told that no more come."""

    def __init__(self, relay: slow_relay.SlowRelay, hosts: list[servers.Server]):
        super().__init__(daemon=True)
        self.relay, self.hosts = relay, hosts
        self.thanked: list[str] = []
        self.tries: Counter[str] = Counter()
        self.is_all_sent = threading.Event()

    def run(self) -> None:
        done = 0
        while not self.is_all_sent.is_set() or done < len(self.relay.taken):
            if done == len(self.relay.taken):
                time.sleep(0.01)
                continue
            self.answer(done, self.relay.taken[done])
            done += 1

    def answer(self, number: int, mail: slow_relay.Taken) -> None:
        token = token_of(mail)
        if token is None:
            return
        for turn in range(200):
            host = self.hosts[(number + turn) % len(self.hosts)]
            status = post(host, token, number)
            self.tries[str(status)] += 1
            if status == 303:
                self.thanked.append(mail.to)
                return
            time.sleep(0.05)
        raise AssertionError(f"nobody took the answer of {mail.to}")


def token_of(mail: slow_relay.Taken) -> str | None:
    """The token of the link that an ask holds; None for a notice to a colleague."""
    found = LINK.search(words_of(mail))
    return found[1] if found else None


def words_of(mail: slow_relay.Taken) -> str:
    message = message_from_bytes(mail.data, policy=policy.default)
    return message.get_body(("plain",)).get_content()


def post(host: servers.Server, token: str, number: int) -> int | str:
    """The status of an answer, or what broke."""
    body = urlencode({"attempt": f"attempt-{number:08}", "score": number % 11})
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=20)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"/a/{token}", body, form)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def run(people: int = 1000, database_url: str = "", engine: str = "procrastinate") -> dict:
    """The counts; AssertionError with the people concerned when a promise was broken."""
    with ExitStack() as stack:
        url = stack.enter_context(postgresql(database_url))
        relay = stack.enter_context(slow_relay.running(SECONDS_PER_MAIL))
        mail = f"smtp://127.0.0.1:{relay.port}"
        app = stack.enter_context(installations.fresh(url, ENGINE=engine, MAIL_URL=mail))
        settings = app.extensions["settings"]
        hosts = [stack.enter_context(servers.running(servers.PRODUCT, settings)) for _ in range(2)]
        workers = [Worker(app) for _ in range(2)]
        for worker in workers:
            worker.start()
            stack.callback(worker.kill)
        audience = Audience(relay, hosts)
        audience.start()
        wave = installations.wave(people).id
        db.session.commit()
        wait_for(lambda: len(relay.taken) >= people // 3)
        workers[0].kill()
        for number in hosts[0].processes():
            os.kill(number, signal.SIGKILL)
        killed_at = len(relay.taken)
        wait_for(lambda: is_finished(wave))
        audience.is_all_sent.set()
        audience.join(PATIENCE)
        return judge(app, relay, audience, wave) | {"sent when killed": killed_at}


def judge(app: Flask, relay: slow_relay.SlowRelay, audience: Audience, *waves: int) -> dict:
    """Compare what people of these waves got and were thanked for with what the database says."""
    db.session.rollback()
    asks = sa.select(Contact.email, Invitation.state).join(Contact).where(Invitation.wave_id.in_(waves))
    stand = {row.email: row.state for row in db.session.execute(asks)}
    answers = sa.select(Contact.email).select_from(Response).join(Invitation).join(Contact)
    stored = Counter(db.session.scalars(answers))
    db.session.rollback()
    got = Counter(taken.to for taken in relay.taken if token_of(taken))
    in_doubt = [person for person, state in stand.items() if state is InvitationState.IN_DOUBT]
    broken = {
        "twice": [person for person, count in got.items() if count > 1],
        "missing": [person for person in stand if not got[person] and person not in in_doubt],
        "unsaid": [
            person for person in got if stand.get(person) not in (*WENT_OUT, InvitationState.IN_DOUBT)
        ],
        "thanked for nothing": [person for person in audience.thanked if not stored[person]],
        "answers twice": [person for person, count in stored.items() if count > 1],
        "not answered": [person for person in got if not stored[person]],
    }
    most = app.extensions["settings"].SEND_CONNECTIONS
    if any(broken.values()) or len(in_doubt) > most or audience.is_alive():
        first = {what: (len(people), people[:5]) for what, people in broken.items() if people}
        raise AssertionError(f"{first} {in_doubt=} {most=} {audience.is_alive()=}")
    return {
        "people": len(stand),
        "got one": len(got),
        "twice": 0,
        "silently missing": 0,
        "in doubt": len(in_doubt),
        "answers thanked for": len(audience.thanked),
        "answers stored": sum(stored.values()),
        "answers that met the killed host": sum(
            count for status, count in audience.tries.items() if not status.isdigit()
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--database", default="")
    parser.add_argument("--engine", default="procrastinate")
    given = parser.parse_args()
    began = time.monotonic()
    for name, count in run(given.people, given.database, given.engine).items():
        print(f"{name:34} {count}")
    print(f"{'seconds':34} {time.monotonic() - began:.0f}")


if __name__ == "__main__":
    main()

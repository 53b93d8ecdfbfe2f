"""kill -9 of the web server, all its processes at once, while people answer.

Whoever was thanked must have exactly one answer, with the number they gave, whichever moment the server died at; who was
not thanked sends the same form again until they are. Run: `make soak ARGS=answers`.
"""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import sqlalchemy as sa

from app.core import clock
from app.extensions import db
from app.responses.models import Response
from bench import installations, servers
from tests.faults.grounds import Ground, wait_for
from tests.faults.reload import Host, product

AT_ONCE = 8
PAUSE = 0.1
MOST_TRIES = 2000
TORN = ("RemoteDisconnected", "ConnectionResetError", "BrokenPipeError", "IncompleteRead")


class Crowd:
    """People who each send their answer until they are thanked; `thanked` grows only after the 303."""

    def __init__(self, port: int, tokens: list[str]):
        self.port, self.tokens = port, tokens
        self.thanked = 0
        self.tries: Counter[str] = Counter()
        self.lock = threading.Lock()

    def answer(self, number: int) -> None:
        for _try in range(MOST_TRIES):
            status = post(self.port, self.tokens[number], number)
            with self.lock:
                self.tries[str(status)] += 1
                self.thanked += status == 303
            if status == 303:
                return
            time.sleep(PAUSE)
        raise AssertionError(f"nobody took answer {number}")


def post(port: int, token: str, number: int) -> int | str:
    """The status of an answer, or what broke."""
    fields = {"attempt": f"attempt-{number}", "score": score(number), "comment": f"Answer {number}"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"/a/{token}", urlencode(fields), form)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


def score(number: int) -> int:
    return number % 11


def run(ground: Ground, people: int = 50_000, kills: int = 20) -> dict:
    """The counts; AssertionError with the answers concerned when a promise was broken."""
    with ground.database() as url, ground.installed(url) as app:
        settings = app.extensions["settings"]
        wave = installations.wave(people, sent_at=clock.now() - timedelta(hours=1))
        tokens = installations.tokens_of(settings, wave)
        db.session.commit()
        host = Host(settings, product)
        crowd = Crowd(host.port, tokens)
        try:
            servers.wait_for(host)
            with ThreadPoolExecutor(AT_ONCE) as threads:
                asked = [threads.submit(crowd.answer, number) for number in range(people)]
                for kill in range(1, kills + 1):
                    goal = people * kill // (kills + 1)
                    wait_for(lambda goal=goal: crowd.thanked >= goal, f"{goal} were thanked", pause=0.01)
                    slay(host)
                for one in asked:
                    one.result()
        finally:
            host.end()
        was_hit(crowd)
        return judge(crowd) | {"kills": kills}


def slay(host: Host) -> None:
    """Kill every process of the server, and start it again on the same port."""
    for number in host.processes():
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue
    host.process.wait(servers.PATIENCE)
    host.process = host.start()
    servers.wait_for(host)


def was_hit(crowd: Crowd) -> None:
    """AssertionError unless somebody was cut off within an answer: kills that hit nobody prove nothing."""
    if not any(crowd.tries[name] for name in TORN):
        raise AssertionError("no kill hit anybody who was answering, so nothing was shown")


def judge(crowd: Crowd) -> dict[str, object]:
    """Compare what people were thanked for with what is stored."""
    db.session.rollback()
    said = db.session.execute(sa.select(Response.comment, Response.score)).all()
    db.session.rollback()
    stored = Counter(row.comment for row in said)
    numbers = {row.comment: row.score for row in said}
    wanted = {f"Answer {number}": score(number) for number in range(len(crowd.tokens))}
    broken = {
        "lost": [one for one in wanted if not stored[one]],
        "twice": [one for one, count in stored.items() if count > 1],
        "another number": [one for one, given in wanted.items() if numbers.get(one) not in (given, None)],
        "nobody's": [one for one in stored if one not in wanted],
    }
    if any(broken.values()):
        raise AssertionError(str({what: (len(found), found[:5]) for what, found in broken.items() if found}))
    tries = {f"tries that ended in {what}": count for what, count in sorted(crowd.tries.items())}
    return {"thanked": crowd.thanked, "lost": 0, "twice": 0} | tries

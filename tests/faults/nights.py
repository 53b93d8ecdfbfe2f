"""The two nights in which clocks change: four web processes and two workers live through both, and waves are due.

The clock of all product processes is moved by libfaketime: it runs as fast as ever and leaps over the dull hours
between two waves. The waves are launched at the web processes, with their moments on the clocks of Berlin, around the
hour that is left out in March and the one that comes twice in October. Each must fire once, none may be missed, and
none may come more than 60 s late by the clock of the night. Run: `make soak ARGS=nights`.
"""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from app.auth import people as people_of_staff
from app.auth.models import Scope
from app.core.installation import installation
from app.delivery.models import Wave, WaveState
from app.extensions import db
from app.surveys.models import Program
from bench import installations, servers, slow_relay
from bench.soak import Worker
from tests import make
from tests.faults.grounds import Ground, is_finished, look, wait_for

ZONE = ZoneInfo("Europe/Berlin")
NIGHTS = {
    date(2027, 3, 28): ("00:30", "01:59", "02:00", "02:30", "03:00", "03:01", "04:00"),
    date(2027, 10, 31): ("01:30", "02:00", "02:30", "02:59", "02:00+", "02:30+", "03:00"),
}
LIBRARY = "libfaketime/vendor/libfaketime/src/libfaketime.so.1"
MOST_LATE = 60.0
BEFORE = timedelta(seconds=15)


class Clock:
    """The clock of the product's processes: the machine's, and so many seconds on, as a file says."""

    def __init__(self, folder: Path):
        self.file = folder / "clock"
        self.leaps: list[tuple[float, float]] = []

    def set(self, moment: datetime) -> None:
        """From now on it is `moment`."""
        ahead = moment.timestamp() - time.time()
        self.leaps.append((time.time(), ahead))
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{ahead:+.3f}")
        beside.rename(self.file)

    def at(self, seconds: float) -> datetime:
        """What it said when the machine's clock said so many seconds."""
        ahead = next(ahead for since, ahead in reversed(self.leaps) if since <= seconds)
        return datetime.fromtimestamp(seconds + ahead, UTC)

    @property
    def environment(self) -> dict[str, str]:
        found = find_spec("libfaketime")
        assert found, "libfaketime is not installed"
        return {
            "LD_PRELOAD": str(Path(found.origin).parents[1] / LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


def run(ground: Ground, people: int = 5) -> dict:
    """The counts; AssertionError where a promise was broken."""
    with ExitStack() as stack:
        url = stack.enter_context(ground.database())
        relay = stack.enter_context(slow_relay.running(0.0))
        mail = f"smtp://127.0.0.1:{relay.port}"
        app = stack.enter_context(ground.installed(url, MAIL_URL=mail, WEB_WORKERS=4))
        settings = app.extensions["settings"]
        clock = Clock(Path(settings.instance))
        clock.set(moment_of(*next((day, times[0]) for day, times in NIGHTS.items())) - timedelta(hours=2))
        program, secret = prepare(clock)
        with inherited(clock.environment):
            host = stack.enter_context(servers.running(servers.PRODUCT, settings))
            for _ in range(2):
                worker = Worker(app)
                stack.callback(worker.kill)
                worker.start()
        waves = []
        for day, times in NIGHTS.items():
            clock.set(moment_of(day, times[0]) - timedelta(hours=1))
            night = [launch(host, program, secret, moment_of(day, at), people) for at in times]
            live_through(clock, night)
            waves += night
        return judge(clock, relay, waves)


def moment_of(day: date, at: str) -> datetime:
    """A time on the clocks of Berlin; with a + the second time of the night that it says so."""
    hour, minute = map(int, at.removesuffix("+").split(":"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE, fold=at.endswith("+"))
    return local.astimezone(UTC)


def prepare(clock: Clock) -> tuple[int, str]:
    """The program that asks, and the secret of a key that may launch."""
    installation(db.session).time_zone = ZONE.key
    program = db.session.scalar(sa.select(Program.id).filter_by(name=installations.program_name("nps")))
    now = clock.at(time.time())
    _row, secret = people_of_staff.add_key(db.session, "nights", scope=Scope.WRITE, by="the drill", now=now)
    db.session.commit()
    return program, secret


@dataclass(frozen=True)
class Due:
    """A wave, its moment and its people."""

    id: int
    at: datetime
    people: frozenset[str]


def launch(host: servers.Server, program: int, secret: str, at: datetime, people: int) -> Due:
    """Launch a wave for new people at one of the web processes."""
    account = make.account()
    asked = [make.contact(account=account) for _ in range(people)]
    ids, emails = [one.id for one in asked], frozenset(one.email for one in asked)
    db.session.commit()
    body = {"contacts": ids, "send_at": at.isoformat(), "ignore_send_window": True}
    request = urllib.request.Request(
        f"{host.address}/api/v1/programs/{program}/waves",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        found = json.load(response)
    return Due(int(found["id"]), at, emails)


def live_through(clock: Clock, waves: list[Due]) -> None:
    """Leap to just before each moment, and stay until the waves of the moment are finished."""
    for moment in sorted({wave.at for wave in waves}):
        if clock.at(time.time()) < moment - BEFORE:
            clock.set(moment - BEFORE)
        due = [wave.id for wave in waves if wave.at == moment]
        wait_for(lambda due=due: all(map(is_finished, due)), f"the waves of {moment} were finished")


def judge(clock: Clock, relay: slow_relay.SlowRelay, waves: list[Due]) -> dict:
    """Everybody once, in time, and no wave that was not launched here."""
    shift = time.time() - time.monotonic()
    late: dict[str, list[float]] = {}
    moments = {person: wave.at for wave in waves for person in wave.people}
    for taken in relay.taken:
        late.setdefault(taken.to, []).append((clock.at(taken.at + shift) - moments[taken.to]).total_seconds())
    twice = [person for person, times in late.items() if len(times) > 1]
    missed = sorted(moments.keys() - late.keys())
    seconds = [time for times in late.values() for time in times]
    count, finished = look(
        lambda: (
            db.session.scalar(sa.select(sa.func.count()).select_from(Wave)),
            db.session.scalar(sa.select(sa.func.count()).where(Wave.state == WaveState.FINISHED)),
        )
    )
    assert not twice, f"{twice=}"
    assert not missed, f"{missed=}"
    assert (count, finished) == (len(waves), len(waves)), (count, finished)
    assert min(seconds) >= 0, f"a mail came {-min(seconds):.1f} s too early"
    by_wave = {str(wave.at): round(max(late[one][0] for one in wave.people), 1) for wave in waves}
    assert max(seconds) <= MOST_LATE, f"none missed, none twice, but late by {by_wave} seconds"
    return {
        "nights": len(NIGHTS),
        "waves": count,
        "fired once": finished,
        "missed": 0,
        "people": len(late),
        "twice": 0,
        "latest mail": f"{max(seconds):.1f} s (at most {MOST_LATE:.0f})",
        "earliest": f"{min(seconds):.1f} s",
    }


@contextmanager
def inherited(environment: dict[str, str]) -> Iterator[None]:
    """What is started meanwhile gets this environment too."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})

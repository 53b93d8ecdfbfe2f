"""The mail server is away for half an hour in the middle of a wave, and comes back.

In the first half of that time it hangs up on everybody, in the second it greets with 421. Meanwhile it must not be
hammered, the wave must say why it waits and nobody may be marked; afterwards everybody gets one mail, at no more than
the rate of the settings. Run: `make soak ARGS=outage`; `--minutes 3` makes the time shorter, nothing else.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa

from app.delivery.models import Invitation, InvitationState, Wave
from app.extensions import db
from bench import installations, slow_relay
from tests.faults.grounds import Ground, is_finished, judge, look, wait_for, workers

SECONDS_PER_MAIL = 0.02
RATE = 20
SECONDS_COUNTED = 5
LONGEST_REST = 330
MARKED = (InvitationState.BOUNCED, InvitationState.REFUSED, InvitationState.SUPPRESSED)


@dataclass
class Relay(slow_relay.SlowRelay):
    """A relay that can go away; `knocks` are the moments at which somebody came meanwhile."""

    is_away: bool = False
    greeting: bytes = b""
    knocks: list[float] = field(default_factory=list)
    transports: set[asyncio.WriteTransport] = field(default_factory=set)
    loop: asyncio.AbstractEventLoop | None = None

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_away:
            self.knocks.append(time.monotonic())
            writer.write(self.greeting)
            writer.close()
            return
        self.loop = asyncio.get_running_loop()
        self.transports.add(writer.transport)
        try:
            await super().talk(reader, writer)
        finally:
            self.transports.discard(writer.transport)

    def go_away(self) -> None:
        """Break off every mail under way; from now on hang up on everybody."""
        self.is_away = True
        self.loop.call_soon_threadsafe(lambda: [one.abort() for one in list(self.transports)])


def run(ground: Ground, people: int = 2000, minutes: int = 30) -> dict:
    """The counts; AssertionError where a promise was broken."""
    with ground.database() as url, slow_relay.running(SECONDS_PER_MAIL, Relay) as relay:
        mail = f"smtp://127.0.0.1:{relay.port}"
        with ground.installed(url, MAIL_URL=mail, SEND_RATE=RATE) as app, workers(app, 1):
            wave = installations.wave(people).id
            db.session.commit()
            wait_for(lambda: len(relay.taken) >= people // 4, "a quarter was sent")
            relay.go_away()
            gone_at, sent = time.monotonic(), len(relay.taken)
            time.sleep(minutes * 30)
            relay.greeting = b"421 4.3.2 relay.example is not ready\r\n"
            time.sleep(minutes * 30)
            told, marked = standstill(wave)
            assert told, "the wave does not say why it waits"
            assert not marked, f"{marked} people were marked"
            assert len(relay.taken) == sent
            back_at, relay.is_away = time.monotonic(), False
            wait_for(
                lambda: is_finished(wave), "the wave was finished", seconds=LONGEST_REST + people / RATE * 3
            )
            assert standstill(wave)[0] is None, "the wave still says that it waits"
            connections = app.extensions["settings"].SEND_CONNECTIONS
            found = judge(Counter(taken.to for taken in relay.taken), wave, most_in_doubt=connections)
            return found | {"minutes away": minutes} | flood(relay, gone_at, back_at)


def standstill(wave: int) -> tuple[str | None, int]:
    """Why the wave says that it waits, and how many of its people were marked with something."""
    ours = Invitation.wave_id == wave, Invitation.state.in_(MARKED)
    marked = sa.select(sa.func.count()).select_from(Invitation).where(*ours)
    reason = sa.select(Wave.paused_reason).where(Wave.id == wave)
    return look(lambda: (db.session.scalar(reason), db.session.scalar(marked)))


def flood(relay: Relay, gone_at: float, back_at: float) -> dict[str, object]:
    """How often somebody came in vain, and how fast mails came afterwards."""
    moments = sorted(taken.at for taken in relay.taken if taken.at > back_at)
    most = max(
        bisect_left(moments, moment + SECONDS_COUNTED) - number for number, moment in enumerate(moments)
    )
    allowed, minutes = RATE * SECONDS_COUNTED, (back_at - gone_at) / 60
    # Pauses double from 5 s to 5 min, begun anew by nothing but a mail that was taken; two tries before the first.
    visits = 10 + minutes / 5
    # A machine that is busy may see some of one window's mails in the next.
    assert most <= allowed * 1.2, f"{most} mails within {SECONDS_COUNTED} s, at most {allowed}"
    assert len(relay.knocks) <= visits, f"{len(relay.knocks)} visits, at most {visits:.0f}"
    return {
        "visits meanwhile": len(relay.knocks),
        "first mail after": f"{moments[0] - back_at:.0f} s",
        f"most mails in {SECONDS_COUNTED} s": f"{most} (rate {RATE}/s)",
        "most connections": relay.most_open,
    }

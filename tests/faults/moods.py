"""A mail server in all its moods, and a worker that sends three waves through it.

First it takes everything. Then it says 421 once for every person. Then it says 421 to whoever comes in, for some minutes,
and after that it greylists some people, knows others not, has full mailboxes, breaks off behind a body that it keeps or
does not keep, and hangs up behind its last word. Everybody must stand in the ledger as it happened to them, nobody may get
two mails, and only addresses that do not exist may be closed. Run: `make soak ARGS=moods`.
"""

from __future__ import annotations

import threading
from collections import Counter
from itertools import islice

import sqlalchemy as sa

from app.contacts.models import Contact
from app.delivery.models import Invitation, InvitationState, Suppression
from app.extensions import db
from bench import installations
from tests.delivery.sink import DROP, KEEP_THEN_DROP, SAY_250_THEN_DROP, SAY_250_THEN_RESET, Sink
from tests.faults.grounds import Ground, is_finished, look, wait_for, workers
from tests.faults.outage import standstill

OPEN = (InvitationState.PLANNED, InvitationState.QUEUED, InvitationState.SENDING)
GREYLIST_SECONDS = 60
OF_EACH = 10
# A wave pauses itself where a twentieth of the addresses it tried, fifty or more, do not exist; two never are so many.
OF_UNKNOWN = 2
SENT, IN_DOUBT = InvitationState.SENT, InvitationState.IN_DOUBT
# What the server does, at which stage, and what becomes of such a person: the state and the number of mails.
MOODS = {
    "greylisted": ("rcpt", "450 4.2.0 come back later", SENT, 1),
    "unknown": ("rcpt", "550 5.1.1 no such user", InvitationState.BOUNCED, 0),
    "full": ("rcpt", "552 5.2.2 mailbox full", InvitationState.REFUSED, 0),
    "not kept": ("body", DROP, IN_DOUBT, 0),
    "kept": ("body", KEEP_THEN_DROP, IN_DOUBT, 1),
    "hung up": ("body", SAY_250_THEN_DROP, SENT, 1),
    "reset": ("body", SAY_250_THEN_RESET, SENT, 1),
}


def run(ground: Ground, people: int = 500, minutes: float = 2) -> dict:
    """The counts of all three waves; AssertionError where a promise was broken."""
    sink = Sink(extensions=["PIPELINING"]).start()
    try:
        with ground.database() as url:
            mail = f"smtp://127.0.0.1:{sink.port}"
            with ground.installed(url, MAIL_URL=mail) as app, workers(app, 1):
                easy(sink, people)
                busy(sink, people)
                return {"people": people * 3} | moody(sink, people, minutes)
    finally:
        sink.stop()


def easy(sink: Sink, people: int) -> None:
    judge_all_sent(sink, finished(installations.wave(people).id))


def busy(sink: Sink, people: int) -> None:
    wave = installations.wave(people)
    for address in stand(wave.id):
        sink.on("rcpt", "421 4.7.0 busy", to=address, times=1)
    judge_all_sent(sink, finished(wave.id))


def moody(sink: Sink, people: int, minutes: float) -> dict[str, int]:
    sink.rules[:] = [door := sink.on("connect", "421 4.3.2 not now")]
    wave = installations.wave(people).id
    persons = iter(stand(wave))
    groups = {mood: list(islice(persons, OF_UNKNOWN if mood == "unknown" else OF_EACH)) for mood in MOODS}
    greylist = []
    for mood, (stage, action, _state, _mails) in MOODS.items():
        rules = [sink.on(stage, action, to=address) for address in groups[mood]]
        greylist += rules if mood == "greylisted" else []
    wait_for(lambda: standstill(wave)[0], "the wave says why it waits")
    threading.Event().wait(minutes * 60)
    reason, marked = standstill(wave)
    assert reason, "the wave does not say any more why it waits"
    assert not marked, f"{marked} people were marked"
    visits, door.times = door.played, 0
    wait_for(lambda: all(rule.played for rule in greylist), "all were greylisted")
    threading.Timer(GREYLIST_SECONDS, lambda: [setattr(rule, "times", 0) for rule in greylist]).start()
    finished(wave)
    judge_moods(sink, wave, groups)
    assert visits <= 4 + 3 * minutes, f"{visits} visits at a door that was shut"
    return {"visits at the shut door": visits} | {mood: len(group) for mood, group in groups.items()}


def stand(wave: int) -> dict[str, InvitationState]:
    """Everybody of the wave, with what the ledger says."""
    asks = sa.select(Contact.email, Invitation.state).join(Contact).where(Invitation.wave_id == wave)
    return look(lambda: {row.email: row.state for row in db.session.execute(asks.order_by(Invitation.id))})


def finished(wave: int) -> int:
    """Wait until the wave says that it is, which it may say of nobody who still waits."""
    wait_for(lambda: is_finished(wave), "the wave was finished", seconds=1200)
    waiting = [address for address, state in stand(wave).items() if state in OPEN]
    assert not waiting, f"finished although {len(waiting)} wait"
    return wave


def judge_all_sent(sink: Sink, wave: int) -> None:
    found = Counter((state, sink.counts[address]) for address, state in stand(wave).items())
    assert found.keys() == {(SENT, 1)}, found


def judge_moods(sink: Sink, wave: int, groups: dict[str, list[str]]) -> None:
    states = stand(wave)
    for mood, (_stage, _action, state, mails) in MOODS.items():
        found = Counter((states[address], sink.counts[address]) for address in groups[mood])
        assert found.keys() == {(state, mails)}, f"{mood}: {found}"
    others = states.keys() - {address for group in groups.values() for address in group}
    assert {(states[address], sink.counts[address]) for address in others} <= {(SENT, 1)}
    closed = look(lambda: set(db.session.scalars(sa.select(Suppression.email_key))))
    assert closed == set(groups["unknown"]), f"{len(closed)} addresses were closed"

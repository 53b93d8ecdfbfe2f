"""Two workers, then four, started by mistake where one belongs: a whole wave, its reminders and its silence.

Everybody must get one mail and one reminder, and become silent once, with one task; no change of the ledger may stand
there twice. Run: `make soak ARGS=crowd`.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.processes.workers import JobFailure
from app.delivery.models import Invitation, InvitationChange, InvitationState, Reminder, Wave, WaveState
from app.extensions import db
from app.followups.models import Task
from bench import installations, slow_relay
from tests.faults.grounds import Ground, is_finished, judge, look, relayed, started_workers, wait_for, workers

SECONDS_PER_MAIL = 0.02
AT_ANY_HOUR = {"remind_days": [*range(7)], "remind_from": 0, "remind_until": 24}


def run(ground: Ground, people: int = 1000) -> dict:
    """The counts of both crowds together; AssertionError where a promise was broken."""
    with relayed(ground, SECONDS_PER_MAIL) as (app, relay):
        found = [one_crowd(app, relay, count, people) for count in (2, 4)]
    return {name: sum(one[name] for one in found) for name in found[0]} | {"workers": "2, then 4"}


def one_crowd(app: Flask, relay: slow_relay.SlowRelay, count: int, people: int) -> dict[str, int]:
    before, known = len(relay.taken), started_workers()
    with workers(app, count):
        wait_for(lambda: started_workers() >= known + count, "all workers were there")
        wave = launch(people)
        wait_for(lambda: is_finished(wave), "the wave was finished")
        found = judge(Counter(one.to for one in relay.taken), wave, most_in_doubt=0)
        remind(wave)
        wait_for(lambda: reminded(wave) == people, "all were reminded")
        expire(wave)
        wait_for(lambda: silent(wave) == people, "all were silent")
        # Two more passes of every job that might do something once more.
        threading.Event().wait(5)
    mails = Counter(Counter(one.to for one in relay.taken[before:]).values())
    assert mails == {2: people}, f"mails for each person: {mails}"
    return found | judge_ledger(wave, people)


def launch(people: int) -> int:
    """A wave that waits for its moment, which is now, so that the workers start it too."""
    wave = installations.wave(people)
    wave.program.window = AT_ANY_HOUR
    wave.state = WaveState.WAITING
    db.session.commit()
    return wave.id


def remind(wave: int) -> None:
    due = {"remind_at": clock.now() - timedelta(minutes=1), "reminders_left": 1}
    db.session.execute(sa.update(Invitation).where(Invitation.wave_id == wave).values(due))
    db.session.commit()


def expire(wave: int) -> None:
    over = {"closes_at": clock.now() - timedelta(minutes=1)}
    db.session.execute(sa.update(Invitation).where(Invitation.wave_id == wave).values(over))
    db.session.commit()


def reminded(wave: int) -> int:
    of_wave = sa.select(sa.func.count()).select_from(Reminder).join(Invitation, of(Reminder))
    return look(
        lambda: db.session.scalar(of_wave.where(Invitation.wave_id == wave, Reminder.sent_at.is_not(None)))
    )


def silent(wave: int) -> int:
    of_wave = Invitation.wave_id == wave, Invitation.state == InvitationState.SILENT
    return look(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(Invitation).where(*of_wave)))


def of(table: type) -> sa.ColumnElement:
    return table.invitation_id == Invitation.id


def judge_ledger(wave: int, people: int) -> dict[str, int]:
    """Every stage once in the ledger, one task for each silence, and no job that failed."""
    states = sa.select(InvitationChange.state, sa.func.count()).join(Invitation, of(InvitationChange))
    states = states.where(Invitation.wave_id == wave).group_by(InvitationChange.state)
    tasks = sa.select(sa.func.count()).select_from(Task).join(Invitation, of(Task))
    changes, promised, failed, state = look(
        lambda: (
            {row[0]: row[1] for row in db.session.execute(states)},
            db.session.scalar(tasks.where(Invitation.wave_id == wave)),
            [f"{row.job}: {row.error}" for row in db.session.scalars(sa.select(JobFailure))],
            db.session.scalar(sa.select(Wave.state).where(Wave.id == wave)),
        )
    )
    stages = (InvitationState.QUEUED, InvitationState.SENT, InvitationState.SILENT)
    twice = {stage.value: changes.get(stage) for stage in stages if changes.get(stage) != people}
    assert not twice, f"{twice=} instead of {people} each"
    assert not failed, failed
    assert promised == people
    assert state is WaveState.FINISHED
    return {"reminded": people, "silent": people, "tasks": promised, "failed jobs": 0}

"""The jobs of sending, as the worker runs them."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app import jobs
from app.contacts.models import ContactRole
from app.core.installation import installation
from app.core.processes.workers import JobFailure
from app.delivery.mail import mailer
from app.delivery.models import Invitation, InvitationState, WaveState
from app.extensions import db
from app.followups.models import Task
from tests import make
from tests.conftest import NOW


def run(app, name, now=NOW):
    db.session.commit()
    return jobs.run_once(app, jobs.job_named(name), now=now)


def wave_of(session, people):
    installation(session).live_at = NOW
    wave = make.wave(state=WaveState.SENDING)
    for _ in range(people):
        person = make.contact(role=ContactRole.CHAMPION)
        make.invitation(wave=wave, contact=person, state=InvitationState.PLANNED, sent_at=None)
    session.commit()
    return wave


def test_a_wave_travels_from_plan_to_silence_by_the_timetable_alone(app, session):
    wave = wave_of(session, 3)
    assert run(app, "queue_mail") == 3
    assert run(app, "send_mail") == 3
    session.expire_all()
    assert wave.state is WaveState.FINISHED
    assert len(mailer.mailbox(app.extensions["settings"]).names()) == 3
    assert run(app, "remind", NOW + timedelta(days=5)) == 3
    assert run(app, "send_mail", NOW + timedelta(days=5)) == 3
    assert len(mailer.mailbox(app.extensions["settings"]).names()) == 6
    assert run(app, "expire", NOW + timedelta(days=22)) == 3
    session.expire_all()
    assert set(session.scalars(sa.select(Invitation.state))) == {InvitationState.SILENT}
    assert session.scalar(sa.select(sa.func.count()).select_from(Task)) == 3


def test_an_ask_that_cannot_expire_does_not_hold_up_the_others(app, session, monkeypatch):
    wave_of(session, 3)
    run(app, "queue_mail")
    run(app, "send_mail")
    session.expire_all()
    victim = session.scalar(sa.select(Invitation.id).limit(1))
    expired = jobs.journey.invitation_expired

    def stumbling(session, invitation, *, now):
        if invitation.id == victim:
            raise ValueError("no")
        expired(session, invitation, now=now)

    monkeypatch.setattr(jobs.journey, "invitation_expired", stumbling)
    later = NOW + timedelta(days=22)
    assert run(app, "expire", later) == 2
    session.expire_all()
    assert session.get(Invitation, victim).state is InvitationState.SENT
    failure = session.scalar(sa.select(JobFailure))
    assert (failure.job, failure.item) == ("expire", str(victim))
    monkeypatch.undo()
    assert run(app, "expire", later) == 0
    assert run(app, "expire", later + timedelta(minutes=2)) == 1
    session.expire_all()
    assert session.scalar(sa.select(JobFailure)) is None

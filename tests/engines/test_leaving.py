"""Unsubscribing inside a running wave under either engine: the worker of the timetable sends, as it always does."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app import jobs
from app.core import clock
from app.core.database import transactions
from app.core.installation import installation
from app.core.processes import timetable
from app.delivery import sender
from app.delivery.models import Invitation, InvitationState, WaveState
from app.extensions import db
from tests import make
from tests.delivery.sink import Sink
from tests.delivery.test_leaving_in_a_wave import PEOPLE, Pressing, check, small_claims  # noqa: F401 fixture
from tests.engines.test_process import both, wait_for
from tests.engines.working import working

MAIL_JOBS = [job for job in timetable.TIMETABLE if job.work in (jobs.queue_mail, jobs.send_mail)]
OPEN = (InvitationState.PLANNED, InvitationState.QUEUED, InvitationState.SENDING)


@pytest.fixture
def sink():
    sink = Sink(extensions=["PIPELINING"]).start()
    yield sink
    sink.stop()


@pytest.fixture
def settings(settings, sink):
    more = {"MAIL_URL": f"smtp://127.0.0.1:{sink.port}", "SEND_CONNECTIONS": 4}
    return type(settings)(**(vars(settings) | more))


@both
def test_whoever_unsubscribes_inside_the_running_wave_gets_no_mail(
    installed,
    settings,
    sink,
    table,
    monkeypatch,
    small_claims,  # noqa: F811
):
    installation(db.session).live_at = clock.now()
    wave = make.wave(state=WaveState.SENDING, ignores_window=True)
    for _ in range(PEOPLE):
        make.invitation(wave=wave, contact=make.contact(), state=InvitationState.PLANNED, sent_at=None)
    db.session.commit()
    pressing = Pressing(installed, settings)
    monkeypatch.setattr(sender, "Postman", pressing.postman())
    table.extend(MAIL_JOBS)
    with working(installed):
        wait_for(has_ended)
    check(db.session, pressing, sink)


def has_ended() -> bool:
    transactions.read(db.session)
    left = sa.select(sa.func.count()).select_from(Invitation).where(Invitation.state.in_(OPEN))
    count = db.session.scalar(left)
    db.session.rollback()
    return count == 0

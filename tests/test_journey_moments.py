"""The moments of an ask other than its answer: silence, decline, unsubscribing; what each sets in motion."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.models import ContactStatus
from app.core.audit import SYSTEM, AuditEvent
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.models import InvitationChange, InvitationState, Suppression
from app.followups.models import Task, TaskKind
from app.health.models import ScoreDue
from tests import make

DAY = timedelta(days=1)


def marked(session) -> list[int]:
    return list(session.scalars(sa.select(ScoreDue.account_id).order_by(ScoreDue.account_id)))


def test_an_expired_ask_opens_a_task_and_marks_the_score(session, now):
    ask = make.invitation(state=InvitationState.SILENT, silent_at=now, sent_at=now - 21 * DAY)
    journey.invitation_expired(session, ask, now=now)
    assert session.scalars(sa.select(Task.kind)).all() == [TaskKind.SILENT]
    assert marked(session) == [ask.account_id]


def test_nobody_is_sent_after_people_who_have_left(session, now):
    person = make.contact()
    ask = make.invitation(contact=person, state=InvitationState.SILENT, silent_at=now)
    person.leave(on=now.date())
    journey.invitation_expired(session, ask, now=now)
    assert session.scalars(sa.select(Task)).all() == []
    assert marked(session) == [ask.account_id]


def test_somebody_who_was_away_is_called_all_the_same_with_that_reason(session, now):
    ask = make.invitation(state=InvitationState.SILENT, silent_at=now, is_auto_reply=True)
    journey.invitation_expired(session, ask, now=now)
    assert "only an automatic reply" in session.scalars(sa.select(Task.reason)).one()


@pytest.mark.parametrize(("state", "marks"), [("silent", 1), ("sent", 0)])
def test_an_absence_heard_of_after_the_closing_takes_the_silence_out_of_the_score(session, now, state, marks):
    ask = make.invitation(state=state, silent_at=now if state == "silent" else None, is_auto_reply=True)
    mail = make.inbound_mail(ask, "I am on leave.", kind=Kind.AUTO_REPLY)
    journey.mail_arrived(session, mail, now=now)
    assert len(marked(session)) == marks
    assert session.scalars(sa.select(Task)).all() == []


def test_a_silence_in_rehearsal_scores_nobody(session, now):
    ask = make.invitation(state=InvitationState.SILENT, silent_at=now, is_rehearsal=True)
    journey.invitation_expired(session, ask, now=now)
    assert session.scalars(sa.select(Task.is_rehearsal)).all() == [True]
    assert marked(session) == []


def test_declining_ends_reminders_and_counts_as_unanswered(session, now):
    ask = make.invitation(remind_at=now + DAY)
    journey.invitation_declined(session, ask, now=now, reason="not now")
    assert (ask.state, ask.declined_at, ask.remind_at) == (InvitationState.DECLINED, now, None)
    assert session.scalars(sa.select(InvitationChange.reason)).all() == ["not now"]
    assert marked(session) == [ask.account_id]


def test_unsubscribing_reaches_every_row_of_the_mailbox(session, now):
    first, second = (make.contact(email="Kim@Customer.example") for _ in range(2))
    asks = [make.invitation(contact=c, state=s) for c, s in ((first, "sent"), (second, "queued"))]
    journey.contact_unsubscribed(session, first, now=now, actor=SYSTEM)
    assert [c.status for c in (first, second)] == [ContactStatus.UNSUBSCRIBED] * 2
    assert [ask.state for ask in asks] == [InvitationState.CANCELLED] * 2
    assert session.scalars(sa.select(Suppression.email_key)).all() == ["kim@customer.example"]
    assert len(session.scalars(sa.select(AuditEvent).filter_by(action="contact.unsubscribe")).all()) == 2
    assert marked(session) == sorted({first.account_id, second.account_id})


def test_unsubscribing_again_changes_nothing(session, now):
    person = make.contact()
    journey.contact_unsubscribed(session, person, now=now, actor=SYSTEM)
    journey.contact_unsubscribed(session, person, now=now + DAY, actor=SYSTEM)
    assert person.unsubscribed_at == now
    assert session.scalars(sa.select(AuditEvent.at)).all() == [now]


@pytest.mark.parametrize("state", ["answered", "silent", "declined", "bounced"])
def test_unsubscribing_leaves_closed_asks_as_they_are(session, now, state):
    ask = make.invitation(state=state, answered_at=now, silent_at=now, declined_at=now)
    journey.contact_unsubscribed(session, ask.contact, now=now, actor=SYSTEM)
    session.flush()
    assert ask.state == state

"""How much mail people got: asks and reminders counted together, rehearsals and old mails not at all."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.delivery.models import Purpose, Reminder
from app.delivery.watching import fatigue
from tests import make
from tests.make import NOW

DAY = timedelta(days=1)


def reminded(session, ask, at) -> None:
    session.add(Reminder(invitation_id=ask.id, number=1, queued_at=at, sent_at=at))
    session.flush()


def test_reminders_count_and_rehearsals_tests_and_old_mails_do_not(session):
    kim, lee = make.contact(), make.contact()
    reminded(session, make.invitation(contact=kim, sent_at=NOW - 95 * DAY), NOW - 88 * DAY)
    make.invitation(contact=kim, sent_at=NOW - 10 * DAY)
    reminded(session, make.invitation(contact=lee, sent_at=NOW - 95 * DAY), NOW - 91 * DAY)
    make.invitation(contact=lee, sent_at=NOW - DAY)
    make.invitation(contact=lee, sent_at=NOW, wave=make.wave(is_rehearsal=True))
    make.invitation(contact=lee, sent_at=NOW, purpose=Purpose.TEST)
    found = fatigue.fatigue(session, now=NOW)
    assert (found.people, found.mails) == ({2: 1, 1: 1}, 3)
    assert [(line.contact.id, line.mails, line.reminders) for line in found.most] == [(kim.id, 2, 1)]


def test_the_page_shows_them(session, sign_in):
    viewer = sign_in("viewer")
    assert "No survey mail was sent lately" in viewer.get("/waves/fatigue").get_data(as_text=True)
    person = make.contact(first_name="<b>Kim</b>")
    reminded(session, make.invitation(contact=person, sent_at=clock.now() - 3 * DAY), clock.now() - DAY)
    page = viewer.get("/waves/fatigue").get_data(as_text=True)
    assert "&lt;b&gt;Kim&lt;/b&gt;" in page
    assert "Who got most" in page

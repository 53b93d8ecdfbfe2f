"""What we did, told by mail: to those whose answers it came from, once each, with an undo, in their language."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from app import jobs, journey
from app.core import audit, clock
from app.core.installation import installation
from app.core.outbox_rows import OutboxRow, OutboxState
from app.followups.improvements import mailing, readers
from app.followups.improvements.models import Improvement, Mailing, Telling
from app.followups.models import Cause, Outcome, Task, TaskState
from app.setup import removal
from app.surveys.models import Program, Segment
from tests import make
from tests.conftest import NOW
from tests.followups.test_improvements import press

WORDS = {
    "en": {"said": "Exports <b>fail</b>.", "did": "They work."},
    "de": {"said": "Exporte scheitern.", "did": "Sie gehen."},
}
FIVE_DAYS = timedelta(days=5)


def entry(session, **given) -> Improvement:
    today = NOW.date()
    given = {"words": WORDS, "cause": Cause.PRODUCT_BUG, "from_on": today - FIVE_DAYS} | given
    return make.saved(Improvement(**given))


def answered(cause: Cause | None = Cause.PRODUCT_BUG, **given):
    """Somebody who answered ten days ago, and with whom a follow-up ended with that cause."""
    person = make.contact(**given)
    ask = make.invitation(contact=person, sent_at=NOW - 2 * FIVE_DAYS, language=person.language or "en")
    response = make.response(3, invitation=ask, submitted_at=NOW - 2 * FIVE_DAYS)
    if cause:
        make.saved(
            Task(
                kind="detractor", account_id=person.account_id, contact_id=person.id, response_id=response.id,
                reason="x", state=TaskState.CLOSED, outcome=Outcome.RESOLVED, cause=cause, opened_at=NOW,
                first_touch_due_at=NOW, due_at=NOW, closed_at=NOW,
            )
        )  # fmt: skip
    return person


def reasons(session, found, now=NOW) -> dict[str, str | None]:
    planned = readers.plan(session, found, installation(session), now=now)
    return {row.email.partition("@")[0]: row.reason for row in readers.listed(session, planned, "")}


def send(session, settings, found, now=NOW) -> Mailing:
    facts, actor = installation(session), audit.SYSTEM
    made = mailing.send(session, settings, found, facts, actor=actor, today=now.date(), now=now)
    session.commit()
    return made


def test_it_reaches_those_whose_answers_it_came_from_unless_a_rule_keeps_them(session):
    installation(session).live_at = NOW
    found = entry(session)
    answered(email="gets@one.example")
    answered(email="other-cause@one.example", cause=Cause.OTHER)
    answered(email="said-nothing@one.example", cause=None)
    answered(email="french@one.example", language="fr")
    answered(email="austrian@one.example", language="de-AT")
    answered(email="off@one.example").unsubscribe(now=NOW)
    gone = answered(email="gone@one.example")
    gone.status, gone.left_on = "left", NOW.date()
    answered(email="fewer@one.example").rest_days = 182
    lately = answered(email="lately@one.example")
    make.invitation(contact=lately, sent_at=NOW - timedelta(hours=3))
    session.flush()
    assert reasons(session, found) == {
        "gets": None,
        "austrian": None,
        "french": "no_words",
        "off": "unsubscribed",
        "gone": "left",
        "fewer": "less_often",
        "lately": "lately",
    }
    segment = make.saved(Segment(name="Germans", filter={"languages": ["de"]}))
    assert list(reasons(session, entry(session, segment=segment, cause=None))) == ["austrian"]


def test_each_person_is_told_once_in_their_language_and_it_stands_on_their_page(
    session,
    settings,
    office,
    sink,
    sign_in,
):
    found, person = entry(session), answered(email="kim@one.example", language="de")
    twin = answered(email="lee@one.example")
    made = send(session, settings, found)
    office.send()
    assert office.notices == []
    office.later(seconds=61)
    office.send()
    mails = {taken.to: taken.message for taken in sink.taken}
    german = mails["kim@one.example"]
    assert german["Subject"] == "Was aus Ihrer Antwort geworden ist"
    assert german["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Exports &lt;b&gt;fail" in mails["lee@one.example"].get_body(("html",)).get_content()
    for outcome in office.notices:
        jobs.mail_ended(outcome)
    session.commit()
    assert mailing.standings(session, found)[0].told == 2
    assert reasons(session, found) == {}
    assert mailing.take_back(session, made) == 0
    page = sign_in("viewer").get(f"/contacts/{person.id}").text
    assert "Told what came of it" in page
    journey.people_merged(session, twin.id, person.id, now=NOW, actor=audit.SYSTEM)
    assert session.scalars(sa.select(Telling.contact_id)).all() == [person.id]
    journey.person_erased(session, person, now=NOW, actor=audit.SYSTEM)
    assert "kim@one.example" not in session.scalars(sa.select(OutboxRow.recipient)).all()


def test_an_undone_mailing_leaves_no_trace_and_an_opt_out_stops_a_mail(session, settings, office):
    found = entry(session)
    person, other = answered(email="kim@one.example"), answered(email="lee@one.example")
    made = send(session, settings, found)
    assert mailing.take_back(session, made) == 2
    assert [session.query(table).count() for table in (Mailing, Telling, OutboxRow)] == [0, 0, 0]
    send(session, settings, found)
    journey.contact_unsubscribed(session, person, now=NOW, actor=audit.SYSTEM)
    session.commit()
    office.later(seconds=61)
    office.send()
    states = dict(session.execute(sa.select(OutboxRow.recipient, OutboxRow.state)).all())
    assert states == {person.email: OutboxState.CANCELLED, other.email: OutboxState.SENT}


def test_a_manager_sees_who_gets_it_presses_and_undoes(session, sign_in):
    manager, person = sign_in("manager"), answered(email="kim@one.example")
    segment = make.saved(Segment(name="English readers", filter={"languages": ["en"]}))
    found = entry(session, segment=segment, from_on=clock.now().date())
    person.language, page = "en", f"/improvements/{found.id}/mail"
    session.commit()
    shown = manager.get(page).text
    assert "Tell 1 person" in shown
    assert "What came of your answer" in shown
    assert press(manager, page, f"/improvements/{found.id}/test-mails").status_code == 303
    assert press(manager, page, page).status_code == 303
    assert press(manager, page, page).status_code == 409
    assert "is about to be told" in manager.get(f"/contacts/{person.id}").text
    number = session.scalars(sa.select(Mailing.id)).one()
    undo = f"/improvements/{found.id}/mailings/{number}/undo"
    assert press(manager, page, undo).status_code == 303
    assert press(manager, page, undo).status_code == 404
    assert "Tell 1 person" in manager.get(page).text
    kept = press(manager, f"/segments/{segment.id}/edit", f"/segments/{segment.id}/removal")
    assert kept.status_code == 409


def test_whom_a_rehearsal_told_is_told_again_once_live(session, settings, office):
    facts = installation(session)
    facts.live_at = None
    found = entry(session, to_on=None)
    answered(email="kim@one.example")
    assert send(session, settings, found).is_rehearsal
    office.later(seconds=61)
    office.send()
    assert session.scalars(sa.select(OutboxRow.state)).one() is OutboxState.HELD
    assert reasons(session, found) == {}
    removal.remove(session, demo=False, rehearsal=True, now=NOW)
    facts.live_at = NOW
    session.commit()
    assert [session.query(table).count() for table in (Mailing, Telling, OutboxRow)] == [0, 0, 0]
    assert reasons(session, found) == {"kim": None}


def test_what_went_out_by_mail_is_not_removed_so_that_nobody_gets_it_again(
    session, settings, office, sign_in
):
    installation(session).live_at = NOW
    manager, found, unsent = sign_in("manager"), entry(session), entry(session)
    answered(email="kim@one.example")
    send(session, settings, found)
    office.later(seconds=61)
    office.send()
    for outcome in office.notices:
        jobs.mail_ended(outcome)
    session.commit()
    answered(email="lee@one.example")
    send(session, settings, unsent)
    page = f"/improvements/{found.id}"
    assert "Take it away" not in manager.get(page).text
    kept = press(manager, page, f"{page}/removal")
    assert (kept.status_code, "Give it a last day" in kept.text) == (409, True)
    page = f"/improvements/{unsent.id}"
    assert "Take it away" in manager.get(page).text
    assert press(manager, page, f"{page}/removal").status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(Telling.improvement_id)).all() == [found.id]


def test_the_page_names_the_windows_of_the_programs_that_were_answered(session, sign_in):
    installation(session).live_at = NOW - FIVE_DAYS
    found = entry(session)
    answered()
    program = session.scalars(sa.select(Program)).one()
    program.window = {"remind_days": [5], "remind_from": 13, "remind_until": 15}
    manager = sign_in("manager")
    page = manager.get(f"/improvements/{found.id}/mail").text
    assert "Sat, 1:00" in page.replace("\u202f", " ")
    assert "Mon–Fri" not in page

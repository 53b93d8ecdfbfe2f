"""The mail of the week: to whom, when by the reader's own clock, and with the figures of the pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from app import jobs
from app.core.installation import installation
from app.core.outbox_rows import Letter, OutboxRow
from app.followups.models import Task
from app.integrations import weekly
from app.integrations.models import NoticeChoice
from tests import make
from tests.conftest import NOW
from tests.followups.test_cover import away

MONDAY_SIX = datetime(2026, 3, 9, 6, 0, tzinfo=UTC)  # Seven in Berlin.
HOUR = timedelta(hours=1)


@pytest.fixture
def ana(session):
    """A manager in Berlin, six answers last week, one of them from a detractor whose follow-up is late."""
    found = make.staff(role="manager", name="Ana", email="ana@vendor.example", time_zone="Europe/Berlin")
    wave = make.wave(program=make.program(survey=make.survey("nps")))
    for score in (9, 9, 10, 10, 7, 2):
        account = make.account(name=f"Gave {score}", arr=1000 * score)
        ask = make.invitation(contact=make.contact(account=account), wave=wave, sent_at=NOW - 24 * HOUR)
        make.answer(score, now=NOW, invitation=ask)
    make.invitation(wave=wave, sent_at=NOW - 24 * HOUR)
    session.commit()
    return found


def mails(session) -> list[tuple[str, str, str, str]]:
    query = sa.select(OutboxRow.recipient, Letter.subject, Letter.text, Letter.html)
    query = query.join(Letter, Letter.id == OutboxRow.letter_id).order_by(OutboxRow.id)
    return [row for row in map(tuple, session.execute(query)) if "NPS" in row[1]]


def test_managers_read_the_figures_of_the_pages_once_a_week_in_their_morning(ana, session, sign_in):
    make.staff(role="csm", email="csm@vendor.example")
    session.commit()
    jobs.tell_colleagues(MONDAY_SIX + 0.9 * HOUR)
    assert mails(session) == []
    for hours in (1, 2, 30, 60):
        jobs.tell_colleagues(MONDAY_SIX + hours * HOUR)
    ((to, subject, text, html),) = mails(session)
    week = weekly.gather(session, now=MONDAY_SIX + HOUR)
    found, late = week.found, week.found.queue.overdue
    assert late > 1
    assert (to, subject) == ("ana@vendor.example", f"NPS +50, {late} follow-ups overdue")
    low, high = (round(end) for end in (found.headline.interval.low, found.headline.interval.high))
    assert f"NPS today: +50, likely between {low:+} and +{high} (n = 6)." in text.replace("−", "-")
    assert "6 answers from 2 Mar to 8 Mar." in text.replace("Mar 2", "2 Mar").replace("Mar 8", "8 Mar")
    assert "Promoters: 4, passives: 1, detractors: 1." in text
    assert "1 more may still answer, so this rate is too high" in text
    assert "/reports/responses?from=2026-03-02&to=2026-03-08" in text
    assert f"hold an ARR of {sum(1000 * score for score in late_scores(session)):,}." in text
    assert all(f"Gave {score}" in told for told in (text, html) for score in late_scores(session)[:5])
    assert 'href="http' in html
    jobs.tell_colleagues(MONDAY_SIX + timedelta(days=7) + HOUR)
    assert [row[0] for row in mails(session)] == ["ana@vendor.example"] * 2
    client = sign_in("viewer")
    links = [urlsplit(line) for line in text.splitlines() if line.startswith("http")]
    assert len(links) >= 4
    assert {client.get(f"{link.path}?{link.query}").status_code for link in links} == {200}


def late_scores(session) -> list[int]:
    tasks = session.scalars(sa.select(Task)).all()
    return [task.response.score for task in tasks if task.is_overdue(now=MONDAY_SIX + HOUR)]


def test_the_change_is_that_of_the_page_and_one_of_a_thing_is_called_so(app, session):
    """From +28.6 to +33.3: to a tenth, as the page says it. One answer of last week, of one account."""
    account = make.account()
    for days_ago, scores in ((200, (9, 9, 8, 8, 8, 8, 8)), (20, (9, 9, 8, 8, 8)), (3, (8,))):
        at = MONDAY_SIX - timedelta(days=days_ago)
        for score in scores:
            ask = make.invitation(contact=make.contact(account=account), sent_at=at - HOUR)
            make.answer(score, now=at, invitation=ask)
    session.commit()
    week = weekly.gather(session, now=MONDAY_SIX)
    with app.test_request_context():
        assert "(+4.7 points, within chance)" in weekly.change_words(week.found)
        assert weekly.of_answers(week).title.startswith("1 answer from ")
        assert weekly.of_accounts(week).title.startswith("From 0 of 1 account nobody")


def test_each_person_chooses_and_days_off_and_absences_count(ana, session):
    curious = make.staff(role="viewer", email="curious@vendor.example")
    off, gone = (make.staff(role="manager", email=f"{name}@vendor.example") for name in ("off", "gone"))
    session.add_all(
        [
            NoticeChoice(staff_id=curious.id, mail_weekly=True),
            NoticeChoice(staff_id=off.id, mail_weekly=False),
        ]
    )
    away(gone, off, MONDAY_SIX.date(), date(2026, 3, 13))
    facts = installation(session)
    facts.holidays = ["2026-03-09"]
    session.commit()
    jobs.tell_colleagues(MONDAY_SIX + 5 * HOUR)
    assert mails(session) == []
    jobs.tell_colleagues(MONDAY_SIX + 29 * HOUR)
    assert [row[0] for row in mails(session)] == ["ana@vendor.example", "curious@vendor.example"]


def test_before_anybody_was_asked_nobody_is_written_to(session):
    make.staff(role="admin", email="admin@vendor.example")
    session.commit()
    jobs.tell_colleagues(MONDAY_SIX + 5 * HOUR)
    assert mails(session) == []
    assert session.query(NoticeChoice).filter(NoticeChoice.weekly_on.is_not(None)).count() == 0


def test_the_page_shows_what_is_usual_and_keeps_a_choice(sign_in, session):
    for role, is_usual in (("manager", True), ("csm", False)):
        client = sign_in(role)
        page = client.get("/settings/notices").text
        field = page[page.index('name="mail_weekly"') - 200 : page.index('name="mail_weekly"') + 100]
        assert ("checked" in field) is is_usual
        given = {"daily_hour": "9", "chat_kind": "", "chat_scope": "urgent"} | (
            {} if is_usual else {"mail_weekly": "y"}
        )
        assert client.post("/settings/notices", data=given | {"csrf_token": token(page)}).status_code == 303
        assert session.get(NoticeChoice, client.person.id).mail_weekly is not is_usual


def token(page: str) -> str:
    return page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]

"""What colleagues are told: at once what cannot wait, the rest in their own morning, and whoever stands in too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import jobs
from app.contacts.models import ContactRole
from app.core.audit import Actor
from app.core.installation import installation
from app.core.outbox_rows import Letter, OutboxRow
from app.followups import activities
from app.followups.conversation import replies
from app.followups.models import TaskState
from app.health.alerting.models import Alert, Severity
from app.health.alerting.rules import RULES
from app.health.alerting.words import sentence
from app.integrations import news, notifying
from app.integrations.models import Notice, NoticeChoice, NoticeKind
from tests import make
from tests.conftest import NOW
from tests.followups.test_cover import away
from tests.posting import post

HOUR = timedelta(hours=1)
SIX = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def ana(session):
    found = make.staff(name="Ana", email="ana@vendor.example", time_zone="Europe/Berlin")
    news.find(session, now=NOW)
    session.commit()
    return found


def unhappy(**given):
    person = make.contact(role=ContactRole.DECISION_MAKER, first_name="Kim", last_name="Lee")
    return make.task(contact=person, created_at=given.pop("at", NOW), **given)


def mails(session) -> list[tuple[str, str]]:
    query = sa.select(OutboxRow.recipient, Letter.subject).join(Letter, Letter.id == OutboxRow.letter_id)
    return [tuple(row) for row in session.execute(query.order_by(OutboxRow.id))]


def test_a_detractor_who_decides_is_told_at_once_and_only_once(session, ana):
    ben, off = make.staff(name="Ben", email="ben@vendor.example"), make.staff(email="off@vendor.example")
    session.add(NoticeChoice(staff_id=off.id, mail_at_once=False, mail_daily=False))
    away(ana, ben)
    unhappy(owner=ana)
    unhappy(owner=off)
    unhappy(owner=ana, state=TaskState.CLOSED, closed_at=NOW, outcome="resolved")
    make.task(owner=ana)
    night = NOW.replace(hour=2)
    for minutes in (0, 2, 4):
        jobs.tell_colleagues(night + timedelta(minutes=minutes))
    found = mails(session)
    assert sorted(to for to, _subject in found) == ["ana@vendor.example", "ben@vendor.example"]
    by_reader = dict(found)
    assert by_reader["ana@vendor.example"].startswith("Kim Lee, ")
    assert by_reader["ben@vendor.example"].endswith("is unhappy, and has a say (for Ana)")
    assert session.query(Notice).count() == 3


def test_history_is_no_news_and_a_row_that_comes_late_is(session):
    old = unhappy(owner=make.staff())
    assert news.find(session, now=NOW) == 0
    late = unhappy(owner=old.owner)
    assert news.find(session, now=NOW) == 1
    assert news.find(session, now=NOW) == 0
    between = late.id + 1
    unhappy(owner=old.owner, id=between + 1)
    assert news.find(session, now=NOW + timedelta(seconds=30)) == 1
    unhappy(owner=old.owner, id=between)
    assert news.find(session, now=NOW + timedelta(seconds=40)) == 1
    assert news.find(session, now=NOW + HOUR) == 0


def test_what_a_customer_writes_is_told_to_whoever_looks_after_it(session, ana):
    task = make.task(owner=ana)
    replies.land(session, make.inbound_mail(make.invitation(contact=task.contact)), now=NOW)
    session.commit()
    assert news.find(session, now=NOW) == 1
    notice = session.scalars(sa.select(Notice)).one()
    assert (notice.staff_id, notice.kind, notice.is_urgent) == (ana.id, NoticeKind.REPLY, False)


def test_the_mail_of_the_morning_comes_once_by_the_readers_own_clock_on_working_days(session, ana):
    """Eight in Berlin is seven in UTC; who is away, has nothing or wants none gets none."""
    idle, none = make.staff(email="idle@vendor.example"), make.staff(email="none@vendor.example")
    gone = make.staff(email="gone@vendor.example")
    session.add(NoticeChoice(staff_id=none.id, mail_daily=False))
    away(gone, idle, SIX.date(), SIX.date())
    for owner in (ana, none):
        make.task(owner=owner, reason="Gave a 3.", replied_at=NOW)
    notifying.notify(session, NoticeKind.HANDED_OVER, make.task(owner=ana), to=[ana.id], now=NOW)
    session.commit()
    jobs.tell_colleagues(SIX + HOUR * 0.99)
    assert mails(session) == []
    for hours in (1, 1.5, 5):
        jobs.tell_colleagues(SIX + hours * HOUR)
    assert mails(session) == [("ana@vendor.example", "1 customer waits for your answer")]
    text = session.scalars(sa.select(Letter.text)).one()
    assert "Waiting for us: 1. Overdue: 0. Due today: 2. New: 2." in text
    assert "Yours from now on:" in text
    assert "Gave a 3." in text
    saturday = SIX.replace(day=7) + 4 * HOUR
    jobs.tell_colleagues(saturday)
    assert len(mails(session)) == 1
    make.task(owner=gone)
    session.get(NoticeChoice, ana.id).daily_hour = 15
    session.commit()
    jobs.tell_colleagues(saturday + timedelta(days=2))
    assert [to for to, _subject in mails(session)][1:] == ["gone@vendor.example"]


def test_who_stands_in_reads_it_in_their_morning(session, ana):
    ben = make.staff(email="ben@vendor.example")
    away(ana, ben, SIX.date(), SIX.date() + timedelta(days=4))
    make.task(owner=ana, replied_at=NOW)
    session.commit()
    jobs.tell_colleagues(SIX + 4 * HOUR)
    assert [to for to, _subject in mails(session)] == ["ben@vendor.example"]
    assert "You stand in for Ana until 9 Mar." in session.scalars(sa.select(Letter.text)).one()
    back = SIX + timedelta(days=5)
    for day in range(3):
        jobs.tell_colleagues(back + 4 * HOUR + timedelta(days=day))
    told = session.execute(
        sa.select(OutboxRow.recipient, Letter.text).join(Letter, Letter.id == OutboxRow.letter_id)
    )
    hers = [text for to, text in told if to == "ana@vendor.example"]
    assert ["You are back. What happened meanwhile:" in text for text in hers] == [True, False, False]


def test_who_is_handed_a_follow_up_by_a_colleague_hears_of_it(session, ana):
    ben, taken, given = make.staff(name="Ben"), make.task(), make.task()
    activities.hand_over(given, ben, by=Actor("staff", ana.id, "Ana"), now=NOW)
    activities.hand_over(taken, ben, by=Actor("staff", ben.id, "Ben"), now=NOW)
    session.flush()
    assert news.find(session, now=NOW) == 1
    notice = session.scalars(sa.select(Notice)).one()
    assert (notice.staff, notice.task, notice.kind) == (ben, given, NoticeKind.HANDED_OVER)


def raised(account, severity, rule="ticket_late", **given):
    alert = Alert(
        account=account,
        rule=rule,
        slot=f"{account.id}:{rule}",
        severity=severity,
        evidence={"severity": 1},
        began_on=SIX.date(),
        raised_at=given.pop("at", SIX),
        **given,
    )
    make.db.session.add(alert)
    return alert


def test_an_alert_without_a_follow_up_is_told_to_whoever_looks_after_the_account(session, ana):
    """A grave one at once, a lesser one in the morning; with a follow-up, settled, or one of many it is not told at once."""
    gone, lead = make.staff(active=False), make.staff(email="lead@vendor.example")
    installation(session).default_owner_id = lead.id
    hers, other, nobodys = (
        make.account(name="Acme", owner=ana),
        make.account(owner=ana),
        make.account(owner=gone),
    )
    followed, done = make.account(owner=ana), make.account(owner=ana)
    raised(hers, Severity.HIGH)
    raised(other, Severity.MEDIUM)
    raised(nobodys, Severity.HIGH)
    raised(followed, Severity.HIGH, task=make.task(account=followed, owner=ana))
    settled = raised(done, Severity.HIGH)
    session.commit()
    assert news.find(session, now=SIX) == 4
    settled.settled_at, settled.settled_by = SIX, "Ana"
    session.commit()
    jobs.tell_colleagues(SIX)
    expected = f"Acme: {RULES['ticket_late'].label}"
    assert mails(session)[0] == ("ana@vendor.example", expected)
    assert [to for to, _subject in mails(session)] == ["ana@vendor.example", "lead@vendor.example"]
    at_once = session.scalars(sa.select(Letter.text)).first()
    assert sentence("ticket_late", {"severity": 1}) in at_once
    assert f"/accounts/{hers.id}#alerts" in at_once
    jobs.tell_colleagues(SIX + 2 * HOUR)
    digest = session.scalars(sa.select(Letter.text).order_by(Letter.id)).all()[2]
    assert f"/accounts/{other.id}#alerts" in digest
    assert f"/accounts/{done.id}#alerts" not in digest
    for _number in range(news.MOST_AT_ONCE + 1):
        raised(make.account(owner=ana), Severity.HIGH, at=SIX + 2 * HOUR)
    session.commit()
    assert news.find(session, now=SIX + 2 * HOUR) == news.MOST_AT_ONCE + 1
    urgent = session.scalars(
        sa.select(Notice.is_urgent).where(Notice.alert_id.is_not(None)).order_by(Notice.id)
    )
    assert urgent.all()[-news.MOST_AT_ONCE - 1 :] == [False] * (news.MOST_AT_ONCE + 1)


def test_a_rehearsal_is_not_told_once_live(session, ana):
    unhappy(owner=ana, is_rehearsal=True)
    installation(session).live_at = NOW
    assert news.find(session, now=NOW) == 0


def test_each_person_chooses_on_their_own_page(session, sign_in):
    viewer, page = sign_in("viewer"), "/settings/notices"
    fields = {"mail_daily": "y", "daily_hour": "7", "chat_kind": "teams", "chat_scope": "all"}
    assert "The address is missing" in post(viewer, page, page, **fields).text
    inside = post(viewer, page, page, **fields, chat_url="https://10.0.0.1/hook")
    assert (inside.status_code, "not on the public internet" in inside.text) == (400, True)
    secret = "https://chat.example/hook/very-secret"
    assert post(viewer, page, page, **fields, chat_url=secret).status_code == 303
    shown = viewer.get(page).text
    assert "chat.example" in shown
    assert "very-secret" not in shown
    assert post(viewer, page, page, **fields).status_code == 303
    row = session.get(NoticeChoice, viewer.person.id)
    assert (row.mail_at_once, row.daily_hour, row.chat_host) == (False, 7, "chat.example")
    assert post(viewer, f"{page}/trial", page).status_code == 303
    assert session.scalars(sa.select(Notice.kind)).all() == [NoticeKind.TRIAL]
    assert post(viewer, page, page, **(fields | {"chat_kind": ""})).status_code == 303
    assert post(viewer, f"{page}/trial", page).status_code == 409
    assert session.get(NoticeChoice, viewer.person.id, populate_existing=True).chat_sealed is None


def test_what_was_told_is_forgotten_after_three_months_but_never_told_twice(session, ana):
    stays = unhappy(owner=ana)
    done = unhappy(owner=ana, state=TaskState.CLOSED, closed_at=NOW, outcome="resolved")
    old, fresh = NOW - timedelta(days=91), NOW - timedelta(days=89)
    about = {"staff_id": ana.id, "kind": NoticeKind.REPLY, "is_urgent": False}
    for key, task, at, looked_at in (
        ("gone", done, old, old),
        ("of an open one", stays, old, old),
        ("fresh", done, fresh, fresh),
        ("not told yet", done, old, None),
        ("trial", None, old, old),
    ):
        task_id = task.id if task else None
        session.add(Notice(key=key, task_id=task_id, at=at, looked_at=looked_at, **about))
    session.commit()
    assert notifying.forget_old(session, now=NOW) == 2
    left = set(session.scalars(sa.select(Notice.key)))
    assert left == {"of an open one", "fresh", "not told yet"}

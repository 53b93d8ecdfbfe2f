"""Writing to people on the page of a follow-up, and what comes back: a real SMTP conversation, and mails as they arrive."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import jobs, journey
from app.contacts.models import ContactStatus
from app.core import audit, clock
from app.core.errors import Invalid, Refused
from app.core.installation import installation
from app.core.outbox_rows import Letter, OutboxRow, OutboxState
from app.delivery.inbound import jobs as inbound
from app.delivery.inbound.models import InboundMail
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.mail.case_addresses import CaseAddresses, Door, Named
from app.delivery.models import Suppression
from app.followups.conversation import threads, writing
from app.followups.conversation.models import CaseMail
from app.followups.models import Activity, Task, TaskState, Touch
from app.followups.playbooks.models import Playbook, PlayStep
from app.followups.resolution import Resolution, resolve
from tests import make
from tests.conftest import NOW
from tests.delivery.inbound import samples
from tests.posting import post

pytestmark = pytest.mark.settings_with(INBOUND_URL="maildir:/nowhere", BOUNCE_DOMAIN="back.vendor.example")


@pytest.fixture
def ana(session):
    return make.staff(name="Ana Diaz", email="ana@vendor.example")


@pytest.fixture
def case(session, ana):
    person = make.contact(first_name="Kim", last_name="Lee", email="kim@one.example", language="en")
    found = make.task(contact=person, owner=ana)
    session.commit()
    return found


def write(
    session, settings, case, ana, words="Hello Kim,\n\nI am sorry. When may I call?", now=NOW
) -> CaseMail:
    mail = writing.send(session, settings, case, "Your answer", words, by=ana, now=now)
    session.commit()
    return mail


def sent(office, session) -> None:
    """Let what waits leave, with what follows from it."""
    office.later(seconds=21)
    office.send()
    for outcome in office.notices:
        jobs.mail_ended(outcome)
    office.notices.clear()
    session.commit()


def take(session, settings, raw: bytes) -> InboundMail:
    inbound.let_in(session, settings, raw, now=NOW)
    return session.scalars(sa.select(InboundMail).order_by(InboundMail.id.desc()).limit(1)).one()


def close(session, case) -> None:
    resolve(case, Resolution("resolved", "Spoke.", cause="other"), now=NOW, by=audit.SYSTEM)
    session.commit()


def test_a_mail_waits_twenty_seconds_and_leaves_as_a_letter_of_its_writer(
    session, settings, office, sink, case, ana
):
    case.contact.language, case.response = "de", make.response(3)
    session.flush()
    assert writing.draft(session, case, by=ana).subject == "Danke, dass Sie uns das sagen"
    case.contact.language = case.response = None
    session.flush()
    assert writing.draft(session, case, by=ana).subject == "One question from Vendor"
    answered = make.inbound_mail(
        make.invitation(contact=case.contact), subject="AW: Re: Slow", message_id="x@one.example"
    )
    journey.mail_arrived(session, answered, now=NOW)
    assert writing.draft(session, case, by=ana).subject == "Re: Slow"
    assert writing.draft(session, case, by=ana).words == "Hello Kim,\n\n\n\nAna Diaz\nVendor"
    write(session, settings, case, ana)
    assert case.replied_at is not None
    office.later(seconds=19)
    office.send()
    assert sink.taken == []
    sent(office, session)
    [taken] = sink.taken
    mail = taken.message
    assert (taken.to, mail["To"]) == ("kim@one.example", "Kim Lee <kim@one.example>")
    assert mail["From"] == '"Ana Diaz (Vendor)" <surveys@justask.example>'
    assert addresses_of(settings).read(mail["Reply-To"]) == Named(Door.CASE, case.id)
    assert (mail["In-Reply-To"], mail["References"]) == ("<x@one.example>", "<x@one.example>")
    assert (mail["Auto-Submitted"], mail["List-Unsubscribe"]) == (None, None)
    plain = mail.get_body(("plain",)).get_content()
    assert plain.split("\r\n\r\n")[:2] == ["Hello Kim,", "I am sorry. When may I call?"]
    assert ">Hello Kim,</p>" in mail.get_body(("html",)).get_content()
    assert (case.state, case.replied_at) == (TaskState.CONTACTED, None)
    assert case.first_touched_at == session.scalars(sa.select(CaseMail.sent_at)).one() > NOW
    touch = session.scalars(sa.select(Touch)).one()
    assert (touch.staff_name, touch.kind, touch.is_two_way) == ("Ana Diaz", "mail", False)
    assert session.scalars(sa.select(Letter)).all() == []


def addresses_of(settings) -> CaseAddresses:
    return CaseAddresses.of(settings)


def test_what_is_taken_back_in_time_leaves_no_trace_and_nothing_can_be_called_back(
    session, settings, office, sink, case, ana
):
    mail = write(session, settings, case, ana)
    writing.take_back(session, mail, now=NOW)
    session.commit()
    sent(office, session)
    assert (sink.taken, case.state) == ([], TaskState.NEW)
    assert [session.query(table).count() for table in (OutboxRow, Letter, Activity)] == [0, 0, 0]
    with pytest.raises(Refused, match="already"):
        writing.take_back(session, mail, now=NOW)
    gone = write(session, settings, case, ana, now=office.now)
    sent(office, session)
    with pytest.raises(Refused, match="has left"):
        writing.take_back(session, gone, now=office.now)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_placeholder_that_nobody_filled_is_refused(session, settings, case, ana):
    begun = writing.draft(session, case, by=ana, template="At {account} you told us about {the problem}.")
    assert begun.words.startswith("Hello Kim,\n\nAt ")
    assert begun.words.endswith("\n\nAna Diaz")
    letter = writing.draft(session, case, by=ana, template="Hello {first_name}, sorry. {sender}")
    assert letter.words == "Hello Kim, sorry. Ana Diaz"
    for words, named in ((begun.words, "{the problem}"), ("Hello [[name]]", "[[name]]"), ("  ", "needed")):
        with pytest.raises(Invalid) as refused:
            write(session, settings, case, ana, words=words)
        assert named in refused.value.errors["mail_words"]
    assert writing.unfilled('{"json": 1} and { } and a[0]') is None


def test_in_a_rehearsal_nobody_off_the_list_gets_a_mail_nor_later(session, settings, office, sink, case, ana):
    facts = installation(session)
    facts.live_at, facts.allowed_recipients = None, ["friend.example"]
    friend = make.task(contact=make.contact(email="lee@friend.example"))
    colleague = make.task(contact=make.contact(email=ana.email))
    for task in (case, friend, colleague):
        write(session, settings, task, ana)
    sent(office, session)
    assert [mail.to for mail in sink.taken] == ["lee@friend.example"]
    assert set(session.scalars(sa.select(CaseMail.reason).where(CaseMail.sent_at.is_(None)))) == {"rehearsal"}
    assert (case.state, friend.state) == (TaskState.NEW, TaskState.CONTACTED)
    write(session, settings, case, ana, now=office.now)
    facts.live_at = NOW
    session.commit()
    sent(office, session)
    assert len(sink.taken) == 1
    states = session.scalars(sa.select(OutboxRow.state).where(OutboxRow.recipient == "kim@one.example")).all()
    assert sorted(states) == [OutboxState.CANCELLED, OutboxState.HELD]


def test_an_answer_lands_on_the_case_whoever_writes_it_and_opens_it_again(
    session, settings, office, sink, case, ana
):
    """By the address to which it goes, or by the thread it is in; from a colleague, or another address of the person."""
    other = make.task(contact=case.contact)
    write(session, settings, case, ana)
    sent(office, session)
    close(session, case)
    reply_to, number = sink.taken[0].message["Reply-To"], sink.taken[0].message["Message-ID"].strip("<>")
    boss = samples.letter(
        "He is right.\n\n> Hello Kim,\n> I am sorry.",
        sender="Boss <boss@one.example>",
        to="x@y.example",
        about=number,
    )
    landed = take(session, settings, boss)
    assert (case.state, case.replied_at) == (TaskState.REOPENED, NOW)
    assert (landed.contact_id, landed.words, "> Hello Kim," in landed.quoted) == (
        case.contact_id,
        "He is right.",
        True,
    )
    take(session, settings, samples.letter("From home.", sender="kim@home.example", to=reply_to, about=""))
    forged = reply_to.replace(f"case-{case.id}-", f"case-{other.id}-")
    take(session, settings, samples.letter("Forged.", sender="evil@else.example", to=forged, about=""))
    session.expire_all()
    assert [entry.mail.words for entry in case.mails] == ["He is right.", "From home."]
    assert other.mails == []
    replies_settled = write(session, settings, case, ana, now=office.now)
    sent(office, session)
    assert (case.replied_at, replies_settled.sent_at is not None) == (None, True)


def test_an_automatic_reply_opens_nothing_and_proposes_the_day_of_return(
    session, settings, office, sink, case, ana, sign_in
):
    write(session, settings, case, ana)
    sent(office, session)
    close(session, case)
    subject, words = samples.ABSENCES["en"]
    to = sink.taken[0].message["Reply-To"]
    take(
        session, settings, samples.letter(words, subject=subject, sender=case.contact.email, to=to, about="")
    )
    assert (case.state, case.replied_at, case.mails) == (TaskState.CLOSED, None, [])
    other = make.task(contact=case.contact)
    week = installation(session).work_week
    assert threads.back_on(session, other, week, today=NOW.date(), now=NOW).isoformat() == "2026-03-16"
    late = NOW + timedelta(days=13)
    assert threads.back_on(session, other, week, today=late.date(), now=late) is None
    mail = session.scalars(sa.select(InboundMail)).one()
    mail.arrived_at, mail.returns_on = clock.now(), (clock.now() + timedelta(days=9)).date()
    csm = sign_in("csm")
    page = csm.get(f"/tasks/{other.id}").text
    assert "Put aside until then" in page
    day = threads.back_on(session, other, week, today=clock.now().date(), now=clock.now())
    assert (
        post(csm, f"/tasks/{other.id}/snooze", f"/tasks/{other.id}", until=day.isoformat()).status_code == 303
    )
    assert "Put aside until then" not in csm.get(f"/tasks/{other.id}").text


def test_a_colleagues_own_mail_is_logged_by_the_address_for_bcc(session, settings, case, ana):
    """Also when only the server's own line tells to whom it went; a customer who writes there is heard."""
    bcc = addresses_of(settings).bcc(case.id)
    headers = f"Received: from a.example by mx.example\n for <{bcc}>; Wed, 4 Mar 2026\n"
    own = samples.letter(
        "I sent the fix.",
        sender=f"Ana <{ana.email.upper()}>",
        to="kim@one.example",
        about="",
        headers=headers,
    )
    assert take(session, settings, own).kind is Kind.NOTICE
    assert (case.state, case.replied_at, case.mails) == (TaskState.CONTACTED, None, [])
    assert [a.staff_name for a in case.activities] == ["Ana Diaz"]
    close(session, case)
    headers = f"X-Original-To: {bcc}\n"
    take(
        session,
        settings,
        samples.letter(
            "And I called.",
            sender="Max <max@vendor.example>",
            to="kim@one.example",
            about="",
            headers=headers,
        ),
    )
    assert [(t.staff_name, t.contact_id) for t in session.scalars(sa.select(Touch).order_by(Touch.id))] == [
        ("Ana Diaz", case.contact_id), ("Max", case.contact_id),
    ]  # fmt: skip
    assert case.state is TaskState.CLOSED
    take(session, settings, samples.letter("Hm.", sender=case.contact.email, to=bcc, about=""))
    session.expire_all()
    assert (case.state, [entry.mail.words for entry in case.mails]) == (TaskState.REOPENED, ["Hm."])


def test_a_mail_that_comes_back_closes_the_address_and_one_called_spam_ends_all_mail(
    session, settings, office, sink, case, ana
):
    other = make.task(contact=make.contact(email="lee@one.example"))
    for task in (case, other):
        write(session, settings, task, ana)
    sent(office, session)
    numbers = {taken.to: taken.message["Message-ID"].strip("<>") for taken in sink.taken}
    take(session, settings, samples.dsn(person="kim@one.example", about=numbers["kim@one.example"]))
    assert case.contact.status is ContactStatus.BOUNCED
    assert writing.why_not(session, case.contact).startswith("Mail to this address came back")
    with pytest.raises(Refused):
        write(session, settings, case, ana)
    take(session, settings, samples.arf(person="lee@one.example", about=numbers["lee@one.example"]))
    assert other.contact.status is ContactStatus.UNSUBSCRIBED
    assert "Do not write" in session.scalars(sa.select(Task.reason).where(Task.kind == "alert")).one()
    assert session.scalars(sa.select(Suppression.reason)).all() == ["complaint"]
    assert writing.why_not(session, other.contact).startswith("This person wants no mail")


def test_who_wants_no_surveys_is_written_to_all_the_same(session, settings, office, sink, case, ana):
    journey.contact_unsubscribed(session, case.contact, now=NOW, actor=audit.SYSTEM)
    write(session, settings, case, ana)
    sent(office, session)
    assert len(sink.taken) == 1


def test_nothing_of_an_erased_person_stays_or_leaves(session, settings, office, sink, case, ana):
    write(session, settings, case, ana)
    sent(office, session)
    write(session, settings, case, ana, now=office.now)
    assert len(journey.person_told(session, case.contact)["case_mails"]) == 2
    journey.person_erased(session, case.contact, now=office.now, actor=audit.SYSTEM)
    session.commit()
    sent(office, session)
    assert len(sink.taken) == 1
    assert set(session.execute(sa.select(CaseMail.words, CaseMail.recipient, CaseMail.subject))) == {
        ("", "", "")
    }
    assert set(session.scalars(sa.select(OutboxRow.recipient))) == {"erased"}
    assert session.scalars(sa.select(Letter)).all() == []


def test_a_csm_writes_takes_back_and_sends_without_script(session, case, sign_in):
    csm, page = sign_in("csm", name="Cy"), f"/tasks/{case.id}"
    step = {
        "days": 0,
        "channel": "mail",
        "title": "Write",
        "position": 0,
        "words": "Hi {first_name}, why? {sender}",
    }
    play = {"name": "Usual", "kind": "reactive", "component": "value", "task_kind": "detractor"}
    session.add(Playbook(**play, steps=[PlayStep(**step)]))
    first = csm.get(page).text
    assert "@back.vendor.example" in first
    assert ">\r\nHi Kim, why? Cy</textarea>" in first
    fields = {"mail_subject": "Your {x}", "mail_words": "Hello"}
    refused = post(csm, f"{page}/mails", page, **fields)
    assert (refused.status_code, "Fill in {x}, or take it out." in refused.text) == (400, True)
    done = post(csm, f"{page}/mails", page, mail_subject="Yours", mail_words="Hello <b>Kim</b>")
    assert done.status_code == 303
    shown = csm.get(page).text
    assert "Take it back" in shown
    assert "What to write" in shown
    assert "Hello &lt;b&gt;Kim&lt;/b&gt;" in shown
    number = session.scalars(sa.select(CaseMail.id)).one()
    back = post(csm, f"{page}/mails/{number}/undo", page)
    assert back.status_code == 303
    assert "Hello &lt;b&gt;Kim" in csm.get(back.headers["Location"]).text
    assert post(csm, f"{page}/mails/{number}/undo", page).status_code == 409
    assert post(csm, f"/tasks/{make.task().id}/mails/{number}/undo", page).status_code == 404
    assert "Write a mail" not in sign_in("viewer").get(page).text

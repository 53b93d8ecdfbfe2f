"""What comes back and what follows from it, from the mail to the ledger, the address, the task and the score."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from app import journey
from app.contacts.models import ContactStatus
from app.core.audit import SYSTEM, Actor
from app.delivery.inbound import jobs
from app.delivery.inbound.models import InboundMail, MatchedBy, Standing
from app.delivery.inbound.reading.sorting import Kind
from app.delivery.models import InvitationChange, InvitationState, Suppression
from app.delivery.sending import closing
from app.followups import activities
from app.followups.models import ActivityKind, Task, TaskKind, TaskState
from app.health.models import ScoreDue
from app.responses.models import Response
from tests import make
from tests.delivery.inbound import samples

DAY = timedelta(days=1)


def suppressed(session) -> dict[str, str]:
    return dict(session.execute(sa.select(Suppression.email_key, Suppression.reason)).all())


def tasks(session) -> list[Task]:
    return list(session.scalars(sa.select(Task).order_by(Task.id)))


def test_a_bounce_for_good_closes_the_address_and_the_ask(session, post):
    """Found by its return path alone, with nothing of our mail in it."""
    mail = post.sent()
    taken = post.take(samples.dsn(to=mail.path, person=mail.person, about="unknown@elsewhere.example"))
    assert (taken.kind, taken.matched_by) == (Kind.HARD_BOUNCE, MatchedBy.RETURN_PATH)
    assert mail.ask.state is InvitationState.BOUNCED
    assert mail.ask.contact.status is ContactStatus.BOUNCED
    assert suppressed(session) == {mail.ask.contact.email_key: "bounced"}
    changes = session.execute(
        sa.select(InvitationChange.from_state, InvitationChange.state, InvitationChange.reason)
    )
    assert changes.one() == (InvitationState.SENT, InvitationState.BOUNCED, "550 5.1.1 user unknown")
    assert session.scalars(sa.select(ScoreDue.account_id)).all() == [mail.ask.account_id]


def test_a_bounce_is_found_by_what_it_returns_of_our_mail(session, post):
    for original in ("text/rfc822-headers", "message/rfc822"):
        mail = post.sent()
        taken = post.take(samples.dsn(person=mail.person, about=mail.message_id, original=original))
        assert (taken.kind, taken.matched_by) == (Kind.HARD_BOUNCE, MatchedBy.MESSAGE_ID)
        assert mail.ask.state is InvitationState.BOUNCED


def test_nobody_can_close_an_address_without_a_secret_of_our_mail(session, post):
    mail = post.sent()
    forged = mail.path.replace("-", "-a", 1)
    taken = post.take(samples.dsn(to=forged, person=mail.person, about="guessed@justask.example"))
    assert taken.standing is Standing.UNMATCHED
    taken = post.take(samples.arf(person=mail.person, about="guessed@justask.example"))
    assert taken.standing is Standing.UNMATCHED
    assert (mail.ask.state, mail.ask.contact.status) == (InvitationState.SENT, ContactStatus.ACTIVE)
    assert suppressed(session) == {}


def test_a_full_mailbox_and_a_delay_leave_everything_as_it_is(session, post):
    """Soft, even when the server gave up; a delay is no news at all."""
    mail = post.sent(remind_at=post.now + DAY)
    soft = post.take(
        samples.dsn(to=mail.path, person=mail.person, status="4.2.2", said="452 4.2.2 mailbox full")
    )
    late = post.take(
        samples.dsn(to=mail.path, person=mail.person, action="delayed", status="4.4.1", said="timeout")
    )
    assert [soft.kind, late.kind] == [Kind.SOFT_BOUNCE, Kind.DELAY]
    assert (mail.ask.state, mail.ask.contact.status) == (InvitationState.SENT, ContactStatus.ACTIVE)
    assert mail.ask.remind_at == post.now + DAY
    assert suppressed(session) == {}


def test_a_bounce_for_good_after_one_for_now_counts(session, post):
    mail = post.sent()
    post.take(samples.dsn(to=mail.path, person=mail.person, status="4.2.2", said="full"))
    reminder = post.sent(number=1, ask=mail.ask)
    post.take(samples.dsn(to=reminder.path, person=mail.person))
    assert mail.ask.state is InvitationState.BOUNCED
    assert suppressed(session) == {mail.ask.contact.email_key: "bounced"}


def expired(session, now) -> list[InvitationState]:
    found = []
    for ask in closing.expire_due(session, now=now):
        journey.invitation_expired(session, ask, now=now)
        session.commit()
        found.append(ask.state)
    return found


def test_an_ask_of_which_every_mail_came_back_is_no_silence(session, post):
    mail = post.sent()
    post.sent(number=1, ask=mail.ask)
    for number in (0, 1):
        path = post.paths.make(f"{mail.ask.id * 16 + number:032x}@justask.example")
        post.take(
            samples.dsn(
                to=path, person=mail.person, status="4.2.2", said="full", message_id=f"{number}@mx.example"
            )
        )
    assert expired(session, mail.ask.closes_at) == [InvitationState.REFUSED]
    assert tasks(session) == []


def test_an_ask_whose_reminder_arrived_is_a_silence(session, post):
    mail = post.sent()
    post.take(samples.dsn(to=mail.path, person=mail.person, status="4.2.2", said="full"))
    post.sent(number=1, ask=mail.ask)
    assert expired(session, mail.ask.closes_at) == [InvitationState.SILENT]
    assert [task.kind for task in tasks(session)] == [TaskKind.SILENT]


def test_a_bounce_that_is_heard_after_the_closing_takes_the_silence_back(session, post):
    """The mailbox was down until after the ask had closed."""
    mail = post.sent()
    assert expired(session, mail.ask.closes_at) == [InvitationState.SILENT]
    post.take(samples.dsn(to=mail.path, person=mail.person))
    assert mail.ask.state is InvitationState.BOUNCED
    assert [(task.kind, task.state) for task in tasks(session)] == [(TaskKind.SILENT, TaskState.CLOSED)]


def test_a_bounce_of_somebody_who_answered_closes_the_address_alone(session, post):
    mail = post.sent()
    make.response(9, invitation=mail.ask)
    post.take(samples.dsn(to=mail.path, person=mail.person))
    assert mail.ask.state is InvitationState.ANSWERED
    assert suppressed(session) == {mail.ask.contact.email_key: "bounced"}


def test_an_address_to_which_somebody_forwards_is_not_theirs(session, post):
    mail = post.sent()
    taken = post.take(samples.dsn(to=mail.path, person=mail.person, final="old@elsewhere.example"))
    assert taken.kind is Kind.SOFT_BOUNCE
    assert mail.ask.state is InvitationState.SENT


def test_a_corrected_address_is_not_closed_by_the_bounce_of_the_old_one(session, post):
    mail = post.sent()
    person, old = mail.ask.contact, mail.ask.contact.email_key
    raw = samples.dsn(to=mail.path, person=mail.person)
    person.email, person.email_key = "right@customer.example", "right@customer.example"
    post.take(raw)
    assert (person.status, suppressed(session)) == (ContactStatus.ACTIVE, {old: "bounced"})


def test_a_complaint_ends_all_mail_and_opens_a_task(session, post):
    mail = post.sent()
    taken = post.take(samples.arf(to=mail.path, person="redacted@customer.example"))
    assert taken.kind is Kind.COMPLAINT
    assert mail.ask.contact.status is ContactStatus.UNSUBSCRIBED
    assert suppressed(session).keys() == {mail.ask.contact.email_key}
    (task,) = tasks(session)
    assert (task.kind, task.contact_id, task.replied_at) == (TaskKind.ALERT, mail.ask.contact_id, None)
    assert "spam" in task.reason
    post.take(samples.arf(to=mail.path, about="again@mx.example"))
    assert len(tasks(session)) == 1


def test_an_absence_is_no_answer_and_no_bounce(session, post):
    """In eight languages, with "10/10" in the text."""
    mail = post.sent()
    for subject, words in samples.ABSENCES.values():
        taken = post.take(samples.letter(words, subject=subject, about=mail.message_id, sender=mail.person))
        assert (taken.kind, taken.returns_on) == (Kind.AUTO_REPLY, date(2026, 3, 16))
        assert (mail.ask.state, mail.ask.is_auto_reply) == (InvitationState.SENT, True)
    assert session.scalars(sa.select(Response)).all() == []
    assert tasks(session) == []
    assert suppressed(session) == {}


def test_a_reply_lands_on_a_new_task_when_there_is_none(session, post):
    owner = make.staff()
    mail = post.sent(contact=make.contact(account=make.account(owner=owner)))
    taken = post.take(samples.letter("Please call me.", about=mail.message_id))
    (task,) = tasks(session)
    assert (task.kind, task.owner_id, task.replied_at) == (TaskKind.ALERT, owner.id, post.now)
    assert [entry.mail.words for entry in task.mails] == ["Please call me."]
    assert (taken.invitation_id, taken.contact_id) == (mail.ask.id, mail.ask.contact_id)
    assert mail.ask.state is InvitationState.SENT


def test_a_reply_lands_on_the_task_of_its_answer_and_waits_until_somebody_answers(session, post):
    mail = post.sent()
    make.answer(3, invitation=mail.ask)
    session.commit()
    (task,) = tasks(session)
    activities.snooze(task, post.now + 5 * DAY, by=Actor("staff", None, "Ines Vogel"), now=post.now)
    post.take(samples.letter("And the export is broken.", about=mail.message_id))
    assert (tasks(session), task.replied_at, task.snoozed_until) == ([task], post.now, None)
    activities.log(
        session, task, ActivityKind.MAIL, "Wrote.", at=post.now, is_two_way=False, by=SYSTEM, now=post.now
    )
    assert task.replied_at is None


def test_a_reply_opens_a_closed_task_again(session, post):
    mail = post.sent()
    task = make.task(contact=mail.ask.contact, invitation=mail.ask, kind=TaskKind.SILENT)
    task.move(TaskState.CLOSED, now=post.now, by="Kim")
    post.take(samples.letter("Here I am.", about=mail.message_id))
    assert tasks(session) == [task]
    assert (task.state, task.replied_at) == (TaskState.REOPENED, post.now)
    assert task.due_at > post.now


def test_an_answer_does_not_close_a_task_on_which_somebody_waits(session, post):
    mail = post.sent()
    expired(session, mail.ask.closes_at)
    post.take(samples.letter("One question first.", about=mail.message_id))
    make.answer(9, invitation=mail.ask, now=mail.ask.closes_at + DAY)
    states = {task.kind: task.state for task in tasks(session)}
    assert states[TaskKind.SILENT] is not TaskState.CLOSED


def test_a_reply_is_threaded_by_whatever_it_carries(session, settings, post):
    for clue in ("return_path", "message_id", "link", "sender"):
        mail = post.sent()
        raw = samples.letter(
            f"See http://127.0.0.1/a/{make.token(settings, mail.ask)}" if clue == "link" else "Hello",
            to=mail.path if clue == "return_path" else "surveys@justask.example",
            about=mail.message_id if clue == "message_id" else "",
            sender=mail.person if clue == "sender" else "second@address.example",
        )
        taken = post.take(raw)
        assert (taken.matched_by, taken.invitation_id) == (clue, mail.ask.id)
        assert make.token(settings, mail.ask) not in taken.words


def test_a_reply_of_which_nothing_says_whose_it_is_waits_for_somebody(session, post):
    taken = post.take(samples.letter("Hello?", about="", sender="stranger@elsewhere.example"))
    assert (taken.kind, taken.standing, taken.words) == (Kind.REPLY, Standing.UNMATCHED, "Hello?")
    assert tasks(session) == []


def test_a_colleague_who_writes_waits_for_nobody(session, post):
    colleague = make.staff(email="csm@company.example")
    mail = post.sent()
    taken = post.take(samples.letter("FYI", about=mail.message_id, sender="CSM@company.example"))
    assert (taken.kind, tasks(session)) == (Kind.NOTICE, [])
    assert colleague.active


def test_a_mail_of_ours_that_comes_to_ourselves_is_nobody_s_reply(session, settings, post):
    mail = post.sent()
    link = f"http://127.0.0.1/a/{make.token(settings, mail.ask)}"
    headers = "Auto-Submitted: auto-generated\n"
    taken = post.take(samples.letter(link, about="", message_id=mail.message_id, headers=headers))
    assert (taken.kind, taken.words, mail.ask.is_auto_reply, tasks(session)) == (Kind.NOTICE, "", False, [])


def test_a_mail_that_met_another_at_the_same_task_tries_again(session, settings, post, monkeypatch):
    mail, tries = post.sent(), []
    real = journey.mail_replied

    def replied(session, mail, *, now):
        tries.append(mail.id)
        if len(tries) == 1:
            raise sa.exc.IntegrityError("INSERT", None, Exception("the other one was first"))
        real(session, mail, now=now)

    monkeypatch.setattr(journey, "mail_replied", replied)
    assert post.take(samples.letter("Hello", about=mail.message_id)).standing is Standing.TAKEN
    assert len(tries) == 2
    assert len(tasks(session)) == 1


def test_each_mail_is_taken_once(session, post):
    mail = post.sent()
    raw = samples.letter("Please call me.", about=mail.message_id, message_id="one@customer.example")
    assert post.take(raw) is not None
    assert post.take(b"Received: by another way\n" + raw.replace(b"\n", b"\r\n")) is None
    assert len(tasks(session)[0].mails) == 1


def test_a_mail_that_cannot_be_read_is_set_aside_and_sealed(session, settings, post):
    raw = b"From: kim@customer.example\n" + b"".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n".encode() for n in range(3000)
    )
    taken = post.take(raw)
    assert (taken.standing, taken.kind) == (Standing.SET_ASIDE, None)
    assert b"kim@customer.example" not in taken.sealed
    assert post.take(raw) is None


def test_a_mail_on_which_we_stumble_is_set_aside_and_can_be_tried_again(session, settings, post, monkeypatch):
    mail = post.sent()
    monkeypatch.setattr(journey, "mail_replied", lambda *given, **more: 1 / 0)
    taken = post.take(samples.letter("Hello", about=mail.message_id))
    assert (taken.standing, taken.reason) == (Standing.SET_ASIDE, "ZeroDivisionError: division by zero")
    monkeypatch.undo()
    assert jobs.let_in_again(session, settings, taken, now=post.now) == ""
    assert (taken.standing, taken.words, taken.sealed) == (Standing.TAKEN, "Hello", None)
    assert tasks(session)[0].replied_at == post.now


def test_who_is_erased_leaves_nothing_in_what_came_in(session, settings, post):
    mail = post.sent()
    post.take(samples.letter("My name is Kim.", about=mail.message_id, sender=mail.person))
    post.take(samples.letter("Hello", about="", sender=mail.person, message_id="x@y.example"))
    aside = b"no colon " + mail.person.encode()
    post.take(aside)
    journey.person_erased(session, mail.ask.contact, now=post.now, actor=SYSTEM)
    session.commit()
    for row in session.scalars(sa.select(InboundMail)):
        assert (row.words, row.from_address, row.subject, row.from_key, row.sealed) == (
            "",
            "",
            "",
            None,
            None,
        )
    assert all(not task.is_open and task.replied_at is None for task in tasks(session))
    late = post.take(samples.letter("Still Kim", about=mail.message_id, sender=mail.person))
    assert (late.standing, late.words, late.from_address) == (Standing.DISMISSED, "", "")


def test_what_came_in_is_told_and_moves_with_the_account(session, post):
    mail = post.sent()
    post.take(samples.letter("Hello", about=mail.message_id))
    told = journey.person_told(session, mail.ask.contact)
    assert [row["words"] for row in told["mails_that_came_in"]] == ["Hello"]
    other = make.account()
    journey.accounts_merged(session, mail.ask.account, other, now=post.now, actor=SYSTEM)
    assert post.newest().account_id == other.id

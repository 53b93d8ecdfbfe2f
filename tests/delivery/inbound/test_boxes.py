"""Fetching from a maildir on disk and from an IMAP server over sockets; nothing lost, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import jobs as timetable
from app.core.installation import installation
from app.core.processes.workers import JobFailure
from app.delivery.inbound import jobs
from app.delivery.inbound.boxes.imap import ImapBox, utf7
from app.delivery.inbound.boxes.items import BoxFault
from app.delivery.inbound.boxes.maildir import Maildir
from app.delivery.inbound.boxes.opening import box_of
from app.delivery.inbound.models import InboundBox, InboundMail, Standing
from app.delivery.models import InvitationChange, InvitationState
from app.followups.models import Task
from tests.conftest import NOW
from tests.delivery.inbound import samples
from tests.delivery.inbound.mailserver import Folder, MailServer
from tests.delivery.test_server import certificate, tls  # noqa: F401 fixtures

POISON = b"".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n".encode() for n in range(2000))


@pytest.fixture
def server():
    server = MailServer()
    yield server
    server.stop()


def imap(server: MailServer, **options) -> ImapBox:
    return replace(ImapBox("127.0.0.1", server.port, "bounces", "secret", tls=False, timeout=5), **options)


@pytest.fixture
def maildir(tmp_path) -> Path:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "mail" / folder).mkdir(parents=True)
    return tmp_path / "mail"


def standings(session) -> list[str]:
    return [row.standing.value for row in session.scalars(sa.select(InboundMail).order_by(InboundMail.id))]


def test_a_maildir_is_emptied_once_and_one_bad_mail_keeps_nobody_waiting(session, settings, post, maildir):
    one, other = post.sent(), post.sent()
    (maildir / "new" / "1.a").write_bytes(samples.dsn(to=one.path, person=one.person))
    (maildir / "new" / "2.b").write_bytes(POISON)
    (maildir / "cur" / "3.c:2,S").write_bytes(samples.letter("Hello", about=other.message_id))
    box = Maildir(maildir)
    assert jobs.fetch(session, settings, box, now=NOW) == 3
    assert standings(session) == ["taken", "set_aside", "taken"]
    assert one.ask.state is InvitationState.BOUNCED
    assert len(list((maildir / ".Handled" / "cur").iterdir())) == 3
    assert jobs.fetch(session, settings, box, now=NOW) == 0


def test_a_mail_that_was_taken_but_not_put_away_is_known_again(session, settings, post, maildir):
    """As after a crash between the commit and the move."""
    mail = post.sent()
    (maildir / "new" / "1.a").write_bytes(samples.letter("Hello", about=mail.message_id))
    (item,) = Maildir(maildir).look({})
    assert jobs.let_in(session, settings, item.raw, now=NOW)
    assert jobs.fetch(session, settings, Maildir(maildir), now=NOW) == 0
    assert len(session.scalars(sa.select(Task)).one().mails) == 1
    assert not list((maildir / "new").iterdir())


def test_a_folder_that_is_no_maildir_is_told_in_words(session, settings, tmp_path):
    with pytest.raises(BoxFault, match="cannot be read"):
        list(Maildir(tmp_path / "nowhere").look({}))


def test_imap_is_read_from_where_we_stood(session, settings, post, server):
    one, other = post.sent(), post.sent()
    server.inbox.add(samples.dsn(to=one.path, person=one.person))
    assert jobs.fetch(session, settings, imap(server), now=NOW) == 1
    server.inbox.seen.clear()
    server.inbox.following += 5000  # Others were deleted in between.
    server.inbox.add(samples.letter("Hello", about=other.message_id))
    assert jobs.fetch(session, settings, imap(server), now=NOW) == 1
    assert standings(session) == ["taken", "taken"]
    assert server.inbox.seen == {5002}
    row = session.get(InboundBox, imap(server).name)
    assert (row.cursor, row.well_at) == ({"validity": 7, "uid": 5002}, NOW)


def test_a_folder_that_was_numbered_anew_brings_nothing_twice(session, settings, post, server):
    mail = post.sent()
    server.inbox.add(samples.letter("Hello", about=mail.message_id))
    assert jobs.fetch(session, settings, imap(server), now=NOW) == 1
    server.inbox.renumber()
    server.inbox.add(samples.letter("And more", about=mail.message_id, message_id="two@customer.example"))
    assert jobs.fetch(session, settings, imap(server), now=NOW) == 1
    assert len(session.scalars(sa.select(Task)).one().mails) == 2


def test_a_connection_that_breaks_goes_on_where_it_broke(session, settings, post, server):
    mails = [post.sent() for _ in range(4)]
    for mail in mails:
        server.inbox.add(samples.dsn(to=mail.path, person=mail.person))
    server.break_after = 2
    assert jobs.fetch(session, settings, imap(server), now=NOW) == 2
    failure = session.scalars(sa.select(JobFailure)).one()
    assert (failure.job, failure.tries, failure.parked_at) == ("fetch_mail", 1, None)
    later = failure.next_try_at
    assert jobs.fetch(session, settings, imap(server), now=later) == 2
    assert {mail.ask.state for mail in mails} == {InvitationState.BOUNCED}
    assert session.scalars(sa.select(JobFailure)).all() == []


def test_a_mailbox_that_is_down_for_a_day_is_caught_up(session, settings, post, maildir):
    """Shown as failed all the time, never parked; afterwards everything is taken, once."""
    mails = [post.sent() for _ in range(3)]
    gone, now = maildir.rename(maildir.with_name("gone")), NOW
    while now < NOW + timedelta(days=1):
        assert jobs.fetch(session, settings, Maildir(maildir), now=now) == 0
        now += timedelta(minutes=30)
    failure = session.scalars(sa.select(JobFailure)).one()
    assert (failure.tries, failure.parked_at) == (48, None)
    row = session.get(InboundBox, Maildir(maildir).name)
    assert row.fault_since == NOW
    for number, mail in enumerate(mails):
        (gone / "new" / f"{number}.x").write_bytes(samples.dsn(to=mail.path, person=mail.person))
        (gone / "new" / f"{number}.y").write_bytes(samples.dsn(to=mail.path, person=mail.person))
    gone.rename(maildir)
    assert jobs.fetch(session, settings, Maildir(maildir), now=now) == 3
    assert {mail.ask.state for mail in mails} == {InvitationState.BOUNCED}
    assert session.scalars(sa.select(JobFailure)).all() == []
    session.refresh(row)
    assert (row.fault, row.fault_since) == (None, None)


def test_an_imap_server_that_is_down_and_then_over_quota_for_a_day_is_caught_up(
    session, settings, post, server
):
    """Over IMAP: half a day nobody listens, half a day the folder cannot be opened; nothing is lost or twice."""
    mails = [post.sent() for _ in range(4)]
    server.inbox.add(samples.dsn(to=mails[0].path, person=mails[0].person))
    assert jobs.fetch(session, settings, imap(server), now=NOW) == 1
    server.stop()
    now, faults = NOW, set()
    while now < NOW + timedelta(hours=12):
        now += timedelta(minutes=30)
        assert jobs.fetch(session, settings, imap(server), now=now) == 0
        faults.add(session.get(InboundBox, imap(server).name).fault)
    back = MailServer(port=server.port)
    try:
        back.folders, back.refusal = server.folders, "[OVERQUOTA] the mailbox is full"
        while now < NOW + timedelta(hours=24):
            now += timedelta(minutes=30)
            assert jobs.fetch(session, settings, imap(server), now=now) == 0
            faults.add(session.get(InboundBox, imap(server).name).fault)
        assert {fault.partition(": ")[2] for fault in faults} == {
            "Connection refused.",
            "[OVERQUOTA] the mailbox is full",
        }
        for mail in mails:
            for number in range(2):
                back.inbox.add(
                    samples.dsn(to=mail.path, person=mail.person, message_id=f"{number}.{mail.ask.id}@mx")
                )
        back.refusal, now = "", now + timedelta(minutes=30)
        assert jobs.fetch(session, settings, imap(server), now=now) == 8
        assert jobs.fetch(session, settings, imap(server), now=now) == 0
    finally:
        back.stop()
    for mail in mails:
        changes = sa.select(sa.func.count()).select_from(InvitationChange)
        assert session.scalar(changes.where(InvitationChange.invitation_id == mail.ask.id)) == 1
        assert mail.ask.state is InvitationState.BOUNCED
    assert session.scalars(sa.select(JobFailure)).all() == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_faults_of_a_mailbox_are_told_without_the_password(server, database_kind):
    cases = [
        (imap(server, password="hunter2"), "refused the sign-in of bounces"),
        (imap(server, folder="Nowhere"), "no such folder"),
        (imap(server, starttls=True), "offers no encryption"),
        (imap(server, port=1), "No connection to"),
        (imap(server, tls=True), "No encrypted connection"),
    ]
    for box, words in cases:
        with pytest.raises(BoxFault, match=words) as fault:
            list(box.look({}))
        assert "hunter2" not in fault.value.words


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_server_that_knows_only_login_and_folders_with_odd_names(database_kind):
    server = MailServer(capabilities="", password='a "quoted" \\ one')
    server.folders["R&APw-ckl&AOQ-ufer"] = Folder()
    server.folders["R&APw-ckl&AOQ-ufer"].add(b"From: a@b.example\n\nx")
    try:
        box = imap(server, folder="Rückläufer", password='a "quoted" \\ one')
        assert [item.raw for item in box.look({})] == [b"From: a@b.example\n\nx"]
    finally:
        server.stop()
    assert utf7("A & B/日本") == "A &- B/&ZeVnLA-"


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_tls_is_spoken_and_a_certificate_nobody_vouches_for_is_refused(tls, certificate, database_kind):  # noqa: F811
    server = MailServer(context=tls)
    server.inbox.add(b"From: a@b.example\n\nx")
    try:
        assert len(list(imap(server, tls=True, ca=str(certificate)).look({}))) == 1
        assert len(list(imap(server, tls=True, verify=False).look({}))) == 1
        with pytest.raises(BoxFault, match=r"certificate of .* is not trusted"):
            list(imap(server, tls=True).look({}))
    finally:
        server.stop()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_a_connection_is_made_safe_before_the_password_is_sent(tls, certificate, database_kind):  # noqa: F811
    server = MailServer(upgrade=tls)
    server.inbox.add(b"From: a@b.example\n\nx")
    try:
        assert len(list(imap(server, starttls=True, ca=str(certificate)).look({}))) == 1
        verbs = [command.split()[0] for command in server.commands]
        assert verbs.index("STARTTLS") < verbs.index("AUTHENTICATE")
        server.commands.clear()
        with pytest.raises(BoxFault, match=r"certificate of .* is not trusted"):
            list(imap(server, starttls=True).look({}))
        with pytest.raises(BoxFault, match="refused the sign-in"):
            list(imap(server, starttls=False).look({}))
        assert not any("secret" in command for command in server.commands[:2])
    finally:
        server.stop()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_box_is_what_the_setting_says(settings, tmp_path, database_kind):
    def box(url):
        return box_of(replace(settings, INBOUND_URL=url))

    assert box("") is None
    assert box(f"maildir:{tmp_path}").path == tmp_path
    found = box("imaps://kim%40x.example:p%2Fw@mail.example/Bounces/Old?verify=0")
    assert (found.user, found.password, found.port) == ("kim@x.example", "p/w", 993)
    assert (found.folder, found.verify, found.name) == (
        "Bounces/Old",
        False,
        "imaps://mail.example:993/Bounces/Old",
    )
    assert "p/w" not in repr(found)
    for wrong in ("imap://", "pop3://x", "imaps://h?starttls=maybe", "imaps://h?what=1", "imaps://h:99999/x"):
        with pytest.raises(ValueError, match="mailbox"):
            box(wrong)


def test_the_job_fetches_from_the_box_of_the_settings(app, session, settings, post, maildir):
    mail = post.sent()
    (maildir / "new" / "1.a").write_bytes(samples.letter("Hello", about=mail.message_id))
    assert timetable.fetch_mail(NOW) == 0
    app.extensions["settings"] = replace(settings, INBOUND_URL=f"maildir:{maildir}")
    installation(session).held_at = NOW
    assert timetable.fetch_mail(NOW) == 0
    installation(session).held_at = None
    assert timetable.fetch_mail(NOW) == 1
    session.execute(sa.update(InboundMail).values(standing=Standing.SET_ASIDE, sealed=b"x"))
    assert timetable.forget_set_aside(NOW + timedelta(days=29)) == 0
    assert timetable.forget_set_aside(NOW + timedelta(days=31)) == 1
    assert session.scalars(sa.select(InboundMail.standing)).one() is Standing.DISMISSED

"""The built-in mailbox keeps what would have been sent, and nothing else can be read through it."""

import stat

from app.delivery.mail.mailbox import Mailbox, MailboxLane
from app.delivery.mail.smtp.faults import Verdict
from tests.delivery.test_lane import carry, envelope, verdicts

MAIL = b"From: ask@vendor.example\r\nTo: =?utf-8?b?xb0=?= <a@customer.example>\r\nSubject: Hello %d\r\n\r\nA line\r\n"


def test_every_mail_is_kept_once_and_listed_newest_first(tmp_path):
    lane = MailboxLane(Mailbox(tmp_path / "mailbox"))
    final = carry(lane, [envelope(n, data=MAIL % n) for n in range(30)])
    assert verdicts(final) == {Verdict.SENT: 30}
    lines = list(lane.mailbox.lines(limit=100))
    assert [line.subject for line in lines] == [f"Hello {n}" for n in reversed(range(30))]
    assert lines[0].to == "Ž <a@customer.example>"


def test_a_withdrawn_mail_is_not_kept(tmp_path):
    lane = MailboxLane(Mailbox(tmp_path))
    carry(lane, [envelope(n, data=MAIL % n) for n in range(4)], withdraw={1})
    assert {line.subject for line in lane.mailbox.lines()} == {"Hello 0", "Hello 2", "Hello 3"}


def test_the_list_can_be_searched_and_paged(tmp_path):
    box = Mailbox(tmp_path)
    names = [box.keep(MAIL % n) for n in range(12)]
    assert [line.subject for line in box.lines(search="hello 1")] == ["Hello 11", "Hello 10", "Hello 1"]
    assert [line.name for line in box.lines(2, before=names[5])] == [names[4], names[3]]


def test_a_mail_is_read_whole(tmp_path):
    box = Mailbox(tmp_path)
    assert box.mail(box.keep(MAIL % 1)).get_content() == "A line\r\n"


def test_no_name_leads_out_of_the_folder(tmp_path):
    box = Mailbox(tmp_path / "mailbox")
    name = box.keep(MAIL % 1)
    (tmp_path / "secret.eml").write_bytes(b"x")
    for wrong in ("../secret.eml", "/etc/passwd", name + "\0", name.upper(), "", "0" * 19 + "-00000000.eml"):
        assert box.data(wrong) is None


def test_the_mails_are_readable_by_their_owner_alone(tmp_path):
    box = Mailbox(tmp_path / "mailbox")
    path = box.folder / box.keep(MAIL % 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(box.folder.stat().st_mode) == 0o700


def test_old_mails_go_when_there_are_too_many(tmp_path):
    box = Mailbox(tmp_path)
    names = [box.keep(MAIL % n) for n in range(6)]
    assert box.empty(keep=2) == 4
    assert box.names() == names[:3:-1]
    assert list(Mailbox(tmp_path / "nowhere").lines()) == []

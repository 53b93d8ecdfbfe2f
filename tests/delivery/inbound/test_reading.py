"""What mails from outside are and say, whatever their octets (pure)."""

from __future__ import annotations

import base64
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.inbound.reading import automatic, letter, quotes, sorting
from app.delivery.inbound.reading.letter import Unreadable
from app.delivery.inbound.reading.sorting import Kind
from tests.conftest import NOW
from tests.delivery.inbound import samples


def sort(raw: bytes) -> sorting.Sorted:
    return sorting.sort(letter.read(raw), now=NOW)


@pytest.mark.parametrize(
    ("action", "status", "said", "kind"),
    [
        ("failed", "5.1.1", "550 5.1.1 user unknown", Kind.HARD_BOUNCE),
        ("failed", "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", Kind.HARD_BOUNCE),
        ("failed", "5.1.2", "host not found", Kind.HARD_BOUNCE),
        ("failed", "4.2.2", "452 4.2.2 mailbox full", Kind.SOFT_BOUNCE),
        ("failed", "5.2.2", "552 5.2.2 over quota", Kind.SOFT_BOUNCE),
        ("failed", "5.7.1", "550 5.7.1 blocked: user unknown to us", Kind.SOFT_BOUNCE),
        ("failed", "5.1.8", "550 5.1.8 sender refused", Kind.SOFT_BOUNCE),
        ("failed", "5.1.7", "", Kind.SOFT_BOUNCE),
        ("failed", "4.1.1", "450 4.1.1 try later", Kind.SOFT_BOUNCE),
        ("failed", "5.0.0", "550 5.1.1 no such user", Kind.HARD_BOUNCE),
        ("failed", "5.0.0", "550 No such user here", Kind.HARD_BOUNCE),
        ("failed", "5.0.0", "450 No such user here, for now", Kind.SOFT_BOUNCE),
        ("failed", "5.0.0", "550 mailbox is full", Kind.SOFT_BOUNCE),
        ("failed", "", "", Kind.SOFT_BOUNCE),
        ("delayed", "4.4.1", "connection timed out", Kind.DELAY),
        ("delayed", "5.1.1", "", Kind.DELAY),
        ("relayed", "2.0.0", "", Kind.NOTICE),
        ("delivered", "2.1.5", "", Kind.NOTICE),
    ],
)
def test_a_bounce_is_hard_only_when_its_status_says_that_there_is_no_such_address(action, status, said, kind):
    found = sort(samples.dsn(action=action, status=status, said=said))
    assert found.kind is kind
    assert samples.OURS in found.clues.message_ids


def test_a_report_that_was_encoded_against_the_standard_is_read():
    fields = b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; kim@customer.example\nAction: failed\nStatus: 5.1.1\n"
    raw = samples.dsn()
    head, _, rest = raw.partition(b"Content-Type: message/delivery-status\n\n")
    tail = rest.partition(b"--b\n")[2]
    coded = (
        b"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(fields)
    )
    found = sort(head + coded + b"\n--b\n" + tail)
    assert (found.kind, found.reports[0].recipients) == (Kind.HARD_BOUNCE, ("kim@customer.example",))


@pytest.mark.parametrize(
    ("raw", "kind"), [(samples.QMAIL, Kind.HARD_BOUNCE), (samples.QMAIL_FULL, Kind.SOFT_BOUNCE)]
)
def test_a_bounce_that_follows_no_standard_is_known_by_its_words(raw, kind):
    found = sort(raw)
    assert found.kind is kind
    assert found.clues.message_ids == [samples.OURS]


def test_a_bounce_that_somebody_forwards_is_a_letter():
    inner = samples.dsn().decode()
    raw = (
        f"From: {samples.PERSON}\nSubject: Look what I got\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n"
        f"--o\nContent-Type: text/plain\n\nWhat is this?\n--o\nContent-Type: message/rfc822\n\n{inner}\n--o--\n"
    )
    found = sort(raw.encode())
    assert (found.kind, found.words) == (Kind.REPLY, "What is this?")


def test_a_complaint_is_known_and_a_report_that_it_was_no_spam_is_none():
    assert sort(samples.arf()).kind is Kind.COMPLAINT
    assert sort(samples.arf(kind="not-spam")).kind is Kind.NOTICE
    assert samples.OURS in sort(samples.arf()).clues.message_ids


@pytest.mark.parametrize("language", samples.ABSENCES)
@pytest.mark.parametrize("by", ["header", "subject", "words"])
def test_an_absence_is_known_in_every_language(language, by):
    """By what the header says, by the subject alone, and by the words alone."""
    subject, words = samples.ABSENCES[language]
    headers = "Auto-Submitted: auto-replied\n" if by == "header" else ""
    raw = samples.letter(words, subject=subject if by == "subject" else "Re: A question", headers=headers)
    found = sort(raw)
    assert (found.kind, found.returns_on) == (Kind.AUTO_REPLY, date(2026, 3, 16))


@pytest.mark.parametrize(
    "header",
    [
        "X-Autoreply: yes",
        "X-Autorespond: 1",
        "Precedence: auto_reply",
        "Precedence: bulk",
        "Auto-Submitted: auto-generated",
    ],
)
def test_a_program_that_says_so_is_believed(header):
    assert sort(samples.letter("Thank you, we have got it.", headers=f"{header}\n")).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "words",
    [
        "Great tool, 10/10! I was out of the office last week, sorry for the delay.",
        "Auf Urlaub freue ich mich auch. 9 von 10.",
        "I am out of the office until Monday, but: the export is broken.\n\nOn Mon, 2 Mar 2026, Vendor wrote:\n> A question",
    ],
)
def test_a_person_who_speaks_of_holidays_is_a_person(words):
    assert sort(samples.letter(words)).kind is Kind.REPLY
    assert sort(samples.letter(words, headers="Auto-Submitted: no\n")).kind is Kind.REPLY


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("back on Monday", date(2026, 3, 9)),
        ("I am out of the office until Monday. 10/10 would holiday again.", date(2026, 3, 9)),
        ("until March 10th", date(2026, 3, 10)),
        ("from 10 to 20 March 2026", date(2026, 3, 20)),
        ("from 2026-03-10 to 2026-03-20", date(2026, 3, 20)),
        ("bis 3. Januar", date(2027, 1, 3)),
        ("until 31/03/2026", date(2026, 3, 31)),
        ("until 05/04/2026", None),
        ("until 31 February", None),
        ("call 10 10 10", None),
        ("since 1 March 2020", None),
        ("soon", None),
    ],
)
def test_the_day_of_return_is_read_only_when_it_is_one_day(words, day):
    assert automatic.return_date(words, today=date(2026, 3, 4)) == day


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "Good.\n\nOn Mon, 2 Mar 2026 at 10:00, Vendor <a@b.example> wrote:\n> How likely?\n> Really?",
            "Good.",
        ),
        ("Gut.\n\nAm Mo., 2. März 2026 um 10:00 Uhr schrieb Vendor <a@b.example>:\n\n> Frage", "Gut."),
        ("Bien.\n\nLe lun. 2 mars 2026 à 10:00, Vendor <a@b.example> a\nécrit :\n\n> Question", "Bien."),
        ("Gut.\n\nVon: Vendor <a@b.example>\nGesendet: Montag, 2. März\nAn: Kim\n\nFrage", "Gut."),
        ("Good.\n\n-----Original Message-----\nFrom: Vendor\nSent: Monday\n\nQuestion", "Good."),
        (
            "Good.\n\n________________________________\nFrom: Vendor <a@b.example>\nSent: Monday\n\nQuestion",
            "Good.",
        ),
        ("> How likely?\n9, it is fast.\n> Why?\nSee above.", "9, it is fast.\nSee above."),
        ("From: what I know it is good.\nAll of it.", "From: what I know it is good.\nAll of it."),
        ("On the whole it is good, I wrote:\nlast year.", "On the whole it is good, I wrote:\nlast year."),
        ("> only this", "> only this"),
        ("", ""),
    ],
)
def test_what_was_quoted_is_folded_and_what_was_written_is_kept(text, written):
    assert quotes.fold(text)[0] == written


def test_html_is_read_as_words_and_its_quotes_as_quotes():
    html = "<style>p{}</style><p>Good &amp; fast,<br>mostly.</p><script>alert(1)</script><blockquote>How <b>likely</b>?</blockquote>"
    raw = f"From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n{html}".encode()
    found = sort(raw)
    assert (found.words, found.quoted) == ("Good & fast,\nmostly.", "> How likely?")


@pytest.mark.parametrize(
    ("charset", "octets", "text"),
    [
        ("iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("windows-1251", "Спасибо".encode("cp1251"), "Спасибо"),
        ("iso-2022-jp", "ありがとう".encode("iso-2022-jp"), "ありがとう"),
        ("gb18030", "谢谢".encode("gb18030"), "谢谢"),
        ("no-such-set", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("cp1252"), "Grüße"),
        ("rot13", b"plain", "plain"),
        ("punycode", b"plain", "plain"),
        ("utf-8", b"a\x00b\xff", "ab\u00ff"),
    ],
)
def test_every_charset_ends_in_text_that_can_be_stored(charset, octets, text):
    raw = f"From: a@b.example\nContent-Type: text/plain; charset={charset}\n\n".encode() + octets
    assert letter.read(raw).words == text


def test_headers_are_decoded_even_where_they_hold_raw_octets():
    for subject in ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße", "=?no-such?q?Gr=C3=BC=C3=9Fe?="):
        assert (
            letter.read(f"From: a@b.example\nSubject: {subject}\n\nx".encode()).header("Subject") == "Grüße"
        )
    assert (
        letter.read("From: a@b.example\nSubject: Grüße\n\nx".encode("latin-1")).header("Subject") == "Grüße"
    )


def test_names_of_attachments_are_noted_and_nothing_else_of_them():
    raw = (
        b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain\n\n"
        b'See there.\n--o\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="offer.pdf"\n\nPDF\n--o--\n'
    )
    read = letter.read(raw)
    assert (read.words, read.attachments) == ("See there.", ["offer.pdf"])


def test_links_that_open_an_answer_page_are_not_kept():
    token = "t" * 44
    found = sort(samples.letter(f"http://host/a/{token}?score=9 is broken\n\n> http://host/u/{token}"))
    assert found.clues.tokens == [token]
    assert token not in found.words + found.quoted


def test_the_same_mail_is_known_again_whichever_way_it_came():
    raw = samples.letter("Hi", message_id="one@customer.example")
    moved = b"Received: from elsewhere\r\nDelivered-To: other@justask.example\r\n" + raw.replace(
        b"\n", b"\r\n"
    )
    assert letter.digest(moved) == letter.digest(raw)
    assert letter.digest(raw.replace(b"one@", b"two@")) != letter.digest(raw)
    assert letter.digest(samples.dsn(to="x@y.example")) != letter.digest(samples.dsn(to="z@y.example"))
    assert letter.digest(b'{"one": 1}') != letter.digest(b'{"two": 2}')


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"  \n\n ",
        b"no headers at all",
        b"".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n".encode() for n in range(3000)),
    ],
    ids=["empty", "blank", "words", "endless"],
)
def test_what_is_no_mail_is_refused_in_words(raw):
    with pytest.raises(Unreadable):
        letter.read(raw)


def test_a_huge_mail_is_read_as_far_as_it_goes():
    raw = samples.letter("word " * 2_000_000)
    read = letter.read(raw)
    assert read.is_cut
    assert len(read.words) == letter.MOST_WORDS


@pytest.mark.parametrize(
    "html", ["<div>" * 60_000, "<blockquote>" * 20_000, "&" * 200_000, "<![CDATA[" * 20_000]
)
def test_html_made_to_take_long_is_cut_short(html):
    assert len(letter.without_tags(html)) <= letter.MOST_HTML * 5


@given(st.binary(max_size=400))
def test_any_octets_are_read_or_refused(octets):
    for raw in (octets, b"From: a@b.example\n" + octets, samples.dsn() + octets, octets + samples.arf()):
        try:
            found = sort(raw)
        except Unreadable:
            continue
        (found.words + found.quoted).encode()

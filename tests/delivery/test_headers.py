"""Header lines: one value makes one header, and reads back as it was meant."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr, parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.delivery.mail import headers

ADDRESS = "ann.bo@customer.example"
ODD_NAMES = [
    "Ann Bo",
    "O'Neil",
    "Doe, John",
    'The "Boss" \\ <me@x.example>',
    "Žofie Nováková",
    "مرحبا بالعالم",
    '🎉 Party, "x"',
    "x" * 300,
    "é" * 300,
    "a, " * 100,
    "中文" * 80,
    "=?utf-8?q?x?=",
    "(a comment) a",
    "a@b",
    "_a_?=",
    "\u202eabc",
    "..",
]


def read_back(octets: bytes):
    """Name, address and subject as a mail reader decodes them, after checks every line must pass."""
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert all(len(line) <= 78 for line in octets.split(b"\r\n"))
    message = message_from_bytes(octets + b"\r\n")
    assert message.keys() == ["To", "Subject"]
    name, address = parseaddr(message["To"].replace("\r\n", ""))
    return str(make_header(decode_header(name))), address, str(make_header(decode_header(message["Subject"])))


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_reads_back_as_it_was(name):
    shown = headers.one_line(name)
    octets = headers.mailbox("To", name, ADDRESS) + headers.text("Subject", name)
    assert read_back(octets)[:2] == (shown, ADDRESS)
    assert read_back(octets)[2].replace("\r\n", "") == shown


@settings(max_examples=400)
@given(
    st.text(
        st.characters() | st.sampled_from(' "\\,<>()@:;.=?_\t\r\n\0\u200f\u2028'), min_size=1, max_size=150
    )
)
def test_any_text_makes_one_header_that_reads_back(text):
    shown = headers.one_line(text)
    octets = headers.mailbox("To", text, ADDRESS) + headers.text("Subject", text)
    name, address, subject = read_back(octets)
    assert (name, address, subject.replace("\r\n", "")) == (shown, ADDRESS, shown)


@pytest.mark.parametrize(
    "text", ["Ann\r\nBcc: evil@x.example", "Ann\nX: y", "Ann\0", "Ann\x0bB", "Ann\u2028B"]
)
def test_no_value_brings_a_header_or_a_recipient_of_its_own(text):
    octets = headers.mailbox("To", text, ADDRESS) + headers.text("Subject", text)
    assert octets.count(b"\r\n") == 2
    assert message_from_bytes(octets + b"\r\n").keys() == ["To", "Subject"]


def test_a_person_without_a_name_is_addressed_all_the_same():
    assert headers.mailbox("To", " ", ADDRESS) == b"To: ann.bo@customer.example\r\n"


@pytest.mark.parametrize(
    ("address", "on_the_wire"),
    [
        ("ann@customer.example", "ann@customer.example"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("žofie@bücher.example", "žofie@xn--bcher-kva.example"),
    ],
)
def test_an_idn_domain_goes_out_as_punycode(address, on_the_wire):
    assert headers.wire_address(address) == on_the_wire
    assert f"<{on_the_wire}>".encode() in headers.mailbox("To", "Ann", address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "a b@c.example",
        "a@b.example\r\nRCPT TO:<x@y.example>",
        "a@b.example, c@d.example",
        "<a@b.example>",
        "a@@b.example",
        "a@b..example",
    ],
)
def test_what_is_not_one_address_is_refused(address):
    with pytest.raises(headers.BadAddress):
        headers.mailbox("To", "Ann", address)


def test_links_stand_one_a_line():
    line = headers.links("List-Unsubscribe", "https://ask.example/u/t", "mailto:off@ask.example?subject=t")
    assert line == b"List-Unsubscribe: <https://ask.example/u/t>,\r\n <mailto:off@ask.example?subject=t>\r\n"


@pytest.mark.parametrize(
    "link",
    ["https://a.example/>", "https://a.example/\r\nX: y", "https://a.example/ b", "https://a.example/é"],
)
def test_a_link_that_could_be_read_as_more_is_refused(link):
    with pytest.raises(ValueError, match="plain ASCII"):
        headers.links("List-Unsubscribe", link)


def test_the_date_reads_back():
    now = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert parsedate_to_datetime(headers.date(now).decode()[6:].strip()) == now

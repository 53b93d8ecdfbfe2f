"""A wave's mail, built once and joined per person: the same as if it had been built for each."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.delivery.mail.compiling import Compiled, Marks, Person, Sender, Wording, new_message_id

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
TOKEN = "Zm9v-YmFy_" * 4
LINK = "https://ask.example/a/"


def wording() -> Wording:
    mark = Marks()
    text = (
        f"Hello {mark['name']},\n\n.a dot first\nünï{mark['name']}\n" + "a long line " * 60 + "\n"
        f"{LINK}{mark['token']}?score=3\n trailing  \n{mark['note']}\nend\n"
    )
    scores = "".join(f'<a href="{LINK}{mark["token"]}?score={n}">{n}</a>' for n in range(11))
    html = f'<p title="{mark["name"]}">Hello {mark["name"]}</p>\n{scores}<p>{"lorem ipsum é " * 200}</p>\n{mark["note"]}'
    unsubscribe = (f"https://ask.example/u/{mark['token']}",)
    return Wording(mark.key, "de", f"Hi {mark['name']}, one question", text, html, unsubscribe)


WORDING = wording()
COMPILED = Compiled(WORDING, Sender("Ask, Inc", "ask@vendor.example", "csm@vendor.example"))


def finish(name="Ann", note="", token=TOKEN, compiled=COMPILED):
    values = {"name": name, "note": note, "token": token}
    person = Person(name, "ann@customer.example")
    return compiled.finish(person, values, message_id="one@vendor.example", now=NOW)


def bodies(octets):
    text, html = message_from_bytes(octets, policy=policy.default).iter_parts()
    return [part.get_content().replace("\r\n", "\n").rstrip("\n") for part in (text, html)]


@settings(max_examples=300)
@given(*[st.text(st.characters() | st.sampled_from("= .\t\r\n<>&\"'\0é🎉\u2028"), max_size=200)] * 2)
def test_a_joined_mail_reads_as_the_filled_wording(name, note):
    octets = finish(name, note)
    values = {"name": name, "note": note, "token": TOKEN}
    assert bodies(octets) == [WORDING.fill(part, values).rstrip("\n") for part in ("text", "html")]
    assert b"\n" not in octets.replace(b"\r\n", b"")
    assert b"\r" not in octets.replace(b"\r\n", b"")
    assert max(map(len, octets.split(b"\r\n"))) <= 100
    assert octets.isascii()


def test_the_headers_a_survey_mail_needs():
    message = message_from_bytes(finish(), policy=policy.default)
    assert message["From"] == '"Ask, Inc" <ask@vendor.example>'
    assert message["Reply-To"] == "csm@vendor.example"
    assert message["To"] == "Ann <ann@customer.example>"
    assert message["Subject"] == "Hi Ann, one question"
    assert message["Message-ID"] == "<one@vendor.example>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] == f"<https://ask.example/u/{TOKEN}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Content-Language"] == "de"
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert all(len(message.get_all(name)) == 1 for name in message.keys())  # noqa: SIM118


def test_a_value_is_escaped_for_the_place_it_lands_in():
    text, html = bodies(finish("<b>\"Ann\" & 'Bo'</b>"))
    assert "Hello <b>\"Ann\" & 'Bo'</b>," in text
    assert "&lt;b&gt;&quot;Ann&quot; &amp; &#x27;Bo&#x27;&lt;/b&gt;" in html
    assert "<b>" not in html


def test_a_value_cannot_bring_a_mark_of_its_own():
    stolen = Marks(WORDING.key)["token"]
    octets = finish(note=stolen)
    assert stolen in bodies(octets)[0]


def test_a_link_value_that_is_no_token_is_refused():
    with pytest.raises(ValueError, match="link"):
        finish(token='x" onclick="')


def test_a_missing_value_is_an_error_and_never_an_empty_place():
    with pytest.raises(KeyError):
        COMPILED.finish(
            Person("Ann", "ann@customer.example"), {"name": "Ann"}, message_id="a@b.example", now=NOW
        )


def test_a_wording_knows_what_it_asks_of_a_person():
    assert WORDING.names() == {"name", "note", "token"}


def test_a_template_that_cuts_a_mark_is_found_when_compiling():
    mark = Marks()
    cut = mark["name"][:-3]
    with pytest.raises(ValueError, match="cut a mark"):
        Compiled(Wording(mark.key, "en", "s", cut, "<p></p>"), Sender("", "ask@vendor.example"))


def test_a_mail_without_unsubscribe_links_says_nothing_of_them():
    compiled = Compiled(Wording("m1", "en", "s", "text", "<p>html</p>"), Sender("", "ask@vendor.example"))
    octets = compiled.finish(Person("", "ann@customer.example"), {}, message_id="a@b.example", now=NOW)
    assert b"List-" not in octets


def test_message_ids_differ_and_live_in_the_senders_domain():
    ids = {new_message_id("ask@bücher.example") for _ in range(1000)}
    assert len(ids) == 1000
    assert all(one.endswith("@xn--bcher-kva.example") for one in ids)

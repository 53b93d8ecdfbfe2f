"""Webhooks of chat: where they may lead, what is posted, and a real server that answers, is slow, refuses or leads astray."""

from __future__ import annotations

import json
import socket
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import jobs
from app.core.outbox_rows import OutboxRow, OutboxState
from app.integrations import choices, notifying
from app.integrations.calling import places, posting
from app.integrations.chat import payloads
from app.integrations.models import ChatKind, ChatScope, NoticeChoice, NoticeKind
from app.integrations.saying import Told
from tests import make
from tests.conftest import NOW
from tests.integrations.receiving import Receiver

TOLD = Told(
    "Kim *Lee* <!channel>, R&D", ["Gave a 2.\n# Why [x](javascript:y)?"], "http://127.0.0.1:8000/tasks/3"
)


@pytest.fixture
def chat():
    chat = Receiver()
    yield chat
    chat.close()


@pytest.fixture
def person(session, settings, chat):
    found = make.staff(name="Ana")
    chosen = choices.kept(session, found.id)
    chosen.chat_scope = ChatScope.ALL
    choices.set_chat(settings, chosen, ChatKind.SLACK, f"{chat.address}/services/secret")
    session.commit()
    return found


def told(session, person, now=NOW, kind=NoticeKind.REPLY) -> None:
    notifying.notify(session, kind, make.task(owner=person), to=[person.id], now=now)
    session.commit()
    jobs.tell_colleagues(now)


def rows(session) -> list[OutboxRow]:
    session.expire_all()
    return list(session.scalars(sa.select(OutboxRow).where(OutboxRow.kind == "chat").order_by(OutboxRow.id)))


@pytest.mark.settings_with(CHAT_ALLOW=("127.0.0.1",))
def test_a_notice_is_posted_once_tried_again_when_it_may_help_and_given_up_when_not(
    session, settings, chat, person
):
    chat.codes = [503, 429, 200]
    told(session, person)
    now = NOW
    for pause in (0, 61, 301):
        now += timedelta(seconds=pause)
        jobs.send_chat(now)
        jobs.send_chat(now)
    assert [path for path, _body in chat.posted] == ["/services/secret"] * 3
    assert "wrote and waits" in chat.posted[0][1]["text"]
    assert chat.headers[0]["Host"] == chat.address.removeprefix("http://")
    assert [row.state for row in rows(session)] == [OutboxState.SENT]
    chosen = session.get(NoticeChoice, person.id)
    assert (chosen.chat_fault, chosen.chat_well_at is not None) == (None, True)
    chat.codes = [302, 404]
    for _again in range(2):
        told(session, person, now)
        jobs.send_chat(now)
    assert [path for path, _body in chat.posted] == ["/services/secret"] * 5
    assert [row.state for row in rows(session)][1:] == [OutboxState.REFUSED] * 2
    assert session.get(NoticeChoice, person.id).chat_fault == "The webhook answered 404."
    assert b"secret" not in chosen.chat_sealed
    assert not any("secret" in json.dumps([row.values, row.reason, row.recipient]) for row in rows(session))


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_without_leave_nothing_is_posted_to_this_machine(session, settings, chat, person):
    told(session, person)
    jobs.send_chat(NOW)
    assert chat.posted == []
    assert rows(session)[0].reason == "The address must begin with https://."


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.settings_with(CHAT_ALLOW=("127.0.0.1",))
def test_what_cannot_wait_goes_by_the_choice_of_the_reader(session, settings, chat, person):
    session.get(NoticeChoice, person.id).chat_scope = ChatScope.URGENT
    told(session, person)
    told(session, person, kind=NoticeKind.KEY_DETRACTOR)
    assert len(rows(session)) == 1
    choices.set_chat(settings, session.get(NoticeChoice, person.id), None, "")
    session.commit()
    jobs.send_chat(NOW)
    assert (chat.posted, rows(session)[0].state) == ([], OutboxState.CANCELLED)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x", "https://[::1]/x", "https://10.0.0.1/", "https://169.254.169.254/latest", "https://2130706433/",
        "https://0x7f.1/", "https://0/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[fe80::1]/",
        "https://100.64.0.1/", "https://224.0.0.1/", "http://chat.example/", "ftp://chat.example/", "https://u:p@chat.example/",
        "https://chat.example:99999/", "file:///etc/passwd", "gopher://chat.example/", "https://0251.254.169.254/",
        "https://[::ffff:a9fe:a9fe]/", "https://[::127.0.0.1]/", "https://[fd00::1]/", "https://localhost/", "https:///x", "https://chat.example/\r\nX: y", "https://chat.example/ü", "javascript:1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_on_the_public_internet_are_refused_as_they_stand(url):
    with pytest.raises(places.Forbidden):
        places.look_up(url)


def test_a_name_that_leads_inside_is_refused_when_it_is_called(monkeypatch):
    """Whatever it led to when it was entered; one bad address among good ones is enough."""
    answers = {"good.example": ["93.184.216.34"], "bad.example": ["93.184.216.34", "10.1.2.3"]}

    def known(host, port, **_more):
        if host not in answers:
            raise socket.gaierror("unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in answers[host]]

    monkeypatch.setattr(socket, "getaddrinfo", known)
    place = places.look_up("https://good.example/x?y=1")
    assert (place.address, place.host, place.port, place.path) == (
        "93.184.216.34",
        "good.example",
        443,
        "/x?y=1",
    )
    with pytest.raises(places.Forbidden):
        places.look_up("https://bad.example/")
    assert places.look_up("https://bad.example/", ["10.0.0.0/8"]).address == "93.184.216.34"
    with pytest.raises(places.Unknown):
        places.look_up("https://nobody.example/")


def test_a_server_that_never_ends_is_left(chat):
    chat.codes = [0]
    place = places.look_up(chat.address + "/x", ["127.0.0.1"])
    with pytest.raises(Exception) as cut:
        posting.post(place, b"{}", longest=0.3)
    assert isinstance(cut.value, OSError | posting.http.client.HTTPException)


def test_what_somebody_wrote_is_no_mark_and_calls_nobody():
    text = payloads.slack(TOLD)["text"]
    assert text.startswith(
        "<http://127.0.0.1:8000/tasks/3|Kim \u200b*Lee\u200b* &lt;!channel&gt;, R&amp;D>\n"
    )
    card = json.loads(payloads.body(ChatKind.TEAMS, TOLD))["attachments"][0]["content"]
    assert card["body"][0]["text"] == r"Kim \*Lee\* \<\!channel\>, R&D"
    assert card["body"][1]["text"] == r"Gave a 2. \# Why \[x\]\(javascript:y\)?"
    assert card["actions"][0]["url"] == TOLD.link

"""The tests of a mail server against real ones on loopback: every failure has words and a way out, none a password."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.smtp import AuthResult

from app.core.errors import Refused
from app.delivery.mail.smtp.server import Server
from app.setup.probes import server as probes
from app.setup.probes.findings import Desk, Finding, State, good
from tests.delivery.sink import blackhole, only, refusing_port

pytestmark = pytest.mark.usefixtures("spoken")
PASSWORD = "s3cret/+pass"
SENDER = "ask@vendor.example"


class Elsewhere(Server):
    """A server that is taken to stand on another machine."""

    is_local = False


def said(finding: Finding) -> str:
    return f"{finding.words} {finding.fix} {finding.evidence}"


def now() -> datetime:
    return datetime.now(UTC)


def test_a_server_that_answers_is_good_and_nothing_is_sent(start):
    sink = start()
    found = probes.connection(Server("127.0.0.1", sink.port, user="u", password=PASSWORD))
    assert found.state is State.GOOD
    assert sink.taken == []
    assert PASSWORD not in said(found)


@pytest.mark.parametrize(
    ("host", "words"), [("127.0.0.1", "Nobody listens on port"), ("nowhere.invalid", "spelling")]
)
def test_no_connection_says_what_to_check(host, words):
    found = probes.connection(Server(host, refusing_port()))
    assert found.state is State.BAD
    assert words in found.fix


def test_another_program_on_the_port_is_named_as_such():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=greet_as_web_server, args=(listener,), daemon=True).start()
        found = probes.connection(Server("127.0.0.1", listener.getsockname()[1]))
    assert found.state is State.BAD
    assert "not as a mail server" in said(found)
    assert "Another program listens" in found.fix


def greet_as_web_server(listener: socket.socket) -> None:
    opened, _ = listener.accept()
    with opened:
        opened.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        opened.recv(100)


def test_a_server_that_stays_silent_hints_at_the_port_and_the_firewall(monkeypatch):
    monkeypatch.setattr(probes, "STEP_SECONDS", 0.2)
    listener, port = blackhole()
    found = probes.connection(Server("127.0.0.1", port))
    listener.close()
    assert found.state is State.BAD
    assert "said nothing" in found.words
    assert "465" in found.fix


def test_a_server_that_turns_us_away_is_quoted(start):
    sink = start()
    sink.on("connect", "554 5.7.1 your address is blocked")
    found = probes.connection(Server("127.0.0.1", sink.port))
    assert "554 5.7.1 your address is blocked" in found.words
    assert "let in" in found.fix


def test_tls_from_the_start_at_a_port_without_it_is_explained(start):
    found = probes.connection(Server("127.0.0.1", start().port, tls=True))
    assert found.state is State.BAD
    assert "STARTTLS" in found.fix


def test_a_certificate_in_the_servers_name_is_shown_with_its_end(start, certified):
    context, file = certified("127.0.0.1")
    for options, given in (
        ({"tls_context": context}, {"starttls": True}),
        ({"implicit_tls": context}, {"tls": True}),
    ):
        found = probes.tls(Server("127.0.0.1", start(**options).port, ca=file, **given), now=now())
        assert found.state is State.GOOD
        assert "valid until" in found.words
        assert "127.0.0.1" in found.evidence


def test_a_certificate_that_ends_soon_is_told_beforehand(start, certified):
    context, file = certified("127.0.0.1", ends_in=3)
    server = Server("127.0.0.1", start(tls_context=context).port, ca=file, starttls=True)
    found = probes.tls(server, now=now())
    assert found.state is State.CARE
    assert "renew" in found.fix


def test_a_certificate_for_another_name_names_both(start, certified):
    context, file = certified("mail.other.example", "smtp.other.example")
    server = Server("127.0.0.1", start(tls_context=context).port, ca=file, starttls=True)
    found = probes.tls(server, now=now())
    assert found.state is State.BAD
    assert "for mail.other.example, smtp.other.example, not for 127.0.0.1" in found.words
    assert "mail.other.example" in found.evidence


def test_an_expired_certificate_says_when_it_ended(start, certified):
    context, file = certified("127.0.0.1", ends_in=-2)
    found = probes.tls(
        Server("127.0.0.1", start(tls_context=context).port, ca=file, starttls=True), now=now()
    )
    assert found.state is State.BAD
    assert "ended on" in found.words


def test_a_certificate_nobody_vouches_for_says_how_to_trust_it(start, certified):
    context, _file = certified("127.0.0.1")
    found = probes.tls(Server("127.0.0.1", start(tls_context=context).port, starttls=True), now=now())
    assert found.state is State.BAD
    assert "ca=FILE" in found.fix


def test_an_unchecked_certificate_is_not_called_good(start, certified):
    context, _file = certified("127.0.0.1")
    server = Server("127.0.0.1", start(tls_context=context).port, starttls=True, verify=False)
    assert probes.tls(server, now=now()).state is State.CARE


def test_no_tls_offered_though_demanded(start):
    found = probes.tls(Server("127.0.0.1", start().port, starttls=True), now=now())
    assert found.state is State.BAD
    assert "offers no STARTTLS" in found.words
    assert "465" in found.fix


def test_no_encryption_is_fine_on_this_machine_and_not_elsewhere(start, certified):
    port = start(tls_context=certified("127.0.0.1")[0]).port
    assert probes.tls(Server("127.0.0.1", port, starttls=False), now=now()).state is State.GOOD
    found = probes.tls(Elsewhere("127.0.0.1", port, starttls=False), now=now())
    assert found.state is State.CARE
    assert "offers STARTTLS" in found.fix


def test_tls_is_not_judged_without_a_connection():
    found = probes.tls(Server("127.0.0.1", refusing_port(), starttls=True), now=now())
    assert found.state is State.UNKNOWN


def test_a_sign_in_that_may_send_as_the_sender(start):
    sink = start(authenticator=only("u", PASSWORD), auth_required=True)
    found = probes.sign_in(Server("127.0.0.1", sink.port, user="u", password=PASSWORD), SENDER)
    assert found.state is State.GOOD
    assert sink.taken == []


def test_535_names_the_user_and_never_the_password(start):
    sink = start(authenticator=only("u", "another"), auth_required=True)
    found = probes.sign_in(Server("127.0.0.1", sink.port, user="u", password=PASSWORD), SENDER)
    assert found.state is State.BAD
    assert "refused the sign-in of u: 535" in found.words
    assert "app password" in found.fix
    assert PASSWORD not in said(found)


def test_a_server_that_repeats_the_password_is_not_quoted(start):
    def parrot(server, session, envelope, mechanism, given):
        words = f"535 5.7.8 wrong password {given.password.decode()}"
        return AuthResult(success=False, handled=False, message=words)

    sink = start(authenticator=parrot)
    found = probes.sign_in(Server("127.0.0.1", sink.port, user="u", password=PASSWORD), SENDER)
    assert found.state is State.BAD
    assert PASSWORD not in said(found)


def test_a_server_that_wants_tls_or_a_sign_in_first_says_so(start, certified):
    wants_tls = start(tls_context=certified("127.0.0.1")[0], require_starttls=True)
    found = probes.sign_in(Server("127.0.0.1", wants_tls.port, starttls=False), SENDER)
    assert found.state is State.BAD
    assert "530" in found.words
    assert "STARTTLS or TLS" in found.fix
    wants_user = start(authenticator=only("u", "p"), auth_required=True)
    found = probes.sign_in(Server("127.0.0.1", wants_user.port), SENDER)
    assert "530" in found.words


def test_a_sender_the_server_does_not_take(start):
    sink = start()
    sink.on("mail", "553 5.7.1 not your address")
    found = probes.sign_in(Server("127.0.0.1", sink.port), SENDER)
    assert found.state is State.BAD
    assert "553 5.7.1 not your address" in found.words
    assert SENDER in found.words


def test_a_server_without_a_sign_in(start):
    sink = start(auth_exclude_mechanism=["LOGIN", "PLAIN"])
    found = probes.sign_in(Server("127.0.0.1", sink.port, user="u", password=PASSWORD), SENDER)
    assert found.state is State.BAD
    assert "offers no sign-in" in found.words


def test_a_wrong_certificate_keeps_the_password_here(start, certified):
    sink = start(tls_context=certified("other.example")[0], authenticator=only("u", PASSWORD))
    server = Server("127.0.0.1", sink.port, user="u", password=PASSWORD, starttls=True)
    found = probes.sign_in(server, SENDER)
    assert found.state is State.UNKNOWN
    assert "Mend TLS first" in found.fix


def test_what_is_too_slow_is_given_up_and_nobody_else_may_start_meanwhile():
    desk, release = Desk(seconds=0.05), threading.Event()
    slow = {"slow": lambda: (release.wait(10), good("late"))[1], "quick": lambda: good("done")}
    found = desk.run(slow)
    assert found["slow"].state is State.BAD
    assert found["quick"].state is State.GOOD
    with pytest.raises(Refused, match="still running"):
        desk.run(slow)
    release.set()
    assert desk.free.acquire(timeout=10)


def test_a_test_that_breaks_is_named_in_the_log_without_what_it_knew(caplog):
    def broken():
        raise ValueError(PASSWORD)

    found = Desk().run({"tls": broken})["tls"]
    assert found.state is State.UNKNOWN
    assert "ValueError" in caplog.text
    assert PASSWORD not in caplog.text + said(found)


def test_the_probes_leave_the_server_they_were_given_alone():
    server = Server("127.0.0.1", 25, user="u", password=PASSWORD)
    probes.plainly(server)
    assert server == replace(server)

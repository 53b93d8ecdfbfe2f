"""Opening a connection: every way it can fail has words of its own, and none holds the password."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.server import LaneFault, Server
from tests.delivery.sink import DROP, Sink, blackhole, only, refusing_port
from tests.delivery.test_lane import Verdict, carry, envelope, verdicts

PASSWORD = "s3cret/+ pass:word@"


@pytest.fixture
def start():
    sinks = []

    def start(**options) -> Sink:
        sinks.append(Sink().start(**options))
        return sinks[-1]

    yield start
    for sink in sinks:
        sink.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.vendor.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


class Elsewhere(Server):
    """A server that is taken to stand on another machine."""

    is_local = False


def fault_of(server: Server) -> LaneFault:
    with pytest.raises(LaneFault) as caught:
        server.open()
    return caught.value


def url(sink, options="", scheme="smtp", user="ask%40vendor.example:s3cret%2F%2B%20pass%3Aword%40@"):
    return f"{scheme}://{user}127.0.0.1:{sink.port}{options}"


def test_a_url_says_everything():
    server = Server.from_url(
        "smtp://ask%40v.example:p%40ss@mail.v.example:2525?starttls=1&verify=0&hello=us.example"
    )
    assert (server.user, server.password) == ("ask@v.example", "p@ss")
    assert (server.host, server.port, server.hello) == ("mail.v.example", 2525, "us.example")
    assert server.starttls is True
    assert not server.verify
    assert not server.tls


@pytest.mark.parametrize(
    ("given", "port"),
    [
        ("smtp://h.example", 25),
        ("smtp://u:p@h.example", 587),
        ("smtps://u:p@h.example", 465),
        ("smtp://h.example:99", 99),
    ],
)
def test_the_usual_ports_need_not_be_named(given, port):
    assert Server.from_url(given).port == port


@pytest.mark.parametrize(
    "given",
    [
        "",
        "mail.example",
        "http://u:s3cret@h.example",
        "smtp://u:s3cret@h.example:x",
        "smtp://u:s3cret@h.example?sarttls=1",
        "smtp://u:s3cret@h.example?starttls=maybe",
    ],
)
def test_a_bad_url_is_refused_without_its_password(given):
    with pytest.raises(ValueError) as caught:
        Server.from_url(given)
    assert str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_password_is_not_part_of_how_a_server_is_shown():
    assert "s3cret" not in repr(Server.from_url("smtp://u:s3cret@h.example"))


def test_a_sign_in_that_is_accepted_carries_mail(start):
    sink = start(authenticator=only("ask@vendor.example", PASSWORD), auth_required=True)
    lane = Lane(Server.from_url(url(sink, "?starttls=0")), 2)
    assert verdicts(carry(lane, [envelope(1)])) == {Verdict.SENT: 1}
    lane.close()


def test_a_refused_sign_in_names_the_user_and_never_the_password(start):
    sink = start(authenticator=only("ask@vendor.example", "another"), auth_required=True)
    lane = Lane(Server.from_url(url(sink, "?starttls=0")), 4)
    assert verdicts(carry(lane, [envelope(n) for n in range(9)])) == {Verdict.RETURNED: 9}
    assert lane.fault.step == "sign-in"
    assert "refused the sign-in of ask@vendor.example: 535" in lane.fault.words
    assert "s3cret" not in lane.fault.words


def test_a_server_that_repeats_the_password_is_not_quoted(start):
    sink = start(authenticator=parrot)
    fault = fault_of(Server.from_url(url(sink, "?starttls=0")))
    assert "(reply withheld)" in fault.words
    assert "s3cret" not in fault.words


def parrot(server, session, envelope, mechanism, given):
    """An authenticator that refuses and says what it was told."""
    return AuthResult(
        success=False, handled=False, message=f"535 5.7.8 wrong password {given.password.decode()}"
    )


def test_a_password_that_cannot_be_carried_is_named_as_the_reason(start):
    sink = start(authenticator=only("x", "y"), auth_required=True)
    server = Server("127.0.0.1", sink.port, user="x", password="pässwörd")
    fault = fault_of(server)
    assert "outside ASCII" in fault.words
    assert "pässwörd" not in str(fault.__dict__) + repr(fault.__context__)


def test_a_server_without_sign_in_is_told_apart(start):
    sink = start(auth_exclude_mechanism=["LOGIN", "PLAIN"])
    assert "offers no sign-in" in fault_of(Server("127.0.0.1", sink.port, user="x", password="y")).words


def test_nobody_listens():
    fault = fault_of(Server("127.0.0.1", refusing_port()))
    assert fault.step == "connect"
    assert "Connection refused" in fault.words


def test_a_name_that_does_not_exist():
    assert fault_of(Server("nowhere.invalid", 25)).step == "connect"


def test_a_server_that_stays_silent_is_given_up():
    listener, port = blackhole()
    fault = fault_of(Server("127.0.0.1", port, timeout=0.2))
    listener.close()
    assert fault.step in ("connect", "greeting")


@pytest.mark.parametrize("reply", ["554 5.7.1 your address is blocked", "421 4.7.0 not now"])
def test_a_greeting_that_refuses_is_quoted(start, reply):
    sink = start()
    sink.on("connect", reply)
    fault = fault_of(Server("127.0.0.1", sink.port))
    assert fault.step == "greeting"
    assert reply in fault.words


@pytest.mark.parametrize("stage", ["connect", "ehlo"])
def test_a_server_that_hangs_up_while_greeting(start, stage):
    sink = start()
    sink.on(stage, DROP)
    assert fault_of(Server("127.0.0.1", sink.port)).step == "greeting"


def test_mail_goes_over_starttls_and_over_tls_from_the_start(start, tls, certificate):
    upgraded = start(tls_context=tls, require_starttls=True, authenticator=only("u", "p"), auth_required=True)
    wrapped = start(implicit_tls=tls)
    for sink, scheme, user in ((upgraded, "smtp", "u:p@"), (wrapped, "smtps", "")):
        options = f"?ca={certificate}" + ("&starttls=1" if scheme == "smtp" else "")
        lane = Lane(Server.from_url(url(sink, options, scheme, user)), 3)
        big = b"Subject: big\r\n\r\n" + b"A line of some length, again and again.\r\n" * 20_000
        mails = [envelope(n) for n in range(20)] + [envelope(n, data=big) for n in range(20, 24)]
        assert verdicts(carry(lane, mails)) == {Verdict.SENT: 24}
        assert sink.taken[-1].data == big
        lane.close()


def test_a_certificate_nobody_vouches_for_stops_the_lane(start, tls):
    sink = start(tls_context=tls)
    fault = fault_of(Server.from_url(url(sink, "?starttls=1", user="")))
    assert fault.step == "tls"
    assert "not trusted" in fault.words
    Server.from_url(url(sink, "?starttls=1&verify=0", user="")).open().close()


def test_starttls_that_is_demanded_and_not_offered_stops_the_lane(start):
    assert "offers no STARTTLS" in fault_of(Server.from_url(url(start(), "?starttls=1", user=""))).words


def test_a_password_is_not_sent_in_clear_to_another_machine(start):
    sink = start(authenticator=only("x", "y"))
    assert "was not sent" in fault_of(Elsewhere("127.0.0.1", sink.port, user="x", password="y")).words
    Elsewhere("127.0.0.1", sink.port, user="x", password="y", starttls=False).open().close()


def test_a_server_that_demands_tls_marks_nobody(start, tls):
    sink = start(tls_context=tls, require_starttls=True)
    lane = Lane(Server.from_url(url(sink, "?starttls=0", user="")), 2)
    assert verdicts(carry(lane, [envelope(n) for n in range(5)])) == {Verdict.RETURNED: 5}
    assert "530" in lane.fault.words
    lane.close()

"""Three tests of a mail server: whether it answers, whether it encrypts in its own name, whether it takes our mail."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask_babel import format_date
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from app.core.processes.memory.imports import Later
from app.delivery.mail.smtp.faults import Reply
from app.delivery.mail.smtp.server import LaneFault, Server
from app.setup.probes.findings import Finding, bad, care, good, unknown

if TYPE_CHECKING:
    from cryptography import x509
else:
    x509 = Later("cryptography.x509")

STEP_SECONDS = 8.0
ENDS_SOON = timedelta(days=14)
EXPIRED, NOT_ITS_NAME = 10, 62  # X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_HOSTNAME_MISMATCH of OpenSSL
NO_WAY = unknown(_l("Not tested, because there was no connection."), _l("Mend the connection first."))
PLAIN_WORDS = _l(
    "Choose TLS from the start if the port is 465, STARTTLS if it is 587. Only for a server on a network you trust, choose none."
)


def connection(server: Server) -> Finding:
    """Whether the server answers and takes our greeting; no encryption is judged and nobody signs in."""
    try:
        opened = plainly(server).open()
    except LaneFault as fault:
        return bad(words_of(fault, server), way_out(fault, server))
    hang_up(opened)
    return good(_l("%(server)s answers and takes our greeting.", server=server.name))


def tls(server: Server, *, now: datetime) -> Finding:
    """Whether mail travels encrypted, to a server that proves its name."""
    if not server.tls and (server.starttls is False or (server.starttls is None and server.is_local)):
        return unencrypted(server)
    secure = replace(
        server, user="", password="", starttls=None if server.tls else True, timeout=STEP_SECONDS
    )
    try:
        opened = secure.open()
    except LaneFault as fault:
        if isinstance(fault.__context__, ssl.SSLCertVerificationError):
            return untrusted(secure, fault.__context__, now)
        if fault.step != "tls":
            return NO_WAY
        return bad(fault.words, PLAIN_WORDS)
    certificate = certificate_of(opened)
    version = opened.sock.version() or "TLS"
    hang_up(opened)
    if not server.verify:
        return care(
            _l("Encrypted with %(version)s, but the certificate is not checked (verify=0).", version=version),
            _l("Anybody on the way could pose as the server. Take verify=0 out of JUSTASK_MAIL_URL."),
            described(certificate),
        )
    ends_on = lazy_day(certificate.not_valid_after_utc)
    if certificate.not_valid_after_utc - now < ENDS_SOON:
        return care(
            _l(
                "Encrypted with %(version)s, but the certificate ends on %(day)s.",
                version=version,
                day=ends_on,
            ),
            _l("Whoever runs the server has to renew it before then, or no mail leaves any more."),
            described(certificate),
        )
    words = _l(
        "Encrypted with %(version)s. The certificate is for this server and valid until %(day)s.",
        version=version,
        day=ends_on,
    )
    return good(words, described(certificate))


def sign_in(server: Server, sender: str) -> Finding:
    """Whether the server lets us in and would take mail from `sender`; no mail is sent."""
    try:
        opened = replace(server, timeout=STEP_SECONDS).open()
    except LaneFault as fault:
        if fault.step == "sign-in":
            return bad(fault.words, about_sign_in(fault))
        if fault.step == "tls":
            return unknown(
                _l("Not tested, because there was no encrypted connection."),
                _l("Mend TLS first."),
                fault.words,
            )
        return NO_WAY
    try:
        code, text = opened.mail(sender)
        reply = Reply(code, server.without_secrets(text.decode("utf-8", "replace")))
    except (smtplib.SMTPException, OSError):
        reply = None
    hang_up(opened)
    return about_sender(server, sender, reply)


def about_sender(server: Server, sender: str, reply: Reply | None) -> Finding:
    if reply is None:
        return bad(
            _l("%(server)s closed the connection when we named the sender.", server=server.name),
            _l("Ask whoever runs the server which sender it expects."),
        )
    if reply.code == 250:
        words = (
            _l("%(user)s may sign in and send as %(sender)s.", user=server.user, sender=sender)
            if server.user
            else _l(
                "%(server)s takes mail from %(sender)s without a sign-in.", server=server.name, sender=sender
            )
        )
        return good(words)
    if reply.code == 530:
        return bad(
            _l("%(server)s takes no mail this way: %(reply)s", server=server.name, reply=reply.words),
            _l(
                "It asks for encryption or for a sign-in first: choose STARTTLS or TLS, and fill in user and password."
            ),
        )
    return bad(
        _l(
            "%(server)s does not take mail from %(sender)s: %(reply)s",
            server=server.name,
            sender=sender,
            reply=reply.words,
        ),
        _l(
            "Use a sender's address that this sign-in may send for, or have this one confirmed by the provider."
        ),
    )


def plainly(server: Server) -> Server:
    return replace(server, user="", password="", starttls=False, verify=False, timeout=STEP_SECONDS)


def hang_up(opened: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        opened.quit()
    opened.close()


def words_of(fault: LaneFault, server: Server) -> str:
    if fault.step == "greeting" and "timed out" in str(fault.__context__):
        return _l("%(server)s took the connection and then said nothing.", server=server.name)
    if isinstance(fault.__context__, socket.gaierror):
        return _l("There is no server called %(host)s, or its name could not be looked up.", host=server.host)
    return fault.words


def way_out(fault: LaneFault, server: Server) -> str:
    """What to do about a connection that did not come about."""
    cause = fault.__context__
    if isinstance(cause, socket.gaierror):
        return _l("Check the spelling of the mail server, and whether this machine can look names up.")
    if isinstance(cause, ConnectionRefusedError):
        return _l("Nobody listens on port %(port)s there. Usual ports are 587, 465 and 25.", port=server.port)
    if isinstance(cause, ssl.SSLError):
        return _l("This port does not begin with TLS. Choose STARTTLS with port 587, or TLS with port 465.")
    if isinstance(cause, TimeoutError) or "timed out" in str(cause):
        return _l(
            "If the port is 465, choose TLS from the start. Else a firewall may be in between: many hosting providers block outgoing mail until asked, above all on port 25."
        )
    if fault.step == "protocol":
        return _l(
            "Another program listens on port %(port)s there. Usual ports of mail servers are 587, 465 and 25.",
            port=server.port,
        )
    if fault.step == "greeting":
        return _l(
            "The server does not want to talk to this machine. Ask whoever runs it whether it is let in."
        )
    return _l("Check the mail server and the port, and whether a firewall lets this machine out.")


def about_sign_in(fault: LaneFault) -> str:
    code = getattr(fault.__context__, "smtp_code", 0)
    if code in (530, 538):
        return _l("The server wants encryption before the sign-in: choose STARTTLS or TLS.")
    if code in (534, 535):
        return _l(
            "Check user and password. Many providers want a password made for this purpose (an app password or an API key) instead of the one of the account."
        )
    if 400 <= code < 500:
        return _l("The server cannot check it just now. Try again in some minutes.")
    if isinstance(fault.__context__, smtplib.SMTPNotSupportedError):
        return _l(
            "Many servers offer the sign-in only once the connection is encrypted: choose STARTTLS or TLS. A server that knows us by our address wants no user."
        )
    return _l("Check user and password, and ask the provider which sign-in it offers.")


def unencrypted(server: Server) -> Finding:
    if server.is_local:
        return good(_l("Not used: the server is on this machine, so nothing passes a network."))
    try:
        opened = plainly(server).open()
    except LaneFault:
        return NO_WAY
    is_offered = opened.has_extn("starttls")
    hang_up(opened)
    return care(
        _l("The settings say no encryption, so password and mails can be read on the way."),
        _l("The server offers STARTTLS: choose it.") if is_offered else PLAIN_WORDS,
    )


def untrusted(server: Server, error: ssl.SSLCertVerificationError, now: datetime) -> Finding:
    """What is wrong with a certificate, looked at once more without trusting it."""
    certificate = None
    with contextlib.suppress(LaneFault):
        opened = replace(server, verify=False).open()
        certificate = certificate_of(opened)
        hang_up(opened)
    evidence = described(certificate) if certificate else error.verify_message
    if error.verify_code == EXPIRED:
        ended = lazy_day(certificate.not_valid_after_utc) if certificate else "?"
        return bad(
            _l("The certificate of %(server)s ended on %(day)s.", server=server.name, day=ended),
            _l("Whoever runs the server has to renew it. Check this machine's clock too."),
            evidence,
        )
    names = ", ".join(names_of(certificate)) if certificate else ""
    if error.verify_code == NOT_ITS_NAME or (certificate and not is_named(certificate, server.host)):
        return bad(
            _l("The certificate is for %(names)s, not for %(host)s.", names=names or "?", host=server.host),
            _l(
                "Put a name from the certificate into the field for the mail server, if it is the same server."
            ),
            evidence,
        )
    return bad(
        _l("Nobody whom this machine trusts vouches for the certificate of %(server)s.", server=server.name),
        _l(
            "If it is a server of your own, put its authority's certificate into a file and add ca=FILE to JUSTASK_MAIL_URL. Otherwise somebody may be posing as the server."
        ),
        evidence,
    )


def certificate_of(opened: smtplib.SMTP) -> x509.Certificate:
    return x509.load_der_x509_certificate(opened.sock.getpeercert(binary_form=True))


def names_of(certificate: x509.Certificate) -> list[str]:
    """The names it proves, the first few; else the common name of old certificates."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [str(part.value) for part in certificate.subject][:1]
    addresses = [str(ip) for ip in found.get_values_for_type(x509.IPAddress)]
    return [*found.get_values_for_type(x509.DNSName), *addresses][:5]


def is_named(certificate: x509.Certificate, host: str) -> bool:
    """Whether the host is among the names, a star standing for one label."""
    rest = host.lower().partition(".")[2]
    return any(name.lower() in (host.lower(), f"*.{rest}") for name in names_of(certificate))


def described(certificate: x509.Certificate) -> str:
    issuer = ", ".join(str(part.value) for part in certificate.issuer)
    day = certificate.not_valid_after_utc.date().isoformat()
    return f"{', '.join(names_of(certificate))} | {issuer} | {day}"


def lazy_day(moment: datetime) -> LazyString:
    return LazyString(format_date, moment.date(), "medium")
